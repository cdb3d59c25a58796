"""Presence as people see it, in the middle of a run: who is there is not shown as gone for long, nor who has gone as there.

    1. a late goodbye of an old connection: somebody is shown as offline for most of a minute, again and again, and never left
    2. the last app of somebody is closed, and others see its user online for minutes
    3. a phone has not heard yet who is there, and shows nobody: that is the beginning, and no lie

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
    PresenceShown,
    Slept,
    Wiped,
)
from properties.base import Property, Violation, sees
from properties.ledger import Ledger
from sim.history import Crashed, Ended, FaultEnded, FaultStarted, Healed, Paused, Restarted, Resumed


class _Since(NamedTuple):
    """Since when something has been so (µs), and by which event; -1: since before the history begins."""

    t: int = -1
    event: int = -1


class PresenceIsShownInTime(Property):
    """A connected device shows nobody as offline who has been connected for a while, nor as online who has long gone.

    Asked where nothing disturbs: no fault is on, and nobody's connection was lost just before, by which the servers may know
    less than the devices. A record that names no fault had none. Asked of each device for the members of its conversations
    that have presence, unless so many devices watch a person that nobody is told at once. A device that has said nothing of a
    person yet is not asked: whether it will, `presence-converges` says. Proof of a violation: the PresenceShown, what connected
    or disconnected the person, and that nothing has changed when `soon` is over for a person who is there, or `lapsed` for one
    who has gone.
    """

    name: ClassVar[str] = "presence-is-shown-in-time"
    family: ClassVar[str] = "presence"
    anomalies: ClassVar[tuple[str, ...]] = ("stale presence",)
    absence: ClassVar[bool] = True
    numbers = False
    rests_on = (DeviceRegistered,)
    optional = (Paused, Resumed, FaultStarted, FaultEnded, Restarted, Ended)

    soon: ClassVar[int] = 30_000_000
    """µs: who comes is told live within seconds; the next digest, which comes after 45 s at the earliest, is to hide nothing."""
    lapsed: ClassVar[int] = 120_000_000
    """µs: an entry lives for 60 s after the last heartbeat; other systems allow twice that."""
    unnoticed: ClassVar[int] = 100_000_000
    """µs: so long a device may take a dead connection for a working one (Mattermost: pong wait 100 s)."""
    most: ClassVar[int] = 100
    """Above so many devices that watch a person nobody is told live."""

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._company: dict[str, dict[str, None]] = {}
        """By user: who shares a conversation with presence, that is no crowd."""
        self._crowds: dict[str, None] = {}
        """Users whom so many watch that nobody is told live."""
        self._connected: dict[str, _Since] = {}
        self._gone: dict[str, _Since] = {}
        """By user of whom a device was connected, and none is now: since the last one went."""
        self._shown: dict[str, dict[str, tuple[bool, _Since]]] = {}
        """By device and user."""
        self._wrong: dict[tuple[str, str], None] = {}
        """Which devices show whom otherwise than it is."""
        self._on: dict[int, None] = {}
        """The faults that are on."""
        self._disturbed = -self.unnoticed

    # --- what is so, and what is shown -----------------------------------------------------------------------------------

    @sees(ConversationOpened)
    def on_conversation(self, event: ConversationOpened, index: int) -> None:
        if not event.presence:
            return
        if len(event.members) > self.most:
            self._crowds.update(dict.fromkeys(event.members))
            return
        for user in event.members:
            self._company.setdefault(user, {}).update(dict.fromkeys(other for other in event.members if other != user))

    @sees(Connected)
    def on_connected(self, event: Connected, index: int) -> None:
        self._settle(event.t, index)
        self._connected[event.device] = _Since(event.t, index)
        user = self.ledger.user_of.get(event.device, "")
        self._gone.pop(user, None)
        self._changed(user)
        for other in self._company.get(user, ()):
            self._compare(event.device, other)

    @sees(Slept, Crashed, Wiped)
    def on_closed(self, event: Slept | Crashed | Wiped, index: int) -> None:
        device = event.node
        self._settle(event.t, index)
        for other in self._shown.pop(device, ()):
            self._wrong.pop((device, other), None)
        self._lost(device, event.t, index)
        if not isinstance(event, Slept):
            self._disturbed = event.t

    @sees(Disconnected)
    def on_disconnected(self, event: Disconnected, index: int) -> None:
        self._settle(event.t, index)
        self._lost(event.device, event.t, index)
        self._disturbed = event.t

    def _lost(self, device: str, t: int, index: int) -> None:
        if self._connected.pop(device, None) is None:
            return
        user = self.ledger.user_of.get(device, "")
        for other in self._company.get(user, ()):
            self._wrong.pop((device, other), None)
        if not self._there(user):
            self._gone[user] = _Since(t, index)
        self._changed(user)

    @sees(PresenceShown)
    def on_shown(self, event: PresenceShown, index: int) -> None:
        self._settle(event.t, index)
        self.tested += 1
        self._shown.setdefault(event.device, {})[event.user] = (event.online, _Since(event.t, index))
        self._compare(event.device, event.user)

    @sees(FaultStarted)
    def on_fault(self, event: FaultStarted, index: int) -> None:
        self._settle(event.t, index)
        self._on[event.fault] = None
        self._disturbed = event.t

    @sees(FaultEnded, Paused, Resumed, Restarted)
    def on_disturbance(self, event: FaultEnded | Paused | Resumed | Restarted, index: int) -> None:
        self._settle(event.t, index)
        if isinstance(event, FaultEnded):
            self._on.pop(event.fault, None)
        self._disturbed = event.t

    @sees(Healed)
    def on_healed(self, event: Healed, index: int) -> None:
        self._settle(event.t, index)
        if self._on:
            self._on.clear()
            self._disturbed = event.t

    @sees(Ended)
    def on_ended(self, event: Ended, index: int) -> None:
        self._settle(event.t, index)

    def _there(self, user: str) -> _Since | None:
        """Since when the person has been connected by the device that has been so for longest; None: by none."""
        return min(
            (self._connected[d] for d in self.ledger.devices_of.get(user, ()) if d in self._connected), default=None
        )

    def _changed(self, user: str) -> None:
        for other in self._company.get(user, ()):
            for device in self.ledger.devices_of.get(other, ()):
                self._compare(device, user)

    def _compare(self, device: str, user: str) -> None:
        """Notes whether the device shows the person otherwise than it is."""
        mine = self.ledger.user_of.get(device, "")
        said = self._shown.get(device, {}).get(user)
        if (
            said is not None
            and device in self._connected
            and user in self._company.get(mine, ())
            and said[0] != (self._there(user) is not None)
        ):
            self._wrong[device, user] = None
        else:
            self._wrong.pop((device, user), None)

    # --- what is overdue -------------------------------------------------------------------------------------------------

    def _settle(self, t: int, index: int) -> None:
        """Judges what is overdue at `t` (µs), before anything else is known of that time."""
        if self._on:
            return
        for device, user in list(self._wrong):
            online, shown = self._shown[device][user]
            there = self._there(user)
            since = there or self._gone.get(user, _Since())
            begins = max(
                since.t, shown.t, self._connected[device].t, self._disturbed + (0 if online else self.unnoticed)
            )
            if t - begins <= (self.lapsed if online else self.soon) + 2 * self.ledger.skew or self._crowd(user):
                continue
            del self._wrong[device, user]
            how = "online, who has long gone" if online else "offline, who is connected"
            self.violated(f"{device} shows {user} as {how}", since.event, shown.event, index)

    def _crowd(self, user: str) -> bool:
        watching = sum(len(self.ledger.devices_of.get(other, ())) for other in self._company.get(user, ()))
        return user in self._crowds or watching > self.most
