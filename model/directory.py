"""Who is there, and who is responsible for what: the deployment's static configuration, as every node knows it.

Requirements: C2, C3, C5, C6.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from model.content import Message
from model.fan_out import FanOut
from sim.draws import key


@dataclass(frozen=True)
class DeviceEntry:
    """A device, its user, its region, its latency class, and the gateways it may connect to, in order of preference."""

    device: str
    user: str
    region: str
    access: str
    gateways: tuple[str, ...]
    asleep: bool = False
    app_version: str = ""
    capabilities: tuple[str, ...] = ("*",)
    platform: str = "fcm"


@dataclass(frozen=True)
class ConversationEntry:
    """A conversation, the users who are its members at the start, and how many messages every device holds by then.

    One that begins `later` is created in the run. Its members don't watch each other's presence for its sake.
    """

    conversation: str
    type: str
    members: tuple[str, ...]
    head: int = 0
    later: bool = False


@dataclass(frozen=True)
class Directory:
    """Names only, no nodes: what configuration would hold. Lists are in the order of the scenario.

    `stores` are partitions, not nodes: which replica of a partition leads is for its callers to find out.
    """

    services: tuple[str, ...]
    stores: tuple[str, ...]
    queues: tuple[str, ...]
    workers: tuple[str, ...]
    relays: tuple[str, ...]
    shards: tuple[str, ...]
    gateways: tuple[str, ...]
    hot_queues: tuple[str, ...]
    hot_workers: tuple[str, ...]
    caches: tuple[str, ...]
    registry: str
    presence: str
    notification: str
    provider: str
    objects: str
    devices: dict[str, DeviceEntry]
    conversations: dict[str, ConversationEntry]
    replicas: dict[str, tuple[str, ...]]
    """By store partition: the nodes that have a copy of it."""
    devices_of: dict[str, tuple[str, ...]] = field(default_factory=dict)
    company_of: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """By user: everybody else who shares a conversation, in the order of the scenario."""
    name_bytes: dict[str, int] = field(default_factory=dict)
    """By user: how many bytes the display name has, if it is not the user's id."""
    cluster_of: dict[str, str] = field(default_factory=dict)
    """By gateway: its cluster."""
    fan_out: FanOut = field(default_factory=FanOut)
    """The protocol's policy, which everybody who handles a message asks."""

    def store_for(self, conversation: str) -> str:
        """The store partition that holds a conversation."""
        return self.stores[key(conversation) % len(self.stores)]

    def partition_of(self, replica: str) -> str:
        """The store partition that a replica is a copy of."""
        return next(partition for partition, group in self.replicas.items() if replica in group)

    def has(self, name: str) -> bool:
        """Whether a node of this name is part of the deployment."""
        inner = (
            *(
                self.services,
                *self.replicas.values(),
                self.queues,
                self.workers,
                self.relays,
                self.shards,
                self.gateways,
            ),
            *(self.hot_queues, self.hot_workers, self.caches),
        )
        single = (self.registry, self.presence, self.notification, self.provider, self.objects)
        return name in self.devices or name in single or any(name in names for names in inner)

    def store_of(self, device: str) -> str:
        """The store partition that holds a device's profile."""
        return self.stores[key(device) % len(self.stores)]

    def inbox_for(self, user: str) -> str:
        """The store partition that holds a user's inbox."""
        return self.stores[key("inbox " + user) % len(self.stores)]

    def cache_for(self, conversation: str) -> str:
        """The cache that keeps a conversation's newest segment; '' if there is none."""
        return self.caches[key(conversation) % len(self.caches)] if self.caches else ""

    def queue_for(self, message: Message) -> str:
        """The queue partition that carries a message's delivery tasks: one for hot groups if it has such an audience."""
        hot = self.hot_queues and self.fan_out.is_hot(message.audience)
        queues = self.hot_queues if hot else self.queues
        return queues[key(message.conversation) % len(queues)]

    def queues_of(self, worker: str) -> tuple[str, ...]:
        """The queue partitions that a worker takes tasks from."""
        return self.hot_queues if worker in self.hot_workers else self.queues

    def service_for(self, device: str, attempt: int) -> str:
        """The messaging service instance that serves a device's `attempt`-th try: another one after each failure."""
        return self.services[(key(device) + attempt) % len(self.services)]

    def past(self, entry: ConversationEntry) -> list[Message]:
        """The messages that a conversation has before the run begins, by its members in turn."""
        return [
            Message(
                conversation=entry.conversation,
                seq=seq,
                message=f"{entry.conversation}:past:{seq}",
                sender=entry.members[seq % len(entry.members)],
                device="",
            )
            for seq in range(1, entry.head + 1)
        ]
