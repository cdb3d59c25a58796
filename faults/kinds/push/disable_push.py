"""Users have disabled notifications.

Requirements: F7.
"""

from __future__ import annotations

from faults.kit import End, OnPushes, Site, kind


@kind("disable_push")
class DisablePush(OnPushes):
    """The users of these devices (none given: all) have disabled notifications, and enable them `duration` µs later."""

    def begin(self, site: Site) -> End | None:
        return site.while_on(site.provider().disabled, self.concerned(site))
