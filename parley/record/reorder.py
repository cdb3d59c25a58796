"""The order in which events can be judged, where the clocks of those who wrote the lines differ.

Requirements: V1, V2.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from operator import itemgetter
from typing import Any

from model.events import ConversationOpened, DeviceRegistered, DuplicateIgnored, Persisted, SendAttempted, Shown, Stored
from parley.record.reading import Reader
from properties.judge import Judge
from properties.ledger import TURNS
from sim.history import Ended, Event

_COMES = (Stored, Shown, DuplicateIgnored)
"""What a device tells of a message that it got, from whomever."""
_INTRODUCTIONS = (DeviceRegistered, ConversationOpened)
"""What says who is there."""


class Causes:
    """Puts right what clocks that differ turn round: by the lines, a message is shown before it is sent, or its reader is in.

    A device that has what nobody sent yet waits, with all that it does after that, until the sending comes, or can't come any
    more: then nobody sent it, or it is older than the record. Joins and leaves are judged as soon as they are read, and all
    else when no join can come any more that clocks put too late; unless the server's own lines are there, whose order counts.
    Each device's lines stay in their order. What waits is of twice the time that clocks may be apart, once for each of the two.
    A Healed releases nothing: it says what whoever runs the experiment did, by a clock of its own. An Ended comes last of all,
    for a clock that is ahead puts lines below it.
    """

    def __init__(self, reader: Reader, judge: Judge) -> None:
        kinds = reader.kinds
        self._sent = judge.ledger.sent
        self._reorder_window = 2 * reader.scope.skew
        self._comes = frozenset(kinds[kind] for kind in _COMES if kind in kinds and SendAttempted in kinds)
        self._sends = kinds.get(SendAttempted)
        self._end = kinds[Ended]
        self._ended: list[tuple[int, Any]] = []
        self._turns = frozenset(kinds[kind] for kind in TURNS if kind in kinds and Persisted not in kinds)
        self._introduces = frozenset(kinds[kind] for kind in _INTRODUCTIONS)
        self._waiting: dict[str, deque[tuple[int, Any]]] = {}
        """By device: from what nobody sent so far on."""
        self._read: deque[tuple[int, Any]] = deque()
        """What may need a join that has not been read yet."""
        self._latest = 0
        self._unset = 0
        """How much of what was read says who is there: a join may be of them."""

    def order(self, first: int, block: list[Event]) -> Iterator[tuple[int, Event]]:
        """The events of a block that can be judged now, and what waited for them: each is judged before the next is taken."""
        read = self._read
        for index, event in enumerate(block, first):
            kind = type(event)
            if kind is self._end:
                self._ended.append((index, event))
                continue
            if not self._turns:
                yield from self._next(index, event)
                continue
            self._latest = max(self._latest, event.t)
            if kind in self._turns and not self._unset:
                yield index, event
                continue
            read.append((index, event))
            self._unset += kind in self._introduces
            before = self._latest - self._reorder_window
            while read and (read[0][1].t < before or (self._unset and len(read) == self._unset)):
                yield from self._take()

    def _take(self) -> Iterator[tuple[int, Event]]:
        index, event = self._read.popleft()
        self._unset -= type(event) in self._introduces
        yield from self._next(index, event)

    def _next(self, index: int, event: Any) -> Iterator[tuple[int, Event]]:
        """The event, if it need not wait for a sending, and what waited for that."""
        waiting = self._waiting
        if waiting:
            yield from self._overdue(event.t - self._reorder_window)
        device = getattr(event, "device", "") or event.node
        if device in waiting:
            waiting[device].append((index, event))
        elif self._is_early(event):
            waiting[device] = deque([(index, event)])
        else:
            yield index, event
            if waiting and type(event) is self._sends:
                yield from self._released()

    def rest(self) -> Iterator[tuple[int, Event]]:
        """All that waits: nothing will come any more."""
        while self._read:
            yield from self._take()
        yield from self._left()
        yield from self._ended
        self._ended.clear()

    def _left(self) -> Iterator[tuple[int, Event]]:
        left = sorted((each for queue in self._waiting.values() for each in queue), key=itemgetter(0))
        self._waiting.clear()
        yield from left

    def _is_early(self, event: Any) -> bool:
        return type(event) in self._comes and (event.conversation, event.message) not in self._sent

    def _overdue(self, before: int) -> Iterator[tuple[int, Event]]:
        for device in [device for device, queue in self._waiting.items() if queue[0][1].t < before]:
            queue = self._waiting.get(device)
            while queue and (queue[0][1].t < before or not self._is_early(queue[0][1])):
                yield queue.popleft()
            if queue is not None and not queue:
                del self._waiting[device]
            yield from self._released()

    def _released(self) -> Iterator[tuple[int, Event]]:
        """What need not wait any more, and what waited for that."""
        again = True
        while again:
            again = False
            for device in [*self._waiting]:
                queue = self._waiting[device]
                while queue and not self._is_early(queue[0][1]):
                    again = again or type(queue[0][1]) is self._sends
                    yield queue.popleft()
                if not queue:
                    del self._waiting[device]
