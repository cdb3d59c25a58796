"""The order in which events can be judged, where the clocks of those who wrote the lines differ.

Requirements: V5.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from operator import itemgetter
from typing import Any

from model.events import DuplicateIgnored, SendAttempted, Shown, Stored
from parley.histories import Reader
from properties.judge import Judge
from sim.history import Ended, Event, Healed

_COMES = (Stored, Shown, DuplicateIgnored)
"""What a device tells of a message that it got, from whomever."""


class Causes:
    """Puts right what clocks that differ turn round: by the lines, a message may be on a screen before it is sent.

    A device that has what nobody sent yet waits, with all that it does after that, until the sending comes, or can't come any
    more: then nobody sent it, or it is older than the record. Each device's lines stay in their order. What waits is of twice
    the time that clocks may be apart.
    """

    def __init__(self, reader: Reader, judge: Judge) -> None:
        self._sent = judge.ledger.sent
        self._patience = 2 * reader.view.skew
        self._comes = frozenset(reader.kinds[kind] for kind in _COMES if kind in reader.kinds)
        self._sends = reader.kinds[SendAttempted]
        self._ends = frozenset(reader.kinds[kind] for kind in (Healed, Ended) if kind in reader.kinds)
        self._waiting: dict[str, deque[tuple[int, Any]]] = {}

    def order(self, first: int, block: list[Event]) -> Iterator[tuple[int, Event]]:
        """The events of a block that can be judged now, and what waited for them: each is judged before the next is taken."""
        waiting = self._waiting
        event: Any
        for index, event in enumerate(block, first):
            if waiting:
                yield from self._overdue(event.t - self._patience)
                if type(event) in self._ends:
                    yield from self.rest()
            device = getattr(event, "device", "")
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
