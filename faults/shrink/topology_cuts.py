"""What is cut out of a plan's topology, with everything that would name what is no longer there.

Each function returns a plan; whether it can be run is for `faults.plan.check`, and whether it still fails for whoever asked.

Requirements: V6.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from msgspec.structs import replace

from faults.kinds import Fault
from faults.plan import Action, Join, Leave, Plan
from model.topology import TopologySpec, inner_nodes, store_replicas

LISTS = ("a", "b", "devices")
"""The fields of faults that list selectors or nodes."""


def names_in(plan: Plan) -> frozenset[str]:
    """What actions and faults name singly: nodes, devices, users, conversations, partitions. Lists can be shortened."""
    found: set[str] = set()
    for action in plan.workload:
        found |= {action.device, getattr(action, "conversation", "")}
        if isinstance(action, Join | Leave):
            found.add(action.user)
    for fault in plan.faults:
        found |= {name for field, name in (*fault.nodes(), *fault.partitions()) if not field.endswith("]")}
        found.add(getattr(fault, "conversation", ""))
    return frozenset(found)


def renamed(fault: Fault, names: Mapping[str, str]) -> Fault:
    """The fault, aimed at what these names have become; what became of a list of the same names is no longer told twice."""
    changes: dict[str, Any] = {}
    for field in fault.__struct_fields__:
        value = getattr(fault, field)
        if isinstance(value, str) and value in names:
            changes[field] = names[value]
        elif field in LISTS and isinstance(value, tuple) and any(name in names for name in value):
            changes[field] = tuple(dict.fromkeys(names.get(name, name) for name in value))
    return replace(fault, **changes) if changes else fault


def spared(fault: Fault, gone: Collection[str]) -> Fault:
    """The fault without these names in its lists. Raises ValueError if a list that named something names nothing now."""
    changes: dict[str, Any] = {}
    for field in LISTS:
        value = getattr(fault, field, ())
        if any(name in gone for name in value):
            changes[field] = tuple(name for name in value if name not in gone)
            if not changes[field]:
                raise ValueError(f"{field} would select nothing")
    return replace(fault, **changes) if changes else fault


def with_faults_spared(plan: Plan, topology: TopologySpec, gone: Collection[str]) -> Plan:
    """The plan on a topology without these names: faults no longer list them, and what was aimed at them alone is gone."""
    names = frozenset(gone)
    faults: list[Fault] = []
    for fault in plan.faults:
        try:
            faults.append(spared(fault, names))
        except ValueError:
            continue
    return replace(plan, topology=topology, faults=tuple(faults))


def only_devices(plan: Plan, kept: Collection[str]) -> Plan:
    """Without all other devices that are described one by one."""
    topology = plan.topology
    gone = [device.name for device in topology.devices if device.name not in kept]
    devices = tuple(device for device in topology.devices if device.name in kept)
    return with_faults_spared(plan, replace(topology, devices=devices), gone)


def only_users(plan: Plan, kept: Collection[str]) -> Plan:
    """Without all other users, and without their devices and memberships. Conversations of nobody go too."""
    topology = plan.topology
    people = replace(
        topology,
        users=tuple(user for user in topology.users if user in kept),
        name_bytes={user: size for user, size in topology.name_bytes.items() if user in kept},
        conversations=tuple(
            replace(conversation, members=tuple(user for user in conversation.members if user in kept))
            for conversation in topology.conversations
        ),
    )
    conversations = tuple(conversation for conversation in people.conversations if conversation.members)
    trimmed = replace(plan, topology=replace(people, conversations=conversations))
    return only_devices(trimmed, [device.name for device in topology.devices if device.user in kept])


def only_conversations(plan: Plan, kept: Collection[str]) -> Plan:
    """Without all other conversations."""
    topology = plan.topology
    conversations = tuple(conversation for conversation in topology.conversations if conversation.name in kept)
    return replace(plan, topology=replace(topology, conversations=conversations))


def only_memberships(plan: Plan, kept: Collection[tuple[str, str]]) -> Plan:
    """With only these memberships, as (conversation, user)."""
    topology = plan.topology
    conversations = tuple(
        replace(conversation, members=tuple(user for user in conversation.members if (conversation.name, user) in kept))
        for conversation in topology.conversations
    )
    return replace(plan, topology=replace(topology, conversations=conversations))


def only_gateways(plan: Plan, kept: Collection[str]) -> Plan:
    """Without all other gateways, and without clusters that would be empty; their devices connect wherever they can."""
    topology = plan.topology
    gone = [gateway for cluster in topology.clusters for gateway in cluster.gateways if gateway not in kept]
    clusters = tuple(
        replace(cluster, gateways=tuple(gateway for gateway in cluster.gateways if gateway in kept))
        for cluster in topology.clusters
    )
    clusters = tuple(cluster for cluster in clusters if cluster.gateways)
    left = {cluster.name for cluster in clusters}
    devices = tuple(
        device if not device.cluster or device.cluster in left else replace(device, cluster="")
        for device in topology.devices
    )
    return with_faults_spared(plan, replace(topology, clusters=clusters, devices=devices), gone)


def in_one_region(plan: Plan) -> Plan:
    """With everything in the region of the core, in one cluster of gateways."""
    topology = plan.topology
    home = topology.core.region
    together = replace(
        topology,
        regions=(home,),
        wan=(),
        clusters=(
            replace(
                topology.clusters[0],
                region=home,
                gateways=tuple(gateway for cluster in topology.clusters for gateway in cluster.gateways),
            ),
        ),
        devices=tuple(replace(device, region=home, cluster="") for device in topology.devices),
        populations=tuple(replace(population, region=home, cluster="") for population in topology.populations),
    )
    away = [region for region in topology.regions if region != home]
    moved = tuple(_at_home(fault, away, home) for fault in plan.faults)
    return with_faults_spared(replace(plan, faults=moved), together, [f"region:{region}" for region in away])


def _at_home(fault: Fault, away: Collection[str], home: str) -> Fault:
    """The fault, at home if it was aimed at one of the regions that are gone."""
    if getattr(fault, "region", "") in away:
        return replace(fault, **{"region": home})
    if getattr(fault, "nodes_of", "").removeprefix("region:") in away:
        return replace(fault, **{"nodes_of": f"region:{home}"})
    return fault


def with_core(plan: Plan, **counts: int) -> Plan:
    """With other numbers of inner nodes. A fault at a node that is no more strikes the first of its kind instead."""
    topology = replace(plan.topology, core=replace(plan.topology.core, **counts))
    left, before = inner_nodes(topology), inner_nodes(plan.topology)
    names: dict[str, str] = {}
    gone: list[str] = []
    for name, kind in before.items():
        if name in left:
            continue
        stem = name.rsplit("-", 1)[0]
        like = [other for other in left if left[other] == kind and other.rsplit("-", 1)[0] == stem]
        same = name.partition(".")[0]
        like = [other for other in like if other.partition(".")[0] == same] or like
        if like:
            names[name] = like[0]
        else:
            gone.append(name)
    partitions = store_replicas(topology)
    names |= {name: "store-1" for name in store_replicas(plan.topology) if name not in partitions}
    moved = replace(plan, faults=tuple(renamed(fault, names) for fault in plan.faults))
    return with_faults_spared(moved, topology, gone)


def with_conversation_in(plan: Plan, conversation: str, other: str) -> Plan:
    """What is done in one conversation is done in another, and the one is gone."""
    workload = tuple(
        replace(action, conversation=other) if getattr(action, "conversation", "") == conversation else action
        for action in plan.workload
    )
    faults = tuple(renamed(fault, {conversation: other}) for fault in plan.faults)
    kept = [each.name for each in plan.topology.conversations if each.name != conversation]
    return only_conversations(replace(plan, workload=workload, faults=faults), kept)


def with_device_on(plan: Plan, device: str, other: str) -> Plan:
    """What is done on one device is done on another, what strikes the one strikes the other, and the one is gone."""

    def moved(action: Action) -> Action:
        return replace(action, device=other) if action.device == device else action

    faults = tuple(renamed(fault, {device: other}) for fault in plan.faults)
    there = replace(plan, workload=tuple(moved(action) for action in plan.workload), faults=faults)
    return only_devices(there, [each.name for each in plan.topology.devices if each.name != device])
