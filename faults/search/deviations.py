"""Deviations: single departures from a schedule, each an armed fault whose target occurred in a recorded run.

A run is recorded with the targets that occur in it: every message that passes (its kind, its link, and the how-manieth of
its kind on that link it is) and every crash point that is reached. What can be done to a target is a *deviation*:

- a message is dropped. If it is an answer of the store or the queue, that is an unknown outcome; if it is a replication
  message, or late, a stale read of that follower;
- a datagram arrives twice, or `LATE` µs late: longer than anybody waits before trying again, so that its successor, be it
  the next message or its own retry, overtakes it. Frames of a connection keep their order and can't;
- a node dies at a crash point and is started again `DOWN` µs later, or stands still there for `STILL` µs, which outlives
  a lease;
- a connection breaks with what a device asks for or is sent on it, so that all that is in flight is lost and both ends know;
- the leases of a queue end as it has given out a task;
- a device that asks to be let in is refused, and is not let in for `REFUSED` µs, which takes more than twenty tries of who
  comes back every second;
- a push that the provider has taken is lost in silence. No message is lost then: a lost `Notification` is sent again.

What is left out, as it is the same as something that is tried:

- *an answer that comes twice*: the first copy to arrive ends the call, and the other finds nobody who waits;
- *an answer that comes late*, but for those of `LONG_AWAITED`: `LATE` is longer than its caller waits, so that it is dropped;
- *a question that only reads, dropped or late*: whoever is asked changes nothing by answering, so that a lost question and
  a lost answer leave the same state, and an answer to a late question comes to nobody. The lost answer is tried;
- *a question that only reads, twice*: the second answer finds nobody who waits;
- *a second deviation of the same message*;
- *a deviation of presence together with one of anything else*. Who is online and who types is held by the presence service
  and shown by devices; no other handler reads it, so that what becomes of it changes nothing else. The properties of
  presence are put to the test by sets of presence deviations and by sets of others, not by mixed ones.

Requirements: V5, F1, F2, F3.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from faults import kinds
from faults.injector import Injector
from faults.kinds import Fault, name_of
from faults.plan import Plan
from model.device.device import Device
from model.events import NotificationSent
from model.servers.presence import PresenceService
from model.servers.queue import DeliveryQueue
from model.wire.base import Wire, names_of
from model.wire.client import (
    Ack,
    BlobIs,
    BlobKept,
    Digest,
    Hello,
    PresenceFrame,
    SendMessage,
    SendResult,
    SyncPage,
    SyncRequest,
    TypingFrame,
)
from model.wire.delivery import Lease, Lookup
from model.wire.service import (
    DigestRequest,
    Online,
    PresenceBeat,
    PresenceGone,
    PresenceNotice,
    TypingNotice,
    TypingStarted,
    WhoIsOnline,
)
from model.wire.store import ReadHeads, ReadRecipients, Unpublished
from sim.history import FaultStarted, Healed
from sim.network import Fate, Link
from sim.node import Node

LATE = 6_000_000
DOWN = 10_000_000
STILL = 35_000_000
REFUSED = 90_000_000

TAIL = 10_000_000
"""How long, in µs, a run with deviations that has converged is watched further, at most: longer than anything is late."""

READS: tuple[type, ...] = (DigestRequest, Lookup, ReadHeads, ReadRecipients, Unpublished, WhoIsOnline)
"""Questions whose handlers change nothing: what they are answered is all that they do."""

LONG_AWAITED: tuple[type, ...] = (BlobIs, BlobKept, Lease)
"""Answers that are waited for longer than `LATE`."""


PRESENCE: tuple[type[Wire], ...] = (
    Online,
    PresenceBeat,
    PresenceFrame,
    PresenceGone,
    PresenceNotice,
    TypingFrame,
    TypingNotice,
    TypingStarted,
    WhoIsOnline,
)
"""Messages that carry who is online and who types, and nothing else."""


BREAKING = frozenset(kind.__name__ for kind in (SendMessage, SendResult, SyncRequest, SyncPage, Ack, Digest))
"""What a connection breaks with: what is waited for, or moves a cursor. With anything else nothing is lost but what is in
flight beside it."""


class Target(msgspec.Struct, frozen=True, array_like=True):
    """What a deviation can be aimed at: the `nth` message of a kind on a link, or time that a node reaches a point.

    `how`: 'frame', 'datagram', 'answer', 'long-awaited answer' or 'read' for a message; whose crash point it is, 'device' or
    'node' (any other), for a point; 'push' for what the provider took for a device. `after`: how many events the
    history had then. `to` of a point: the queue itself, where it gives out a lease. `presence`: whether it is about who is
    online or types. `cause`: the index of the event that was being reacted to.
    """

    how: str
    what: str
    source: str
    to: str
    nth: int
    at: int
    after: int
    presence: bool
    cause: int = -1


class Recorder:
    """Writes down the targets that occur in a run, until it is healed. Made before the run begins; changes nothing."""

    def __init__(self, injector: Injector) -> None:
        self.targets: list[Target] = []
        self._injector = injector
        self._count: dict[tuple[str, str, str], int] = {}
        self._on = True
        network = self.network = injector.network
        network.passing = self._passing
        for node in network.nodes.values():
            for point in node.points:
                node.watched.setdefault(point, []).insert(0, self._reaching(point))
        # Behind the rules of the plan's own faults, so that what they take away is not counted here either.
        injector.deployment.env.at_first(0, lambda _: network.add_rule(_Everything()))

    def after_last(self, own: int) -> list[Target]:
        """The targets that occurred after the last deviation took effect: a fault beyond the plan's `own` ones."""
        fired = [
            i for i, event in enumerate(self.network.history) if isinstance(event, FaultStarted) and event.fault >= own
        ]
        return [target for target in self.all() if not fired or target.after > fired[-1]]

    def all(self) -> list[Target]:
        """The targets in order, with the pushes that were taken, which the history tells of."""
        pushes: list[Target] = []
        for i, event in enumerate(self.network.history):
            if isinstance(event, Healed):
                break
            if isinstance(event, NotificationSent):
                nth = 1 + sum(1 for push in pushes if push.to == event.device)
                pushes.append(Target("push", "push", event.node, event.device, nth, event.t, i + 1, False, event.cause))
        return sorted([*self.targets, *pushes], key=lambda target: target.after) if pushes else self.targets

    def _next(self, what: str, source: str, to: str) -> int:
        counted = what, source, to
        self._count[counted] = nth = self._count.get(counted, 0) + 1
        return nth

    def _passing(self, link: Link, payload: Any, frame: bool, fate: Fate) -> None:
        source, target = link.source, link.target
        nth = self._next(names_of(payload)[-1], source.name, target.name)
        if fate.delay or fate.copies > 1 or self._injector.healed:
            return
        if frame:
            how = "frame"
        elif isinstance(payload, READS):
            how = "read"
        else:
            answer = "long-awaited answer" if isinstance(payload, LONG_AWAITED) else "answer"
            how = "datagram" if type(payload) in target.dispatch else answer
        self._add(how, type(payload).__name__, source, target.name, nth, isinstance(payload, PRESENCE))

    def _reaching(self, point: str) -> Any:
        def reach(node: Node) -> None:
            nth = self._next(point, node.name, "")
            if not self._injector.healed:
                how = "device" if isinstance(node, Device) else "node"
                leases = node.name if point == "leased" and isinstance(node, DeliveryQueue) else ""
                self._add(how, point, node, leases, nth, isinstance(node, PresenceService))

        return reach

    def _add(self, how: str, what: str, source: Node, to: str, nth: int, presence: bool) -> None:
        env, after = self.network.env, len(self.network.history)
        self.targets.append(Target(how, what, source.name, to, nth, int(env._now), after, presence, env.cause))


