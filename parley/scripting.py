"""What scripts and notebooks use, as attributes of `parley`. Times are integer µs.

Requirements: X6.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from faults.plan import ProtocolRef
from model.protocol import REFERENCE, Protocol
from parley import variants
from parley.run import Outcome
from parley.runner import execute
from parley.scenario import Scenario, find, read
from properties.judge import Judge
from reports.metrics import frames as tables
from sim.history import Event
from sim.verdicts import Verdict

__all__ = ["Outcome", "judge", "open_scenario", "simulate", "tables"]


def open_scenario(scenario: str | Path, protocol: Protocol = REFERENCE) -> Scenario:
    """Return a bundled scenario by its name, or one of your own by its file, which may name what the protocol has.

    Raises BadInput, which says what is wrong.
    """
    return read(find(str(scenario)), protocol)


def simulate(scenario: str | Path | Scenario, *, seed: int | None = None, protocol: str | Protocol = "") -> Outcome:
    """Run a scenario to its end and judge it: `outcome.history`, `outcome.verdicts`, `outcome.violated()`.

    `seed`: none is the scenario's own. `protocol`: as `--protocol` takes it, or what `parley.variant.variant` made; '' is the
    reference. Raises BadInput for what can't be read, and for a mistake of a variant's that comes from a file.
    """
    named, chosen = (
        (ProtocolRef(), protocol)
        if isinstance(protocol, Protocol)
        else (variants.reference_of(protocol), variants.load(protocol))
    )
    loaded = scenario if isinstance(scenario, Scenario) else open_scenario(scenario, chosen)
    return execute(loaded.plan(loaded.seed if seed is None else seed, named), chosen)


def judge(history: Sequence[Event]) -> list[Verdict]:
    """Return what each property says of a history, in the order of the catalogue."""
    judging = Judge()
    judging.advance(history)
    return judging.verdicts()
