"""Security: what is stored in somebody's name was sent by a device of theirs.

    1. a connection shows a forged token, or another user's, and sends
    2. a gateway takes the user from the frame instead of from the token

Requirements: P15.
"""

from __future__ import annotations

from typing import ClassVar

from model.events import Persisted
from properties.base import Property, sees


class SenderIsAuthentic(Property):
    """A message is stored in the name of the user whose device sent it.

    Proof of a violation: a commit whose sender is not the user of the device that it names.
    """

    name: ClassVar[str] = "sender-is-authentic"
    family: ClassVar[str] = "security"
    anomalies: ClassVar[tuple[str, ...]] = ("phantom",)

    @sees(Persisted)
    def on_persisted(self, event: Persisted, index: int) -> None:
        self.tested += 1
        user = self.ledger.user_of.get(event.device)
        if user != event.sender:
            whose = f"a device of {user}" if user else "nobody's device"
            self.violated(f"{event.message} is stored as {event.sender}'s, but {event.device} is {whose}", index)
