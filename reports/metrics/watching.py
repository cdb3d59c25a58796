"""How long presence was shown wrongly: of the time that connected devices watched somebody, how much of it was not so.

A device watches the members of its user's conversations, as they were at the start, unless a conversation is too large for
presence. It shows somebody as online who is not connected by any device, or as offline who is: from each device's own point
of view, so that a connection that is dead and not yet noticed counts as one. While a device is not connected, nobody expects
it to be right, and its time does not count; nor does that of a probe, in which apps are closed on purpose.

Requirements: R1, P14.
"""

from __future__ import annotations

from model.events import Connected, ConversationOpened, DeviceRegistered, Disconnected, PresenceShown, Slept
from reports.metrics.phases import Phases
from sim.history import Crashed


class Watching:
    """Adds up the time of each watching device and each person that it watches, and how much of that was wrong (µs)."""

    def __init__(self, phases: Phases) -> None:
        """`phases`: what tells how a stretch of time is called in which no fault began or ended; see `cut`."""
        self.watched: dict[str, int] = {}
        """By phase."""
        self.wrong: dict[str, int] = {}
        self._phases = phases
        self._over = False
        self._user_of: dict[str, str] = {}
        self._devices_of: dict[str, list[str]] = {}
        self._company: dict[str, dict[str, None]] = {}
        self._connected: dict[str, dict[str, None]] = {}
        """By user: the devices that are connected."""
        self._since: dict[str, int] = {}
        """By connected device: up to when its time is added up (µs)."""
        self._shown: dict[str, dict[str, None]] = {}
        """By device: whom it shows as online."""
        self._wrong: dict[str, dict[str, None]] = {}
        """By device: whom it shows wrongly."""

    def on_device(self, event: DeviceRegistered) -> None:
        """A device watches, and is watched."""
        self._user_of[event.device] = event.user
        self._devices_of.setdefault(event.user, []).append(event.device)
        for other in self._company.get(event.user, ()):
            self._compare(event.device, other)

    def on_conversation(self, event: ConversationOpened) -> None:
        """Its members watch each other."""
        if event.presence:
            for user in event.members:
                company = self._company.setdefault(user, {})
                company.update((other, None) for other in event.members if other != user)

    def on_connected(self, event: Connected) -> None:
        """A device has a connection: its user is there."""
        user = self._user_of.get(event.device)
        if user is None:
            return
        self._add_up(event.device, event.t)
        self._since[event.device] = event.t
        connected = self._connected.setdefault(user, {})
        connected[event.device] = None
        if len(connected) == 1:
            self._turned(user, event.t)

    def on_away(self, event: Disconnected | Slept | Crashed) -> None:
        """A device has none any more; an app that is over shows nobody."""
        device = event.node if isinstance(event, Crashed) else event.device
        user = self._user_of.get(device)
        if user is None:
            return
        self._add_up(device, event.t)
        self._since.pop(device, None)
        connected = self._connected.get(user, {})
        if device in connected:
            del connected[device]
            if not connected:
                self._turned(user, event.t)
        if not isinstance(event, Disconnected):
            for other in self._shown.pop(device, ()):
                self._compare(device, other)

    def on_shown(self, event: PresenceShown) -> None:
        """A device shows somebody as online, or no longer."""
        self._add_up(event.device, event.t)
        shown = self._shown.setdefault(event.device, {})
        if event.online:
            shown[event.user] = None
        else:
            shown.pop(event.user, None)
        self._compare(event.device, event.user)

    def cut(self, t: int) -> None:
        """A fault begins or ends at `t` (µs), or the history does: what was until then is added up."""
        for device in self._since:
            self._add_up(device, t)

    def probed(self, t: int) -> None:
        """A probe begins at `t` (µs): apps are closed on purpose, and others may show their users as online for a while."""
        self.cut(t)
        self._over = True

    def _turned(self, user: str, t: int) -> None:
        for other in self._company.get(user, ()):
            for device in self._devices_of.get(other, ()):
                self._add_up(device, t)
                self._compare(device, user)

    def _compare(self, device: str, user: str) -> None:
        wrong = self._wrong.setdefault(device, {})
        if (user in self._shown.get(device, ())) == bool(self._connected.get(user)):
            wrong.pop(user, None)
        else:
            wrong[user] = None

    def _add_up(self, device: str, t: int) -> None:
        since = self._since.get(device)
        if since is not None and not self._over:
            self._since[device] = t
            company, wrong = len(self._company.get(self._user_of[device], ())), len(self._wrong.get(device, ()))
            for phase, lasted in self._phases.stretches(since, t):
                self.watched[phase] = self.watched.get(phase, 0) + lasted * company
                self.wrong[phase] = self.wrong.get(phase, 0) + lasted * wrong
