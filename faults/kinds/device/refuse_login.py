"""A device's log-in is refused for a while, although its token is good.

Requirements: F8.
"""

from __future__ import annotations

from faults.kit import Aims, Choices, End, Lasting, OnDevices, Picker, Site, kind


@kind("refuse_login")
class RefuseLogin(OnDevices):
    """For `duration` µs every gateway refuses these devices (none given: all), whose tokens are good: nobody can check these.

    Who is connected is thrown off when it begins: the service that knows who is who has restarted, say, and is overrun.
    """

    duration: Lasting

    requirement = "F8"

    def begin(self, site: Site) -> End | None:
        devices = self.concerned(site)
        taken_back = site.refuse(devices)
        for device in site.devices():
            if device.name in devices:
                for connection in list(device.life.connections):
                    connection.reset()
        return taken_back

    @classmethod
    def aim(cls, pick: Picker, aims: Aims) -> Choices:
        """One device, or about half of them."""
        return {"devices": (pick.choose(aims.devices),) if pick.chance(0.5) else tuple(pick.subset(aims.devices, 0.5))}

    @classmethod
    def how(cls, pick: Picker, aims: Aims) -> Choices:
        """A minute or two, or a short while."""
        return {"duration": aims.a_long_while(pick)}
