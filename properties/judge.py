"""The judge: shows every event of a history to the properties that want to see it, and collects what they say.

Requirements: V1, V2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from model.events import (
    AckSent,
    BlockStored,
    ConversationOpened,
    CursorMoved,
    CursorStored,
    DeviceRegistered,
    FillerPersisted,
    MemberJoined,
    MemberLeft,
    Persisted,
    SendAccepted,
    SendAttempted,
    SendRefused,
    SendRequested,
    Shown,
    Stored,
    Wiped,
)
from properties.base import Liveness, Property, Sight, Violation
from properties.catalogue import CATALOGUE
from properties.ledger import Ledger
from properties.record_scope import RecordScope
from properties.recoverability import Recoverability
from sim.history import Ended, Event, Healed

HOLDS = "holds"
VIOLATED = "violated"
UNKNOWN = "unknown"
VACUOUS = "vacuous"


class Verdict(NamedTuple):
    """What is known of a property: its status, how often it was tested, and its first violation.

    `why`: what is missing for a verdict, if it is unknown; '' if it was judged.
    """

    property: str
    family: str
    status: str
    tested: int
    violation: Violation | None
    why: str = ""


SIMULATED = RecordScope()
"""A simulated run's: everything is recorded."""


class Judge:
    """Judges a growing history. `advance` may be called as often as there is more of it, or each of `sights` for every event.

    What the `scope` can't tell is not judged. Of each property it keeps so many `violations` and counts the others; None: all.
    """

    def __init__(
        self, catalogue: Sequence[type[Property]] = CATALOGUE, scope: RecordScope = SIMULATED, keep: int | None = None
    ) -> None:
        self.ledger = Ledger(
            opaque=scope.opaque, gaps=scope.gaps, skew=scope.skew, name=scope.name, exported=scope.records is not None
        )
        self.violations: list[Violation] = []
        self.not_judged = {kind.name: why for kind in catalogue if (why := scope.why_not(kind))}
        """Properties that the history can't tell of, and what is missing."""
        self._catalogue = tuple(catalogue)
        self._keep = keep
        self._kept: dict[str, int] = {}
        report = self.violations.append if keep is None else self._some
        self.properties = [kind(self.ledger, report) for kind in catalogue if kind.name not in self.not_judged]
        self.recoverability = Recoverability()
        self.excused: dict[str, int] = {}
        """How many debts stayed open with a valid certificate, by its kind: 'device' or 'quorum'."""
        self._liveness = [p for p in self.properties if isinstance(p, Liveness)]
        self._sights = self._table()
        self._seen = 0
        self._healed: Healed | None = None
        self._ended: Ended | None = None

    def _some(self, violation: Violation) -> None:
        kept = self._kept.get(violation.property, 0)
        if self._keep is None or kept < self._keep:
            self._kept[violation.property] = kept + 1
            self.violations.append(violation)

    def _table(self) -> dict[type[Event], tuple[Sight, ...]]:
        ledger = self.ledger
        table: dict[type[Event], list[Sight]] = {
            ConversationOpened: [ledger.opened],
            DeviceRegistered: [ledger.registered],
            Persisted: [ledger.persisted],
            FillerPersisted: [ledger.filled],
            BlockStored: [ledger.blocked],
            MemberJoined: [ledger.joined],
            MemberLeft: [ledger.left],
            Stored: [ledger.stored],
            SendRequested: [ledger.requested],
            SendAttempted: [ledger.attempted],
            SendAccepted: [ledger.answered],
            SendRefused: [ledger.answered],
            Shown: [ledger.showing],
            CursorMoved: [ledger.look],
            CursorStored: [ledger.look_stored],
            Wiped: [ledger.wiped],
            AckSent: [ledger.look],
            Healed: [self._on_healed],
        }
        for kind, sight in self.recoverability.sights():
            table.setdefault(kind, []).append(sight)
        for prop in self.properties:
            for kind, sight in prop.sights():
                table.setdefault(kind, []).append(sight)
        table.setdefault(Shown, []).append(ledger.after_shown)
        table.setdefault(SendAccepted, []).append(ledger.after_accept)
        table.setdefault(SendRefused, []).append(ledger.after_refusal)
        table.setdefault(CursorMoved, []).append(ledger.after_cursor)
        table.setdefault(CursorStored, []).append(ledger.after_stored_cursor)
        table.setdefault(Ended, []).append(self._on_ended)
        return {kind: tuple(sights) for kind, sights in table.items()}

    def advance(self, history: Sequence[Event]) -> None:
        """Judges what came since the last call."""
        sights, none = self._sights, ()
        for index, event in enumerate(history[self._seen :], self._seen):
            for sight in sights.get(type(event), none):
                sight(event, index)
        self._seen = len(history)

    @property
    def sights(self) -> dict[type[Event], tuple[Sight, ...]]:
        """What to call with an event of each kind, and its index: for who has no list of all events."""
        return self._sights

    def count_of(self, name: str) -> int:
        """How many violations of a property there were."""
        return sum(prop.violations for prop in self.properties if prop.name == name)

    def settled(self) -> bool:
        """Whether nothing is due any more. Constant time, unless something was lost for good."""
        return not any(self._is_due(prop) for prop in self._liveness)

    def _is_due(self, prop: Liveness) -> bool:
        if not prop.owed():
            return False
        excuse = self.recoverability.excuse
        return not self.recoverability.needed or any(not excuse(debt) for debt in prop.missing())

    def verdicts(self) -> list[Verdict]:
        """What is known of each property, in the order of the catalogue."""
        first: dict[str, Violation] = {}
        for violation in self.violations:
            first.setdefault(violation.property, violation)
        known = {
            p.name: Verdict(p.name, p.family, self._status(p), p.tested, first.get(p.name)) for p in self.properties
        }
        return [
            known.get(p.name) or Verdict(p.name, p.family, UNKNOWN, 0, None, self.not_judged[p.name])
            for p in self._catalogue
        ]

    def _status(self, prop: Property) -> str:
        if prop.violations:
            return VIOLATED
        if isinstance(prop, Liveness) and self._is_due(prop):
            return UNKNOWN
        return HOLDS if prop.tested else VACUOUS

    def _on_healed(self, event: Healed, _: int) -> None:
        self._healed = event

    def _on_ended(self, event: Ended, index: int) -> None:
        """What is owed now is a violation, if the system had its time and there is no certificate."""
        over = self._healed is not None and event.t - self._healed.t >= self._healed.bound
        if not over and not self.recoverability.needed:
            return
        for prop in self._liveness:
            for debt in prop.missing():
                excuse = self.recoverability.excuse(debt)
                if excuse:
                    self.excused[excuse] = self.excused.get(excuse, 0) + 1
                elif over:
                    prop.violated(debt.message, *debt.evidence, index)
