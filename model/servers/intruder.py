"""A node that isn't part of the deployment: it calls components as if it were, or connects as somebody's device (P15).

It is no component: nothing of the protocol runs on it, and the deployment issued no credential to it. It knows names. The
tokens that it shows are no good: made up, stolen and expired or revoked since, or those of an account of its own.

Requirements: P15.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from model.content import Content, Message
from model.directory import Directory
from model.events import IntruderAsked, UpgradeGranted, UpgradeTried
from model.security import ISSUER, Identity, issue, seal
from model.wire.base import Wire
from model.wire.client import Hello, Refused, Token, Welcome
from model.wire.delivery import Publish, Push
from model.wire.service import CursorUpdate
from model.wire.store import Append
from sim.network import Connection, Network
from sim.node import Node
from sim.state import Marks

ASKS = ("Append", "Publish", "CursorUpdate", "Push")
"""What an intruder asks for: a row, a delivery task, a stored cursor, a push to a device."""

TOKENS = ("expired", "forged", "revoked", "foreign")
"""What can be wrong with the token that an intruder shows at the upgrade; a foreign one is another user's."""

_FAR = 1_000_000
_HOUR = 3_600_000_000
_TIMEOUT = 1_000_000


class Intruder(Node):
    """A foreign node that gives the name `claims`, with a credential that it made up."""

    kind: ClassVar[str] = "intruder"
    receives: ClassVar[dict[type, str]] = {Welcome: "on_welcome", Refused: "on_refused"}
    marks = Marks(durable="_shows", aside="directory identity")

    def __init__(self, network: Network, name: str, region: str, directory: Directory, claims: str) -> None:
        self.directory = directory
        self.identity = Identity(claims, 0)
        self._shows = ""
        super().__init__(network, name, region)

    def ask_for(self, what: str, device: str, conversation: str) -> None:
        """Asks once for one of `ASKS`, about a device and a conversation."""
        for to, payload in self._requests(what, device, conversation):
            self.env.cause = -1
            self.emit(IntruderAsked, self.identity.name, to, what, conversation)
            self.ask(to, payload, _TIMEOUT, _ignore)

    def token(self, wrong: str, device: str) -> Token:
        """A token for a device with one of `TOKENS` wrong. The one that is to be revoked is good until it is: a stolen one."""
        user, now = self.directory.devices[device].user, int(self.env._now)
        match wrong:
            case "expired":
                return issue(user, device, now - _HOUR)
            case "forged":
                made_up = seal(ISSUER, user, device, now - _HOUR)  # a true seal, under other words
                return Token(ISSUER, user, device, now + _HOUR, made_up)
            case "foreign":
                return issue(self.name, f"{self.name}-phone", now + _HOUR)
        return issue(user, device, now + _HOUR // 2)

    def connect(self, gateway: str, device: str, token: Token, called: str) -> None:
        """Asks a gateway for a connection in the name of a device, with this token, which the history calls `called`."""
        self._shows = called
        sealed = token.seal == seal(token.issuer, token.subject, token.device, token.expires)
        self.env.cause = -1
        self.emit(UpgradeTried, device, gateway, called, token.subject, token.device, token.expires, sealed)
        user = self.directory.devices[device].user
        self.network.connect(self, gateway, Hello(device, user, _FAR, token))

    def on_welcome(self, welcome: Welcome, connection: Connection) -> None:
        self.emit(UpgradeGranted, welcome.device, connection.server.name, self._shows)
        connection.close(self)

    def on_refused(self, refused: Refused, connection: Connection) -> None:
        pass

    def _requests(self, what: str, device: str, conversation: str) -> Iterator[tuple[str, Wire]]:
        d, user = self.directory, self.directory.devices[device].user
        message = f"{self.name}:{what}"
        content = Content(conversation=conversation, message=message, sent_at=self.now)
        forged = Message.of(content, seq=_FAR, sender=user, device=device)
        match what:
            case "Append":
                row = Append(content=content, sender=user, device=device)
                for replica in d.replicas[d.store_for(conversation)]:
                    yield replica, row
            case "Publish":
                yield d.queue_for(forged), Publish(forged, "service")
            case "CursorUpdate":
                for replica in d.replicas[d.store_for(conversation)]:
                    yield replica, CursorUpdate(device, conversation, _FAR)
            case "Push":
                for gateway in d.devices[device].gateways:
                    yield gateway, Push(forged, gateway, (device,), self.identity.name, 0)


def _ignore(answer: object, _: object) -> None:
    pass
