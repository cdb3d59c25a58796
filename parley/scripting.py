"""What scripts and notebooks use, as attributes of `parley`. Times are integer µs.

Requirements: X6.
"""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path

from faults.plan import ProtocolRef
from model.protocol import REFERENCE, Protocol
from parley import variants
from parley.judged.verifying import read_and_judge
from parley.run import Outcome
from parley.runner import execute
from parley.scenario import Scenario, find, read
from properties.judge import Judge
from reports.metrics import frames as tables
from sim.history import Event
from sim.verdicts import Verdict

__all__ = ["History", "Outcome", "judge", "open_scenario", "read_history", "simulate", "tables"]


class History(tuple[Event, ...]):
    """The events of a record, in the order of its lines, with what its header says about them taken into account.

    `verdicts`: what each property says of it, in the order of the catalogue, as `parley verify` does.
    """

    verdicts: list[Verdict]


def read_history(path: str | Path) -> History:
    """Read and judge the record of any system, as JSON Lines, plain or gzip.

    Opaque ids have become numbers in its events. Raises BadInput, with the numbers of the lines, for what can't be used.
    """
    events, verdicts = read_and_judge(Path(path))
    history = History(events)
    history.verdicts = verdicts
    return history


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
    """Return what each property says of a history, in the order of the catalogue.

    What `read_history` gave is judged by what its header says is recorded; other events are taken for a simulated run's, of which
    everything is. Raises TypeError for what is no sequence of events, say the name of a file.
    """
    if isinstance(history, History):
        return list(history.verdicts)
    if isinstance(history, str | bytes | PathLike):
        raise TypeError(
            f"expected events, and not the name of a file: parley.judge(parley.read_history({str(history)!r}))"
        )
    if not isinstance(history, Sequence):
        raise TypeError(f"expected a sequence of events, such as outcome.history, and not {_a(history)}")
    for index, event in enumerate(history):
        if not isinstance(event, Event):
            raise TypeError(
                f"history[{index}]: expected an event, and not {_a(event)}: parley.read_history makes events of a file's lines"
            )
    judging = Judge()
    judging.advance(history)
    return judging.verdicts()


def _a(thing: object) -> str:
    return f"{'an' if type(thing).__name__[0] in 'AEIOUaeiou' else 'a'} {type(thing).__name__}"
