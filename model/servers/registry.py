"""The session registry (C8): which gateway a device is connected to. A cache: it may be lost or stale at any time.

Promise kept here: none. A wrong entry costs a push; the device learns of the message from its next digest or sync.

Requirements: C8, D4.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from model.component import Component
from model.decisions import decision, setting
from model.events import ActiveDeviceChanged, SessionRegistered, SessionRemoved
from model.wire.base import Wire
from model.wire.delivery import Lookup, Register, Session, Sessions, Unregister
from model.wire.store import CleanUp
from sim.network import Call
from sim.state import Marks


class SessionRegistry(Component):
    """Device → gateway and connection, and each user's active device. Rebuilt by connects and heartbeats after a loss."""

    kind: ClassVar[str] = "registry"
    receives: ClassVar[dict[type, str]] = {
        Register: "on_register",
        Unregister: "on_unregister",
        Lookup: "on_lookup",
        CleanUp: "on_clean_up",
    }
    served: ClassVar[dict[type[Wire], str]] = dict.fromkeys((Register, Unregister, Lookup), "service_time")
    marks = Marks(volatile="sessions active heard")

    service_time = setting(
        10,
        unit="µs",
        why="For how long a registration or a lookup keeps the registry busy.",
        source="Redis: one thread, about 100,000 requests a second without pipelining (redis-benchmark)",
    )
    session_life = setting(
        120_000_000,
        unit="µs",
        why="A device that was not registered again for so long, by two heartbeats, is no user's active one.",
    )
    concurrency = setting(1, unit="requests", why="How many the registry works on at once.", source="Redis: one thread")

    def boot(self) -> None:
        self.sessions: dict[str, Session] = {}
        self.active: dict[str, str] = {}
        """By user: the device that counts as the active one."""
        self.heard: dict[str, int] = {}
        """By device: when it was registered last, in µs of this node's uptime."""

    def forget(self) -> None:
        """Loses everything, and goes on: a fault."""
        self.sessions.clear()
        self.active.clear()
        self.heard.clear()

    @decision
    def replaces(self, known: Session | None, new: Register) -> bool:
        """Whether a registration replaces what is known: if its connection is not an older one.

        Registrations travel as datagrams and can arrive late; the device counts its connections, so that the newest
        one can be told. No promise rests on it: an old entry costs pushes into a connection that is gone, and then time,
        until a digest or the next heartbeat, which registers again.

        Variant::

            def replaces(self, known, new):
                return True
        """
        return known is None or new.epoch >= known.epoch

    @decision
    def active_device(self, active: str, there: Sequence[Session]) -> str:
        """Which device of a user is the active one (D4, P14), when it was `active` and these are there; '' for none.

        The one that connected last, by what gateways say: whoever changes from the phone to the laptop opens the laptop's app.
        Asked at every registration and every loss, so that a device that is there no longer is found out by the next
        heartbeat of another one.

        Variant::

            def active_device(self, active, there):
                return min((session.device for session in there), default="")
        """
        return max(there, key=lambda session: session.connected_at).device if there else ""

    def _reconcile(self, user: str) -> None:
        """Asks anew which of a user's devices is the active one, given those that were heard lately."""
        sessions = [
            self.sessions[device] for device in self.directory.devices_of.get(user, ()) if device in self.sessions
        ]
        there = [session for session in sessions if self.uptime - self.heard[session.device] <= self.session_life]
        before = self.active.get(user, "")
        device = self.active_device(before, there)
        if device != before:
            self.active[user] = device
            self.emit(ActiveDeviceChanged, user, device)

    def on_register(self, new: Register, source: None) -> None:
        known = self.sessions.get(new.device)
        if self.replaces(known, new):
            session = Session(new.device, new.gateway, new.epoch, new.user, new.connected_at)
            if session != known:
                self.sessions[new.device] = session
                self.emit(SessionRegistered, new.device, new.gateway, new.epoch, new.user, new.connected_at)
            self.heard[new.device] = self.uptime
            self._reconcile(new.user)

    def on_unregister(self, gone: Unregister, source: None) -> None:
        known = self.sessions.get(gone.device)
        if known is not None and known.epoch == gone.epoch:
            del self.sessions[gone.device]
            self.emit(SessionRemoved, gone.device, gone.gateway, gone.epoch)
            self._reconcile(known.user)

    def on_clean_up(self, clean_up: CleanUp, source: None) -> None:
        """A session of before the device fell silent is a leftover; if it is none, the next heartbeat brings it back."""
        known = self.sessions.get(clean_up.device)
        if known is not None and self.now - known.connected_at > clean_up.ago:
            self.on_unregister(Unregister(known.device, known.gateway, known.epoch), source)

    def on_lookup(self, lookup: Lookup, call: Call) -> None:
        found = (self.sessions.get(device) for device in lookup.devices)
        self.reply(call, Sessions(tuple(session for session in found if session is not None)))
