"""How long it takes to tell who is away: from the tap on 'send' until a notification of the message is shown.

Of each message and each device that is told of it by a notification, once, by the first one that reaches up to it. The device was
not connected from the commit on, its user did not send the message, and had not read that far. Of whom no notification came,
nothing is counted: whether one was due is for properties to say.

Requirements: R1, G6.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from model.events import NotificationShown, ReadMarkMoved


class _Row(NamedTuple):
    """A message: when it was tapped and committed (µs), its seq (0: not recorded), and the user who sent it."""

    tapped: int
    committed: int
    seq: int
    sender: str


class Notifying:
    """Finds what each notification is the first to tell of, and tells `told` when it was tapped (µs)."""

    def __init__(
        self,
        away_since: Callable[[str, int, int], bool],
        user_of: Callable[[str], str],
        told: Callable[[int, int], None],
    ) -> None:
        """`away_since`: whether a device was not connected from a time until another one (µs)."""
        self._away_since = away_since
        self._user_of = user_of
        self._told = told
        self._rows: dict[str, list[_Row]] = {}
        """By conversation, in the order of the commits."""
        self._next: dict[tuple[str, str], int] = {}
        """By device and conversation: the first row that no notification has reached so far."""
        self._read: dict[tuple[str, str], int] = {}
        """By user and conversation: the highest read mark on any device of the user's."""

    def committed(self, conversation: str, seq: int, tapped: int, t: int, device: str) -> None:
        """A message is committed."""
        self._rows.setdefault(conversation, []).append(_Row(tapped, t, seq, self._user_of(device)))

    def on_mark(self, event: ReadMarkMoved) -> None:
        """A user has read so far."""
        whose = (self._user_of(event.device), event.conversation)
        if isinstance(event.to, int):
            self._read[whose] = max(event.to, self._read.get(whose, 0))

    def on_shown(self, event: NotificationShown) -> None:
        """A notification appears: all that is new up to its seq is told, or all that there is if it doesn't say."""
        key = (event.device, event.conversation)
        rows, next = self._rows.get(event.conversation, []), self._next.get(key, 0)
        user = self._user_of(event.device)
        read = self._read.get((user, event.conversation), 0)
        while next < len(rows):
            row = rows[next]
            if event.seq and row.seq and row.seq > event.seq:
                break
            next += 1
            unread = not row.seq or row.seq > read
            if unread and row.sender != user and self._away_since(event.device, row.committed, event.t):
                self._told(row.tapped, event.t)
        self._next[key] = next
