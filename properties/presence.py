"""Presence and typing: soft state that comes to the truth, and doesn't stay without it.

    1. the gateway that would say 'gone' is dead: the user stays online for ever
    2. 'is typing' is shown, and whoever typed has gone
    3. a phone changes its network, and everybody is told that its user went and came (matrix-org/synapse#15879)

Requirements: P14, G3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar

from model.events import (
    Connected,
    ConversationOpened,
    DeviceRegistered,
    Disconnected,
    PresenceChanged,
    PresenceShown,
    Slept,
    TypingCleared,
    TypingShown,
    Wiped,
)
from properties.base import Debt, Liveness, Property, Violation, sees
from properties.ledger import Ledger
from sim.history import Crashed, Ended, Healed


class PresenceDoesNotFlap(Property):
    """Nobody is taken for offline who was taken for online only just before: a connection that flaps changes nothing.

    Proof of a violation: a PresenceChanged to offline less than `steady` after the one to online of the same user at the
    same node, without a crash of the node in between, which forgets who was online.
    """

    name: ClassVar[str] = "presence-does-not-flap"
    family: ClassVar[str] = "presence"
    anomalies: ClassVar[tuple[str, ...]] = ("presence storm",)

    steady: ClassVar[int] = 20_000_000
    """µs. Less than the 30 s for which a lost connection may stay lost, by what a drifting clock may gain."""

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._since: dict[str, dict[str, tuple[int, int]]] = {}
        """By node and user: when the user became online, and the index of that event."""

    @sees(PresenceChanged)
    def on_changed(self, event: PresenceChanged, index: int) -> None:
        users = self._since.setdefault(event.node, {})
        if event.online:
            users[event.user] = (event.t, index)
            return
        self.tested += 1
        since, came = users.pop(event.user, (event.t - self.steady, -1))
        if event.t - since < self.steady:
            length = (event.t - since) / 1e6
            self.violated(f"{event.user} was online for {length:g} s only", came, index)

    @sees(Crashed)
    def on_crash(self, event: Crashed, _: int) -> None:
        self._since.pop(event.node, None)


class PresenceConverges(Liveness):
    """After healing, every device shows everybody it watches as online exactly if a device of theirs is connected.

    It watches the members of the conversations that it was in at the start, unless one says that it has no presence.
    Owed by each device for each person whose last PresenceShown in this life of its app (none: offline) is not so: what
    was on the screen of an app that ended is on no screen any more, and the next one begins with nobody. In another system's
    history a device that is not connected owes nothing, and who logs off at last may be shown until the end.
    """

    name: ClassVar[str] = "presence-converges"
    family: ClassVar[str] = "presence"
    anomalies: ClassVar[tuple[str, ...]] = ("stale presence",)
    numbers = False

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._watchers: dict[str, dict[str, None]] = {}
        self._user_of: dict[str, str] = {}
        self._connected: dict[str, dict[str, None]] = {}
        self._shown: dict[str, dict[str, bool]] = {}
        self._wrong: dict[tuple[str, str], int] = {}
        """By device and user: since when, in µs, it shows what is not so."""
        self._bound = 0
        self._ended = 0

    @sees(DeviceRegistered)
    def on_device(self, event: DeviceRegistered, index: int) -> None:
        self._user_of[event.device] = event.user

    @sees(Healed, Ended)
    def on_time(self, event: Healed | Ended, _: int) -> None:
        if isinstance(event, Healed):
            self._bound = event.bound
        else:
            self._ended = event.t

    @sees(ConversationOpened)
    def on_conversation(self, event: ConversationOpened, index: int) -> None:
        for user in event.members if event.presence else ():
            self._watchers.setdefault(user, {}).update(dict.fromkeys(other for other in event.members if other != user))

    def _compare(self, device: str, user: str, t: int) -> None:
        if self._shown.get(device, {}).get(user, False) == bool(self._connected.get(user)):
            self._wrong.pop((device, user), None)
        else:
            self._wrong.setdefault((device, user), t)

    def _changed(self, user: str, t: int) -> None:
        for watcher in self._watchers.get(user, ()):
            for device in self.ledger.devices_of.get(watcher, ()):
                self._compare(device, user, t)

    @sees(Connected)
    def on_connected(self, event: Connected, index: int) -> None:
        self.tested += 1
        user = self._user_of.get(event.device, "")
        self._connected.setdefault(user, {})[event.device] = None
        self._changed(user, event.t)

    @sees(Disconnected, Slept, Crashed)
    def on_lost(self, event: Disconnected | Slept | Crashed, index: int) -> None:
        device = event.node if isinstance(event, Crashed) else event.device
        user = self._user_of.get(device)
        if user is not None and self._connected.get(user, {}).pop(device, self) is None:
            self._changed(user, event.t)

    @sees(Slept, Crashed, Wiped)
    def on_app_over(self, event: Slept | Crashed | Wiped, index: int) -> None:
        device = event.node if isinstance(event, Crashed) else event.device
        for other in self._shown.pop(device, ()):
            self._compare(device, other, event.t)

    @sees(PresenceShown)
    def on_shown(self, event: PresenceShown, index: int) -> None:
        self._shown.setdefault(event.device, {})[event.user] = event.online
        self._compare(event.device, event.user, event.t)

    def owed(self) -> int:
        return sum(1 for _ in self.missing()) if self.ledger.exported else len(self._wrong)

    def missing(self) -> Iterator[Debt]:
        for device, user in self._wrong:
            if self.ledger.exported and (not self._is_there(device) or self._left_at_last(device, user)):
                continue
            shown = "online" if self._shown.get(device, {}).get(user) else "offline"
            yield Debt(f"{device} shows {user} as {shown}, who is not", (), device)

    def _left_at_last(self, device: str, user: str) -> bool:
        """Whether somebody who is shown as online left so late that the news of it may still be on its way."""
        shown = self._shown.get(device, {}).get(user, False)
        return shown and self._ended > 0 and self._wrong[device, user] > self._ended - self._bound

    def _is_there(self, device: str) -> bool:
        return device in self._connected.get(self._user_of.get(device, ""), {})


class TypingEnds(Liveness):
    """Whatever is shown as typing stops being shown.

    Owed from each TypingShown until the device's TypingCleared of the same person and conversation, or the end of its app.
    """

    name: ClassVar[str] = "typing-ends"
    family: ClassVar[str] = "presence"
    anomalies: ClassVar[tuple[str, ...]] = ("ghost typing",)
    numbers = False

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._open: dict[str, dict[tuple[str, str], int]] = {}
        self._count = 0

    @sees(TypingShown)
    def on_shown(self, event: TypingShown, index: int) -> None:
        self.tested += 1
        if self._open.setdefault(event.device, {}).setdefault((event.conversation, event.user), index) == index:
            self._count += 1

    @sees(TypingCleared)
    def on_cleared(self, event: TypingCleared, index: int) -> None:
        if self._open.get(event.device, {}).pop((event.conversation, event.user), None) is not None:
            self._count -= 1

    @sees(Slept, Crashed, Wiped)
    def on_ended(self, event: Slept | Crashed | Wiped, index: int) -> None:
        device = event.node if isinstance(event, Crashed) else event.device
        self._count -= len(self._open.pop(device, ()))

    def owed(self) -> int:
        return self._count

    def missing(self) -> Iterator[Debt]:
        for device, typists in self._open.items():
            for (conversation, user), index in typists.items():
                yield Debt(
                    f"{device} shows {user} as typing in {conversation}, for ever", (index,), device, conversation
                )
