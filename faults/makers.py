"""How each kind of fault is made up at random, for a topology.

Requirements: V5, F1, F2, F3, F4, F5, F6, F7, F8, F9.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from faults import kinds
from faults.kinds import KINDS, Fault
from model.protocol import REFERENCE
from model.servers.intruder import TOKENS
from model.topology import TopologySpec, graph, store_replicas
from model.wire.routes import ROUTES
from sim.draws import Picker

MS = 1_000
SECOND = 1_000_000


ROUTED = tuple(kind.__name__ for kind in ROUTES)
"""The kinds of message that are sent."""


class Setting:
    """What a fault can be aimed at in a topology, in the order of the topology.

    `messages`: the only kinds of message that faults concern; none given: all. `handed_on`: accounts also move between
    devices of one user. `at_devices`: what is armed at a node's crash point is also aimed at devices.
    """

    def __init__(
        self,
        topology: TopologySpec,
        duration: int,
        *,
        messages: Sequence[str] = (),
        handed_on: bool = False,
        at_devices: bool = False,
    ) -> None:
        self.duration = duration
        self.handed_on = handed_on
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
        aimed_at = [*self.servers, *(self.devices if at_devices else ())]
        self.pointed = [name for name in aimed_at if self.points.get(self.kind_of[name])]
        self.regions = list(topology.regions)
        self.server_regions = [
            r for r in topology.regions if any(g.nodes[name]["region"] == r for name in self.servers)
        ]
        self.device_regions = [
            r for r in topology.regions if any(g.nodes[name]["region"] == r for name in self.devices)
        ]
        self.conversations = [c.name for c in topology.conversations]
        self.routes = [
            (kind.__name__, source, target)
            for kind, (source, target) in ROUTES.items()
            if source in self.of_kind and target in self.of_kind and kind.__name__ in (messages or ROUTED)
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


def _crash(p: Picker, s: Setting) -> Fault:
    return kinds.Crash(node=p.choose(s.servers), at=s.when(p), down=s.a_while(p), silent=p.chance(0.3))


def _crash_at(p: Picker, s: Setting) -> Fault:
    node = p.choose(s.pointed)
    return kinds.CrashAt(
        node=node,
        point=p.choose(s.points[s.kind_of[node]]),
        nth=p.between(1, 5),
        at=s.armed_from(p),
        down=s.a_while(p),
        silent=p.chance(0.3),
    )


def _pause(p: Picker, s: Setting) -> Fault:
    return kinds.Pause(node=p.choose([*s.servers, *s.devices]), at=s.when(p), duration=s.a_while(p))


def _pause_at(p: Picker, s: Setting) -> Fault:
    node = p.choose(s.pointed)
    point = p.choose(s.points[s.kind_of[node]])
    return kinds.PauseAt(node=node, point=point, nth=p.between(1, 5), at=s.armed_from(p), duration=s.a_while(p))


def _partition(p: Picker, s: Setting) -> Fault:
    a, b = s.cut(p)
    return kinds.Partition(a=a, b=b, one_way=p.chance(0.4), at=s.when(p), duration=s.a_while(p))


def _probability(p: Picker) -> float:
    return p.choose((0.02, 0.1, 0.3, 0.7))


def _loss(p: Picker, s: Setting) -> Fault:
    a, b = s.link(p)
    return kinds.Loss(a=a, b=b, at=s.when(p), duration=s.a_while(p), probability=_probability(p))


def _duplication(p: Picker, s: Setting) -> Fault:
    a, b = s.link(p)
    return kinds.Duplication(a=a, b=b, at=s.when(p), duration=s.a_while(p), probability=_probability(p))


def _reordering(p: Picker, s: Setting) -> Fault:
    a, b = s.link(p)
    delay = p.choose((20 * MS, 200 * MS, 2 * SECOND))
    return kinds.Reordering(a=a, b=b, at=s.when(p), duration=s.a_while(p), probability=_probability(p), delay=delay)


def _delay_spike(p: Picker, s: Setting) -> Fault:
    a, b = s.link(p)
    delay = p.choose((100 * MS, 1 * SECOND, 6 * SECOND))
    return kinds.DelaySpike(a=a, b=b, at=s.when(p), duration=s.a_while(p), probability=_probability(p), delay=delay)


def _reset(p: Picker, s: Setting) -> Fault:
    return kinds.Reset(device=p.choose(s.devices), at=s.when(p))


def _drop_at(p: Picker, s: Setting) -> Fault:
    kind, a, b = s.route(p)
    return kinds.DropAt(kind=kind, a=a, b=b, nth=p.between(1, 8), at=s.armed_from(p))


def _duplicate_at(p: Picker, s: Setting) -> Fault:
    kind, a, b = s.route(p)
    return kinds.DuplicateAt(kind=kind, a=a, b=b, nth=p.between(1, 8), at=s.armed_from(p))


def _delay_at(p: Picker, s: Setting) -> Fault:
    kind, a, b = s.route(p)
    delay = p.choose((200 * MS, 2 * SECOND, 10 * SECOND))
    return kinds.DelayAt(kind=kind, a=a, b=b, nth=p.between(1, 8), at=s.armed_from(p), delay=delay)


def _fail_over(p: Picker, s: Setting) -> Fault:
    return kinds.FailOver(partition=p.choose(s.partitions), at=s.when(p), down=s.a_while(p), silent=p.chance(0.3))


def _fail_over_at(p: Picker, s: Setting) -> Fault:
    return kinds.FailOverAt(
        partition=p.choose(s.partitions),
        point=p.choose(s.points["store"]),
        nth=p.between(1, 12),
        at=s.armed_from(p),
        down=s.a_while(p),
        silent=p.chance(0.3),
    )


def _isolate_leader(p: Picker, s: Setting) -> Fault:
    return kinds.IsolateLeader(partition=p.choose(s.partitions), at=s.when(p), duration=s.a_while(p))


def _lose_quorum(p: Picker, s: Setting) -> Fault:
    return kinds.LoseQuorum(partition=p.choose(s.partitions), at=s.when(p), down=s.a_while(p))


def _drop_push(p: Picker, s: Setting) -> Fault:
    devices = tuple(p.subset(s.devices, 0.5))
    return kinds.DropPush(devices=devices, at=s.when(p) // 2, duration=s.duration, probability=p.choose((0.5, 1.0)))


def _some(p: Picker, s: Setting) -> tuple[str, ...]:
    return tuple(p.subset(s.devices, 0.5))


def _delay_push(p: Picker, s: Setting) -> Fault:
    delay = p.choose((5 * SECOND, 30 * SECOND))
    return kinds.DelayPush(devices=_some(p, s), at=s.when(p) // 2, duration=s.duration, delay=delay)


def _throttle_push(p: Picker, s: Setting) -> Fault:
    wait = p.choose((2 * SECOND, 20 * SECOND))
    return kinds.ThrottlePush(devices=_some(p, s), at=s.when(p) // 2, duration=s.duration, retry_after=wait)


def _disable_push(p: Picker, s: Setting) -> Fault:
    return kinds.DisablePush(devices=_some(p, s), at=s.when(p) // 2, duration=s.duration)


def _rotate_token(p: Picker, s: Setting) -> Fault:
    """Mostly while the app does not run: else it registers the new one at once."""
    asleep = s.a_long_while(p) if p.chance(0.8) else 0
    return kinds.RotateToken(device=p.choose(s.devices), at=s.when(p), asleep=asleep)


def _switch_account(p: Picker, s: Setting) -> Fault:
    """Between devices of different users, if there are any, and at times of one user. On a single one a token rotates."""
    host = p.choose(s.devices)
    others = [
        device for device in s.devices if device != host and (s.handed_on or s.user_of[device] != s.user_of[host])
    ]
    others = others or [device for device in s.devices if device != host]
    if not others:
        return _rotate_token(p, s)
    return kinds.SwitchAccount(device=host, to=p.choose(others), at=s.when(p), duration=s.a_long_while(p))


def _sleep(p: Picker, s: Setting) -> Fault:
    return kinds.Sleep(device=p.choose(s.devices), at=s.when(p), duration=s.a_long_while(p))


def _kill_app(p: Picker, s: Setting) -> Fault:
    return kinds.KillApp(device=p.choose(s.devices), at=s.when(p), down=s.a_while(p))


def _kill_app_at(p: Picker, s: Setting) -> Fault:
    return kinds.KillAppAt(
        device=p.choose(s.devices),
        point=p.choose(s.points["device"]),
        nth=p.between(1, 8),
        at=s.armed_from(p),
        down=s.a_while(p),
    )


def _wipe(p: Picker, s: Setting) -> Fault:
    return kinds.Wipe(device=p.choose(s.devices), at=s.when(p), down=s.a_while(p))


_CALLERS = {"Append": "service", "Publish": "service", "CursorUpdate": "service", "Push": "worker"}
"""Which kind of node asks for this, if all is well."""


def _intruder(p: Picker, s: Setting) -> Fault:
    asks = p.choose(tuple(_CALLERS))
    device = p.choose([device for device in s.devices if s.talks[device]])
    conversation = p.choose(s.talks[device])
    claims = p.choose(s.of_kind[_CALLERS[asks]])
    return kinds.Intrusion(device=device, claims=claims, asks=asks, conversation=conversation, at=s.when(p))


# --- the rest of the atlas ----------------------------------------------------------------------------------------


_WORKS_WITH = {
    "expire_leases_at": ("queue", "worker"),
    "wipe_cache_at": ("worker", "gateway", "cache", "presence"),
    "reconnect_storm_at": ("gateway",),
}
"""At which kinds of node a fault is armed that does something to another one, or to a gateway's connections."""


