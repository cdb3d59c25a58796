"""A region's devices all return at once, and send.

Requirements: F9.
"""

from __future__ import annotations

from collections.abc import Iterator

from faults.kit import (
    Aims,
    Any,
    End,
    Fault,
    Held,
    Lasting,
    Node,
    Picker,
    Region,
    Site,
    There,
    Wrong,
    all_of,
    holding,
    kind,
)


@kind("thundering_herd")
class ThunderingHerd(Fault):
    """A region's devices are all without a network for `down` µs; they return at once, and each user sends something.

    Each sends to the first conversation that the user was a member of at the start.
    """

    region: Region
    down: Lasting

    requirement = "F9"

    def wrong(self, there: There) -> Iterator[Wrong]:
        yield from super().wrong(there)
        if not there.selects(f"region:{self.region}", device=True):
            yield Wrong("region", f"expected a region with devices, but {self.region!r} has none")

    def holds(self, site: Site, node: Node | None = None) -> Held:
        return holding(self._herd(site))

    def begin(self, site: Site) -> End | None:
        herd = self._herd(site)
        wake = all_of([site.put_to_sleep(device) for device in herd])

        def return_at_once() -> None:
            wake()
            for device in herd:
                for talk in site.conversations_of(device.user)[:1]:
                    site.send(device.name, talk)

        return return_at_once

    def _herd(self, site: Site) -> list[Any]:
        return [device for device in site.devices() if device.region == self.region]

    @classmethod
    def draw(cls, pick: Picker, aims: Aims) -> Fault:
        return cls(region=pick.choose(aims.device_regions), at=aims.when(pick), down=aims.a_long_while(pick))
