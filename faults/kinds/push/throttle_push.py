"""The provider takes no notifications for a while.

Requirements: F7.
"""

from __future__ import annotations

from faults.kit import SECOND, Aims, Choices, End, OnPushes, Picker, Site, Time, kind


@kind("throttle_push")
class ThrottlePush(OnPushes):
    """The provider takes no notifications for these devices (none given: all): try again in `retry_after` µs, it says."""

    retry_after: Time

    def begin(self, site: Site) -> End | None:
        return site.while_on(site.provider().throttling, (self.concerned(site), self.retry_after))

    @classmethod
    def aim(cls, pick: Picker, aims: Aims) -> Choices:
        return {"retry_after": pick.choose((2 * SECOND, 20 * SECOND)), **super().aim(pick, aims)}
