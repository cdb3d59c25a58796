"""Sync: a page is no older than what its reader knew. Replicas lag and caches are old; a device must not go back in time by them.

    1. a push of 7 comes, 6 is missing, the device asks for what follows 5: a lagging replica says that 5 is all there is
    2. a page said that the head is 9; the next one comes from another replica, whose head is 7

A page that is too old does no harm that lasts: a later digest says the rest. So no promise of what is there in the end sees it.

Requirements: P7, P12, C5, F4.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from model.events import GapOpened, Slept, SyncPageReceived, SyncRequested, Wiped
from properties.base import Property, Violation, sees
from properties.ledger import Ledger
from sim.history import Crashed


class PagesAreNoOlder(Property):
    """A sync page is no older than what its device knew when it asked: its head is at least as high as any that was known.

    Known are the head of each page, what arrived out of order, and the place that is asked for, in this life of the app; when
    it asked for the same place more than once, what was known the first time, since pages may come late and twice. Proof of a
    violation: a SyncPageReceived whose head is below that.
    """

    name: ClassVar[str] = "pages-are-no-older"
    family: ClassVar[str] = "completeness"
    anomalies: ClassVar[tuple[str, ...]] = ("stale read",)

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._known: dict[str, dict[str, tuple[int, int]]] = {}
        """By device and conversation: the highest seq that was heard of, and the event that says so."""
        self._asked: dict[str, dict[str, tuple[int, int, int]]] = {}
        """By device and conversation: after which seq was asked last, what was known then, and the event of that."""

    def _hear(self, device: str, conversation: str, seq: int, index: int) -> None:
        known = self._known.setdefault(device, {})
        if seq > known.get(conversation, (0, -1))[0]:
            known[conversation] = (seq, index)

    @sees(GapOpened)
    def on_gap(self, event: GapOpened, index: int) -> None:
        self._hear(event.device, event.conversation, event.got, index)

    @sees(SyncRequested)
    def on_request(self, event: SyncRequested, index: int) -> None:
        asked = self._asked.setdefault(event.device, {})
        last = asked.get(event.conversation)
        if last is None or last[0] != event.after:
            known = self._known.get(event.device, {}).get(event.conversation, (0, -1))
            asked[event.conversation] = (event.after, *max(known, (event.after, index)))

    @sees(SyncPageReceived)
    def on_page(self, event: SyncPageReceived, index: int) -> None:
        after, known, told = self._asked.get(event.device, {}).get(event.conversation, (-1, 0, -1))
        if after == event.after and event.head:
            self.tested += 1
            if event.head < known:
                self.violated(
                    f"{event.device} asked for {event.conversation} after {after}, knowing of {known}, "
                    f"and got a page whose head is {event.head}",
                    told,
                    index,
                )
        self._hear(event.device, event.conversation, event.head, index)

    @sees(Slept, Crashed, Wiped)
    def on_end(self, event: Slept | Crashed | Wiped, _: int) -> None:
        """What an app had heard of ends with it: the next digest says it again."""
        self._known.pop(event.node, None)
        self._asked.pop(event.node, None)
