"""All servers of a region lose power at once.

Requirements: F1.
"""

from __future__ import annotations

from collections.abc import Iterator

from faults.kit import Aims, End, Fault, Held, Lasting, Node, Picker, Region, Site, There, Wrong, all_of, holding, kind


@kind("region_down")
class RegionDown(Fault):
    """All servers of a region lose power at once, and are started again `down` µs later. Its devices live on."""

    region: Region
    down: Lasting

    requirement = "F1"

    def wrong(self, there: There) -> Iterator[Wrong]:
        yield from super().wrong(there)
        if not there.selects(f"region:{self.region}", device=False):
            yield Wrong("region", f"expected a region with servers, but {self.region!r} has none")

    def idle(self, site: Site) -> bool:
        return not self.dying(site)

    def holds(self, site: Site, node: Node | None = None) -> Held:
        return holding(self.dying(site))

    def begin(self, site: Site) -> End | None:
        return all_of([site.kill(node, silent=True) for node in self.dying(site)])

    def dying(self, site: Site) -> list[Node]:
        return [node for node in site.servers() if node.region == self.region and node.up]

    @classmethod
    def draw(cls, pick: Picker, aims: Aims) -> Fault:
        return cls(region=pick.choose(aims.server_regions), at=aims.when(pick), down=aims.a_while(pick))
