"""What Parley costs, in units of one bare SimPy time-out with a callback, next to what it cost at a base revision.

    python -m benchmarks [--base REV] [--rounds N] [--only PREFIX …]     # `make bench`, `make bench BASE=REV`

The base is the commit in `benchmarks/base`, which is moved by hand. Each figure is the median of the rounds; the ratio to the
base is that of the pairs, with their spread. Whether a figure is worse is told by the pairs alone, so that the machine may be
loaded: the exit code is 1 if one is. A target that is missed is only said, since how many units a thing takes depends on the
machine's caches, and on who shares them: twice as many while others work. What the base can't run has no pair.

Seconds are those of the processor. Only the figure of two workers needs time that passes, and two cores that are free: on a
loaded machine it says nothing by itself, and its pairs little.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks import loads, peers, unit
from benchmarks.pairs import EMPTY, LEAST, ROOT, TOLERANCE, Figure, Pair, Side, named, spread, turns, worktree
from parley.scenario import BUNDLED

PARTS = ("plan", "build", "simulate", "judge", "summarise")
WORKERS_SEEDS = 60
LAUNCH = {
    "N6 parley --help": (("-m", "parley", "--help"), 0.3),
    "N6 parley run w1": (("-m", "parley", "run", "w1"), 0.6),
}


class Bench:
    """The measurements, and the table of what they come to."""

    def __init__(self, base: Side | None, here: Side, rounds: int, folder: Path) -> None:
        self.base, self.here, self.rounds, self.folder = base, here, rounds, folder
        self.figures: list[Figure] = []
        self.notes: list[str] = []
        self.units: list[float] = []

    def note(self, what: str) -> None:
        if what not in self.notes:
            self.notes.append(what)

    def both(self, ask: Callable[[Side], dict[str, float] | None], *, in_units: bool = True) -> dict[str, Pair]:
        """In each round what each side comes to, by name: in units, or as it is.

        In a round of figures that are told in units, who was first is asked last, once more; the unit is measured before and
        after, and is the same for both.
        """
        found: dict[str, Pair] = {}
        for asked in turns(self.rounds, self.base, self.here):
            told: dict[str, Pair] = {}
            before = self.measured_unit() if in_units else 1.0
            for name, side in [*asked, *reversed(asked)] if in_units else asked:
                for what, value in (ask(side) or {}).items():
                    told.setdefault(what, {"base": [], "here": []})[name].append(value)
            one = (before + self.measured_unit()) / 2 if in_units else 1.0
            for what, pair in told.items():
                for name, values in pair.items():
                    if values:
                        found.setdefault(what, {"base": [], "here": []})[name].append(statistics.fmean(values) / one)
        return found

    def measured_unit(self) -> float:
        """The unit, now."""
        self.units.append(unit.bare())
        return self.units[-1]

    def asked(self, side: Side, what: str, do: str, **arguments: Any) -> dict[str, Any] | None:
        """An answer, or None and a note."""
        answer = side.ask(do, **arguments)
        if "cannot" in answer:
            self.note(
                f"{what}: {'the base' if side is self.base else 'this checkout'} can't run it: {answer['cannot']}"
            )
            return None
        return answer

    def kernel(self) -> None:
        """What a callback and a message of the kernel cost: as a rate against the unit's, so that more is better."""

        def ask(side: Side) -> dict[str, float]:
            answers = {do: self.asked(side, do, do) for do in ("callbacks", "messages")}
            return {do: answer["cpu"] for do, answer in answers.items() if answer is not None}

        found = self.both(ask)
        for do, must in (("callbacks", None), ("messages", 0.8)):
            pair = {name: [1 / cost for cost in costs] for name, costs in found.get(do, EMPTY).items()}
            self.figures.append(Figure(f"kernel, rate of {do} against the unit", pair, must=must, more_is_better=True))

    def plans(self, name: str, plans: list[Any], per: str, musts: dict[str, float], scenario: str = "") -> None:
        """What some plans cost, by `per`: 'runs' or 'deliveries'."""
        paths = loads.write(self.folder, name.partition(",")[0].replace(" ", "-"), plans)
        digests: dict[str, str] = {}

        def ask(side: Side) -> dict[str, float] | None:
            answer = self.asked(side, name, "run", paths=paths, scenario=scenario)
            if answer is None:
                return None
            digests["base" if side is self.base else "here"] = answer["digest"]
            return {part: took / answer[per] for part, took in (answer["parts"] | {"all": answer["cpu"]}).items()}

        found = self.both(ask)
        if len(set(digests.values())) == 2:
            self.note(f"{name}: the histories are not the base's, so that the two do not do the same")
        self.figures.append(Figure(name, found.get("all", EMPTY), must=musts.get("all")))
        for part in PARTS:
            pair = found.get(part, EMPTY)
            if any(value > 0.05 for value in pair["here"]):
                self.figures.append(Figure(f"    {part}", pair, must=musts.get(part), gates=False))

    def launch(self) -> None:
        """N6: what a command takes beyond an empty Python, in seconds of CPU."""
        for name, (arguments, must) in LAUNCH.items():

            def ask(side: Side, arguments: tuple[str, ...] = arguments) -> dict[str, float]:
                _, empty, _ = side.command("-c", "pass")
                _, took, code = side.command(*arguments)
                return {"seconds": took - empty} if code == 0 else {}

            for _, side in next(turns(1, self.base, self.here)):
                side.command(*arguments)  # leaves the bytecode
            found = self.both(ask, in_units=False).get("seconds", EMPTY)
            self.figures.append(Figure(f"{name}, s beyond an empty Python", found, must=must))

    def workers(self) -> None:
        """N5: how much sooner two processes are done than one, the whole command."""

        def ask(side: Side) -> dict[str, float]:
            took = []
            for jobs in ("1", "2"):
                out = str(self.folder / "out")
                command = ("-m", "parley", "check", "ci", "--seeds", str(WORKERS_SEEDS), "--jobs", jobs, "--out", out)
                passed, _, code = side.command(*command)
                if code not in (0, 1, 4):
                    return {}
                took.append(passed)
            return {"sooner": took[0] / took[1]}

        found = self.both(ask, in_units=False)
        name = f"N5 two workers against one, ci × {WORKERS_SEEDS}"
        self.figures.append(Figure(name, found.get("sooner", EMPTY), must=1.85, more_is_better=True))
        busy = os.getloadavg()[0]
        if busy > 2.5:
            self.note(f"N5: {busy:.1f} processes wanted to run: two workers had no two cores to themselves")

    def table(self) -> bool:
        """Prints all figures; whether none is worse."""
        print(f"unit: one bare SimPy time-out with a callback, {statistics.median(self.units) * 1e6:.3f} µs of CPU\n")
        print(f"{'':<52}{'must':>8}{'base':>10}{'here':>10}   {'cost here / base':<20}")
        for figure in self.figures:
            must = "" if figure.must is None else f"{figure.must:,g}"
            print(
                f"{figure.name:<52}{must:>8}{_median(figure.base):>10}{_median(figure.here):>10}   "
                f"{spread(figure.ratios):<20}"
                f"{'WORSE' if figure.worse else '' if figure.base or not figure.gates else 'no pair'}".rstrip()
            )
        return not any(figure.worse for figure in self.figures)


