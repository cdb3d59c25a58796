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
EARLY = 30 * S
"""In `levels` most of what is sent before is sent in calm time, and most of what is sent later is not."""


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


class SlowAtFirst(SlowToCatchUp):
    """The same of a device's very first connection alone, and what was sent in the first second is dropped for forty."""

    def connected_now(self) -> None:
        super().connected_now()
        self._first = self.epoch == 1

    def on_push(self, push: PushMessage, connection: Connection) -> None:
        if push.message.sent_at > 1 * S or self.now > 40 * S:
            super().on_push(push, connection)


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


class SlowQueueAtTimes(DeliveryQueue):
    """Of every forty seconds it does nothing for two."""

    @overrides_private
    def _match(self, *given: Any) -> None:
        idle = 2 * S - self.now % (40 * S)
        if idle > 0:
            self.after(idle, self._matched)
        else:
            super()._match()

    def _matched(self, _: None) -> None:
        super()._match()


class SlowQueueEarly(SlowQueue):
    """Slow in the first half a minute only, when nothing has gone wrong so far."""

    @overrides_private
    def _match(self, *given: Any) -> None:
        if self.now < EARLY:
            super()._match(*given)
        else:
            super()._matched(None)


class SlowQueueLate(SlowQueue):
    """Slow after the first half a minute only, when something may have gone wrong."""

    @overrides_private
    def _match(self, *given: Any) -> None:
        if self.now < EARLY:
            super()._matched(None)
        else:
            super()._match(*given)


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

    def _hesitates(self) -> bool:
        return True

    def on_welcome(self, welcome: Any, connection: Connection) -> None:
        if self._hesitates() and connection is self.connection and not self.connected and self._failures < 2:
            self._disconnect("closed")
        else:
            super().on_welcome(welcome, connection)

    def reconnect_delay(self, failures: int, draw: int) -> int:
        return 20_000 if failures < 2 else super().reconnect_delay(failures, draw)


class HesitantEarly(Hesitant):
    """The same of connections in the first half a minute only."""

    def _hesitates(self) -> bool:
        return self.now < EARLY


class HesitantLate(Hesitant):
    """The same of connections after the first half a minute only."""

    def _hesitates(self) -> bool:
        return self.now >= EARLY


class Impatient(Device):
    """A send that is not answered within the time of a round trip is sent again."""

    send_timeout = 100_000

    def resend_delay(self, attempt: int, draw: int) -> int:
        return 20_000


class ImpatientEarly(Device):
    """The same in the first half a minute only."""

    def _hurries(self) -> bool:
        return self.now < EARLY

    @overrides_private
    def _attempt(self, entry: Any) -> None:
        super()._attempt(entry)
        timer = self.sending.get(entry.send)
        if timer is not None and self.connected and self._hurries():
            timer.cancel()
            self.sending[entry.send] = self.after(100_000, self._send_timeout, entry)

    def resend_delay(self, attempt: int, draw: int) -> int:
        return 20_000 if self._hurries() else super().resend_delay(attempt, draw)


class ImpatientLate(ImpatientEarly):
    """The same after the first half a minute only."""

    def _hurries(self) -> bool:
        return self.now >= EARLY


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
SLOW_AT_FIRST = variant("slow-at-first", device=SlowAtFirst)
SLOW_QUEUE_AT_TIMES = variant("slow-queue-at-times", queue=SlowQueueAtTimes)
SLOW_QUEUE_EARLY = variant("slow-queue-early", queue=SlowQueueEarly)
SLOW_QUEUE_LATE = variant("slow-queue-late", queue=SlowQueueLate)
HESITANT_EARLY = variant("hesitant-early", device=HesitantEarly)
HESITANT_LATE = variant("hesitant-late", device=HesitantLate)
IMPATIENT_EARLY = variant("impatient-early", device=ImpatientEarly)
IMPATIENT_LATE = variant("impatient-late", device=ImpatientLate)
SLOW_SENDS = variant("slow-sends", service=SlowSends)
LATE_NOTIFICATIONS = variant("late-notifications", notification=LateNotifications)
