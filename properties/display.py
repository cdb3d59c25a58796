"""What a device shows: every message once, in the order of seq, none left out, none invented.

The state is kept by device, through all its connections and restarts.

    1. shown 7, reconnect, shown 6: not above the last one
    2. shown 7, then 9, and 8 later or never: a skip
    3. shown 7, app killed, push repeated, shown 7 again

Requirements: G1, G2, P5.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from model.events import (
    ConversationOpened,
    DeviceRegistered,
    Persisted,
    SendAttempted,
    Shown,
    Stored,
)
from properties.base import Property, Violation, sees
from properties.conversation import Held
from properties.ledger import HOLDINGS, LIVES, TURNS, Ledger
from sim.history import Ended


class ShownOnce(Property):
    """A device shows a message once.

    Proof of a violation: two Shown events of one installation of a device with the same conversation and message_id.
    """

    name: ClassVar[str] = "shown-once"
    family: ClassVar[str] = "receiver dedupe"
    anomalies: ClassVar[tuple[str, ...]] = ("device duplicate",)
    rests_on = LIVES
    numbers = False

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._shown: dict[tuple[str, int, str, str], int] = {}
        """Of devices of no member, of which the ledger keeps nothing."""

    @sees(Shown)
    def on_shown(self, event: Shown, index: int) -> None:
        self.tested += 1
        held = self.ledger.here
        if held is not None:
            first = held.first.get(event.message, index)
        else:
            installation = self.ledger.installation_of.get(event.device, 1)
            first = self._shown.setdefault((event.device, installation, event.conversation, event.message), index)
        if first != index:
            what = f"{event.message} ({event.conversation} {self.ledger.name(event.conversation, event.seq)})"
            self.violated(f"{event.device} showed {what} twice", first, index)


class ShownInOrder(Property):
    """A device shows a conversation in ascending order of seq, and leaves nothing out.

    Proof of a violation: a Shown whose seq is not one above that of the device's last one in this conversation; where gaps are
    allowed, or all that lies between was removed by policy, one whose seq is not above it.
    """

    name: ClassVar[str] = "shown-in-order"
    family: ClassVar[str] = "order"
    anomalies: ClassVar[tuple[str, ...]] = ("non-monotonic read", "skip", "order divergence")
    rests_on = (*LIVES, *TURNS)

    @sees(Shown)
    def on_shown(self, event: Shown, index: int) -> None:
        self.tested += 1
        held = self.ledger.here
        if held is not None and event.seq != held.shown + 1 and event.seq != held.after(held.shown):
            if event.seq > held.shown and (self.ledger.gaps or self._removed_between(held, event.seq)):
                return
            verb = "went back to" if event.seq <= held.shown else "skipped to"
            self.violated(
                f"{event.device} {verb} {event.conversation} {event.seq} after {held.shown}", held.shown_index, index
            )

    @staticmethod
    def _removed_between(held: Held, seq: int) -> bool:
        """Whether all that a device passes over to show `seq` is kept no more."""
        removed = held.log.removed
        return seq <= removed or seq == held.after(held.access.up_to(removed))


class ShownIsTrue(Property):
    """What a device shows at a seq is what was committed there, and it was committed before.

    Proof of a violation: a Shown without a commit at its seq before it, or with another message than was committed. As
    every device is held to the same log, no two can disagree.
    """

    name: ClassVar[str] = "shown-is-true"
    family: ClassVar[str] = "order"
    anomalies: ClassVar[tuple[str, ...]] = ("precommitted read", "inconsistent offsets", "long fork", "phantom")
    rests_on = (Persisted,)

    @sees(Shown)
    def on_shown(self, event: Shown, index: int) -> None:
        self.tested += 1
        log = self.ledger.logs.get(event.conversation)
        if log is None:
            return
        row = log.rows.get(event.seq)
        if row is None:
            if event.seq > log.base:
                self.violated(
                    f"{event.device} showed {event.message} as {event.conversation} {event.seq} before it was durable",
                    index,
                )
        elif row[0] != event.message:
            self.violated(
                f"{event.device} showed {event.message} as {event.conversation} {event.seq}, where {row[0]} is",
                row[1],
                index,
            )


class StoredIsTrue(Property):
    """What a device stores at a seq is what was committed there, and it was committed before.

    Proof of a violation: a Stored without a commit at its seq before it, or with another message than was committed. A
    cursor counts on it: what a device holds up to is then never ahead of the log, nor something else.
    """

    name: ClassVar[str] = "stored-is-true"
    family: ClassVar[str] = "order"
    anomalies: ClassVar[tuple[str, ...]] = ("precommitted read", "inconsistent offsets", "ahead of log", "phantom")
    rests_on = (Persisted,)

    @sees(Stored)
    def on_stored(self, event: Stored, index: int) -> None:
        self.tested += 1
        held = self.ledger.here
        if held is None:
            return
        row = held.log.rows.get(event.seq)
        if row is None:
            if event.seq > held.log.base:
                self.violated(
                    f"{event.device} stored {event.message} as {event.conversation} {event.seq} before it was durable",
                    index,
                )
        elif row[0] != event.message and event.seq not in held.log.fillers:
            self.violated(
                f"{event.device} stored {event.message} as {event.conversation} {event.seq}, where {row[0]} is",
                row[1],
                index,
            )


class ShownWasSent(Property):
    """Nothing is shown that nobody sent.

    Proof of a violation: a Shown whose message_id was never attempted by a device: not before it, nor after it within the time
    that clocks may be apart. Of what was there before the history begins, which a wiped device shows again, nobody can say;
    where ids are opaque, of no message that is unknown in a conversation that is older than the history.
    """

    name: ClassVar[str] = "shown-was-sent"
    family: ClassVar[str] = "order"
    anomalies: ClassVar[tuple[str, ...]] = ("phantom",)
    rests_on = (SendAttempted,)
    optional = (Ended,)
    numbers = False

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._early: dict[tuple[str, str], tuple[Shown, int]] = {}
        """Shown, and not sent so far, by the oldest; kept only while clocks may be the reason."""

    @sees(Shown)
    def on_shown(self, event: Shown, index: int) -> None:
        self.tested += 1
        if self._early:
            self._give_up(event.t - self.ledger.skew)
        if self.ledger.message is None:
            log = self.ledger.logs.get(event.conversation)
            if log is None or (event.seq > log.base and not (self.ledger.opaque and log.base)):
                if self.ledger.skew:
                    self._early.setdefault((event.conversation, event.message), (event, index))
                else:
                    self._unsent(event, index)

    def _give_up(self, before: int) -> None:
        """What was shown before a time, in µs, and is not known to be sent by now, was not."""
        while self._early:
            which, (event, index) = next(iter(self._early.items()))
            if which not in self.ledger.sent:
                if event.t >= before:
                    return
                self._unsent(event, index)
            del self._early[which]

    def _unsent(self, event: Shown, index: int) -> None:
        self.violated(f"{event.device} showed {event.message}, which nobody sent", index)

    @sees(Ended)
    def on_ended(self, event: Ended, index: int) -> None:
        self._give_up(event.t + self.ledger.skew + 1)


class ShownToMembers(Property):
    """What is said in a conversation is stored and shown on devices of its members only.

    Proof of a violation: a Stored or Shown at a seq that is not for the device's user: never a member, or not at that seq.
    It is the seq that counts and not the time: what was said before a leave may come late.
    """

    name: ClassVar[str] = "shown-to-members"
    family: ClassVar[str] = "membership"
    anomalies: ClassVar[tuple[str, ...]] = ("membership leak",)
    rests_on = (ConversationOpened, DeviceRegistered, *TURNS)
    optional = (Stored,)

    @sees(Shown, Stored)
    def on_shown(self, event: Shown | Stored, index: int) -> None:
        self.tested += 1
        held = self.ledger.here
        if held is None or not held.access.reads(event.seq):
            when = "" if held is None else " at that place"
            self.violated(
                f"{event.device} got {event.conversation} {event.seq}, but its user is not a member{when}", index
            )


class StoredBeforeShown(Property):
    """A device shows what is in its local database, so that a restart can't take it back.

    Proof of a violation: a Shown of a message that the device has not stored before.
    """

    name: ClassVar[str] = "stored-before-shown"
    family: ClassVar[str] = "receiver dedupe"
    anomalies: ClassVar[tuple[str, ...]] = ("flicker", "cross-epoch regression")
    rests_on = HOLDINGS
    numbers = False

    @sees(Shown)
    def on_shown(self, event: Shown, index: int) -> None:
        self.tested += 1
        held = self.ledger.here
        if held is not None and not held.holds(event.seq):
            what = f"{event.conversation} {self.ledger.name(event.conversation, event.seq)}"
            self.violated(f"{event.device} showed {what} without having stored it", index)
