"""Abuse: what the policy blocks is not accepted, what it puts off waits, and what it allows passes.

    1. a spammer is blocked at one instance, and goes on through another
    2. a send that was put off comes back at once, and is let through
    3. the policy is set too wide: people who did nothing are refused

Requirements: P15.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, NamedTuple

from model.events import Persisted, SendAdmitted, SenderFlagged, SendHeldBack
from properties.base import Property, Violation, sees
from properties.ledger import Ledger


class _Flag(NamedTuple):
    """What holds for a user, and the event that says so."""

    verdict: str
    wait: int
    event: int


_NONE = _Flag("allow", 0, -1)


class AbusePolicyIsKept(Property):
    """A send of a blocked user is never accepted, one that is put off not before its time, and an allowed one not refused.

    Proof of a violation, where users are flagged at all: a Persisted of a message that was admitted to the core while its
    user was blocked, and never else; a SendAdmitted to the core, while its user's sends are put off, of a message that was not
    held back for it, or less than a third of the wait ago, as clocks may run fast; a SendHeldBack for abuse of one whose
    user is not flagged so, nor was when it was admitted last.
    """

    name: ClassVar[str] = "abuse-policy-is-kept"
    family: ClassVar[str] = "security"
    anomalies: ClassVar[tuple[str, ...]] = ("phantom",)
    numbers = False

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._flags: dict[str, _Flag] = {}
        """By user who was ever flagged: what holds now."""
        self._blocked: dict[str, int] = {}
        """By message that was admitted under a block alone: the event of the block."""
        self._free: set[str] = set()
        """Messages that were admitted otherwise."""
        self._held: dict[str, tuple[int, int]] = {}
        """By message that was put off: when, the first time, and the event that says so."""

    @sees(SenderFlagged)
    def on_flagged(self, event: SenderFlagged, index: int) -> None:
        self._flags[event.user] = _Flag(event.verdict, event.wait, index)

    @sees(SendAdmitted)
    def on_admitted(self, event: SendAdmitted, index: int) -> None:
        if event.where != "core":
            return
        flag = self._flags.get(self.ledger.user_of.get(event.device, ""), _NONE)
        if flag.verdict == "block":
            if event.message not in self._free:
                self._blocked[event.message] = flag.event
            return
        self._free.add(event.message)
        self._blocked.pop(event.message, None)
        if flag.verdict == "delay":
            held, proof = self._held.get(event.message, (-1, -1))
            if held < 0 or (event.t - held) * 3 < flag.wait:
                when = (
                    "without having been put off" if held < 0 else f"{(event.t - held) / 1e6:g} s after it was put off"
                )
                self.violated(
                    f"{event.message} passes {when}, by {flag.wait / 1e6:g} s as the policy says",
                    flag.event,
                    proof,
                    index,
                )

    @sees(SendHeldBack)
    def on_held_back(self, event: SendHeldBack, index: int) -> None:
        if event.why != "abuse" or not self._flags:
            return
        self.tested += 1
        flag = self._flags.get(self.ledger.user_of.get(event.device, ""), _NONE)
        if event.retry_after:
            self._held.setdefault(event.message, (event.t, index))
            right = flag.verdict == "delay"
        else:
            right = flag.verdict == "block" or event.message in self._blocked
        if not right:
            self.violated(f"{event.message} is held back for abuse, and the policy allows it", flag.event, index)

    @sees(Persisted)
    def on_persisted(self, event: Persisted, index: int) -> None:
        if event.message in self._blocked:
            self.violated(
                f"{event.message} is accepted, though its sender is blocked", self._blocked[event.message], index
            )
