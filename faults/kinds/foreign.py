"""A foreign node: one that isn't part of the deployment, and says that it is.

Requirements: P15.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from faults.kinds.base import End, _OnDevice
from model.intruder import ASKS

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
            raise ValueError(f"expected one of {', '.join(ASKS)}, got {self.asks!r}")

    def nodes(self) -> list[tuple[str, str]]:
        return [("device", self.device), ("claims", self.claims)]

    def begin(self, injector: Injector) -> End | None:
        injector.deployment.intruder(self.claims).ask_for(self.asks, self.device, self.conversation)
        return None
