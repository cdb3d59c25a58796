"""Push notification (C10): the service that asks for a wake-up, and the provider that may or may not deliver it.

Promise kept here: none but politeness. A notification is a hint (P8): it carries conversation and sender, never the
body, moves no cursor, and nothing but latency changes when every one of them is lost.

Requirements: C10, P8.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from model.component import Component
from model.decisions import decision, setting
from model.events import NotificationDropped, NotificationSent
from model.wire import Done, Notification, Notify
from sim.distributions import Exponential
from sim.draws import key
from sim.network import Call
from sim.node import Unknown

if TYPE_CHECKING:
    from model.device import Device

_DELAY = key("provider delay")


class NotificationService(Component):
    """Takes devices over from the delivery workers and hands hints to the push provider. All volatile."""

    kind: ClassVar[str] = "notification"
    receives: ClassVar[dict[type, str]] = {Notify: "on_notify"}
    points: ClassVar[tuple[str, ...]] = ("taken",)

    provider_timeout = setting(2_000_000, unit="µs", why="After this the outcome of a call to the provider is unknown.")
    retry_first = setting(
        1_000_000, unit="µs", why="First pause before a retry; it doubles.", source="Synapse httppusher: 1 s doubling"
    )
    retry_limit = setting(
        3600_000_000, unit="µs", why="Longest pause before a retry.", source="Synapse httppusher: up to 1 h"
    )
    give_up_after = setting(
        86_400_000_000, unit="µs", why="A hint older than this is dropped.", source="Synapse httppusher: 24 h"
    )

    @decision
    def retry_delay(self, attempt: int) -> int:
        """How long to wait, in µs, before the provider is tried for the `attempt`-th time again (from 1).

        Variant::

            def retry_delay(self, attempt):
                return 1_000_000
        """
        return int(min(self.retry_limit, self.retry_first << min(attempt - 1, 20)))

    def on_notify(self, notify: Notify, call: Call) -> None:
        self.point("taken", self._taken, (notify, call))

    def _taken(self, work: tuple[Notify, Call]) -> None:
        notify, call = work
        self.count("notification", len(notify.devices), 0)
        for device in notify.devices:
            self._send((Notification(device, notify.conversation, notify.sender), self.now, 0))
        self.reply(call, Done())

    def _send(self, hint: tuple[Notification, int, int]) -> None:
        self.ask(self.directory.provider, hint[0], self.provider_timeout, self._sent, hint)

    def _sent(self, answer: Done | Unknown, hint: tuple[Notification, int, int]) -> None:
        notification, since, attempt = hint
        if isinstance(answer, Unknown) and self.now - since < self.give_up_after:
            self.after(self.retry_delay(attempt + 1), self._send, (notification, since, attempt + 1))


class PushProvider(Component):
    """APNs and FCM as one: takes a notification, and delivers it late, once per (device, conversation), or never.

    While `drops` says so, notifications are lost silently: that is a fault of the plan (F7), not a decision.
    """

    kind: ClassVar[str] = "provider"
    receives: ClassVar[dict[type, str]] = {Notification: "on_notification"}

    delay = setting(
        Exponential(mean=19_600_000),
        unit="distribution, µs",
        why="From taking a notification to its delivery.",
        source="Yilmaz et al., Globecom 2014: over 40 % within 10 s, here exactly 40 % of an exponential",
    )

    def install(self) -> None:
        self.dropping: list[tuple[frozenset[str], int]] = []
        """Faults that are on: (devices, threshold): a notification whose draw is below the threshold is lost."""
        self._sample_delay = self.delay.sampler()

    def boot(self) -> None:
        self._pending: dict[tuple[str, str], Notification] = {}

    def on_notification(self, notification: Notification, call: Call) -> None:
        self.reply(call, Done())
        draw = self.draws.u64(_DELAY, notification.key(), self.network.count(notification.key() ^ _DELAY))
        for devices, threshold in self.dropping:
            if notification.device in devices and draw * 0x9E3779B97F4A7C15 % 2**64 < threshold:
                self.emit(NotificationDropped, notification.device, notification.conversation)
                return
        pending = (notification.device, notification.conversation)
        collapsed = pending in self._pending
        self._pending[pending] = notification
        self.emit(NotificationSent, notification.device, notification.conversation, collapsed)
        if not collapsed:
            self.after(self._sample_delay(draw), self._deliver, pending)

    def _deliver(self, pending: tuple[str, str]) -> None:
        notification = self._pending.pop(pending)
        device = cast("Device", self.network.nodes[notification.device])
        link = self.network.link(self, device.name)
        if link.blocked:
            self.emit(NotificationDropped, notification.device, notification.conversation)
        else:
            device.notified(notification)
