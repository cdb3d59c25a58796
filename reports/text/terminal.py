"""The same report on a terminal: verdict, figures, what was reached, failures. Readable at 80 columns and in a CI log.

Requirements: R1.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from reports.metrics.measure import Metrics
from reports.metrics.summary import (
    CampaignSummary,
    Failure,
    Passed,
    ScenarioSummary,
    Target,
    covered,
    folded,
    not_due,
    targets,
    that_follow,
)
from reports.metrics.table import Figure, breakdown, counted, figures, human, rates
from reports.text.costs import COSTS, GROWTH, PER_LIST, PRICED, Cost
from reports.text.markup import escape
from reports.text.pushes import DROPPED, KEPT, Comparison, points
from sim.printable import printable
from sim.verdicts import GOOD, MISSED, of_many


def table(*columns: tuple[str, str]) -> Table:
    """A plain table; columns are (heading, justification)."""
    made = Table(box=None, pad_edge=False, header_style="bold", show_edge=False, padding=(0, 2, 0, 0))
    for heading, justify in columns:
        made.add_column(heading, justify=justify)  # type: ignore[arg-type]
    return made


def options(console: Console, title: str, pairs: Iterable[tuple[str, str]]) -> None:
    """What is about to be run, expanded: printed before it runs, so that a crash of the tool leaves it behind."""
    console.print(f"[bold]{escape(title)}[/]")
    made = table(("", "left"), ("", "left"))
    made.show_header = False
    for name, value in pairs:
        made.add_row(f"[dim]{escape(name)}[/]", escape(value))
    console.print(made)
    console.print()


def show_figures(
    console: Console, rows: Sequence[Figure], title: str = "figure", unmeasured: Collection[str] = ()
) -> None:
    """A table of figures; those that could not be measured have no number, not even 0."""
    made = table(
        (title, "left"), ("n", "right"), ("p50", "right"), ("p95", "right"), ("p99", "right"), ("max", "right")
    )
    for row in rows:
        values = [f"{row.count:,}", *(human(value, row.unit) for value in (row.p50, row.p95, row.p99, row.most))]
        made.add_row(escape(row.title), *(["—"] * len(values) if row.name in unmeasured else values))
    console.print(made)
    console.print()


def show_metrics(
    console: Console, metrics: Metrics, unmeasured: Mapping[str, Sequence[str]] = {}, parts: Sequence[Figure] = ()
) -> None:
    """Latencies, lag and depth; then rates. Last of all why there are no figures of what is `unmeasured`, by name.
    `parts` of a figure stand below it."""
    rows = figures(metrics)
    for row in reversed(parts):
        rows.insert(1 + [each.name for each in rows].index(row.name.partition("[")[0]), row)
    show_figures(console, rows, unmeasured=unmeasured)
    made = table(("rate", "left"), ("", "right"), ("of", "left"))
    for rate in rates(metrics):
        value, of = ("—", "") if rate.title in unmeasured else (rate.value, rate.of)
        made.add_row(escape(rate.title), value, f"[dim]{escape(of)}[/]")
    console.print(made)
    titles = {row.name: row.title for row in rows} | {rate.title: rate.title for rate in rates(metrics)}
    why: dict[str, list[str]] = {}
    for name, kinds in unmeasured.items():
        if name in titles:
            why.setdefault(", ".join(kinds), []).append(titles[name])
    if why:
        console.print()
    for kinds_, names in why.items():
        console.print(_hanging("[dim]—[/]", f"[dim]needs {escape(kinds_)}: {escape('; '.join(names))}[/]"))
    console.print()


def show_checkpoints(console: Console, checkpoints: Sequence[Passed]) -> None:
    """The checkpoints of a walkthrough, if it has any, with their times."""
    if not checkpoints:
        return
    for checkpoint in checkpoints:
        if checkpoint.at is None:
            console.print(f"  [bold red]not passed[/]  {escape(checkpoint.says)}")
        else:
            console.print(f"  [dim]{checkpoint.at / 1e6:10.3f} s[/]  {escape(checkpoint.says)}")
    console.print()


def show_failures(console: Console, failures: Sequence[Failure]) -> None:
    """What was violated: each cause on its line and long messages under themselves, then the names of what follows from it."""
    for failure, follow in folded(failures):
        told = f"[bold]{escape(failure.property)}[/]: {escape(failure.message)}"
        console.print(_hanging("  [bold red]violated[/]", told))
        show_follow(console, follow)


def show_follow(console: Console, follow: Sequence[str]) -> None:
    """The names of what follows from a violation."""
    if follow:
        console.print(_hanging("          ", f"+ {that_follow(follow)}"))


def show_not_shown(console: Console, unknown: Iterable[Failure]) -> None:
    """What was owed when a run ended and nobody saw, so that it is unknown whether it is lost."""
    for each in unknown:
        told = f"[bold]{escape(each.property)}[/]: {escape(each.message)}"
        console.print(_hanging("  [bold yellow]not shown[/]", told))


def show_never_struck(console: Console, faults: Iterable[str]) -> None:
    """Faults of a plan that had no effect."""
    for fault in faults:
        console.print(_hanging("[yellow]never struck[/]", escape(fault)))


def show_verdicts(console: Console, rows: Iterable[tuple[str, int, str, str]]) -> None:
    """A paragraph for each: the verdict, of how many properties, why, and which."""
    colours = {"holds": "green", "clean": "green", "violated": "bold red", "unknown": "yellow"}
    for status, number, why, names in rows:
        told = f"[{colours.get(status, 'dim')}]{status:<8}[/] {number:>3}"
        reason = f"[italic]{escape(why)}:[/] " if why else ""
        console.print(_hanging(told, reason + escape(names)))
    console.print()


def show_violation(console: Console, name: str, message: str, count: int, evidence: Sequence[tuple[int, str]]) -> None:
    """One violation, how often there is one like it, and the lines of the file that prove it."""
    often = f" [dim](the first of {count:,})[/]" if count > 1 else ""
    console.print(_hanging("[bold red]violated[/]", f"[bold]{escape(name)}[/]: {escape(message)}{often}"))
    for number, text in evidence:
        console.print(f"  line {number:<8,} {printable(text)}", markup=False, soft_wrap=True)


def show_hanging(console: Console, rows: Iterable[tuple[str, str]]) -> None:
    """A paragraph for each, with rich markup: a mark, and beside it a text that hangs below itself."""
    made = Table.grid(padding=(0, 2, 0, 0))
    made.add_column(no_wrap=True)
    made.add_column(ratio=1)
    for mark, text in rows:
        made.add_row(mark, text)
    console.print(made)


def _hanging(mark: str, text: str) -> Table:
    made = Table.grid(padding=(0, 2, 0, 0))
    made.add_column(no_wrap=True)
    made.add_column(ratio=1)
    made.add_row(mark, text)
    return made


def show_targets(console: Console, rows: Sequence[Target]) -> None:
    """Service levels, if there are any: what was asked, next to what was measured."""
    if not rows:
        return
    named = any(row.scenario for row in rows)
    scenario = [("scenario", "left")] if named else []
    made = table(("target", "left"), *scenario, ("asked", "right"), ("measured", "right"), ("", "left"))
    for row in rows:
        told = (
            "[bold yellow]not measured[/]" if row.met is None else "[green]met[/]" if row.met else "[bold red]missed[/]"
        )
        asked, value = f"≤ {human(row.asked, row.unit)}", human(row.value, row.unit)
        made.add_row(
            escape(row.title),
            *([escape(row.scenario)] if named else ()),
            asked,
            value,
            told if row.held else f"[dim]{told}[/]",
        )
    console.print(made)
    few = dict.fromkeys(row.scenario for row in rows if not row.held)
    if few:
        told = f"[dim]of {escape(', '.join(few))} these are fewer runs than the targets are meant for: they stop no pass[/]"
        console.print(_hanging("[dim]—[/]", told))
    console.print()


def _scenario_line(scenario: ScenarioSummary) -> tuple[str, str, str, str]:
    seeds = f"{scenario.first_seed}" if scenario.runs == 1 else f"{scenario.first_seed}–{scenario.last_seed}"
    state = "[red]failed[/]" if scenario.failed else "[green]passed[/]"
    told = (
        f"{scenario.failed} of {counted(scenario.runs, 'run')} {state}"
        if scenario.failed
        else f"{scenario.runs} {state}"
    )
    return escape(scenario.title), seeds, told, f"[dim]{scenario.digest[:12]}[/]"


def show_campaign(console: Console, campaign: CampaignSummary) -> None:
    """Everything of a campaign but where its files are."""
    show_targets(console, targets(campaign))
    made = table(("scenario", "left"), ("seeds", "right"), ("runs", "right"), ("digest", "left"))
    for scenario in campaign.scenarios:
        made.add_row(*_scenario_line(scenario))
    console.print(made)
    console.print()
    show_metrics(console, campaign.metrics)
    by = [row for row in breakdown(campaign.metrics) if "[fault=" not in row.name]  # those are in the report
    if by:
        show_figures(console, by, "by")
    reached = "; ".join(f"{goal} {count:,}" for goal, count in campaign.goals.items() if count)
    console.print(_hanging("goals reached", reached or "none"))
    for whether, missed in campaign.never_reached():
        console.print(_hanging("never reached", f"{missed} — {whether}"))
    console.print(_hanging("demanded     ", campaign.demands()))
    console.print()
    fired = ", ".join(f"{kind} {count:,}" for kind, count in campaign.faults.items() if count)
    console.print(_hanging("faults fired ", fired or "none"))
    never = ", ".join(kind for kind, count in campaign.faults.items() if not count)
    if fired and never:
        console.print(_hanging("never fired  ", never))
    if campaign.coverage.points:
        told = f"{covered(campaign.coverage.points)} pairs of a crash point and a fault armed there"
        console.print(_hanging("covered      ", told))
    if campaign.excused:
        console.print(_hanging("not due      ", not_due(campaign.excused)))
    console.print()
    show_decisions(console, campaign)
    for scenario in campaign.scenarios:
        if any(c.at is None for c in scenario.checkpoints):
            console.print(f"[bold]{escape(scenario.title)}[/]")
            show_checkpoints(console, scenario.checkpoints)
    for failed in campaign.failed_runs[:5]:
        console.print(f"[bold]{escape(failed.scenario)}, seed {failed.seed}[/]")
        show_failures(console, failed.failures)
        show_not_shown(console, failed.unknown)
        for says in failed.missed:
            console.print(f"  [bold red]not passed[/]  {escape(says)}")
    if len(campaign.failed_runs) > 5:
        console.print(f"… and {counted(len(campaign.failed_runs) - 5, 'more failed run')}")
    if campaign.failed_runs:
        console.print()
    console.print(verdict_line(campaign))


def show_decisions(console: Console, campaign: CampaignSummary) -> None:
    """What a variant decides: how often it was asked, and whether the runs could notice what it answered."""
    if not campaign.asked:
        return
    made = table(("overridden", "left"), ("asked, or ran", "right"), ("answered otherwise than the reference", "right"))
    for name, asked in campaign.asked.items():
        failed = ": runs failed" if asked.otherwise == "not compared" and campaign.failed_runs else ""
        made.add_row(escape(name), f"{asked.times:,}", asked.otherwise + failed)
    console.print(made)
    for remark in campaign.untested:
        console.print(_hanging("[bold yellow]not put to the test[/]", escape(remark)))
    console.print()


def show_pushes(console: Console, comparisons: Sequence[Comparison], plans: str) -> None:
    """A table of two lines a scenario, with pushes and without; then failures, whose plans are in `plans`; the verdict.

    Where it does not fit, it is two tables: what happened, and how long it took.
    """
    counts = ("runs", "violated", "converged", "hints", "offline")
    whole = _pushes_table(comparisons, (*counts, *_TIMES))
    fits = Measurement.get(console, console.options.update(max_width=1_000), whole).maximum <= console.width
    for made in (whole,) if fits else (_pushes_table(comparisons, counts), _pushes_table(comparisons, _TIMES)):
        console.print(made)
        console.print()
    for note in (
        "hints: notifications that reached a device.",
        "offline: deliveries to devices that were not connected at the commit when pushes were dropped; the same ones in "
        "both lines. p50, p95: of send → delivered of these.",
        "lag: offline sync lag, connected time from the commit until delivered, of who was offline in that line's runs.",
    ):
        console.print(_hanging("", f"[dim]{note}[/]"))
    console.print()
    failures = [(comparison.scenario, *failure) for comparison in comparisons for failure in comparison.failures]
    for scenario, told, seed, of_run in failures[:5]:
        console.print(f"[bold]{escape(scenario)}, seed {seed}, pushes {told}[/]")
        show_failures(console, of_run)
    if failures:
        console.print(f"{counted(len(failures), 'failed run')}; their plans are in {escape(plans)}\n", soft_wrap=True)
    console.print(pushes_line(comparisons))


_TIMES = ("p50", "p95", "lag p50", "lag p95")


def _pushes_table(comparisons: Sequence[Comparison], columns: Sequence[str]) -> Table:
    made = table(("scenario", "left"), ("pushes", "left"), *((column, "right") for column in columns))
    for column in made.columns:
        column.no_wrap = True
    for comparison in comparisons:
        sides = ((KEPT, comparison.kept), (DROPPED, comparison.dropped))
        for name, (told, side) in zip((escape(comparison.scenario), ""), sides, strict=True):
            took = [human(value, "µs") for value in (*points(side.latency), *points(side.lag))]
            cells = {
                "runs": f"{side.runs:,}",
                "violated": f"[red]{side.violated:,}[/]" if side.violated else "0",
                "converged": f"{side.converged:,}" if side.converged == side.runs else f"[red]{side.converged:,}[/]",
                "hints": f"{side.hints:,}",
                "offline": f"{len(side.latency):,}",
                **dict(zip(_TIMES, took, strict=True)),
            }
            made.add_row(name, told, *(cells[column] for column in columns))
    return made


def pushes_line(comparisons: Sequence[Comparison]) -> str:
    """The verdict of a comparison in one line, with rich markup."""
    runs = sum(comparison.dropped.runs for comparison in comparisons)
    bad = [comparison.scenario for comparison in comparisons if not comparison.ok]
    if bad:
        return f"[bold red]FAILED[/]  {escape(', '.join(bad))}: a violation, or a run that did not converge"
    kept, without = (
        points([value for comparison in comparisons for value in getattr(comparison, side).latency])[0]
        for side in ("kept", "dropped")
    )
    changed = (
        f"; offline deliveries take {human(kept, 'µs')} instead of {human(without, 'µs')} (p50)" if without else ""
    )
    return f"[bold green]PASS[/]  all of {counted(runs, 'plan')} converge with pushes and without them{changed}"


Priced = tuple[str, str, int, Cost, Metrics, list[tuple[int, tuple[Failure, ...]]]]
"""Scenario, strategy, how many runs, and what they showed; failures by seed."""


def show_costs(console: Console, priced: Sequence[Priced]) -> None:
    """A table for each scenario, a column for each strategy; then failures."""
    for scenario in dict.fromkeys(each[0] for each in priced):
        sides = [each for each in priced if each[0] == scenario]
        made = table((f"{escape(scenario)}, per message", "left"), *((strategy, "right") for _, strategy, *_ in sides))
        for title, kinds in COSTS.items():
            made.add_row(title, *(_decimal(cost.per_message(kinds)) for _, _, _, cost, *_ in sides))
        made.add_row("bytes of all that", *(_whole(cost.bytes_per_message(PRICED)) for _, _, _, cost, *_ in sides))
        for title, kinds in PER_LIST.items():
            made.add_row(f"{title}, per list", *(_decimal(cost.per_list(kinds)) for _, _, _, cost, *_ in sides))
        for which, title in enumerate(("a message's rows grow with", "a list's reads grow with")):
            made.add_row(title, *(GROWTH.get(strategy, ("—", "—"))[which] for _, strategy, *_ in sides))
        shown = [{row.name: row for row in figures(metrics)} for *_, metrics, _ in sides]
        for title, name, what in (
            ("send → delivered, online, p50", "send_to_delivered", "p50"),
            ("send → delivered, online, p99", "send_to_delivered", "p99"),
            ("queue lag, p99", "queue_lag", "p99"),
            ("deepest queue", "queue_depth", "most"),
        ):
            made.add_row(title, *(human(getattr(row[name], what), row[name].unit) for row in shown))
        made.add_row("messages, runs", *(f"{cost.messages:,}, {runs:,}" for _, _, runs, cost, *_ in sides))
        console.print(made)
        console.print()
    for scenario, strategy, _, _, _, failures in priced:
        for seed, of_run in failures[:5]:
            console.print(f"[bold]{escape(scenario)}, {strategy}, seed {seed}[/]")
            show_failures(console, of_run)
    if not any(failures for *_, failures in priced):
        console.print(f"[bold green]PASS[/]  all of {counted(sum(runs for _, _, runs, *_ in priced), 'run')} hold")


def _decimal(number: float | None) -> str:
    return "—" if number is None else f"{number:,.1f}"


def _whole(number: float | None) -> str:
    return "—" if number is None else f"{number:,.0f}"


def violated_told(failures: Sequence[Failure]) -> list[str]:
    """The names of what was violated in a run, as they are told in one line."""
    causes = folded(failures)
    return in_a_line([cause.property for cause, _ in causes], [name for _, names in causes for name in names])


def in_a_line(causes: Sequence[str], follow: Sequence[str]) -> list[str]:
    """What is violated: the causes, and what follows from them; nothing if nothing is."""
    return [", ".join(causes) + (f" + {that_follow(follow)}" if follow else "")] if causes else []


_HEADS = {
    "violated": ("VIOLATED", "bold red"),
    "target missed": ("TARGET MISSED", "bold red"),
    "interrupted": ("INTERRUPTED", "bold yellow"),
    "not shown": ("NOT SHOWN", "bold yellow"),
    "not measured": ("NOT MEASURED", "bold yellow"),
    "not passed": ("NOT PASSED", "bold yellow"),
    "not reached": ("NOT REACHED", "bold yellow"),
    "nothing judged": ("NOTHING JUDGED", "bold yellow"),
}
"""What stands in the way of a pass, in the order in which it is told; the first two exit with 1."""


def headline(found: Mapping[str, Sequence[str]], of: str = "") -> str:
    """What stops a pass, by the words of `_HEADS`, in one line with rich markup: the worst of it first; '' if nothing does."""
    some = [
        (word, ", ".join(names) if word == "violated" else "; ".join(names)) for word, names in found.items() if names
    ]
    if not some:
        return ""
    some.sort(key=lambda each: list(_HEADS).index(each[0]))
    (first, told), *more = some
    head, style = _HEADS[first]
    rest = "".join(f"; {word}: {names}" for word, names in more)
    return f"[{style}]{head}[/]  {escape(told + rest + of)}"


def verdict_line(campaign: CampaignSummary) -> str:
    """The verdict in one line, with rich markup."""
    what = f"{counted(campaign.runs, 'run')} of protocol {campaign.protocol}"
    violated = in_a_line(*campaign.violated_folded())
    if campaign.error and not violated:
        return f"[bold red]ERROR[/]  no violation in the {escape(what)} before it"
    stops = headline(
        {
            "violated": violated,
            "target missed": campaign.missed_targets,
            "interrupted": () if campaign.complete else (f"no violation in the {what} that finished",),
            "not shown": campaign.unknown(),
            "not measured": campaign.unmeasured_targets,
            "not passed": campaign.missed_checkpoints() and ("a checkpoint",),
            "not reached": campaign.missing_goals,
        }
        if not violated
        else {"violated": violated, "target missed": campaign.missed_targets},
        f" — {len(campaign.failed_runs)} of {what}"
        if campaign.failed_runs
        else f" — no violation in {what}" * campaign.complete,
    )
    if stops:
        return stops
    tested = sum(of_many(statuses) in GOOD for statuses in campaign.statuses.values())
    if not tested:
        return headline({"nothing judged": ("no property was put to the test",)}, f" — {what}")
    of_all = f"{tested} of {len(campaign.statuses)} properties put to the test, all hold"
    colour, but = "green", ""
    if campaign.untested:
        but = f"; {len(campaign.untested)} of {len(campaign.asked)} overridden methods and settings not put to the test"
    if campaign.says_nothing:
        colour, but = "yellow", f"{but}: this says nothing of the variant"
    early = sum(target.status == MISSED and not target.held for target in targets(campaign))
    if early:
        but = f"{but}; {counted(early, 'target')} missed so far, which counts if all seeds of the campaign are run"
    return f"[bold {colour}]PASS[/]  {escape(what)}: {of_all}{but}"
