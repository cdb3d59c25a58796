"""Order, as screens alone tell it: nothing here needs the log, or a seq that is more than a name.

A screen only grows at its end: a Shown stands below all that the device showed before. So there is one order that all of
them have to agree with, and it can be kept as it comes: what is shown for the first time anywhere goes to its end.

    1. ann's phone shows m1, m2; bob's shows m2, m1: no order has both
    2. ann's phone shows m1, bob's m2, and neither has the other's: whatever comes next, they can't show the same any more
    3. ann has the answer to m1 on her screen, then she writes m2; bob's phone shows m2 first
    4. all of that across a reconnect, or on a device that was installed again

Clocks are only compared between a send's request and another send's accept, and may be `skew` µs apart there. What is shown
of messages that the record has no sending of is left out: they are older than the record, or somebody else's business.

Requirements: G2, P1, P5, V1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from model.events import RowsRemoved, SendAccepted, SendAttempted, SendRequested, Shown
from properties.base import Property, Violation, sees
from properties.conversation import Held
from properties.ledger import LIVES, SCREENS, Ledger
from properties.sends import Sent


class OneOrderOnAllScreens(Property):
    """All screens show a conversation in one order, from wherever they begin, and leave nothing out in between.

    Compared with the order in which messages came to be shown anywhere, a device goes on with the next one; at the end of
    that order, with a new one. One that was installed again, or whose user joined, begins anywhere, and is compared from its
    first message on that has a place in the order by then. Proof of a violation is one of three: it shows something further
    up in a chain of messages each of which some device showed right below the one before (an *order divergence*: no order has
    both); it passes over something (a *skip*: it can't be put in its place any more); it shows something new while it lacks
    what others show (a *long fork*: they lack that in turn).

    If none is found, then every device's screen is, from where it is compared, a part without a gap of one sequence: all of
    this order, for one that was there from the start. So there is no divergence among these that this does not find; what a
    newcomer shows before others do is not compared. What policy has removed may be passed over, and what the device has at
    another place, in a page or since its user's tap; in another system's history, also what somebody wrote whom the user has
    ever blocked. What a device had in a page or at the tap, and no place yet when it showed something newer, gets none. Where
    gaps are allowed, and for a user who left and came back, passing over something is no violation; then a divergence is found
    only within a chain, and one that could be told only from several messages that different devices left out is not.
    """

    name: ClassVar[str] = "one-order-on-all-screens"
    family: ClassVar[str] = "order"
    anomalies: ClassVar[tuple[str, ...]] = ("order divergence", "long fork", "skip: transient gap, permanent gap")
    rests_on = SCREENS
    numbers = False

    @sees(Shown)
    def on_shown(self, event: Shown, index: int) -> None:
        held, place = self.ledger.here, self.ledger.place
        if held is None or self.ledger.message is None:
            return
        self.tested += 1
        at = held.at
        log = held.log
        if place == at + 1 or at == -2 or (place < 0 and at == len(log.ranks) - 1) or event.message in held.first:
            return
        device, what, conversation = event.device, event.message, log.name
        if 0 <= place < at:
            passed, _, chain = log.ranks[at]
            if chain <= place:
                self.violated(
                    f"{device} showed {what} below {passed} in {conversation}, and others show it above",
                    log.ranks[place][1],
                    log.ranks[at][1],
                    held.first.get(passed),
                    index,
                )
        elif (
            self.ledger.gaps
            or self.ledger.was_away(held)
            or what in log.free
            or self._need_not(held, at + 1, place if place >= 0 else len(log.ranks))
        ):
            return
        elif place > at:
            lacking, first, _ = log.ranks[at + 1]
            self.violated(f"{device} passed over {lacking} in {conversation} and showed {what}", first, index)
        else:
            lacking, first, _ = log.ranks[at + 1]
            self.violated(
                f"{device} showed {what} in {conversation} without {lacking}, which others show without {what}",
                first,
                index,
            )

    def _need_not(self, held: Held, first: int, end: int) -> bool:
        """Whether there is a reason to pass over all that the screens have from one place up to right before another."""
        log, ledger = held.log, self.ledger
        gone: set[str] = set()
        if log.removed and not ledger.opaque:
            gone = {message for seq, message in log.shown_at.items() if seq <= log.removed}
        return first < end and all(
            (ledger.opaque and place <= log.removed_place)
            or message in gone
            or message in held.also
            or (ledger.ignored and ledger.ignores(held.access.user, ledger.sent[log.name, message].request.device))
            for place, (message, _, _) in enumerate(log.ranks[first:end], first)
        )


class RealTimeOrderIsShown(Property):
    """What was accepted before something else was sent is shown above it, on every screen.

    Proof of a violation: a device shows m2, and then m1, although the SendAccepted of m1 came before the SendRequested of m2, or
    its first SendAttempted where requests are not recorded; by more than the clocks may be apart, if they were sent by different
    devices.
    """

    name: ClassVar[str] = "real-time-order-is-shown"
    family: ClassVar[str] = "order"
    anomalies: ClassVar[tuple[str, ...]] = ("real-time order",)
    rests_on = (SendAttempted, SendAccepted, *LIVES)
    numbers = False

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._latest: dict[Held, Sent] = {}
        """By what a device shows: of its messages, the one that was sent last."""

    @sees(Shown)
    def on_shown(self, event: Shown, index: int) -> None:
        held, sent = self.ledger.here, self.ledger.message
        if held is None or sent is None:
            return
        self.tested += 1
        latest = self._latest.get(held)
        if latest is None or latest.request.t <= sent.request.t:
            self._latest[held] = sent
        elif 0 <= sent.accepted_t < latest.request.t and event.message not in held.first:
            if not self.ledger.in_record(held.log, latest):
                return
            apart = 0 if latest.request.device == sent.request.device else self.ledger.skew
            if sent.accepted_t + apart < latest.request.t:
                self.violated(
                    f"{event.device} showed {event.message} below {latest.message} in {event.conversation}, "
                    "which was sent when it had been accepted",
                    sent.accepted,
                    latest.request.index,
                    held.first.get(latest.message),
                    index,
                )


class SendersOrderIsShown(Property):
    """What one device sends to a conversation is shown in the order in which it was sent, on every screen.

    Proof of a violation: a device shows a message whose send has a lower number than one that it showed before, of the same
    installation of the same device.
    """

    name: ClassVar[str] = "senders-order-is-shown"
    family: ClassVar[str] = "order"
    anomalies: ClassVar[tuple[str, ...]] = ("sender FIFO",)
    rests_on = (SendRequested, SendAttempted, *LIVES)
    numbers = False

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._highest: dict[tuple[Held, str, int], Sent] = {}

    @sees(Shown)
    def on_shown(self, event: Shown, index: int) -> None:
        held, sent = self.ledger.here, self.ledger.message
        if held is None or sent is None or not sent.request.number:
            return
        self.tested += 1
        request = sent.request
        who = (held, request.device, request.installation)
        highest = self._highest.get(who)
        if highest is None or highest.request.number <= request.number:
            self._highest[who] = sent
        elif event.message not in held.first:
            self.violated(
                f"{event.device} showed {event.message} below {highest.message}, which {request.device} sent after it",
                request.index,
                highest.request.index,
                held.first.get(highest.message),
                index,
            )


class QuestionsComeFirst(Property):
    """What a sender had on the screen when writing is shown above what was written: no reply before its question.

    Proof of a violation: a device shows m2, and then m1, although the device that sent m2 had shown m1 before the
    SendRequested of m2, or its first SendAttempted where requests are not recorded.
    """

    name: ClassVar[str] = "questions-come-first"
    family: ClassVar[str] = "order"
    anomalies: ClassVar[tuple[str, ...]] = ("writes follow reads",)
    rests_on = SCREENS
    numbers = False

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._reply: dict[Held, Sent] = {}
        """By what a device shows: of its messages, the one whose sender had seen the most."""

    @sees(Shown)
    def on_shown(self, event: Shown, index: int) -> None:
        held, sent = self.ledger.here, self.ledger.message
        if held is None or sent is None:
            return
        reply = self._reply.get(held)
        if reply is not None:
            self.tested += 1
            request = reply.request
            if 0 <= self.ledger.place <= request.at and event.message not in held.first and request.held is not None:
                seen = request.held.first.get(event.message)
                if seen is not None and seen < request.index:
                    self.violated(
                        f"{event.device} showed {event.message} below {reply.message} in {event.conversation}, "
                        f"whose sender had it on {request.device} when writing",
                        seen,
                        request.index,
                        held.first.get(reply.message),
                        index,
                    )
        if sent.request.at >= 0 and (reply is None or reply.request.at < sent.request.at):
            self._reply[held] = sent


class OwnMessagesAreThere(Property):
    """A device that was told that its message is accepted shows nothing that was sent after that before it shows the message.

    Proof of a violation: a SendAccepted of m1 on the device, and then, with m1 not shown there yet, a Shown of an m2 whose
    SendRequested came later than that accept (its first SendAttempted, where requests are not recorded); by more than the clocks
    may be apart, if it was on another device. What policy has removed since need not be there.
    """

    name: ClassVar[str] = "own-messages-are-there"
    family: ClassVar[str] = "order"
    anomalies: ClassVar[tuple[str, ...]] = ("read your writes", "lost write")
    rests_on = (SendAttempted, *LIVES)
    optional = (RowsRemoved,)
    numbers = False
    gapless = True

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._waiting: dict[Held, dict[str, tuple[int, int]]] = {}
        """By what a device shows: its accepted messages that are not there yet, with time and event of the accept."""

    @sees(SendAccepted)
    def on_accepted(self, event: SendAccepted, index: int) -> None:
        self.tested += 1
        held = self.ledger.held.get((event.device, event.conversation))
        if held is not None and not held.has(event.message):
            self._waiting.setdefault(held, {}).setdefault(event.message, (event.t, index))

    @sees(Shown)
    def on_shown(self, event: Shown, index: int) -> None:
        held, sent = self.ledger.here, self.ledger.message
        if not self._waiting or held is None:
            return
        waiting = self._waiting.get(held)
        if waiting is None:
            return
        if waiting.pop(event.message, None) is None and sent is not None:
            message, (accepted, first) = next(iter(waiting.items()))
            request = sent.request
            apart = 0 if request.device == event.device else self.ledger.skew
            if accepted + apart < request.t and self.ledger.in_record(held.log, sent):
                del waiting[message]
                self.violated(
                    f"{event.device} showed {event.message} in {event.conversation} without its own {message}, "
                    "which had been accepted before that was sent",
                    first,
                    request.index,
                    index,
                )
        if not waiting:
            del self._waiting[held]

    @sees(RowsRemoved)
    def on_removed(self, event: RowsRemoved, _: int) -> None:
        """What was accepted before may be among it."""
        for held in [held for held in self._waiting if held.log.name == event.conversation]:
            del self._waiting[held]