def _median(values: list[float]) -> str:
    if not values:
        return "—"
    median = statistics.median(values)
    return f"{median:,.0f}" if median >= 1_000 else f"{median:,.1f}" if median >= 10 else f"{median:.2f}"


def once(here: Side, folder: Path) -> None:
    """N3 and N4, which take long and much memory: once, of this checkout."""
    print("\nonce, of this checkout")
    costs = {}
    for members in (1_000, 5_000):
        here.again()
        here.ask("run", paths=loads.write(folder, "warm", loads.of_campaign("smoke", 1)))
        one = unit.bare()
        answer = here.ask("run", paths=loads.write(folder, f"crowd-{members}", [loads.crowd(members, 20)]))
        if "cannot" in answer:
            print(f"  N3 W4, {members:,} members: can't be run: {answer['cannot']}")
            continue
        one = (one + unit.bare()) / 2
        costs[members] = {
            part: took / one / answer["deliveries"] for part, took in (answer["parts"] | {"all": answer["cpu"]}).items()
        }
        split = ", ".join(f"{part} {costs[members][part]:.1f}" for part in PARTS if costs[members][part] > 0.05)
        print(
            f"  N3 W4, {members:>5,} members × 20 messages, a delivery    {costs[members]['all']:6.1f}   must 40   {split}"
        )
        print(
            f"  N4    its peak of memory for each of {answer['events']:,} events     {_bytes(answer):,.0f} B   must 200 B"
        )
    if len(costs) == 2:
        print(
            f"  N3 growth from 1,000 to 5,000 members      {costs[5_000]['all'] / costs[1_000]['all'] - 1:+.0%}   must 15 %"
        )
    here.again()
    answer = here.ask("run", paths=loads.write(folder, "long", [loads.delivery(20, 1, 2_000)]))
    if "cannot" not in answer:
        print(f"  N4 20 members × 2,000 messages, {answer['events']:,} events     {_bytes(answer):,.0f} B   must 200 B")


