"""The command line. Exit codes: 0 fine, 1 violation or goal not reached, 2 bad input, 3 internal error, 130 interrupted,
141 if whoever reads its output has gone.

An interrupted campaign (Ctrl-C, or SIGTERM, as CI systems send it) keeps what was finished; if that has a violation, it
exits with 1.

What goes to standard output is the same bytes for the same command; times of day and durations go to standard error.
"""

from __future__ import annotations

import io
import os
import shlex
import signal
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.markup import escape
from typer.core import TyperGroup

from faults import wording
from faults.kinds import Fault
from faults.plan import Plan
from model.topology import expand
from parley import campaign as campaigns
from parley import scenario as scenarios
from parley import variants
from parley.campaign import InternalError
from parley.commands import blame as blame_command
from parley.commands import costs as pricing
from parley.commands import mutants as mutants_command
from parley.commands import pushes as compared
from parley.commands import radius as radii
from parley.commands import search as searches
from parley.commands import shrink as shrink_command
from parley.commands import verify as verifying
from parley.console import ProtocolOption, out_console, progress_bar, tell_old_imports_in_a_line
from parley.errors import BadInput, Interrupted
from parley.files import writable_folder, write
from parley.record.observing import observed
from parley.replaying import read_plan
from parley.run import Outcome
from parley.scenario import BUNDLED, Scenario, find
from reports.metrics import summary as summaries
from reports.pages.html import render
from reports.text import terminal
from reports.text.narrative import story
from reports.text.shrunk import show_lines
from sim.history import FaultStarted, jsonl


class _Commands(TyperGroup):
    """The commands. Typer ends one that is interrupted without a word."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise Interrupted from None


app = typer.Typer(
    name="parley",
    cls=_Commands,
    help="A deterministic simulator and verification workbench for chat delivery.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

HistoryOption = Annotated[
    Path | None, typer.Option("--history", metavar="FILE", help="Write the history there, as JSON Lines.")
]
ObservableOption = Annotated[
    bool, typer.Option("--observable", help="Write only what clients observe, with opaque ids in place of seqs.")
]
StoryOption = Annotated[bool, typer.Option("--story", help="Tell the run event by event.")]


@app.command()
def run(
    scenario: Annotated[str, typer.Argument(help="A scenario file, or the name of a bundled scenario.")],
    seed: Annotated[int | None, typer.Option(min=0, help="The seed; none: the scenario's own.")] = None,
    protocol: ProtocolOption = "",
    history: HistoryOption = None,
    observable: ObservableOption = False,
    story: StoryOption = False,
) -> None:
    """Runs one scenario under one seed: its plan, the verdict, the figures, and the history's digest."""
    loaded = scenarios.read(find(scenario))
    chosen = loaded.seed if seed is None else seed
    variants.load(protocol)
    plan = loaded.plan(chosen, variants.reference_of(protocol))
    _one(plan, protocol, history, story, loaded, observable)


@app.command()
def replay(
    plan: Annotated[Path, typer.Argument(help="A plan file, as a failed run leaves it.")],
    protocol: ProtocolOption = "",
    history: HistoryOption = None,
    observable: ObservableOption = False,
    story: StoryOption = False,
) -> None:
    """Runs a plan again. Says whether it shows what it showed when it was written."""
    loaded, spec = read_plan(plan, protocol)
    _one(loaded, spec, history, story, None, observable)


