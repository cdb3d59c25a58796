"""What a history can tell: which kinds of event it records, what its ids mean, and how far its clocks may be apart.

A simulated run records everything. A client of a real system records what it did and what it showed. A property whose
evidence isn't in the record is not judged, and `why_not` says what is missing: silence is no proof of anything.

Requirements: V1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from properties.base import Property
from sim.history import Event


@dataclass(frozen=True)
class RecordScope:
    """What is known of a history before its first event. The default is a simulated run's.

    `records`: the kinds of event that it would have if they happened; None: all. `opaque`: ids can be told apart, and no
    more: which of two is later is not in them. `gaps`: seqs rise, but not by one each time. `skew`: how far apart, in µs,
    the clocks of two devices may be. `unanswered`: a send may stay without an answer for ever. `name` turns a
    conversation's seq into what the history calls it.
    """

    records: frozenset[type[Event]] | None = None
    opaque: bool = False
    gaps: bool = False
    skew: int = 0
    unanswered: bool = False
    name: Callable[[str, int], str] = lambda conversation, seq: str(seq)

    def missing(self, prop: type[Property]) -> list[str]:
        """The kinds of event that the property rests on and the history does not record."""
        if self.records is None:
            return []
        return [kind.__name__ for kind in prop.needed() if kind not in self.records]

    def why_no_pass(self, prop: type[Property]) -> str:
        """Why nobody can say from such a history that the property holds; '' if one can, or if it can't be judged at all."""
        return f"needs {', '.join(self.missing(prop))}" if self.missing(prop) and not self.why_not(prop) else ""

    def why_not(self, prop: type[Property]) -> str:
        """Why the property can't be judged from such a history, be it violated or not; '' if it can."""
        missing = self.missing(prop)
        if not {*missing} - {kind.__name__ for kind in prop.for_passing}:
            missing = []
        if missing:
            return f"needs {', '.join(missing)}"
        if self.opaque and prop.numbers:
            return "needs seqs that are numbers"
        if self.gaps and prop.gapless:
            return "needs an order without gaps"
        if self.unanswered and prop.answers:
            return "sends may stay unanswered"
        if self.records is not None and prop.tries:
            return "needs epochs that count each try to connect"
        return ""
