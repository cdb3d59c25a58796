"""A node that isn't part of the deployment, and calls its components as if it were (P15).

It is no component: nothing of the protocol runs on it, and the deployment issued no credential to it. It knows names.

Requirements: P15.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from model.directory import Directory
from model.events import IntruderAsked
from model.security import Identity
from model.wire import Append, CursorUpdate, Message, Publish, Push, Wire
from sim.network import Network
from sim.node import Node

ASKS = ("Append", "Publish", "CursorUpdate", "Push")
"""What an intruder asks for: a row, a delivery task, a stored cursor, a push to a device."""

_FAR = 1_000_000
_TIMEOUT = 1_000_000


class Intruder(Node):
    """A foreign node that gives the name `claims`, with a credential that it made up."""

    kind: ClassVar[str] = "intruder"

    def __init__(self, network: Network, name: str, region: str, directory: Directory, claims: str) -> None:
        self.directory = directory
        self.identity = Identity(claims, 0)
        super().__init__(network, name, region)

    def ask_for(self, what: str, device: str, conversation: str) -> None:
        """Asks once for one of `ASKS`, about a device and a conversation."""
        for to, payload in self._requests(what, device, conversation):
            self.env.cause = -1
            self.emit(IntruderAsked, self.identity.name, to, what, conversation)
            self.ask(to, payload, _TIMEOUT, _ignore)

    def _requests(self, what: str, device: str, conversation: str) -> Iterator[tuple[str, Wire]]:
        d, user = self.directory, self.directory.devices[device].user
        message = f"{self.name}:{what}"
        forged = Message(conversation, _FAR, message, user, device, "", self.now)
        match what:
            case "Append":
                row = Append(conversation, message, user, device, "", self.now, (), 0, 0, 0, False)
                for replica in d.replicas[d.store_for(conversation)]:
                    yield replica, row
            case "Publish":
                yield d.queue_for(forged), Publish(forged, "service")
            case "CursorUpdate":
                for replica in d.replicas[d.store_for(conversation)]:
                    yield replica, CursorUpdate(device, conversation, _FAR)
            case "Push":
                for gateway in d.devices[device].gateways:
                    yield gateway, Push(forged, gateway, (device,), self.identity.name, 0)


def _ignore(answer: object, _: object) -> None:
    pass
