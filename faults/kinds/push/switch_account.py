"""A user logs in on another user's handset.

Requirements: F7.
"""

from __future__ import annotations

from collections.abc import Iterator

from faults.kinds.push.rotate_token import RotateToken
from faults.kit import Aims, DeviceName, End, Fault, Held, Lasting, Node, OnDevice, Picker, Site, There, Wrong, kind


@kind("switch_account")
class SwitchAccount(OnDevice):
    """On the handset of `device` its user logs out, and the user of the device `to` logs in, for `duration` µs.

    The push token stays with the handset. While it lasts, `device` does not run, and `to`, which keeps its database as an
    account does, is reached by that token; then `to` goes back to a handset of its own, with a new token. Nothing happens
    if one of the two takes part in another switch.
    """

    to: DeviceName
    duration: Lasting

    requirement = "F7"
    everyday = True

    def wrong(self, there: There) -> Iterator[Wrong]:
        yield from super().wrong(there)
        if self.device == self.to:
            yield Wrong("to", f"expected another device than {self.device!r}: its user is logged in there")

    def idle(self, site: Site) -> bool:
        host, guest = site.device(self.device), site.device(self.to)
        return host is guest or host.switched or guest.switched or host.gone or guest.gone

    def holds(self, site: Site, node: Node | None = None) -> Held:
        return Held((self.device, self.to))

    def begin(self, site: Site) -> End | None:
        host, guest = site.device(self.device), site.device(self.to)
        host.switched = guest.switched = True
        guest.move_to(host.log_out())

        def back() -> None:
            token = guest.push_token
            guest.move_to("")
            host.log_in(token)
            host.switched = guest.switched = False

        return back

    @classmethod
    def draw(cls, pick: Picker, aims: Aims) -> Fault:
        """Between devices of different users, if there are any, and at times of one user. On a single one a token rotates."""
        host = pick.choose(aims.devices)
        others = [
            device
            for device in aims.devices
            if device != host and (aims.handed_on or aims.user_of[device] != aims.user_of[host])
        ]
        others = others or [device for device in aims.devices if device != host]
        if not others:
            return RotateToken.draw(pick, aims)
        return cls(device=host, to=pick.choose(others), at=aims.when(pick), duration=aims.a_long_while(pick))
