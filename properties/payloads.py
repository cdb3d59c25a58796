"""What a push carries: no more than its platform takes, and a badge that the store has counted.

    1. somebody has a very long name: the provider refuses the push, and nobody is woken
    2. the badge counts pushes: it says 1 while nine messages wait, or 3 when two of them were read on the laptop

Requirements: P8, P10.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable
from typing import ClassVar

from model.events import BlockStored, NotificationAttempted, NotificationShown, Persisted, ReadStored
from properties.base import Property, Violation, sees
from properties.ledger import LIVES, TURNS, Ledger

LIMITS = {"fcm": 4_096, "apns": 4_096}
"""The largest payload of a push, in bytes, by platform: Firebase documentation, Apple documentation (4 KB)."""


class PushesFitTheirPlatform(Property):
    """No push is larger than its platform takes.

    Proof of a violation: a NotificationAttempted of more than 4,096 bytes that goes to fcm or to apns. One whose size, or
    whose platform, is not recorded can't be judged.
    """

    name: ClassVar[str] = "pushes-fit-their-platform"
    family: ClassVar[str] = "push"
    anomalies: ClassVar[tuple[str, ...]] = ("notification missing",)

    @sees(NotificationAttempted)
    def on_attempted(self, event: NotificationAttempted, index: int) -> None:
        limit = LIMITS.get(event.platform)
        if limit is None or not event.bytes:
            return
        self.tested += 1
        if event.bytes > limit:
            self.violated(
                f"a push to {event.device} has {event.bytes:,} bytes, and {event.platform} takes {limit:,}", index
            )


class BadgeInPushIsTheServersCount(Property):
    """The number of unread messages in a push is the store's count: others' messages above the user's stored read mark.

    Proof of a violation: a NotificationAttempted whose `badge` is another number than there are committed messages of others
    above the mark `read` and up to `upto`, or whose mark was not in force at any time since the commit of `upto`; or a
    NotificationShown with another badge than every attempt for that token, conversation and place had. If the user has
    joined or left since that commit, or if it isn't known, it can't be judged.
    """

    name: ClassVar[str] = "badge-in-push-is-the-servers-count"
    family: ClassVar[str] = "push"
    anomalies: ClassVar[tuple[str, ...]] = ("unread divergence: negative, ghost",)
    rests_on = (BlockStored, *LIVES, *TURNS)

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._written: dict[str, list[int]] = {}
        """By conversation: the seqs of what people wrote."""
        self._own: dict[tuple[str, str], list[int]] = {}
        """By conversation and user: those of what the user wrote, or sees nothing of."""
        self._marks: dict[tuple[str, str], tuple[list[int], list[int]]] = {}
        """By conversation and user: the indices of what moved the stored mark, and to where."""
        self._attempted: dict[tuple[str, str, int], dict[int, int]] = {}
        """By token, conversation and place: which badges were attempted, with the index of the first one."""

    @sees(Persisted)
    def on_persisted(self, event: Persisted, index: int) -> None:
        log = self.ledger.logs.get(event.conversation)
        if log is None or log.rows[event.seq][1] != index or event.kind:
            return
        insort(self._written.setdefault(event.conversation, []), event.seq)
        for user in (event.sender, *log.hidden.get(event.seq, ())):
            insort(self._own.setdefault((event.conversation, user), []), event.seq)

    @sees(ReadStored)
    def on_read(self, event: ReadStored, index: int) -> None:
        indices, marks = self._marks.setdefault((event.conversation, event.user), ([], []))
        indices.append(index)
        marks.append(event.to)

    @sees(NotificationAttempted)
    def on_attempted(self, event: NotificationAttempted, index: int) -> None:
        if event.badge < 0:
            return
        name, upto = event.conversation, event.upto
        self._attempted.setdefault((event.token, name, upto), {}).setdefault(event.badge, index)
        user, log = self.ledger.user_of.get(event.device, ""), self.ledger.logs.get(name)
        if log is None or upto not in log.rows or user not in log.access:
            return
        committed, access = log.rows[upto][1], log.access[user]
        if max(access.joined_index, access.left_index) > committed or not access.member:
            return
        self.tested += 1
        indices, marks = self._marks.get((name, user), ([], []))
        before = bisect_right(indices, committed)
        first = marks[before - 1] if before else log.base if user in log.began else 0
        if event.read != first and event.read not in marks[before:]:
            self.violated(
                f"the badge in a push to {event.device} is counted from {event.read}, which was {user}'s stored read mark of "
                f"{name} at no time since {upto} was committed",
                committed,
                index,
            )
            return
        after = max(event.read, access.joined_at)
        unread = self._between(self._written.get(name), after, upto) - self._between(
            self._own.get((name, user)), after, upto
        )
        if event.badge != unread:
            self.violated(
                f"a push to {event.device} says that {event.badge} are unread in {name} up to {upto}, and the store has {unread}",
                committed,
                index,
            )

    @sees(NotificationShown)
    def on_shown(self, event: NotificationShown, index: int) -> None:
        attempted = self._attempted.get((event.token, event.conversation, event.seq))
        if event.badge < 0 or attempted is None:
            return
        if event.badge not in attempted:
            told = " or ".join(map(str, attempted))
            self.violated(
                f"{event.device} shows a badge of {event.badge} for {event.conversation}, and was sent {told}",
                next(iter(attempted.values())),
                index,
            )

    @staticmethod
    def _between(seqs: list[int] | None, after: int, upto: int) -> int:
        return max(0, bisect_right(seqs, upto) - bisect_right(seqs, after)) if seqs else 0
