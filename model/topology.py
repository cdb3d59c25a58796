"""What a deployment consists of, as a scenario describes it, and the graph that it makes.

The description is data (TOML in a scenario, JSON in a plan). `validate` refuses what can't be run, with the path of
the offending value; `graph` is the deployment as a networkx graph: nodes with their kind and region, edges where two
components talk, with the latency class of the way between them.

Requirements: C1, C2, C3.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import combinations
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from model.directory import ConversationEntry, DeviceEntry, Directory
from model.platform import PAYLOAD_LIMITS
from sim.distributions import Distribution, LogNormal
from sim.limits import LIFT, beyond

if TYPE_CHECKING:
    import networkx as nx


class TopologyError(ValueError):
    """A topology that can't be run. The text starts with the path of the value that is wrong."""


class _Spec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    pass


class ClusterSpec(_Spec, frozen=True):
    """A gateway cluster in a region, with its gateways by name."""

    name: str
    region: str
    gateways: tuple[str, ...]


class CoreSpec(_Spec, frozen=True):
    """How many nodes of each inner service there are, and in which region."""

    region: str
    services: int = 2
    stores: int = 2
    """Partitions of the message store."""
    replicas: int = 1
    """Copies of each partition. With one, partition and node have the same name; with more, nodes are store-1.1, …"""
    queues: int = 2
    workers: int = 2
    relays: int = 1
    shards: int = 0
    """Sequencer shards; a protocol with a leased sequencer needs at least one."""
    hot_queues: int = 0
    """Queue partitions for hot groups alone; with none, their tasks are among the others."""
    hot_workers: int = 0
    """Workers that take tasks from those; at least one if there are any."""
    caches: int = 0
    """Caches of newest segments; with none, every sync reads the store."""


class DeviceSpec(_Spec, frozen=True):
    """A device of a user: its region, its latency class, and the gateway cluster it connects to first."""

    name: str
    user: str
    region: str
    access: str = "wifi"
    cluster: str = ""
    asleep: bool = False
    """Whether its app does not run when the run begins: a notification, or healing, wakes it."""
    app_version: str = "2.0"
    capabilities: tuple[str, ...] = ("*",)
    """The payload types besides text that its app knows; `*` stands for all there are."""
    platform: str = "fcm"
    """Whose push notifications reach it: fcm or apns."""


class PopulationSpec(_Spec, frozen=True):
    """Many users alike, `name`-1 to `name`-`count`, with a device each, `name`-1-phone and so on.

    They are the last members of each of the `conversations`. `asleep` is the share of devices, evenly spread, whose app
    does not run at the start.
    """

    name: str
    count: int
    region: str
    conversations: tuple[str, ...]
    access: str = "mobile"
    cluster: str = ""
    asleep: float = 0.0


class ConversationSpec(_Spec, frozen=True):
    """A conversation and its members at the start."""

    name: str
    members: tuple[str, ...]
    type: str = ""
    """direct or group; '' stands for direct with two members, group with another number."""
    head: int = 0
    """How many messages there are before the run begins, held by every device of every member."""
    later: bool = False
    """Whether it is not there when the run begins: one of its members creates it, with the others, by an action."""


class WanSpec(_Spec, frozen=True):
    """The latency between two regions."""

    between: tuple[str, str]
    latency: Distribution


class TopologySpec(_Spec, frozen=True):
    """A whole deployment. `latency` names classes: 'local' (within a region), and one for each kind of access."""

    regions: tuple[str, ...]
    core: CoreSpec
    clusters: tuple[ClusterSpec, ...]
    users: tuple[str, ...]
    devices: tuple[DeviceSpec, ...]
    conversations: tuple[ConversationSpec, ...]
    populations: tuple[PopulationSpec, ...] = ()
    latency: dict[str, Distribution] = {}
    wan: tuple[WanSpec, ...] = ()
    name_bytes: dict[str, int] = {}
    """By user: how many bytes the display name has, if it is not the user's id."""


