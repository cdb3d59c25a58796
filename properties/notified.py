"""Who is away is notified in time: within seconds of the commit the provider has a notification, not a minute and a half later.

    1. the service sits on what it is asked to tell: everybody is told in the end, each a minute and a half late
    2. only who has logged in anew is told late, or only who has several devices

How long the provider then takes is its own affair: 20 s on average, and now and then minutes. What it does with a notification
is judged elsewhere, and how long it all takes is in the report, from the tap to the notification.

Requirements: G6, G5, P8, C10.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from model.events import (
    DeadLettered,
    DeliveryFailed,
    Disconnected,
    HintEnded,
    LoggedOut,
    NotificationAttempted,
    NotificationDelivered,
    NotificationDropped,
    NotificationIgnored,
    NotificationRejected,
    NotificationSent,
    NotificationShown,
    NotificationThrottled,
    ReadMarkMoved,
    Slept,
)
from properties.base import Violation, sees
from properties.ledger import Ledger
from properties.timeliness import Row, Timely, Ways
from sim.history import Crashed, NodePlaced

Key = tuple[str, str]
"""A device and a conversation."""


class WaysToWake(Ways):
    """The ways by which who is away is told: through the core, to the notification service, and to its provider."""

    at_rest: ClassVar[int] = 75_000_000
    """µs after a disturbance of the service or its provider by which a hint that was under way has been tried again: the
    longest pause between two tries is 60 s, and an answer is awaited for 2 s."""

    def __init__(self, look_again: Callable[[], None]) -> None:
        super().__init__(look_again)
        self._wake: dict[str, str] = {}
        """The notification service and its provider, by node, with their roles."""
        self._since: int | None = None
        self._since_known = False

    def changed(self) -> None:
        super().changed()
        self._since_known = False

    def missed(self, source: str, target: str, until: int) -> None:
        super().missed(source, target, until)
        self._since_known = False

    def placed(self, event: NodePlaced) -> None:
        super().placed(event)
        self._since_known = False
        if event.role in ("notification", "provider"):
            self._wake[event.node] = event.role

    def wakes(self, node: str) -> bool:
        """Whether it is the notification service, or its provider."""
        return node in self._wake

    def wakes_since(self) -> int | None:
        """Since when (µs) nothing has disturbed the ways; -1 if nothing ever did, None if something does, or who knows."""
        if not self._since_known:
            self._since, self._since_known = self._wakes_since(), True
        return self._since

    def _wakes_since(self) -> int | None:
        core, own = self._core_since(), self.steady(*self._wake)
        if core is None or own is None or len(set(self._wake.values())) < 2:
            return None
        own = max(own, self.around(*self._wake))
        return max(core + self.settles if core >= 0 else core, own + self.at_rest if own >= 0 else own)


class NotifiedInTime(Timely):
    """Whoever is away is notified of what was committed: within half a minute the provider has a notification of it.

    Owed to each device of a member, another user's than the sender, that is not connected from the commit until the time is
    over; while the core, the notification service and its provider are undisturbed, since before the commit. One that still was
    pending at the provider at the commit will do. It is none if the user has read that far, if delivery is given up, if the
    provider loses the notification, holds its sender off or refuses it, or if the hint ends for another reason.

    Proof of a violation: a Persisted, and that none of this has happened `within` so long.
    """

    name: ClassVar[str] = "notified-in-time"
    family: ClassVar[str] = "push"
    anomalies: ClassVar[tuple[str, ...]] = ("notification late", "notification missing")
    rests_on = (*Timely.rests_on, NotificationSent)
    optional = (
        *Timely.optional, DeadLettered, DeliveryFailed, HintEnded, NotificationAttempted, NotificationDelivered,
        NotificationDropped, NotificationIgnored, NotificationRejected, NotificationShown, NotificationThrottled,
    )  # fmt: skip

    within: ClassVar[int] = 30_000_000
    """µs from the commit until the provider has it. A device whose session is known to be over takes 0.3 s. One that left without
    a goodbye is pushed to three times, for 4 s each, with pauses of up to 3 s in all, before it is taken for away: 15 s. A task
    that could not be handed over rests for 2 s."""

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._ways = WaysToWake(self._look_again)
        self.calm = self._ways
        self._gone: dict[str, int] = {}
        """By device: the event by which it was away last."""
        self._told: dict[Key, int] = {}
        """The last event by which a device was told of a conversation, or could not be."""
        self._pending: dict[Key, None] = {}
        """What a provider has taken, and neither delivered nor lost so far."""
        self._held_off: dict[Key, None] = {}
        """Of whom the provider said to wait, until the next try."""
        self._read: dict[Key, int] = {}
        """By user and conversation: the highest read mark on any device of the user's."""
        self._dead: dict[str, int] = {}
        """By conversation: the last event by which a task of it was given up."""

    # --- what counts as told -------------------------------------------------------------------------------------------

    def _overdue(self, t: int, index: int) -> None:
        """Judges what is overdue at `t` (µs) before what happens then is taken for an answer to it."""
        if t > self._next:
            self.settle(t, index)

    @sees(NotificationSent)
    def on_sent(self, event: NotificationSent, index: int) -> None:
        self._overdue(event.t, index)
        key = (event.device, event.conversation)
        self._told[key] = index
        self._pending[key] = None

    @sees(NotificationDelivered, NotificationDropped, NotificationShown, NotificationIgnored)
    def on_arrived(
        self,
        event: NotificationDelivered | NotificationDropped | NotificationShown | NotificationIgnored,
        index: int,
    ) -> None:
        self._overdue(event.t, index)
        key = (event.device, event.conversation)
        self._told[key] = index
        self._pending.pop(key, None)

    @sees(NotificationThrottled)
    def on_throttled(self, event: NotificationThrottled, index: int) -> None:
        self._overdue(event.t, index)
        self._held_off[event.device, event.conversation] = None

    @sees(NotificationAttempted)
    def on_attempted(self, event: NotificationAttempted, index: int) -> None:
        key = (event.device, event.conversation)
        if key in self._held_off:
            del self._held_off[key]
            self._told[key] = index

    @sees(DeliveryFailed, HintEnded, NotificationRejected)
    def on_given_up(self, event: DeliveryFailed | HintEnded | NotificationRejected, index: int) -> None:
        self._overdue(event.t, index)
        if not isinstance(event, HintEnded) or event.how != "taken":
            self._told[event.device, event.conversation] = index

    @sees(DeadLettered)
    def on_dead_letter(self, event: DeadLettered, index: int) -> None:
        self._overdue(event.t, index)
        self._dead[event.conversation] = index

    @sees(ReadMarkMoved)
    def on_mark(self, event: ReadMarkMoved, index: int) -> None:
        self._overdue(event.t, index)
        whose = (self.ledger.user_of.get(event.device, ""), event.conversation)
        if event.to > self._read.get(whose, 0):
            self._read[whose] = event.to

    # --- who is away ---------------------------------------------------------------------------------------------------

    @sees(Disconnected, Slept, LoggedOut)
    def on_gone(self, event: Disconnected | Slept | LoggedOut, index: int) -> None:
        self._gone[event.device] = index

    @sees(Crashed)
    def on_crashed(self, event: Crashed, index: int) -> None:
        self._gone[event.node] = index
        if self._ways.wakes(event.node):
            self._pending.clear()

    def due(self, row: Row, index: int) -> None:
        since = self._ways.wakes_since()
        if since is None or since > row.t or self._dead.get(row.log.name, -1) > row.by:
            return
        connected = self.calm.connected
        for held in row.log.devices:
            device = held.device
            if device in connected or self._gone.get(device, -1) > row.by or not self.owes(held, row):
                continue
            user, name = held.access.user, row.log.name
            if user == row.sender or self._read.get((user, name), 0) >= row.seq:
                continue
            self.tested += 1
            key = (device, name)
            if key in self._pending or key in self._held_off or self._told.get(key, -1) > row.by:
                continue
            self.violated(
                f"{device} is away, and {self.within / 1e6:g} s after {name} {row.seq} ({row.message}) was committed no "
                f"notification of it is on its way, though nothing disturbs what wakes {user}",
                row.by,
                index,
            )
