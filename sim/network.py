"""Links, calls and connections: how bytes get from node to node, late, twice, out of order, or not at all.

A *datagram* (cast, call, response) travels alone: it can be lost, duplicated and overtaken. A *connection* keeps the
order of its frames in each direction and ends with a reset, which loses what is in flight; while a fault is on, single
frames of it can vanish too, which is worse than TCP: it stands for the proxies and buffers on the way. A message
reaches the incarnation that was alive when it was sent, or nobody.

Latency is drawn by what a message *is* (its own key and how often that was sent before), not by the link or worker it
happened to take: so the same message has the same luck in two runs that differ elsewhere.

Requirements: F3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from heapq import heappush
from typing import Any, Protocol, TypeVar

from xxhash import xxh3_64_intdigest as digest

from sim.distributions import Sampler
from sim.draws import Draws, key, pack
from sim.environment import Environment
from sim.history import Event, MessageDelayed, MessageDuplicated, MessageLost
from sim.meter import Meter
from sim.node import Call as Call
from sim.node import Life, Node

_LATENCY = key("latency")
_RESPONSE = key("response")

N = TypeVar("N", bound=Node)


class Payload(Protocol):
    """What can be sent: anything that can say, as a 64-bit integer, what it is."""

    def key(self) -> int: ...


class Link:
    """One direction between two nodes: a latency, and the rules that faults have laid on it."""

    __slots__ = ("arrive", "blocked", "dispatch", "latency", "rules", "source", "target")

    def __init__(self, source: Node, target: Node, latency: Sampler, arrive: Callable[[Any], object]) -> None:
        self.arrive = arrive
        """What a datagram does at its end: whether it is let in was decided when the link was set up."""
        self.source = source
        self.target = target
        self.dispatch = target.dispatch
        self.latency = latency
        self.blocked = 0
        """How many partitions cut this direction now."""
        self.rules: list[Rule] = []


class Fate:
    """What the rules decide for one message: lost (and why), how many µs late, how many copies."""

    __slots__ = ("breaks", "copies", "delay", "lost", "unanswered")

    def __init__(self) -> None:
        self.lost = ""
        self.breaks = False
        """Whether the connection that it is on breaks with it."""
        self.delay = 0
        self.copies = 1
        self.unanswered = False
        """Whether it is a call whose answer never comes."""


class Rule(Protocol):
    """A fault on links, while it lasts. `apply` may change the fate of a message that passes."""

    def covers(self, source: Node, target: Node) -> bool:
        """Whether the rule concerns this direction between two nodes."""
        ...

    def apply(self, payload: Any, number: int, ordered: bool, fate: Fate) -> None:
        """Decides about one message: the `number`-th of its key, on a connection if `ordered`."""
        ...


class Connection:
    """A two-way stream between the node that opened it and the one that accepted. Frames arrive in order.

    Each end has its own idea of whether the connection is open: the other end learns of a close one latency later, or,
    when the link is blocked or the death was silent, not at all (half-open), and finds out by its own timeouts.
    """

    __slots__ = ("_last", "_lives", "_open", "broken", "client", "info", "network", "server")

    def __init__(self, network: Network, client: Node, server: Node) -> None:
        self.network = network
        self.client = client
        self.server = server
        self.broken = False
        self.info: Any = None
        """For the accepting side: what it knows of this connection."""
        self._lives = {client: client.life, server: server.life}
        self._open = {client: True, server: False}
        self._last = {client: 0, server: 0}
        client.life.connections[self] = None

    def peer(self, end: Node) -> Node:
        return self.server if end is self.client else self.client

    def is_open(self, end: Node) -> bool:
        """Whether this end thinks that the connection is open."""
        return self._open[end]

    def send(self, end: Node, payload: Any, delay: int = 0) -> None:
        """Sends a frame from this end; nothing happens if this end is closed. `delay` is work before it leaves, in µs."""
        if self._open[end]:
            self._transmit(end, payload, delay, self._arrive)

    def close(self, end: Node, why: str = "closed") -> None:
        """Closes this end; the other learns of it after what was sent before."""
        if self._open[end]:
            self._open[end] = False
            self._lives[end].connections.pop(self, None)
            self._transmit(end, _Close(why), 0, self._peer_closed)

    def reset(self) -> None:
        """The network breaks the connection: what is in flight is lost, and both ends are told (if they can be)."""
        self.broken = True
        for end in (self.client, self.server):
            if self._open[end]:
                self._transmit(self.peer(end), _Close("reset"), 0, self._told, force=True)

    def end_died(self, end: Node, *, silent: bool) -> None:
        """The node at this end is dead; its machine's kernel resets the connection, unless it died with it."""
        self._open[end] = False
        self._lives[end].connections.pop(self, None)
        if not silent:
            self._transmit(end, _Close("reset"), 0, self._peer_closed)

    def accept(self) -> bool:
        """The first frame is at the server: opens that end, or refuses if nobody is there."""
        life = self.server.life
        if not life.running:
            return False
        self._lives[self.server] = life
        self._open[self.server] = True
        life.connections[self] = None
        return True

    def _transmit(
        self, end: Node, payload: Any, delay: int, arrive: Callable[[Any], object], *, force: bool = False
    ) -> None:
        """Puts a frame on the link from `end`. A forced one is the network's own word and cannot be lost to a rule."""
        network = self.network
        target = self.server if end is self.client else self.client
        link = end.links.get(target.name) or network.link(end, target.name)
        payload_key = payload.key()
        sent = network._sent
        sent[payload_key] = number = sent.get(payload_key, -1) + 1
        draw = digest(pack(_LATENCY, payload_key, number, 0), network._seed)
        late = link.latency(draw) + delay
        if link.blocked or link.rules:
            fate = network.fate(link, payload, number, ordered=True)
            if fate.lost and not (force and not link.blocked):
                if fate.breaks:
                    self.reset()
                return
            late += fate.delay
        env = network.env
        due = int(env._now) + late
        last = self._last[end]
        if due <= last:
            due = last + 1
        self._last[end] = due
        heappush(env._queue, (due, draw & env.tie_mask, next(env._eid), arrive, (target, payload), env.cause))

    def comparable(self) -> tuple[Any, ...]:
        """Return both ends, whether each takes it for open, whether it is broken, and what the accepting side knows."""
        return (*self._open.items(), self.broken, self.info)

    def under_way(self, then: Callable[[Any], object], frame: tuple[Node, Any]) -> Iterator[tuple[str, Any]]:
        """Yield what a scheduled callback of the connection means: (node, what)."""
        if not self.broken:
            yield frame[0].name, (then.__name__, frame[1])

    def _arrive(self, frame: tuple[Node, Any]) -> None:
        target, payload = frame
        if self.broken:
            return
        if not self._open[target]:
            if target.life.running and self._open[self.peer(target)]:
                self._transmit(target, _Close("reset"), 0, self._told, force=True)  # half-open: a live kernel says so
            return
        life = self._lives[target]
        if life.running:
            target.dispatch[type(payload)](payload, self)
        else:
            life.defer(self._arrive, frame, self.network.env.cause)

    def _arrive_first(self, frame: tuple[Node, Any]) -> None:
        server, payload = frame
        if self.broken or not self._open[self.client]:
            return
        if self.accept():
            server.dispatch[type(payload)](payload, self)
        elif server.life.dead:
            self._transmit(server, _Close("refused"), 0, self._told, force=True)
        else:
            server.life.defer(self._arrive_first, frame, self.network.env.cause)

    def _peer_closed(self, frame: tuple[Node, Any]) -> None:
        if not self.broken:
            self._told(frame)

    def _told(self, frame: tuple[Node, Any]) -> None:
        target, close = frame
        if not self._open[target]:
            return
        life = self._lives[target]
        if life.running:
            self._open[target] = False
            life.connections.pop(self, None)
            target.connection_lost(self, close.why)
        else:
            life.defer(self._told, frame, self.network.env.cause)


