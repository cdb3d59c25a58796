"""What `parley run` and `parley replay` share: one run of a plan, and everything that is printed about it.

Requirements: R1, R4.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from faults import wording
from faults.kinds import Fault
from faults.plan import Plan
from model.topology import expand
from parley import exits, variants
from parley.campaign import summarise
from parley.console import out_console
from parley.errors import BadInput
from parley.files import writable, write
from parley.record.observing import observed
from parley.run import Outcome
from parley.runner import execute
from parley.scenario import Scenario
from reports.metrics.summary import targets_of
from reports.text import terminal
from reports.text.narrative import story
from reports.text.shrunk import show_lines
from sim.history import FaultStarted, jsonl
from sim.printable import printable
from sim.verdicts import MISSED, UNKNOWN

HistoryOption = Annotated[
    Path | None, typer.Option("--history", metavar="FILE", help="Write the history there, as JSON Lines.")
]
ObservableOption = Annotated[
    bool, typer.Option("--observable", help="Write only what clients observe, with opaque ids in place of seqs.")
]
StoryOption = Annotated[bool, typer.Option("--story", help="Tell the run event by event.")]


def show_run(
    plan: Plan, spec: str, *, history: Path | None, tell: bool, observable: bool, scenario: Scenario | None = None
) -> None:
    """Runs one plan and prints all about it. Ends the command, unless it passes."""
    if observable and history is None:
        raise BadInput("--observable says what is written by --history FILE, which is missing")
    if history is not None and not history.exists():
        writable(history.parent)
    console = out_console()
    terminal.options(console, f"{plan.scenario}, seed {plan.seed}", _options(plan, spec))
    protocol = variants.load(spec)
    outcome = execute(plan, protocol)
    checkpoints = scenario.checkpoints if scenario is not None else ()
    summary = summarise(plan, outcome, checkpoints)
    if history is not None:
        _export(history, plan, outcome, summary.digest, observable)
    if tell:
        events = story(outcome.history, evidence=_evidence(outcome))
        if console.is_terminal:
            show_lines(console, events, indent="")
        else:  # an event a line, however long, for who searches in it
            for line in events:
                console.print(printable(line), markup=False, soft_wrap=True)
        console.print()
    asked = (
        targets_of(scenario.name, scenario.asked, summary.metrics, scenario.sources, held=scenario.holds(1))
        if scenario
        else []
    )
    terminal.show_targets(console, asked)
    terminal.show_checkpoints(console, summary.checkpoints)
    terminal.show_metrics(console, summary.metrics)
    terminal.show_failures(console, summary.failures)
    terminal.show_not_shown(console, summary.unknown)
    never = _never_struck(plan, outcome)
    terminal.show_never_struck(console, (f"{wording.when(fault)}  {wording.says(fault)}" for fault in never))
    if outcome.violations:
        from parley.parting import is_owed, tell_parting  # and with it what shrinks plans and compares runs

        worst = outcome.causes()[0].violation
        if not tell:
            console.print("\nHow it came to this:")
            told = story(outcome.history, evidence=worst.evidence, only_around=True, absence=is_owed(worst))
            show_lines(console, told)
        console.print()
        tell_parting(console, plan, protocol, outcome, worst)
    console.print(f"digest {summary.digest}")
    if plan.expect is not None:
        same = (outcome.violated(), summary.digest) == (plan.expect.violates, plan.expect.digest)
        console.print("as when the plan was written" if same else "[yellow]not as when the plan was written[/]")
    due = [target for target in asked if target.held]
    stops = terminal.headline(
        {
            "violated": terminal.violated_told(summary.failures),
            "target missed": [target.told for target in due if target.status == MISSED],
            "not shown": [each.property for each in summary.unknown],
            "not measured": [target.told for target in due if target.status == UNKNOWN],
            "not passed": summary.missed[:1],
            "nothing judged": [] if exits.judged(outcome.verdicts) else ["no property was put to the test"],
        }
    )
    console.print(stops or "[bold green]PASS[/]")
    exits.leave(
        exits.of_verdicts(outcome.verdicts),
        *(exits.of_status(target.status) for target in due),
        exits.NO_PASS if summary.missed else exits.PASS,
    )


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
