"""A piece of a history as a Mermaid sequence diagram: a lane a node, an arrow where the cause was at another node.

The text can be put into Markdown, where many tools draw it. The arrows are the history's own: an event whose cause
happened elsewhere is drawn from there, with the sentence that the narrative has for it; any other event is a note on
its lane. What was lost is a dotted arrow that ends in a cross. A diagram is for a few dozen events: what a counterexample or
a walkthrough has once its evidence is known.

Requirements: R7.
"""

from __future__ import annotations

from collections.abc import Sequence

from model.events import ConversationOpened, DeviceRegistered
from reports.text.narrative import SENTENCES, around
from sim.history import Crashed, Ended, Event, FaultEnded, FaultStarted, Healed, MessageLost, Paused

_EVERYWHERE = (FaultStarted, FaultEnded, Healed, Ended)
_STRUCK = (Crashed, Paused, FaultStarted)
_SETTING = (ConversationOpened, DeviceRegistered)


def sequence(
    history: Sequence[Event],
    *,
    evidence: Sequence[int] = (),
    start: int = 0,
    stop: int | None = None,
    limit: int = 60,
) -> str:
    """The diagram of events `start` to `stop`, of those only what concerns the evidence, of those the last `limit`.

    Events of the evidence have a '»'. Text ends in a line feed, and is the same for the same history.
    """
    end = len(history) if stop is None else min(stop, len(history))
    chosen: Sequence[int] = range(max(0, start), end)
    if evidence:
        concerned = around(history, evidence)
        chosen = [index for index in chosen if index in concerned]
    chosen = [index for index in chosen if not isinstance(history[index], _SETTING)]
    left_out = max(0, len(chosen) - limit)
    steps = [(index, history[index], _from(history, index)) for index in chosen[left_out:]]

    lanes: dict[str, str] = {}
    for _, event, origin in steps:
        if isinstance(event, _EVERYWHERE):
            continue
        to = (event.to,) if isinstance(event, MessageLost) else ()
        for node in (*((origin,) if origin else ()), event.node, *to):
            lanes.setdefault(node, f"n{len(lanes)}")
    lines = ["sequenceDiagram"]
    if not lanes:
        lanes["run"] = "n0"
    lines += [f"    participant {alias} as {_plain(node)}" for node, alias in lanes.items()]
    first, last = next(iter(lanes.values())), list(lanes.values())[-1]
    span = first if first == last else f"{first},{last}"
    if left_out:
        lines.append(f"    Note over {span}: {left_out:,} earlier events left out")
    proof = frozenset(evidence)
    before = ""
    for index, event, origin in steps:
        where = _where(event, origin, lanes, span)
        mark = ("» " if index in proof else "") + ("⚡ " if isinstance(event, _STRUCK) else "")
        text = mark + _plain(SENTENCES[type(event)](event))
        at = f"{where}: {event.t / 1e6:.3f} s"
        if at == before and where.startswith("Note"):
            # What a node does in one instant is one note.
            lines[-1] += f"<br/>{text}"
        else:
            lines.append(f"    {at}  {text}")
        before = at
    return "\n".join(lines) + "\n"


def _from(history: Sequence[Event], index: int) -> str:
    """The other node at which the event's cause happened, or ''. A plan's faults are no node."""
    event = history[index]
    if event.cause < 0 or isinstance(event, MessageLost):
        return ""
    cause = history[event.cause]
    return "" if cause.node == event.node or isinstance(cause, _EVERYWHERE) else cause.node


def _where(event: Event, origin: str, lanes: dict[str, str], span: str) -> str:
    """The arrow or note that an event is, without its text."""
    if isinstance(event, _EVERYWHERE):
        return f"Note over {span}"
    lane = lanes[event.node]
    if isinstance(event, MessageLost):
        return f"{lane}--x{lanes[event.to]}"
    return f"{lanes[origin]}->>{lane}" if origin and not isinstance(event, _STRUCK) else f"Note over {lane}"


def _plain(text: str) -> str:
    """Text that Mermaid takes literally: its own marks as character codes, one line."""
    codes = {"#": "#35;", ";": "#59;", "<": "#60;", ">": "#62;", "\n": " "}
    return "".join(codes.get(char, char) for char in text)
