"""Nothing passes between some nodes.

Requirements: F3.
"""

from __future__ import annotations

from faults.kit import Aims, End, Fault, LinksForAWhile, Picker, Site, kind


@kind("partition")
class Partition(LinksForAWhile):
    """Nothing passes between a and b."""

    everyday = True

    def begin(self, site: Site) -> End | None:
        return site.cut(self.covers(site))

    @classmethod
    def draw(cls, pick: Picker, aims: Aims) -> Fault:
        a, b = aims.cut(pick)
        return cls(a=a, b=b, one_way=pick.chance(0.4), at=aims.when(pick), duration=aims.a_while(pick))
