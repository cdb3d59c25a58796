"""`parley radius --mutants`: for each mutant the least number of deviations that breaks the property which must catch it.

The stories in `scenarios/stories/` are small: each makes a few mechanisms happen. What people do in them, say that a phone
is wiped, is part of the story and no deviation. All of them are run without a deviation first, then each single deviation
of each story is tried, and then sets of two in one story, the one that is nearest to the campaign in which the mutant is
looked for. So a least number of 2 rests on every single deviation of every story, and one of 1 on the default schedules.

Single deviations of a story are tried until `ENOUGH` of them were found that break the property, so that a mutant with fewer
shows all of them; sets of two, those of two crashes or pauses first, until one is found.

Requirements: V3, V5.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import msgspec
from rich.console import Console

from faults.kinds import CrashAt, KillAppAt, PauseAt
from faults.plan import Plan
from faults.search.deviations import all_worded
from faults.search.enumeration import Enumeration, enumerate_sets
from faults.search.trials import Deviations, Job
from parley import bundled, variants
from parley.checking.mutants import Mutant, mutants
from parley.console import out_console, progress_bar
from parley.errors import BadInput, Unfit
from parley.files import formatted, resumed, writable_folder, write
from parley.oracle import Oracle
from parley.parallel import in_order, uninterrupted
from parley.runner import Runner, drive
from parley.scenario import STORIES, read

FILE = bundled.folder("measured") / "minima.json"
"""Where what was measured of all mutants is kept."""

ENOUGH = 12
"""So many smallest sets are looked for."""

NEAREST = {
    "churn": "members",
    "elections": "replicated",
    "handsets": "push",
    "leases": "sharded",
    "matrix_large": "members",
    "push": "push",
    "replicated": "replicated",
    "sharded": "sharded",
    "stragglers": "tokens",
}
"""The story to begin with for the mutants of a campaign; for others it is `plain`."""


class Least(msgspec.Struct, frozen=True):
    """What is known of a mutant: the least number of deviations, or None, and the sets of that size, in words.

    `story`: where it was found, or where sets of two were tried last. `runs`: all that were done. `tried`: sets of up to so
    many deviations were all tried, in `story` at least.
    """

    mutant: str
    property: str
    story: str
    least: int | None
    sets: tuple[str, ...]
    runs: int
    tried: int


def stories_for(mutant: Mutant) -> list[str]:
    """The stories' names, the nearest one first."""
    names = sorted(path.stem for path in STORIES.glob("*.toml"))
    nearest = mutant.story or NEAREST.get(mutant.scenario, "plain")
    return sorted(names, key=lambda name: name != nearest)


def _plans(mutant: Mutant) -> Iterator[tuple[str, Plan]]:
    """The plans of the stories in which the mutant can run at all."""
    spec = str(mutant.file)
    for name in stories_for(mutant):
        story = read(STORIES / f"{name}.toml")
        plan = story.plan(story.seed, variants.reference_of(spec))
        try:
            drive(plan, variants.load(spec), lambda run: None)
        except Unfit:
            continue  # say a leased sequencer without shards
        yield name, plan


def measured() -> dict[str, Least]:
    """What was measured, by mutant."""
    found = msgspec.json.decode(FILE.read_bytes(), type=list[Least])
    return {least.mutant: least for least in found}


def habitat(mutant: Mutant, known: Mapping[str, Least]) -> str:
    """The story for searches of a mutant: of those that are `known`, that of the least number.

    For one that was not measured, or for another property, the first story whose default schedule breaks its property, if
    there is one; else the nearest.
    """
    plans = list(_plans(mutant))
    least = known.get(mutant.name)
    if least is not None and least.property == mutant.caught_by and least.story in [name for name, _ in plans]:
        return least.story
    for name, plan in plans:
        if Oracle(variants.load(str(mutant.file)), mutant.caught_by)(plan) is not None:
            return name
    return plans[0][0]


def at_most_one(mutant: Mutant) -> Least:
    """Looks for a least number of 0 or 1, in every story. What an interruption leaves untried is no result."""
    plans, runs, name = list(_plans(mutant)), 0, mutant.caught_by
    for k in (0, 1):
        for story, plan in plans:
            enough = _enough(name, ENOUGH)
            found = _tried(plan, mutant, k, 1, enough)
            if not found.complete and not enough(found):
                raise KeyboardInterrupt
            runs += found.runs()
            if name in found.least:
                return _least(mutant, story, found.least[name], runs, k)
    return Least(mutant.name, name, plans[0][0], None, (), runs, 1)


def _tried(
    plan: Plan,
    mutant: Mutant,
    k: int,
    jobs: int,
    enough: Callable[[Enumeration], bool],
    order: Callable[[Job], int] | None = None,
) -> Enumeration:
    """All sets of at most k deviations of a story, asked about the mutant's property, until that is `enough`."""
    run = Runner(str(mutant.file), jobs)
    return enumerate_sets(plan, k, run, about=mutant.caught_by, enough=enough, order=order, counting=uninterrupted)


