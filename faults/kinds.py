"""The kinds of fault. Each is plain data that says what happens, when or at which armed point, and for how long.

A *timed* fault begins at `at`; an *armed* one waits from `at` on for its point: the `nth` time that a node reaches a
crash point, or that a message of some kind passes. What it does is its `begin`, which returns how to end it. At the
end of a plan everything that is still on is ended, and what has not fired is disarmed.

A *selector* names nodes: a node's name, `kind:gateway`, `region:eu`, or `*`.

Requirements: F1, F2, F3, F4, F7, F8, P15.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
from xxhash import xxh3_64_intdigest

from model.intruder import ASKS
from sim.draws import key
from sim.network import Fate
from sim.node import Node

if TYPE_CHECKING:
    from faults.injector import Injector

_LUCK = key("fault luck")
_encode = msgspec.json.Encoder().encode

End = Callable[[], None]


class _Fault(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="fault"
):
    """What all faults have: when they begin, or from when on they are armed, in µs."""

    at: int = 0

    armed: ClassVar[bool] = False
    requirement: ClassVar[str] = ""

    def identity(self) -> int:
        """A number that stands for this fault in draws: from what it is, not from its place in the plan."""
        return xxh3_64_intdigest(_encode(self))

    def lasts(self) -> int:
        """How long the fault is on, in µs; 0 for one that is over at once."""
        return 0

    def nodes(self) -> list[tuple[str, str]]:
        """The nodes it names, as (field, name)."""
        return []

    def selectors(self) -> list[tuple[str, tuple[str, ...]]]:
        """The selectors it uses, as (field, selectors)."""
        return []

    def partitions(self) -> list[tuple[str, str]]:
        """The store partitions it names, as (field, name)."""
        return []

    def begin(self, injector: Injector) -> End | None:
        """Puts the fault into effect; returns what ends it, or None if nothing is left to end."""
        raise NotImplementedError


def _check_probability(probability: float) -> None:
    """Raises ValueError for what is none, or for a fault that never happens."""
    if not 0 < probability <= 1:
        raise ValueError(f"expected a probability above 0 and at most 1, got {probability}")


class _OnNode(_Fault, frozen=True, kw_only=True):
    node: str

    def nodes(self) -> list[tuple[str, str]]:
        return [("node", self.node)]


class _OnDevice(_Fault, frozen=True, kw_only=True):
    device: str

    def nodes(self) -> list[tuple[str, str]]:
        return [("device", self.device)]


def _arm(fault: Any, nodes: Sequence[Node], strike: Callable[[Node], End | None], injector: Injector) -> End:
    """Waits for the `nth` time that one of these nodes reaches the fault's point; returns what disarms it."""
    reached = 0

    def watch(watched: Node) -> None:
        nonlocal reached
        reached += 1
        if reached == fault.nth:
            disarm()
            injector.fired(fault)
            injector.ends(fault, strike(watched))

    def disarm() -> None:
        for node in nodes:
            watchers = node.watched.get(fault.point, [])
            if watch in watchers:
                watchers.remove(watch)
                if not watchers:
                    del node.watched[fault.point]

    for node in nodes:
        node.watched.setdefault(fault.point, []).append(watch)
    return disarm


class _AtPoint(_Fault, frozen=True, kw_only=True):
    """Armed at a node's crash point, for the `nth` time that it is reached from `at` on."""

    point: str
    nth: int = 1

    armed: ClassVar[bool] = True
    on: ClassVar[str] = "node"
    """The field that names the node."""

    def nodes(self) -> list[tuple[str, str]]:
        return [(self.on, getattr(self, self.on))]

    def strike(self, injector: Injector, node: Node) -> End | None:
        raise NotImplementedError

    def begin(self, injector: Injector) -> End | None:
        ((_, name),) = self.nodes()
        return _arm(self, [injector.node(name)], lambda node: self.strike(injector, node), injector)


# --- F1: crash and restart ----------------------------------------------------------------------------------------


class Crash(_OnNode, frozen=True, kw_only=True, tag="crash"):
    """A node dies and is started again `down` µs later. `silent`: its machine dies too, so that no reset is sent."""

    down: int
    silent: bool = False

    requirement: ClassVar[str] = "F1"

    def lasts(self) -> int:
        return self.down

    def begin(self, injector: Injector) -> End | None:
        node = injector.node(self.node)
        node.crash(silent=self.silent)
        return node.restart