class _Close:
    __slots__ = ("why",)

    def __init__(self, why: str) -> None:
        self.why = why

    def key(self) -> int:
        return key(f"close:{self.why}")


class Network:
    """All links between all nodes, and the history that their nodes write."""

    def __init__(
        self, env: Environment, draws: Draws, history: list[Event], latency: Callable[[Node, Node], Sampler]
    ) -> None:
        self.env = env
        self.draws = draws
        self.history = history
        self.nodes: dict[str, Node] = {}
        self.meter = Meter()
        self._latency = latency
        self._links: list[Link] = []
        self._rules: list[Rule] = []
        self._partitions: list[Callable[[Node, Node], bool]] = []
        self._sent: dict[int, int] = {}
        self._seed = draws.seed
        self.passing: Callable[[Link, Any, bool, Fate], None] | None = None
        """Is told of every message that passes a link with rules on it: link, payload, whether on a connection, its fate."""
        self.post = _poster(self)
        """Puts a datagram on a link: post(link, payload, its key, what it does on arrival, with which argument, delay)."""

    def add(self, node: Node) -> None:
        if node.name in self.nodes:
            raise ValueError(f"two nodes are called {node.name!r}")
        self.nodes[node.name] = node

    def of_kind(self, kind: type[N]) -> list[N]:
        """All nodes of a class, in the order in which they were made."""
        return [node for node in self.nodes.values() if isinstance(node, kind)]

    def link(self, source: Node, target_name: str) -> Link:
        """The link from `source`, made when it is first used, with every fault that is on at that time."""
        link = source.links.get(target_name)
        if link is None:
            target = self.nodes[target_name]
            arrive = self._arrive if target.welcomes(source) else self._turned_away
            link = Link(source, target, self._latency(source, target), arrive)
            link.rules = [rule for rule in self._rules if rule.covers(source, target)]
            link.blocked = sum(1 for cuts in self._partitions if cuts(source, target))
            source.links[target_name] = link
            self._links.append(link)
        return link

    # --- sending ---------------------------------------------------------------------------------------------------

    def count(self, payload_key: int) -> int:
        """How often a payload of this key was sent before: the part of a draw's key that tells a retry from a first try."""
        self._sent[payload_key] = number = self._sent.get(payload_key, -1) + 1
        return number

    def counted(self, payload_key: int) -> int:
        """How often it was counted before, without counting it once more."""
        return self._sent.get(payload_key, -1) + 1

    def respond(self, source: Node, call: Call, response: Any, delay: int) -> None:
        """Answers a call, `delay` µs from now."""
        caller = call.caller
        if call.muted:
            source.emit(MessageLost, type(response).__name__, caller.name, "unanswered")
            return
        link = source.links.get(caller.name) or self.link(source, caller.name)
        self.post(link, response, call.key ^ _RESPONSE, self._arrive_response, (call, response), delay)

    def _arrive(self, message: tuple[Link, Life, Any, Call | None]) -> None:
        link, life, payload, call = message
        if life.running:
            link.dispatch[type(payload)](payload, call)
        else:
            life.defer(self._arrive, message, self.env.cause)

    def _turned_away(self, message: tuple[Link, Life, Any, Call | None]) -> None:
        link, life, payload, _ = message
        if life.running:
            link.target.turned_away(link.source, payload)
        else:
            life.defer(self._turned_away, message, self.env.cause)

    def _arrive_response(self, message: tuple[Call, Any]) -> None:
        call, response = message
        life = call.life
        if life.running:
            pending = life.calls.pop(call.number, None)
            if pending is not None:
                pending[0](response, pending[1])
        else:
            life.defer(self._arrive_response, message, self.env.cause)

    def connect(self, client: Node, server_name: str, hello: Any) -> Connection:
        """Opens a connection with `hello` as its first frame. If nobody is there, the client's `connection_lost` tells."""
        connection = Connection(self, client, self.nodes[server_name])
        connection._transmit(client, hello, 0, connection._arrive_first)
        return connection

    def under_way(self, then: Callable[[Any], object], arg: Any) -> Iterator[tuple[str, Any]]:
        """Yield what a scheduled callback of the network means: (node, what). An answer that nobody awaits means nothing."""
        if then in (self._arrive, self._turned_away) and not arg[1].dead:
            yield arg[0].target.name, ("message", arg[2])
        elif then == self._arrive_response and arg[0].number in arg[0].life.calls:
            yield arg[0].caller.name, ("answer", arg[1])

    # --- faults ----------------------------------------------------------------------------------------------------

    def fate(self, link: Link, payload: Any, number: int, *, ordered: bool) -> Fate:
        """What becomes of a message on a link with faults on it; what is decided goes into the history."""
        fate = Fate()
        if link.blocked:
            fate.lost = "partition"
        else:
            for rule in link.rules:
                rule.apply(payload, number, ordered, fate)
                if fate.lost:
                    break
        kind, source, target = type(payload).__name__, link.source, link.target.name
        if fate.lost:
            source.emit(MessageLost, kind, target, fate.lost)
        else:
            if self.passing is not None:
                self.passing(link, payload, ordered, fate)
            if fate.copies > 1:
                source.emit(MessageDuplicated, kind, target)
            if fate.delay:
                source.emit(MessageDelayed, kind, target, fate.delay)
        return fate

    def add_rule(self, rule: Rule) -> None:
        self._rules.append(rule)
        for link in self._links:
            if rule.covers(link.source, link.target):
                link.rules.append(rule)

    def remove_rule(self, rule: Rule) -> None:
        if rule in self._rules:
            self._rules.remove(rule)
            for link in self._links:
                if rule in link.rules:
                    link.rules.remove(rule)

    def partition(self, cuts: Callable[[Node, Node], bool]) -> Callable[[], None]:
        """Cuts every link for which `cuts(source, target)`; returns what mends it."""
        self._partitions.append(cuts)
        for link in self._links:
            if cuts(link.source, link.target):
                link.blocked += 1

        def mend() -> None:
            if cuts in self._partitions:
                self._partitions.remove(cuts)
                for link in self._links:
                    if cuts(link.source, link.target):
                        link.blocked -= 1

        return mend

    def connections(self) -> list[Connection]:
        """Every connection that some running node holds open, in the order of nodes and of opening."""
        found: dict[Connection, None] = {}
        for node in self.nodes.values():
            found.update(node.life.connections)
        return list(found)