class _Everything:
    """A rule that covers every link and does nothing: it makes the network tell of every message."""

    def covers(self, source: Node, target: Node) -> bool:
        return True

    def apply(self, payload: Any, number: int, ordered: bool, fate: Fate) -> None:
        pass


def deviations(target: Target) -> Iterator[Fault]:
    """What can be done to a target, as faults."""
    what, nth = target.what, target.nth
    if target.how == "node":
        yield kinds.CrashAt(node=target.source, point=what, nth=nth, down=DOWN)
        yield kinds.PauseAt(node=target.source, point=what, nth=nth, duration=STILL)
        if what == "leased" and target.to:
            yield kinds.ExpireLeasesAt(node=target.source, queue=target.source, point=what, nth=nth)
    elif target.how == "device":
        yield kinds.KillAppAt(device=target.source, point=what, nth=nth, down=DOWN)
        yield kinds.PauseAt(node=target.source, point=what, nth=nth, duration=STILL)
    elif target.how == "push":
        yield kinds.DropPush(devices=(target.to,), at=target.at, duration=1)
    elif target.how != "read":
        a, b = (target.source,), (target.to,)
        yield kinds.DropAt(a=a, b=b, kind=what, nth=nth)
        if target.how == "frame" and what in BREAKING:
            yield kinds.ResetAt(a=a, b=b, kind=what, nth=nth)
        if what == Hello.__name__:
            yield kinds.RefuseLogin(devices=a, at=target.at, duration=REFUSED)
        if target.how == "datagram":
            yield kinds.DuplicateAt(a=a, b=b, kind=what, nth=nth)
        if target.how in ("datagram", "long-awaited answer"):
            yield kinds.DelayAt(a=a, b=b, kind=what, nth=nth, delay=LATE)


def deviating(plan: Plan, faults: Sequence[Fault]) -> Plan:
    """Return the plan with these deviations behind its own faults, and a short tail."""
    return msgspec.structs.replace(plan, faults=(*plan.faults, *faults), tail=min(plan.tail, TAIL))


def worded(fault: Fault) -> str:
    """A deviation in a few words."""
    match fault:
        case kinds.DropAt() | kinds.DuplicateAt() | kinds.DelayAt():
            done = {"drop_at": "lost", "duplicate_at": "twice", "delay_at": "late"}[name_of(fault)]
            return f"{fault.kind} {fault.a[0]} → {fault.b[0]} #{fault.nth} {done}"
        case kinds.CrashAt():
            return f"{fault.node} dies at '{fault.point}' #{fault.nth}"
        case kinds.KillAppAt():
            return f"{fault.device} dies at '{fault.point}' #{fault.nth}"
        case kinds.PauseAt():
            return f"{fault.node} stands still at '{fault.point}' #{fault.nth}"
        case kinds.ResetAt():
            return f"the connection breaks with {fault.kind} {fault.a[0]} → {fault.b[0]} #{fault.nth}"
        case kinds.ExpireLeasesAt():
            return f"the leases of {fault.queue} end at '{fault.point}' #{fault.nth}"
        case kinds.RefuseLogin():
            return f"{fault.devices[0]} is refused from {fault.at / 1e6:g} s on"
        case kinds.DropPush():
            return f"push to {fault.devices[0]} at {fault.at / 1e6:g} s lost"
    return name_of(fault)


def all_worded(faults: Sequence[Fault]) -> str:
    """A set of deviations in a few words; '' is the default schedule."""
    return "; ".join(map(worded, faults)) or "the default schedule"
