"""Makes plans from seeds: a random workload and random faults, with swarm selection.

Swarm selection: each plan uses only a random subset of the fault kinds. Plans that use everything at once keep
stepping on their own feet, and never get far in any one direction (Groce et al., Swarm Testing, ISSTA 2012).

Requirements: V5, F1, F2, F3, F4, F7, F8.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from faults import kinds
from faults.kinds import KINDS, Fault
from faults.plan import VERSION, Action, Join, Leave, Plan, ProtocolRef, Read, Send, Type, Update
from model import wire
from model.protocol import REFERENCE
from model.topology import TopologySpec, expand, graph, store_replicas
from sim.draws import Draws, Picker

PAYLOADS = ("poll", "sticker")
"""The payload types of random sends, besides text."""

MS = 1_000
SECOND = 1_000_000


class Campaign(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What random plans of a scenario look like. Ranges are [least, most]."""

    seeds: int = 200
    """How many plans, of the seeds 1..seeds, unless the command says otherwise."""
    sends: tuple[int, int] = (8, 40)
    """How many messages are sent."""
    faults: tuple[int, int] = (0, 8)
    """How many faults there are."""
    churn: tuple[int, int] = (0, 0)
    """How many joins and leaves there are. With any, those who are no members send now and then, too."""
    kinds: tuple[str, ...] = ()
    """The kinds of fault to choose from; none given: all."""
    kind_probability: float = 0.5
    """The chance of each kind to be in a plan's swarm."""

    def __post_init__(self) -> None:
        for name in ("sends", "faults", "churn"):
            least, most = getattr(self, name)
            if not 0 <= least <= most:
                raise ValueError(f"expected 0 <= least <= most in {name}, got [{least}, {most}]")
        if self.seeds < 1:
            raise ValueError(f"expected at least 1 in seeds, got {self.seeds}")
        if not 0 <= self.kind_probability <= 1:
            raise ValueError(f"expected a probability from 0 to 1 in kind_probability, got {self.kind_probability}")
        for kind in self.kinds:
            if kind not in KINDS:
                raise ValueError(f"expected kinds out of {', '.join(KINDS)}, got {kind!r}")


class _Setting:
    """What a fault can be aimed at in a topology, in the order of the topology."""

    def __init__(self, topology: TopologySpec, duration: int) -> None:
        self.duration = duration
        g = graph(topology)
        self.kind_of: dict[str, str] = {name: str(kind) for name, kind in g.nodes(data="kind")}
        self.devices = [device.name for device in topology.devices]
        self.user_of = {device.name: device.user for device in topology.devices}
        self.talks = {
            device.name: [c.name for c in topology.conversations if device.user in c.members]
            for device in topology.devices
        }
        self.servers = [name for name, kind in self.kind_of.items() if kind != "device"]
        self.partitions = list(store_replicas(topology))
        self.of_kind: dict[str, list[str]] = {}
        for name, kind in self.kind_of.items():
            self.of_kind.setdefault(kind, []).append(name)
        self.points = {name: cls.points for name, cls in REFERENCE.components().items() if hasattr(cls, "points")}
        self.pointed = [name for name in self.servers if self.points.get(self.kind_of[name])]
        self.routes = [
            (kind.__name__, source, target)
            for kind, (source, target) in wire.ROUTES.items()
            if source in self.of_kind and target in self.of_kind
        ]

    def when(self, pick: Picker) -> int:
        return pick.below(self.duration)

    def armed_from(self, pick: Picker) -> int:
        """Mostly from the start, sometimes from later on."""
        return pick.below(self.duration) if pick.chance(0.3) else 0

    def a_while(self, pick: Picker) -> int:
        """From 50 ms to 100 s, short ones as likely as long ones: doubling steps."""
        return pick.between(50, 100) * MS << pick.below(11)

    def a_long_while(self, pick: Picker) -> int:
        """Half of the time long enough for a gateway to let go and for a notification to come: 20 s to 2 min."""
        return pick.between(20, 120) * SECOND if pick.chance(0.5) else self.a_while(pick)

    def link(self, pick: Picker) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Two ends between which some message travels, each a node or all of its kind."""
        _, a, b = self.route(pick)
        return a, b

    def route(self, pick: Picker) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
        """A kind of message and the two ends between which it travels, each a node or all of its kind."""
        kind, source, target = pick.choose(self.routes)
        return kind, (self._end(pick, source),), (self._end(pick, target),)

    def _end(self, pick: Picker, kind: str) -> str:
        return f"kind:{kind}" if pick.chance(0.6) else pick.choose(self.of_kind[kind])

    def cut(self, pick: Picker) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Two sides of a partition: a link, one node and the rest, or two random halves."""
        style = pick.below(3)
        if style == 0:
            return self.link(pick)
        everyone = [*self.servers, *self.devices]
        if style == 1:
            return (pick.choose(everyone),), ("*",)
        half = frozenset(pick.subset(everyone, 0.5)) or frozenset(everyone[:1])
        return tuple(n for n in everyone if n in half), tuple(n for n in everyone if n not in half) or ("*",)


