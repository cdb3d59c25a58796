"""A queue partition is there for nobody.

Requirements: F5.
"""

from __future__ import annotations

from faults.kit import Aims, Choices, End, Lasting, Node, OnQueue, Picker, Site, kind


@kind("queue_unavailable")
class QueueUnavailable(OnQueue):
    """A queue partition is there for nobody, but lives: its leases run out meanwhile."""

    duration: Lasting

    def strike(self, site: Site, node: Node) -> End | None:
        return site.cut(lambda s, t: s is node or t is node)

    @classmethod
    def how(cls, pick: Picker, aims: Aims) -> Choices:
        return {"duration": aims.a_while(pick)}
