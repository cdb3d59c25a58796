"""Limits: what a deployment declares that it takes, it takes, and no more.

    1. a bot writes a hundred messages a second: whoever shares a gateway with it waits
    2. a group of 50,000 gets fifty messages a second: two and a half million deliveries
    3. the gateway keeps its limit, the core has none: a user with devices at ten gateways has ten times the limit

Requirements: P12, P15.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from model.events import PolicyDeclared, SendAdmitted, SendHeldBack
from properties.base import Property, Violation, sees
from properties.ledger import Ledger
from sim.history import Restarted

LIMITS = {"gateway": "sends of a user", "core": "sends to a conversation"}
"""Which of the declared limits holds where."""


class RateLimitsBite(Property):
    """A user's sends at a gateway, and a conversation's in the core, are held back beyond the rate that is declared.

    Proof of a violation: more SendAdmitted by one node, for a user or a conversation, than the declared burst and what was
    earned since by the declared rate, and one. What a node had counted is gone when it starts again. Its clock may run fast:
    twice as fast is given to it.
    """

    name: ClassVar[str] = "rate-limits-bite"
    family: ClassVar[str] = "liveness and load"
    anomalies: ClassVar[tuple[str, ...]] = ("retry amplification",)
    optional = (SendHeldBack,)
    numbers = False

    fast: ClassVar[int] = 2
    """How many times as fast a node's clock may run."""

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._limits: dict[str, dict[str, tuple[int, int]]] = {}
        """By policy and subject: sends a second, and sends at once."""
        self._levels: dict[str, dict[str, tuple[int, int]]] = {}
        """By node, and by user or conversation: what was left, in millionths of a send, and when."""

    @sees(PolicyDeclared)
    def on_declared(self, event: PolicyDeclared, _: int) -> None:
        self._limits.setdefault(event.policy, {})[event.subject] = (event.value, event.burst)

    @sees(SendHeldBack)
    def on_held_back(self, event: SendHeldBack, _: int) -> None:
        if event.why.endswith("rate"):
            self.tested += 1

    @sees(Restarted)
    def on_restarted(self, event: Restarted, _: int) -> None:
        self._levels.pop(event.node, None)

    @sees(SendAdmitted)
    def on_admitted(self, event: SendAdmitted, index: int) -> None:
        policy = LIMITS.get(event.where, "")
        limits = self._limits.get(policy)
        if limits is None:
            return
        who = event.conversation if event.where == "core" else self.ledger.user_of.get(event.device, "")
        limit = limits.get(who) or limits.get("")
        if limit is None:
            return
        rate, burst = limit
        levels = self._levels.setdefault(event.node, {})
        level, at = levels.get(who, (burst * 1_000_000, event.t))
        level = min(burst * 1_000_000, level + (event.t - at) * rate * self.fast) - 1_000_000
        levels[who] = (level, event.t)
        if level < -1_000_000:
            levels[who] = (burst * 1_000_000, event.t)
            self.violated(
                f"{event.node} lets {who} have more than {rate} a second and {burst} at once: {policy}", index
            )