def expand(spec: TopologySpec) -> TopologySpec:
    """The same topology with every member of its populations by name."""
    if not spec.populations:
        return spec
    users, devices = list(spec.users), list(spec.devices)
    joining: dict[str, list[str]] = {}
    for population in spec.populations:
        for i in range(1, population.count + 1):
            user = f"{population.name}-{i}"
            users.append(user)
            asleep = int(i * population.asleep) > int((i - 1) * population.asleep)
            devices.append(
                DeviceSpec(
                    name=f"{user}-phone",
                    user=user,
                    region=population.region,
                    access=population.access,
                    cluster=population.cluster,
                    asleep=asleep,
                )
            )
            for conversation in population.conversations:
                joining.setdefault(conversation, []).append(user)
    conversations = tuple(
        replace(conversation, members=(*conversation.members, *joining.get(conversation.name, ())))
        for conversation in spec.conversations
    )
    return replace(spec, users=tuple(users), devices=tuple(devices), conversations=conversations, populations=())


COMPANY = 100
"""Members of larger conversations do not watch each other's presence: it would be more traffic than the messages. Swept."""

DEFAULT_LATENCY: dict[str, Distribution] = {
    # One-way. Swept, but for the sum: with them a send is acknowledged at a median of about 80 ms and delivered at about
    # 100 ms, as was measured on a one-node Synapse (p50 81 and 97 ms, p95 110 and 131 ms).
    "local": LogNormal(median=500, p99=3_000),
    "wifi": LogNormal(median=15_000, p99=60_000),
    "mobile": LogNormal(median=35_000, p99=250_000),
    "wan": LogNormal(median=40_000, p99=70_000),
}


def validate(spec: TopologySpec, path: str = "topology") -> None:
    """Raises TopologyError for a topology that can't be run."""

    def fail(at: str, text: str) -> None:
        raise TopologyError(f"{path}.{at}: {text}")

    for i, population in enumerate(spec.populations):
        if population.count < 1:
            fail(f"populations[{i}].count", f"expected at least 1, got {population.count}")
        if not 0 <= population.asleep <= 1:
            fail(f"populations[{i}].asleep", f"expected a share from 0 to 1, got {population.asleep}")
        if population.region not in spec.regions:
            fail(f"populations[{i}].region", f"expected the name of a region, got {population.region!r}")
        for j, name in enumerate(population.conversations):
            if all(name != conversation.name for conversation in spec.conversations):
                fail(f"populations[{i}].conversations[{j}]", f"expected the name of a conversation, got {name!r}")
    _check_size(spec, fail)
    spec = expand(spec)

    def unique(at: str, names: list[str]) -> None:
        seen: set[str] = set()
        for index, name in enumerate(names):
            if not name or name in seen:
                fail(f"{at}[{index}]", f"expected a name that is not yet taken, got {name!r}")
            seen.add(name)

    def one_of(at: str, value: str, known: tuple[str, ...], what: str) -> None:
        if value not in known:
            fail(at, f"expected the name of {what} ({', '.join(known)}), got {value!r}")

    if not spec.regions:
        fail("regions", "expected at least one region")
    unique("regions", list(spec.regions))
    one_of("core.region", spec.core.region, spec.regions, "a region")
    for field in ("services", "stores", "replicas", "queues", "workers", "relays"):
        if getattr(spec.core, field) < 1:
            fail(f"core.{field}", f"expected at least 1, got {getattr(spec.core, field)}")
    for field in ("shards", "hot_queues", "hot_workers", "caches"):
        if getattr(spec.core, field) < 0:
            fail(f"core.{field}", f"expected at least 0, got {getattr(spec.core, field)}")
    if bool(spec.core.hot_queues) != bool(spec.core.hot_workers):
        fail("core.hot_workers", "expected queues and workers for hot groups, or neither")
    if not spec.clusters:
        fail("clusters", "expected at least one gateway cluster")
    unique("clusters", [cluster.name for cluster in spec.clusters])
    unique("users", list(spec.users))
    unique("conversations", [conversation.name for conversation in spec.conversations])
    gateways: list[str] = []
    for i, cluster in enumerate(spec.clusters):
        one_of(f"clusters[{i}].region", cluster.region, spec.regions, "a region")
        if not cluster.gateways:
            fail(f"clusters[{i}].gateways", "expected at least one gateway")
        gateways += cluster.gateways
    names = [*gateways, *inner_nodes(spec), *(device.name for device in spec.devices)]
    twice = [name for name, times in Counter(names).items() if times > 1 or not name]
    if twice:
        fail("devices" if twice[0] not in gateways else "clusters", f"expected one node called {twice[0]!r}, got more")
    clusters = tuple(cluster.name for cluster in spec.clusters)
    classes = tuple({**DEFAULT_LATENCY, **spec.latency})
    for i, device in enumerate(spec.devices):
        one_of(f"devices[{i}].user", device.user, spec.users, "a user")
        one_of(f"devices[{i}].region", device.region, spec.regions, "a region")
        one_of(f"devices[{i}].access", device.access, classes, "a latency class")
        one_of(f"devices[{i}].platform", device.platform, tuple(PAYLOAD_LIMITS), "a push platform")
        if device.cluster:
            one_of(f"devices[{i}].cluster", device.cluster, clusters, "a cluster")
    for i, conversation in enumerate(spec.conversations):
        at = f"conversations[{i}]"
        if not conversation.members:
            fail(f"{at}.members", "expected at least one member")
        unique(f"{at}.members", list(conversation.members))
        for j, member in enumerate(conversation.members):
            one_of(f"{at}.members[{j}]", member, spec.users, "a user")
        if conversation.type not in ("", "direct", "group"):
            fail(f"{at}.type", f"expected direct or group, got {conversation.type!r}")
        if conversation.type == "direct" and len(conversation.members) != 2:
            fail(f"{at}.members", f"expected two members of a direct conversation, got {len(conversation.members)}")
        if conversation.head < 0:
            fail(f"{at}.head", f"expected at least 0 messages, got {conversation.head}")
        if conversation.later and conversation.head:
            fail(f"{at}.head", f"expected no messages in a conversation that begins later, got {conversation.head}")
    for user, size in spec.name_bytes.items():
        one_of(f"name_bytes.{user}", user, spec.users, "a user")
        if size < 1:
            fail(f"name_bytes.{user}", f"expected at least 1 byte, got {size}")
    for i, wan in enumerate(spec.wan):
        for j, region in enumerate(wan.between):
            one_of(f"wan[{i}].between[{j}]", region, spec.regions, "a region")
    if not _connected(spec):
        fail("devices", "expected every node to reach every other one")


