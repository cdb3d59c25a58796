"""The provider delivers notifications late.

Requirements: F7.
"""

from __future__ import annotations

from faults.kit import SECOND, Aims, Choices, Delay, End, OnPushes, Picker, Site, kind


@kind("delay_push")
class DelayPush(OnPushes):
    """The provider delivers notifications to these devices (none given: all) `delay` µs later than it would."""

    delay: Delay

    def begin(self, site: Site) -> End | None:
        return site.while_on(site.provider().delaying, (self.concerned(site), self.delay))

    @classmethod
    def aim(cls, pick: Picker, aims: Aims) -> Choices:
        return {"delay": pick.choose((5 * SECOND, 30 * SECOND)), **super().aim(pick, aims)}
