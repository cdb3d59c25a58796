"""Who is there, and who is responsible for what: the deployment's static configuration, as every node knows it.

Requirements: C2, C3, C5, C6.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from model.wire import Message
from sim.draws import key


@dataclass(frozen=True)
class DeviceEntry:
    """A device, its user, its region, its latency class, and the gateways it may connect to, in order of preference."""

    device: str
    user: str
    region: str
    access: str
    gateways: tuple[str, ...]


@dataclass(frozen=True)
class ConversationEntry:
    """A conversation, the users who are its members at the start, and how many messages every device holds by then."""

    conversation: str
    type: str
    members: tuple[str, ...]
    head: int = 0


@dataclass(frozen=True)
class Directory:
    """Names only, no nodes: what configuration would hold. Lists are in the order of the scenario."""

    services: tuple[str, ...]
    stores: tuple[str, ...]
    queues: tuple[str, ...]
    workers: tuple[str, ...]
    relays: tuple[str, ...]
    shards: tuple[str, ...]
    gateways: tuple[str, ...]
    registry: str
    presence: str
    notification: str
    provider: str
    devices: dict[str, DeviceEntry]
    conversations: dict[str, ConversationEntry]
    devices_of: dict[str, tuple[str, ...]] = field(default_factory=dict)
    company_of: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """By user: everybody else who shares a conversation, in the order of the scenario."""

    def store_for(self, conversation: str) -> str:
        """The store partition that holds a conversation."""
        return self.stores[key(conversation) % len(self.stores)]

    def queue_for(self, conversation: str) -> str:
        """The queue partition that carries a conversation's delivery tasks."""
        return self.queues[key(conversation) % len(self.queues)]

    def service_for(self, device: str, attempt: int) -> str:
        """The messaging service instance that serves a device's `attempt`-th try: another one after each failure."""
        return self.services[(key(device) + attempt) % len(self.services)]

    def past(self, entry: ConversationEntry) -> list[Message]:
        """The messages that a conversation has before the run begins, by its members in turn."""
        return [
            Message(
                entry.conversation,
                seq,
                f"{entry.conversation}:past:{seq}",
                entry.members[seq % len(entry.members)],
                "",
                "",
                0,
            )
            for seq in range(1, entry.head + 1)
        ]
