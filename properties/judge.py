"""The judge: shows every event of a history to the properties that want to see it, and collects what they say.

Requirements: V1, V2.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Sequence

from model.events import (
    AckSent,
    BlockAsked,
    BlockStored,
    ConversationOpened,
    CursorMoved,
    CursorStored,
    DeviceRegistered,
    FillerPersisted,
    FinalRead,
    MemberJoined,
    MemberLeft,
    PageShown,
    Persisted,
    Probed,
    Restored,
    RowsRemoved,
    SendAccepted,
    SendAttempted,
    SendRefused,
    SendRequested,
    Shown,
    ShownAtTap,
    Stored,
    Wiped,
)
from properties.base import Debt, Liveness, Property, Sight, Violation
from properties.catalogue import CATALOGUE
from properties.ledger import Ledger
from properties.record_scope import RecordScope
from properties.recoverability import Recoverability
from sim.history import Ended, Event, Healed
from sim.verdicts import CLEAN, HOLDS, NOT_RECORDED, NOT_SHOWN, UNKNOWN, VACUOUS, VIOLATED, Verdict

__all__ = ["HOLDS", "SIMULATED", "UNKNOWN", "VACUOUS", "VIOLATED", "Judge", "Verdict"]

EXCUSES = {"device": "its device never came back", "quorum": "its quorum is gone for good"}
"""Why something may stay undone (properties/recoverability.py)."""

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
        self.only_proofs = {kind.name: why for kind in catalogue if (why := scope.why_no_pass(kind))}
        """Those of which it can only tell that they are violated, and what is missing."""
        self._catalogue = tuple(catalogue)
        self._keep = keep
        self._kept: dict[str, int] = {}
        self.places: dict[str, array[int]] = {}
        """Where violations were seen, by property: the last event of the evidence of each. Only if few violations are kept."""
        self.overdue: dict[str, Counter[str]] = {}
        """What was still owed at the end, and is a violation: how many debts, by property and device."""
        report = self.violations.append if keep is None else self._some
        self.properties = [kind(self.ledger, report) for kind in catalogue if kind.name not in self.not_judged]
        self.recoverability = Recoverability()
        self.excused: dict[str, int] = {}
        """How many debts stayed open with a valid certificate, by its kind: 'device' or 'quorum'."""
        self._excused_of: dict[str, Counter[str]] = {}
        """The same, by property."""
        self._liveness = [p for p in self.properties if isinstance(p, Liveness) and p.name not in self.only_proofs]
        self._sights = self._table()
        self._seen = 0
        self._due_at: int | None = None
        """When, in µs, what is owed is overdue: the bound after the healing, or twice the probe's after that."""
        self._ended: Ended | None = None

    def _some(self, violation: Violation) -> None:
        if violation.evidence:
            self.places.setdefault(violation.property, array("q")).append(violation.evidence[-1])
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
            RowsRemoved: [ledger.removed],
            BlockStored: [ledger.blocked],
            BlockAsked: [ledger.asked_to_block],
            MemberJoined: [ledger.joined],
            MemberLeft: [ledger.left],
            Stored: [ledger.stored],
            SendRequested: [ledger.requested],
            SendAttempted: [ledger.attempted],
            SendAccepted: [ledger.answered],
            SendRefused: [ledger.answered],
            Shown: [ledger.showing],
            PageShown: [ledger.on_screen],
            ShownAtTap: [ledger.on_screen],
            FinalRead: [ledger.on_screen],
            CursorMoved: [ledger.look],
            CursorStored: [ledger.look_stored],
            Wiped: [ledger.wiped],
            Restored: [ledger.wiped],
            AckSent: [ledger.look],
            Healed: [self._on_healed],
            Probed: [self._on_probed],
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
        known = {p.name: self._verdict(p, first.get(p.name)) for p in self.properties}
        return [
            known.get(p.name) or Verdict(p.name, p.family, UNKNOWN, 0, None, self.not_judged[p.name], NOT_RECORDED)
            for p in self._catalogue
        ]

    def _verdict(self, prop: Property, first: Violation | None) -> Verdict:
        name, family = prop.name, prop.family
        why = (
            self._not_shown(prop) if isinstance(prop, Liveness) else ""
        )  # some count only now what they were tested by
        tested = prop.tested
        if prop.violations:
            return Verdict(name, family, VIOLATED, tested, first)
        if name in self.only_proofs:
            return Verdict(name, family, UNKNOWN, tested, first, self.only_proofs[name], NOT_RECORDED)
        if why:
            return Verdict(name, family, UNKNOWN, tested, first, why, NOT_SHOWN)
        excused = self._excused_of.get(name)
        if excused:
            bound = ", ".join(f"{count} not due: {EXCUSES[kind]}" for kind, count in sorted(excused.items()))
            return Verdict(name, family, CLEAN, tested, first, bound=f"all but {bound}")
        return Verdict(name, family, HOLDS if tested else VACUOUS, tested, first)

    def _not_shown(self, prop: Liveness) -> str:
        """What it owes without a certificate, or may owe on a device that is away; '' if there is nothing of the kind."""
        over = self._ended is not None and self._in_time(self._ended)
        owed = [] if over or not prop.owed() else self._without_excuse(prop.missing())
        if owed:
            return f"{owed[0].message}{_more(owed)}, and its time is not up"
        away = self._without_excuse(prop.out_of_sight())
        return f"{away[0].message}{_more(away)}, and is away at the end" if away else ""

    def _without_excuse(self, debts: Iterable[Debt]) -> list[Debt]:
        return [debt for debt in debts if not self.recoverability.excuse(debt)]

    def _in_time(self, ended: Ended) -> bool:
        """Whether the system had its time to do what is owed."""
        return self._due_at is not None and ended.t >= self._due_at

    def _on_healed(self, event: Healed, _: int) -> None:
        self._due_at = event.t + event.bound

    def _on_probed(self, event: Probed, _: int) -> None:
        self._due_at = event.t + 2 * event.bound

    def _on_ended(self, event: Ended, index: int) -> None:
        """What is owed now is a violation, if the system had its time and there is no certificate."""
        self._ended = event
        over = self._in_time(event)
        if not over and not self.recoverability.needed:
            return
        for prop in self._liveness:
            for debt in prop.missing():
                excuse = self.recoverability.excuse(debt)
                if excuse:
                    self.excused[excuse] = self.excused.get(excuse, 0) + 1
                    self._excused_of.setdefault(prop.name, Counter())[excuse] += 1
                elif over:
                    self.overdue.setdefault(prop.name, Counter())[debt.device] += 1
                    prop.violated(f"{debt.message}{_more([debt])}", *debt.evidence, index)


def _more(debts: Sequence[Debt]) -> str:
    """How many messages, or whatever else is owed, there are beside the first."""
    more = sum(debt.messages for debt in debts) - 1
    return f" ({more:,} more)" if more > 0 else ""
