"""`parley shrink`, and the shrinking at the end of `parley check --shrink`.

Requirements: V6, R4.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from faults import shrink as engine
from faults import wording
from faults.plan import Plan
from model.topology import expand, graph
from parley import shrinking
from parley.console import ProtocolOption, out_console, progress_bar
from parley.errors import Interrupted
from parley.files import writable
from parley.replaying import read_plan
from parley.shrinking import CandidateError, Small
from reports import shrunk as screen
from reports.metrics import counted
from reports.summary import CampaignSummary


def shrink(
    plan: Annotated[Path, typer.Argument(help="A plan file that fails, as a failed run leaves it.")],
    protocol: ProtocolOption = "",
    property: Annotated[
        str, typer.Option(metavar="NAME", help="The property to keep violated; none: the first that is.")
    ] = "",
    runs: Annotated[int, typer.Option(min=1, help="How many runs it may take.")] = engine.BUDGET,
    out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where the small plan and its test go; none: beside the plan.")
    ] = None,
) -> None:
    """Makes a failing plan small: a few lines that violate the same property, and a test that says how.

    What an interruption leaves is the smallest plan so far, if one is smaller, with its test; the exit code is 130.
    """
    loaded, spec = read_plan(plan, protocol)
    writable(out or plan.parent)
    name = shrinking.chosen(loaded, spec, property or shrinking.named_by(plan))
    console = out_console()
    try:
        small = _shrink(loaded, spec, name, runs, out / plan.name if out else plan)
    except KeyboardInterrupt:
        raise Interrupted("nothing smaller was found so far, and nothing is written") from None
    file, test = _write(small, plan, out)
    _show(console, small, file, test)
    if small.interrupted:
        raise Interrupted(
            f"the smallest plan so far is {file}; `parley shrink {shlex.quote(str(file))}` goes on with it"
        )


def after_check(console: Console, summary: CampaignSummary, spec: str, out: Path) -> None:
    """Shrinks the first failing plan of each violated property, and names the files that it leaves."""
    done: set[str] = set()
    for failed in summary.failed_runs:
        for failure in failed.failures:
            if failure.property not in done:
                done.add(failure.property)
                path = out / failed.plan
                loaded, _ = read_plan(path, spec)
                small = _shrink(loaded, spec, failure.property, engine.BUDGET, path)
                file, _ = _write(small, path, None)
                console.print(f"\n[bold]{failure.property}[/], {_told(small, small.runs)}")
                screen.show_items(console, wording.lines(small.plan))
                console.print(f"  {escape(f'parley replay {shlex.quote(str(file))}')}", soft_wrap=True)
                if small.interrupted:
                    raise KeyboardInterrupt


def _shrink(plan: Plan, spec: str, name: str, budget: int, path: Path) -> Small:
    with progress_bar(timed=False) as progress:
        task = progress.add_task(name, total=budget)

        def on_run(count: int, best: Plan) -> None:
            progress.update(task, completed=count, description=f"{name}: {wording.counted(best)}")

        try:
            return shrinking.shrink(plan, spec, name, budget=budget, keep=True, on_run=on_run)
        except CandidateError as error:
            raise shrinking.broken(error, path) from None


def _write(small: Small, plan: Path, out: Path | None) -> tuple[Path, Path]:
    file, test = shrinking.files(plan, out, small.violation.property)
    shrinking.write_both(small, file, test)
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
    screen.show_sizes(console, _sizes(small.before, plan))
    console.print("What is left:")
    screen.show_items(console, wording.lines(plan))
    console.print("How it comes to this:")
    screen.tell(console, small.outcome.history, violation.evidence)
    console.print(f"{_told(small, small.runs)}.")
    again = shlex.quote(str(file))
    for what, said in (
        ("plan  ", str(file)),
        ("test  ", str(test)),
        ("replay", f"parley replay {again}"),
        ("blame ", f"parley blame {again}"),
    ):
        console.print(f"[bold]{what}[/]  {escape(said)}", soft_wrap=True)
