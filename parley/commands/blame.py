"""`parley blame`: which parts of a failing plan are needed, which sets of its faults suffice, and where it goes wrong.

Requirements: V6, R4.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from msgspec.structs import replace

from faults import wording
from faults.kinds import Fault
from faults.plan import Plan
from faults.shrink.blame import SETS, Blame, Off, agreement, at_most, blame, without
from model.protocol import PROTOCOLS, Protocol
from parley import variants
from parley.console import ProtocolOption, TrustOption, out_console, progress_bar
from parley.errors import Interrupted
from parley.oracle import CandidateError, Oracle, asked_about
from parley.parting import show_parting
from parley.replaying import read_plan
from parley.run import Outcome
from parley.runner import execute
from reports.metrics.table import counted
from reports.text.blame import IDLE, NECESSARY, REPLACEABLE, show_parts, show_sets
from reports.text.markup import escape
from sim.history import Event

CANDIDATES = 8
"""How many of the passing runs that do without equally few parts are compared with the failing one."""


def command(
    plan: Annotated[Path, typer.Argument(help="A plan file that fails, best a shrunk one.")],
    protocol: ProtocolOption = "",
    trust: TrustOption = False,
    property: Annotated[str, typer.Option(metavar="NAME", help="The violated property; none: the first.")] = "",
) -> None:
    """Says which parts of a failing plan are necessary, which faults suffice, and where a passing run goes another way."""
    loaded, spec = read_plan(plan, protocol, trust=trust)
    loaded = replace(loaded, protocol=variants.reference_of(spec))
    variant = variants.load(spec)
    runs = 0
    with progress_bar(timed=False) as progress:
        task = progress.add_task("the plan itself", total=at_most(loaded))

        def on_run(count: int) -> None:
            nonlocal runs
            runs = count
            progress.update(task, completed=count, description="with parts switched off")

        try:
            name = asked_about(plan, loaded, spec, property)
            found = blame(loaded, Oracle(variant, name), on_run)
            progress.update(task, description="the passing runs")
            outcome = execute(loaded, variant)
            nearest = _nearest(loaded, variant, found, outcome)
            base = variants.base_of(variant)
            kept = execute(loaded, PROTOCOLS[base]) if base else None
        except CandidateError as error:
            raise error.kept(plan) from None
        except KeyboardInterrupt:
            raise Interrupted(f"{counted(runs, 'run')} with parts switched off say too little to be told") from None
    console = out_console()
    violation = next(violation for violation in outcome.violations if violation.property == name)
    console.print(f"[bold]{escape(f'{loaded.scenario}, seed {loaded.seed}, protocol {variant.name}')}[/]")
    console.print(f"[bold red]violated[/] [bold]{name}[/]: {escape(violation.message)}")
    console.print()
    rows = _rows(found)
    if outcome.probed(violation):
        rows.append(("", *wording.PROBE, ""))
    show_parts(console, rows)
    show_sets(console, [_set(chosen, bool(loaded.workload)) for chosen in found.suffice], _note(found))
    if nearest is None and found.parts:
        console.print("No run with parts switched off passes.\n")
    elif nearest is None:
        console.print("There is nothing to switch off.\n")
    else:
        numbers = ", ".join(f"{number + 1}" for number in sorted(nearest[0]))
        title = f"The nearest passing run does without {numbers}. There the runs part:"
        show_parting(console, title, outcome.history, nearest[1], violation.evidence)
    if kept is not None and name not in kept.violated():
        title = f"The same plan passes under the protocol {base}. There the runs part:"
        show_parting(console, title, outcome.history, kept.history, violation.evidence)
    console.print(f"{counted(found.runs, 'run')} with parts switched off.")


FEW = 16
"""Up to how many parts all are listed; of more, only those that play a part."""


def _rows(found: Blame) -> list[tuple[str, str, str, str]]:
    rows = []
    for number, part in enumerate(found.parts):
        idle = REPLACEABLE if found.plays_a_part(number) else IDLE
        role = NECESSARY if found.necessary[number] else idle
        if role != IDLE or len(found.parts) <= FEW:
            rows.append((f"{number + 1}", wording.when(part), wording.says(part), role))
    if left := len(found.parts) - len(rows):
        rows.append(("", "", f"{left} more actions and faults", IDLE))
    return rows


def _set(chosen: Sequence[int], workload: bool) -> str:
    if not chosen:
        return f"none at all: {'the workload' if workload else 'the probe'} is enough"
    numbers = " and ".join(f"{number + 1}" for number in chosen)
    return f"{numbers} alone" if len(chosen) == 1 else f"{numbers} together"


def _note(found: Blame) -> str:
    if found.complete:
        return ""
    return f"Only {SETS} sets were tried, the smallest: others may suffice as well. Shrink the plan first."


def _nearest(plan: Plan, protocol: Protocol, found: Blame, outcome: Outcome) -> tuple[Off, list[Event]] | None:
    """The passing run that goes with the failing one for longest, of those with the fewest parts switched off: which are."""
    if not found.passing:
        return None
    fewest = found.passing[0]
    like = [off for off in found.passing if _class(found, off) == _class(found, fewest)][:CANDIDATES]
    runs: list[tuple[int, Off, list[Event]]] = []
    for off in like:
        other = execute(without(plan, off), protocol)
        runs.append((agreement(outcome.history, other.history), off, other.history))
    _, off, history = max(runs, key=lambda run: run[0])
    return off, history


def _class(found: Blame, off: Off) -> tuple[int, int]:
    return len(off), sum(not isinstance(found.parts[number], Fault) for number in off)
