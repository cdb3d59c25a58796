"""How small plans become, and at what price: one line for each wrong protocol of the tests.

For each mutant, the first seed that fails is looked for in the scenario that it names; its plan is
shrunk for the first property that it violates; then what was left is shrunk once more, and the original again, which both
must give the same bytes. Aimed at: a median of at most 4 actions and faults, never more than 8, under 20 s each.

Run: `python -m benchmarks.shrinking [SEEDS] [NAME …]`. Ends with 1 if an aim is missed; times are of this machine.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

from faults.plan import Plan, encode
from faults.shrink import shrink
from faults.wording import lines
from parley import scenario as scenarios
from parley import variants
from parley.mutants import mutants
from parley.run import Run
from parley.shrinking import oracle

ROOT = Path(__file__).parent.parent
MEDIAN, MOST, SECONDS = 4, 8, 20.0


def failing(spec: str, name: str, seeds: int) -> tuple[Plan, str] | None:
    """The first plan of a campaign that fails under the protocol, and the first property that it violates."""
    protocol, reference = variants.load(spec), variants.reference_of(spec)
    scenario = scenarios.read(ROOT / "scenarios" / f"{name}.toml")
    for seed in range(1, seeds + 1):
        plan = scenario.plan(seed, reference)
        violated = Run(plan, protocol).execute().violated()
        if violated:
            return plan, violated[0]
    return None


def main(seeds: int, only: list[str]) -> int:
    """Prints the table; returns the exit code."""
    sizes: list[int] = []
    slowest = 0.0
    good = True
    print(f"{'variant':<32}{'plan':<15}{'property':<32}{'before':>7}{'after':>6}{'runs':>6}{'s':>7}  twice")
    for mutant in mutants():
        name, path = mutant.name, mutant.file
        if only and name not in only:
            continue
        found = failing(str(path), mutant.scenario, seeds)
        if found is None:
            print(f"{name:<32}no failing seed among the first {seeds}", flush=True)
            continue
        plan, violated = found
        question = oracle(variants.load(str(path)), violated)
        began = time.perf_counter()
        small = shrink(plan, question)
        took = time.perf_counter() - began
        once_more = shrink(small.plan, question).plan
        same = encode(small.plan) == encode(once_more) == encode(shrink(plan, question).plan)
        size = len(small.plan.workload) + len(small.plan.faults)
        before = len(plan.workload) + len(plan.faults)
        sizes.append(size)
        slowest = max(slowest, took)
        good = good and same and small.minimal
        where = f"{plan.scenario}-{plan.seed}"
        told = "same bytes" if same else "OTHER BYTES"
        print(f"{name:<32}{where:<15}{violated:<32}{before:>7}{size:>6}{small.runs:>6}{took:>7.1f}  {told}", flush=True)
        if only:
            for when, what in lines(small.plan):
                print(f"    {when}  {what}")
    if not sizes:
        return 1
    median = statistics.median(sizes)
    print(f"{len(sizes)} plans: median {median:g}, most {max(sizes)}, slowest {slowest:.1f} s")
    return 0 if good and median <= MEDIAN and max(sizes) <= MOST and slowest < SECONDS else 1


if __name__ == "__main__":
    count, *names = sys.argv[1:] or ["120"]
    sys.exit(main(int(count), names))
