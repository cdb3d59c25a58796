"""A user's active device is one that is there.

    1. the laptop is closed, and counts as the active device ever after
    2. its gateway dies with its connection: nobody tells the registry, and the phone's next heartbeat has to do
    3. the registry was restarted, or wiped, which nobody sees: what it said before means nothing any more

Requirements: P14, C8, D4.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar

from model.events import (
    ActiveDeviceChanged,
    Connected,
    DeviceRegistered,
    Disconnected,
    SessionRegistered,
    SessionRemoved,
    Slept,
)
from properties.base import Debt, Liveness, Violation, sees
from properties.calm import AT_ONCE
from properties.ledger import Ledger
from sim.history import Crashed, Ended, FaultStarted


class ActiveDeviceIsThere(Liveness):
    """The active device of a user is one of the user's that has a session; after healing, one that is connected.

    Proof of a violation: an ActiveDeviceChanged to a device that is another's, or of which the registry has no session; or a
    SessionRemoved of the active device that is followed by something else than another choice. Owed for each user who has a
    connected device, while the registry's choice is none of those. What a registry knew that has died or may have been wiped
    since is not known.
    """

    name: ClassVar[str] = "active-device-is-there"
    family: ClassVar[str] = "presence"
    anomalies: ClassVar[tuple[str, ...]] = ("stale presence",)
    rests_on = (DeviceRegistered,)

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._active: dict[str, tuple[str, int]] = {}
        """By user: the active device, and by which event."""
        self._sessions: dict[str, int] = {}
        """By device that the registry knows: by which event."""
        self._removed: tuple[str, str, int] | None = None
        """The user whose active device has just been removed, that device, and by which event."""
        self._connected: dict[str, dict[str, None]] = {}
        self._wrong: dict[str, None] = {}
        self._registry = ""
        """The node that keeps the sessions."""

    # --- what the registry says ------------------------------------------------------------------------------------------

    @sees(SessionRegistered)
    def on_registered(self, event: SessionRegistered, index: int) -> None:
        self._choose(index)
        self._registry = event.node
        self._sessions[event.device] = index

    @sees(SessionRemoved)
    def on_removed(self, event: SessionRemoved, index: int) -> None:
        self._choose(index)
        self._sessions.pop(event.device, None)
        user = self.ledger.user_of.get(event.device, "")
        if self._active.get(user, ("", 0))[0] == event.device:
            self._removed = (user, event.device, index)

    @sees(ActiveDeviceChanged)
    def on_changed(self, event: ActiveDeviceChanged, index: int) -> None:
        self.tested += 1
        if self._removed is not None and self._removed[0] == event.user:
            self._removed = None
        self._choose(index)
        self._active[event.user] = (event.device, index)
        if event.device and self.ledger.user_of.get(event.device) != event.user:
            self.violated(f"{event.device} is no device of {event.user}, whose active one it is said to be", index)
        elif event.device and event.device not in self._sessions:
            self.violated(f"{event.device} is {event.user}'s active device without a session", index)
        self._compare(event.user)

    @sees(Ended)
    def on_ended(self, event: Ended, index: int) -> None:
        self._choose(index)

    def _choose(self, index: int) -> None:
        """Something else happens: whoever lost the active device must have another choice by now."""
        if self._removed is not None:
            user, device, removed = self._removed
            self._removed = None
            self.violated(f"{device} has no session, and is {user}'s active device", removed, index)

    def _forget(self) -> None:
        self._active.clear()
        self._wrong.clear()
        self._removed = None

    @sees(FaultStarted)
    def on_fault(self, event: FaultStarted, index: int) -> None:
        if event.kind in AT_ONCE and self._registry in ("", *(event.nodes or (self._registry,))):
            self._forget()  # of the sessions, those may be left that there were: in an older record it may be another cache

    # --- who is there ------------------------------------------------------------------------------------------------------

    @sees(Connected)
    def on_connected(self, event: Connected, index: int) -> None:
        user = self.ledger.user_of.get(event.device, "")
        self._connected.setdefault(user, {})[event.device] = None
        self._compare(user)

    @sees(Disconnected, Slept, Crashed)
    def on_lost(self, event: Disconnected | Slept | Crashed, index: int) -> None:
        device = event.node if isinstance(event, Crashed) else event.device
        user = self.ledger.user_of.get(device)
        if user is not None:
            self._connected.get(user, {}).pop(device, None)
            self._compare(user)
        elif self._registry == device:
            self._sessions.clear()
            self._forget()

    def _compare(self, user: str) -> None:
        connected = self._connected.get(user)
        if connected and user in self._active and self._active[user][0] not in connected:
            self._wrong[user] = None
        else:
            self._wrong.pop(user, None)

    def owed(self) -> int:
        return len(self._wrong)

    def missing(self) -> Iterator[Debt]:
        for user in self._wrong:
            device, index = self._active[user]
            says = f"{device} is {user}'s active device" if device else f"{user} has no active device"
            connected = next(iter(self._connected[user]))
            yield Debt(f"{says}, and {connected} is connected", (index,), connected)
