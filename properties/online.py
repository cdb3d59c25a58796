"""Who is there counts as online, and who has gone is shown as offline: within a bound, and while nothing disturbs.

    1. a phone changes its gateway; the old one notices late that the old connection is dead, and says so
    2. the heartbeats go by a gateway that stands still: that its users lapse is no mistake
    3. an app is closed without a goodbye, and others see its user online until they happen to ask again
    4. its last heartbeat is held up on the way, and arrives when the app has long been closed: it counts from then on

Requirements: P14, G3.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, NamedTuple

from model.events import (
    Connected,
    ConversationOpened,
    DeviceRegistered,
    Disconnected,
    PresenceChanged,
    PresenceShown,
    Slept,
    Wiped,
    Woke,
)
from properties.base import Violation, sees
from properties.calm import InCalm
from properties.ledger import Ledger
from properties.reaching import Reaching
from sim.history import Crashed, Restarted


class ConnectedIsOnline(InCalm):
    """Nobody is taken for offline who is connected, and whose heartbeats have come through.

    Proof of a violation: a PresenceChanged to offline while a device of that user has been connected for longer than an entry
    lives, and the device, its gateway, the presence service and the ways between them were undisturbed for as long.
    """

    name: ClassVar[str] = "connected-is-online"
    family: ClassVar[str] = "presence"
    anomalies: ClassVar[tuple[str, ...]] = ("stale presence",)
    rests_on = (DeviceRegistered,)

    life: ClassVar[int] = 65_000_000
    """µs: for how long a device counts as online after a heartbeat, and what its message may take."""

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._connected: dict[str, tuple[Connected, int]] = {}

    @sees(Connected)
    def on_connected(self, event: Connected, index: int) -> None:
        self._connected[event.device] = (event, index)

    @sees(Disconnected, Slept)
    def on_lost(self, event: Disconnected | Slept, _: int) -> None:
        self._connected.pop(event.device, None)

    @sees(Crashed)
    def on_died(self, event: Crashed, _: int) -> None:
        self._connected.pop(event.node, None)

    @sees(PresenceChanged)
    def on_changed(self, event: PresenceChanged, index: int) -> None:
        self.tested += 1
        if event.online:
            return
        for device in self.ledger.devices_of.get(event.user, ()):
            if device not in self._connected:
                continue
            connected, at = self._connected[device]
            calm = self.calm.since(device, connected.gateway, event.node)
            if calm is not None and event.t - max(calm, connected.t) >= self.life:
                self.violated(
                    f"{event.user} counts as offline, and {device} has been connected all the while", at, index
                )


class Gone(NamedTuple):
    """All apps of a user are closed since `t` (µs), by the event at index `by`."""

    t: int
    by: int


class OfflineIsShown(Reaching):
    """Whoever has closed all their apps is shown as offline to those who watch, within the bound.

    The bound is that of an entry, which lives a little longer than one heartbeat, and of the frame that tells. Asked of a
    device that shows the user as online, is connected and known to the session registry, while it, its gateway, the
    registry, the presence service and the ways between them are undisturbed. Messages of the user's devices or of the
    presence service that are late, and nodes that stood still, put the bound off: a heartbeat may be among them. A company of
    so many that nobody is told live is not asked. Proof of a violation: the Slept or Crashed of the last of the user's apps,
    the PresenceShown, and that nothing follows in time.
    """

    name: ClassVar[str] = "offline-is-shown"
    family: ClassVar[str] = "presence"
    anomalies: ClassVar[tuple[str, ...]] = ("stale presence",)
    rests_on = (DeviceRegistered,)

    within: ClassVar[int] = 65_000_000
    """µs: an entry lives for 60 s after the last heartbeat, changes are gathered for 1 s, and the rest is latency."""
    asked: ClassVar[int] = 5_000_000
    """µs: what a device was told last was asked for at most so long before."""
    most: ClassVar[int] = 100
    """Above so many devices that watch a user nobody is told live."""

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._company: dict[str, dict[str, None]] = {}
        self._closed: dict[str, Gone] = {}
        """By device: since when its app is closed."""
        self._gone: dict[str, Gone] = {}
        self._shown: dict[str, dict[str, tuple[int, int]]] = {}
        """By device and user that it shows as online: since when (µs), and by which event."""
        self._due: dict[tuple[str, str], None] = {}
        """Which device shows whom as online who has gone."""
        self._online: dict[str, PresenceChanged] = {}

    # --- who is gone, and who shows it ---------------------------------------------------------------------------------

    @sees(ConversationOpened)
    def on_conversation(self, event: ConversationOpened, index: int) -> None:
        for user in event.members if event.presence else ():
            self._company.setdefault(user, {}).update(dict.fromkeys(other for other in event.members if other != user))

    @sees(Slept, Crashed)
    def on_closed(self, event: Slept | Crashed, index: int) -> None:
        device = event.device if isinstance(event, Slept) else event.node
        self.calm.still.pop(device, None)
        user = self.ledger.user_of.get(device)
        if user is None:
            return
        self.settle(event.t, index)
        for other in self._shown.pop(device, ()):
            self._due.pop((device, other), None)
        self._closed[device] = Gone(event.t, index)
        if all(each in self._closed for each in self.ledger.devices_of[user]):
            self._gone[user] = Gone(event.t, index)
            for watcher in self._watching(user):
                if user in self._shown.get(watcher, ()):
                    self._due[watcher, user] = None

    @sees(Woke, Restarted, Wiped)
    def on_opened(self, event: Woke | Restarted | Wiped, index: int) -> None:
        device = event.device if isinstance(event, Wiped) else event.node
        user = self.ledger.user_of.get(device)
        if user is not None:
            self.settle(event.t, index)
            self._closed.pop(device, None)
            if self._gone.pop(user, None) is not None:
                for watcher in self._watching(user):
                    self._due.pop((watcher, user), None)

    @sees(PresenceShown)
    def on_shown(self, event: PresenceShown, index: int) -> None:
        self.settle(event.t, index)
        shown = self._shown.setdefault(event.device, {})
        if event.online:
            shown[event.user] = (event.t, index)
            if event.user in self._gone:
                self._due[event.device, event.user] = None
        else:
            shown.pop(event.user, None)
            if (event.device, event.user) in self._due:
                del self._due[event.device, event.user]
                self.tested += 1

    def _watching(self, user: str) -> list[str]:
        return [device for other in self._company.get(user, ()) for device in self.ledger.devices_of.get(other, ())]

    @sees(PresenceChanged)
    def on_changed(self, event: PresenceChanged, index: int) -> None:
        if event.online:
            self._online[event.user] = event

    # --- what is overdue ---------------------------------------------------------------------------------------------------

    def settle(self, t: int, index: int) -> None:
        for device, user in list(self._due):
            shown_t, shown_index = self._shown[device][user]
            gone = self._gone[user]
            if self._due_by(device, user, max(gone.t, shown_t)) < t:
                del self._due[device, user]
                self.tested += 1
                self.violated(
                    f"{device} shows {user} as online {(t - gone.t) / 1e6:.0f} s after every app of theirs was closed",
                    gone.by,
                    shown_index,
                    index,
                )

    def _due_by(self, device: str, user: str, begins: int) -> float:
        """When (µs) the device has to show that the user has gone, which it could be told from `begins` on; never, if there
        was a disturbance."""
        never = float("inf")
        changed, way = self._online.get(user), self.way(device)
        if changed is None or way is None or self.calm.still:
            return never
        presence = changed.node
        knows, told = self.calm.steady(presence), self.calm.since(presence, way.registry, way.gateway, device)
        gone = self._gone[user].t
        if knows is None or told is None or knows > min(gone, changed.t) or way.t > begins:
            return never
        if told >= max(gone, begins - self.asked) or len(self._watching(user)) > self.most:
            return never
        late = self.calm.around(presence, *self.ledger.devices_of[user])
        return max(gone, late, self.calm.went_on) + self.within
