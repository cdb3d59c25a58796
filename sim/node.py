"""Nodes: what lives, dies and comes back.

A node's *life* is one incarnation. Everything volatile belongs to a life: its timers, its handlers, its calls under
way, its connections, and the attributes that `boot` sets. A crash ends the life and runs nothing of it: handlers are
never interrupted or closed (that would run their `except` and `finally` blocks), they are detached and kept. What
survives is what `install` set up once, and what was written to it since.

A *handler* is a SimPy process; every `yield` in it is a place where the node may die, and `yield self.step("name")`
gives such a place a name, so that a plan can say 'crash here, the 2nd time'. A reaction that waits for nothing is a
plain method; it names its crash points with `self.point("name", continuation, argument)`.

Requirements: F1, F2.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
import simpy
from simpy.events import Event as SimEvent
from simpy.events import Process

from sim.draws import MASK32, key
from sim.environment import Environment, Signal
from sim.history import ClockSet, Crashed, Event, Paused, Restarted, Resumed
from sim.state import Marks, looks, marked

if TYPE_CHECKING:
    from sim.network import Connection, Link, Network

Steps = Generator[SimEvent, Any, Any]
"""What a handler is: a generator that yields SimPy events."""

_GOLDEN = 0x9E3779B9  # 2**32 / golden ratio: successive multiples are spread evenly over 32 bits


class Unknown:
    """The outcome of a call that got no answer in time: it may have happened, or not, or may happen yet."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = Unknown()


class Life:
    """One incarnation of a node, and all that dies with it."""

    __slots__ = ("backlog", "calls", "connections", "dead", "handlers", "number", "running")

    def __init__(self, number: int) -> None:
        self.number = number
        self.running = True
        self.dead = False
        self.backlog: list[tuple[Callable[[Any], object], Any, int]] = []
        self.handlers: dict[Handler, None] = {}
        self.calls: dict[int, tuple[Callable[[Any, Any], object], Any]] = {}
        self.connections: dict[Connection, None] = {}

    def comparable(self) -> tuple[Any, ...]:
        """Return what counts: whether it runs, and its calls, handlers, connections and backlog."""
        how = "runs" if self.running else "dead" if self.dead else "paused"
        handlers = [handler.steps for handler in self.handlers]
        return how, self.calls.values(), handlers, self.connections, self.backlog

    def defer(self, then: Callable[[Any], object], arg: Any, cause: int) -> None:
        """Keeps a callback for when the paused node resumes; for a dead one, forgets it."""
        if not self.dead:
            self.backlog.append((then, arg, cause))


class Timer(msgspec.Struct, eq=False):
    """A callback that is due later, unless it is cancelled or its node's life ends first."""

    life: Life
    then: Callable[[Any], object] | None
    arg: Any

    def cancel(self) -> None:
        self.then = None

    def comparable(self) -> tuple[Any, ...]:
        """Return what it will call; nothing if it was cancelled."""
        return () if self.then is None else (self.then, self.arg)


class Call(msgspec.Struct, eq=False):
    """A request that waits for its answer: whom to answer, in which life, under which number."""

    caller: Node
    life: Life
    number: int
    key: int
    muted: bool = False
    """Whether its answer is lost, whenever it is given."""

    def comparable(self) -> tuple[Any, ...]:
        """Return who asked."""
        return (self.caller,)


class Handler(Process):
    """A SimPy process that belongs to a life: it starts at once, waits while its node is paused, never runs when dead."""

    def __init__(self, env: Environment, life: Life, generator: Steps) -> None:
        self.env = env
        self.life = life
        self.callbacks = []
        self._generator = generator
        self._target = env.passed
        life.handlers[self] = None
        self._resume(env.passed)

    @property
    def steps(self) -> Steps:
        """The generator that it runs."""
        return self._generator

    def _resume(self, event: SimEvent) -> None:
        life = self.life
        if life.running:
            super()._resume(event)
            if self._value is not simpy.events.PENDING:
                life.handlers.pop(self, None)
        elif not life.dead:
            life.defer(self._resume, event, self.env.cause)  # type: ignore[attr-defined]


class Dispatch(dict[type, Callable[..., Any]]):
    """What takes a payload, by its type: a type that was made from another one is taken as that one is."""

    def __missing__(self, kind: type) -> Callable[..., Any]:
        base = next((base for base in kind.__mro__ if base in self), None)
        if base is None:
            raise KeyError(kind)
        self[kind] = found = self[base]
        return found


