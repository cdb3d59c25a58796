"""What a history has shown so far, kept once for all properties.

What an event establishes (a commit, a row on a device) is in the ledger before any property sees the event; what it
claims (a cursor, something shown) only after all of them have compared it with what was there. State is kept by
conversation and by (device, conversation), never by connection or incarnation: session order must hold through
reconnects and restarts. A wipe ends it: the new installation holds, has shown and has acked nothing, and owes everything.

Requirements: V1.
"""

from __future__ import annotations

from collections.abc import Callable

from model.events import (
    AckSent,
    BlockAsked,
    BlockStored,
    ConversationOpened,
    CursorMoved,
    CursorStored,
    DeviceRegistered,
    FillerPersisted,
    FinalRead,
    MemberJoined,
    MemberLeft,
    PageShown,
    Persisted,
    RowsRemoved,
    SendAccepted,
    SendAttempted,
    SendRefused,
    SendRequested,
    Shown,
    ShownAtTap,
    Stored,
    Wiped,
)
from properties.access import OPEN, Access
from properties.conversation import Held, Log
from properties.sends import Request, Sent

# What the ledger knows rests on events of these kinds; a property that asks for it has them among what it `rests_on`. Where
# one of them happens and is not recorded, the ledger is wrong, and so would be whoever believes it.
LIVES = (Wiped,)
"""What an installation of a device showed, acked and was told."""
TURNS = (MemberJoined, MemberLeft)
"""What a user may read, and who is to get it."""
HOLDINGS = (Stored, *LIVES, *TURNS)
"""What a device holds without a gap."""
SCREENS = (SendAttempted, Shown, *LIVES, *TURNS)
"""The order in which screens have messages."""
ROWS = (Persisted, FillerPersisted)
"""What is committed."""


