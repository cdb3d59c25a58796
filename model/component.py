"""What all components of the chat system share: they are nodes that know the directory of the deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.node import Node

if TYPE_CHECKING:
    from model.directory import Directory
    from sim.network import Network


class Component(Node):
    """A node of the chat system. `directory` says who else there is, and who is responsible for what."""

    def __init__(self, network: Network, name: str, region: str, directory: Directory) -> None:
        self.directory = directory
        super().__init__(network, name, region)
        self.count = network.meter.add
        """Counts what this costs (R6): count(what, number, bytes)."""
