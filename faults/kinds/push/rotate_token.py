"""An app gets a new push token.

Requirements: F7.
"""

from __future__ import annotations

from faults.kit import Aims, End, Fault, Lasting, OnDevice, Picker, Site, kind


@kind("rotate_token")
class RotateToken(OnDevice):
    """The platform gives the device's app a new push token; the old one is invalid at once, also for what is pending.

    With `asleep` the app is suspended before, and opened by its user so many µs later: until then it can't register.
    """

    asleep: Lasting = 0

    requirement = "F7"
    everyday = True

    def begin(self, site: Site) -> End | None:
        device = site.device(self.device)
        awake = site.put_to_sleep(device) if self.asleep else None
        device.rotate_token()
        return awake

    @classmethod
    def draw(cls, pick: Picker, aims: Aims) -> Fault:
        """Mostly while the app does not run: else it registers the new one at once."""
        asleep = aims.a_long_while(pick) if pick.chance(0.8) else 0
        return cls(device=pick.choose(aims.devices), at=aims.when(pick), asleep=asleep)
