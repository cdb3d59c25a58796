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
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from model.events import (
    VOCABULARY,
    Connected,
    ConversationOpened,
    DeviceRegistered,
    Persisted,
    Shown,
    Stored,
)
from parley import exits
from parley.console import out_console
from parley.errors import BadInput
from parley.record.reading import ALWAYS, OBSERVABLE, Malformed, Reader, open_history, plain
from parley.record.reorder import Causes
from properties.base import Sight, Violation
from properties.catalogue import PROPERTIES
from properties.causes import causes
from properties.judge import Judge
from properties.record_scope import RecordScope
from reports.metrics.definitions import unmeasured
from reports.metrics.measure import Meter, Metrics
from reports.metrics.table import counted
from reports.text import terminal
from reports.text.narrative import line as told
from reports.text.narrative import subject
from sim.history import Event, Healed
from sim.verdicts import CLEAN, GOOD, HOLDS, NOT_RECORDED, NOT_SHOWN, UNKNOWN, VACUOUS, VIOLATED, Verdict

KEPT = 5
"""How many violations of each property are kept."""
AROUND = 40
"""How many lines of what led to a violation are told."""
_INTRODUCTIONS = (DeviceRegistered, ConversationOpened)
"""They say who is there, at whatever time: what is recorded begins with something else."""


@dataclass(frozen=True)
class Verified:
    """What a history showed. `events` are its lines that say something; `cut_off` is the number of an unfinished last line."""

    scope: RecordScope
    judge: Judge
    metrics: Metrics
    verdicts: list[Verdict]
    violations: list[Violation]
    events: int
    cut_off: int
    said: bool
    """Whether the header says what is recorded."""
    came: frozenset[type[Event]]
    """The kinds of event of which there is one."""

    def names(self, status: str) -> list[str]:
        """The properties of which the verdict is this one."""
        return [verdict.property for verdict in self.verdicts if verdict.status == status]

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
        scope = reader.scope if reader.header.records else replace(reader.scope, records=_kinds_in(path))
        judge = Judge(scope=scope, keep=KEPT)
        records = scope.records
        meter = Meter(
            commits=records is None or Persisted in records,
            stored=records is None or Stored in records,
            connections=records is None or Connected in records,
            all_due=not scope.gaps and (records is None or Shown in records),
        )
        table = _Table(reader, judge, meter)
        problems = reader.problems
        causes = Causes(reader, judge) if scope.skew else None
        since: int | None = None if records is not None else 0
        events = last = index = 0
        with _uncollected():
            for first, block in reader:
                if problems:
                    continue
                try:
                    if causes is None:
                        each = zip(count(first), block, map(table.__getitem__, map(type, block)), strict=False)
                        for index, event, sights in each:
                            for sight in sights:
                                sight(event, index)
                    else:
                        for index, event in causes.order(first, block):
                            for sight in table[type(event)]:
                                sight(event, index)
                except Malformed as error:
                    problems.append((index + 2, f"{type(event).__name__}: {error}"))
                if block:
                    events += len(block)
                    last = block[-1].t
                    if since is None:
                        since = next((event.t for event in block if not isinstance(event, _INTRODUCTIONS)), None)
            try:
                for index, event in causes.rest() if causes is not None and not problems else ():
                    for sight in table[type(event)]:
                        sight(event, index)
            except Malformed as error:
                problems.append((index + 2, f"{type(event).__name__}: {error}"))
    if problems:
        raise BadInput(_refusal(name, problems))
    return Verified(
        scope=scope,
        judge=judge,
        metrics=meter.finish(events, last, last if since is None else since),
        verdicts=judge.verdicts(),
        violations=judge.violations,
        events=events,
        cut_off=reader.cut_off,
        said=bool(reader.header.records),
        came=frozenset(table.came),
    )


class _Table(dict[type[Event], tuple[Sight, ...]]):
    """What to call with an event of each form, in order. It is made as forms come, so that it also says which came.

    Until a Healed comes, the figures need not know of what moves forward.
    """

    def __init__(self, reader: Reader, judge: Judge, meter: Meter) -> None:
        super().__init__()
        self.came: set[type[Event]] = set()
        self._kinds = {form: kind for kind, form in reader.kinds.items()}
        self._checks = reader.checks
        self._judge = judge
        self._meter = meter
        self._figures = meter.unhealed

    def __missing__(self, form: type[Event]) -> tuple[Sight, ...]:
        kind = self._kinds[form]
        self.came.add(kind)
        if kind is Healed:
            self._figures = self._meter.sights
            self.clear()
        every = (self._checks.get(form), *self._judge.sights.get(kind, ()), self._figures.get(kind))
        sights = self[form] = tuple(sight for sight in every if sight is not None)
        return sights