def aims(kind: str, component: str, at_devices: bool) -> bool:
    """Whether a fault that is armed at points is ever aimed at such a component, if its kind can be armed there at all."""
    if kind in _WORKS_WITH:
        return component in _WORKS_WITH[kind]
    return at_devices or component != "device" or kind == "kill_app_at"


def _point(p: Picker, s: Setting, *of: str) -> tuple[str, str]:
    """A node with crash points, of one of these kinds if they are given, and one of its points."""
    node = p.choose([name for name in s.pointed if not of or s.kind_of[name] in of])
    return node, p.choose(s.points[s.kind_of[node]])


_AWAITED = ("Persisted", "SendAttempted", "SyncRequested", "TaskLeased", "Connected")


def _hold_down(p: Picker, s: Setting) -> Fault:
    return kinds.HoldDown(
        node=p.choose(s.servers), at=s.when(p), until=p.choose(_AWAITED), count=p.between(1, 6), most=s.a_while(p)
    )


def _hold_down_at(p: Picker, s: Setting) -> Fault:
    node, point = _point(p, s)
    return kinds.HoldDownAt(
        node=node,
        point=point,
        nth=p.between(1, 5),
        at=s.armed_from(p),
        until=p.choose(_AWAITED),
        count=p.between(1, 6),
        most=s.a_while(p),
    )


