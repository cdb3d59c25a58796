"""All leases of a queue partition end at once.

Requirements: F5.
"""

from __future__ import annotations

from typing import cast

from faults.kit import Aims, AtOther, Choices, End, Node, OnQueue, Picker, Site, kind
from model.servers.queue import DeliveryQueue


class _Expires(OnQueue):
    def strike(self, site: Site, node: Node) -> End | None:
        cast(DeliveryQueue, node).expire_leases()
        return None


@kind("expire_leases")
class ExpireLeases(_Expires):
    """All leases of a queue partition end at once: every task that is being worked on is given out a second time."""


@kind("expire_leases_at")
class ExpireLeasesAt(_Expires, AtOther):
    """All leases of a queue partition end at once when a node, perhaps a worker, reaches a crash point."""

    works_with = ("queue", "worker")

    @classmethod
    def aim_at(cls, pick: Picker, aims: Aims) -> Choices:
        """A queue that reaches the point itself expires its own."""
        node, point = aims.point(pick, *cls.works_with)
        aimed = {"queue": node} if aims.kind_of[node] == "queue" else cls.aim(pick, aims)
        return {"node": node, "point": point, **aimed}
