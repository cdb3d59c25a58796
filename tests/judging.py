"""What the judge says of a history, for the tests of properties."""

from __future__ import annotations

from support import Tale

from properties.base import Liveness
from properties.judge import Judge


def judged(tale: Tale) -> Judge:
    """All properties, with this history before them."""
    judge = Judge()
    judge.advance(tale.events)
    return judge


def said(tale: Tale, name: str) -> list[str]:
    """What a property says of a history, in order."""
    return [violation.message for violation in judged(tale).violations if violation.property == name]


def proofs(tale: Tale, name: str) -> list[tuple[int, ...]]:
    """The evidence of each violation of a property, in order."""
    return [violation.evidence for violation in judged(tale).violations if violation.property == name]


def status(tale: Tale, name: str) -> str:
    """What is known of a property after a history."""
    return next(verdict.status for verdict in judged(tale).verdicts() if verdict.property == name)


def times_tested(tale: Tale, name: str) -> int:
    """How often a history put a property to the test."""
    return next(verdict.tested for verdict in judged(tale).verdicts() if verdict.property == name)


def debt(tale: Tale, name: str) -> list[str]:
    """What a property of liveness takes to be owed, of which it must have counted as much."""
    prop = next(prop for prop in judged(tale).properties if prop.name == name)
    assert isinstance(prop, Liveness)
    found = [owed.message for owed in prop.missing()]
    assert len(found) == prop.owed()
    return found