def _slow_node(p: Picker, s: Setting) -> Fault:
    node = p.choose([*s.servers, *s.devices])
    return kinds.SlowNode(
        node=node, at=s.when(p), duration=s.a_while(p), factor=p.choose((3, 10, 40)), lag=p.choose((1, 20, 300)) * MS
    )


def _slow_node_at(p: Picker, s: Setting) -> Fault:
    node, point = _point(p, s)
    return kinds.SlowNodeAt(
        node=node,
        point=point,
        nth=p.between(1, 5),
        at=s.armed_from(p),
        duration=s.a_while(p),
        factor=p.choose((3, 10, 40)),
        lag=p.choose((1, 20, 300)) * MS,
    )


def _by(p: Picker) -> int:
    """A jump of a server's clock: 100 ms to 30 s, ahead or back."""
    return p.choose((100 * MS, SECOND, 6 * SECOND, 30 * SECOND)) * p.choose((-1, 1))


def _clock_skew(p: Picker, s: Setting) -> Fault:
    return kinds.ClockSkew(node=p.choose(s.servers), at=s.when(p), duration=s.a_while(p), by=_by(p))


def _clock_skew_at(p: Picker, s: Setting) -> Fault:
    node, point = _point(p, s)
    return kinds.ClockSkewAt(
        node=node, point=point, nth=p.between(1, 5), at=s.armed_from(p), duration=s.a_while(p), by=_by(p)
    )


