"""A device's clock is set wrong by its user.

Requirements: F8.
"""

from __future__ import annotations

from faults.kit import SECOND, Aims, End, Fault, Jump, Lasting, Node, OnDevice, Picker, Site, kind


@kind("wrong_clock")
class WrongClock(OnDevice):
    """The user sets the device's clock wrong by `by` µs, days perhaps, and right again `duration` µs later."""

    by: Jump
    duration: Lasting

    requirement = "F8"

    def strike(self, site: Site, node: Node) -> End | None:
        return site.shift_clock(node, self.by)

    @classmethod
    def draw(cls, pick: Picker, aims: Aims) -> Fault:
        by = pick.choose((60 * SECOND, 3_600 * SECOND, 30 * 86_400 * SECOND)) * pick.choose((-1, 1))
        return cls(device=pick.choose(aims.devices), at=aims.when(pick), duration=aims.a_long_while(pick), by=by)
