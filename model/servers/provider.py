"""The push provider (C10): APNs and FCM as one. The handsets' side of it is the platform (`model/platform.py`).

Promise kept here: none. It takes hints for a token, and delivers one late, once for many, or never; it answers that a token
is invalid, that the user has disabled notifications, or that too much is being sent. What is pending is volatile.

    1. a token rotates while a hint for the old one is pending: the hint is lost
    2. another user logs in on the handset while a hint is pending: it arrives there, and the app has to know better

While a fault of the plan says so (F7), hints are dropped or delayed, senders are throttled, or a user has disabled
notifications: these are faults and not decisions.

Requirements: C10, P8, F7.
"""

from __future__ import annotations

from typing import ClassVar

from model.component import Component
from model.decisions import decision, setting
from model.events import NotificationDelayed, NotificationDelivered, NotificationDropped, NotificationSent
from model.platform import PAYLOAD_LIMITS, Platform
from model.wire.base import Wire
from model.wire.delivery import Notification, PushAnswer
from sim.distributions import Exponential
from sim.draws import key
from sim.network import Call
from sim.state import Marks

_DELAY = key("provider delay")


class PushProvider(Component):
    """Takes a notification, and delivers it late, once per (token, conversation), or never."""

    kind: ClassVar[str] = "provider"
    receives: ClassVar[dict[type, str]] = {Notification: "on_notification"}
    served: ClassVar[dict[type[Wire], str]] = {Notification: "service_time"}
    marks = Marks(
        durable="platform dropping delaying throttling disabled",
        volatile="_pending",
        aside="_allowance _sample_delay",
    )

    platform: Platform
    """The handsets that it serves; set by the deployment."""

    delay = setting(
        Exponential(mean=19_600_000),
        unit="distribution, µs",
        why="From taking a notification to its delivery.",
        source="Yilmaz et al., Globecom 2014: over 40 % within 10 s, here exactly 40 % of an exponential",
    )
    service_time = setting(20_000, unit="µs", why="For how long a hint keeps one of the provider's servers busy.")
    concurrency = setting(1_000, unit="hints", why="How many hints the provider works on at once.")
    burst = setting(
        20,
        unit="notifications",
        why="How many hints to one token are taken at once.",
        source="Firebase documentation: collapsible messages, a burst of 20",
    )
    refill = setting(
        180_000_000,
        unit="µs",
        why="After so long a token may get one hint more.",
        source="Firebase documentation: collapsible messages, one more every 3 minutes",
    )
    collapse_keys = setting(
        4,
        unit="conversations",
        why="For so many conversations a hint may be pending for one token; one more, and the oldest is lost.",
        source="FCM: 4 collapse keys (its limit of 100 pending is for what does not collapse)",
    )

    def install(self) -> None:
        self.dropping: list[tuple[frozenset[str], int]] = []
        """Faults that are on: (devices, threshold): a notification whose draw is below the threshold is lost."""
        self.delaying: list[tuple[frozenset[str], int]] = []
        """Faults that are on: (devices, how much later, in µs)."""
        self.throttling: list[tuple[frozenset[str], int]] = []
        """Faults that are on: (devices, after how many µs to try again)."""
        self.disabled: list[frozenset[str]] = []
        """Faults that are on: devices whose user has disabled notifications."""
        self._sample_delay = self.delay.sampler()

    def boot(self) -> None:
        self._pending: dict[str, dict[str, Notification]] = {}
        """By token, and by what `collapse_key` says."""
        self._allowance: dict[str, tuple[int, int]] = {}

    # --- decisions ---------------------------------------------------------------------------------------------------

    @decision
    def collapse_key(self, notification: Notification) -> str:
        """Which pending hint to a token a new one replaces (P8): the one of the same conversation.

        Variant::

            def collapse_key(self, notification):
                return f"{notification.conversation} {self.now}"
        """
        return notification.conversation

    # --- hints -------------------------------------------------------------------------------------------------------

    def on_notification(self, notification: Notification, call: Call) -> None:
        device = self.platform.holder.get(notification.token)
        if device is None:
            self.reply(call, PushAnswer("invalid"))
            return
        if notification.bytes > PAYLOAD_LIMITS[notification.platform]:
            self.reply(call, PushAnswer("too large"))
            return
        if any(device in devices for devices in self.disabled):
            self.reply(call, PushAnswer("disabled"))
            return
        wait = max([0, *(wait for devices, wait in self.throttling if device in devices)]) or self._wait(notification)
        if wait:
            self.reply(call, PushAnswer("throttled", wait))
            return
        self.reply(call, PushAnswer("taken"))
        self._take(notification, device)

    def _wait(self, notification: Notification) -> int:
        """Takes one of the token's allowance; returns 0, or how many µs to wait until there is one again."""
        level, at = self._allowance.get(notification.token, (self.burst * self.refill, self.now))
        level = min(self.burst * self.refill, level + self.now - at)
        wait = max(0, self.refill - level)
        self._allowance[notification.token] = (level if wait else level - self.refill, self.now)
        return wait

    def _take(self, notification: Notification, device: str) -> None:
        conversation, token = notification.conversation, notification.token
        draw = self.draws.u64(_DELAY, notification.key(), self.network.count(notification.key() ^ _DELAY))
        for devices, threshold in self.dropping:
            if device in devices and draw * 0x9E3779B97F4A7C15 % 2**64 < threshold:
                self.emit(NotificationDropped, notification.device, conversation, token)
                return
        key = self.collapse_key(notification)
        pending = self._pending.setdefault(token, {})
        collapsed = key in pending
        pending[key] = notification
        self.emit(NotificationSent, notification.device, conversation, collapsed, token)
        if collapsed:
            return
        if len(pending) > self.collapse_keys:
            lost = pending.pop(next(iter(pending)))
            self.emit(NotificationDropped, lost.device, lost.conversation, token)
        later = sum(by for devices, by in self.delaying if device in devices)
        if later:
            self.emit(NotificationDelayed, notification.device, conversation, later)
        self.after(self._sample_delay(draw) + later, self._deliver, (token, key))

    def _deliver(self, due: tuple[str, str]) -> None:
        token, key = due
        pending = self._pending.get(token, {})
        notification = pending.pop(key, None)
        if not pending:
            self._pending.pop(token, None)
        if notification is None:
            return  # discarded, for there were too many
        handset = self.platform.reached_by(notification.token)
        if handset is None or self.network.link(self, handset.name).blocked:
            self.emit(NotificationDropped, notification.device, notification.conversation, notification.token)
        else:
            self.emit(NotificationDelivered, notification.device, notification.conversation, notification.token)
            handset.notified(notification)
