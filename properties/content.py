"""Content: what a screen shows is what its sender wrote, to the last byte and in every column.

    1. a server stores, or hands out, another text than was sent
    2. a page is made of columns, and one is left out: every message was sent at 0
    3. the column of the sender is that of the reader

Requirements: P20.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from model.events import PageShown, PlaceholderReplaced, SendAttempted, Shown
from properties.base import Property, Violation, sees
from properties.ledger import Ledger


class ShownIsWhatWasSent(Property):
    """What is shown is what was sent: text, sender, time, type and attachment.

    Proof of a violation: a Shown, PlaceholderReplaced or PageShown with another `content` than any SendAttempted of its message
    before it; or a Shown in the name of a user of none of whose devices it was sent. A digest that is not said is not judged,
    nor is what is not known to be sent.
    """

    name: ClassVar[str] = "shown-is-what-was-sent"
    family: ClassVar[str] = "content"
    anomalies: ClassVar[tuple[str, ...]] = ("corruption",)
    optional = (PlaceholderReplaced, PageShown)
    numbers = False

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._sent: dict[tuple[str, str], tuple[dict[str, int], dict[str, None]]] = {}
        """By conversation and message: the digests that went out, each with its event, and the users whose devices sent it."""

    @sees(SendAttempted)
    def on_attempted(self, event: SendAttempted, index: int) -> None:
        if self.ledger.again:
            return
        contents, users = self._sent.setdefault((event.conversation, event.message), ({}, {}))
        contents.setdefault(event.content, index)
        users[self.ledger.user_of.get(event.device, "")] = None

    @sees(Shown)
    def on_shown(self, event: Shown, index: int) -> None:
        sent = self._sent.get((event.conversation, event.message))
        if sent is None:
            return
        contents, users = sent
        self.tested += 1
        if event.sender not in users and event.sender:
            self.violated(
                f"{event.device} showed {event.message} in the name of {event.sender}; {' or '.join(users)} sent it",
                *contents.values(),
                index,
            )
        elif event.content not in contents and event.content and "" not in contents:
            self._other(event.device, event.message, event.content, contents, index)

    @sees(PlaceholderReplaced)
    def on_replaced(self, event: PlaceholderReplaced, index: int) -> None:
        self._compare(event.device, event.conversation, event.message, event.content, index)

    @sees(PageShown)
    def on_page(self, event: PageShown, index: int) -> None:
        for message, content in zip(event.messages, event.contents, strict=False):
            self._compare(event.device, event.conversation, message, content, index)

    def _compare(self, device: str, conversation: str, message: str, content: str, index: int) -> None:
        contents, _ = self._sent.get((conversation, message), ({"": -1}, {}))
        if content not in contents and content and "" not in contents:
            self._other(device, message, content, contents, index)

    def _other(self, device: str, message: str, content: str, contents: dict[str, int], index: int) -> None:
        self.violated(
            f"{device} showed {message} with another text, time, type or attachment than was sent: "
            f"{content}, not {' or '.join(contents)}",
            *contents.values(),
            index,
        )
