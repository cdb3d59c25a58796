"""The handsets' platform: the operating systems that give an app its push token and hand it the hints for that token.

It is no node of the deployment. What passes between the platform and an app on the same handset, or between the platform
and its own push provider, does not travel over the network that faults strike. Which token belongs to whom is durable.

Requirements: C10, P8.
"""

from __future__ import annotations

from typing import Protocol

from model.wire.delivery import Notification

PAYLOAD_LIMITS: dict[str, int] = {"fcm": 4_096, "apns": 4_096}
"""The largest payload that a push platform takes, in bytes. Firebase documentation: 4,096 bytes; Apple: 4 KB, and 5 KB for
calls over the internet, which are no messages."""


class Handset(Protocol):
    """What the platform sees of a device: whether it is gone for good, and where its hints go."""

    name: str
    gone: bool

    def notified(self, notification: Notification) -> None:
        """Takes a hint, be the app awake or not."""


class Platform:
    """All handsets of a deployment. The deployment puts each device into `handsets`, by name."""

    def __init__(self) -> None:
        self.handsets: dict[str, Handset] = {}
        self.holder: dict[str, str] = {}
        """By valid token: the device whose app holds it."""
        self._held: dict[str, str] = {}
        """The same by device."""
        self.version = 0

    def issue(self, device: str) -> tuple[str, int]:
        """Return a new token for the app on `device`, with its version; the app's earlier token is invalid from now on."""
        token = f"{device}#{self.version // 2 + 1}"
        return token, self.pass_on(token, device)

    def pass_on(self, token: str, device: str) -> int:
        """Give the token to the app on `device`, whose earlier token is invalid from now on. Return the new version."""
        earlier, before = self._held.get(device), self.holder.get(token)
        if earlier is not None:
            del self.holder[earlier]
        if before is not None:
            self._held.pop(before, None)
        self.holder[token], self._held[device] = device, token
        self.version += 2
        return self.version

    def reached_by(self, token: str) -> Handset | None:
        """Return the handset that a hint for this token is delivered to: None if the token is invalid or the handset gone."""
        holder = self.holder.get(token)
        handset = self.handsets[holder] if holder is not None else None
        return handset if handset is not None and not handset.gone else None