def _one(
    plan: Plan, spec: str, history: Path | None, tell: bool, scenario: Scenario | None, observable: bool = False
) -> None:
    """Runs one plan and prints all about it. Exits with 1 if it fails."""
    if observable and history is None:
        raise BadInput("--observable says what is written by --history FILE, which is missing")
    console = out_console()
    terminal.options(console, f"{plan.scenario}, seed {plan.seed}", _options(plan, spec))
    _, outcome = campaigns.execute(plan, variants.load(spec))
    checkpoints = scenario.checkpoints if scenario is not None else ()
    summary = campaigns.summarise(plan, outcome, checkpoints)
    if history is not None:
        _export(history, plan, outcome, summary.digest, observable)
    if tell:
        events = story(outcome.history, evidence=_evidence(outcome))
        if console.is_terminal:
            show_lines(console, events, indent="")
        else:  # an event a line, however long, for who searches in it
            for line in events:
                console.print(line, markup=False, soft_wrap=True)
        console.print()
    terminal.show_checkpoints(console, summary.checkpoints)
    terminal.show_metrics(console, summary.metrics)
    terminal.show_failures(console, summary.failures)
    never = _never_struck(plan, outcome)
    terminal.show_never_struck(console, (f"{wording.when(fault)}  {wording.says(fault)}" for fault in never))
    if not tell and outcome.violations:
        console.print("\nHow it came to this:")
        show_lines(console, story(outcome.history, evidence=outcome.violations[0].evidence, only_around=True))
        console.print()
    console.print(f"digest {summary.digest}")
    if plan.expect is not None:
        same = (tuple(f.property for f in summary.failures), summary.digest) == (
            plan.expect.violates,
            plan.expect.digest,
        )
        console.print("as when the plan was written" if same else "[yellow]not as when the plan was written[/]")
    told = "[bold red]VIOLATED[/]" if summary.failures else "[bold red]NOT PASSED[/]"
    console.print("[bold green]PASS[/]" if summary.ok else told)
    if not summary.ok:
        raise typer.Exit(1)


def _evidence(outcome: Outcome) -> tuple[int, ...]:
    return tuple(index for violation in outcome.violations for index in violation.evidence)


def _export(path: Path, plan: Plan, outcome: Outcome, digest: str, observable: bool) -> None:
    if observable:
        write(path, b"".join(observed(outcome.history)))
        return
    header = {
        "parley_history": 1,
        "records": "all",
        "scenario": plan.scenario,
        "seed": plan.seed,
        "protocol": plan.protocol.name,
        "events": len(outcome.history),
        "digest": digest,
    }
    write(path, msgspec.json.encode(header) + b"\n" + b"".join(jsonl(outcome.history)))


def _counted(things: Mapping[str, int]) -> str:
    """What there is of each plural, if there is any: '1 relay, 2 queues'."""
    return ", ".join(f"{n:,} {what[:-1] if n == 1 else what}" for what, n in things.items() if n)


def _never_struck(plan: Plan, outcome: Outcome) -> list[Fault]:
    """The plan's faults that had no effect: of one that is armed, the point was not reached, or not as often as it says."""
    struck = {plan.faults[event.fault] for event in outcome.history if isinstance(event, FaultStarted)}
    return [fault for fault in plan.faults if fault not in struck]


def _options(plan: Plan, spec: str) -> list[tuple[str, str]]:
    """A plan, expanded for reading."""
    topology = expand(plan.topology)
    gateways = sum(len(cluster.gateways) for cluster in topology.clusters)
    core = topology.core
    there = {
        "users": len(topology.users), "devices": len(topology.devices), "conversations": len(topology.conversations),
        "gateways": gateways, "regions": len(topology.regions),
    }  # fmt: skip
    inner = {
        "services": core.services, f"stores × {core.replicas} replicas" if core.replicas > 1 else "stores": core.stores,
        "queues": core.queues + core.hot_queues, "workers": core.workers + core.hot_workers, "relays": core.relays,
        "sequencer shards": core.shards, "caches": core.caches,
    }  # fmt: skip
    load = f"{_counted({'actions': len(plan.workload)})} within {plan.duration / 1e6:g} s, then healing"
    shown = [
        ("protocol", variants.load(spec).name + (f" ({spec})" if spec not in ("", variants.load(spec).name) else "")),
        ("deployment", _counted(there)),
        ("core", _counted(inner)),
        *([("settings", ", ".join(f"{name} = {value}" for name, value in plan.settings.items()))] if plan.settings else []),
        ("load", f"{load}; bound {plan.bound / 1e6:g} s"),
        ("ties", "explored" if plan.explore_ties else "first in, first out"),
    ]  # fmt: skip
    shown += [
        ("fault" if i == 0 else "", f"{wording.when(fault)}  {wording.says(fault)}")
        for i, fault in enumerate(plan.faults)
    ]
    return shown


