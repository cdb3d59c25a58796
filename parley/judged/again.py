"""What is read again of a record in which something is wrong: the lines that prove it, whose they are, and what led to them.

A record is judged in one pass, which keeps no lines. There are two more, however much is wrong: the first finds which of several
violations came first, the lines of evidence, and what is counted; the second tells how it came to each.

Requirements: V1, R4.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from parley.judged.counts import Count, Counts
from parley.judged.verifying import Verified
from parley.record.reading import Reader, open_history, plain
from properties.base import Violation
from properties.causes import Cause, causes
from reports.text.narrative import subject
from sim.history import Event

AROUND = 40
"""How many lines of what led to a violation are told."""


@dataclass(frozen=True)
class Findings:
    """`causes`: the first violation of each property, with those that follow from it. `lines`: the events that prove them, by
    index. `stories`: by property, the last events that have to do with what its violation is about. `counts`: the worst
    first."""

    causes: list[Cause]
    lines: dict[int, Event]
    stories: dict[str, dict[int, Event]]
    counts: list[Count]

    def every(self) -> Iterator[tuple[Violation, Cause]]:
        """The first violation of each property, with the cause that it is or follows from."""
        for cause in self.causes:
            yield cause.violation, cause
            yield from ((violation, cause) for violation in cause.follow)


def findings(path: Path, found: Verified) -> Findings:
    """What is wrong in a record that was judged, in full."""
    counting = Counts(found)
    first: dict[str, Violation] = {}
    for violation in found.violations:
        first.setdefault(violation.property, violation)
    proof = {index for violation in first.values() for index in violation.evidence}
    lines: dict[int, Event] = {}
    if not first:
        return Findings([], lines, {}, counting.finish())
    every = _taking(_events(path), proof, lines, counting)
    roots = causes(found.violations, every, recorded=found.scope.records is not None)
    for _ in every:
        pass
    told = [violation for violation in first.values() if violation.evidence]
    return Findings(roots, lines, leading_to(path, lines, told), counting.finish())


def _events(path: Path) -> Iterator[tuple[int, Event]]:
    with open_history(path) as stream:
        for first, block in Reader(stream, str(path)):
            yield from enumerate(block, first)


def _taking(
    events: Iterable[tuple[int, Event]], proof: set[int], lines: dict[int, Event], counting: Counts
) -> Iterator[tuple[int, Event]]:
    """The events, of which some are kept or counted as they go by; they end where nothing more is wanted."""
    wanted = counting.wanted()
    index_wanted, number = next(wanted, (-1, 0))
    left = len(proof)
    for index, event in events:
        if index in proof:
            lines[index] = plain(event)
            left -= 1
        while index == index_wanted:
            counting.take(index, number, event)
            index_wanted, number = next(wanted, (-1, 0))
        yield index, event
        if not left and index_wanted < 0:
            return


def leading_to(path: Path, lines: Mapping[int, Event], told: Iterable[Violation]) -> dict[str, dict[int, Event]]:
    """By property, the last events up to the evidence of its violation, and with it, that have to do with its messages and
    devices."""
    asked: list[tuple[str, int, dict[int, Event], Callable[[Event], bool], deque[tuple[int, Event]]]] = []
    for violation in told:
        proof = {index: lines[index] for index in violation.evidence if index in lines}
        if proof:
            asked.append((violation.property, max(proof), proof, subject(proof, tuple(proof)), deque(maxlen=AROUND)))
    last = max((each[1] for each in asked), default=-1)
    for index, event in _events(path):
        if index > last:
            break
        for _, until, proof, concerns, kept in asked:
            if index <= until and (index in proof or concerns(event)):
                kept.append((index, event))
    return {
        name: dict(sorted({**{i: plain(event) for i, event in kept}, **proof}.items()))
        for name, _, proof, _, kept in asked
    }
