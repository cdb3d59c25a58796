"""Sessions: a connection is worth no more than the token that it was opened by.

    1. an administrator logs a stolen phone out, and it goes on reading
    2. a connection stays open for weeks, by a token that was good for an hour

Requirements: P15.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from model.events import SessionDropped, SessionOpened, TokenRevoked
from properties.base import Property, Violation, sees
from properties.ledger import Ledger
from sim.history import Crashed, Ended, MessageLost, Resumed


class _Session:
    """An open one: since which event, and by when it has to be over, and why; 0: nothing is due."""

    __slots__ = ("due", "index", "proof", "why")

    def __init__(self, index: int, due: int) -> None:
        self.index = index
        self.due = due
        self.why = "its token expired"
        self.proof = index


class SessionsEndWithTheirToken(Property):
    """A gateway ends a session within two heartbeats and a half when its token has expired, or was revoked.

    Proof of a violation: a SessionOpened whose SessionDropped comes more than `bound` after a TokenRevoked for its device, or
    after its token's expiry and the leeway that a gateway's clock gets (RFC 7519, 4.1.4), or does not come by then. A heartbeat
    that was lost, and a gateway that stood still, begin the bound anew; a gateway that crashed has no sessions.
    """

    name: ClassVar[str] = "sessions-end-with-their-token"
    family: ClassVar[str] = "security"
    anomalies: ClassVar[tuple[str, ...]] = ("phantom",)
    optional = (TokenRevoked, MessageLost, Ended)
    numbers = False

    bound: ClassVar[int] = 150_000_000
    """µs: two and a half of the longest usual intervals between heartbeats, or one after which silence ends a session."""
    leeway: ClassVar[int] = 300_000_000

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._open: dict[str, dict[tuple[str, int], _Session]] = {}
        """By gateway, and by device and epoch."""

    @sees(SessionOpened)
    def on_opened(self, event: SessionOpened, index: int) -> None:
        due = event.expires + self.leeway + self.bound
        self._open.setdefault(event.node, {})[event.device, event.epoch] = _Session(index, due)

    @sees(TokenRevoked)
    def on_revoked(self, event: TokenRevoked, index: int) -> None:
        for sessions in self._open.values():
            for (device, _), session in sessions.items():
                if device == event.device and event.t + self.bound < session.due:
                    self.tested += 1
                    session.due, session.why, session.proof = event.t + self.bound, "its token was revoked", index

    @sees(MessageLost)
    def on_lost(self, event: MessageLost, _: int) -> None:
        if event.kind == "Heartbeat":
            for (device, _), session in self._open.get(event.to, {}).items():
                if device == event.node:
                    session.due = max(session.due, event.t + self.bound)

    @sees(Resumed)
    def on_resumed(self, event: Resumed, _: int) -> None:
        for session in self._open.get(event.node, {}).values():
            session.due = max(session.due, event.t + self.bound)

    @sees(Crashed)
    def on_crashed(self, event: Crashed, _: int) -> None:
        self._open.pop(event.node, None)

    @sees(SessionDropped)
    def on_dropped(self, event: SessionDropped, index: int) -> None:
        session = self._open.get(event.node, {}).pop((event.device, event.epoch), None)
        if session is not None:
            self.tested += event.why == "token"
            self._judge(event.node, event.device, session, event.t, index)

    @sees(Ended)
    def on_ended(self, event: Ended, index: int) -> None:
        for gateway, sessions in self._open.items():
            for (device, _), session in sessions.items():
                self._judge(gateway, device, session, event.t, index)

    def _judge(self, gateway: str, device: str, session: _Session, t: int, index: int) -> None:
        if t > session.due:
            late = (t - session.due) / 1e6
            what = f"{gateway} keeps its session of {device} for {late:g} s too long: {session.why}"
            self.violated(what, session.index, session.proof, index)
