"""What Hypothesis draws: actions and faults over a topology, and whole plans of them, valid by construction.

Faults come from the draws that random plans come from, with Hypothesis as the one who picks. So every kind of the
atlas can be drawn, and a new one needs nothing here; and an example shrinks to the first kind, the first node, the first
time that it names, the shortest while.

Requirements: V5, F1, F2, F3, F4, F5, F6, F7, F8, F9.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from faults.aims import Aims
from faults.fault import drawn
from faults.generate import PAYLOADS
from faults.kinds import KINDS, Fault
from faults.plan import (
    VERSION,
    Action,
    Block,
    Create,
    Join,
    Leave,
    OpenList,
    Plan,
    ProtocolRef,
    Read,
    Scroll,
    Send,
    Type,
    Update,
)
from model.topology import TopologySpec, expand
from parley.machine.deployments import SECOND, Where
from sim.draws import Draws, Picker

DURATION = 90 * SECOND
"""How long the plans are, in µs, until load stops and every fault is healed."""

EARLIEST = SECOND
"""Nothing happens sooner: by then everybody is connected, so that an example is not about connecting by accident."""

_PER_CENT = 100

ATTACHED = 30_000
"""The size of an attachment, in bytes."""


class Choosing(Picker):
    """A picker whose choices are Hypothesis's. All of them shrink to the first option, or to 'no'."""

    def __init__(self, draw: DrawFn) -> None:
        super().__init__(Draws(0), "")
        self._draw = draw

    def below(self, n: int) -> int:
        return self._draw(st.integers(0, n - 1)) if n > 1 else 0

    def chance(self, probability: float) -> bool:
        return self._draw(st.integers(1, _PER_CENT)) > _PER_CENT * (1 - probability)


class _Now(Aims):
    """For a machine, which says itself when a fault begins. What lasts as long as a plan lasts a minute."""

    def __init__(self, topology: TopologySpec) -> None:
        super().__init__(expand(topology), 60 * SECOND)

    def when(self, pick: Picker) -> int:
        return 0

    armed_from = when


