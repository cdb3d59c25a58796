"""`parley verify`: judges the history of any system, line by line, in memory that does not grow with what is said in it.

What it keeps is what properties must remember, and a few violations of each; the lines that prove them are read again at the
end. What the history can't tell of is not judged, and why is said. A file with a line that can't be used gets no verdict: what
is missing from it would be taken for what did not happen.

Requirements: V1, V2, R1, R4.
"""

from __future__ import annotations

import gc
import shutil
import sys
import tempfile
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from model.events import Persisted, Stored
from parley.console import out_console
from parley.errors import BadInput
from parley.histories import Malformed, Reader, open_history, plain
from properties.base import Violation
from properties.catalogue import PROPERTIES
from properties.judge import UNKNOWN, Judge, Verdict
from properties.view import View
from reports import terminal
from reports.metrics import Meter, Metrics
from reports.narrative import line as told
from reports.narrative import subject
from sim.history import Event

KEPT = 5
"""How many violations of each property are kept."""
AROUND = 40
"""How many lines of what led to a violation are told."""


@dataclass(frozen=True)
class Verified:
    """What a history showed. `events` are its lines that say something; `cut_off` is the number of an unfinished last line."""

    view: View
    judge: Judge
    metrics: Metrics
    verdicts: list[Verdict]
    violations: list[Violation]
    events: int
    cut_off: int

    @property
    def devices(self) -> int:
        return len(self.judge.ledger.user_of)

    @property
    def conversations(self) -> int:
        return len(self.judge.ledger.logs)

    def outcomes(self) -> tuple[int, int, int]:
        """Messages whose sender got no answer; how many of them appeared all the same; messages accepted and shown nowhere."""
        ledger = self.judge.ledger
        unknown = recovered = unobserved = 0
        for (conversation, message), sent in ledger.sent.items():
            shown = conversation in ledger.logs and message in ledger.logs[conversation].order
            if sent.accepted >= 0:
                unobserved += not shown
            elif sent.refused < 0:
                unknown += 1
                recovered += shown
        return unknown, recovered, unobserved


def verify(path: Path, name: str = "") -> Verified:
    """Judges the history in a file. Raises BadInput, with the numbers of the lines, if it can't be used."""
    name = name or str(path)
    with open_history(path) as stream:
        reader = Reader(stream, name)
        view = reader.view
        judge = Judge(view=view, keep=KEPT)
        records = view.records
        meter = Meter(commits=records is None or Persisted in records, stored=records is None or Stored in records)
        table: dict[type[Event], tuple[Any, ...]] = {}
        for kind, form in reader.kinds.items():
            every = (reader.checks.get(form), *judge.sights.get(kind, ()), meter.sights.get(kind))
            table[form] = tuple(sight for sight in every if sight is not None)
        problems = reader.problems
        events = last = index = 0
        with _uncollected():
            for first, block in reader:
                if problems:
                    continue
                try:
                    for index, event in enumerate(block, first):
                        for sight in table[type(event)]:
                            sight(event, index)
                except Malformed as error:
                    problems.append((index + 2, f"{type(event).__name__}: {error}"))
                if block:
                    events += len(block)
                    last = block[-1].t
    if problems:
        raise BadInput(_refusal(name, problems))
    return Verified(view, judge, meter.finish(events, last), judge.verdicts(), judge.violations, events, reader.cut_off)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the cyclic garbage collector: nothing that is read makes garbage, and looking for it takes a third of the time."""
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.freeze()
            gc.unfreeze()  # what was made meanwhile counts as old, and is not looked through at once
            gc.enable()


def _refusal(name: str, problems: list[tuple[int, str]]) -> str:
    lines = [f"line {number}: {_printable(text)}" if number else _printable(text) for number, text in problems]
    if len(lines) == 1:
        return f"{name}: {lines[0]}"
    more = "at least " if len(lines) >= 20 else ""
    return "\n  ".join((f"{name}: {more}{len(lines)} lines can't be used", *lines))


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"


def _printable(text: str) -> str:
    """Without anything that a terminal would obey."""
    return "".join(c if c.isprintable() else "�" for c in text)[:400]


def lines_at(path: Path, wanted: Mapping[int, None]) -> dict[int, Event]:
    """The events at these indices, read again, their ids as they are in the file."""
    return dict(_again(path, lambda index, _: index in wanted, max(wanted, default=-1)))


def leading_to(path: Path, evidence: Mapping[int, Event]) -> dict[int, Event]:
    """The last events, up to the evidence and with it, that have to do with its messages and devices."""
    concerns = subject(evidence, tuple(evidence))
    found = _again(path, lambda index, event: index in evidence or concerns(event), max(evidence))
    return dict(deque(found, AROUND)) | dict(evidence)


def _again(path: Path, wanted: Callable[[int, Event], bool], last: int) -> Iterator[tuple[int, Event]]:
    with open_history(path) as stream:
        for first, block in Reader(stream, str(path)):
            if first > last:
                return
            for index, event in enumerate(block[: last + 1 - first], first):
                if wanted(index, event):
                    yield index, plain(event)


def command(
    history: Annotated[Path, typer.Argument(help="A history as JSON Lines, plain or gzip; - for standard input.")],
) -> None:
    """Judges a history of any system: which promises it keeps, which it breaks and where, and which it can't tell of."""
    if str(history) == "-":
        with tempfile.NamedTemporaryFile(prefix="parley-", suffix=".jsonl") as kept:
            shutil.copyfileobj(sys.stdin.buffer, kept)
            kept.flush()
            _report(Path(kept.name), "standard input")
    else:
        _report(history, str(history))


