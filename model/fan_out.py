"""Fan-out (P11): how one message becomes many deliveries, by the size of its audience.

Promise kept here: none by itself: whatever is chosen, the log has the message, and a device that syncs gets it. What is
chosen decides what a message costs, and how soon devices hear of it. Three kinds can stand for each other:

    on write   an inbox row and a delivery task for each recipient; a digest lists what is in the inbox
    on read    the log only; devices that are online get a hint that there is something new, and fetch it
    hybrid     stored once; pushed to devices that are online; inbox rows only below a size of the audience

A conversation may grow past the threshold while it runs. The size that counts is the one at the message's own place, so
that everybody who handles the message comes to the same answer. Below it digests list the inbox, above it the log; what
is higher of both is right, since everything before it can be fetched.

Requirements: P11, P12, D9.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from model.decisions import SWEPT, decision, setting

Strategy = Literal["write", "read", "hybrid"]


class FanOut:
    """The policy of one protocol. `audience` is the number of members at the place of the message, in users."""

    kind: ClassVar[str] = "fan_out"

    threshold = setting(
        100, unit="members", why="From so many members on, a message has no row per recipient.", source=SWEPT
    )

    @decision
    def strategy(self, audience: int) -> Strategy:
        """How a message is delivered: write, read or hybrid (P11).

        Variant::

            def strategy(self, audience):
                return "write" if audience < 10 else "read"
        """
        return "hybrid"

    @decision
    def writes_inbox(self, audience: int) -> bool:
        """Whether a message gets an inbox row for each recipient (P11, P12, D9). If not, digests list the log itself.

        On write always, on read never; hybrid below the threshold: a large group must not pay by its size.

        Variant::

            def writes_inbox(self, audience):
                return True
        """
        strategy = self.strategy(audience)
        return strategy == "write" or (strategy == "hybrid" and audience < self.threshold)

    @decision
    def lists_from(self) -> Literal["inbox", "log", "both"]:
        """Where the list of a user's conversations, with what is unread, is read (P11, D9): the inbox, the logs, or both.

        On write the inbox has all of it: one read, however many conversations there are. On read each partition is asked for
        the conversations that it holds, and counts what is unread at that moment. Hybrid: small conversations by the inbox, and
        by their logs those that have something which is in no inbox.

        Variant::

            def lists_from(self):
                return "log"
        """
        return "both"

    def promises_no_rows_from(self) -> int:
        """From how many members on the deployment declares to write no row for each recipient; 0: it declares nothing.

        Declared at the start of a history, so that what is written is judged by it, whatever `writes_inbox` answers.
        """
        return self.threshold

    @decision
    def task_per_recipient(self, audience: int) -> bool:
        """Whether each recipient gets a delivery task, or all share one (P11): each on write.

        Variant::

            def task_per_recipient(self, audience):
                return False
        """
        return self.strategy(audience) == "write"

    @decision
    def pushes_body(self, audience: int) -> bool:
        """Whether devices that are online are pushed the message, or only a hint that there is one (P11): a hint on read.

        Variant::

            def pushes_body(self, audience):
                return False
        """
        return self.strategy(audience) != "read"

    @decision
    def is_hot(self, audience: int) -> bool:
        """Whether a message's tasks go to the queues and workers of hot groups, if there are any (P12).

        A message to thousands would stand in the way of many small ones.

        Variant::

            def is_hot(self, audience):
                return False
        """
        return audience >= self.threshold


class Hybrid(FanOut):
    """Stored once, pushed to devices that are online, inbox rows in small conversations only. The reference."""


class OnWrite(FanOut):
    """An inbox row and a delivery task for each recipient."""

    def promises_no_rows_from(self) -> int:
        """It promises nothing: rows for each recipient are what it is."""
        return 0

    def lists_from(self) -> Literal["inbox", "log", "both"]:
        """From the inbox."""
        return "inbox"

    def strategy(self, audience: int) -> Strategy:
        """Always on write."""
        return "write"


class OnRead(FanOut):
    """The log only."""

    def promises_no_rows_from(self) -> int:
        """No message has any."""
        return 1

    def lists_from(self) -> Literal["inbox", "log", "both"]:
        """From the logs."""
        return "log"

    def strategy(self, audience: int) -> Strategy:
        """Always on read."""
        return "read"