def _clock_drift(p: Picker, s: Setting) -> Fault:
    """Crystals drift by 100 µs a second; virtual machines that are moved, by much more."""
    rate = p.choose((200, 10_000, 100_000)) * p.choose((-1, 1))
    return kinds.ClockDrift(node=p.choose([*s.servers, *s.devices]), at=s.when(p), duration=s.a_while(p), rate=rate)


def _wrong_clock(p: Picker, s: Setting) -> Fault:
    by = p.choose((60 * SECOND, 3_600 * SECOND, 30 * 86_400 * SECOND)) * p.choose((-1, 1))
    return kinds.WrongClock(device=p.choose(s.devices), at=s.when(p), duration=s.a_long_while(p), by=by)


def _region_down(p: Picker, s: Setting) -> Fault:
    return kinds.RegionDown(region=p.choose(s.server_regions), at=s.when(p), down=s.a_while(p))


def _rolling_restart(p: Picker, s: Setting) -> Fault:
    kind = p.choose([kind for kind in s.of_kind if kind != "device"])
    return kinds.RollingRestart(nodes_of=f"kind:{kind}", at=s.when(p), duration=s.a_while(p))


def _partial_partition(p: Picker, s: Setting) -> Fault:
    a, b = s.cut(p)
    share = p.choose((0.2, 0.5, 0.8))
    return kinds.PartialPartition(a=a, b=b, share=share, one_way=p.chance(0.4), at=s.when(p), duration=s.a_while(p))


def _region_delay(p: Picker, s: Setting) -> Fault:
    delay = p.choose((100 * MS, 1 * SECOND, 4 * SECOND))
    return kinds.RegionDelay(region=p.choose(s.regions), delay=delay, at=s.when(p), duration=s.a_while(p))


def _unanswered(p: Picker, s: Setting) -> Fault:
    a, b = s.link(p)
    return kinds.Unanswered(a=a, b=b, at=s.when(p), duration=s.a_while(p))


def _unanswered_at(p: Picker, s: Setting) -> Fault:
    kind, a, b = s.route(p)
    return kinds.UnansweredAt(kind=kind, a=a, b=b, nth=p.between(1, 8), at=s.armed_from(p))


def _clog_links(p: Picker, s: Setting) -> Fault:
    a, b = s.link(p)
    step, hold = p.between(10, 200) * MS, p.between(1, 10) * SECOND
    return kinds.ClogLinks(a=a, b=b, share=p.choose((0.25, 0.5)), step=step, hold=hold, at=s.when(p))


def _store_unavailable(p: Picker, s: Setting) -> Fault:
    return kinds.StoreUnavailable(partition=p.choose(s.partitions), at=s.when(p), duration=s.a_while(p))


def _store_slow(p: Picker, s: Setting) -> Fault:
    factor, lag = p.choose((5, 20, 100)), p.choose((0, 20, 300)) * MS
    return kinds.StoreSlow(
        partition=p.choose(s.partitions), at=s.when(p), duration=s.a_while(p), factor=factor, lag=lag
    )


