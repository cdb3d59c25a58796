"""Answers, places and names, as clients know them: they say the same whoever says it.

    1. device sends m twice, and is told seq 4 and seq 5
    2. a phone shows m2 at the seq at which a laptop shows m1
    3. m was finally refused, the person was told so, and m is on everybody's screen
    4. a try goes out under a new id, and one sending is on the screens as two messages
    5. an app that was installed again counts from 1, and a new message goes out under an old one's id

Requirements: P1, P2, G1, G2, V1.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import ClassVar

from model.events import SendAccepted, SendAttempted, SendRefused, SendRequested, Shown
from properties.base import Property, Violation, sees
from properties.ledger import Ledger


class PlacesAgree(Property):
    """A message has one place, and a place has one message, whichever accept or screen says so.

    Proof of a violation: two events, each a Shown or a SendAccepted that says a seq, that have one message of a conversation
    at different seqs, or two messages at one.
    """

    name: ClassVar[str] = "places-agree"
    family: ClassVar[str] = "sequencing"
    anomalies: ClassVar[tuple[str, ...]] = ("unstable ack", "duplicate", "inconsistent offsets")
    for_passing = (SendAccepted,)
    numbers = False

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._message: dict[str, dict[int, tuple[str, int]]] = {}
        """By conversation and seq: the message that is there, and the event that says so."""
        self._seq: dict[tuple[str, str], tuple[int, int]] = {}

    @sees(SendAccepted, Shown)
    def on_said(self, event: SendAccepted | Shown, index: int) -> None:
        conversation, seq, message = event.conversation, event.seq, event.message
        if not seq:
            return
        self.tested += 1
        messages = self._message.get(conversation)
        if messages is None:
            messages = self._message[conversation] = {}
        known = messages.get(seq)
        if known is None:
            known = messages[seq] = (message, index)
        elif known[0] == message:
            return
        there, first = known
        if there != message:
            which = f"{conversation} {self.ledger.name(conversation, seq)}"
            self.violated(f"{event.device} has {message} as {which}, which is {there} elsewhere", first, index)
        other, first = self._seq.setdefault((conversation, message), (seq, index))
        if other != seq:
            this, that = self.ledger.name(conversation, seq), self.ledger.name(conversation, other)
            self.violated(
                f"{event.device} has {message} of {conversation} as {this}, and it is {that} elsewhere",
                first,
                index,
            )


class RefusedIsNotShown(Property):
    """What was finally refused is not accepted, and nobody ever sees it.

    Proof of a violation: a SendRefused of a message, and a SendAccepted or a Shown of it, in any order; one for each screen.
    """

    name: ClassVar[str] = "refused-is-not-shown"
    family: ClassVar[str] = "durability"
    anomalies: ClassVar[tuple[str, ...]] = ("aborted read (G1a)", "unstable ack")
    rests_on = (SendAttempted,)
    for_passing = (SendAccepted,)
    numbers = False

    @sees(SendRefused)
    def on_refused(self, event: SendRefused, index: int) -> None:
        self.tested += 1
        sent = self.ledger.message
        if sent is None:
            return
        if sent.accepted >= 0:
            self.violated(f"{event.message} was refused, and had been accepted", sent.accepted, index)
        for device, shown in sorted(self.ledger.shown_by(event.conversation, event.message), key=itemgetter(1)):
            self.violated(f"{event.message} was refused, and {device} had shown it", shown, index)

    @sees(SendAccepted, Shown)
    def on_seen(self, event: SendAccepted | Shown, index: int) -> None:
        sent = self.ledger.message
        if sent is not None and sent.refused >= 0:
            what = "shown" if isinstance(event, Shown) else "accepted"
            self.violated(f"{event.message} was {what}, and had been refused", sent.refused, index)


class OneMessagePerSend(Property):
    """What a person sent once is one message on all screens, under whatever ids it went out.

    Proof of a violation: two Shown of different message_ids that were attempts of the same send.
    """

    name: ClassVar[str] = "one-message-per-send"
    family: ClassVar[str] = "idempotence"
    anomalies: ClassVar[tuple[str, ...]] = ("duplicate", "device duplicate")
    rests_on = (SendRequested, SendAttempted)
    numbers = False

    @sees(Shown)
    def on_shown(self, event: Shown, index: int) -> None:
        sent = self.ledger.message
        if sent is None:
            return
        self.tested += 1
        request = sent.request
        if request.shown_index < 0:
            request.shown_as, request.shown_index = event.message, index
        elif request.shown_as != event.message:
            what = f"send {request.send} of {request.device}"
            self.violated(f"{what} is shown as {request.shown_as} and as {event.message}", request.shown_index, index)


class MessageIdsAreNotReused(Property):
    """A message_id stands for one send for ever: whoever knows it would take another one for a retry.

    Proof of a violation: two SendAttempted with one message_id in a conversation, of different sends.
    """

    name: ClassVar[str] = "message-ids-are-not-reused"
    family: ClassVar[str] = "idempotence"
    anomalies: ClassVar[tuple[str, ...]] = ("deduped away", "lost write")
    optional = (SendRequested,)
    numbers = False

    @sees(SendAttempted)
    def on_attempt(self, event: SendAttempted, index: int) -> None:
        self.tested += 1
        sent = self.ledger.message
        if sent is not None and sent.request is not self.ledger.request:
            self.violated(
                f"{event.device} sends {event.send} as {event.message}, as which {sent.request.device} sent "
                f"{sent.request.send} before",
                sent.index,
                index,
            )
