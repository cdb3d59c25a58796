"""A foreign node: one that isn't part of the deployment, and says that it is, or that it is somebody's device.

Requirements: P15.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from faults.kinds.base import End, _OnDevice
from model.servers.intruder import ASKS, TOKENS

if TYPE_CHECKING:
    from faults.injector import Injector


class Intrusion(_OnDevice, frozen=True, kw_only=True, tag="intruder"):
    """A node that isn't part of the deployment calls itself `claims` and asks a component for something.

    `asks`: Append (a message of the device's user), Publish (a task for one), CursorUpdate (a cursor for the device), or Push
    (of a message to the device).
    """

    claims: str
    asks: str
    conversation: str

    requirement: ClassVar[str] = "P15"

    def __post_init__(self) -> None:
        if self.asks not in ASKS:
            raise ValueError(f"asks: expected one of {', '.join(ASKS)}, got {self.asks!r}")

    def nodes(self) -> list[tuple[str, str]]:
        return [("device", self.device), ("claims", self.claims)]

    def begin(self, injector: Injector) -> End | None:
        injector.deployment.intruder(self.claims).ask_for(self.asks, self.device, self.conversation)
        return None


class BadToken(_OnDevice, frozen=True, kw_only=True, tag="bad_token"):
    """A node that isn't the device asks a gateway for a connection in its name, with a token that is no good.

    `token`: expired (an hour ago), forged (a seal of other words), revoked (the device's own once, stolen, and revoked at all
    gateways), or foreign (sealed, for an account of the intruder's own). The device itself has tokens of its own, as ever.
    """

    gateway: str
    token: str

    requirement: ClassVar[str] = "P15"
    everyday: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if self.token not in TOKENS:
            raise ValueError(f"token: expected one of {', '.join(TOKENS)}, got {self.token!r}")

    def nodes(self) -> list[tuple[str, str]]:
        return [("device", self.device), ("gateway", self.gateway)]

    def begin(self, injector: Injector) -> End | None:
        deployment = injector.deployment
        intruder = deployment.intruder(self.device)
        token, called = intruder.token(self.token, self.device), intruder.name.replace("intruder", "token")
        if self.token == "revoked":
            deployment.revoke(token, called)
        intruder.connect(self.gateway, self.device, token, called)
        return None