MOST_DEVICES = 60_000
"""A member of a hot group takes some 35 KiB and 5 ms, and no command that is not asked to should take more than 2 GiB: W4 took
216 MiB and 14 s of processor time with 5,000 members, and 759 MiB and 103 s with 20,000."""

MOST_INNER = 1_000
"""Inner nodes and gateways: each of them talks with many of the others, so that the ways between them grow by the square."""

MOST_WAYS = 1_000_000
"""Pairs of nodes that talk: each takes half a kilobyte."""

MOST_MEMBERS = 250_000
"""Members of all conversations together: each has rows, marks and cursors."""

MOST_BEFORE = 100_000
"""Messages of a conversation before the run. A device that is wiped fetches them all: page by page, a message a page, a million
took 7.5 GiB and 30 s."""


def size_of(spec: TopologySpec) -> int:
    """How many nodes there are, without making any."""
    devices = len(spec.devices) + sum(max(0, population.count) for population in spec.populations)
    return devices + _inner_size(spec.core) + sum(len(cluster.gateways) for cluster in spec.clusters)


def _inner_size(core: CoreSpec) -> int:
    counts = (core.services, core.queues, core.workers, core.relays, core.shards)
    return sum(counts) + core.hot_queues + core.hot_workers + core.caches + core.stores * core.replicas


