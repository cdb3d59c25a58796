"""What all components of the chat system share: they know the directory of the deployment, and each other.

Promise kept here: a component takes nothing from a node that isn't part of the deployment (P15). What may fail: somebody
inside the network calls the store, the queue or a gateway, perhaps under the name of a real node.

Requirements: P15.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from model.decisions import decision
from model.events import CallRefused
from model.security import Identity, credential
from sim.node import Node

if TYPE_CHECKING:
    from model.directory import Directory
    from sim.network import Network


class Component(Node):
    """A node of the chat system. `directory` says who else there is, and who is responsible for what."""

    def __init__(self, network: Network, name: str, region: str, directory: Directory) -> None:
        self.directory = directory
        self.identity = Identity(name, credential(name))
        super().__init__(network, name, region)
        self.count = network.meter.add
        """Counts what this costs (R6): count(what, number, bytes)."""

    @decision
    def trusts(self, caller: Identity) -> bool:
        """Whether calls of another node are taken (P15): if its credential is the one that was issued for its name.

        Asked when a link between two nodes is set up, as with mutual TLS, and not for each call. A name alone proves
        nothing: anybody can give one.

        Variant::

            def trusts(self, caller):
                return self.directory.has(caller.name)
        """
        return caller.credential == credential(caller.name)

    def welcomes(self, source: Node) -> bool:
        identity: Identity | None = getattr(source, "identity", None)
        return identity is not None and self.trusts(identity)

    def turned_away(self, source: Node, payload: Any) -> None:
        identity: Identity | None = getattr(source, "identity", None)
        self.emit(CallRefused, identity.name if identity else "", type(payload).__name__)