def _ambiguous_commit(p: Picker, s: Setting) -> Fault:
    partition = p.choose(s.partitions)
    return kinds.AmbiguousCommit(partition=partition, at=s.when(p), duration=s.a_while(p), probability=_probability(p))


def _ambiguous_commit_at(p: Picker, s: Setting) -> Fault:
    return kinds.AmbiguousCommitAt(partition=p.choose(s.partitions), nth=p.between(1, 8), at=s.armed_from(p))


def _write_conflict(p: Picker, s: Setting) -> Fault:
    return kinds.WriteConflict(partition=p.choose(s.partitions), at=s.when(p), times=p.between(1, 6))


def _write_conflict_at(p: Picker, s: Setting) -> Fault:
    return kinds.WriteConflictAt(
        partition=p.choose(s.partitions),
        point=p.choose(s.points["store"]),
        nth=p.between(1, 8),
        at=s.armed_from(p),
        times=p.between(1, 6),
    )


def _stale_followers(p: Picker, s: Setting) -> Fault:
    lag = p.choose((200 * MS, 2 * SECOND, 20 * SECOND))
    return kinds.StaleFollowers(partition=p.choose(s.partitions), at=s.when(p), duration=s.a_while(p), lag=lag)


def _quorum_gone(p: Picker, s: Setting) -> Fault:
    return kinds.QuorumGoneForGood(partition=p.choose(s.partitions), at=s.when(p))


def _queue(p: Picker, s: Setting) -> str:
    return p.choose(s.of_kind["queue"])


def _queue_unavailable(p: Picker, s: Setting) -> Fault:
    return kinds.QueueUnavailable(queue=_queue(p, s), at=s.when(p), duration=s.a_while(p))


def _queue_slow(p: Picker, s: Setting) -> Fault:
    return kinds.QueueSlow(queue=_queue(p, s), at=s.when(p), duration=s.a_while(p), lag=p.choose((50, 900, 3_000)) * MS)


def _expire_leases(p: Picker, s: Setting) -> Fault:
    return kinds.ExpireLeases(queue=_queue(p, s), at=s.when(p))


def _expire_leases_at(p: Picker, s: Setting) -> Fault:
    node, point = _point(p, s, *_WORKS_WITH["expire_leases_at"])
    queue = node if s.kind_of[node] == "queue" else _queue(p, s)
    return kinds.ExpireLeasesAt(node=node, point=point, queue=queue, nth=p.between(1, 8), at=s.armed_from(p))


def _ambiguous_publish(p: Picker, s: Setting) -> Fault:
    return kinds.AmbiguousPublish(queue=_queue(p, s), at=s.when(p), duration=s.a_while(p), probability=_probability(p))


def _ambiguous_publish_at(p: Picker, s: Setting) -> Fault:
    return kinds.AmbiguousPublishAt(queue=_queue(p, s), nth=p.between(1, 5), at=s.armed_from(p))


def _restart_broker(p: Picker, s: Setting) -> Fault:
    return kinds.RestartBroker(at=s.when(p), down=s.a_while(p))


def _cache(p: Picker, s: Setting) -> str:
    return p.choose([name for kind in ("registry", "presence", "cache") for name in s.of_kind.get(kind, [])])


def _wipe_cache(p: Picker, s: Setting) -> Fault:
    return kinds.WipeCache(cache=_cache(p, s), at=s.when(p))


def _wipe_cache_at(p: Picker, s: Setting) -> Fault:
    node, point = _point(p, s, *_WORKS_WITH["wipe_cache_at"])
    return kinds.WipeCacheAt(node=node, point=point, cache=_cache(p, s), nth=p.between(1, 8), at=s.armed_from(p))


def _freeze_cache(p: Picker, s: Setting) -> Fault:
    return kinds.FreezeCache(cache=_cache(p, s), at=s.when(p), duration=s.a_while(p))


