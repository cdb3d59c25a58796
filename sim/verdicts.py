"""What can be said of a promise after it was watched: one type of verdict, for properties, targets and whole commands.

Whether a verdict stops a pass is said here, and nowhere else. *Unknown* has reasons of two kinds. What a record does not tell
of (`NOT_RECORDED`) is listed, and stops no pass: nothing was asked of it. What was owed when the history ended (`NOT_SHOWN`), or
could have been measured and was not (`NOT_MEASURED`), does: a pass would say more than was seen.

Requirements: V1, R1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

Status = Literal["violated", "target missed", "unknown", "vacuous", "clean", "holds"]

VIOLATED: Status = "violated"
MISSED: Status = "target missed"
UNKNOWN: Status = "unknown"
VACUOUS: Status = "vacuous"
"""It was not put to the test."""
CLEAN: Status = "clean"
"""It holds within a bound that the verdict names: all but what a certificate excuses, or sets of at most so many deviations."""
HOLDS: Status = "holds"

Reason = Literal["", "not recorded", "not shown", "not measured"]

NOT_RECORDED: Reason = "not recorded"
"""The history does not record what would tell."""
NOT_SHOWN: Reason = "not shown"
"""Something was owed at the end: its device was away, or its time was not up."""
NOT_MEASURED: Reason = "not measured"
"""A target of which there is no figure."""

GOOD = (HOLDS, CLEAN)
"""The statuses of what was judged, and is as it should be."""


class Violation(NamedTuple):
    """`evidence`: the indices of the events that prove it, in order; the last one is where it was seen."""

    property: str
    message: str
    evidence: tuple[int, ...]


class Verdict(NamedTuple):
    """What is known of a property: its status, how often it was tested, and its first violation.

    `why`: if it is unknown, what is missing for a verdict, of which kind is said by `reason`. `bound`: within what it is
    clean. Each is '' for other statuses.
    """

    property: str
    family: str
    status: Status
    tested: int
    violation: Violation | None
    why: str = ""
    reason: Reason = ""
    bound: str = ""

    def stops(self) -> bool:
        """Whether there is no pass with it."""
        return stops(self.status, self.reason)


def stops(status: str, reason: str = NOT_SHOWN) -> bool:
    """Whether what has this status stops a pass, for this reason if it is unknown."""
    return status in (VIOLATED, MISSED) or (status == UNKNOWN and reason != NOT_RECORDED)


_WORST: tuple[Status, ...] = (VIOLATED, MISSED, UNKNOWN, CLEAN, HOLDS, VACUOUS)


def of_many(statuses: Iterable[str] | Mapping[str, int]) -> Status:
    """What is known of a promise after many runs: the worst that is known of it after one of them.

    Of a mapping, those with a count. One run that put it to the test is enough, and none at all is no test.
    """
    counts = statuses if isinstance(statuses, Mapping) else dict.fromkeys(statuses, 1)
    return next((status for status in _WORST if counts.get(status)), VACUOUS)
