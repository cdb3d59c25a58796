"""Faults of the network: messages are lost, doubled, late, out of order, without an answer; links are cut and clogged.

Requirements: F3.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from faults.kinds.base import (
    LUCK,
    End,
    _check_least,
    _check_probability,
    _Fault,
    _ForAWhile,
    _OnDevice,
    _OnLinks,
    _Rule,
    all_of,
    lay,
)
from sim.draws import key
from sim.network import Fate
from sim.node import Node

if TYPE_CHECKING:
    from faults.injector import Injector


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
        _check_probability(self, "probability")

    def decide(self, fate: Fate, draw: int) -> None:
        raise NotImplementedError

    def begin(self, injector: Injector) -> End | None:
        network = injector.network
        threshold = int(self.probability * 2**64)
        identity, kinds, ordered_too = self.identity(), self.kinds, self.ordered_too

        def apply(payload: Any, number: int, ordered: bool, fate: Fate) -> None:
            if (ordered and not ordered_too) or (kinds and type(payload).__name__ not in kinds):
                return
            draw = network.draws.u64(LUCK, identity, payload.key(), number)
            if draw < threshold:
                self.decide(fate, network.draws.u64(LUCK, draw))

        rule = _Rule(self.covers(injector), apply)
        network.add_rule(rule)
        return lambda: network.remove_rule(rule)


class Loss(_Chance, frozen=True, kw_only=True, tag="loss"):
    """Messages vanish, frames of connections included."""

    armed_form: ClassVar[str] = "drop_at"

    ordered_too: ClassVar[bool] = True

    def decide(self, fate: Fate, draw: int) -> None:
        fate.lost = "loss"


class Duplication(_Chance, frozen=True, kw_only=True, tag="duplication"):
    """Datagrams arrive twice."""

    armed_form: ClassVar[str] = "duplicate_at"

    def decide(self, fate: Fate, draw: int) -> None:
        fate.copies = 2


class Reordering(_Chance, frozen=True, kw_only=True, tag="reordering"):
    """Datagrams are held back by up to `delay` µs, so that later ones overtake them."""

    armed_form: ClassVar[str] = "delay_at"

    delay: int

    def decide(self, fate: Fate, draw: int) -> None:
        fate.delay += draw * self.delay >> 64


class DelaySpike(_Chance, frozen=True, kw_only=True, tag="delay_spike"):
    """Messages take `delay` µs longer; frames of a connection stay in order behind the late one."""

    armed_form: ClassVar[str] = "delay_at"

    delay: int

    ordered_too: ClassVar[bool] = True

    def decide(self, fate: Fate, draw: int) -> None:
        fate.delay += self.delay


class Reset(_OnDevice, frozen=True, kw_only=True, tag="reset"):
    """The device's connection breaks: what is in flight is lost, and both ends are told."""

    requirement: ClassVar[str] = "F3"

    def idle(self, injector: Injector) -> bool:
        return not injector.device(self.device).life.connections

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


class PartialPartition(_ForAWhile, frozen=True, kw_only=True, tag="partial_partition"):
    """Of the pairs of a node of a and a node of b, this share can't talk to each other, while the others can.

    Which pairs it is, is drawn by their names; so two nodes may be cut off from each other that a third one reaches.
    """

    share: float = 0.5

    everyday: ClassVar[bool] = False

    def __post_init__(self) -> None:
        _check_probability(self, "share")

    def begin(self, injector: Injector) -> End | None:
        covers, draws, identity = self.covers(injector), injector.network.draws, self.identity()
        threshold, one_way = int(self.share * 2**64), self.one_way

        def cuts(source: Node, target: Node) -> bool:
            pair = (source, target) if one_way or source.key < target.key else (target, source)
            return covers(source, target) and draws.u64(LUCK, identity, pair[0].key, pair[1].key) < threshold

        return injector.network.partition(cuts)