def _kinds_in(path: Path) -> frozenset[type[Event]]:
    """The kinds of which there is a line: what is recorded, as far as a history shows whose header doesn't say it."""
    with open_history(path) as stream:
        reader = Reader(stream, str(path))
        came = {form for _, block in reader for form in set(map(type, block))}
        return frozenset({*ALWAYS, *(kind for kind, form in reader.kinds.items() if form in came)})


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
    missing: Annotated[
        bool, typer.Option("--missing", help="Say of each promise that is unknown what the history lacks for it.")
    ] = False,
) -> None:
    """Judges a history of any system: which promises it keeps, which it breaks and where, and which it can't tell of."""
    if str(history) == "-":
        with tempfile.NamedTemporaryFile(prefix="parley-", suffix=".jsonl") as kept:
            shutil.copyfileobj(sys.stdin.buffer, kept)
            kept.flush()
            _report(Path(kept.name), "standard input", missing)
    else:
        _report(history, str(history), missing)


def _report(path: Path, name: str, missing: bool) -> None:
    found = verify(path, name)
    console = out_console()
    verdict = _verdict(found)
    terminal.options(console, _printable(name), _about(found))
    console.print(verdict)
    console.print()
    if found.violations:
        _tell(console, path, found)
    terminal.show_verdicts(console, _rows(found, missing))
    records = found.scope.records
    terminal.show_metrics(console, found.metrics, {} if records is None else unmeasured(records))
    console.print(verdict)
    exits.leave(exits.of_verdicts(found.verdicts))


def _verdict(found: Verified) -> str:
    """The verdict in one line, with rich markup."""
    held = sum(verdict.status in GOOD for verdict in found.verdicts)
    untested, unknown = len(found.names(VACUOUS)), len(found.names(UNKNOWN))
    rest = f"{untested} were not put to the test, {unknown} are unknown"
    stops = terminal.headline(
        {
            "violated": found.names(VIOLATED),
            "not shown": [verdict.property for verdict in found.verdicts if verdict.reason == NOT_SHOWN],
            "nothing judged": [] if exits.judged(found.verdicts) else [f"no property was put to the test: {rest}"],
        }
    )
    return stops or f"[bold green]PASS[/]  {counted(held, 'property')} hold; {rest}"


def _tell(console: Console, path: Path, found: Verified) -> None:
    """Each cause with the lines that prove it, and what follows from it; then how it came to the first of them."""
    with open_history(path) as stream:
        every = ((first + i, event) for first, block in Reader(stream, str(path)) for i, event in enumerate(block))
        roots = causes(found.violations, every)
    evidence = lines_at(path, dict.fromkeys(index for cause in roots for index in cause.violation.evidence))
    for violation, follow in roots:
        terminal.show_violation(
            console,
            violation.property,
            _printable(violation.message),
            found.judge.count_of(violation.property),
            [(index + 2, _printable(told(evidence[index]))) for index in violation.evidence if index in evidence],
        )
        terminal.show_follow(console, [each.property for each in follow])
        for each in follow:
            console.print(f"    {each.property}: {_printable(each.message)}", markup=False, soft_wrap=True)
        console.print()
    worst = roots[0].violation
    if worst.evidence:
        proof = {index: evidence[index] for index in worst.evidence if index in evidence}
        console.print(f"How it came to {worst.property}:")
        for index, event in sorted(leading_to(path, proof).items()):
            text = _printable(told(event, proof=index in proof))
            console.print(f"  line {index + 2:<8,} {text}", markup=False, soft_wrap=True)
        console.print()