@app.command()
def check(
    scenario: Annotated[list[str] | None, typer.Argument(help="Scenario files or bundled names; none: ci.")] = None,
    seeds: Annotated[
        int | None, typer.Option(min=1, help="How many seeds of each campaign; none: as many as it says.")
    ] = None,
    first_seed: Annotated[int, typer.Option(min=0, help="The first seed of each campaign.")] = 1,
    protocol: ProtocolOption = "",
    jobs: Annotated[int, typer.Option(min=0, help="Processes; 0: one a core.")] = 0,
    out: Annotated[Path, typer.Option(help="Where the report, the verdict and the failing plans go.")] = Path("out"),
    shrink: Annotated[
        bool, typer.Option("--shrink", help="Shrink the first failing plan of each violated property.")
    ] = False,
) -> None:
    """Runs scenarios, random ones under many seeds, and judges them. Leaves a report and the plans that failed.

    These replace what an earlier check of the same protocol and scenarios left. Shrunk plans and their tests are kept.
    """
    given = scenario or ["ci"]
    loaded = _read(given)
    chosen = _seeds_of(loaded, seeds, first_seed)
    name = variants.load(protocol).name
    writable_folder(out)
    campaigns.clear(out, name, [each.name for each in loaded])
    console = out_console()
    processes = jobs or os.cpu_count() or 1
    total = sum(len(its) for _, its in chosen)
    with progress_bar() as progress:
        task = progress.add_task("runs", total=total)

        def keep(result: summaries.RunSummary) -> None:
            if result.plan is not None:
                write(out / "plans" / campaigns.plan_file(name, result.scenario, result.seed), result.plan)
            progress.advance(task)

        summary = campaigns.run(chosen, protocol, jobs=processes, on_result=keep)
    terminal.show_campaign(console, summary)
    write(out / "verdict.json", summaries.encode(summary))
    write(
        out / "report.html",
        render(summary, _commands(given, loaded, seeds, first_seed, protocol), folder=str(out)).encode(),
    )
    if summary.failed_runs:
        failed = shlex.quote(str(out / summary.failed_runs[0].plan))
        console.print(f"[bold]replay[/]  {escape(f'parley replay {failed}')}", soft_wrap=True)
        console.print(f"[bold]shrink[/]  {escape(f'parley shrink {failed}')}", soft_wrap=True)
    console.print(f"[bold]report[/]  {escape(str(out / 'report.html'))}", soft_wrap=True)
    if summary.error:
        raise (InternalError if summary.mistaken else BadInput)(summary.error)
    if shrink and summary.complete:
        shrink_command.after_check(console, summary, protocol, out)
    if not summary.complete:
        raise typer.Exit(1 if summary.failed_runs else 130)
    if not summary.ok:
        raise typer.Exit(1)


def _read(names: Sequence[str]) -> list[Scenario]:
    """The scenarios, in the order given. Raises BadInput if two have the same name."""
    loaded = [scenarios.read(find(name)) for name in names]
    called = [each.name for each in loaded]
    if len(set(called)) != len(called):
        raise BadInput(f"two of these scenarios have the same name: {', '.join(called)}")
    return loaded


def _seeds_of(loaded: Sequence[Scenario], seeds: int | None, first_seed: int) -> list[tuple[Scenario, Sequence[int]]]:
    """Each scenario with its seeds: those of its campaign, or its own one."""
    chosen: list[tuple[Scenario, Sequence[int]]] = []
    for each in loaded:
        if each.campaign is None:
            chosen.append((each, [each.seed]))
        else:
            chosen.append((each, range(first_seed, first_seed + (seeds or each.campaign.seeds))))
    return chosen


