"""A running deployment: every node of a topology, played by the classes of a protocol, on one simulated network.

Requirements: C1, C2, C3, C5, C6, C7, C8, C10, C11.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from model.component import Component
from model.device.device import Device
from model.events import ConversationOpened, Counted, DeviceRegistered, PolicyDeclared, SenderFlagged, TokenRevoked
from model.platform import Platform
from model.protocol import REFERENCE, Protocol
from model.servers.gateway import Gateway
from model.servers.intruder import Intruder
from model.servers.notification import NotificationService
from model.servers.provider import PushProvider
from model.servers.service import BLOCKED, MessagingService
from model.store.raft import Record
from model.store.store import MessageStore
from model.topology import COMPANY, DEFAULT_LATENCY, TopologyError, TopologySpec, directory, expand, inner_nodes
from model.wire.client import Token
from model.wire.delivery import TokenUpdate
from sim.distributions import Sampler
from sim.draws import Draws
from sim.environment import Environment
from sim.history import Event, NodePlaced
from sim.network import Network
from sim.node import Node

SETTING = "parley"
"""The node name of events that belong to the run and not to a component."""


USER_RATE = "sends of a user"
CONVERSATION_RATE = "sends to a conversation"
CLEAN_UP = "clean-up of a device after so many µs of being stuck"
INBOX_ROWS = "no inbox rows from so many members on"
QUEUE_LAG = "lag of a queue"
"""The limits that a deployment declares, by the names that they have in histories."""


class Deployment:
    """Builds the nodes, in the order of the topology, and starts them. `history` is the run's record."""

    def __init__(
        self, topology: TopologySpec, seed: int, protocol: Protocol = REFERENCE, *, explore_ties: bool = True
    ) -> None:
        self.topology = topology = expand(topology)
        self.protocol = protocol
        self.env = Environment(explore_ties=explore_ties)
        self.history: list[Event] = []
        self.directory = replace(directory(topology), fan_out=protocol.fan_out())
        self._latency = _Latencies(topology)
        self.network = Network(self.env, Draws(seed), self.history, self._latency)
        self.devices: dict[str, Device] = {}
        self._build()

    def _build(self) -> None:
        d, p, network = self.directory, self.protocol, self.network
        if p.sequencer.needs_shards and not d.shards:
            raise TopologyError(f"topology.core.shards: protocol {p.name!r} needs at least 1 sequencer shard, got 0")
        core = self.topology.core.region
        plain: list[tuple[type[Component], tuple[str, ...]]] = [
            (p.store, tuple(replica for group in d.replicas.values() for replica in group)),
            (p.queue, (*d.queues, *d.hot_queues)),
            (p.cache, d.caches),
            (p.registry, (d.registry,)),
            (p.presence, (d.presence,)),
            (p.provider, (d.provider,)),
            (p.notification, (d.notification,)),
            (p.objects, (d.objects,)),
        ]
        nodes: list[Component] = [kind(network, name, core, d) for kind, names in plain for name in names]
        nodes += [p.service(network, name, core, d, p.sequencer) for name in d.services]
        nodes += [p.shard(network, name, core, d) for name in d.shards]
        nodes += [p.relay(network, name, core, d) for name in d.relays]
        nodes += [p.worker(network, name, core, d) for name in (*d.workers, *d.hot_workers)]
        for cluster in self.topology.clusters:
            nodes += [p.gateway(network, name, cluster.region, d) for name in cluster.gateways]
        for entry in d.devices.values():
            device = p.device(network, entry.device, d, entry)
            self.devices[entry.device] = device
            nodes.append(device)
        self._share()
        stores = self.network.of_kind(MessageStore)
        self._place(nodes)
        for conversation in d.conversations.values():
            if conversation.later:
                continue
            members = conversation.members
            opened = (conversation.conversation, conversation.type, members, conversation.head, len(members) <= COMPANY)
            receipts = stores[0].receipts_form(len(members))
            self.record(ConversationOpened, *opened, *receipts)
        for entry in d.devices.values():
            described = (entry.region, entry.access, entry.app_version, entry.capabilities)
            self.record(DeviceRegistered, entry.device, entry.user, *described)
        self._declare()
        self.env.cause = -1
        services = self.network.of_kind(NotificationService)
        for node in nodes:
            node.start()
            if isinstance(node, Device) and node.entry.asleep:
                self._register(node, services)
            self.env.cause = -1

    def _place(self, nodes: Iterable[Component]) -> None:
        """Records where each server stands. Devices come and go, and are registered."""
        roles = dict.fromkeys(
            (gateway for cluster in self.topology.clusters for gateway in cluster.gateways), "gateway"
        )
        roles |= inner_nodes(self.topology)
        groups = {cluster.name: cluster.gateways for cluster in self.topology.clusters} | self.directory.replicas
        group_of = {name: group for group, names in groups.items() for name in names}
        for node in nodes:
            if node.name in roles:
                its = (node.region, group_of.get(node.name, ""), roles[node.name])
                self.history.append(NodePlaced(0, node.name, -1, *its))

    def _declare(self) -> None:
        """Records the limits that hold in this deployment: what is judged is whether they bite, whoever keeps them."""
        gateway = self.protocol.gateway
        self.record(PolicyDeclared, USER_RATE, "", gateway.user_rate, gateway.user_burst)
        self.record(PolicyDeclared, CLEAN_UP, "", self.protocol.store.clean_after)
        if members := self.directory.fan_out.promises_no_rows_from():
            self.record(PolicyDeclared, INBOX_ROWS, "", members)
        self.record(PolicyDeclared, QUEUE_LAG, "", self.protocol.queue.lag_limit)
        for service in self.network.of_kind(MessagingService)[:1]:
            for conversation in self.directory.conversations:
                self.record(PolicyDeclared, CONVERSATION_RATE, conversation, *service.declared_limit(conversation))

    def _share(self) -> None:
        """Gives nodes what they have in common and the network does not carry: the platform, and replicas their record."""
        platform = Platform()
        for provider in self.network.of_kind(PushProvider):
            provider.platform = platform
        for name, device in self.devices.items():
            device.platform = platform
            platform.handsets[name] = device
        records = {partition: Record() for partition in self.directory.replicas}
        for store in self.network.of_kind(MessageStore):
            store.record = records[store.partition]

    def _register(self, device: Device, services: Iterable[NotificationService]) -> None:
        """Registers the push token of a device that sleeps from the start: it was registered before the run began."""
        its = (device.push_token, device.push_version)
        update = TokenUpdate(device.name, device.user, *its, active=True, platform=device.entry.platform)
        for service in services:
            service.registered_before(update)

    def intruder(self, claims: str) -> Intruder:
        """A foreign node next to the core, which gives itself the name `claims`."""
        number = 1 + len(self.network.of_kind(Intruder))
        node = Intruder(self.network, f"intruder-{number}", self.topology.core.region, self.directory, claims)
        node.start()
        return node

    def revoke(self, token: Token, called: str) -> None:
        """Revokes an access token: every gateway knows so at once, and the history under the name that it is called by."""
        for gateway in self.network.of_kind(Gateway):
            gateway.revoked.add(token.seal)
        self.record(TokenRevoked, called)

    def revoke_session(self, device: str) -> None:
        """Revokes the tokens by which a device is connected."""
        gateways = self.network.of_kind(Gateway)
        seals = [gateway.sessions[device].seal for gateway in gateways if gateway.up and device in gateway.sessions]
        for gateway in gateways:
            gateway.revoked.update(seals)
        if seals:
            self.record(TokenRevoked, f"the token of {device}", device)

    def flag(self, user: str, wait: int) -> None:
        """Flags a user for abuse: sends are put off by `wait` µs, or refused for good (0)."""
        for service in self.network.of_kind(MessagingService):
            service.flagged[user] = wait or BLOCKED
        self.record(SenderFlagged, user, "delay" if wait else "block", wait)

    def unflag(self, user: str) -> None:
        """Takes the flag from a user."""
        for service in self.network.of_kind(MessagingService):
            service.flagged.pop(user, None)
        self.record(SenderFlagged, user, "allow", 0)

    def record(self, kind: type[Event], *fields: object) -> None:
        """Appends an event of the run itself, without a cause."""
        self.history.append(kind(int(self.env._now), SETTING, -1, *fields))
        self.env.cause = len(self.history) - 1

    def record_costs(self) -> None:
        """Writes down what the run has cost so far."""
        for what, (number, size) in sorted(self.network.meter.totals.items()):
            self.record(Counted, what, number, size)
            self.env.cause = -1

    @property
    def nodes(self) -> dict[str, Node]:
        return self.network.nodes


class _Latencies:
    """The latency between two nodes, by the classes of the topology; each class is compiled once."""

    def __init__(self, topology: TopologySpec) -> None:
        classes = {**DEFAULT_LATENCY, **topology.latency}
        self._classes = {name: distribution.sampler() for name, distribution in classes.items()}
        self._wan = {frozenset(wan.between): wan.latency.sampler() for wan in topology.wan}

    def __call__(self, source: Node, target: Node) -> Sampler:
        for node in (source, target):
            if isinstance(node, Device):
                return self._classes[node.entry.access]
        if source.region == target.region:
            return self._classes["local"]
        return self._wan.get(frozenset((source.region, target.region)), self._classes["wan"])
