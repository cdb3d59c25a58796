"""How a device sends (P1): from an outbox, under one id, until it is answered.

Promise kept here: what a person sent is sent until it is accepted or finally refused, and in order. What may fail: any
try, and any answer, may be lost; the app may be killed between an answer and its being written down.

Requirements: C1, P1, P2.
"""

from __future__ import annotations

from collections.abc import Sequence

from model.content import Content, Message
from model.decisions import Draw, Micros, decision, setting
from model.device.database import OutboxEntry
from model.device.scroller import Scroller
from model.events import ConversationRequested, SendAccepted, SendAttempted, SendDeferred, SendRefused, SendRequested
from model.sealed import Sealed
from model.wire.client import SendMessage, SendResult
from sim.draws import key
from sim.network import Connection
from sim.node import Timer
from sim.state import Marks

_RESEND = key("resend backoff")


class Outbox(Scroller):
    """Keeps what a person sent until it is answered."""

    marks = Marks(durable="sends", volatile="sending")

    send_timeout = setting(5_000_000, unit="µs", why="How long a send may stay unanswered before it is tried again.")
    deferral_margin = setting(
        25,
        unit="%",
        why="Added to the time that a send is told to wait, for it is measured by a clock that may run fast.",
    )

    def install(self) -> None:
        super().install()
        self.sends = 0

    def erase(self) -> None:
        super().erase()
        self.sends = 0

    def boot(self) -> None:
        super().boot()
        self.sending: dict[str, Timer] = {}

    def connected_now(self) -> None:
        super().connected_now()
        for name in list(self.database):
            self._send_next(name)

    def disconnected_now(self) -> None:
        super().disconnected_now()
        for timer in self.sending.values():
            timer.cancel()
        self.sending.clear()

    # --- decisions ---------------------------------------------------------------------------------------------------

    @decision
    def message_id(self, entry: OutboxEntry, attempt: int) -> str:
        """The id under which a send goes out, for its `attempt`-th try (P1, P2): made once, the same for every try.

        It is what the server knows a retry by. Here it is derived from the send's own durable name, so that a restart
        can't change it. The name tells installations apart: a new one counts its sends from 1 again, and a server that
        knew the id would take the new message for a retry of the old one.

        Variant::

            def message_id(self, entry, attempt):
                return f"{entry.send}.{attempt}"
        """
        return entry.send

    @decision
    def resend_delay(self, attempt: int, draw: Draw) -> Micros:
        """How long to wait, in µs, after the `attempt`-th try went unanswered; `draw` is uniform over [0, 2**64) (P1).

        Full jitter below an exponentially growing bound, so that clients don't come back in step.

        Variant::

            def resend_delay(self, attempt, draw):
                return 1_000_000
        """
        return draw * min(60_000_000, 1_000_000 << min(attempt - 1, 6)) >> 64

    @decision
    def wait_after(self, retry_after: Micros) -> Micros:
        """How long, in µs, a device waits that was told to try again in `retry_after` (P15): so long, and a margin.

        It measures the time by its own clock, which may run fast. Who comes too early is only told to wait once more.

        Variant::

            def wait_after(self, retry_after):
                return 0
        """
        return retry_after + retry_after * self.deferral_margin // 100

    @decision
    def next_to_send(self, outbox: Sequence[OutboxEntry]) -> Sequence[OutboxEntry]:
        """Which messages of one conversation's outbox may be under way at once, oldest first (P1).

        Only the first: a second one could be sequenced before a first one that has to be retried.

        Variant::

            def next_to_send(self, outbox):
                return outbox
        """
        return outbox[:1]

    # --- sending -----------------------------------------------------------------------------------------------------

    def send(
        self,
        conversation: str,
        body: str,
        kind: str = "",
        subject: str = "",
        attachment: int = 0,
        type: str = "",
        simpler: bool = False,
        members: tuple[str, ...] = (),
    ) -> str:
        """A person sends a message, with an attachment of so many bytes: it is in the outbox. Returns the send's name.

        A join or leave (`kind`) of a user (`subject`) is sent like any message, and has its place among them (P13). So is what
        a conversation begins with: its `members`, and its title (`subject`).
        """
        self.sends += 1
        whose = self.name if self.installation == 1 else f"{self.name}.{self.installation}"
        name = f"{whose}:{self.sends}"
        content = Content(
            conversation=conversation,
            message=name,
            body=Sealed(body),
            sent_at=self.now,
            kind=kind,
            subject=subject,
            size=len(body.encode()),
            payload=type,
            members=members,
            simpler=simpler,
        )
        entry = OutboxEntry(send=name, number=self.sends, content=content, attachment=attachment)
        self.conversation(conversation).outbox[entry.send] = entry
        self.emit(SendRequested, self.name, conversation, entry.send, entry.number)
        self._send_next(conversation)
        return entry.send

    def create(self, conversation: str, title: str) -> str:
        """A person creates a conversation, with the members that the topology lists for it, by a first row that is sent."""
        others = [user for user in self.directory.conversations[conversation].members if user != self.user]
        members = (self.user, *others)
        self.emit(ConversationRequested, self.name, conversation, members, title)
        return self.send(conversation, "", "create", title, members=members)

    def knows_of(self, conversation: str) -> bool:
        """Whether the device knows that there is such a conversation: of one that began in the run it has to be told."""
        return conversation in self.database or not self.directory.conversations[conversation].later

    def _send_next(self, conversation: str) -> None:
        """Sends what may be under way and isn't."""
        if self.connected:
            outbox = self.conversation(conversation).outbox
            for entry in self.next_to_send(tuple(outbox.values())):
                if entry.send not in self.sending:
                    self._attempt(entry)

    def _attempt(self, entry: OutboxEntry) -> None:
        if not self.connected:
            return
        entry.attempts += 1
        message = self.message_id(entry, entry.attempts)
        content = entry.sent_as(message)
        seen = self.seen(content, self.user)
        self.emit(SendAttempted, self.name, entry.conversation, entry.send, message, entry.attempts, seen)
        self.sending[entry.send] = self.after(self.send_timeout, self._send_timeout, entry)
        self.transmit(SendMessage(content=content, attempt=entry.attempts))

    def _send_timeout(self, entry: OutboxEntry) -> None:
        draw = self.draws.u64(_RESEND, key(entry.send), entry.attempts)
        self.sending[entry.send] = self.after(self.resend_delay(entry.attempts, draw), self._attempt, entry)

    def on_send_result(self, result: SendResult, connection: Connection) -> None:
        self.last_heard = self.now
        outbox = self.conversation(result.conversation).outbox
        entry = next((e for e in outbox.values() if self._is_answer(e, result)), None)
        if entry is None:
            return  # answered before
        if result.retry_after:
            timer = self.sending.pop(entry.send, None)
            if timer is not None:
                timer.cancel()
            self.emit(SendDeferred, self.name, entry.conversation, entry.send, result.retry_after)
            self.sending[entry.send] = self.after(self.wait_after(result.retry_after), self._attempt, entry)
            return
        if result.seq:
            content = entry.sent_as(result.message)
            row = Message.of(content, seq=result.seq, sender=self.user, device=self.name, stored_at=result.stored_at)
            self.take((row,), "accept")
            if self.life.dead:
                return  # killed at a crash point on the way
        if result.refused:
            self.emit(SendRefused, self.name, result.conversation, entry.send, result.message, result.refused)
        else:
            self.emit(SendAccepted, self.name, result.conversation, entry.send, result.message, result.seq)
        del outbox[entry.send]
        timer = self.sending.pop(entry.send, None)
        if timer is not None:
            timer.cancel()
        self._send_next(result.conversation)

    def _is_answer(self, entry: OutboxEntry, result: SendResult) -> bool:
        return any(self.message_id(entry, attempt) == result.message for attempt in range(1, entry.attempts + 1))