def _report(path: Path, name: str) -> None:
    found = verify(path, name)
    console = out_console()
    terminal.options(console, _printable(name), _about(found))
    terminal.show_metrics(console, found.metrics)
    terminal.show_verdicts(console, _grouped(found))
    first: dict[str, Violation] = {}
    for violation in found.violations:
        first.setdefault(violation.property, violation)
    if first:
        evidence = lines_at(path, dict.fromkeys(index for v in first.values() for index in v.evidence))
        for violation in first.values():
            console.print()
            terminal.show_violation(
                console,
                violation.property,
                _printable(violation.message),
                found.judge.count_of(violation.property),
                [(index + 2, _printable(told(evidence[index]))) for index in violation.evidence if index in evidence],
            )
        worst = next(iter(first.values()))
        if worst.evidence:
            proof = {index: evidence[index] for index in worst.evidence if index in evidence}
            console.print(f"\nHow it came to {worst.property}:")
            for index, event in sorted(leading_to(path, proof).items()):
                text = _printable(told(event, proof=index in proof))
                console.print(f"  line {index + 2:<8,} {text}", markup=False, soft_wrap=True)
    console.print()
    judged = [v for v in found.verdicts if v.status != UNKNOWN]
    if first:
        console.print(f"[bold red]VIOLATED[/]  {', '.join(first)}")
        raise typer.Exit(1)
    held = sum(1 for v in judged if v.status == "holds")
    open_ = sum(1 for v in found.verdicts if v.status == UNKNOWN)
    console.print(f"[bold green]PASS[/]  {held} properties were put to the test, all hold; {open_} are unknown")


def _about(found: Verified) -> list[tuple[str, str]]:
    view = found.view
    kinds = "everything" if view.records is None else f"{len(view.records)} kinds of event, as of a client"
    if view.records is not None and Persisted in view.records:
        kinds = f"{len(view.records)} kinds of event"
    ids = "opaque" if view.opaque else "numbers" + (", with gaps" if view.gaps else "")
    about = [
        ("records", kinds),
        ("ids", ids + (", gaps allowed" if view.opaque and view.gaps else "")),
        (
            "events",
            f"{found.events:,}, of {_counted(found.devices, 'device')} in {_counted(found.conversations, 'conversation')}",
        ),
    ]
    if view.skew:
        about.append(("clocks", f"up to {view.skew / 1e6:g} s apart"))
    if found.cut_off:
        about.append(("cut off", f"line {found.cut_off:,} was not written to its end, and is left out"))
    unknown, recovered, unobserved = found.outcomes()
    if unknown:
        about.append(("unanswered", f"{unknown:,} messages, {recovered:,} of which appeared all the same (recovered)"))
    if unobserved:
        about.append(("unobserved", f"{unobserved:,} messages were accepted and shown nowhere so far"))
    if view.records is not None and Persisted not in view.records:
        about.append(("figures", "commits are not recorded: the sending of a message stands for its commit"))
    return about


OPEN = "something is still owed, and no Healed with its bound over, and then Ended, says that its time is up"


def _grouped(found: Verified) -> dict[str, dict[str, list[str]]]:
    """Names of properties by verdict, and by what is missing for one: of several kinds, the one that most others lack too."""
    missing = {verdict.property: found.view.missing(PROPERTIES[verdict.property]) for verdict in found.verdicts}
    lacking = Counter(kind for kinds in missing.values() for kind in kinds)
    grouped: dict[str, dict[str, list[str]]] = {}
    for verdict in found.verdicts:
        why = verdict.why or (OPEN if verdict.status == UNKNOWN else "")
        kinds = missing[verdict.property]
        if len(kinds) > 1:
            why = f"needs {max(kinds, key=lambda kind: lacking[kind])} and more"
        grouped.setdefault(verdict.status, {}).setdefault(why, []).append(verdict.property)
    return grouped
