"""Asks whether a plan violates a property: for shrinking, blame, and whoever else wants one answer of a run.

Requirements: V6, R4.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from faults.plan import Plan, encode
from faults.wording import counted
from model.protocol import Protocol
from parley import variants
from parley.errors import BadInput, InternalError, RunError, Unfit
from parley.files import write
from parley.runner import drive, execute
from properties.catalogue import PROPERTIES
from properties.load import NoLivelock
from sim.near import near

SMALL_BUDGET = 40_000
"""Callbacks of a run that looks for an endless one. A plan of the bundled campaigns takes up to about 10,000."""


class CandidateError(Exception):
    """A run of a plan that was made smaller broke down: the plan, and why."""

    def __init__(self, plan: Plan, why: RunError) -> None:
        super().__init__(f"{why} (in a smaller plan, of {counted(plan)})")
        self.plan = plan
        self.why = why

    def kept(self, beside: Path) -> RunError:
        """Return the error to end a command with. It names the plan, which is written beside the failing one."""
        file = beside.with_name(f"{beside.stem}.broken.json")
        write(file, encode(self.plan))
        return type(self.why)(
            *self.why.args, f"{file}: the smaller plan, of {counted(self.plan)}, in which this came up"
        )


@dataclass(frozen=True)
class Oracle:
    """Answers when, in µs, a plan violates one property; None if it does not, or can't be run under the protocol.

    Whatever else comes up in a run is a mistake, of the variant or of the simulator, and raises CandidateError.
    """

    protocol: Protocol
    property: str
    budget: int = 0
    """After how many callbacks a run is given up as endless, which takes long to see; 0: as every run is."""

    def __call__(self, plan: Plan) -> int | None:
        try:
            return drive(plan, self.protocol, lambda run: run.seek(self.property, self.budget))
        except Unfit:
            return None
        except (BadInput, InternalError) as error:
            raise CandidateError(plan, error) from None


def quick_oracle(protocol: Protocol, name: str) -> Oracle:
    """Return who to ask about many plans. What does not end is given up early: such an answer has to be verified."""
    return Oracle(protocol, name, SMALL_BUDGET if name == NoLivelock.name else 0)


def asked_about(path: Path, plan: Plan, spec: str, name: str) -> str:
    """Return the property that is asked about: `name`, or that in the name of the plan's file, or the first cause.

    Raises BadInput if the plan does not violate it.
    """
    if name and name not in PROPERTIES:
        raise BadInput(f"--property: there is no property {name!r}{near(name, PROPERTIES)}")
    name = name or named_by(path)
    protocol = variants.load(spec)
    outcome = execute(plan, protocol)
    violated = outcome.violated()
    if not violated:
        raise BadInput(f"{path}: this plan violates nothing under the protocol {protocol.name!r}")
    if name and name not in violated:
        raise BadInput(f"{path}: this plan does not violate {name!r}; it violates {', '.join(violated)}")
    return name or outcome.causes()[0].violation.property


def named_by(path: Path) -> str:
    """Return the property that the name of a shrunk plan's file ends in; '' if it ends in none."""
    _, _, name = path.stem.rpartition(".")
    return name if name in PROPERTIES else ""