class _Within(Aims):
    """For a plan: to the millisecond, so that examples can be read."""

    def __init__(self, topology: TopologySpec) -> None:
        super().__init__(expand(topology), DURATION)

    def when(self, pick: Picker) -> int:
        return EARLIEST + 1_000 * pick.below((DURATION - EARLIEST) // 1_000)


ARMED = tuple(name for name, kind in KINDS.items() if kind.armed)
"""The kinds of fault that wait for their point."""

TIMED = tuple(name for name, kind in KINDS.items() if not kind.armed)
"""The kinds that begin at their time."""


def _made(kinds: Sequence[str], aims: Aims) -> SearchStrategy[Fault]:
    @st.composite
    def fault(draw: DrawFn) -> Fault:
        return drawn(draw(st.sampled_from(kinds)), Choosing(draw), aims)

    return fault()


def faults_now(topology: TopologySpec, kinds: Sequence[str]) -> SearchStrategy[Fault]:
    """A fault of one of these kinds, to begin now."""
    return _made(kinds, _Now(topology))


def talks(topology: TopologySpec, *, later: bool = False) -> list[tuple[str, str]]:
    """Who can send what where: each device with each conversation of its user that is there, or that begins `later`."""
    everyone = expand(topology)
    return [
        (device.name, conversation.name)
        for conversation in everyone.conversations
        for device in everyone.devices
        if conversation.later is later and device.user in conversation.members
    ]


def outsiders(topology: TopologySpec) -> list[tuple[str, str]]:
    """Who can try to send where without being a member: each device with each group that its user is not in."""
    inside = talks(topology)
    every = [(device.name, group) for group in groups(topology) for device in expand(topology).devices]
    return [talk for talk in every if talk not in inside]


def groups(topology: TopologySpec) -> list[str]:
    """The conversations that can be joined and left."""
    there = [c for c in expand(topology).conversations if not c.later]
    return [c.name for c in there if c.type == "group" or (not c.type and len(c.members) != 2)]


def changes(topology: TopologySpec) -> list[tuple[str, str, str]]:
    """Changes of membership as (device, conversation, user): of the device's own user first, of others then."""
    everyone = expand(topology)
    user_of = {device.name: device.user for device in everyone.devices}
    found = [(device, group, user) for group in groups(topology) for device in user_of for user in everyone.users]
    return sorted(found, key=lambda change: user_of[change[0]] != change[2])


def sends(topology: TopologySpec, at: SearchStrategy[int] | int) -> SearchStrategy[Send]:
    """A message: mostly text, at times with an attachment or of a type that not every app knows."""
    when = st.just(at) if isinstance(at, int) else at
    who = [*talks(topology), *outsiders(topology)]
    what: list[dict[str, Any]] = [{}, {"attachment": ATTACHED}, *({"type": payload} for payload in PAYLOADS)]
    return st.builds(
        lambda at, who, what: Send(at=at, device=who[0], conversation=who[1], **what),
        when,
        st.sampled_from(who),
        st.sampled_from(what),
    )


def actions(topology: TopologySpec, at: SearchStrategy[int]) -> SearchStrategy[Action]:
    """Something that a person does, sends most of all."""
    everyone = expand(topology)
    who = st.sampled_from(talks(topology))
    kinds: list[SearchStrategy[Any]] = [
        sends(topology, at),
        sends(topology, at),
        st.builds(lambda at, who: Read(at=at, device=who[0], conversation=who[1]), at, who),
        st.builds(lambda at, who: Type(at=at, device=who[0], conversation=who[1]), at, who),
        st.builds(lambda at, who: Scroll(at=at, device=who[0], conversation=who[1]), at, who),
        st.builds(lambda at, who: OpenList(at=at, device=who[0]), at, who),
    ]
    others = [(device.name, user) for device in everyone.devices for user in everyone.users if user != device.user]
    if others:
        kinds.append(
            st.builds(
                lambda at, whom, lift: Block(at=at, device=whom[0], user=whom[1], lift=lift),
                at,
                st.sampled_from(others),
                st.booleans(),
            )
        )
    if begun := talks(topology, later=True):
        creator = st.sampled_from(begun)
        kinds += [
            st.builds(
                lambda at, who: Create(at=at, device=who[0], conversation=who[1], title="a new one"), at, creator
            ),
            st.builds(lambda at, who: Send(at=at, device=who[0], conversation=who[1]), at, creator),
        ]
    if groups(topology):
        change = st.sampled_from(changes(topology))
        kinds += [
            st.builds(lambda at, c, kind=kind: kind(at=at, device=c[0], conversation=c[1], user=c[2]), at, change)
            for kind in (Leave, Join)
        ]
    old = [device.name for device in everyone.devices if "*" not in device.capabilities]
    if old:
        kinds.append(
            st.builds(lambda at, name: Update(at=at, device=name, app_version="2.0"), at, st.sampled_from(old))
        )
    return st.one_of(kinds)


def _by_time(items: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(sorted(items, key=lambda item: item.at))


def plans(where: Where, protocol: ProtocolRef, *, most_actions: int = 12, most_faults: int = 8) -> SearchStrategy[Plan]:
    """Whole plans on a deployment: what people do, and what goes wrong, of every kind of the atlas."""
    at = st.integers(0, (DURATION - EARLIEST) // 1_000).map(lambda ms: EARLIEST + 1_000 * ms)
    return st.builds(
        lambda seed, workload, faults: msgspec.structs.replace(
            empty(where, protocol, seed), duration=DURATION, workload=_by_time(workload), faults=_by_time(faults)
        ),
        st.integers(0, 255),
        st.lists(actions(where.topology, at), min_size=1, max_size=most_actions),
        st.lists(_made(tuple(KINDS), _Within(where.topology)), max_size=most_faults),
    )


def empty(where: Where, protocol: ProtocolRef, seed: int) -> Plan:
    """A plan in which nothing happens, and which is probed in the end."""
    return Plan(
        parley_plan=VERSION,
        scenario=where.name,
        seed=seed,
        protocol=protocol,
        explore_ties=True,
        duration=0,
        bound=where.bound,
        tail=where.tail,
        workload=(),
        faults=(),
        topology=where.topology,
        settings=where.settings,
        probe=True,
    )