@app.command()
def pushes(
    scenario: Annotated[list[str] | None, typer.Argument(help="Scenario files or bundled names; none: all.")] = None,
    seeds: Annotated[
        int | None, typer.Option(min=1, help="How many seeds of each campaign; none: as many as it says.")
    ] = None,
    first_seed: Annotated[int, typer.Option(min=0, help="The first seed of each campaign.")] = 1,
    protocol: ProtocolOption = "",
    jobs: Annotated[int, typer.Option(min=0, help="Processes; 0: one a core.")] = 0,
    out: Annotated[Path, typer.Option(help="Where the failing plans go.")] = Path("out"),
) -> None:
    """Runs scenarios as they are and with every push notification dropped: nothing but latency may change."""
    bundled = sorted(found.stem for found in BUNDLED.glob("*.toml"))
    chosen = _seeds_of(_read(scenario or bundled), seeds, first_seed)
    variants.load(protocol)
    writable_folder(out)
    with progress_bar() as progress:
        task = progress.add_task("pairs of runs", total=sum(len(its) for _, its in chosen))

        def keep(result: compared.PairResult) -> None:
            for file, plan in result.plans.items():
                write(out / "plans" / file, plan)
            progress.advance(task)

        found = compared.run(chosen, protocol, jobs=jobs or os.cpu_count() or 1, on_result=keep)
    terminal.show_pushes(out_console(), found, f"{out}/plans")
    if not all(comparison.ok for comparison in found):
        raise typer.Exit(1)


@app.command()
def costs(
    scenario: Annotated[list[str] | None, typer.Argument(help="Scenario files or bundled names; none: w4.")] = None,
    seeds: Annotated[
        int | None, typer.Option(min=1, help="How many seeds of each campaign; none: as many as it says.")
    ] = None,
    first_seed: Annotated[int, typer.Option(min=0, help="The first seed of each campaign.")] = 1,
    protocol: ProtocolOption = "",
    jobs: Annotated[int, typer.Option(min=0, help="Processes; 0: one a core.")] = 0,
) -> None:
    """Runs scenarios under each fan-out strategy, and shows what a message costs and how long it takes."""
    chosen = _seeds_of(_read(scenario or ["w4"]), seeds, first_seed)
    variants.load(protocol)
    with progress_bar() as progress:
        task = progress.add_task("runs", total=len(pricing.STRATEGIES) * sum(len(its) for _, its in chosen))
        found = pricing.run(
            chosen, protocol, jobs=jobs or os.cpu_count() or 1, on_result=lambda _: progress.advance(task)
        )
    terminal.show_costs(out_console(), [(p.scenario, p.strategy, p.runs, p.cost, p.metrics, p.failures) for p in found])
    if any(priced.failures for priced in found):
        raise typer.Exit(1)


def _commands(
    given: Sequence[str], loaded: Sequence[Scenario], seeds: int | None, first_seed: int, protocol: str
) -> dict[str, str]:
    """For each scenario, the command that repeats its runs: with the name or file that it was `given` by."""
    variant = f" --protocol {shlex.quote(protocol)}" if protocol else ""
    commands = {}
    for name, each in zip(given, loaded, strict=True):
        scenario = shlex.quote(name)
        if each.campaign is None:
            commands[each.name] = f"parley run {scenario} --seed {each.seed}{variant}"
        else:
            count = seeds or each.campaign.seeds
            first = f" --first-seed {first_seed}" if first_seed != 1 else ""
            commands[each.name] = f"parley check {scenario} --seeds {count}{first}{variant}"
    return commands


app.command()(shrink_command.shrink)
app.command()(blame_command.blame)


app.command("radius")(radii.command)
app.command("search")(searches.command)
app.command("mutants")(mutants_command.command)
app.command("verify")(verifying.command)


def main() -> None:
    """The entry point: turns errors into one line and an exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # an ASCII terminal gets question marks, and not an internal error
    tell_old_imports_in_a_line()
    # Else, of several processes, those that work would live on and hold standard output open, and nothing would be kept.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        app(standalone_mode=True)
    except BadInput as error:
        print(f"parley: {error}", file=sys.stderr)
        sys.exit(2)
    except InternalError as error:
        print(f"parley: internal error: {error}", file=sys.stderr)
        sys.exit(3)
    except (Interrupted, KeyboardInterrupt) as error:
        print(f"parley: interrupted{f': {error}' if str(error) else ''}", file=sys.stderr)
        sys.exit(130)
    except Exception:
        print(f"parley: internal error\n{traceback.format_exc()}", file=sys.stderr)
        sys.exit(3)


if __name__ == "__main__":
    main()
