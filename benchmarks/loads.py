"""The plans that are measured: written as files, which both sides of a comparison read.

A delivery is one message that one device has stored, shown and acked, and whose cursor is in the store. Its load is steady:
people in one group, a message every 30 ms of simulated time, no faults; the cost of the send itself, the queue, the heartbeats,
the probe and the judging of the whole history is shared by the deliveries.
"""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from faults.plan import VERSION, Plan, ProtocolRef, Send, encode
from model.topology import ClusterSpec, ConversationSpec, CoreSpec, DeviceSpec, TopologySpec
from parley import scenario as scenarios
from parley.scenario import BUNDLED

GAP = 30_000
"""µs between two messages of a steady load."""

UNLIMITED: dict[str, int | str] = {"gateway.user_rate": 1_000, "gateway.user_burst": 1_000}
"""Lets everything through: the load is a few people who write many messages a second."""

DIGEST_ONLY: dict[str, int | str] = {"store.live_up_to": 0}
"""Receipts come with the digest only. Else each delivery also has its share of the frames by which senders see it at once."""


def delivery(people: int, devices: int, messages: int, settings: dict[str, int | str] = {}) -> Plan:  # noqa: B006
    """A steady load in one group."""
    users = tuple(f"user-{i}" for i in range(1, people + 1))
    topology = TopologySpec(
        regions=("eu",),
        core=CoreSpec(region="eu"),
        clusters=(ClusterSpec(name="edge", region="eu", gateways=("gateway-1", "gateway-2")),),
        users=users,
        devices=tuple(
            DeviceSpec(name=f"{user}-{i}", user=user, region="eu") for user in users for i in range(1, devices + 1)
        ),
        conversations=(ConversationSpec(name="group", members=users),),
    )
    names = [device.name for device in topology.devices]
    sends = tuple(
        Send(at=1_000_000 + i * GAP, device=names[i % len(names)], conversation="group") for i in range(messages)
    )
    return Plan(
        parley_plan=VERSION,
        scenario="delivery",
        seed=1,
        protocol=ProtocolRef(),
        explore_ties=True,
        duration=1_000_000 + messages * GAP,
        bound=300_000_000,
        tail=40_000_000,
        probe=True,
        workload=sends,
        faults=(),
        topology=topology,
        settings={**UNLIMITED, **settings},
    )


def crowd(members: int, messages: int) -> Plan:
    """W4 with so many members, and so many messages to all of them."""
    w4 = scenarios.read(BUNDLED / "w4.toml")
    (fans,) = w4.topology.populations
    topology = replace(w4.topology, populations=(replace(fans, count=members - 2),))
    gap = w4.duration // (messages + 10)
    sends = tuple(
        Send(at=10_000_000 + i * gap, device=("alice-phone", "bob-phone")[i % 2], conversation="stadium")
        for i in range(messages)
    )
    return replace(w4, topology=topology, duration=20_000_000 + messages * gap, workload=sends).plan(1)


def of_campaign(name: str, seeds: int) -> list[Plan]:
    """The first plans of a bundled campaign."""
    its = scenarios.read(BUNDLED / f"{name}.toml")
    return [its.plan(seed) for seed in range(1, seeds + 1)]


def write(folder: Path, name: str, plans: list[Plan]) -> list[str]:
    """Writes plans as files; their paths."""
    paths = [folder / f"{name}-{i}.json" for i in range(len(plans))]
    for path, plan in zip(paths, plans, strict=True):
        path.write_bytes(encode(plan))
    return [str(path) for path in paths]
