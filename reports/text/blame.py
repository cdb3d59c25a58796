"""What is to blame, on a terminal: each part and whether it is needed, and both sides of where two runs part.

Requirements: V6, R4.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from rich.console import Console
from rich.table import Table

from reports.text.markup import escape
from reports.text.narrative import PROOF, PROOF_AT, around, line, subject
from reports.text.shrunk import show_lines
from reports.text.terminal import table
from sim.history import Ended, Event, FaultEnded, FaultStarted

LINES = 9
"""How many lines are told of each side."""

NECESSARY, REPLACEABLE, IDLE = "necessary", "one of several", "not needed"
_COLOURS = {NECESSARY: "bold red", REPLACEABLE: "yellow", IDLE: "dim"}


def show_parts(console: Console, rows: Iterable[tuple[str, str, str, str]]) -> None:
    """Rows are (number, when, what, role)."""
    made = table(("", "right"), ("when", "right"), ("what", "left"), ("", "left"))
    for column in (0, 1, 3):
        made.columns[column].no_wrap = True
    for number, when, what, role in rows:
        made.add_row(number, escape(when), escape(what), f"[{_COLOURS[role]}]{role}[/]" if role else "")
    console.print(made)
    console.print()


def show_sets(console: Console, sets: Sequence[str], note: str) -> None:
    """The least sets of faults that suffice, by the numbers of their parts."""
    made = Table.grid(padding=(0, 2, 0, 0))
    made.add_column(no_wrap=True)
    made.add_column(ratio=1)
    for i, chosen in enumerate(sets or ["none was found"]):
        made.add_row("faults that suffice" if i == 0 else "or", chosen)
    console.print(made)
    if note:
        console.print(f"[dim]{escape(note)}[/]")
    console.print()


def sides(
    ours: Sequence[Event],
    theirs: Sequence[Event],
    parted: tuple[int, int],
    evidence: Sequence[int],
) -> tuple[list[str], list[str]]:
    """What follows on each side of a departure, of what the evidence is about, without what is the same on both.

    Markers of faults are left out, whose numbers differ between the two; what a fault does is told of its node.
    """
    concerns = subject(ours, evidence)
    until = ours[max(evidence)].t
    around_it = around(ours, evidence)
    mine = [
        i
        for i in range(parted[0], len(ours))
        if i == parted[0] or (i in around_it and not isinstance(ours[i], FaultStarted | FaultEnded))
    ]
    other = [
        j
        for j in range(parted[1], len(theirs))
        if j == parted[1]
        or (concerns(theirs[j]) and theirs[j].t <= until and not isinstance(theirs[j], FaultStarted | FaultEnded))
    ]
    proof = frozenset(evidence)
    left = {line(ours[i]): line(ours[i], proof=i in proof) for i in mine}
    right = {line(theirs[j]): line(theirs[j]) for j in other}
    only_left = [text for plain, text in left.items() if plain not in right]
    only_right = [text for plain, text in right.items() if plain not in left]
    if not only_right:
        further = _broadly(ours, evidence)
        rest = (line(event) for event in theirs[parted[1] :] if event.t <= until and further(event))
        only_right = [text for text in rest if text not in left]
    return only_left, only_right


def _broadly(history: Sequence[Event], evidence: Sequence[int]) -> Callable[[Event], bool]:
    """Whether an event is about a conversation of the evidence, and no other device; without any, at a node of it."""
    proof = [history[index] for index in evidence]
    conversations = {event.conversation for event in proof if hasattr(event, "conversation")}
    devices = {event.device for event in proof if hasattr(event, "device")}
    nodes = {event.node for event in proof}

    def concerns(event: Event) -> bool:
        if conversations and getattr(event, "conversation", None) not in conversations:
            return False
        if hasattr(event, "device"):
            return event.device in devices or not devices
        return bool(conversations) or event.node in nodes

    return concerns


def shortened(lines: Sequence[str]) -> list[str]:
    """The first lines and the last ones, and between them those that prove the violation."""
    if len(lines) <= LINES:
        return list(lines)
    kept = {*range(LINES // 2), *range(len(lines) - (LINES - 1 - LINES // 2), len(lines))}
    kept |= {number for number, text in enumerate(lines) if text[PROOF_AT : PROOF_AT + 1] == PROOF}
    told: list[str] = []
    cut = 0
    for number, text in enumerate(lines):
        if number in kept:
            told += [f"{'':15}… {cut} more …"] if cut else []
            told.append(text)
            cut = 0
        else:
            cut += 1
    return told


def show_departure(
    console: Console,
    title: str,
    ours: Sequence[Event],
    theirs: Sequence[Event],
    parted: tuple[int, int],
    told: tuple[Sequence[str], Sequence[str]],
) -> None:
    """Where two runs part: the first event that differs on each side, then what follows on each."""
    console.print(f"[bold]{escape(title)}[/]")
    made = Table.grid(padding=(0, 2, 0, 0))
    for name, history, index in (("violated", ours, parted[0]), ("passing", theirs, parted[1])):
        event = history[index] if index < len(history) else None
        said = "its history ends" if event is None or isinstance(event, Ended) else line(event)[15:].strip()
        moment = "" if event is None else f"{event.t / 1e6:.6f} s"
        made.add_row(f"  {name}", escape(moment), escape(" ".join(said.split())))
    console.print(made)
    for name, lines in (("violated", told[0]), ("passing", told[1])):
        console.print(f"\n  what only the {name} run goes through:")
        show_lines(console, shortened(lines) or [f"{'':15}nothing that this violation is about"], indent="  ")
    console.print()