def _poster(network: Network) -> Callable[[Link, Any, int, Callable[[Any], object], Any, int], None]:
    """Return a network's `post`, with all that is the same for each datagram looked up once."""
    env, sent, seed, passes = network.env, network._sent, network._seed, network.fate
    queue, numbers, mask, last_sent = env._queue, env._eid, env.tie_mask, network._sent.get

    def post(link: Link, payload: Any, payload_key: int, arrive: Callable[[Any], object], arg: Any, delay: int) -> None:
        # The hottest lines there are: `count`, `Draws.u64` and `Environment.at`, written out.
        sent[payload_key] = number = last_sent(payload_key, -1) + 1
        draw = digest(pack(_LATENCY, payload_key, number, 0), seed)
        late = link.latency(draw) + delay
        if link.blocked or link.rules:
            fate = passes(link, payload, number, ordered=False)
            if fate.lost:
                return
            late += fate.delay
            if fate.unanswered and isinstance(arg[-1], Call):
                arg[-1].muted = True
            for copy in range(1, fate.copies):
                again = network.draws.u64(_LATENCY, payload_key, number, copy)
                env.at(link.latency(again) + delay, again, arrive, arg)
        heappush(queue, (env._now + late, draw & mask, next(numbers), arrive, arg, env.cause))

    return post
