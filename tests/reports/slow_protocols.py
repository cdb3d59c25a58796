"""Protocols that keep their promises about what arrives, and are slow or wasteful, each in one way: what targets are for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from model.wire.client import Digest, PushMessage, SendResult
from parley.variant import (
    DeliveryQueue,
    DeliveryWorker,
    Device,
    MessagingService,
    NotificationService,
    PresenceService,
    overrides_private,
    variant,
)
from sim.network import Connection

S = 1_000_000


class LatePushes(Device):
    """What is pushed lies about for a while before the app looks at it."""

    def on_push(self, push: PushMessage, connection: Connection) -> None:
        self.after(3 * S, self._late, (push, connection))

    def _late(self, what: tuple[PushMessage, Connection]) -> None:
        super().on_push(*what)


class DeafAfterAReconnect(Device):
    """What is pushed over a new connection is dropped until its second heartbeat, whose digest brings it."""

    def connected_now(self) -> None:
        super().connected_now()
        self._since = self.now

    def on_push(self, push: PushMessage, connection: Connection) -> None:
        if self.epoch == 1 or self.now - self._since > 60 * S:
            super().on_push(push, connection)


class SlowToCatchUp(Device):
    """The first digest of a connection that is not the first brings no messages: what was missed comes with the next one."""

    def connected_now(self) -> None:
        super().connected_now()
        self._first = self.epoch > 1

    def on_digest(self, digest: Digest, connection: Connection) -> None:
        first, self._first = self._first, False
        super().on_digest(msgspec.structs.replace(digest, heads=()) if first else digest, connection)


class LateAnswers(Device):
    """The app takes its time to see that a send is accepted."""

    def on_send_result(self, result: SendResult, connection: Connection) -> None:
        self.after(3 * S, self._late, (result, connection))

    def _late(self, what: tuple[SendResult, Connection]) -> None:
        super().on_send_result(*what)


class SlowToBelieve(Device):
    """Once a connection was lost or a send tried again, answers are looked at 25 s late for the next 100 s."""

    def boot(self) -> None:
        self._wary = self.now + 100 * S if self.epoch else 0
        super().boot()

    def disconnected_now(self) -> None:
        super().disconnected_now()
        self._wary = self.now + 100 * S

    def on_send_result(self, result: SendResult, connection: Connection) -> None:
        outbox = self.conversation(result.conversation).outbox
        if any(entry.attempts > 1 and self._is_answer(entry, result) for entry in outbox.values()):
            self._wary = self.now + 100 * S
        if self.now < self._wary and not result.retry_after:
            self.after(25 * S, self._late, (result, connection))
        else:
            super().on_send_result(result, connection)

    def _late(self, what: tuple[SendResult, Connection]) -> None:
        super().on_send_result(*what)


class Cautious(DeliveryWorker):
    """A worker that waited for an ack in vain holds back every push for the next minute, each for 40 s."""

    def boot(self) -> None:
        super().boot()
        self._wary = 0

    def _ack_timeout(self, delivery: Any) -> None:
        self._wary = self.now + 60 * S
        super()._ack_timeout(delivery)

    def push(self, *given: Any) -> Any:
        if self.now < self._wary:
            yield self.sleep(40 * S)
        yield from super().push(*given)


class SlowQueue(DeliveryQueue):
    """Tasks wait for two seconds, though workers ask for them."""

    @overrides_private
    def _match(self, *given: Any) -> None:
        self.after(2 * S, self._matched)

    def _matched(self, _: None) -> None:
        super()._match()


class QuietPresence(PresenceService):
    """Who comes and goes is told with digests only."""

    def told_live(self, user: str, watching: Sequence[str]) -> Sequence[str]:
        return ()


class Hammers(Device):
    """Who can't connect tries again at once."""

    def reconnect_delay(self, failures: int, draw: int) -> int:
        return 50_000


class Hesitant(Device):
    """A connection is taken at the third try only."""

    def on_welcome(self, welcome: Any, connection: Connection) -> None:
        if connection is self.connection and not self.connected and self._failures < 2:
            self._disconnect("closed")
        else:
            super().on_welcome(welcome, connection)

    def reconnect_delay(self, failures: int, draw: int) -> int:
        return 20_000 if failures < 2 else super().reconnect_delay(failures, draw)


class Impatient(Device):
    """A send that is not answered within the time of a round trip is sent again."""

    send_timeout = 100_000

    def resend_delay(self, attempt: int, draw: int) -> int:
        return 20_000


class SlowSends(MessagingService):
    """An instance begins with a send a second after it got it."""

    def on_send(self, send: Any, call: Any) -> None:
        self.after(1 * S, self._slow, (send, call))

    def _slow(self, what: tuple[Any, Any]) -> None:
        super().on_send(*what)


class LateNotifications(NotificationService):
    """The service looks at what it is asked to tell more than a minute late."""

    def on_notify(self, notify: Any, call: Any) -> None:
        self.after(72 * S, self._late, (notify, call))

    def _late(self, what: tuple[Any, Any]) -> None:
        super().on_notify(*what)


LATE_PUSHES = variant("late-pushes", device=LatePushes)
DEAF_AFTER_A_RECONNECT = variant("deaf-after-a-reconnect", device=DeafAfterAReconnect)
SLOW_TO_CATCH_UP = variant("slow-to-catch-up", device=SlowToCatchUp)
LATE_ANSWERS = variant("late-answers", device=LateAnswers)
SLOW_TO_BELIEVE = variant("slow-to-believe", device=SlowToBelieve)
CAUTIOUS = variant("cautious", worker=Cautious)
SLOW_QUEUE = variant("slow-queue", queue=SlowQueue)
QUIET_PRESENCE = variant("quiet-presence", presence=QuietPresence)
HAMMERS = variant("hammers", device=Hammers)
HESITANT = variant("hesitant", device=Hesitant)
IMPATIENT = variant("impatient", device=Impatient)
SLOW_SENDS = variant("slow-sends", service=SlowSends)
LATE_NOTIFICATIONS = variant("late-notifications", notification=LateNotifications)