def _crash(p: Picker, s: _Setting) -> Fault:
    return kinds.Crash(node=p.choose(s.servers), at=s.when(p), down=s.a_while(p), silent=p.chance(0.3))


def _crash_at(p: Picker, s: _Setting) -> Fault:
    node = p.choose(s.pointed)
    return kinds.CrashAt(
        node=node,
        point=p.choose(s.points[s.kind_of[node]]),
        nth=p.between(1, 5),
        at=s.armed_from(p),
        down=s.a_while(p),
        silent=p.chance(0.3),
    )


def _pause(p: Picker, s: _Setting) -> Fault:
    return kinds.Pause(node=p.choose([*s.servers, *s.devices]), at=s.when(p), duration=s.a_while(p))


def _pause_at(p: Picker, s: _Setting) -> Fault:
    node = p.choose(s.pointed)
    point = p.choose(s.points[s.kind_of[node]])
    return kinds.PauseAt(node=node, point=point, nth=p.between(1, 5), at=s.armed_from(p), duration=s.a_while(p))


def _partition(p: Picker, s: _Setting) -> Fault:
    a, b = s.cut(p)
    return kinds.Partition(a=a, b=b, one_way=p.chance(0.4), at=s.when(p), duration=s.a_while(p))


def _probability(p: Picker) -> float:
    return p.choose((0.02, 0.1, 0.3, 0.7))


def _loss(p: Picker, s: _Setting) -> Fault:
    a, b = s.link(p)
    return kinds.Loss(a=a, b=b, at=s.when(p), duration=s.a_while(p), probability=_probability(p))


def _duplication(p: Picker, s: _Setting) -> Fault:
    a, b = s.link(p)
    return kinds.Duplication(a=a, b=b, at=s.when(p), duration=s.a_while(p), probability=_probability(p))


def _reordering(p: Picker, s: _Setting) -> Fault:
    a, b = s.link(p)
    delay = p.choose((20 * MS, 200 * MS, 2 * SECOND))
    return kinds.Reordering(a=a, b=b, at=s.when(p), duration=s.a_while(p), probability=_probability(p), delay=delay)


def _delay_spike(p: Picker, s: _Setting) -> Fault:
    a, b = s.link(p)
    delay = p.choose((100 * MS, 1 * SECOND, 6 * SECOND))
    return kinds.DelaySpike(a=a, b=b, at=s.when(p), duration=s.a_while(p), probability=_probability(p), delay=delay)


def _reset(p: Picker, s: _Setting) -> Fault:
    return kinds.Reset(device=p.choose(s.devices), at=s.when(p))


def _drop_at(p: Picker, s: _Setting) -> Fault:
    kind, a, b = s.route(p)
    return kinds.DropAt(kind=kind, a=a, b=b, nth=p.between(1, 8), at=s.armed_from(p))


def _duplicate_at(p: Picker, s: _Setting) -> Fault:
    kind, a, b = s.route(p)
    return kinds.DuplicateAt(kind=kind, a=a, b=b, nth=p.between(1, 8), at=s.armed_from(p))


def _delay_at(p: Picker, s: _Setting) -> Fault:
    kind, a, b = s.route(p)
    delay = p.choose((200 * MS, 2 * SECOND, 10 * SECOND))
    return kinds.DelayAt(kind=kind, a=a, b=b, nth=p.between(1, 8), at=s.armed_from(p), delay=delay)


def _fail_over(p: Picker, s: _Setting) -> Fault:
    return kinds.FailOver(partition=p.choose(s.partitions), at=s.when(p), down=s.a_while(p), silent=p.chance(0.3))


def _fail_over_at(p: Picker, s: _Setting) -> Fault:
    return kinds.FailOverAt(
        partition=p.choose(s.partitions),
        point=p.choose(s.points["store"]),
        nth=p.between(1, 12),
        at=s.armed_from(p),
        down=s.a_while(p),
        silent=p.chance(0.3),
    )


def _isolate_leader(p: Picker, s: _Setting) -> Fault:
    return kinds.IsolateLeader(partition=p.choose(s.partitions), at=s.when(p), duration=s.a_while(p))


def _lose_quorum(p: Picker, s: _Setting) -> Fault:
    return kinds.LoseQuorum(partition=p.choose(s.partitions), at=s.when(p), down=s.a_while(p))


