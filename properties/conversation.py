"""A conversation as it was committed, and what each device holds and has shown of it.

Requirements: V1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from model.events import ConversationOpened
from properties.access import Access


class Log:
    """A conversation as it was committed. `rows[seq]` is (message, index); the first `base` were there before.

    `fillers[seq]` is the index of a filler: a row that is held like others, and never shown. Of the last commit, `fresh`
    says whether it took a free seq, and `risen` by how much it raised the head. `devices` are those of the members now,
    `everyone` those of all who ever were; `changed` are those of the last join or leave, with the head that each had
    to reach before it. `began` are the members at the start.

    `order` is the conversation as the screens have it: each message has the place, from 0, at which it was first shown on any
    device. `ranks` has for each place the message, the event, and the place at which its *chain* begins: in a chain, each
    message was first shown right below the one before it, so that a device vouches for every step of it. `free` are those that
    get no place, because a device has them and something newer, and does not say in which order.
    """

    __slots__ = (
        "access", "base", "began", "begun", "blocked", "changed", "devices", "everyone", "fillers", "free", "fresh", "head",
        "hidden", "members", "name", "order", "ranks", "removed", "removed_place", "risen", "rows", "shown_at",
    )  # fmt: skip

    def __init__(self, opened: ConversationOpened) -> None:
        self.name = opened.conversation
        self.began: dict[str, None] = dict.fromkeys(opened.members)
        self.members = dict(self.began)
        self.blocked: dict[str, dict[str, int]] = {}
        """By sender: which users block the sender here now, with the event that says so."""
        self.hidden: dict[int, dict[str, int]] = {}
        """By seq: the members who had blocked its sender when it was committed, each with the event that says so."""
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
        self.free: dict[str, None] = {}
        self.shown_at: dict[int, str] = {}
        """By seq: the message that was first shown there."""
        self.removed = 0
        """Up to which seq the store has removed rows, by its policy."""
        self.removed_place = -1
        """The place, in the order of the screens, up to which there is nothing to be had any more."""

    def seqs(self, first: int, last: int) -> Iterable[int]:
        """The seqs from `first` to `last` at which there may be something, in no order."""
        if last - first <= self.base + len(self.rows):
            return range(first, last + 1)
        return [seq for seq in (*range(1, self.base + 1), *self.rows) if first <= seq <= last]

    def remove(self, upto: int, *, opaque: bool) -> None:
        """The store keeps nothing up to `upto` any more. Where seqs are names, what is above that is known from the screens."""
        self.removed = upto if opaque else max(upto, self.removed)
        shown = (m for seq, m in self.shown_at.items() if (seq == upto if opaque else seq <= upto))
        self.removed_place = max((self.order[m] for m in shown if m in self.order), default=self.removed_place)
        if not opaque:
            for held in self.everyone:
                held.pass_removed(self.removed)

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

    `first` has what it showed, by message_id, with the event of the first time; `also` the same of what it has on its screen, or
    read, at a place that is not compared with others': in a page, at the tap. `loose` are those of them that came since the
    device last gave a message its place. `at` is the place in the log's `order` of the
    last one of them; -1: it begins where the conversation does, -2: it may begin anywhere.

    It is one installation's: a wipe makes another one, which begins from nothing. `older` is that of the installation
    before, `newer` that of the next.
    """

    __slots__ = (
        "access", "also", "apart", "at", "beyond", "cursor", "cursor_index", "device", "first", "installation", "log", "loose",
        "newer", "older", "seen", "shown", "shown_index", "since", "stored", "stored_index", "upto",
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
        self.also: dict[str, int] = {}
        self.loose: list[str] = []
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

    def has(self, message: str) -> bool:
        """Whether the message is on its screen, or was, at whatever place."""
        return message in self.first or message in self.also

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

    def pass_removed(self, upto: int) -> None:
        """Nothing up to `upto` is owed any more: it counts as held, and as shown."""
        upto = self.access.up_to(upto)
        if self.upto < upto:
            self.upto = upto
            self.beyond = {seq: index for seq, index in self.beyond.items() if seq > upto}
            self._close_up()
        if self.seen < upto:
            self.seen = upto
            self.apart = {seq: None for seq in self.apart if seq > upto}
            following = self.after(self.seen)
            while following in self.apart:
                del self.apart[following]
                self.seen = following
                following = self.after(following)

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
            self._close_up()

    def _close_up(self) -> None:
        """What lies beyond is held without a gap, as far as it follows."""
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
