"""An app is suspended.

Requirements: F8.
"""

from __future__ import annotations

from faults.kit import Aims, Choices, End, Lasting, Node, OnDevice, Picker, Site, kind


@kind("sleep")
class Sleep(OnDevice):
    """The device's app is suspended, without a goodbye, and woken by its user `duration` µs later."""

    duration: Lasting

    requirement = "F8"
    everyday = True

    def spares(self, node: Node) -> bool:
        return not node.up

    def strike(self, site: Site, node: Node) -> End | None:
        return site.put_to_sleep(site.device(self.device))

    @classmethod
    def how(cls, pick: Picker, aims: Aims) -> Choices:
        return {"duration": aims.a_long_while(pick)}
