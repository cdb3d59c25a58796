"""Push tokens: the notification service has the right one of each device, for one device, and none that is invalid.

    1. a token rotates, and the service ignores the new one, because it has a row already (hotwax/bopis#875)
    2. the provider calls a token invalid, and the service goes on trying it
    3. another user logs in on a handset, and the service keeps its token for both

Requirements: P8, C10, D7.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar

from model.events import (
    Connected,
    LoggedOut,
    NotificationAttempted,
    NotificationRejected,
    TokenIssued,
    TokenRegistered,
    TokenRemoved,
)
from properties.base import Debt, Liveness, Property, Violation, sees
from properties.ledger import Ledger


class OneDevicePerToken(Property):
    """The notification service keeps a push token for one device at a time: whoever registered it last.

    Proof of a violation: a TokenRegistered while the same token is still kept for another device.
    """

    name: ClassVar[str] = "one-device-per-token"
    family: ClassVar[str] = "push"
    anomalies: ClassVar[tuple[str, ...]] = ("removed-member leak",)

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._kept: dict[str, tuple[str, int]] = {}

    @sees(TokenRegistered)
    def on_registered(self, event: TokenRegistered, index: int) -> None:
        self.tested += 1
        device, since = self._kept.get(event.token, (event.device, -1))
        if device != event.device:
            self.violated(f"{event.token} is kept for {device} and for {event.device}", since, index)
        self._kept[event.token] = (event.device, index)

    @sees(TokenRemoved)
    def on_removed(self, event: TokenRemoved, _: int) -> None:
        if self._kept.get(event.token, ("", -1))[0] == event.device:
            del self._kept[event.token]


class InvalidTokensAreLeftAlone(Property):
    """Once the service has learned that a push token is invalid, it never tries it again.

    Proof of a violation: a NotificationAttempted with a token after a NotificationRejected that called it invalid. Attempts
    that were under way by then do not count: their event is earlier.
    """

    name: ClassVar[str] = "invalid-tokens-are-left-alone"
    family: ClassVar[str] = "push"
    anomalies: ClassVar[tuple[str, ...]] = ("retry livelock",)

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._invalid: dict[str, int] = {}

    @sees(NotificationRejected)
    def on_rejected(self, event: NotificationRejected, index: int) -> None:
        if event.why == "invalid":
            self.tested += 1
            self._invalid.setdefault(event.token, index)

    @sees(NotificationAttempted)
    def on_attempted(self, event: NotificationAttempted, index: int) -> None:
        if event.token in self._invalid:
            self.violated(
                f"{event.token} of {event.device} is tried again, although it is invalid",
                self._invalid[event.token],
                index,
            )


class TokensConverge(Liveness):
    """After healing, the notification service keeps for every device the push token that its app was given last.

    Owed from the TokenIssued on, until the TokenRegistered of that token for that device, or until its user logs out; and
    again from a TokenRemoved of that token on. A device that was cleaned up owes it from its next Connected on.
    """

    name: ClassVar[str] = "tokens-converge"
    family: ClassVar[str] = "push"
    anomalies: ClassVar[tuple[str, ...]] = ("notification missing", "non-convergence")
    optional = (Connected,)

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._issued: dict[str, tuple[str, int]] = {}
        self._kept: dict[str, str] = {}
        self._open: dict[str, None] = {}
        self._cleaned: dict[str, None] = {}

    def _compare(self, device: str) -> None:
        token, _ = self._issued.get(device, ("", -1))
        if token and self._kept.get(device) != token and device not in self._cleaned:
            self._open[device] = None
        else:
            self._open.pop(device, None)

    @sees(TokenIssued)
    def on_issued(self, event: TokenIssued, index: int) -> None:
        self.tested += 1
        self._issued[event.device] = (event.token, index)
        self._compare(event.device)

    @sees(LoggedOut)
    def on_logged_out(self, event: LoggedOut, _: int) -> None:
        self._issued.pop(event.device, None)
        self._compare(event.device)

    @sees(TokenRegistered)
    def on_registered(self, event: TokenRegistered, _: int) -> None:
        self._kept[event.device] = event.token
        self._compare(event.device)

    @sees(TokenRemoved)
    def on_removed(self, event: TokenRemoved, _: int) -> None:
        if self._kept.get(event.device) == event.token:
            del self._kept[event.device]
            if event.why == "cleaned":
                self._cleaned[event.device] = None
            self._compare(event.device)

    @sees(Connected)
    def on_connected(self, event: Connected, _: int) -> None:
        if event.device in self._cleaned:
            del self._cleaned[event.device]
            self._compare(event.device)

    def owed(self) -> int:
        return len(self._open)

    def missing(self) -> Iterator[Debt]:
        for device in self._open:
            token, index = self._issued[device]
            kept = self._kept.get(device)
            instead = f"but {kept}" if kept else "and none at all"
            what = f"{device} has the push token {token}, which the service does not know, {instead}"
            yield Debt(what, (index,), device)