def _enough(name: str, sets: int) -> Callable[[Enumeration], bool]:
    return lambda found: len(found.least.get(name, ())) >= sets


def _messages(job: Job) -> int:
    """How many of a set's deviations are of messages. The others do more at once, and are the likelier to break something."""
    return sum(1 for fault in job.faults if not isinstance(fault, CrashAt | KillAppAt | PauseAt))


def two(mutant: Mutant, so_far: Least, jobs: int) -> Least:
    """Looks for a set of two in the nearest story."""
    story, plan = next(_plans(mutant))
    name = mutant.caught_by
    found = _tried(plan, mutant, 2, jobs, _enough(name, 1), _messages)
    runs = so_far.runs + found.runs()
    if name in found.least:
        return _least(mutant, story, found.least[name], runs, 2)
    if not found.complete:
        raise KeyboardInterrupt
    return Least(mutant.name, name, story, None, (), runs, 2)


def _least(mutant: Mutant, story: str, sets: Sequence[Deviations], runs: int, tried: int) -> Least:
    words = tuple(map(all_worded, sets))
    return Least(mutant.name, mutant.caught_by, story, len(sets[0]), words, runs, tried)


def minima(
    asked: Sequence[Mutant],
    k: int,
    *,
    jobs: int,
    known: Mapping[str, Least] = MappingProxyType({}),
    on_result: Callable[[Least], None] = lambda least: None,
) -> list[Least]:
    """The least numbers of all mutants, in their order; sets of two only with `k` = 2.

    `known`: those that were found before, by mutant; what they say is not looked for again.
    """
    found = {mutant.name: known[mutant.name] for mutant in asked if mutant.name in known}
    todo = [mutant for mutant in asked if mutant.name not in found]
    for least in in_order(at_most_one, [(mutant,) for mutant in todo], jobs):
        found[least.mutant] = least
        on_result(least)
    for mutant in asked:
        least = found[mutant.name]
        if least.least is None and least.tried < k:
            found[mutant.name] = two(mutant, least, jobs)
            on_result(found[mutant.name])
    return [found[mutant.name] for mutant in asked]


def show_minima(k: int | None, jobs: int, resume: bool, out: Path) -> None:
    """Finds the least numbers of all mutants, prints them, and leaves them in `out`/minima.json.

    Each is written as it is found, so that what an interruption leaves can be resumed.
    """
    everyone = mutants()
    if k is None:
        k = 2
    if k not in (1, 2):
        raise BadInput(f"--k: expected 1 or 2 with --mutants, got {k}")
    writable_folder(out)
    file = out / "minima.json"
    known = {least.mutant: least for least in (resumed(file, list[Least]) or [])} if resume else {}
    so_far = {mutant.name: known[mutant.name] for mutant in everyone if mutant.name in known}
    with progress_bar() as progress:
        task = progress.add_task("mutants", total=len(everyone), completed=len(so_far))

        def keep(least: Least) -> None:
            so_far[least.mutant] = least
            write(file, formatted([so_far[each.name] for each in everyone if each.name in so_far]))
            progress.update(task, completed=len(so_far), description=least.mutant)

        try:
            found = minima(everyone, k, jobs=jobs, known=dict(so_far), on_result=keep)
        except KeyboardInterrupt:
            progress.console.print(
                f"{len(so_far)} of {len(everyone)} mutants are in {file}: --resume goes on from there"
            )
            raise
    write(file, formatted(found))
    show(out_console(), found)


def told(least: Least) -> str:
    """The least number in words: for a person and for the page."""
    if least.least is None:
        return f"none with ≤ {least.tried}"
    return str(least.least)


def count(least: Least) -> str:
    """How many smallest sets are known; the enumeration stops at `ENOUGH`, and at the first set of two."""
    if not least.least:
        return ""
    more = least.least > 1 or len(least.sets) >= ENOUGH
    return f"{len(least.sets)}{' or more' if more else ''}"


def show(console: Console, found: Sequence[Least]) -> None:
    """A line for each mutant, and one for a smallest set."""
    for least in found:
        head = f"[bold]{least.mutant}[/]: {least.property}, story {least.story}: [bold]{told(least)}[/]"
        sets = f", {count(least)} sets" if count(least) else ""
        console.print(f"{head}{sets}, {least.runs} runs", soft_wrap=True)
        if least.sets:
            console.print(f"    {least.sets[0]}", markup=False, soft_wrap=True)
    numbers = [least.least for least in found]
    by = [f"{numbers.count(n)} by {n}" for n in (0, 1, 2)]
    console.print(f"\n{len(found)} mutants: {', '.join(by)}, {numbers.count(None)} by none that was tried")
