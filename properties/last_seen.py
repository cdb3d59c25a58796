"""When a user was seen last is when a device of theirs was heard last: not when the service noticed, and not any time.

    1. an entry lapses a minute after the last heartbeat, and the time of that is kept
    2. a time is kept that was never set: everybody was seen last at the beginning of time
    3. an app writes, and is closed before its next heartbeat: it was seen when it wrote

Requirements: P14, C9.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import ClassVar, NamedTuple

from model.events import (
    Connected,
    DeviceRegistered,
    LastSeenShown,
    LastSeenStored,
    PresenceChanged,
    SendAccepted,
    Slept,
    SyncPageReceived,
    Wiped,
    Woke,
)
from properties.base import Violation, sees
from properties.calm import InCalm
from properties.ledger import Ledger
from sim.history import Crashed, Restarted


class Window(NamedTuple):
    """When a user who went offline must have been heard last: between two times (µs). `by`: the index of the PresenceChanged."""

    earliest: float
    latest: float
    by: int


class LastSeenIsTheLastActivity(InCalm):
    """What is kept and shown as the time at which a user was seen last is that of the user's last activity.

    Activity is what the server heard: a connect, a heartbeat, a send, a question. It is known from an app that got an answer,
    of which the presence service learns within seconds, and it is over when the last app is closed. Proof of a violation: a
    LastSeenStored or LastSeenShown of a time that is much before the last answer that a device of the user got, or after the
    last of them was closed, for every time that the user went offline. Where the presence service or its clock was disturbed
    in between, nothing is asked of that time.
    """

    name: ClassVar[str] = "last-seen-is-the-last-activity"
    family: ClassVar[str] = "presence"
    anomalies: ClassVar[tuple[str, ...]] = ("stale presence",)
    absence: ClassVar[bool] = False
    rests_on = (DeviceRegistered,)

    behind: ClassVar[int] = 15_000_000
    """µs: how far the presence service may be behind a device that sends and asks: 10 s, and what that takes."""
    after: ClassVar[int] = 5_000_000
    """µs: how long what an app sent may be on its way when the app is closed, if it is not held up."""
    memory: ClassVar[int] = 100_000_000
    """µs: for so long before a user goes offline the presence service must have been there: an entry lives for a minute."""

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._gateway: dict[str, str] = {}
        self._heard: dict[str, deque[int]] = {}
        """By device: when it got an answer (µs), from the last time on that is `after` ago."""
        self._closed: dict[str, int] = {}
        """By device whose app is closed: since when (µs)."""
        self._windows: dict[str, list[Window]] = {}

    @sees(Connected)
    def on_connected(self, event: Connected, index: int) -> None:
        self._gateway[event.device] = event.gateway
        self._hear(event.device, event.t)

    @sees(SendAccepted, SyncPageReceived)
    def on_answer(self, event: SendAccepted | SyncPageReceived, index: int) -> None:
        self._hear(event.device, event.t)

    def _hear(self, device: str, t: int) -> None:
        heard = self._heard.get(device)
        if heard is None:
            heard = self._heard[device] = deque()
        heard.append(t)
        self._forget(heard, t)

    def _forget(self, heard: deque[int], t: int) -> None:
        while len(heard) > 1 and heard[1] <= t - self.after:
            heard.popleft()

    @sees(Slept, Crashed)
    def on_closed(self, event: Slept | Crashed, index: int) -> None:
        device = event.device if isinstance(event, Slept) else event.node
        self.calm.still.pop(device, None)
        self._closed[device] = event.t

    @sees(Woke, Restarted, Wiped)
    def on_opened(self, event: Woke | Restarted | Wiped, index: int) -> None:
        self._closed.pop(event.device if isinstance(event, Wiped) else event.node, None)

    @sees(PresenceChanged)
    def on_changed(self, event: PresenceChanged, index: int) -> None:
        if not event.online:
            self._windows.setdefault(event.user, []).append(self._window(event, index))

    def _window(self, event: PresenceChanged, index: int) -> Window:
        first, last = float("-inf"), float("inf")
        presence, devices = event.node, self.ledger.devices_of.get(event.user, ())
        steady = self.calm.steady(presence)
        if steady is None or self.calm.still or (steady >= 0 and steady > event.t - self.memory):
            return Window(first, last, index)
        if all(device in self._closed for device in devices):
            late = self.calm.around(presence, *devices)
            last = max(late, self.calm.went_on, *(self._closed[device] for device in devices)) + self.after
        for device in devices:
            answers = self._heard.get(device, deque())
            self._forget(answers, event.t)
            heard = answers[0] if answers else event.t
            if heard <= event.t - self.after:  # what came later may still be on its way
                calm = self.calm.since(self._gateway[device], presence) if device in self._gateway else None
                if calm is not None and calm <= heard - self.behind:
                    first = max(first, heard - self.behind)
        return Window(first, min(last, event.t + self.after), index)

    @sees(LastSeenStored, LastSeenShown)
    def on_seen(self, event: LastSeenStored | LastSeenShown, index: int) -> None:
        windows = self._windows.get(event.user)
        if windows is None:
            return
        self.tested += 1
        if not any(window.earliest <= event.at <= window.latest for window in windows):
            says = "keeps" if isinstance(event, LastSeenStored) else "shows"
            seen, first, last, at = event.at / 1e6, windows[-1].earliest / 1e6, windows[-1].latest / 1e6, windows[-1].by
            when = f"between {first:g} s and {last:g} s" if first >= 0 else f"at {last:g} s at the latest"
            self.violated(
                f"{event.node} {says} that {event.user} was seen last at {seen:g} s: they were heard of {when}",
                at,
                index,
            )
