"""Who may connect, and how much may be sent (P15): tokens, and limits of rate.

Promise kept here: nobody sends in another's name. Tokens are sealed by their issuer; gateways check the seal, the owner
and the expiry at the upgrade. Services know each other by a credential that the deployment issues to each of its nodes
for its name; a node without one is refused, whatever name it gives. Limits refuse with a time to wait; nothing is lost by
them, since the device keeps what it sends until it is answered.

Requirements: P15.
"""

from __future__ import annotations

from typing import NamedTuple

from xxhash import xxh3_64_intdigest

from model.wire.client import Token

ISSUER = "parley"
_SECRET = 0x5EA1_5EA1_5EA1_5EA1


def issue(user: str, device: str, expires: int) -> Token:
    """The token that the issuer gives to a user's device, valid until `expires` µs."""
    return Token(ISSUER, user, device, expires, seal(ISSUER, user, device, expires))


def seal(issuer: str, subject: str, device: str, expires: int) -> int:
    """The issuer's seal over a token's fields. Stands for a signature: a simulated intruder does not know the secret."""
    return xxh3_64_intdigest(f"{issuer}|{subject}|{device}|{expires}".encode(), _SECRET)


class Identity(NamedTuple):
    """What a node says of itself when it calls another: its name, and the credential for that name."""

    name: str
    credential: int


def credential(name: str) -> int:
    """What the deployment issues to its node of that name. Stands for a certificate: a foreign node can't compute it."""
    return xxh3_64_intdigest(f"node|{name}".encode(), _SECRET)


class Bucket:
    """A token bucket: `rate` sends a second on average, `burst` at once. Volatile, as its node.

    Its times are those of a clock that nobody sets (`Node.uptime`): one that is set back would make everybody wait.
    """

    __slots__ = ("_at", "_level", "burst", "rate")

    def __init__(self, rate: int, burst: int, now: int) -> None:
        self.rate = rate
        self.burst = burst
        self._level = burst * 1_000_000
        self._at = now

    def take(self, now: int) -> int:
        """Takes one; returns 0, or how many µs to wait until there is one again."""
        self._level = min(self.burst * 1_000_000, self._level + (now - self._at) * self.rate)
        self._at = now
        if self._level >= 1_000_000:
            self._level -= 1_000_000
            return 0
        return -(-(1_000_000 - self._level) // self.rate)
