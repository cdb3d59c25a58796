"""Who may read what of a conversation: a member's row, and the spans of seqs that it grants (D3, P13).

Requirements: D3, P13.
"""

from __future__ import annotations

from typing import NamedTuple

OPEN = 1 << 62
"""The end of a membership that goes on."""


class Member(NamedTuple):
    """A user's row in the membership table: the role, and the spans of seqs that the user may read, in order.

    joined_at and left_at are the ends of the last span, which is `OPEN` while the user is a member. last_read_seq is kept
    beside it, in `ConversationTable.read`.
    """

    role: str
    spans: tuple[tuple[int, int], ...]

    def reads(self, seq: int) -> bool:
        """Whether the user may read that row."""
        return any(first <= seq <= last for first, last in self.spans)

    def next_span(self, after: int) -> tuple[int, int]:
        """The seqs after `after` that the user may read: the first, and the last without a break; (after + 1, 0) if none."""
        for first, last in self.spans:
            if last > after:
                return max(first, after + 1), last
        return after + 1, 0

    def last_span(self, before: int) -> tuple[int, int]:
        """The highest seqs below `before` that the user may read, without a break: the first and the last; (1, 0) if none."""
        for first, last in reversed(self.spans):
            if first < before and first <= last:
                return first, min(last, before - 1)
        return 1, 0

    def head(self, head: int) -> int:
        """The highest seq that the user may read, when `head` is the highest there is."""
        return min(head, self.spans[-1][1]) if self.spans else 0
