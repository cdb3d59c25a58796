"""The replica that leads is cut off from the other replicas.

Requirements: F4.
"""

from __future__ import annotations

from faults.kit import Aims, Choices, End, Held, Lasting, Node, OnLeader, Picker, Site, kind, on_links


@kind("isolate_leader")
class IsolateLeader(OnLeader):
    """The replica that leads a store partition is cut off from the other replicas, but not from those who call it."""

    duration: Lasting

    everyday = True

    def holds(self, site: Site, node: Node | None = None) -> Held:
        leader = self.target(site)
        return Held() if leader is None else on_links([leader], self._others(site, leader))

    def strike(self, site: Site, node: Node) -> End | None:
        others = self._others(site, node)
        return site.cut(lambda s, t: (s is node and t in others) or (t is node and s in others))

    def _others(self, site: Site, leader: Node) -> list[Node]:
        return [replica for replica in site.replicas(self.partition) if replica is not leader]

    @classmethod
    def how(cls, pick: Picker, aims: Aims) -> Choices:
        return {"duration": aims.a_while(pick)}
