"""Judges the history of any system, line by line, in memory that does not grow with what is said in it.

What it keeps is what properties must remember, and a few violations of each; the lines that prove them are read again at the
end. What the history can't tell of is not judged, and why is said. A file with a line that can't be used gets no verdict: what
is missing from it would be taken for what did not happen.

Requirements: V1, V2, R1.
"""

from __future__ import annotations

import gc
from array import array
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

from model.events import (
    VOCABULARY,
    Connected,
    ConversationOpened,
    DeviceRegistered,
    Persisted,
    Shown,
    Stored,
)
from parley.errors import BadInput
from parley.judged.late import Late, LateOne
from parley.judged.targets import late_after
from parley.record.clocks import Clock, Clocks, Turned
from parley.record.correcting import corrected
from parley.record.reading import ALWAYS, Malformed, Reader, open_history
from parley.record.reorder import Causes
from parley.scenario import Level
from properties.base import Sight, Violation
from properties.judge import Judge
from properties.record_scope import RecordScope
from reports.metrics.measure import Meter, Metrics
from reports.metrics.summary import Target, targets_of
from sim.history import Event, Healed
from sim.printable import printable
from sim.verdicts import Verdict

NO_TARGETS: Mapping[str, Level] = {}
KEPT = 5
"""How many violations of each property are kept."""
After = Callable[[Judge, list[Event]], None]
"""Told of what is judged so far, and of the events that were read last."""
_INTRODUCTIONS = (DeviceRegistered, ConversationOpened)
"""They say who is there, at whatever time: what is recorded begins with something else."""


@dataclass(frozen=True)
class Verified:
    """What a history showed. `events` are its lines that say something; `cut_off` is the number of an unfinished last line.

    It goes on from `first` to `last` (µs): the first thing that happened and the last one, whoever is introduced before.
    """

    scope: RecordScope
    judge: Judge
    metrics: Metrics
    verdicts: list[Verdict]
    violations: list[Violation]
    events: int
    cut_off: int
    said: bool
    """Whether the header says what is recorded."""
    promised: frozenset[type[Event]]
    """The kinds of event that it says would have come."""
    first: int
    last: int
    clocks: list[Clock]
    """Of all devices that can be compared, those that are off by most first."""
    turned: list[Turned]
    """What is shown before it is sent, by these clocks."""
    left_over: int
    """By how much (µs) it is, at most, once the clocks are put right."""

    def line(self, index: int) -> int:
        """The number of an event's line in the file."""
        return (index if self.places is None else self.places[index]) + 2

    came: frozenset[type[Event]]
    """The kinds of event of which there is one."""
    targets: list[Target] = field(default_factory=list)
    """What its figures are held to: what is missed by most first."""
    late: dict[str, list[LateOne]] | None = None
    """By device: what came later than targets ask for to one that was connected; None: they ask for nothing of the kind."""
    corrected: bool = False
    """It was judged as if its clocks were right."""
    places: array[int] | None = None
    """Of a record whose clocks were put right: the index that each event had before."""

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
            log = ledger.logs.get(conversation)
            shown = log is not None and (message in log.order or message in log.free)
            if sent.accepted >= 0:
                unobserved += not shown
            elif sent.refused < 0:
                unknown += 1
                recovered += shown
        return unknown, recovered, unobserved


def verify(path: Path, name: str = "", targets: Mapping[str, Level] = NO_TARGETS) -> Verified:
    """Judges the history in a file, and holds its figures to targets. Raises BadInput, with the numbers of the lines, if it
    can't be used."""
    name = name or str(path)
    with open_history(path) as stream:
        reader = Reader(stream, name)
        scope = reader.scope if reader.header.records else replace(reader.scope, records=_kinds_in(path))
        return judged(reader, scope, targets=targets)


def read_and_judge(path: Path) -> tuple[list[Event], list[Verdict]]:
    """The events of the history in a file, with what its lines leave out filled in, and the verdicts on it. Raises BadInput."""
    read: list[Event] = []
    with open_history(path) as stream:
        reader = Reader(stream, str(path))
        scope = reader.scope if reader.header.records else replace(reader.scope, records=_kinds_in(path))
        found = judged(reader, scope, lambda _, block: read.extend(block))
    kinds = {form: kind for kind, form in reader.kinds.items()}
    events: list[Event] = []
    for event in read:
        kind: Any = kinds[type(event)]
        events.append(kind(*(getattr(event, name) for name in kind.__struct_fields__)))
    return events, found.verdicts