class CrashAt(_AtPoint, frozen=True, kw_only=True, tag="crash_at"):
    """A node dies at a named crash point, and is started again `down` µs later."""

    node: str
    down: int
    silent: bool = False

    requirement: ClassVar[str] = "F1"

    def lasts(self) -> int:
        return self.down

    def strike(self, injector: Injector, node: Node) -> End | None:
        node.crash(point=self.point, silent=self.silent)
        return node.restart


# --- F2: pause ----------------------------------------------------------------------------------------------------


class Pause(_OnNode, frozen=True, kw_only=True, tag="pause"):
    """A node stands still for `duration` µs, unaware: a stop-the-world pause."""

    duration: int

    requirement: ClassVar[str] = "F2"

    def lasts(self) -> int:
        return self.duration

    def begin(self, injector: Injector) -> End | None:
        node = injector.node(self.node)
        node.pause()
        return node.resume


class PauseAt(_AtPoint, frozen=True, kw_only=True, tag="pause_at"):
    """A node stands still at a named crash point, for `duration` µs."""

    node: str
    duration: int

    requirement: ClassVar[str] = "F2"

    def lasts(self) -> int:
        return self.duration

    def strike(self, injector: Injector, node: Node) -> End | None:
        node.pause()
        return node.resume


# --- F3: network --------------------------------------------------------------------------------------------------


class _OnLinks(_Fault, frozen=True, kw_only=True):
    """On every link between a node of `a` and a node of `b`, both ways unless `one_way` (then from a to b)."""

    a: tuple[str, ...]
    b: tuple[str, ...]
    one_way: bool = False

    def selectors(self) -> list[tuple[str, tuple[str, ...]]]:
        return [("a", self.a), ("b", self.b)]

    def covers(self, injector: Injector) -> Callable[[Node, Node], bool]:
        in_a, in_b = injector.selects(self.a), injector.selects(self.b)
        one_way = self.one_way
        return lambda s, t: (in_a(s) and in_b(t)) or (not one_way and in_b(s) and in_a(t))


class _ForAWhile(_OnLinks, frozen=True, kw_only=True):
    duration: int

    requirement: ClassVar[str] = "F3"

    def lasts(self) -> int:
        return self.duration


class Partition(_ForAWhile, frozen=True, kw_only=True, tag="partition"):
    """Nothing passes between a and b."""

    def begin(self, injector: Injector) -> End | None:
        return injector.network.partition(self.covers(injector))


class _Chance(_ForAWhile, frozen=True, kw_only=True):
    """Concerns each message with this probability, drawn by what the message is; only the payload `kinds`, if given."""

    probability: float
    kinds: tuple[str, ...] = ()

    ordered_too: ClassVar[bool] = False
    """Whether frames of connections are concerned as well as datagrams."""

    def __post_init__(self) -> None:
        _check_probability(self.probability)

    def decide(self, fate: Fate, draw: int) -> None:
        raise NotImplementedError

    def begin(self, injector: Injector) -> End | None:
        network = injector.network
        threshold = int(self.probability * 2**64)
        identity, kinds, ordered_too = self.identity(), self.kinds, self.ordered_too

        def apply(payload: Any, number: int, ordered: bool, fate: Fate) -> None:
            if (ordered and not ordered_too) or (kinds and type(payload).__name__ not in kinds):
                return
            draw = network.draws.u64(_LUCK, identity, payload.key(), number)
            if draw < threshold:
                self.decide(fate, network.draws.u64(_LUCK, draw))

        rule = _Rule(self.covers(injector), apply)
        network.add_rule(rule)
        return lambda: network.remove_rule(rule)


class Loss(_Chance, frozen=True, kw_only=True, tag="loss"):
    """Messages vanish, frames of connections included."""

    ordered_too: ClassVar[bool] = True

    def decide(self, fate: Fate, draw: int) -> None:
        fate.lost = "loss"


class Duplication(_Chance, frozen=True, kw_only=True, tag="duplication"):
    """Datagrams arrive twice."""

    def decide(self, fate: Fate, draw: int) -> None:
        fate.copies = 2


class Reordering(_Chance, frozen=True, kw_only=True, tag="reordering"):
    """Datagrams are held back by up to `delay` µs, so that later ones overtake them."""

    delay: int

    def decide(self, fate: Fate, draw: int) -> None:
        fate.delay += draw * self.delay >> 64


class DelaySpike(_Chance, frozen=True, kw_only=True, tag="delay_spike"):
    """Messages take `delay` µs longer; frames of a connection stay in order behind the late one."""

    delay: int

    ordered_too: ClassVar[bool] = True

    def decide(self, fate: Fate, draw: int) -> None:
        fate.delay += self.delay


