"""The mutation score: what became of each mutant, and of the reference on the same plans. `parley mutants` finds it out.

A mutant is killed by the first seed of its campaign under which that property is violated; what else is violated on the way
is noted, and does not count. The reference, or whichever protocol that comes with Parley a mutant was made of, is then run
on every plan that a mutant was run on: a property that it violates, too, proves nothing.

Requirements: V3, V5.
"""

from __future__ import annotations

import statistics

import msgspec

from parley.errors import BadInput
from parley.files import formatted
from sim.verdicts import VIOLATED

FORMAT = 1


class Small(msgspec.Struct, frozen=True, kw_only=True):
    """The plan that kills a mutant, shrunk: how much happens in it, its lines, and after how many runs.

    `minimal`: no single step makes it smaller; else the runs were spent.
    """

    actions: int
    faults: int
    runs: int
    minimal: bool
    lines: tuple[str, ...]


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a mutant. `runs` were done; the last one kills it, or none does (`killed` is false).

    `others`: which other properties were violated, and in which run first. `seconds` of processor time, if they were asked for.
    """

    mutant: str
    wrong: str
    property: str
    scenario: str
    protocol: str
    """The protocol that comes with Parley of which it is a variant."""
    seed: int
    killed: bool
    runs: int
    others: dict[str, int]
    seconds: float | None = None
    small: Small | None = None
    status: str = VIOLATED
    """What is known of the property after these runs."""

    def verdict(self) -> str:
        """killed, or why it does not count as that."""
        return "killed" if self.killed else "caught by others only" if self.others else "survived"


class Control(msgspec.Struct, kw_only=True):
    """The protocol that mutants were made of, on the plans that they were run on. `violated`: property to first seed."""

    scenario: str
    protocol: str
    runs: int = 0
    violated: dict[str, int] = {}


class Score(msgspec.Struct, kw_only=True):
    """What `parley mutants` found. `complete` unless it was interrupted."""

    parley_mutants: int = FORMAT
    first_seed: int
    budget: int
    trials: list[Trial] = []
    controls: list[Control] = []
    complete: bool = True

    @property
    def ok(self) -> bool:
        """Whether every mutant was killed by the property that it names, and the reference survived."""
        return all(trial.killed for trial in self.trials) and not any(control.violated for control in self.controls)

    @property
    def killed(self) -> list[Trial]:
        return [trial for trial in self.trials if trial.killed]

    @property
    def median(self) -> float:
        """Of the runs to the kill."""
        return statistics.median([trial.runs for trial in self.killed] or [0])


# --- the result file ----------------------------------------------------------------------------------------------


def write_result(score: Score) -> bytes:
    """The result as JSON, a field a line."""
    return formatted(score)


def read_result(data: bytes, name: str) -> Score:
    """The result in JSON bytes; `name` is what errors call the file. Raises BadInput."""
    try:
        found = msgspec.json.decode(data, type=Score)
    except msgspec.DecodeError as error:
        raise BadInput(f"{name}: expected a result of `parley mutants`: {error}") from None
    if found.parley_mutants != FORMAT:
        raise BadInput(f"{name}: $.parley_mutants: expected {FORMAT}, got {found.parley_mutants}")
    return found


def unproven(score: Score) -> list[str]:
    """The mutants on whose plans the reference has not been run."""
    runs = {(control.scenario, control.protocol): control.runs for control in score.controls}
    return [trial.mutant for trial in score.trials if runs.get((trial.scenario, trial.protocol), 0) < trial.runs]


def merged(old: Score, new: Score) -> Score:
    """An older result with the mutants of a newer one in place of its own: what `--only` leaves of the others.

    Whether an interrupted one has been made up for, `unproven` says.
    """
    trials = {trial.mutant: trial for trial in (*old.trials, *new.trials)}
    controls = {(control.scenario, control.protocol): control for control in old.controls}
    for control in new.controls:
        known = controls.get((control.scenario, control.protocol))
        if known is None or known.runs <= control.runs or control.violated:
            controls[control.scenario, control.protocol] = control
    return Score(
        first_seed=new.first_seed,
        budget=max(old.budget, new.budget),
        trials=[trials[name] for name in sorted(trials)],
        controls=[controls[which] for which in sorted(controls)],
        complete=new.complete,
    )