class RegionDelay(_Fault, frozen=True, kw_only=True, tag="region_delay"):
    """Everything into and out of a region is `delay` µs late, for `duration` µs; what stays inside is not."""

    region: str
    delay: int
    duration: int

    requirement: ClassVar[str] = "F3"
    everyday: ClassVar[bool] = False

    def selectors(self) -> list[tuple[str, tuple[str, ...]]]:
        return [("region", (f"region:{self.region}",))]

    def lasts(self) -> int:
        return self.duration

    def begin(self, injector: Injector) -> End | None:
        region, delay = self.region, self.delay

        def late(payload: Any, number: int, ordered: bool, fate: Fate) -> None:
            fate.delay += delay

        return lay(_Rule(lambda s, t: (s.region == region) is not (t.region == region), late), injector)


class Unanswered(_ForAWhile, frozen=True, kw_only=True, tag="unanswered"):
    """Calls from a to b are carried out and never answered, of the request `kinds` if given: not even after the healing.

    Each caller sees a time-out, and what it asked for has happened.
    """

    kinds: tuple[str, ...] = ()
    one_way: bool = True

    everyday: ClassVar[bool] = False

    def begin(self, injector: Injector) -> End | None:
        kinds = self.kinds

        def mute(payload: Any, number: int, ordered: bool, fate: Fate) -> None:
            if not kinds or type(payload).__name__ in kinds:
                fate.unanswered = True

        return lay(_Rule(self.covers(injector), mute), injector)


class UnansweredAt(_AtMessage, frozen=True, kw_only=True, tag="unanswered_at"):
    """That call is carried out and never answered: a fault without an end. `kind` is that of the request."""

    everyday: ClassVar[bool] = False

    def decide(self, fate: Fate) -> None:
        fate.unanswered = True


class ClogLinks(_OnLinks, frozen=True, kw_only=True, tag="clog_links"):
    """A share of the links between a and b is clogged one by one, each `step` µs after the other, for about `hold` µs.

    What is sent over a clogged link waits, and comes when it is released. Which links, in which order they are clogged,
    and in which other order they are released, are drawn by the names of their ends.
    """

    share: float = 0.5
    step: int
    hold: int

    requirement: ClassVar[str] = "F3"
    everyday: ClassVar[bool] = False

    def __post_init__(self) -> None:
        _check_probability(self, "share")
        _check_least(self, step=0, hold=0)

    def lasts(self) -> int:
        return self.hold + self.step * _CLOGGED_AT_MOST

    def begin(self, injector: Injector) -> End | None:
        network, covers, identity = injector.network, self.covers(injector), self.identity()
        nodes = list(network.nodes.values())
        links = [(s, t) for s in nodes for t in nodes if s is not t and covers(s, t)]

        def drawn(what: str) -> Callable[[tuple[Node, Node]], int]:
            return lambda link: network.draws.u64(key(what), identity, link[0].key, link[1].key)

        chosen = sorted(links, key=drawn("clog order"))[: max(1, min(int(len(links) * self.share), _CLOGGED_AT_MOST))]
        now = int(network.env._now)
        clogged_from = {link: now + place * self.step for place, link in enumerate(chosen)}
        last = now + (len(chosen) - 1) * self.step
        released_at = {
            link: last + self.hold + (place - len(chosen) + 1) * self.step
            for place, link in enumerate(sorted(chosen, key=drawn("release order")))
        }
        return all_of(
            [
                lay(_clog(link, clogged_from[link], released_at[link], injector), injector)
                for link in chosen
                if released_at[link] > clogged_from[link]
            ]
        )


_CLOGGED_AT_MOST = 40


def _clog(link: tuple[Node, Node], since: int, until: int, injector: Injector) -> _Rule:
    env = injector.network.env

    def wait(payload: Any, number: int, ordered: bool, fate: Fate) -> None:
        if since <= env._now < until:
            fate.delay += until - int(env._now)

    return _Rule(lambda s, t: s is link[0] and t is link[1], wait)