class Reset(_OnDevice, frozen=True, kw_only=True, tag="reset"):
    """The device's connection breaks: what is in flight is lost, and both ends are told."""

    requirement: ClassVar[str] = "F3"

    def begin(self, injector: Injector) -> End | None:
        device = injector.device(self.device)
        for connection in list(device.life.connections):
            connection.reset()
        return None


class _AtMessage(_OnLinks, frozen=True, kw_only=True):
    """Armed for the `nth` message of payload `kind` that passes from a node of `a` to one of `b`, from `at` on."""

    kind: str
    nth: int = 1
    one_way: bool = True

    armed: ClassVar[bool] = True
    requirement: ClassVar[str] = "F3"

    def decide(self, fate: Fate) -> None:
        raise NotImplementedError

    def begin(self, injector: Injector) -> End | None:
        network = injector.network
        passed = 0

        def apply(payload: Any, number: int, ordered: bool, fate: Fate) -> None:
            nonlocal passed
            if type(payload).__name__ == self.kind:
                passed += 1
                if passed == self.nth:
                    injector.fired(self)
                    self.decide(fate)

        rule = _Rule(self.covers(injector), apply)
        network.add_rule(rule)
        return lambda: network.remove_rule(rule)


class DropAt(_AtMessage, frozen=True, kw_only=True, tag="drop_at"):
    """That message vanishes.

    An answer of the store or the queue that vanishes makes an ambiguous outcome: Appended was committed, and its caller
    sees a time-out.
    """

    def decide(self, fate: Fate) -> None:
        fate.lost = "armed"


class DuplicateAt(_AtMessage, frozen=True, kw_only=True, tag="duplicate_at"):
    """That message arrives twice, if it is a datagram."""

    def decide(self, fate: Fate) -> None:
        fate.copies = 2


class DelayAt(_AtMessage, frozen=True, kw_only=True, tag="delay_at"):
    """That message is `delay` µs late."""

    delay: int

    def decide(self, fate: Fate) -> None:
        fate.delay += self.delay


# --- F4: store ----------------------------------------------------------------------------------------------------


class _OnPartition(_Fault, frozen=True, kw_only=True):
    partition: str
    down: int

    requirement: ClassVar[str] = "F4"

    def partitions(self) -> list[tuple[str, str]]:
        return [("partition", self.partition)]

    def lasts(self) -> int:
        return self.down


class FailOver(_OnPartition, frozen=True, kw_only=True, tag="fail_over"):
    """The replica that leads a store partition dies, whichever it is by then, and is started again `down` µs later.

    If none leads, the first one that lives dies.
    """

    silent: bool = False

    def begin(self, injector: Injector) -> End | None:
        leader = injector.leader(self.partition)
        if leader is None:
            return None
        leader.crash(silent=self.silent)
        return leader.restart


class FailOverAt(_OnPartition, frozen=True, kw_only=True, tag="fail_over_at"):
    """Whichever replica of a store partition is the `nth` to reach a crash point dies there, and is started again later.

    At 'committed', which only a leader reaches, it makes an ambiguous commit: applied, and the caller sees a time-out.
    """

    point: str
    nth: int = 1
    silent: bool = False

    armed: ClassVar[bool] = True

    def begin(self, injector: Injector) -> End | None:
        def strike(node: Node) -> End | None:
            node.crash(point=self.point, silent=self.silent)
            return node.restart

        return _arm(self, injector.replicas(self.partition), strike, injector)


class IsolateLeader(_Fault, frozen=True, kw_only=True, tag="isolate_leader"):
    """The replica that leads a store partition is cut off from the other replicas, but not from those who call it."""

    partition: str
    duration: int

    requirement: ClassVar[str] = "F4"

    def partitions(self) -> list[tuple[str, str]]:
        return [("partition", self.partition)]

    def lasts(self) -> int:
        return self.duration

    def begin(self, injector: Injector) -> End | None:
        leader = injector.leader(self.partition)
        if leader is None:
            return None
        others = [replica for replica in injector.replicas(self.partition) if replica is not leader]
        return injector.network.partition(lambda s, t: (s is leader and t in others) or (t is leader and s in others))


