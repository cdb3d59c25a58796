"""A store partition is there for nobody.

Requirements: F4.
"""

from __future__ import annotations

from faults.kit import Aims, Choices, End, Held, Lasting, Node, OnPartition, Picker, Site, kind, on_links


@kind("store_unavailable")
class StoreUnavailable(OnPartition):
    """A store partition is there for nobody but its own replicas: what is asked of it, and what it answers, is lost."""

    duration: Lasting

    def holds(self, site: Site, node: Node | None = None) -> Held:
        inside = site.replicas(self.partition)
        return on_links(inside, [each for each in site.nodes() if each not in inside])

    def begin(self, site: Site) -> End | None:
        inside = frozenset(site.replicas(self.partition))
        return site.cut(lambda s, t: (s in inside) is not (t in inside))

    @classmethod
    def how(cls, pick: Picker, aims: Aims) -> Choices:
        return {"duration": aims.a_while(pick)}
