"""A failing plan made small, with what it shows: for `shrink`, `check --shrink` and `mutants --shrink`.

Requirements: V6.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from msgspec.structs import replace

from faults.plan import Expectation, Plan, ProtocolRef
from faults.shrink.shrinker import BUDGET, Shrinker, Shrunk
from model.protocol import PROTOCOLS
from parley.oracle import Oracle, quick_oracle
from parley.run import Outcome
from parley.runner import execute
from parley.variants import base_of, load
from properties.base import Violation


@dataclass(frozen=True)
class Small:
    """A shrunk plan with its expectation, what it showed, and how it was come by."""

    before: Plan
    plan: Plan
    outcome: Outcome
    violation: Violation
    runs: int
    minimal: bool
    holds_under: str
    """The protocol without the variant's decisions, if it keeps every promise on this plan; else ''."""
    interrupted: bool = False


def shrink_plan(
    plan: Plan,
    spec: str,
    name: str,
    *,
    budget: int = BUDGET,
    keep: bool = False,
    on_run: Callable[[int, Plan], None] = lambda *_: None,
) -> Small:
    """The smallest plan found that still violates the property `name` under the protocol of `spec`.

    Ctrl-C raises KeyboardInterrupt, or, with `keep`, ends it early, unless nothing smaller was found yet.
    """
    protocol = load(spec)
    reference = ProtocolRef(name=protocol.name, file=spec)
    before = replace(plan, protocol=reference)
    found, interrupted = _smallest(before, quick_oracle(protocol, name), budget, keep, on_run)
    outcome = execute(found.plan, protocol)
    if name not in outcome.violated():  # it would have ended after all
        if interrupted:
            raise KeyboardInterrupt
        found, interrupted = _smallest(before, Oracle(protocol, name), budget, keep, on_run)
        outcome = execute(found.plan, protocol)
    expect = Expectation(violates=outcome.violated(), digest=outcome.digest())
    violation = next(violation for violation in outcome.violations if violation.property == name)
    base = base_of(protocol)
    holds = base if base and not execute(found.plan, PROTOCOLS[base]).violations else ""
    plan = replace(found.plan, expect=expect)
    return Small(before, plan, outcome, violation, found.runs, found.minimal, holds, interrupted)


def _smallest(
    plan: Plan, oracle: Oracle, budget: int, keep: bool, on_run: Callable[[int, Plan], None]
) -> tuple[Shrunk, bool]:
    """What shrinking leaves, and whether it was interrupted."""
    shrinker = Shrinker(plan, oracle, budget, on_run)
    first = shrinker.best
    try:
        return shrinker.shrink(), False
    except KeyboardInterrupt:
        if not keep or shrinker.best is first:
            raise
        return Shrunk(shrinker.best, shrinker.runs, minimal=False), True
