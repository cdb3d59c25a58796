"""What a user may read of a conversation.

Requirements: V1.
"""

from __future__ import annotations

OPEN = 1 << 62
"""Where the span of a member ends."""


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

    def up_to(self, seq: int) -> int:
        """The last seq up to `seq` that is for this user; `seq` itself, if that is before all of them."""
        seq = min(seq, self.last) if self.spans else seq
        return next((end for end, passed in self.skips.items() if end < seq <= passed), seq)

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
