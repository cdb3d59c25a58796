"""The HTML report: one file, nothing outside it, verdict first.

Requirements: R3.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from shlex import quote

from jinja2 import Environment, PackageLoader, StrictUndefined

from reports.metrics.definitions import METRICS
from reports.metrics.summary import CampaignSummary, covered, not_due, targets, that_follow
from reports.metrics.table import breakdown, counted, figures, human, rates
from reports.pages import figures as draw
from sim.verdicts import GOOD, of_many

_environment = Environment(
    loader=PackageLoader("reports.pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(
    campaign: CampaignSummary,
    commands: Mapping[str, str],
    *,
    timelines: Mapping[str, str | None] | None = None,
    folder: str = "",
    naming: str = "",
) -> str:
    """The page. The same input gives the same bytes.

    `commands`: for each scenario, the command that repeats its runs. `timelines`: drawings of single runs, as
    `reports.pages.figures.timeline` makes them, each with its title. `folder`: where the report is, as seen
    from where commands are typed. `naming`: what a command on a plan has to say beside its name.
    """
    metrics = campaign.metrics
    samples = metrics.samples
    plots = [
        (
            "Latency",
            "From the tap on 'send' until the message is durable, until each connected device has it, and, for devices "
            "that were away, the connected time until they have it. Interrupted: the connection was lost on the way.",
            draw.cdf(
                {
                    "send → persisted": samples.get("send_to_persisted", []),
                    "send → delivered, online": samples.get("send_to_delivered", []),
                    "offline sync lag": samples.get("offline_sync_lag", []),
                    "send → delivered, interrupted": samples.get("interrupted_delivery", []),
                },
                "time (logarithmic)",
            ),
        ),
        (
            "Queue",
            "From a task's arrival in the durable queue until a worker has it: the share of tasks that waited longer. An idle "
            "worker's poll is waiting already, so that most wait not at all.",
            draw.tail({"enqueued → leased": samples.get("queue_lag", [])}, "queue lag (logarithmic)"),
        ),
        (
            "Queue depth",
            "Tasks that wait in the same partition when a task is leased.",
            draw.histogram(samples.get("queue_depth", []), "waiting tasks", 4),
        ),
        (
            "Convergence",
            "From the healing of all faults until nothing is owed any more: the share of runs that took longer. Most owe "
            "nothing by then.",
            draw.tail({"healed → converged": samples.get("convergence", [])}, "time (logarithmic)"),
        ),
    ]
    reached = draw.bars(campaign.goals, "times reached (logarithmic)", 2)
    fired = draw.bars({k: v for k, v in campaign.faults.items() if v}, "times fired (logarithmic)", 1)
    plots += [
        (title, "One run: its faults, and what each device stored.", svg) for title, svg in (timelines or {}).items()
    ]
    return _environment.get_template("report.html.j2").render(
        campaign=campaign,
        that_follow=that_follow,
        tested=sum(of_many(statuses) in GOOD for statuses in campaign.statuses.values()),
        commands=commands,
        rows=figures(metrics),
        targets=targets(campaign),
        definitions=[(metric.title, metric.definition) for metric in METRICS.values()],
        unfired=[kind for kind, count in campaign.faults.items() if not count],
        not_due=not_due(campaign.excused),
        breakdown=breakdown(metrics),
        rates=rates(metrics),
        plots=[plot for plot in plots if plot[2]],
        reached=reached,
        fired=fired,
        heat=_heat(campaign),
        failures=_failures(campaign, folder, naming),
        human=human,
        counted=counted,
        counts=metrics.counts,
    )


def _failures(campaign: CampaignSummary, folder: str, naming: str) -> list[tuple[str, int, str, str, str]]:
    """By what was violated, causes and the most frequent first: in how many runs, which is the first, what happened, its plan."""
    found: dict[str, tuple[int, str, str, str]] = {}
    for run in campaign.failed_runs:
        where, plan = f"{run.scenario}, seed {run.seed}", quote(str(PurePath(folder, run.plan))) + naming
        told = [
            (each.property, f"{each.message} (follows from {each.follows})" if each.follows else each.message)
            for each in run.failures
        ]
        told += [(each.property, f"not shown: {each.message}") for each in run.unknown]
        for name, message in (*told, *(("checkpoint", f"not passed: {says}") for says in run.missed)):
            runs, first, message_then, file = found.get(name, (0, where, message, plan))
            found[name] = (runs + 1, first, message_then, file)
    _, follow = campaign.violated_folded()
    return [(name, *rest) for name, rest in sorted(found.items(), key=lambda pair: (pair[0] in follow, -pair[1][0]))]


def _heat(campaign: CampaignSummary) -> list[tuple[str, str, str | None]]:
    """Heat maps of what was covered: title, how much of it, and the drawing."""
    points, states = campaign.coverage.points, campaign.coverage.states
    told = (
        ("crash points", "Which faults struck at which crash point", points),
        ("states", "In which state the newest message was when a fault struck (SENT: before the first commit)", states),
    )
    return [
        (title, f"{says}, and how often: {covered(table)} pairs reached.", draw.heat(table, says))
        for title, says, table in told
        if table
    ]