def _about(found: Verified) -> list[tuple[str, str]]:
    scope = found.scope
    kinds = "everything"
    if scope.records is not None:
        kinds = counted(len(scope.records - {*ALWAYS}), "kind") + " of event"
    if scope.records == OBSERVABLE:
        kinds += ": all that a client can observe"
    if not found.said:
        kinds += " of which a line comes: the header doesn't say what would have come"
    ids = "opaque" if scope.opaque else "numbers" + (", with gaps" if scope.gaps else "")
    about = [
        ("records", kinds),
        ("ids", ids + (", gaps allowed" if scope.opaque and scope.gaps else "")),
        (
            "events",
            f"{found.events:,}, of {counted(found.devices, 'device')} in {counted(found.conversations, 'conversation')}",
        ),
    ]
    if scope.skew:
        about.append(("clocks", f"up to {scope.skew / 1e6:g} s apart, and so may be figures between two devices"))
    if found.cut_off:
        about.append(("cut off", f"line {found.cut_off:,} was not written to its end, and is left out"))
    unknown, recovered, unobserved = found.outcomes()
    if unknown:
        some = f"{recovered:,} of which appeared all the same (recovered)"
        about.append(("unanswered", f"{counted(unknown, 'message')}, {some}"))
    if unobserved:
        about.append(("unobserved", f"{counted(unobserved, 'message')} accepted, and shown nowhere so far"))
    if scope.records is not None and Persisted not in scope.records:
        stands = "the sending of a message stands for its commit"
        if Stored not in scope.records:
            stands += ", and showing it for storing it"
        about.append(("figures", stands))
    return about


INSIDE = "not recorded: needs to know what happens inside the server"
MORE = "not recorded: needs more of what a client can observe"


def _rows(found: Verified, missing: bool) -> Iterator[tuple[str, int, str, str]]:
    """Properties by verdict. Those that are unknown by what would help: in few lines, or (`missing`) each with all it needs."""
    for status in (VIOLATED, HOLDS, VACUOUS):
        names = found.names(status)
        if names:
            yield status, len(names), "not put to the test" if status == VACUOUS else "", ", ".join(names)
    for verdict in found.verdicts:
        if verdict.status == CLEAN:
            yield CLEAN, 1, verdict.bound, verdict.property
        elif verdict.reason == NOT_SHOWN:
            yield UNKNOWN, 1, f"{NOT_SHOWN}: {_printable(verdict.why)}", verdict.property
    grouped: dict[str, dict[str, tuple[str, ...]]] = {INSIDE: {}, MORE: {}}
    for verdict in found.verdicts:
        if verdict.reason == NOT_RECORDED:
            why, kinds = _why(found.scope, verdict)
            grouped.setdefault(why, {})[verdict.property] = kinds
    for why, lacking in sorted(grouped.items(), key=lambda group: group[0] in (INSIDE, MORE)):
        if missing:
            for name, kinds in lacking.items():
                yield UNKNOWN, 1, f"{name} needs {', '.join(kinds)}" if kinds else f"{name}: {why}", ""
        elif why == INSIDE and lacking:
            most = Counter(kind for kinds in lacking.values() for kind in kinds).most_common()
            some = ", ".join(f"{kind} for {number}" for kind, number in most[:4])
            more = f", {len(most) - 4} more kinds" if len(most) > 4 else ""
            yield UNKNOWN, len(lacking), why, f"{some}{more} (--missing says which for which)"
        elif why == MORE and lacking:
            by: dict[tuple[str, ...], list[str]] = {}
            for name, kinds in lacking.items():
                by.setdefault(kinds, []).append(name)
            told = "; ".join(f"{', '.join(kinds)} for {', '.join(names)}" for kinds, names in by.items())
            yield UNKNOWN, len(lacking), why, told
        elif lacking:
            yield UNKNOWN, len(lacking), why, ", ".join(lacking)
    if found.scope.records is not None:
        never = sorted(kind.__name__ for kind in found.scope.records - found.came - {*ALWAYS})
        if never:
            yield "no line", len(never), "recorded, says the header, so that it did not happen", ", ".join(never)


def _why(scope: RecordScope, verdict: Verdict) -> tuple[str, tuple[str, ...]]:
    """What stands in the way of a verdict that is unknown, and the kinds of event that would help, if any would."""
    prop = PROPERTIES[verdict.property]
    missing = tuple(scope.missing(prop))
    inside = tuple(kind for kind in missing if VOCABULARY[kind] not in OBSERVABLE)
    if inside:
        return INSIDE, missing
    if not missing:
        return f"{NOT_RECORDED}: {verdict.why}", ()
    never = replace(scope, records=None).why_not(prop)
    return (f"{NOT_RECORDED}: {never}", ()) if never else (MORE, missing)
