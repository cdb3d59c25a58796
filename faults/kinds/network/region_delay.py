"""All that enters or leaves a region is late.

Requirements: F3.
"""

from __future__ import annotations

from faults.kit import (
    MS,
    SECOND,
    Aims,
    Any,
    Delay,
    End,
    Fate,
    Fault,
    Held,
    Lasting,
    Node,
    Picker,
    Region,
    Site,
    kind,
    on_links,
)


@kind("region_delay")
class RegionDelay(Fault):
    """Everything into and out of a region is `delay` µs late, for `duration` µs; what stays inside is not."""

    region: Region
    delay: Delay
    duration: Lasting

    requirement = "F3"

    def holds(self, site: Site, node: Node | None = None) -> Held:
        inside = site.selected((f"region:{self.region}",))
        return on_links(inside, [each for each in site.nodes() if each.region != self.region])

    def begin(self, site: Site) -> End | None:
        region, delay = self.region, self.delay

        def late(payload: Any, number: int, ordered: bool, fate: Fate) -> None:
            fate.delay += delay

        return site.lay(lambda s, t: (s.region == region) is not (t.region == region), late)

    @classmethod
    def draw(cls, pick: Picker, aims: Aims) -> Fault:
        delay = pick.choose((100 * MS, 1 * SECOND, 4 * SECOND))
        return cls(region=pick.choose(aims.regions), delay=delay, at=aims.when(pick), duration=aims.a_while(pick))
