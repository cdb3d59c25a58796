"""All that a fault touches of a deployment: a kind sees the `Site` that it is given, and nothing else of the run.

Each fault has a site of its own, which knows whose it is: `fired`, `ends` and the like are about that fault.

Requirements: F1, F2, F3, F4, F5, F6, F7, F8, F9.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeVar, cast

from model.deployment import Deployment
from model.device.device import Device
from model.protocol import REFERENCE
from model.servers.gateway import Gateway
from model.servers.intruder import Intruder
from model.servers.provider import PushProvider
from model.servers.service import MessagingService
from model.store.election import LEADER
from model.store.store import MessageStore
from model.wire.client import Token
from sim.draws import Draws, key
from sim.history import Links, LostForGood, QuorumLostForGood
from sim.network import Fate
from sim.node import Node

LUCK = key("fault luck")

End = Callable[[], None]
Covers = Callable[[Node, Node], bool]
"""Whether a direction between two nodes is concerned."""
Apply = Callable[[Any, int, bool, Fate], None]
"""Decides about one message: its payload, the how manieth of its key it is, whether it is on a connection, its fate."""

N = TypeVar("N", bound=Node)


class Held(NamedTuple):
    """Whom a fault strikes: nodes, with all that enters or leaves them, and directions between nodes, by name."""

    nodes: tuple[str, ...] = ()
    links: Links = ()


def holding(nodes: Iterable[Node]) -> Held:
    """These nodes."""
    return Held(tuple(node.name for node in nodes))


def on_links(a: Iterable[Node], b: Iterable[Node], *, one_way: bool = False) -> Held:
    """What passes from a node of a to one of b, and back unless `one_way`."""
    there = (tuple(node.name for node in a), tuple(node.name for node in b))
    return Held((), (there,) if one_way or there[0] == there[1] else (there, there[::-1]))


def on_pairs(pairs: Iterable[tuple[Node, Node]]) -> Held:
    """What passes from the first to the second node of each pair; those who send to the same ones are one group."""
    by_sender: dict[str, list[str]] = {}
    for source, target in pairs:
        by_sender.setdefault(source.name, []).append(target.name)
    groups: dict[tuple[str, ...], list[str]] = {}
    for sender, targets in by_sender.items():
        groups.setdefault(tuple(targets), []).append(sender)
    return Held((), tuple((tuple(senders), targets) for targets, senders in groups.items()))


class LinkRule:
    """A fault on links, as the network asks for it."""

    __slots__ = ("apply", "covers")

    def __init__(self, covers: Covers, apply: Apply) -> None:
        self.covers = covers
        self.apply = apply


class Site(ABC):
    """What one fault can see and do."""

    def __init__(self, deployment: Deployment, holds: dict[str, int]) -> None:
        self._deployment = deployment
        self.point = ""
        """The crash point at which the fault strikes; '' if it does at a time."""
        self._network = deployment.network
        self._holds = holds
        """How many faults hold a node down, by its name; it comes back when the last of them ends."""

    # --- who is there ----------------------------------------------------------------------------------------------

    @property
    def now(self) -> int:
        """The time of the run, in µs."""
        return int(self._network.env._now)

    @property
    def draws(self) -> Draws:
        """The run's draws: a fault's luck goes by LUCK, its identity and what it decides about."""
        return self._network.draws

    def node(self, name: str) -> Node:
        return self._network.nodes[name]

    def nodes(self) -> list[Node]:
        """All nodes, devices among them, in the deployment's order."""
        return list(self._network.nodes.values())

    def of_kind(self, kind: type[N]) -> list[N]:
        return self._network.of_kind(kind)

    def device(self, name: str) -> Device:
        return self._deployment.devices[name]

    def devices(self) -> list[Device]:
        return list(self._deployment.devices.values())

    def servers(self) -> list[Node]:
        """All nodes but the devices."""
        return [node for node in self.nodes() if node.name not in self._deployment.devices]

    def members(self, conversation: str) -> Sequence[str]:
        """The users who are in a conversation from the start."""
        return self._deployment.directory.conversations[conversation].members

    def conversations_of(self, user: str) -> list[str]:
        """The conversations that a user is in from the start, in the topology's order."""
        return [name for name, opened in self._deployment.directory.conversations.items() if user in opened.members]

    def devices_of(self, user: str) -> Sequence[str]:
        """The names of a user's devices."""
        return self._deployment.directory.devices_of[user]

    def intruder(self, claims: str) -> Intruder:
        """A foreign node next to the core, which gives itself the name `claims`."""
        return self._deployment.intruder(claims)

    def revoke(self, token: Token, called: str) -> None:
        """Revokes an access token at all gateways; the history calls it `called`."""
        self._deployment.revoke(token, called)

    def has_session(self, device: str) -> bool:
        """Whether some gateway has a session of the device."""
        return any(gateway.up and device in gateway.sessions for gateway in self.of_kind(Gateway))

    def revoke_session(self, device: str) -> None:
        """Revokes the tokens by which a device is connected, at all gateways."""
        self._deployment.revoke_session(device)

    def refuse(self, devices: frozenset[str]) -> End:
        """Has all gateways refuse these devices, whatever token they show; returns what takes that back."""
        return all_of([self.while_on(gateway.refused_devices, devices) for gateway in self.of_kind(Gateway)])

    def is_flagged(self, user: str) -> bool:
        """Whether a user is flagged for abuse."""
        return any(user in service.flagged for service in self.of_kind(MessagingService))

    def flag(self, user: str, wait: int) -> End:
        """Flags a user for abuse, whose sends are put off by `wait` µs, or refused for good (0); returns what takes it back."""
        self._deployment.flag(user, wait)
        return lambda: self._deployment.unflag(user)

    def provider(self) -> PushProvider:
        return cast(PushProvider, self.node(self._deployment.directory.provider))

    def replicas(self, partition: str) -> list[MessageStore]:
        """The replicas of a store partition, in the order of their names."""
        return [cast(MessageStore, self.node(name)) for name in self._deployment.directory.replicas[partition]]

    def leader(self, partition: str) -> MessageStore | None:
        """The replica that leads in the newest term, or else the first that is up."""
        up = [replica for replica in self.replicas(partition) if replica.up]
        leading = [replica for replica in up if replica.role == LEADER]
        return max(leading, key=lambda replica: replica.term) if leading else next(iter(up), None)

    def selected(self, selectors: Sequence[str]) -> list[Node]:
        """The nodes that one of the selectors names."""
        selects = self.selects(selectors)
        return [node for node in self.nodes() if selects(node)]

    def selects(self, selectors: Sequence[str]) -> Callable[[Node], bool]:
        """Whether one of the selectors names a node."""
        names = frozenset(selectors)
        everything = "*" in names
        components = REFERENCE.components()
        classes = tuple(components[name] for name in components if f"kind:{name}" in names)

        def selected(node: Node) -> bool:
            return everything or node.name in names or isinstance(node, classes) or f"region:{node.region}" in names

        return selected

    # --- links -----------------------------------------------------------------------------------------------------

    def cut(self, covers: Covers) -> End:
        """Lets nothing pass; returns what mends it."""
        return self._network.partition(covers)

    def lay(self, covers: Covers, apply: Apply) -> End:
        """Has `apply` decide about each message; returns what takes that away."""
        rule = LinkRule(covers, apply)
        self._network.add_rule(rule)
        return lambda: self._network.remove_rule(rule)

    # --- nodes -----------------------------------------------------------------------------------------------------

    def hold(self, node: Node, back: End) -> End:
        """Holds a node down; returns what lets go of it, with `back` if no other fault holds it then."""
        self._holds[node.name] = self._holds.get(node.name, 0) + 1

        def let_go() -> None:
            self._holds[node.name] -= 1
            if not self._holds[node.name]:
                back()

        return let_go

    def kill(self, node: Node, *, silent: bool = False) -> End:
        """Crashes a node that is up; returns what starts it again."""
        node.crash(point=self.point, silent=silent)
        return self.hold(node, node.restart)

    def drain(self, node: Node, grace: int) -> End:
        """Stops a node as planned: a gateway drains for `grace` µs before, any other one stops now; returns what starts it again.

        Whoever ends it before the time is over has it stop then and start at once.
        """
        if not isinstance(node, Gateway):
            return self.kill(node)
        if node.draining:
            return _nothing
        life, down = node.life, list[End]()
        node.drain(grace)

        def stop(_: object = None) -> None:
            if node.life is life and node.up:
                self.point = ""  # it does not die where it was armed
                down.append(self.kill(node))

        def start() -> None:
            stop()
            while down:
                down.pop()()

        self.later(grace, stop, None)
        return start

    def stop(self, node: Node) -> End:
        """Pauses a node that runs; returns what lets this life of it go on: another one is none of its business."""
        life = node.life
        node.pause()

        def go_on() -> None:
            if node.life is life:
                node.resume()

        return go_on

    def put_to_sleep(self, device: Device) -> End:
        """Suspends a device's app, if it is up; returns its user, who opens it unless a fault still holds it down."""
        device.suspend()
        return self.hold(device, lambda: device.wake("user"))

    def back_up(self, device: Device) -> Callable[[], End]:
        """Makes a backup of a device's database; returns what replaces the database by it, and gives what starts the app."""
        backup = device.back_up()

        def restore() -> End:
            device.restore_from(backup, point=self.point)
            return self.hold(device, device.restart)

        return restore

    def slow_down(self, node: Node, factor: int, lag: int) -> End:
        """Makes a node slow: its work takes `factor` times as long, and what it sends leaves `lag` µs late."""
        node.slowness *= factor

        def late(payload: Any, number: int, ordered: bool, fate: Fate) -> None:
            fate.delay += lag

        def recover() -> None:
            node.slowness //= factor

        return all_of([recover, self.lay(lambda s, t: s is node, late)]) if lag else recover

    def shift_clock(self, node: Node, by: int) -> End:
        """Sets a node's clock `by` µs ahead; returns what sets it right."""
        node.skew += by
        node.tell_clock()

        def back() -> None:
            node.skew -= by
            node.tell_clock()

        return back

    def while_on(self, switched_on: list[Any], what: object) -> End:
        """Adds something to what a node goes by; returns what takes it out again."""
        switched_on.append(what)
        return lambda: switched_on.remove(what) if what in switched_on else None

    def lose(self, node: Node) -> None:
        """A node dies, and nothing brings it back."""
        if not node.gone:
            node.crash(silent=True)
            node.gone = True
            node.emit(LostForGood)

    def lose_quorum(self, partition: str) -> None:
        """Most replicas of a partition die, and nothing brings them back; the first ones live on."""
        replicas = self.replicas(partition)
        for replica in majority(replicas):
            self.lose(replica)
        directory = self._deployment.directory
        lost = tuple(name for name in directory.conversations if directory.store_for(name) == partition)
        profiles = tuple(name for name in directory.devices if directory.store_of(name) == partition)
        names = tuple(replica.name for replica in replicas)
        self._deployment.record(QuorumLostForGood, partition, names, lost, profiles)

    def arm(self, nodes: Sequence[Node], point: str, nth: int, strike: Callable[[Node], None]) -> End:
        """Waits for the `nth` time that one of these nodes reaches a point; returns what disarms it."""
        reached = 0

        def watch(watched: Node) -> None:
            nonlocal reached
            reached += 1
            if reached == nth:
                disarm()
                self.point = point
                strike(watched)

        def disarm() -> None:
            for node in nodes:
                watchers = node.watched.get(point, [])
                if watch in watchers:
                    watchers.remove(watch)
                    if not watchers:
                        del node.watched[point]

        for node in nodes:
            node.watched.setdefault(point, []).append(watch)
        return disarm

    # --- the fault itself, and time --------------------------------------------------------------------------------

    @abstractmethod
    def fired(self, node: Node | None = None) -> None:
        """Writes down that an armed fault takes effect, at `node` if it has found one. For a timed one the injector does."""

    @abstractmethod
    def ends(self, end: End | None) -> None:
        """Schedules the end of an armed fault that has taken effect, if it has one."""

    @abstractmethod
    def ends_when(self, end: End, event: str, count: int) -> None:
        """Schedules the fault's end for when `count` more events of a kind are in the history, and `lasts` at latest."""

    @abstractmethod
    def until_healed(self, end: End) -> None:
        """Keeps an end for when all is healed: the fault has none of its own before."""

    @abstractmethod
    def later(self, delay: int, then: Callable[[Any], object], arg: Any) -> None:
        """For a fault of several steps: `then(arg)` in `delay` µs, unless all is healed by then."""

    @abstractmethod
    def send(self, device: str, conversation: str) -> None:
        """A person sends something from a device to a conversation, if the app runs and all is not healed yet."""


def _nothing() -> None:
    pass


def majority(replicas: Sequence[N]) -> Sequence[N]:
    """The replicas without which there is no quorum: the last ones. One alone is all."""
    return replicas[-(len(replicas) // 2 + 1) :]


def all_of(ends: Sequence[End]) -> End:
    """Ends all of these, in order."""

    def end() -> None:
        for each in ends:
            each()

    return end
