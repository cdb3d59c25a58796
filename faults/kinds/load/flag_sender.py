"""Whoever watches for abuse flags a user, for a while.

Requirements: P15.
"""

from __future__ import annotations

from faults.kit import SECOND, Aims, Choices, End, Held, Lasting, Node, OnDevice, Picker, Site, Time, check_least, kind


@kind("flag_sender")
class FlagSender(OnDevice):
    """The device's user is flagged for abuse for `duration` µs: each send is put off by `wait` µs, or refused for good (0)."""

    wait: Time = 0
    duration: Lasting

    requirement = "P15"

    def __post_init__(self) -> None:
        check_least(self, wait=0)

    def holds(self, site: Site, node: Node | None = None) -> Held:
        return Held(tuple(site.devices_of(site.device(self.device).user)))

    def idle(self, site: Site) -> bool:
        return site.is_flagged(site.device(self.device).user)

    def strike(self, site: Site, node: Node) -> End | None:
        return site.flag(site.device(self.device).user, self.wait)

    @classmethod
    def how(cls, pick: Picker, aims: Aims) -> Choices:
        """Blocked, or put off by a second or ten."""
        return {"wait": pick.choose((0, SECOND, 10 * SECOND)), "duration": aims.a_long_while(pick)}
