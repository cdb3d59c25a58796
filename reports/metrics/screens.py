"""From the tap on 'send' to the screen: of every delivery that was due, also of one that never came.

A delivery is due on each device of a member, but for the one that sends, from the commit of a message that somebody tapped;
and of a message that was neither committed nor refused by the end. It is due no more for who was removed since, is logged
out, or is lost for good, or whose conversation's quorum is, nor is what retention removed. One that had not come when the run
ended counts as having taken until then, so that a system that loses what is late has no better figures than one that delivers
it.

Requirements: R1, R2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from model.events import ConversationOpened, DeviceRegistered, MemberJoined, MemberLeft, Shown

YOUNG = 60_000_000
"""So many µs a connection that follows another one is young: a heartbeat, which brings what a dead live path did not, is due by
then."""


class Row:
    """A message that was tapped: when (µs) and by which device, when it was committed, and who was to show it."""

    __slots__ = ("committed", "conversation", "device", "due", "message", "missing", "sender", "seq", "shown", "tapped")

    def __init__(
        self,
        conversation: str,
        device: str,
        tapped: int,
        committed: int,
        sender: str,
        due: dict[str, None],
        seq: int = 0,
        message: str = "",
    ) -> None:
        self.message = message
        self.conversation = conversation
        self.device = device
        self.tapped = tapped
        self.committed = committed
        self.sender = sender
        """Whether the sending device was connected all the time until the commit: connected, or away."""
        self.due = due
        self.seq = seq
        self.missing = len(due) - (device in due)
        """How many of those have not shown it."""
        self.shown: dict[str, None] = {}


class Screens:
    """What was to be shown, and was not yet: `take(row, device, t)` is told of each that came, and at the end of the rest."""

    def __init__(self, take: Callable[[Row, str, int], None]) -> None:
        self._take = take
        self._rows: dict[tuple[str, str], Row | None] = {}
        """By conversation and message_id; None for what is on all screens."""
        self._unsent: dict[tuple[str, str], tuple[str, int]] = {}
        """By device and send, what is not committed and not refused: its conversation, and when it was tapped (µs)."""
        self._devices_of: dict[str, list[str]] = {}
        self._user_of: dict[str, str] = {}
        self._members: dict[str, dict[str, None]] = {}
        self._crowds: dict[str, dict[str, None]] = {}
        """By conversation: the devices of its members, as long as nothing of it changes."""
        self._left: dict[tuple[str, str], int] = {}
        self._gone: dict[str, None] = {}
        """The devices that are lost for good, or that nobody is logged in on."""
        self._stopped: dict[str, None] = {}
        """The conversations whose quorum is gone for good."""
        self._removed: dict[str, int] = {}
        """By conversation: up to where rows were removed by a policy."""

    def on_device(self, event: DeviceRegistered) -> None:
        """A device belongs to its user."""
        self._user_of[event.device] = event.user
        self._devices_of.setdefault(event.user, []).append(event.device)
        self._crowds.clear()

    def on_conversation(self, event: ConversationOpened) -> None:
        """A conversation begins."""
        self._members[event.conversation] = dict.fromkeys(event.members)
        self._crowds.pop(event.conversation, None)

    def on_joined(self, event: MemberJoined) -> None:
        """A user is a member."""
        self._members.setdefault(event.conversation, {})[event.user] = None
        self._crowds.pop(event.conversation, None)

    def on_left(self, event: MemberLeft) -> None:
        """A user is a member no more."""
        self._members.get(event.conversation, {}).pop(event.user, None)
        self._crowds.pop(event.conversation, None)
        self._left[event.conversation, event.user] = event.t

    def gone(self, device: str) -> None:
        """Nothing is due on the device any more."""
        self._gone[device] = None

    def back(self, device: str) -> None:
        """The device is there again, and owes what it owes."""
        if self._gone:
            self._gone.pop(device, None)

    def stopped(self, conversations: tuple[str, ...]) -> None:
        """These conversations' quorum is gone for good."""
        self._stopped.update(dict.fromkeys(conversations))

    def removed(self, conversation: str, upto: int) -> None:
        """Nobody is owed the conversation's rows up to there any more."""
        self._removed[conversation] = max(upto, self._removed.get(conversation, 0))

    def tapped(self, device: str, send: str, conversation: str, t: int) -> None:
        """Somebody taps on 'send'."""
        self._unsent[device, send] = (conversation, t)

    def answered(self, device: str, send: str) -> None:
        """A send was refused: nobody is to show it."""
        self._unsent.pop((device, send), None)

    def wiped(self, device: str) -> None:
        """The device's outbox is gone with all else."""
        for which in [which for which in self._unsent if which[0] == device]:
            del self._unsent[which]

    def committed(
        self, conversation: str, message: str, send: tuple[str, str], tapped: int, t: int, sender: str, seq: int = 0
    ) -> None:
        """A message is durable: it is due on all others' screens. The first commit is the one that counts."""
        self._unsent.pop(send, None)
        if (conversation, message) not in self._rows:
            crowd = self._crowds.get(conversation) or self._crowd(conversation)
            self._rows[conversation, message] = Row(conversation, send[0], tapped, t, sender, crowd, seq, message)

    def on_shown(self, event: Shown) -> None:
        """A device shows a message, or passes its place, because its user had blocked the sender."""
        row = self._rows.get((event.conversation, event.message))
        device = event.device
        if row is None or device == row.device or device in row.shown:
            return
        row.shown[device] = None
        if not event.hidden:
            self._take(row, device, event.t)
        if device in row.due:
            row.missing -= 1
            if not row.missing:
                self._rows[event.conversation, event.message] = None

    def finish(self, t: int) -> None:
        """The history ends at `t` (µs): tells of what is still due."""
        for row in self._rows.values():
            if row is not None:
                for device in self._missing(row):
                    self._take(row, device, t)
        for (device, _), (conversation, tapped) in self._unsent.items():
            if device not in self._gone:
                row = Row(conversation, device, tapped, tapped, "away", self._crowd(conversation))
                for other in self._missing(row):
                    self._take(row, other, t)

    def _crowd(self, conversation: str) -> dict[str, None]:
        users = self._members.get(conversation, ())
        crowd = dict.fromkeys(device for user in users for device in self._devices_of.get(user, ()))
        self._crowds[conversation] = crowd
        return crowd

    def _missing(self, row: Row) -> Iterator[str]:
        members = self._members.get(row.conversation, {})
        if row.conversation in self._stopped or 0 < row.seq <= self._removed.get(row.conversation, 0):
            return
        for device in row.due:
            if device in row.shown or device == row.device or device in self._gone:
                continue
            user = self._user_of[device]
            if user in members and self._left.get((row.conversation, user), -1) < row.committed:
                yield device
