"""What servers cost: each request that a component lists takes one of its servers for a while, first come, first served.

Promise kept here: nothing is lost by waiting, and nobody is overtaken. What may fail: more comes than can be served. Then
what the system owes to devices waits, and a send that would wait too long is refused, with a time to come again: the device
keeps it until it is answered.

Where nobody waits, a request is handled on the spot, and its server is busy for its service time: no event, no turn
through the heap.

Requirements: C2, C3, C5, C6, C8, C10, P15, V8.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heapreplace
from typing import TYPE_CHECKING, Any, ClassVar

from model.decisions import Index, Micros, action, decision, setting
from model.events import LineJoined, LineLeft, TurnedAway
from model.wire.base import Wire
from sim.capacity import Line
from sim.distributions import Constant, Distribution, Sampler
from sim.draws import key
from sim.network import Connection
from sim.node import Node, Steps, Timer
from sim.state import Marks

if TYPE_CHECKING:
    from sim.network import Network

_TAKES = key("how long a server is busy")

Handler = Callable[[Any, Any], object]


class Serving(Node):
    """A node with servers: it lists what takes one of them."""

    marks = Marks(volatile="line")

    served: ClassVar[dict[type[Wire], str]] = {}
    """By payload: the setting that says for how long it keeps a server busy, as a distribution or in µs."""
    concurrency: int = 1
    """How many servers there are: how many requests are served at once."""

    def __init__(self, network: Network, name: str, region: str) -> None:
        super().__init__(network, name, region)
        for kind, cost in self.served.items():
            self.dispatch[kind] = self._in_turn(self.dispatch[kind], getattr(self, cost))

    def _boot(self) -> None:
        self.line = Line(self.concurrency)
        super()._boot()

    def work(self, duration: int) -> Steps:
        """For a handler of a variant: `yield from self.work(duration)` takes `duration` µs more, in no line (see `served`)."""
        if duration > 0:
            yield self.sleep(duration * self.slowness)

    @decision
    def next_in_line(self, waiting: Index) -> Index:
        """Which of so many that wait is served next, counted from 0, the one that came first: that one (C6).

        Whoever came first waits no longer than there were others before it.

        Variant::

            def next_in_line(self, waiting):
                return waiting - 1
        """
        return 0

    def turned_away_for(self, payload: Any, source: Any, ahead: int) -> bool:
        """Whether a request that would wait `ahead` µs is refused instead. What can be refused says so: `TurnsAway`."""
        return False

    def _in_turn(self, handler: Handler, cost: int | Distribution) -> Handler:
        """What takes a payload, when it is its turn; the common case is that it is at once."""
        env = self.env
        constant = cost if isinstance(cost, int) else cost.value if isinstance(cost, Constant) else -1
        sample: Sampler = (Constant(constant) if isinstance(cost, int) else cost).sampler()

        def arrive(payload: Any, source: Any) -> None:
            now: int = env._now  # type: ignore[assignment]  # whole µs
            line = self.line
            takes = (constant if constant >= 0 else sample(self.luck_of(payload, source))) * self.slowness
            free = line.free
            if free[0] <= now and not line.waiting:
                heapreplace(free, now + takes)
                line.busy += takes
                handler(payload, source)
                return
            if self.turned_away_for(payload, source, line.ahead(now)):
                return
            waits = line.enter(now, takes)
            entry = line.join(now, (handler, payload, source))
            self.emit(LineJoined, entry.ticket, type(payload).__name__, len(line.waiting) - 1)
            env.at(waits, self.tie(), self._expire, Timer(self.life, self._serve_next, None))

        return arrive

    def luck_of(self, payload: Any, source: Any) -> int:
        """The draw for how long a request takes."""
        which: int = payload.key() ^ _TAKES
        return self.draws.u64(_TAKES, which, self.network.count(which))

    def _serve_next(self, _: None) -> None:
        line = self.line
        ticket, since, (handler, payload, source) = line.waiting.pop(self.next_in_line(len(line.waiting)))
        self.emit(LineLeft, ticket, int(self.env._now) - since)
        if isinstance(source, Connection) and not source.is_open(self):
            return  # what was received and not yet read is lost with its connection
        handler(payload, source)


class TurnsAway(Serving):
    """A node that refuses a send which would wait too long for its turn."""

    refused: ClassVar[tuple[type[Wire], ...]] = ()

    longest_wait = setting(
        300_000,
        unit="µs",
        why="A send that would wait for longer is refused, well before its caller gives it up (1 s).",
    )

    @decision
    def is_full(self, ahead: Micros) -> bool:
        """Whether a send that would have to wait `ahead` µs for its turn is refused (P15): if it is too long.

        What is refused at the door costs little; what waits until its caller has given it up costs all of it, for nothing.

        Variant::

            def is_full(self, ahead):
                return False
        """
        return ahead > self.longest_wait

    @decision
    def comes_again_after(self, ahead: Micros) -> Micros:
        """After how many µs a send that was refused may come again (P15): when the line is likely to be gone.

        Variant::

            def comes_again_after(self, ahead):
                return 1
        """
        return max(1_000_000, 2 * ahead)

    @action
    def tell_to_wait(self, payload: Wire, source: Any, wait: Micros) -> None:
        """Answers a send that is refused for now (P15): with when it may come again.

        Variant::

            def tell_to_wait(self, payload, source, wait):
                pass
        """
        self.answer_busy(payload, source, wait)

    def answer_busy(self, payload: Any, source: Any, wait: int) -> None:
        """Answers a send of this component's kind with when it may come again."""
        raise NotImplementedError

    def turned_away_for(self, payload: Any, source: Any, ahead: int) -> bool:
        if not issubclass(type(payload), self.refused) or not self.is_full(ahead):
            return False
        self.emit(TurnedAway, type(payload).__name__, payload.conversation, payload.message, ahead)
        self.tell_to_wait(payload, source, self.comes_again_after(ahead))
        return True