def _bytes(answer: dict[str, Any]) -> float:
    return float(answer["peak"] / answer["events"])


def main() -> int:
    """Measures and prints; 1 if a figure is worse than the base's."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--base", default="", help="a revision; none: the commit in benchmarks/base; 'none': no base")
    parser.add_argument("--rounds", type=int, default=7, help=f"how many pairs; fewer than {LEAST} gate nothing")
    parser.add_argument("--only", nargs="*", default=[], help="of: kernel, delivery, N1, N2, N3, N5, N6, peers")
    given = parser.parse_args()
    revision = given.base or (ROOT / "benchmarks" / "base").read_text().strip()

    def wanted(name: str) -> bool:
        return not given.only or name in given.only

    with tempfile.TemporaryDirectory() as made, ExitStack() as closing:
        folder = Path(made)
        base: Side | None = None
        if revision != "none":
            try:
                told = named(revision)
                tree = closing.enter_context(worktree(revision, folder / "base"))
            except (OSError, subprocess.CalledProcessError) as error:
                why = (getattr(error, "stderr", "") or str(error)).strip().splitlines()[-1]
                print(f"no base: git does not have {revision}: {why}; nothing is paired, and nothing gates")
            else:
                print(
                    f"base: {told}; {given.rounds} rounds; worse: three of four pairs by more than {TOLERANCE - 1:.0%}"
                )
                base = closing.enter_context(Side(tree, folder / "bytecode"))
        here = closing.enter_context(Side(ROOT, folder / "bytecode"))
        bench = Bench(base, here, given.rounds, folder)
        warm = loads.write(folder, "warm", loads.of_campaign("smoke", 2))
        for _, side in next(turns(1, base, here)):
            side.ask("run", paths=warm)
        if wanted("kernel"):
            bench.kernel()
        if wanted("delivery"):
            group = loads.delivery(3, 2, 400, loads.DIGEST_ONLY)
            bench.plans("a delivery, 3 people with 2 devices each", [group], "deliveries", {"all": 50, "simulate": 35})
        if wanted("N1"):
            musts = {"all": 30.0, "simulate": 20.0, "judge": 10.0}
            bench.plans("N1 a delivery, 20 members", [loads.delivery(20, 1, 200)], "deliveries", musts)
        if wanted("N2"):
            for name, seeds, must in (("smoke", 16, 5_000.0), ("ci", 4, 20_000.0)):
                its = loads.of_campaign(name, seeds)
                bench.plans(f"N2 a run of {name}", its, "runs", {"all": must}, str(BUNDLED / f"{name}.toml"))
        if wanted("N6"):
            bench.launch()
        if wanted("N5"):
            bench.workers()
        if not bench.units:
            bench.measured_unit()
        good = bench.table()
        for note in bench.notes:
            print(f"  {note}")
        if wanted("N3"):
            once(here, folder)
        if wanted("peers"):
            peers.show()
    print("\nworse than the base: see above" if not good else "\nnot worse than the base")
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
