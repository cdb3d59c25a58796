"""Security: what is stored in somebody's name was sent by a device of theirs.

    1. a connection shows a forged token, or another user's, and sends
    2. a gateway takes the user from the frame instead of from the token
    3. a node inside the network, but not of the deployment, calls the store under the name of a service
    4. a token is good for ever: who steals one connects with it when it has long expired, or was revoked

Requirements: P15.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from model.events import (
    CursorStored,
    DeviceReturned,
    DuplicateIgnored,
    DuplicateRecognised,
    Enqueued,
    FillerPersisted,
    GapOpened,
    IntruderAsked,
    MemberJoined,
    MemberLeft,
    NotificationSent,
    Persisted,
    Pushed,
    ReadStored,
    SendAdmitted,
    Shown,
    StatusStored,
    Stored,
    TaskClosed,
    TaskLeased,
    TokenRevoked,
    UpgradeGranted,
    UpgradeTried,
)
from properties.base import Property, Violation, sees
from properties.ledger import Ledger
from sim.history import Event


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


class IntrudersHaveNoEffect(Property):
    """Nothing that a foreign node asks for takes effect.

    Proof of a violation: a row, cursor, mark, task, push or message that follows from an IntruderAsked: the immediate cause
    is the asking. Whoever reacts is the first to do so, and what follows from that needs no proof of its own.
    """

    name: ClassVar[str] = "intruders-have-no-effect"
    family: ClassVar[str] = "security"
    anomalies: ClassVar[tuple[str, ...]] = ("phantom",)

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._asked: dict[int, IntruderAsked] = {}

    @sees(IntruderAsked)
    def on_asked(self, event: IntruderAsked, index: int) -> None:
        self.tested += 1
        self._asked[index] = event

    @sees(
        Persisted, FillerPersisted, MemberJoined, MemberLeft, DuplicateRecognised, CursorStored, ReadStored, StatusStored,
        DeviceReturned, Enqueued, TaskLeased, TaskClosed, Pushed, NotificationSent, Stored, Shown, DuplicateIgnored,
        GapOpened, SendAdmitted,
    )  # fmt: skip
    def on_effect(self, event: Event, index: int) -> None:
        asked = self._asked.get(event.cause) if self._asked else None
        if asked is not None:
            self.violated(
                f"{event.node}: {type(event).__name__} follows from a {asked.kind} that a foreign node sent as {asked.claims}",
                event.cause,
                index,
            )


class SessionsNeedAToken(Property):
    """A connection is opened only for a token that is good: its issuer's word, for this device, not expired, not revoked.

    Proof of a violation: an UpgradeGranted for a token that, when it was shown, wasn't sealed, was for another device or
    another user, had expired by more than the leeway, or had been revoked. The leeway, of five minutes, is for gateways
    whose clocks are behind (RFC 7519, 4.1.4: 'usually no more than a few minutes').
    """

    name: ClassVar[str] = "sessions-need-a-token"
    family: ClassVar[str] = "security"
    anomalies: ClassVar[tuple[str, ...]] = ("phantom",)

    optional: ClassVar[tuple[type[Event], ...]] = (TokenRevoked,)

    leeway: ClassVar[int] = 300_000_000

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._revoked: dict[str, int] = {}
        self._wrong: dict[tuple[str, str], tuple[str, list[int]]] = {}

    @sees(TokenRevoked)
    def on_revoked(self, event: TokenRevoked, index: int) -> None:
        self._revoked.setdefault(event.token, index)

    @sees(UpgradeTried)
    def on_tried(self, event: UpgradeTried, index: int) -> None:
        self.tested += 1
        wrong, proof = "", [index]
        if not event.sealed:
            wrong = "is forged"
        elif event.bearer != event.device or event.subject != self.ledger.user_of.get(event.device):
            wrong = f"is {event.subject}'s, for {event.bearer}"
        elif event.token in self._revoked:
            wrong = "was revoked"
            proof.append(self._revoked[event.token])
        elif event.t > event.expires + self.leeway:
            wrong = f"expired {(event.t - event.expires) / 1e6:g} s before"
        if wrong:
            self._wrong[event.device, event.token] = wrong, proof

    @sees(UpgradeGranted)
    def on_granted(self, event: UpgradeGranted, index: int) -> None:
        found = self._wrong.get((event.device, event.token))
        if found is not None:
            wrong, proof = found
            self.violated(f"{event.by} opens a connection as {event.device} for a token that {wrong}", *proof, index)