class Node:
    """Base of every component. Subclasses set durable state in `install`, volatile state in `boot`.

    Incoming payloads go to the method that `receives` names for their type, as `method(payload, source)`; `source` is
    the `Call` to reply to, the `Connection` it came through, or None for a cast.
    """

    kind: ClassVar[str] = "node"
    receives: ClassVar[dict[type, str]] = {}
    points: ClassVar[tuple[str, ...]] = ()
    """The names of this component's crash points, in the order in which its handlers reach them."""

    marks = Marks(
        durable="drift _gained _corrected _drifts_since slowness gone",
        volatile="life",
        aside="network env history draws name key region links watched dispatch skew _tie _calls",
        local_aside="self call response",
    )
    """What is state, and what not (`sim/state.py`); each class lists its own."""

    def __init__(self, network: Network, name: str, region: str) -> None:
        self.network = network
        self.env: Environment = network.env
        self.history: list[Event] = network.history
        self.draws = network.draws
        self.name = name
        self.key = key(name)
        self.region = region
        self.links: dict[str, Link] = {}
        self.watched: dict[str, list[Callable[[Node], object]]] = {}
        """Armed crash points: each watcher is called when the point is reached, and may crash or pause the node."""
        self.skew = 0
        """How far this node's own clock is ahead of simulated time, in µs."""
        self.drift = 0
        """How many µs its clock gains a second; its timers run at the same rate."""
        self._gained, self._corrected, self._drifts_since = 0, 0, 0
        self.slowness = 1
        """How many times as long as usual its work and its service times take."""
        self.gone = False
        """Whether it is gone for good: nothing starts it again."""
        self._tie = self.draws.u64(key("tie"), self.key) & MASK32
        self._calls = 0
        self.dispatch = Dispatch({kind: getattr(self, method) for kind, method in self.receives.items()})
        self.life = Life(1)
        network.add(self)

    def start(self) -> None:
        """Sets the node up for the first time. Called once, when all nodes exist."""
        self.install()
        self._boot()

    def install(self) -> None:
        """Makes the durable state. Runs once in a node's whole existence."""

    def boot(self) -> None:
        """Makes the volatile state and starts what runs by itself. Runs at the start of every life."""

    def _boot(self) -> None:
        self.boot()

    def comparable(self) -> dict[str, Any]:
        """Return the node's state: its attributes, but those that are marked as no part of it."""
        aside = marked(type(self), "aside")
        return {name: value for name, value in vars(self).items() if name not in aside}

    def under_way(self, then: Callable[[Any], object], arg: Any) -> Iterator[tuple[str, Any]]:
        """Yield what a scheduled callback of this node means: (node, what). Only a timer that may run means something."""
        if then == self._expire and arg.then is not None and not arg.life.dead and not looks(arg.then):
            yield self.name, ("timer", arg)

    # --- life and death --------------------------------------------------------------------------------------------

    @property
    def up(self) -> bool:
        """Whether the node is alive (perhaps paused)."""
        return not self.life.dead

    def crash(self, *, point: str = "", silent: bool = False) -> None:
        """Kills the node. Peers of its connections see a reset, unless `silent` (power loss) or the link is blocked."""
        if self.life.dead:
            return
        self.end_life(silent=silent)
        self.emit(Crashed, self.life.number, point)

    def end_life(self, *, silent: bool) -> None:
        """Ends this incarnation: nothing of it runs from here on, not even what is on the call stack's far side."""
        life = self.life
        life.running, life.dead = False, True
        life.backlog.clear()
        life.calls.clear()
        if life.handlers:
            self.env.graveyard.append(life)
        for connection in list(life.connections):
            connection.end_died(self, silent=silent)

    def restart(self) -> None:
        """Starts a dead node again, from its durable state."""
        if not self.life.dead or self.gone:
            return
        self.new_life()
        self.emit(Restarted, self.life.number)
        self._boot()

    def new_life(self) -> None:
        self.life = Life(self.life.number + 1)

    def pause(self) -> None:
        """Stops the node without its knowing: messages and timers wait (a stop-the-world pause)."""
        if self.life.running:
            self.life.running = False
            self.env.told_late(self.life)
            self.emit(Paused)

    def resume(self) -> None:
        """Lets a paused node run on: first what waited, in the order in which it was due."""
        life = self.life
        if life.running or life.dead:
            return
        backlog, life.backlog = life.backlog, []
        life.running = True
        self.emit(Resumed, len(backlog))
        for then, arg, cause in backlog:
            self.env.cause = cause
            if life.running:
                then(arg)
            else:
                life.defer(then, arg, cause)

    # --- time ------------------------------------------------------------------------------------------------------

    @property
    def now(self) -> int:
        """What this node's clock says, in µs."""
        if self.drift:
            return self.uptime - self._corrected + self.skew
        return int(self.env._now) + self.skew

    @property
    def uptime(self) -> int:
        """For how long, by its own count, this node's machine has run, in µs: a clock that nobody sets, so it never jumps.

        It is what a length of time is measured by. It drifts as `now` does, and means nothing to other nodes.
        """
        now = int(self.env._now)
        return now + self._gained + (now - self._drifts_since) * self.drift // 1_000_000

    def drift_by(self, rate: int) -> None:
        """Makes the clock gain `rate` µs a second more than it does; back at 0, `now` is set right (but for its skew).

        Timers that are set keep the rate that they were set at: the rate is that of the machine when it waits.
        """
        now = int(self.env._now)
        self._gained += (now - self._drifts_since) * self.drift // 1_000_000
        self._drifts_since = now
        self.drift += rate
        if not self.drift:
            self._corrected = self._gained

    def tell_clock(self) -> None:
        """Writes down how the clock goes from now on, because somebody has set it, or its rate has changed."""
        self.emit(ClockSet, self.now - int(self.env._now), self.drift)

    def span(self, delay: int) -> int:
        """How many µs of simulated time pass until a drifting clock has counted `delay` µs, or the first one after."""
        return -(-delay * 1_000_000 // (1_000_000 + self.drift))

    def tie(self) -> int:
        """A tie for the environment: from this node's own count, so that no other node's traffic shifts it."""
        self._tie = tie = (self._tie + _GOLDEN) & MASK32
        return tie

    def after(self, delay: int, then: Callable[[Any], object], arg: Any = None) -> Timer:
        """Calls `then(arg)` in `delay` µs, if this life still runs then."""
        timer = Timer(self.life, then, arg)
        if self.drift:
            delay = self.span(delay)
        self._tie = tie = (self._tie + _GOLDEN) & MASK32
        self.env.at(delay, tie, self._expire, timer)
        return timer

    def _expire(self, timer: Timer) -> None:
        then = timer.then
        if then is None:
            return
        if timer.life.running:
            then(timer.arg)
        else:
            timer.life.defer(self._expire, timer, self.env.cause)

    def sleep(self, delay: int) -> SimEvent:
        """For a handler: `yield self.sleep(delay)` waits `delay` µs."""
        signal = Signal(self.env)
        self.after(delay, signal.fire)
        return signal

    # --- handlers and crash points ---------------------------------------------------------------------------------

    def spawn(self, steps: Steps) -> Handler:
        """Runs a generator as a handler of this life, starting now."""
        return Handler(self.env, self.life, steps)

    def step(self, point: str) -> SimEvent:
        """For a handler: names the crash point that it has reached. `yield` what this returns."""
        if self.watched:
            self._reach(point)
            if not self.life.running:
                waiting = Signal(self.env)  # fired when the pause ends; never, if the node died
                self.life.defer(waiting.fire, None, self.env.cause)
                return waiting
        return self.env.passed

    def point(self, point: str, then: Callable[[Any], object], arg: Any = None) -> None:
        """For a plain method: reaches a crash point and, if the node survives it, goes on with `then(arg)`."""
        if self.watched:
            life = self.life
            self._reach(point)
            if not life.running:
                life.defer(then, arg, self.env.cause)
                return
        then(arg)

    def _reach(self, point: str) -> None:
        for watcher in list(self.watched.get(point, ())):
            watcher(self)

    # --- messages --------------------------------------------------------------------------------------------------

    def emit(self, kind: Callable[..., Event], *fields: Any) -> None:
        """Appends an event to the history: now, at this node, caused by what is being reacted to."""
        env, history = self.env, self.history
        history.append(kind(env._now, self.name, env.cause, *fields))
        env.cause = len(history) - 1

    def cast(self, to: str, payload: Any) -> None:
        """Sends a datagram: no answer, no guarantee."""
        network = self.network
        link = self.links.get(to) or network.link(self, to)
        network.post(link, payload, payload.key(), link.arrive, (link, link.target.life, payload, None), 0)

    def ask(self, to: str, request: Any, timeout: int, then: Callable[[Any, Any], object], arg: Any = None) -> None:
        """Calls another node; later `then(response, arg)`, where the response is UNKNOWN after `timeout` µs."""
        self._calls = number = self._calls + 1
        life = self.life
        life.calls[number] = (then, arg)
        if self.drift:
            timeout = self.span(timeout)
        self._tie = tie = (self._tie + _GOLDEN) & MASK32
        self.env.give_up(timeout, tie, self._call_timeout, (life, number))
        network = self.network
        link = self.links.get(to) or network.link(self, to)
        request_key = request.key()
        call = Call(self, life, number, request_key)
        network.post(link, request, request_key, link.arrive, (link, link.target.life, request, call), 0)

    def call(self, to: str, request: Any, timeout: int) -> SimEvent:
        """For a handler: `response = yield self.call(...)`; UNKNOWN after `timeout` µs without an answer."""
        signal = Signal(self.env)
        self.ask(to, request, timeout, signal.fire)
        return signal

    def _call_timeout(self, waiting: tuple[Life, int]) -> None:
        life, number = waiting
        if life.running:
            pending = life.calls.pop(number, None)
            if pending is not None:
                pending[0](UNKNOWN, pending[1])
        else:
            life.defer(self._call_timeout, waiting, self.env.cause)

    def reply(self, call: Call | None, response: Any, delay: int = 0) -> None:
        """Answers a call (a cast has none: then nothing is sent). `delay` is service time before it leaves, in µs."""
        if call is not None:
            self.network.respond(self, call, response, delay * self.slowness)

    def welcomes(self, source: Node) -> bool:
        """Whether datagrams of another node are let in. Asked once for each source, when the link is set up."""
        return True

    def turned_away(self, source: Node, payload: Any) -> None:
        """A datagram of a node that is not welcome has arrived, and is dropped."""

    # --- connections -----------------------------------------------------------------------------------------------

    def connection_lost(self, connection: Connection, why: str) -> None:
        """A connection of this life ended from the other side; `why`: closed, reset or refused."""