class LoseQuorum(_OnPartition, frozen=True, kw_only=True, tag="lose_quorum"):
    """Most replicas of a store partition die at once, and are started again `down` µs later; the first ones live on.

    Nothing can be committed meanwhile, and no leader can tell what must not be stale. One replica alone dies.
    """

    def begin(self, injector: Injector) -> End | None:
        replicas = injector.replicas(self.partition)
        dying = [replica for replica in replicas[-(len(replicas) // 2 + 1) :] if replica.up]
        for replica in dying:
            replica.crash()

        def restart() -> None:
            for replica in dying:
                replica.restart()

        return restart


# --- F7: push provider --------------------------------------------------------------------------------------------


class DropPush(_Fault, frozen=True, kw_only=True, tag="drop_push"):
    """The provider silently loses notifications to these devices (none given: all), each with this probability.

    `for_good`: not even the healing ends it. Nothing that is promised may need a push, so that it may last for ever.
    """

    duration: int
    devices: tuple[str, ...] = ()
    probability: float = 1.0
    for_good: bool = False

    requirement: ClassVar[str] = "F7"

    def __post_init__(self) -> None:
        _check_probability(self.probability)

    def lasts(self) -> int:
        return self.duration

    def nodes(self) -> list[tuple[str, str]]:
        return [(f"devices[{i}]", device) for i, device in enumerate(self.devices)]

    def begin(self, injector: Injector) -> End | None:
        provider = injector.provider()
        devices = frozenset(self.devices or injector.deployment.devices)
        fault = (devices, int(self.probability * 2**64))
        provider.dropping.append(fault)
        if self.for_good:
            return None
        return lambda: provider.dropping.remove(fault) if fault in provider.dropping else None


class _OnPushes(_Fault, frozen=True, kw_only=True):
    """At the push provider, for these devices (none given: all), for `duration` µs."""

    duration: int
    devices: tuple[str, ...] = ()

    requirement: ClassVar[str] = "F7"

    def lasts(self) -> int:
        return self.duration

    def nodes(self) -> list[tuple[str, str]]:
        return [(f"devices[{i}]", device) for i, device in enumerate(self.devices)]

    def concerned(self, injector: Injector) -> frozenset[str]:
        return frozenset(self.devices or injector.deployment.devices)


class DelayPush(_OnPushes, frozen=True, kw_only=True, tag="delay_push"):
    """The provider delivers notifications to these devices (none given: all) `delay` µs later than it would."""

    delay: int

    def begin(self, injector: Injector) -> End | None:
        return _while_on(injector.provider().delaying, (self.concerned(injector), self.delay))


class ThrottlePush(_OnPushes, frozen=True, kw_only=True, tag="throttle_push"):
    """The provider takes no notifications for these devices (none given: all): try again in `retry_after` µs, it says."""

    retry_after: int

    def begin(self, injector: Injector) -> End | None:
        return _while_on(injector.provider().throttling, (self.concerned(injector), self.retry_after))


class DisablePush(_OnPushes, frozen=True, kw_only=True, tag="disable_push"):
    """The users of these devices (none given: all) have disabled notifications, and enable them `duration` µs later."""

    def begin(self, injector: Injector) -> End | None:
        return _while_on(injector.provider().disabled, self.concerned(injector))


def _while_on(faults: list[Any], fault: object) -> End:
    faults.append(fault)
    return lambda: faults.remove(fault) if fault in faults else None


class RotateToken(_OnDevice, frozen=True, kw_only=True, tag="rotate_token"):
    """The platform gives the device's app a new push token; the old one is invalid at once, also for what is pending.

    With `asleep` the app is suspended before, and opened by its user so many µs later: until then it can't register.
    """

    asleep: int = 0

    requirement: ClassVar[str] = "F7"

    def lasts(self) -> int:
        return self.asleep

    def begin(self, injector: Injector) -> End | None:
        device = injector.device(self.device)
        if self.asleep:
            device.suspend()
        device.rotate_token()
        return (lambda: device.wake("user")) if self.asleep else None


class SwitchAccount(_OnDevice, frozen=True, kw_only=True, tag="switch_account"):
    """On the handset of `device` its user logs out, and the user of the device `to` logs in, for `duration` µs.

    The push token stays with the handset. While it lasts, `device` does not run, and `to`, which keeps its database as an
    account does, is reached by that token; then `to` goes back to a handset of its own, with a new token. Nothing happens
    if one of the two takes part in another switch.
    """

    to: str
    duration: int

    requirement: ClassVar[str] = "F7"

    def lasts(self) -> int:
        return self.duration

    def nodes(self) -> list[tuple[str, str]]:
        return [("device", self.device), ("to", self.to)]

    def begin(self, injector: Injector) -> End | None:
        host, guest = injector.device(self.device), injector.device(self.to)
        if host is guest or host.switched or guest.switched:
            return None
        host.switched = guest.switched = True
        guest.move_to(host.log_out())

        def back() -> None:
            token = guest.push_token
            guest.move_to("")
            host.log_in(token)
            host.switched = guest.switched = False

        return back


# --- F8: device ---------------------------------------------------------------------------------------------------


class Sleep(_OnDevice, frozen=True, kw_only=True, tag="sleep"):
    """The device's app is suspended, without a goodbye, and woken by its user `duration` µs later."""

    duration: int

    requirement: ClassVar[str] = "F8"

    def lasts(self) -> int:
        return self.duration

    def begin(self, injector: Injector) -> End | None:
        device = injector.device(self.device)
        device.suspend()
        return lambda: device.wake("user")


class KillApp(_OnDevice, frozen=True, kw_only=True, tag="kill_app"):
    """The device's app dies and is started again `down` µs later; its database is kept."""

    down: int

    requirement: ClassVar[str] = "F8"

    def lasts(self) -> int:
        return self.down

    def begin(self, injector: Injector) -> End | None:
        device = injector.device(self.device)
        device.crash()
        return device.restart


class KillAppAt(_AtPoint, frozen=True, kw_only=True, tag="kill_app_at"):
    """The device's app dies at a named crash point, say between local write and ack, and is started again later."""

    device: str
    down: int

    on: ClassVar[str] = "device"

    requirement: ClassVar[str] = "F8"

    def lasts(self) -> int:
        return self.down

    def strike(self, injector: Injector, node: Node) -> End | None:
        node.crash(point=self.point)
        return node.restart


class Wipe(_OnDevice, frozen=True, kw_only=True, tag="wipe"):
    """The device's local database, outbox and cursors are gone; `down` µs later the app starts as a new installation."""

    down: int

    requirement: ClassVar[str] = "F8"

    def lasts(self) -> int:
        return self.down

    def begin(self, injector: Injector) -> End | None:
        device = injector.device(self.device)
        device.wipe()
        return device.restart


# --- a foreign node -----------------------------------------------------------------------------------------------


class Intrusion(_OnDevice, frozen=True, kw_only=True, tag="intruder"):
    """A node that isn't part of the deployment calls itself `claims` and asks a component for something.

    `asks`: Append (a message of the device's user), Publish (a task for one), CursorUpdate (a cursor for the device), or Push
    (of a message to the device).
    """

    claims: str
    asks: str
    conversation: str

    requirement: ClassVar[str] = "P15"

    def __post_init__(self) -> None:
        if self.asks not in ASKS:
            raise ValueError(f"expected one of {', '.join(ASKS)}, got {self.asks!r}")

    def nodes(self) -> list[tuple[str, str]]:
        return [("device", self.device), ("claims", self.claims)]

    def begin(self, injector: Injector) -> End | None:
        injector.deployment.intruder(self.claims).ask_for(self.asks, self.device, self.conversation)
        return None


Fault = (
    Crash | CrashAt | Pause | PauseAt
    | Partition | Loss | Duplication | Reordering | DelaySpike | Reset | DropAt | DuplicateAt | DelayAt
    | FailOver | FailOverAt | IsolateLeader | LoseQuorum
    | DropPush | DelayPush | ThrottlePush | DisablePush | RotateToken | SwitchAccount | Sleep | KillApp | KillAppAt | Wipe
    | Intrusion
)  # fmt: skip

KINDS: dict[str, type[_Fault]] = {
    str(kind.__struct_config__.tag): kind
    for kind in (
        Crash, CrashAt, Pause, PauseAt, Partition, Loss, Duplication, Reordering, DelaySpike, Reset,
        DropAt, DuplicateAt, DelayAt, FailOver, FailOverAt, IsolateLeader, LoseQuorum,
        DropPush, DelayPush, ThrottlePush, DisablePush, RotateToken, SwitchAccount, Sleep, KillApp, KillAppAt,
        Wipe, Intrusion,
    )
}  # fmt: skip


def name_of(fault: _Fault) -> str:
    """The fault's kind, as it is written in a plan."""
    return str(fault.__struct_config__.tag)


class _Rule:
    """A fault on links, as the network asks for it."""

    __slots__ = ("apply", "covers")

    def __init__(self, covers: Callable[[Node, Node], bool], apply: Callable[[Any, int, bool, Fate], None]) -> None:
        self.covers = covers
        self.apply = apply