def _flapping(p: Picker, s: Setting) -> Fault:
    period = p.choose((200 * MS, 2 * SECOND, 15 * SECOND))
    return kinds.Flapping(device=p.choose(s.devices), at=s.when(p), duration=s.a_while(p), period=period)


def _reconnect_storm(p: Picker, s: Setting) -> Fault:
    return kinds.ReconnectStorm(gateway=p.choose(s.of_kind["gateway"]), at=s.when(p))


def _reconnect_storm_at(p: Picker, s: Setting) -> Fault:
    node, point = _point(p, s, *_WORKS_WITH["reconnect_storm_at"])
    return kinds.ReconnectStormAt(gateway=node, point=point, nth=p.between(1, 8), at=s.armed_from(p))


def _gone_for_good(p: Picker, s: Setting) -> Fault:
    return kinds.GoneForGood(device=p.choose(s.devices), at=s.when(p))


def _burst(p: Picker, s: Setting) -> Fault:
    device = p.choose(s.devices)
    talk = p.choose(s.talks[device] or s.conversations)
    count, apart = p.between(5, 30), p.choose((0, 1, 50)) * MS
    return kinds.Burst(device=device, conversation=talk, at=s.when(p), count=count, apart=apart)


def _hot_conversation(p: Picker, s: Setting) -> Fault:
    talk = p.choose(s.conversations)
    return kinds.HotConversation(conversation=talk, at=s.when(p), count=p.between(2, 6), duration=s.a_while(p))


def _thundering_herd(p: Picker, s: Setting) -> Fault:
    return kinds.ThunderingHerd(region=p.choose(s.device_regions), at=s.when(p), down=s.a_long_while(p))


def _bad_token(p: Picker, s: Setting) -> Fault:
    gateway = p.choose(s.of_kind["gateway"])
    return kinds.BadToken(device=p.choose(s.devices), gateway=gateway, token=p.choose(TOKENS), at=s.when(p))


MAKERS: dict[str, Callable[[Picker, Setting], Fault]] = {
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
    "hold_down": _hold_down,
    "hold_down_at": _hold_down_at,
    "slow_node": _slow_node,
    "slow_node_at": _slow_node_at,
    "clock_skew": _clock_skew,
    "clock_skew_at": _clock_skew_at,
    "clock_drift": _clock_drift,
    "wrong_clock": _wrong_clock,
    "region_down": _region_down,
    "rolling_restart": _rolling_restart,
    "partial_partition": _partial_partition,
    "region_delay": _region_delay,
    "unanswered": _unanswered,
    "unanswered_at": _unanswered_at,
    "clog_links": _clog_links,
    "store_unavailable": _store_unavailable,
    "store_slow": _store_slow,
    "ambiguous_commit": _ambiguous_commit,
    "ambiguous_commit_at": _ambiguous_commit_at,
    "write_conflict": _write_conflict,
    "write_conflict_at": _write_conflict_at,
    "stale_followers": _stale_followers,
    "quorum_gone_for_good": _quorum_gone,
    "queue_unavailable": _queue_unavailable,
    "queue_slow": _queue_slow,
    "expire_leases": _expire_leases,
    "expire_leases_at": _expire_leases_at,
    "ambiguous_publish": _ambiguous_publish,
    "ambiguous_publish_at": _ambiguous_publish_at,
    "restart_broker": _restart_broker,
    "wipe_cache": _wipe_cache,
    "wipe_cache_at": _wipe_cache_at,
    "freeze_cache": _freeze_cache,
    "flapping": _flapping,
    "reconnect_storm": _reconnect_storm,
    "reconnect_storm_at": _reconnect_storm_at,
    "gone_for_good": _gone_for_good,
    "burst": _burst,
    "hot_conversation": _hot_conversation,
    "thundering_herd": _thundering_herd,
    "bad_token": _bad_token,
}
"""How each kind of fault is made up."""

assert MAKERS.keys() == KINDS.keys(), "every kind of fault needs a maker"
