"""What a history has shown so far, kept once for all properties.

What an event establishes (a commit, a row on a device) is in the ledger before any property sees the event; what it
claims (a cursor, something shown) only after all of them have compared it with what was there. State is kept by
conversation and by (device, conversation), never by connection or incarnation: session order must hold through
reconnects, restarts and re-installs.

Requirements: V1.
"""

from __future__ import annotations

from model.events import (
    AckSent,
    ConversationOpened,
    CursorMoved,
    CursorStored,
    DeviceRegistered,
    FillerPersisted,
    Persisted,
    Shown,
    Stored,
)


class Log:
    """A conversation as it was committed. `rows[seq]` is (message, index); the first `base` were there before.

    `fillers[seq]` is the index of a filler: a row that is held like others, and never shown. Of the last commit, `fresh`
    says whether it took a free seq, and `risen` by how much it raised the head.
    """

    __slots__ = ("base", "devices", "fillers", "fresh", "head", "members", "name", "risen", "rows")

    def __init__(self, opened: ConversationOpened) -> None:
        self.name = opened.conversation
        self.members = opened.members
        self.base = opened.head
        self.head = opened.head
        self.rows: dict[int, tuple[str, int]] = {}
        self.fillers: dict[int, int] = {}
        self.devices: list[Held] = []
        self.fresh = False
        self.risen = 0

    def commit(self, seq: int, message: str, index: int) -> None:
        """A row was committed at `seq`; the first one at a seq is the one that counts."""
        self.fresh = seq > self.base and seq not in self.rows
        self.rows.setdefault(seq, (message, index))
        self.risen = max(0, seq - self.head)
        self.head += self.risen

    def after(self, seq: int) -> int:
        """The next seq that is to be shown after `seq`."""
        seq += 1
        while seq in self.fillers:
            seq += 1
        return seq


class Held:
    """What a device durably holds of a conversation: 1..upto without a gap, and `beyond` that (seq to index).

    `shown`, `cursor` and `stored` are the highest seq that it showed, its own cursor, and its cursor in the store, each
    with the index of its event. It has shown everything up to `seen`, and above that what is in `apart`: while nothing
    is left out, `seen` is `shown` and `apart` is empty.
    """

    __slots__ = (
        "apart", "beyond", "cursor", "cursor_index", "device", "log", "seen", "shown", "shown_index", "stored",
        "stored_index", "upto",
    )  # fmt: skip

    def __init__(self, device: str, log: Log) -> None:
        self.device = device
        self.log = log
        self.upto = log.base
        self.beyond: dict[int, int] = {}
        self.cursor = log.base
        self.stored = log.base
        self.shown = log.base
        self.shown_index = -1
        self.cursor_index = -1
        self.stored_index = -1
        self.seen = log.base
        self.apart: dict[int, None] = {}

    def holds(self, seq: int) -> bool:
        return seq <= self.upto or seq in self.beyond

    def has_shown(self, seq: int) -> bool:
        return seq <= self.seen or seq in self.apart

    def lacks(self) -> int:
        """The index of the commit of the first message that it does not hold; -1 if there is none."""
        return self.log.rows.get(self.upto + 1, ("", -1))[1]

    def show_apart(self, seq: int) -> None:
        """It showed `seq`, which does not follow `seen`: something was left out, a filler at least."""
        if self.has_shown(seq):
            return
        self.apart[seq] = None
        following = self.log.after(self.seen)
        while following in self.apart:
            del self.apart[following]
            self.seen = following
            following = self.log.after(following)


class Ledger:
    """The state that properties share."""

    def __init__(self) -> None:
        self.logs: dict[str, Log] = {}
        self.held: dict[tuple[str, str], Held] = {}
        self.here: Held | None = None
        """What the device of the event under judgement holds of its conversation; None for a device of no member."""
        self.user_of: dict[str, str] = {}
        self.devices_of: dict[str, list[str]] = {}

    def opened(self, event: ConversationOpened, _: int) -> None:
        log = self.logs[event.conversation] = Log(event)
        for user in event.members:
            for device in self.devices_of.get(user, ()):
                self._give(device, log)

    def registered(self, event: DeviceRegistered, _: int) -> None:
        self.user_of[event.device] = event.user
        self.devices_of.setdefault(event.user, []).append(event.device)
        for log in self.logs.values():
            if event.user in log.members:
                self._give(event.device, log)

    def _give(self, device: str, log: Log) -> None:
        held = self.held[device, log.name] = Held(device, log)
        log.devices.append(held)

    def persisted(self, event: Persisted, index: int) -> None:
        log = self.logs.get(event.conversation)
        if log is not None:
            log.commit(event.seq, event.message, index)

    def filled(self, event: FillerPersisted, index: int) -> None:
        log = self.logs.get(event.conversation)
        if log is not None:
            log.commit(event.seq, "", index)
            log.fillers.setdefault(event.seq, index)

    def look(self, event: Shown | CursorMoved | CursorStored | AckSent, _: int) -> None:
        """Looks up `here`, once for all properties that see the event."""
        self.here = self.held.get((event.device, event.conversation))

    def stored(self, event: Stored, index: int) -> None:
        self.here = held = self.held.get((event.device, event.conversation))
        if held is None:
            return
        seq = event.seq
        if seq == held.upto + 1:
            held.upto = seq
            beyond = held.beyond
            while beyond and held.upto + 1 in beyond:
                held.upto += 1
                del beyond[held.upto]
        elif seq > held.upto:
            held.beyond[seq] = index

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

    def after_cursor(self, event: CursorMoved, index: int) -> None:
        held = self.here
        if held is not None and event.to > held.cursor:
            held.cursor = event.to
            held.cursor_index = index

    def after_stored_cursor(self, event: CursorStored, index: int) -> None:
        held = self.here
        if held is not None and event.to > held.stored:
            held.stored = event.to
            held.stored_index = index
