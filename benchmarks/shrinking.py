"""How small plans become, and at what price: one line for each mutant.

A failing plan of each is looked for: the first seed that fails in the campaign that the mutant names, then a plan of that
name in the folder `plans`, then one or two deviations from the schedule of each story. It is shrunk for the first property
that it violates; then what was left is shrunk once more, and the original again, which both must give the same bytes.
Aimed at: a median of at most 4 actions and faults, never more than 8, under 20 s each. Seconds are those of the processor,
so that what else the machine does is no part of them.

Run: `python -m benchmarks.shrinking [SEEDS] [NAME …]`. Ends with 1 if an aim is missed, or a mutant has no failing plan.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from msgspec.structs import replace

from faults import plan as plans
from faults.plan import Plan, encode
from faults.shrink.shrinker import shrink
from faults.wording import lines
from model.protocol import Protocol
from parley import scenario as scenarios
from parley import variants
from parley.checking.mutants import Mutant, mutants
from parley.commands import search
from parley.oracle import quick_oracle
from parley.run import Run

HERE = Path(__file__).parent
SCENARIOS = HERE.parent / "scenarios"
MEDIAN, MOST, SECONDS = 4, 8, 20.0


def candidates(mutant: Mutant, seeds: int) -> Iterator[Plan]:
    """Plans that may fail, the likeliest first."""
    reference = variants.reference_of(str(mutant.file))
    campaign = scenarios.read(SCENARIOS / f"{mutant.scenario}.toml")
    yield from (campaign.plan(seed, reference) for seed in range(1, seeds + 1))
    beside = HERE / "plans" / f"{mutant.name}.json"
    if beside.exists():
        yield replace(plans.read(beside), protocol=reference)
    for story in map(scenarios.read, sorted(SCENARIOS.glob("*.toml"))):
        small = story.campaign is None and not story.topology.populations
        if small and (story.topology.core.shards or campaign.topology.core.shards == 0):
            found = search.search(story, str(mutant.file), "radius", 1_000)
            if found.plan is not None:
                yield found.plan


def first_violated(plan: Plan, protocol: Protocol) -> str:
    """The property that a plan violates first, or '': nothing."""
    return next(iter(Run(plan, protocol).execute().violated()), "")


def main(seeds: int, only: list[str]) -> int:
    """Prints the table; returns the exit code."""
    sizes: list[int] = []
    slowest = 0.0
    good = True
    print(f"{'variant':<28}{'plan':<16}{'property':<34}{'before':>7}{'after':>6}{'runs':>6}{'s':>7}  twice")
    for mutant in mutants():
        if only and mutant.name not in only:
            continue
        protocol = variants.load(str(mutant.file))
        told = ((plan, first_violated(plan, protocol)) for plan in candidates(mutant, seeds))
        plan, violated = next(((plan, name) for plan, name in told if name), (None, ""))
        if plan is None:
            print(f"{mutant.name:<28}no failing plan was found", flush=True)
            good = False
            continue
        question = quick_oracle(protocol, violated)
        began = time.process_time()
        small = shrink(plan, question)
        took = time.process_time() - began
        once_more = shrink(small.plan, question).plan
        same = encode(small.plan) == encode(once_more) == encode(shrink(plan, question).plan)
        size = len(small.plan.workload) + len(small.plan.faults)
        before = len(plan.workload) + len(plan.faults)
        sizes.append(size)
        slowest = max(slowest, took)
        good = good and same and small.minimal
        where = f"{plan.scenario}-{plan.seed}"
        said = "same bytes" if same else "OTHER BYTES"
        row = f"{mutant.name:<28}{where:<16}{violated:<34}{before:>7}{size:>6}{small.runs:>6}{took:>7.1f}  {said}"
        print(row, flush=True)
        if only:
            for when, what in lines(small.plan):
                print(f"    {when}  {what}")
    if not sizes:
        return 1
    median = statistics.median(sizes)
    print(f"{len(sizes)} plans: median {median:g}, most {max(sizes)}, slowest {slowest:.1f} s")
    return 0 if good and median <= MEDIAN and max(sizes) <= MOST and slowest < SECONDS else 1


if __name__ == "__main__":
    count, *names = sys.argv[1:] or ["200"]
    sys.exit(main(int(count), names))