def judged(
    reader: Reader, scope: RecordScope, after: After | None = None, targets: Mapping[str, Level] = NO_TARGETS
) -> Verified:
    """Judges what a reader gives. `after` is called with all that was judged so far, whenever some lines were read; the first
    that can't be used ends it then. Raises BadInput, with the numbers of the lines, if the history can't be used."""
    judge = Judge(scope=scope, keep=KEPT)
    records = scope.records
    meter = Meter(
        commits=records is None or Persisted in records,
        stored=records is None or Stored in records,
        connections=records is None or Connected in records,
        all_due=not scope.gaps and (records is None or Shown in records),
    )
    clocks = Clocks(judge.ledger)
    limit = late_after(targets)
    late = None if limit is None else Late(limit)
    if late is not None:
        meter.on_delivery = late.on_delivery
    table = _Table(reader, judge, meter, clocks, {} if late is None else late.sights)
    problems = reader.problems
    causes = Causes(reader, judge) if scope.skew else None
    since: int | None = None if records is not None else 0
    began: int | None = None
    events = last = index = 0
    with _uncollected():
        for first, block in reader:
            if problems:
                if after is not None:
                    break
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
                if began is None:
                    began = next((event.t for event in block if not isinstance(event, _INTRODUCTIONS)), None)
                    since = began if since is None else since
            if after is not None:
                after(judge, block)
        try:
            for index, event in causes.rest() if causes is not None and not problems else ():
                for sight in table[type(event)]:
                    sight(event, index)
        except Malformed as error:
            problems.append((index + 2, f"{type(event).__name__}: {error}"))
    if problems:
        raise BadInput(*_refusal(reader.name, problems))
    compared, turned = clocks.finish(last if began is None else began, last)
    metrics = meter.finish(events, last, last if since is None else since)
    sources = {each: level.source for each, level in targets.items() if level.source}
    return Verified(
        scope=scope,
        judge=judge,
        metrics=metrics,
        targets=targets_of("", {each: level.most for each, level in targets.items()}, metrics, sources),
        late=None if late is None else late.by_device,
        first=last if began is None else began,
        last=last,
        clocks=compared,
        turned=turned,
        left_over=clocks.left_over(compared, last if began is None else began, last),
        verdicts=judge.verdicts(),
        violations=judge.violations,
        events=events,
        cut_off=reader.cut_off,
        said=bool(reader.header.records),
        promised=_promised(reader),
        came=frozenset(table.came),
    )


@contextmanager
def as_if_right(
    path: Path, name: str, found: Verified, targets: Mapping[str, Level] = NO_TARGETS
) -> Iterator[tuple[Path, Verified]]:
    """The same record with the clocks put right that are off, as long as it is needed, and what is found in it.

    It is judged for clocks that may still be as far apart as it says, or as messages are still shown before they are sent.
    """
    if not any(clock.correctable for clock in found.clocks):
        yield path, replace(found, corrected=True)
        return
    skew = max(found.scope.skew, found.left_over)
    with corrected(path, found.clocks, (found.first + found.last) // 2, skew) as (copy, places):
        again = verify(copy, name, targets)
        yield copy, replace(again, corrected=True, places=places, clocks=found.clocks, cut_off=found.cut_off)


class _Table(dict[type[Event], tuple[Sight, ...]]):
    """What to call with an event of each form, in order. It is made as forms come, so that it also says which came.

    Until a Healed comes, the figures need not know of what moves forward.
    """

    def __init__(
        self, reader: Reader, judge: Judge, meter: Meter, clocks: Clocks, late: Mapping[type[Event], Sight]
    ) -> None:
        super().__init__()
        self.came: set[type[Event]] = set()
        self._kinds = {form: kind for kind, form in reader.kinds.items()}
        self._checks = reader.checks
        self._judge = judge
        self._meter = meter
        self._figures = meter.unhealed
        self._clocks = clocks.sights
        self._late = late

    def __missing__(self, form: type[Event]) -> tuple[Sight, ...]:
        kind = self._kinds[form]
        self.came.add(kind)
        if kind is Healed:
            self._figures = self._meter.sights
            self.clear()
        every = (
            self._checks.get(form),
            *self._judge.sights.get(kind, ()),
            self._late.get(kind),
            self._figures.get(kind),
            self._clocks.get(kind),
        )
        sights = self[form] = tuple(sight for sight in every if sight is not None)
        return sights


def _promised(reader: Reader) -> frozenset[type[Event]]:
    """What a header lists; of one that says "observable", all that a client can see, but for what goes without saying."""
    listed = reader.header.records
    if isinstance(listed, tuple):
        return frozenset(VOCABULARY[kind] for kind in listed)
    return (reader.scope.records or frozenset()) - {*ALWAYS} if listed else frozenset()


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


def _refusal(name: str, problems: list[tuple[int, str]]) -> tuple[str, ...]:
    lines = [f"line {number}: {_short(text)}" if number else _short(text) for number, text in problems]
    if len(lines) == 1:
        return (f"{name}: {lines[0]}",)
    more = "at least " if len(lines) >= 20 else ""
    return (f"{name}: {more}{len(lines)} lines can't be used", *(f"  {line}" for line in lines))


def _short(text: str) -> str:
    """On one line, without anything that a terminal would obey; not more of it than a person reads."""
    return printable(text)[:400]
