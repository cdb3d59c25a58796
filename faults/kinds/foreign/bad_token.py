"""A node that isn't the device asks for a connection in its name.

Requirements: P15.
"""

from __future__ import annotations

from faults.kit import Aims, End, Fault, GatewayName, OnDevice, Picker, Site, kind
from model.servers.intruder import TOKENS


@kind("bad_token")
class BadToken(OnDevice):
    """A node that isn't the device asks a gateway for a connection in its name, with a token that is no good.

    `token`: expired (an hour ago), forged (a seal of other words), revoked (the device's own once, stolen, and revoked at all
    gateways), or foreign (sealed, for an account of the intruder's own). The device itself has tokens of its own, as ever.
    """

    gateway: GatewayName
    token: str

    requirement = "P15"

    def __post_init__(self) -> None:
        if self.token not in TOKENS:
            raise ValueError(f"token: expected one of {', '.join(TOKENS)}, got {self.token!r}")

    def begin(self, site: Site) -> End | None:
        intruder = site.intruder(self.device)
        token, called = intruder.token(self.token, self.device), intruder.name.replace("intruder", "token")
        if self.token == "revoked":
            site.revoke(token, called)
        intruder.connect(self.gateway, self.device, token, called)
        return None

    @classmethod
    def draw(cls, pick: Picker, aims: Aims) -> Fault:
        gateway = pick.choose(aims.of_kind["gateway"])
        return cls(**cls.aim(pick, aims), gateway=gateway, token=pick.choose(TOKENS), at=aims.when(pick))
