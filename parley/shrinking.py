"""Asks runs for the shrinker, and writes down what it leaves: the plan, and a test with named milestones.

Requirements: V6, R4.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from msgspec.structs import replace

from faults import shrink as shrinking
from faults.plan import Expectation, Plan
from model.protocol import Protocol
from model.topology import TopologyError
from parley import campaign as campaigns
from parley.errors import BadInput
from parley.run import Outcome, Run
from sim.environment import Stuck

@dataclass
class Oracle:
    """Answers when a plan violates one property. A plan that can't be run, or fails in another way, does not."""

    protocol: Protocol
    property: str

    def __call__(self, plan: Plan) -> int | None:
        try:
            return Run(plan, self.protocol).seek(self.property)
        except Exception:  # of a variant that did not think of so small a deployment: another failure than the one looked for
            return None
