"""What a history has shown so far, kept once for all properties.

What an event establishes (a commit, a row on a device) is in the ledger before any property sees the event; what it
claims (a cursor, something shown) only after all of them have compared it with what was there. State is kept by
conversation and by (device, conversation), never by connection or incarnation: session order must hold through
reconnects and restarts. A wipe ends it: the new installation holds, has shown and has acked nothing, and owes everything.

Requirements: V1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from model.events import (
    AckSent,
    ConversationOpened,
    CursorMoved,
    CursorStored,
    DeviceRegistered,
    FillerPersisted,
    MemberJoined,
    MemberLeft,
    Persisted,
    SendAccepted,
    SendAttempted,
    SendRefused,
    SendRequested,
    Shown,
    Stored,
    Wiped,
)

OPEN = 1 << 62
"""Where the span of a member ends."""

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


class Access:
    """What a user may read of a conversation: spans of seqs, in order; the last one ends at `OPEN` for a member.

    `skips` leads from the end of each span to right before the next one: nothing in between is for this user.
    """

    __slots__ = (
        "first", "joined_at", "joined_index", "joined_t", "last", "left_index", "left_t", "member", "rows", "skips", "spans",
        "user",
    )  # fmt: skip

    def __init__(self, user: str) -> None:
        self.user = user
        self.joined_t = self.joined_index = self.left_t = self.left_index = -1
        """When the user joined and left last, in µs, and the events that say so; -1: was one from the start, never left."""
        self.member = False
        self.spans: list[tuple[int, int]] = []
        self.rows: list[int] = []
        """For each span, the row that began it."""
        self.first, self.last = 1, 0
        """The last span, or an empty one."""
        self.skips: dict[int, int] = {}
        self.joined_at = 0
        """The row that made the user a member last; 0 for who was one from the start."""

    def joined(self, first: int, at: int) -> None:
        self.joined_at = at
        before = self.spans[-1][1] if self.spans else 0
        self.member = True
        self.first, self.last = first, OPEN
        self.spans.append((first, OPEN))
        self.rows.append(at)
        if first > before + 1:
            self.skips[before] = first - 1

    def left(self, last: int) -> None:
        if self.spans:
            self.member = last == OPEN
            self.last = last
            self.spans[-1] = (self.first, last)

    def reads(self, seq: int) -> bool:
        """Whether the row at `seq` is for this user."""
        if seq >= self.first:
            return seq <= self.last
        for first, last in reversed(self.spans):
            if first <= seq:
                return seq <= last
        return False

    def was_member(self, seq: int) -> bool:
        """Whether the row at `seq` is for this user as a member at that place, and not only by what a join after it granted."""
        if seq >= self.joined_at:
            return self.reads(seq)
        spans = zip(self.spans[:-1], self.rows, strict=False)
        return any(first <= seq <= last and at <= seq for (first, last), at in spans)


class Request:
    """What a person sent: by which installation's `held` of the conversation, when, and what was on the screen then.

    `at` is the place, in the order of the screens, of the last message that the device showed. `shown_as` is the first
    message that stood for it on any screen.
    """

    __slots__ = ("at", "device", "held", "index", "installation", "number", "send", "shown_as", "shown_index", "t")

    def __init__(self, device: str, send: str, t: int, index: int, number: int, installation: int) -> None:
        self.device = device
        self.send = send
        self.t = t
        self.index = index
        self.number = number
        self.installation = installation
        self.held: Held | None = None
        self.at = -1
        self.shown_as = ""
        self.shown_index = -1


class Sent:
    """A message_id that went out, for the first `request` that it went out for, and the answers that came.

    `t` and `index` are the time and the event of the first try, `accepted_t` and `accepted` those of the first accept, `refused`
    is the event of the refusal; -1: none. `due`: it was accepted, or some device has shown it.
    """

    __slots__ = ("accepted", "accepted_t", "due", "index", "message", "refused", "request", "t")

    def __init__(self, message: str, request: Request, t: int, index: int) -> None:
        self.message = message
        self.request = request
        self.t = t
        self.index = index
        self.accepted_t = self.accepted = self.refused = -1
        self.due = False


class Log:
    """A conversation as it was committed. `rows[seq]` is (message, index); the first `base` were there before.

    `fillers[seq]` is the index of a filler: a row that is held like others, and never shown. Of the last commit, `fresh`
    says whether it took a free seq, and `risen` by how much it raised the head. `devices` are those of the members now,
    `everyone` those of all who ever were; `changed` are those of the last join or leave, with the head that each had
    to reach before it. `began` are the members at the start.

    `order` is the conversation as the screens have it: each message has the place, from 0, at which it was first shown on any
    device. `ranks` has for each place the message, the event, and the place at which its *chain* begins: in a chain, each
    message was first shown right below the one before it, so that a device vouches for every step of it.
    """

    __slots__ = (
        "access", "base", "began", "begun", "changed", "devices", "everyone", "fillers", "fresh", "head", "members", "name",
        "order", "ranks", "risen", "rows", "shown_at",
    )  # fmt: skip

    def __init__(self, opened: ConversationOpened) -> None:
        self.name = opened.conversation
        self.began: dict[str, None] = dict.fromkeys(opened.members)
        self.members = dict(self.began)
        self.access: dict[str, Access] = {}
        for user in opened.members:
            self.access[user] = Access(user)
            self.access[user].joined(1, 0)
        self.base = opened.head
        self.head = opened.head
        self.rows: dict[int, tuple[str, int]] = {}
        self.fillers: dict[int, int] = {}
        self.devices: list[Held] = []
        self.everyone: list[Held] = []
        self.changed: list[tuple[Held, int]] = []
        self.fresh = False
        self.risen = 0
        self.begun = False
        """Whether anything was sent since the history began."""
        self.order: dict[str, int] = {}
        self.ranks: list[tuple[str, int, int]] = []
        self.shown_at: dict[int, str] = {}
        """By seq: the message that was first shown there."""

    def seqs(self, first: int, last: int) -> Iterable[int]:
        """The seqs from `first` to `last` at which there may be something, in no order."""
        if last - first <= self.base + len(self.rows):
            return range(first, last + 1)
        return [seq for seq in (*range(1, self.base + 1), *self.rows) if first <= seq <= last]

    def commit(self, seq: int, message: str, index: int) -> None:
        """A row was committed at `seq`; the first one at a seq is the one that counts."""
        self.fresh = seq > self.base and seq not in self.rows
        self.rows.setdefault(seq, (message, index))
        self.risen = max(0, seq - self.head)
        self.head += self.risen


class Held:
    """What a device durably holds of a conversation: 1..upto without a gap, and `beyond` that (seq to index).

    `shown`, `cursor` and `stored` are the highest seq that it showed, its own cursor, and its cursor in the store, each
    with the index of its event. It has shown everything up to `seen`, and above that what is in `apart`: while nothing
    is left out, `seen` is `shown` and `apart` is empty. All of it counts what is for its user and leaves out the rest.

    `first` has what it showed, by message_id, with the event of the first time. `at` is the place in the log's `order` of the
    last one of them; -1: it begins where the conversation does, -2: it may begin anywhere.

    It is one installation's: a wipe makes another one, which begins from nothing. `older` is that of the installation
    before, `newer` that of the next.
    """

    __slots__ = (
        "access", "apart", "at", "beyond", "cursor", "cursor_index", "device", "first", "installation", "log", "newer", "older",
        "seen", "shown", "shown_index", "since", "stored", "stored_index", "upto",
    )  # fmt: skip

    def __init__(
        self, device: str, log: Log, access: Access, base: int, installation: int = 1, older: Held | None = None
    ) -> None:
        self.device = device
        self.log = log
        self.access = access
        self.installation = installation
        self.older = older
        self.newer: Held | None = None
        start = access.skips.get(0, base)
        self.upto = start
        self.beyond: dict[int, int] = {}
        self.cursor = base
        self.stored = base
        self.shown = start
        self.shown_index = -1
        self.cursor_index = -1
        self.stored_index = -1
        self.seen = start
        self.apart: dict[int, None] = {}
        self.first: dict[str, int] = {}
        self.at = -2
        self.since = -1
        """The event that made it one of the conversation's devices."""

    def installations(self) -> Iterator[Held]:
        """This one and those before it."""
        held: Held | None = self
        while held is not None:
            yield held
            held = held.older

    def ever(self) -> int:
        """How far the device held the conversation, in whatever installation."""
        return self.upto if self.older is None else max(self.upto, self.older.ever())

    def target(self) -> int:
        """The head that the device has to reach: that of the log, or of what its user may read of it."""
        head, last = self.log.head, self.access.last
        return head if head < last else last

    def holds(self, seq: int) -> bool:
        return seq <= self.upto or seq in self.beyond

    def has_shown(self, seq: int) -> bool:
        return seq <= self.seen or seq in self.apart

    def after(self, seq: int) -> int:
        """The next seq that is to be shown after `seq`."""
        skips, fillers = self.access.skips, self.log.fillers
        seq = skips.get(seq, seq) + 1
        while seq in fillers:
            seq = skips.get(seq, seq) + 1
        return seq

    def lacks(self) -> int:
        """The index of the commit of the first message that it does not hold; -1 if there is none."""
        return self.log.rows.get(self.access.skips.get(self.upto, self.upto) + 1, ("", -1))[1]

    def store(self, seq: int, index: int) -> None:
        """It stored the row at `seq`."""
        if seq == self.upto + 1:
            self.upto = seq
        elif seq > self.upto:
            self.beyond[seq] = index
        if self.beyond:
            skips = self.access.skips
            following = skips.get(self.upto, self.upto) + 1
            while following in self.beyond:
                self.upto = following
                del self.beyond[following]
                following = skips.get(following, following) + 1

    def show_apart(self, seq: int) -> None:
        """It showed `seq`, which does not follow `seen`: something was left out, a filler at least."""
        if self.has_shown(seq):
            return
        self.apart[seq] = None
        following = self.after(self.seen)
        while following in self.apart:
            del self.apart[following]
            self.seen = following
            following = self.after(following)


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
        self.patience = 3 * skew
        """After so many µs nothing comes any more that happened within `skew` of an event: lines go back by one `skew`, and
        what waits for its sending is of two (`parley/commands/verify.py`)."""
        self.name = name
        self.sent: dict[tuple[str, str], Sent] = {}
        """By conversation and message_id."""
        self.message: Sent | None = None
        """What is known of the message of the event under judgement."""
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
                self.held[event.device, log.name] = new
                for devices in (log.everyone, log.devices):
                    if old in devices:
                        devices[devices.index(old)] = new
                self.renewed.append(new)

    def requested(self, event: SendRequested, index: int) -> None:
        device = event.device
        request = Request(device, event.send, event.t, index, event.number, self.installation_of.get(device, 1))
        request.held = held = self.held.get((device, event.conversation))
        if held is not None:
            request.at = held.at
        self.requests[device, event.send] = request

    def attempted(self, event: SendAttempted, index: int) -> None:
        which = (event.conversation, event.message)
        self.message = sent = self.sent.get(which)
        if sent is None:
            request = self.requests.get((event.device, event.send))
            if request is None:
                installation = self.installation_of.get(event.device, 1)
                request = Request(event.device, event.send, event.t, index, 0, installation)
                self.requests[event.device, event.send] = request
            self.message = self.sent[which] = Sent(event.message, request, event.t, index)
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
            if place < 0 and held.at > -2 and not self.was_away(held):
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
