"""Where a run that fails goes another way than one that passes: by the protocol that the variant was made of, or by fewer faults.

A promise that something will happen is broken by nothing that is in the history: its story would end with 'the run ends'. What
was decided otherwise is where the two runs part.

Requirements: V6, R4.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace
from rich.console import Console

from faults.plan import Plan
from faults.shrink.blame import agreement, departure
from faults.wording import says
from model.protocol import PROTOCOLS, Protocol
from parley.errors import BadInput, InternalError
from parley.run import Outcome
from parley.runner import execute
from parley.variants import base_of
from properties.base import Violation
from properties.catalogue import PROPERTIES
from reports.text.blame import show_departure, sides
from sim.history import Event

FEW = 8
"""Of so many faults at most each one is left out alone, to find the nearest run that passes; of more, all are."""


class Passing(NamedTuple):
    """A run that keeps the promise, and what it is."""

    title: str
    history: list[Event]


def is_owed(violation: Violation) -> bool:
    """Whether it is that something has not happened, in the end or in time."""
    kind = PROPERTIES.get(violation.property)
    return kind is not None and kind.absence


def passing(plan: Plan, protocol: Protocol, outcome: Outcome, violation: Violation) -> Passing | None:
    """The run to compare a failing one with; None if none is found."""
    base = base_of(protocol)
    if base:
        kept = execute(plan, PROTOCOLS[base])
        if violation.property not in kept.violated():
            return Passing(f"The same plan passes under the protocol {base}. There the runs part:", kept.history)
    found: list[tuple[int, Passing]] = []
    for fault in plan.faults if len(plan.faults) <= FEW else ():
        rest = tuple(other for other in plan.faults if other is not fault)
        title = f"It passes without the fault '{says(fault)}'. There the runs part:"
        found += _tried(replace(plan, faults=rest), protocol, outcome, violation, title)
    if not found and plan.faults:
        title = "It passes without faults. There the runs part:"
        found = _tried(replace(plan, faults=()), protocol, outcome, violation, title)
    return max(found, key=lambda each: each[0])[1] if found else None


def _tried(
    plan: Plan, protocol: Protocol, outcome: Outcome, violation: Violation, told: str
) -> list[tuple[int, Passing]]:
    try:
        other = execute(plan, protocol)
    except (BadInput, InternalError):
        return []
    if violation.property in other.violated():
        return []
    return [(agreement(outcome.history, other.history), Passing(told, other.history))]


def show_parting(
    console: Console, title: str, ours: Sequence[Event], theirs: Sequence[Event], evidence: Sequence[int]
) -> None:
    """Both sides of where two runs part, if they do."""
    parted = departure(ours, theirs)
    if parted is not None:
        show_departure(console, title, ours, theirs, parted, sides(ours, theirs, parted, evidence))


def tell_parting(console: Console, plan: Plan, protocol: Protocol, outcome: Outcome, violation: Violation) -> None:
    """What the story of a promise that something will happen can't show: where a passing run goes another way."""
    other = passing(plan, protocol, outcome, violation) if is_owed(violation) else None
    if other is not None:
        show_parting(console, other.title, outcome.history, other.history, violation.evidence)