def _drop_push(p: Picker, s: _Setting) -> Fault:
    devices = tuple(p.subset(s.devices, 0.5))
    return kinds.DropPush(devices=devices, at=s.when(p) // 2, duration=s.duration, probability=p.choose((0.5, 1.0)))


def _some(p: Picker, s: _Setting) -> tuple[str, ...]:
    return tuple(p.subset(s.devices, 0.5))


def _delay_push(p: Picker, s: _Setting) -> Fault:
    delay = p.choose((5 * SECOND, 30 * SECOND))
    return kinds.DelayPush(devices=_some(p, s), at=s.when(p) // 2, duration=s.duration, delay=delay)


def _throttle_push(p: Picker, s: _Setting) -> Fault:
    wait = p.choose((2 * SECOND, 20 * SECOND))
    return kinds.ThrottlePush(devices=_some(p, s), at=s.when(p) // 2, duration=s.duration, retry_after=wait)


def _disable_push(p: Picker, s: _Setting) -> Fault:
    return kinds.DisablePush(devices=_some(p, s), at=s.when(p) // 2, duration=s.duration)


def _rotate_token(p: Picker, s: _Setting) -> Fault:
    """Mostly while the app does not run: else it registers the new one at once."""
    asleep = s.a_long_while(p) if p.chance(0.8) else 0
    return kinds.RotateToken(device=p.choose(s.devices), at=s.when(p), asleep=asleep)


def _switch_account(p: Picker, s: _Setting) -> Fault:
    """Between devices of different users, if there are any."""
    host = p.choose(s.devices)
    others = [device for device in s.devices if s.user_of[device] != s.user_of[host]]
    return kinds.SwitchAccount(device=host, to=p.choose(others or [host]), at=s.when(p), duration=s.a_long_while(p))


def _sleep(p: Picker, s: _Setting) -> Fault:
    return kinds.Sleep(device=p.choose(s.devices), at=s.when(p), duration=s.a_long_while(p))


def _kill_app(p: Picker, s: _Setting) -> Fault:
    return kinds.KillApp(device=p.choose(s.devices), at=s.when(p), down=s.a_while(p))


def _kill_app_at(p: Picker, s: _Setting) -> Fault:
    return kinds.KillAppAt(
        device=p.choose(s.devices),
        point=p.choose(s.points["device"]),
        nth=p.between(1, 8),
        at=s.armed_from(p),
        down=s.a_while(p),
    )


def _wipe(p: Picker, s: _Setting) -> Fault:
    return kinds.Wipe(device=p.choose(s.devices), at=s.when(p), down=s.a_while(p))


_CALLERS = {"Append": "service", "Publish": "service", "CursorUpdate": "service", "Push": "worker"}
"""Which kind of node asks for this, if all is well."""


def _intruder(p: Picker, s: _Setting) -> Fault:
    asks = p.choose(tuple(_CALLERS))
    device = p.choose([device for device in s.devices if s.talks[device]])
    conversation = p.choose(s.talks[device])
    claims = p.choose(s.of_kind[_CALLERS[asks]])
    return kinds.Intrusion(device=device, claims=claims, asks=asks, conversation=conversation, at=s.when(p))


MAKERS: dict[str, Callable[[Picker, _Setting], Fault]] = {
    "crash": _crash,
    "crash_at": _crash_at,
    "pause": _pause,
    "pause_at": _pause_at,
    "partition": _partition,
    "loss": _loss,
    "duplication": _duplication,
    "reordering": _reordering,
    "delay_spike": _delay_spike,
    "reset": _reset,
    "drop_at": _drop_at,
    "duplicate_at": _duplicate_at,
    "delay_at": _delay_at,
    "fail_over": _fail_over,
    "fail_over_at": _fail_over_at,
    "isolate_leader": _isolate_leader,
    "lose_quorum": _lose_quorum,
    "drop_push": _drop_push,
    "delay_push": _delay_push,
    "throttle_push": _throttle_push,
    "disable_push": _disable_push,
    "rotate_token": _rotate_token,
    "switch_account": _switch_account,
    "sleep": _sleep,
    "kill_app": _kill_app,
    "kill_app_at": _kill_app_at,
    "wipe": _wipe,
    "intruder": _intruder,
}
"""How each kind of fault is made up."""


_ATTACHMENTS = {0: 30_000, 1: 2_000_000}
"""Of twenty sends, one has a small attachment and one a large one, in bytes."""


def workload(pick: Picker, topology: TopologySpec, duration: int, count: int, changes: int = 0) -> list[Action]:
    """`count` sends, in bursts and pauses, from random devices to random conversations of theirs; some are read later.

    With `changes` of membership among them, some of the senders are no members, or no longer. A device of an old app gets
    the new one in some plans.
    """
    everybody = [device.name for device in topology.devices]
    members = {conversation.name: conversation.members for conversation in topology.conversations}
    senders: dict[str, list[str]] = {
        name: [device.name for device in topology.devices if device.user in users] for name, users in members.items()
    }
    talking = [name for name in members if senders[name]]
    hot = pick.choose(talking)
    actions: list[Action] = []
    at = 0
    pace = duration // max(1, count)
    for _ in range(count):
        burst = pick.chance(0.5)
        at += pick.below(20 * MS) if burst else pick.below(2 * pace + 1)
        conversation = hot if pick.chance(0.5) else pick.choose(talking)
        outsider = changes and pick.chance(0.4)
        device = pick.choose(everybody if outsider else senders[conversation])
        attachment = _ATTACHMENTS.get(pick.below(20), 0)
        type = pick.choose(PAYLOADS) if pick.chance(0.15) else ""
        send = Send(at=min(at, duration), device=device, conversation=conversation, attachment=attachment, type=type)
        actions.append(send)
        if pick.chance(0.15):
            actions.append(Type(at=max(0, actions[-1].at - SECOND), device=device, conversation=conversation))
        if pick.chance(0.4):
            reader = pick.choose(senders[conversation])
            later = min(at + pick.below(10 * SECOND), duration)
            actions.append(Read(at=later, device=reader, conversation=conversation))
    if changes:
        actions += churn(pick, topology, duration, changes, actions)
    actions += [
        Update(at=pick.below(duration), device=spec.name, app_version="2.0")
        for spec in topology.devices
        if "*" not in spec.capabilities and pick.chance(0.3)
    ]
    return sorted(actions, key=lambda action: action.at)


def churn(pick: Picker, topology: TopologySpec, duration: int, count: int, sends: Sequence[Action]) -> list[Action]:
    """`count` joins and leaves, most of them within 200 ms of a send, by whoever is a member if all goes as planned."""
    groups = [c for c in topology.conversations if c.type == "group" or (not c.type and len(c.members) != 2)]
    if not groups:
        return []
    members = {group.name: list(group.members) for group in groups}
    devices: dict[str, list[str]] = {}
    for device in topology.devices:
        devices.setdefault(device.user, []).append(device.name)
    times = sorted(
        min(duration, max(0, pick.choose(sends).at + pick.below(400 * MS) - 200 * MS))
        if pick.chance(0.7)
        else pick.below(duration)
        for _ in range(count)
    )
    changes: list[Action] = []
    for at in times:
        group = pick.choose(groups).name
        inside = members[group]
        outside = [user for user in topology.users if user not in inside and user in devices]
        by = pick.choose([user for user in inside if user in devices])
        if outside and (len(inside) < 2 or pick.chance(0.5)):
            user = pick.choose(outside)
            inside.append(user)
            changes.append(Join(at=at, device=pick.choose(devices[by]), conversation=group, user=user))
        elif len(inside) > 1:
            user = by if pick.chance(0.6) else pick.choose([user for user in inside if user in devices])
            inside.remove(user)
            remover = user if user == by else inside[0]
            changes.append(Leave(at=at, device=pick.choose(devices[remover]), conversation=group, user=user))
    return changes


def swarm(pick: Picker, allowed: Sequence[str], probability: float) -> list[str]:
    """The fault kinds that one plan uses: each with this probability, at least one."""
    return pick.subset(allowed, probability) or [pick.choose(allowed)]


def generate(
    campaign: Campaign,
    topology: TopologySpec,
    seed: int,
    *,
    scenario: str,
    protocol: ProtocolRef,
    duration: int,
    bound: int,
    tail: int,
    explore_ties: bool,
    settings: dict[str, int | str] | None = None,
) -> Plan:
    """The plan of a seed. The same arguments give the same plan, on every machine."""
    pick = Picker(Draws(seed), "plan")
    everyone = expand(topology)
    setting = _Setting(everyone, duration)
    used = swarm(pick, campaign.kinds or tuple(KINDS), campaign.kind_probability)
    actions = workload(
        pick,
        everyone,
        duration,
        pick.between(*campaign.sends),
        pick.between(*campaign.churn) if campaign.churn[1] else 0,
    )
    faults = [MAKERS[pick.choose(used)](pick, setting) for _ in range(pick.between(*campaign.faults))]
    return Plan(
        parley_plan=VERSION,
        scenario=scenario,
        seed=seed,
        protocol=protocol,
        explore_ties=explore_ties,
        duration=duration,
        bound=bound,
        tail=tail,
        workload=tuple(actions),
        faults=tuple(sorted(faults, key=lambda fault: fault.at)),
        topology=topology,
        settings=settings or {},
    )


assert MAKERS.keys() == KINDS.keys(), "every kind of fault needs a maker"
