"""`parley shrink`, and the shrinking at the end of `parley check --shrink`.

Requirements: V6, R4.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer
from msgspec.structs import replace
from rich.console import Console

from faults import wording
from faults.plan import Plan
from faults.shrink.shrinker import BUDGET
from model.topology import expand, graph
from parley.commands.regression_test import files, write_both
from parley.commands.shrunk_plan import Small, shrink_plan
from parley.console import MOST_RUNS, ProtocolOption, TrustOption, out_console, progress_bar
from parley.errors import Interrupted
from parley.files import writable
from parley.oracle import CandidateError, asked_about
from parley.parting import is_owed, tell_parting
from parley.replaying import again, read_plan
from parley.variants import load
from reports.metrics.summary import CampaignSummary, FailedRun
from reports.metrics.table import counted
from reports.text.markup import escape
from reports.text.shrunk import show_items, show_sizes, tell


def command(
    plan: Annotated[Path, typer.Argument(help="A plan file that fails, as a failed run leaves it.")],
    protocol: ProtocolOption = "",
    trust: TrustOption = False,
    property: Annotated[
        str, typer.Option(metavar="NAME", help="The property to keep violated; none: the first that is.")
    ] = "",
    runs: Annotated[int, typer.Option(min=1, max=MOST_RUNS, help="How many runs it may take.")] = BUDGET,
    out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where the small plan and its test go; none: beside the plan.")
    ] = None,
) -> None:
    """Makes a failing plan small: a few lines that violate the same property, and a test that says how.

    What an interruption leaves is the smallest plan so far, if one is smaller, with its test; the exit code is 130.
    """
    loaded, spec = read_plan(plan, protocol, trust=trust)
    writable(out or plan.parent)
    name = asked_about(plan, loaded, spec, property)
    console = out_console()
    try:
        small = _shrink(loaded, spec, name, runs, out / plan.name if out else plan)
    except KeyboardInterrupt:
        raise Interrupted("nothing smaller was found so far, and nothing is written") from None
    file, test = _write(small, plan, out)
    _show(console, small, file, test)
    if small.interrupted:
        raise Interrupted(f"the smallest plan so far is {file}; `{again('shrink', file, spec)}` goes on with it")


@dataclass
class _Group:
    """Properties that the same small plan violates, and the seeds of the failed runs that it was made of, by scenario."""

    small: Small
    file: Path
    properties: list[str] = field(default_factory=list)
    seeds: dict[str, list[int]] = field(default_factory=dict)
    runs: int = 0

    def tells(self, other: Small) -> bool:
        """Whether another plan is the same but for its seed, and shows nothing that this one does not."""
        one, two = (replace(small.plan, seed=0, expect=None) for small in (self.small, other))
        return one == two and other.violation.property in self.small.outcome.violated()

    def add(self, failed: FailedRun, small: Small) -> None:
        self.properties.append(small.violation.property)
        self.runs += small.runs
        seeds = self.seeds.setdefault(failed.scenario, [])
        if failed.seed not in seeds:
            seeds.append(failed.seed)


def after_check(console: Console, summary: CampaignSummary, spec: str, out: Path) -> None:
    """Shrinks the first failing plan of each violated property, and names the files that it leaves.

    Where a small plan of the same run violates the property as well, shrinking goes on from there. Plans that are the same but
    for their seeds are left and told of once, for all properties. An interruption ends it: what was found so far is told.
    """
    groups: list[_Group] = []
    stopped = False
    try:
        for failed, name in _firsts(summary):
            path = out / failed.plan
            loaded, _ = read_plan(path, spec)
            of_run = (group.small for group in groups if failed.seed in group.seeds.get(failed.scenario, ()))
            loaded = next((small.plan for small in of_run if name in small.outcome.violated()), loaded)
            small = _shrink(loaded, spec, name, BUDGET, path)
            group = next((group for group in groups if group.tells(small)), None)
            if group is None:
                group = _Group(small, _write(small, path, None)[0])
                groups.append(group)
            group.add(failed, small)
            if small.interrupted:
                raise KeyboardInterrupt
    except KeyboardInterrupt:
        stopped = True
    finally:
        for group in groups:
            _show_group(console, group)
    if stopped:
        console.print("[bold yellow]interrupted[/]: not all violated properties are shrunk as far as they can be")


def _firsts(summary: CampaignSummary) -> Iterator[tuple[FailedRun, str]]:
    """Each violated property with the first run that violates it."""
    done: set[str] = set()
    for failed in summary.failed_runs:
        for failure in failed.failures:
            if failure.property not in done:
                done.add(failure.property)
                yield failed, failure.property


def _show_group(console: Console, group: _Group) -> None:
    from_where = "; ".join(
        f"{scenario}, seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}"
        for scenario, seeds in group.seeds.items()
    )
    console.print(f"\n[bold]{', '.join(group.properties)}[/] ({escape(from_where)})")
    console.print(_told(group.small, group.runs))
    small = group.small
    show_items(console, wording.lines(small.plan, probed=small.outcome.probed(small.violation)))
    console.print(f"  {escape(again('replay', group.file, group.small.plan.protocol.file))}", soft_wrap=True)


def _shrink(plan: Plan, spec: str, name: str, budget: int, path: Path) -> Small:
    with progress_bar(timed=False) as progress:
        task = progress.add_task(name, total=budget)

        def on_run(count: int, best: Plan) -> None:
            progress.update(task, completed=count, description=f"{name}: {wording.counted(best)}")

        try:
            return shrink_plan(plan, spec, name, budget=budget, keep=True, on_run=on_run)
        except CandidateError as error:
            raise error.kept(path) from None


def _write(small: Small, plan: Path, out: Path | None) -> tuple[Path, Path]:
    file, test = files(plan, out, small.violation.property)
    write_both(small, file, test)
    return file, test


def _told(small: Small, runs: int) -> str:
    spent = "interrupted" if small.interrupted else "the runs were spent"
    how = "no single step makes it smaller" if small.minimal else f"{spent}: it may become smaller still"
    return f"{wording.counted(small.plan)} after {counted(runs, 'run')}: {how}"


_SIZES: dict[str, Callable[[Plan], int | str]] = {
    "actions": lambda plan: len(plan.workload),
    "faults": lambda plan: len(plan.faults),
    "devices": lambda plan: len(expand(plan.topology).devices),
    "users": lambda plan: len(expand(plan.topology).users),
    "conversations": lambda plan: len(plan.topology.conversations),
    "servers": lambda plan: graph(plan.topology).number_of_nodes() - len(expand(plan.topology).devices),
    "healed at": lambda plan: wording.seconds(plan.duration),
    "ties": lambda plan: "explored" if plan.explore_ties else "in order",
}


def _sizes(before: Plan, after: Plan) -> Iterable[tuple[str, str, str]]:
    for what, size in _SIZES.items():
        yield what, f"{size(before)}", f"{size(after)}"


def _show(console: Console, small: Small, file: Path, test: Path) -> None:
    plan, violation = small.plan, small.violation
    console.print(f"[bold]{escape(f'{plan.scenario}, seed {plan.seed}, protocol {plan.protocol.name}')}[/]")
    console.print(f"[bold red]violated[/] [bold]{violation.property}[/]: {escape(violation.message)}")
    console.print()
    show_sizes(console, _sizes(small.before, plan))
    console.print("What is left:")
    show_items(console, wording.lines(plan, probed=small.outcome.probed(violation)))
    console.print("How it comes to this:")
    tell(console, small.outcome.history, violation.evidence, absence=is_owed(violation))
    tell_parting(console, plan, load(plan.protocol.file), small.outcome, violation)
    console.print(f"{_told(small, small.runs)}.")
    spec = plan.protocol.file
    for what, said in (
        ("plan  ", str(file)),
        ("test  ", str(test)),
        ("replay", again("replay", file, spec)),
        ("blame ", again("blame", file, spec)),
    ):
        console.print(f"[bold]{what}[/]  {escape(said)}", soft_wrap=True)