def _check_size(spec: TopologySpec, fail: Callable[[str, str], None]) -> None:
    """Fails for what is too large, before any of it is made."""

    def most(at: str, value: int, limit: int, what: str) -> None:
        if beyond(value, limit):
            fail(at, f"expected at most {limit:,} {what}, got {value:,}; {LIFT} takes any number")

    devices = len(spec.devices)
    members = sum(len(conversation.members) for conversation in spec.conversations)
    for i, population in enumerate(spec.populations):
        devices += population.count
        members += population.count * len(population.conversations)
        most(f"populations[{i}].count", devices, MOST_DEVICES, "devices in all")
        most(f"populations[{i}].conversations", members, MOST_MEMBERS, "members of conversations in all")
    most("devices", devices, MOST_DEVICES, "devices")
    most("conversations", members, MOST_MEMBERS, "members of conversations in all")
    for field in msgspec.structs.fields(CoreSpec):
        if field.type is int:
            most(f"core.{field.name}", getattr(spec.core, field.name), MOST_INNER, "of them")
    inner, gateways = _inner_size(spec.core), sum(len(cluster.gateways) for cluster in spec.clusters)
    most("core", inner, MOST_INNER, "inner nodes in all")
    most("clusters", gateways, MOST_INNER, "gateways in all")
    most("clusters", (inner + devices) * gateways + inner * inner // 4, MOST_WAYS, "pairs of nodes that talk")
    for i, conversation in enumerate(spec.conversations):
        most(f"conversations[{i}].head", conversation.head, MOST_BEFORE, "messages before the run")


def inner_nodes(spec: TopologySpec) -> dict[str, str]:
    """The inner services by node name, with their kind."""
    core = spec.core
    counted = {
        "messaging": ("service", core.services),
        "queue": ("queue", core.queues),
        "worker": ("worker", core.workers),
        "relay": ("relay", core.relays),
        "shard": ("shard", core.shards),
        "hot-queue": ("queue", core.hot_queues),
        "hot-worker": ("worker", core.hot_workers),
        "cache": ("cache", core.caches),
    }
    names = {f"{prefix}-{i + 1}": kind for prefix, (kind, count) in counted.items() for i in range(count)}
    return {
        **dict.fromkeys((replica for group in store_replicas(spec).values() for replica in group), "store"),
        **names,
        "registry": "registry",
        "presence": "presence",
        "notification": "notification",
        "provider": "provider",
        "objects": "objects",
    }


def store_replicas(spec: TopologySpec) -> dict[str, tuple[str, ...]]:
    """The partitions of the message store by name, with the nodes that have a copy of it."""
    core = spec.core
    return {
        name: (name,) if core.replicas == 1 else tuple(f"{name}.{i + 1}" for i in range(core.replicas))
        for name in (f"store-{i + 1}" for i in range(core.stores))
    }


def graph(spec: TopologySpec) -> nx.Graph[str]:
    """The deployment as a graph: nodes with `kind` and `region`, edges with the `latency` class of the way."""
    import networkx as nx  # which takes as long to import as all of the model

    nodes, ways = _nodes_and_ways(spec)
    g: nx.Graph[str] = nx.Graph()
    g.add_nodes_from(nodes.items())
    for a, b, latency in ways:
        g.add_edge(a, b, latency=latency)
    return g


def _connected(spec: TopologySpec) -> bool:
    """Whether every node reaches every other one."""
    nodes, ways = _nodes_and_ways(spec)
    beside: dict[str, list[str]] = {name: [] for name in nodes}
    for a, b, _ in ways:
        beside[a].append(b)
        beside[b].append(a)
    todo = [next(iter(nodes))]
    reached = {*todo}
    while todo:
        new = [name for name in beside[todo.pop()] if name not in reached]
        reached.update(new)
        todo += new
    return len(reached) == len(nodes)


def _nodes_and_ways(spec: TopologySpec) -> tuple[dict[str, dict[str, str]], list[tuple[str, str, str]]]:
    """The nodes by name, each with what is said of it; and who talks with whom, with the latency class of that way."""
    inner = inner_nodes(spec)
    nodes = {name: {"kind": kind, "region": spec.core.region} for name, kind in inner.items()}
    ways: list[tuple[str, str, str]] = []
    for cluster in spec.clusters:
        for gateway in cluster.gateways:
            nodes[gateway] = {"kind": "gateway", "region": cluster.region, "cluster": cluster.name}
            latency = "local" if cluster.region == spec.core.region else f"{cluster.region}–{spec.core.region}"
            ways += [
                (gateway, name, latency)
                for name, kind in inner.items()
                if kind in ("service", "worker", "registry", "presence", "notification")
            ]
    talks = [
        ("service", "store"),
        ("service", "queue"),
        ("worker", "store"),
        ("worker", "queue"),
        ("worker", "registry"),
        ("worker", "notification"),
        ("service", "presence"),
        ("presence", "registry"),
        ("presence", "store"),
        ("service", "shard"),
        ("service", "cache"),
        ("cache", "store"),
        ("shard", "store"),
        ("relay", "store"),
        ("relay", "queue"),
        ("notification", "provider"),
    ]
    for a, b in talks:
        for first in (name for name, kind in inner.items() if kind == a):
            ways += [(first, second, "local") for second, kind in inner.items() if kind == b]
    for group in store_replicas(spec).values():
        ways += [(a, b, "local") for a, b in combinations(group, 2)]
    for device in spec.devices:
        nodes[device.name] = {"kind": "device", "region": device.region, "user": device.user}
        ways += [(device.name, end, device.access) for end in ("provider", "objects", *gateways_of(spec, device))]
    return nodes, ways


def gateways_of(spec: TopologySpec, device: DeviceSpec) -> tuple[str, ...]:
    """The gateways a device may connect to: those of its cluster, or else of its region, or else all."""
    chosen = [
        gateway
        for cluster in spec.clusters
        if (cluster.name == device.cluster if device.cluster else cluster.region == device.region)
        for gateway in cluster.gateways
    ]
    return tuple(chosen or [gateway for cluster in spec.clusters for gateway in cluster.gateways])


def directory(spec: TopologySpec) -> Directory:
    """The deployment's static configuration, as every node knows it."""
    inner = inner_nodes(spec)

    def named(kind: str) -> tuple[str, ...]:
        return tuple(name for name, its_kind in inner.items() if its_kind == kind)

    devices = {
        device.name: DeviceEntry(
            device.name,
            device.user,
            device.region,
            device.access,
            gateways_of(spec, device),
            device.asleep,
            device.app_version,
            device.capabilities,
            device.platform,
        )
        for device in spec.devices
    }
    conversations = {
        conversation.name: ConversationEntry(
            conversation.name,
            conversation.type or ("direct" if len(conversation.members) == 2 else "group"),
            conversation.members,
            conversation.head,
            conversation.later,
        )
        for conversation in spec.conversations
    }
    devices_of: dict[str, tuple[str, ...]] = dict.fromkeys(spec.users, ())
    for entry in devices.values():
        devices_of[entry.user] += (entry.device,)
    spoken_in: dict[str, list[ConversationSpec]] = {user: [] for user in spec.users}
    for conversation in spec.conversations:
        for user in conversation.members:
            spoken_in[user].append(conversation)
    return Directory(
        services=named("service"),
        stores=tuple(store_replicas(spec)),
        queues=tuple(name for name in named("queue") if not name.startswith("hot-")),
        workers=tuple(name for name in named("worker") if not name.startswith("hot-")),
        hot_queues=tuple(name for name in named("queue") if name.startswith("hot-")),
        hot_workers=tuple(name for name in named("worker") if name.startswith("hot-")),
        caches=named("cache"),
        relays=named("relay"),
        shards=named("shard"),
        gateways=tuple(gateway for cluster in spec.clusters for gateway in cluster.gateways),
        registry="registry",
        presence="presence",
        notification="notification",
        provider="provider",
        objects="objects",
        devices=devices,
        conversations=conversations,
        replicas=store_replicas(spec),
        devices_of=devices_of,
        name_bytes=spec.name_bytes,
        cluster_of={gateway: cluster.name for cluster in spec.clusters for gateway in cluster.gateways},
        company_of={
            user: tuple(
                dict.fromkeys(
                    other
                    for conversation in spoken_in[user]
                    if len(conversation.members) <= COMPANY and not conversation.later
                    for other in conversation.members
                    if other != user
                )
            )
            for user in spec.users
        },
    )
