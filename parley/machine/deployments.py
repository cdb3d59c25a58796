"""The deployments that the Hypothesis tests run on: small ones, each with something that the others lack.

    plain        two people, three devices, one of everything: the least that chat needs
    group        a group that people join and leave, whose size crosses the threshold of the hybrid: it is hot above, with a
                 queue and a worker of its own; an old app; a cache of newest segments
    replicated   three replicas of the store, of which one leads
    sharded      leased sequencer shards, two partitions of the store, two conversations

`--scenario` puts the topology of a scenario in the place of all of them.

Requirements: V5.
"""

from __future__ import annotations

import msgspec

from model.topology import ClusterSpec, ConversationSpec, CoreSpec, DeviceSpec, TopologySpec
from parley.scenario import Scenario

SECOND = 1_000_000


class Where(msgspec.Struct, frozen=True, kw_only=True):
    """A topology to run on, with the settings that go with it. `bound` and `tail` are those of a plan, in µs."""

    name: str
    topology: TopologySpec
    protocol: str = ""
    """The protocol under which it is run if none is named."""
    settings: dict[str, int | str] = {}
    bound: int = 300 * SECOND
    tail: int = 40 * SECOND

    def suits(self, needs_shards: bool) -> bool:
        """Whether a protocol can run here: a leased sequencer needs shards."""
        return not needs_shards or self.topology.core.shards > 0


_EDGE = (ClusterSpec(name="edge", region="eu", gateways=("gateway-1", "gateway-2")),)


def _device(name: str, **more: object) -> DeviceSpec:
    access = "mobile" if name.endswith("phone") else "wifi"
    return DeviceSpec(name=name, user=name.partition("-")[0], region="eu", access=access, **more)  # type: ignore[arg-type]


_PAIR = (_device("alice-phone"), _device("bob-phone"), _device("bob-laptop"))

PLAIN = Where(
    name="plain",
    topology=TopologySpec(
        regions=("eu",),
        core=CoreSpec(region="eu", stores=1, queues=1),
        clusters=_EDGE,
        users=("alice", "bob"),
        devices=_PAIR,
        conversations=(ConversationSpec(name="alice+bob", members=("alice", "bob")),),
    ),
)

GROUP = Where(
    name="group",
    topology=TopologySpec(
        regions=("eu",),
        core=CoreSpec(region="eu", stores=1, queues=1, hot_queues=1, hot_workers=1, caches=1),
        clusters=_EDGE,
        users=("alice", "bob", "carol", "dave"),
        devices=(
            *_PAIR,
            _device("carol-phone", app_version="1.0", capabilities=("sticker",)),
            _device("dave-phone"),
        ),
        conversations=(
            ConversationSpec(name="friends", members=("alice", "bob", "carol"), type="group"),
            ConversationSpec(name="club", members=("alice", "bob", "carol", "dave"), type="group", later=True),
        ),
    ),
    settings={"fan_out.threshold": 3},
)

REPLICATED = Where(
    name="replicated",
    topology=msgspec.structs.replace(PLAIN.topology, core=CoreSpec(region="eu", stores=1, replicas=3, queues=1)),
)

SHARDED = Where(
    name="sharded",
    topology=msgspec.structs.replace(
        PLAIN.topology,
        core=CoreSpec(region="eu", stores=2, queues=2, shards=2, caches=1),
        conversations=(
            ConversationSpec(name="alice+bob", members=("alice", "bob")),
            ConversationSpec(name="work", members=("bob", "alice"), type="group"),
        ),
    ),
    protocol="leased",
)

DEPLOYMENTS: dict[str, Where] = {where.name: where for where in (PLAIN, GROUP, REPLICATED, SHARDED)}
"""All of them, the simplest first."""


def of_scenario(scenario: Scenario) -> Where:
    """The deployment that a scenario describes."""
    return Where(
        name=scenario.name,
        topology=scenario.topology,
        settings=scenario.settings,
        bound=scenario.bound,
        tail=scenario.tail,
    )
