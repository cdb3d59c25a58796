"""The whole broker restarts.

Requirements: F5.
"""

from __future__ import annotations

from faults.kit import Aims, End, Fault, Held, Lasting, Node, Picker, Site, all_of, holding, kind
from model.servers.queue import DeliveryQueue


@kind("restart_broker")
class RestartBroker(Fault):
    """The whole broker restarts: all queue partitions die at once, and are started again `down` µs later."""

    down: Lasting

    requirement = "F5"

    def idle(self, site: Site) -> bool:
        return not self.dying(site)

    def holds(self, site: Site, node: Node | None = None) -> Held:
        return holding(self.dying(site))

    def begin(self, site: Site) -> End | None:
        return all_of([site.kill(queue) for queue in self.dying(site)])

    def dying(self, site: Site) -> list[DeliveryQueue]:
        return [queue for queue in site.of_kind(DeliveryQueue) if queue.up]

    @classmethod
    def draw(cls, pick: Picker, aims: Aims) -> Fault:
        return cls(at=aims.when(pick), down=aims.a_while(pick))
