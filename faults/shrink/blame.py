"""What of a failing plan is to blame: it is run again with each part switched off, and with each set of its faults alone.

A part is *necessary* if the failure is gone without it. A set of faults *suffices* if the failure is there with only these
and all of the workload; sets are tried smallest first, so that those that are reported have no smaller one within them.
All of them are tried while there are few faults; else as many as `SETS` allow, and `complete` says so. Draws are keyed, so
that what stays in a plan keeps its luck: a failure that goes away does so for want of the part, or of what followed from it.

`departure` finds where two runs part. Fault markers and causes are not compared: a fault that does nothing is no difference.

Requirements: V6, R4.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from math import comb

from msgspec.structs import replace

from faults.kinds import Fault
from faults.plan import Action, Plan
from faults.shrink.oracle import Oracle
from sim.history import Event, FaultEnded, FaultStarted

SETS = 256
"""How many sets of faults are run: all of eight faults, and more where small ones suffice."""

Off = frozenset[int]
"""Numbers of the parts that are switched off."""


@dataclass
class Blame:
    """What was found. `parts`: actions and faults in order of time, numbered from 0; sets are of these numbers."""

    parts: list[Action | Fault]
    necessary: list[bool] = field(default_factory=list)
    suffice: list[tuple[int, ...]] = field(default_factory=list)
    complete: bool = True
    passing: list[Off] = field(default_factory=list)
    """What was switched off in the runs that passed, fewest parts first, faults before actions."""
    runs: int = 0

    def plays_a_part(self, number: int) -> bool:
        """Whether it is necessary, or in one of the sets that suffice."""
        return self.necessary[number] or any(number in chosen for chosen in self.suffice)


def parts(plan: Plan) -> list[Action | Fault]:
    """Actions and faults in the order of their times."""
    return sorted((*plan.workload, *plan.faults), key=lambda part: part.at)


def without(plan: Plan, off: Off) -> Plan:
    """The plan with these parts switched off."""
    left = [part for number, part in enumerate(parts(plan)) if number not in off]
    workload = tuple(part for part in left if not isinstance(part, Fault))
    return replace(plan, workload=workload, faults=tuple(part for part in left if isinstance(part, Fault)), expect=None)


PAIRS = 12
"""Up to how many parts two of them are switched off at once, where one alone changes nothing."""


def at_most(plan: Plan) -> int:
    """How many runs it takes at most."""
    every, faults = len(plan.workload) + len(plan.faults), len(plan.faults)
    return every + min(SETS, 1 << faults) + (comb(every, 2) if every <= PAIRS else 0)


def blame(plan: Plan, oracle: Oracle, on_run: Callable[[int], None] = lambda _: None) -> Blame:
    """Asks about each part and about sets of faults. `on_run` is told how many runs there were."""
    found = Blame(parts(plan))
    known: dict[Off, bool] = {frozenset(): True}

    def fails_without(off: Off) -> bool:
        if off not in known:
            known[off] = oracle(without(plan, off)) is not None
            found.runs += 1
            on_run(found.runs)
        return known[off]

    everything = range(len(found.parts))
    found.necessary = [not fails_without(frozenset({number})) for number in everything]
    faults = [number for number in everything if isinstance(found.parts[number], Fault)]
    before = found.runs
    for chosen in _sets(faults):
        if any(set(smaller) <= set(chosen) for smaller in found.suffice):
            continue
        if found.runs - before >= SETS:
            found.complete = False
            break
        if fails_without(frozenset(faults) - frozenset(chosen)):
            found.suffice.append(chosen)
    for two in combinations(everything, 2) if all(known.values()) and len(everything) <= PAIRS else ():
        fails_without(frozenset(two))

    def nearness(off: Off) -> tuple[int, int, list[int]]:
        return len(off), sum(number not in faults for number in off), sorted(off)

    found.passing = sorted((off for off, failed in known.items() if not failed), key=nearness)
    return found


def _sets(numbers: Sequence[int]) -> Iterator[tuple[int, ...]]:
    for size in range(len(numbers) + 1):
        yield from combinations(numbers, size)


def departure(ours: Sequence[Event], theirs: Sequence[Event]) -> tuple[int, int] | None:
    """Where two histories first differ, as an index of each (its length if it ends there); None if they do not."""
    mine, other = _compared(ours), _compared(theirs)
    for i, j in zip(mine, other, strict=False):
        if _without_cause(ours[i]) != _without_cause(theirs[j]):
            return i, j
    if len(mine) == len(other):
        return None
    shorter = min(len(mine), len(other))
    ends = [*mine, len(ours)], [*other, len(theirs)]
    return ends[0][shorter], ends[1][shorter]


def agreement(ours: Sequence[Event], theirs: Sequence[Event]) -> int:
    """How many events two histories have in common from their start."""
    parted = departure(ours, theirs)
    return len(ours) if parted is None else parted[0]


def _compared(history: Sequence[Event]) -> list[int]:
    return [i for i, event in enumerate(history) if not isinstance(event, FaultStarted | FaultEnded)]


def _without_cause(event: Event) -> tuple[object, ...]:
    """An event without its cause, whose number says only what came before it."""
    fields = event.__struct_fields__
    return type(event), *(getattr(event, name) for name in fields if name != "cause")