class Ledger:
    """The state that properties share."""

    def __init__(self, *, opaque: bool, gaps: bool, skew: int, name: Callable[[str, int], str], exported: bool) -> None:
        self.exported = exported
        """It is a record that somebody made of a system: a device is away until it says that it is connected."""
        self.gaps = gaps
        """Devices may leave something out, and seqs may."""
        self.opaque = opaque
        """Seqs are names in disguise: they can be told apart, and their size means nothing."""
        self.skew = skew
        """How far apart, in µs, the clocks of two devices may be."""
        self.reorder_window = 3 * skew
        """After so many µs nothing comes any more that happened within `skew` of an event: lines go back by one `skew`, and
        what waits for its sending is of two (`parley/judged/verifying.py`)."""
        self.name = name
        self.sent: dict[tuple[str, str], Sent] = {}
        """By conversation and message_id."""
        self.message: Sent | None = None
        """What is known of the message of the event under judgement."""
        self.request: Request | None = None
        """What the attempt under judgement is for, as far as that is known."""
        self.again = False
        """The attempt under judgement is in nothing other than the one before of the same message."""
        self._anew = 0
        """How often something was requested under the name of a send that was there before."""
        self.place = -1
        """The place, in the order of the screens, of the message that is being shown; -1: it is new there."""
        self.requests: dict[tuple[str, str], Request] = {}
        self.logs: dict[str, Log] = {}
        self.held: dict[tuple[str, str], Held] = {}
        self.here: Held | None = None
        """What the device of the event under judgement holds of its conversation; None for a device of no member."""
        self.renewed: list[Held] = []
        """What the device of the Wiped under judgement holds now, each with its `older` one."""
        self.installation_of: dict[str, int] = {}
        """By device that was wiped; others are in their first."""
        self.user_of: dict[str, str] = {}
        self.devices_of: dict[str, list[str]] = {}
        self.ignored: dict[str, dict[str, None]] = {}
        """By user, in another system's history: whom the user has ever blocked. What they write may be left out."""
        self.newly: list[str] = []
        """Of the event under judgement: the messages that are on the device's screen, or were read, and were not before."""
        self.lost: dict[tuple[str, str, str], None] = {}
        """Device, conversation and message: what a device was proven to lack for good, be it away or not."""
        self._logs_of: dict[str, list[Log]] = {}
        """By user: the conversations of which the user is or was a member."""

    def opened(self, event: ConversationOpened, _: int) -> None:
        log = self.logs[event.conversation] = Log(event)
        for user in log.began:
            self._logs_of.setdefault(user, []).append(log)
            for device in self.devices_of.get(user, ()):
                held = self._give(device, log, log.access[user])
                held.at = -1

    def registered(self, event: DeviceRegistered, index: int) -> None:
        self.user_of[event.device] = event.user
        self.devices_of.setdefault(event.user, []).append(event.device)
        for log in self._logs_of.get(event.user, ()):
            held = self._give(event.device, log, log.access[event.user])
            held.since = index
            held.at = -2 if log.begun else -1

    def _give(self, device: str, log: Log, access: Access, base: int | None = None) -> Held:
        held = Held(device, log, access, log.base if base is None else base, self.installation_of.get(device, 1))
        self.held[device, log.name] = held
        log.everyone.append(held)
        if access.member:
            log.devices.append(held)
        return held

    def shown_by(self, conversation: str, message: str) -> dict[tuple[str, int], None]:
        """The devices that have shown a message so far, each with the event of the first time; once for each installation."""
        log = self.logs.get(conversation)
        every = (each for held in (log.everyone if log is not None else ()) for each in held.installations())
        return {(each.device, each.first[message]): None for each in every if message in each.first}

    def joined(self, event: MemberJoined, index: int) -> None:
        log = self.logs.get(event.conversation)
        if log is None:
            return
        log.changed = []
        if event.user in log.members:
            return
        log.members[event.user] = None
        access = log.access.get(event.user)
        before = self._targets(log, event.user)
        if access is None:
            access = log.access[event.user] = Access(event.user)
            self._logs_of.setdefault(event.user, []).append(log)
        access.joined_t, access.joined_index = event.t, index
        access.joined(*((1, 0) if self.opaque else (event.reads_from, event.seq)))
        for device in self.devices_of.get(event.user, ()):
            held = self.held.get((device, log.name))
            if held is None:
                held = self._give(device, log, access, 0)
            else:
                log.devices.append(held)
                held.at = -2
            log.changed.append((held, before.get(held, 0)))

    def left(self, event: MemberLeft, index: int) -> None:
        log = self.logs.get(event.conversation)
        if log is None:
            return
        log.changed = []
        if event.user not in log.members:
            return
        del log.members[event.user]
        log.changed = list(self._targets(log, event.user).items())
        access = log.access[event.user]
        access.left(OPEN - 1 if self.opaque else event.reads_to)
        access.left_t, access.left_index = event.t, index
        log.devices = [held for held in log.devices if held.access.user != event.user]

    def _targets(self, log: Log, user: str) -> dict[Held, int]:
        found = (self.held.get((device, log.name)) for device in self.devices_of.get(user, ()))
        return {held: held.target() for held in found if held is not None}

    def persisted(self, event: Persisted, index: int) -> None:
        log = self.logs.get(event.conversation)
        if log is not None:
            log.commit(event.seq, event.message, index)

            if log.blocked and not event.kind:
                blockers = log.blocked.get(event.sender, {})
                if hidden := {user: block for user, block in blockers.items() if user in log.members}:
                    log.hidden.setdefault(event.seq, hidden)

    def blocked(self, event: BlockStored, index: int) -> None:
        for conversation in event.conversations:
            log = self.logs.get(conversation)
            if log is not None:
                blockers = log.blocked.setdefault(event.blocked, {})
                blockers.pop(event.user, None)
                if event.on:
                    blockers[event.user] = index

    def asked_to_block(self, event: BlockAsked, _: int) -> None:
        """A simulated device shows what is hidden as hidden; others leave it out, and nobody says when the server knew."""
        if self.exported and event.on:
            self.ignored.setdefault(self.user_of.get(event.device, ""), {})[event.blocked] = None

    def ignores(self, user: str, device: str) -> bool:
        """Whether the user has ever blocked the one whose device it is, in another system's history."""
        return self.user_of.get(device, "") in self.ignored.get(user, ())

    def removed(self, event: RowsRemoved, index: int) -> None:
        log = self.logs.get(event.conversation)
        if log is not None:
            log.remove(event.upto, opaque=self.opaque)

    def filled(self, event: FillerPersisted, index: int) -> None:
        log = self.logs.get(event.conversation)
        if log is not None:
            log.commit(event.seq, "", index)
            log.fillers.setdefault(event.seq, index)

    def wiped(self, event: Wiped, _: int) -> None:
        """A device begins anew. This takes as long as there are conversations, and members of its own ones."""
        self.installation_of[event.device] = event.installation
        self.renewed = []
        for log in self._logs_of.get(self.user_of.get(event.device, ""), ()):
            old = self.held.get((event.device, log.name))
            if old is not None:
                new = old.newer = Held(event.device, log, old.access, 0, event.installation, old)
                new.since = old.since
                if log.removed and not self.opaque:
                    new.pass_removed(log.removed)
                self.held[event.device, log.name] = new
                for devices in (log.everyone, log.devices):
                    if old in devices:
                        devices[devices.index(old)] = new
                self.renewed.append(new)

    def requested(self, event: SendRequested, index: int) -> None:
        device = event.device
        request = Request(device, event.send, event.t, index, event.number, self.installation_of.get(device, 1))
        self._on_screen_then(request, event.conversation)
        which = (device, event.send)
        self._anew += which in self.requests
        self.requests[which] = request

    def _on_screen_then(self, request: Request, conversation: str) -> None:
        request.held = held = self.held.get((request.device, conversation))
        if held is not None:
            request.at = held.at

    def attempted(self, event: SendAttempted, index: int) -> None:
        which = (event.conversation, event.message)
        self.message = sent = self.sent.get(which)
        tried = (event.device, event.send, event.content, self._anew)
        if sent is not None and sent.tried == tried:
            self.again, self.request = True, sent.again
            return
        self.again = False
        self.request = request = self.requests.get((event.device, event.send))
        if sent is not None:
            sent.tried, sent.again = (tried, request) if request is not None else (None, None)
        else:
            if request is None:
                installation = self.installation_of.get(event.device, 1)
                request = Request(event.device, event.send, event.t, index, 0, installation)
                self._on_screen_then(request, event.conversation)
                self.request = self.requests[event.device, event.send] = request
            self.message = sent = self.sent[which] = Sent(event.message, request, event.t, index)
            sent.tried, sent.again = tried, request
            log = self.logs.get(event.conversation)
            if log is not None:
                log.begun = True

    def in_record(self, log: Log, sent: Sent) -> bool:
        """Whether the first known try of a message is the first of all. Of a conversation that is older than the record it may
        be a repetition, unless the record has its SendRequested."""
        return not log.base or sent.request.number > 0

    def was_away(self, held: Held) -> bool:
        """Whether the device's user left and came back, or may have, by clocks that differ: it may pass over something."""
        return len(held.access.spans) > 1 or (self.skew > 0 and not held.access.member)

    def outside(self, access: Access | None, t: int) -> bool:
        """Whether a user was no member at `t`, in µs, by whatever clock, as far as is known by now: a join may come yet."""
        if access is None:
            return True
        back = self.skew and access.joined_index >= 0 and access.joined_t + self.skew >= access.left_t
        return not access.member and not back and access.left_t + self.skew < t

    def answered(self, event: SendAccepted | SendRefused, _: int) -> None:
        """Looks up the `message` that an answer is for."""
        self.message = self.sent.get((event.conversation, event.message))

    def after_accept(self, event: SendAccepted, index: int) -> None:
        sent = self.message
        if sent is not None and sent.accepted < 0:
            sent.accepted_t, sent.accepted = event.t, index

    def after_refusal(self, event: SendRefused, index: int) -> None:
        sent = self.message
        if sent is not None and sent.refused < 0:
            sent.refused = index

    def look(self, event: CursorMoved | AckSent, _: int) -> None:
        """Looks up `here`, once for all properties that see the event."""
        self.here = self.held.get((event.device, event.conversation))

    def showing(self, event: Shown, _: int) -> None:
        """Looks up `here`, the `message` and its `place`."""
        conversation = event.conversation
        self.here = held = self.held.get((event.device, conversation))
        self.message = self.sent.get((conversation, event.message))
        if held is not None:
            self.place = held.log.order.get(event.message, -1)

    def on_screen(self, event: PageShown | ShownAtTap | FinalRead, index: int) -> None:
        """The device has these messages, at a place that is not said, or is none of the screen's end."""
        self.here = held = self.held.get((event.device, event.conversation))
        self.newly = []
        if held is None:
            return
        for message in (event.message,) if isinstance(event, ShownAtTap) else event.messages:
            if not held.has(message):
                held.also[message] = index
                held.loose.append(message)
                self.newly.append(message)
        if self.exported and isinstance(event, PageShown) and self.gap_below(event):
            held.at = -2  # what comes next is compared from there on

    def gap_below(self, event: PageShown) -> bool:
        """Whether something is missing right below the page, and its reader can see that. Ids that are no numbers don't say."""
        if self.opaque:
            return event.why != "scroll"
        return bool(event.seqs) and event.have < event.first - 1

    def look_stored(self, event: CursorStored, _: int) -> None:
        """Looks up `here` for a stored cursor: what the installation held whose ack it was."""
        held = self.held.get((event.device, event.conversation))
        while held is not None and held.installation > event.installation and held.older is not None:
            held = held.older
        self.here = held

    def stored(self, event: Stored, index: int) -> None:
        self.here = held = self.held.get((event.device, event.conversation))
        if held is not None:
            held.store(event.seq, index)

    def after_shown(self, event: Shown, index: int) -> None:
        held = self.here
        if held is None:
            return
        seq = event.seq
        if seq == held.seen + 1 and not held.apart:
            held.seen = seq
        else:
            held.show_apart(seq)
        if seq > held.shown:
            held.shown = seq
            held.shown_index = index
        if self.message is not None and event.message not in held.first:
            place, log = self.place, held.log
            # What lies before the first message of a newcomer, or before one after an absence, is not known yet.
            if place < 0 and held.at > -2 and event.message not in log.free and not self.was_away(held):
                if held.loose:
                    log.free.update(dict.fromkeys(each for each in held.loose if each not in log.order))
                    held.loose.clear()
                log.free.pop(event.message, None)  # it has its place now
                place = log.order[event.message] = len(log.ranks)
                linked = place > 0 and held.at == place - 1
                log.ranks.append((event.message, index, log.ranks[-1][2] if linked else place))
            if 0 <= place > held.at:
                held.at = place
        held.first.setdefault(event.message, index)
        held.log.shown_at.setdefault(seq, event.message)

    def after_cursor(self, event: CursorMoved, index: int) -> None:
        held = self.here
        if held is not None and event.to > held.cursor:
            held.cursor = event.to
            held.cursor_index = index

    def after_stored_cursor(self, event: CursorStored, index: int) -> None:
        held = self.here
        if held is not None and event.to >= held.stored:
            held.stored = event.to
            held.stored_index = index
