"""The report's table: percentiles of the samples, rates, and numbers with their units.

Requirements: R1, R2.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec.structs import replace

from reports.metrics.definitions import ANYHOW, DIMENSIONS, METRICS, SHARES, Metric, Share
from reports.metrics.measure import Metrics, given_up, named, percentile
from reports.metrics.phases import PHASES


class Figure(msgspec.Struct, frozen=True):
    """A line of the report's table: what, of how many, and its p50, p95, p99 and maximum in `unit`."""

    name: str
    title: str
    unit: str
    count: int
    p50: int | None
    p95: int | None
    p99: int | None
    most: int | None


def figures(metrics: Metrics) -> list[Figure]:
    """The report's table; samples that never occurred have a count of 0."""
    rows = [_figure(metric, metrics) for metric in METRICS.values()]
    if ANYHOW.name in metrics.samples:
        rows.insert(next(i for i, row in enumerate(rows) if row.name == "send_to_delivered"), _figure(ANYHOW, metrics))
    return rows


def breakdown(metrics: Metrics) -> list[Figure]:
    """tap → screen by each of the dimensions, and by kind of fault; send → delivered by most of them, offline sync lag too; the
    others by phase."""
    rows: list[Figure] = []
    metric = METRICS["tap_to_screen"]
    for place, dimension in enumerate(DIMENSIONS, 1):
        parts: dict[str, list[int]] = {}
        for cell, values in metrics.cells.items():
            if cell[0] == metric.name:
                parts.setdefault(cell[place], []).extend(values)
        for part in sorted(parts):
            name, title = named(metric.name, {dimension: part}), f"{metric.title}, {dimension} = {part}"
            rows.append(_row(replace(metric, name=name, title=title), parts[part]))
    start = f"{metric.name}["
    for name in sorted(name for name in metrics.samples if name.startswith(start)):
        told = name[len(start) : -1].replace("=", " = ").replace(",", ", ")
        rows.append(_row(replace(metric, name=name, title=f"{metric.title}, {told}"), metrics.samples[name]))
    for sample, says in (("send_to_delivered", "online: "), ("offline_sync_lag", "offline: ")):
        start = f"{sample}["
        for name in sorted(name for name in metrics.samples if name.startswith(start)):
            title = says + name[len(start) : -1].replace("=", " = ")
            rows.append(_figure(replace(METRICS[sample], name=name, title=title), metrics))
    for metric in METRICS.values():
        if metric.name not in ("send_to_delivered", "offline_sync_lag"):
            for phase in PHASES:
                name, title = named(metric.name, {"phase": phase}), f"{metric.title}, phase = {phase}"
                if name in metrics.samples:
                    rows.append(_figure(replace(metric, name=name, title=title), metrics))
    return rows


def _figure(metric: Metric, metrics: Metrics) -> Figure:
    return _row(metric, metrics.values(metric.name))


def _row(metric: Metric, samples: list[int]) -> Figure:
    values = sorted(samples)
    p50, p95, p99 = (percentile(values, p) for p in (50, 95, 99))
    most = values[-1] if values else None
    return Figure(metric.name, metric.title, metric.unit, len(values), p50, p95, p99, most)


class Rate(msgspec.Struct, frozen=True):
    """A single number of the report, already worded, with what it is of."""

    title: str
    value: str
    of: str


def rates(metrics: Metrics) -> list[Rate]:
    """Reconnects, duplicates, retries, what came by sync, what was given up, and the mean depth of the queue."""
    counts = metrics.counts
    hours = counts.get("device µs", 0) / 3_600_000_000

    def share(title: str, part: str, whole: str) -> Rate:
        ratio = metrics.ratio(part, whole)
        value = "—" if ratio is None else f"{ratio:.2%}"
        return Rate(title, value, f"{counts.get(part, 0):,} of {counted(counts.get(whole, 0), whole[:-1])}")

    def per(name: str, part: str, whole: str) -> Rate:
        of = SHARES[name]
        told = f"{counted(counts.get(of.part, 0), part)} for {counted(counts.get(of.whole, 0), whole)}"
        return Rate(of.title, human(millionths(metrics, of), of.unit), told)

    ignored = counts.get("duplicates ignored", 0)
    arrivals = ignored + counts.get("deliveries", 0)
    reconnects = counts.get("reconnects", 0)
    synced = counts.get("deliveries by sync", 0)
    others = synced + counts.get("deliveries by push", 0)
    depths = metrics.samples.get("queue_depth", ())
    stale, watched = counts.get("stale presence µs", 0), counts.get("watched µs", 0)
    failures = given_up(metrics)
    failed, delivered = sum(failures.values()), counts.get("deliveries", 0)
    return [
        Rate(
            "reconnects per device-hour",
            f"{reconnects / hours:.2f}" if hours else "—",
            counted(reconnects, "reconnect"),
        ),
        Rate(
            "duplicates ignored",
            f"{ignored / arrivals:.2%}" if arrivals else "—",
            f"{ignored:,} of {counted(arrivals, 'arrival')}, deliveries and duplicates",
        ),
        share("send attempts repeated", "send retries", "send attempts"),
        per("tries_per_connect", "try", "connect"),
        per("tries_per_send", "attempt", "answer"),
        share("pushes repeated", "push retries", "pushes"),
        Rate(
            "delivered by sync",
            f"{synced / others:.2%}" if others else "—",
            f"{synced:,} of {others:,} by push or sync",
        ),
        Rate(
            "deliveries given up",
            f"{failed / (failed + delivered):.2%}" if failed + delivered else "—",
            ", ".join(f"{number:,} {reason}" for reason, number in failures.items())
            + f"; {counted(counts.get('alerts', 0), 'alert')}"
            if failures
            else "none",
        ),
        Rate("queue depth, mean", f"{sum(depths) / len(depths):.2f}" if depths else "—", counted(len(depths), "lease")),
        Rate(
            "presence shown wrongly",
            human(millionths(metrics, SHARES["presence_staleness_rate"]), "ppm"),
            f"{human(stale, 'µs')} of {human(watched, 'µs')} that connected devices watched somebody"
            if watched
            else "nobody watched",
        ),
    ]


def millionths(metrics: Metrics, share: Share, where: Mapping[str, str] = {}) -> int | None:
    """One count by another, of a phase alone if `where` names it, rounded up; None if there is no whole."""
    whole = metrics.counts.get(named(share.whole, where), 0)
    return -(-metrics.counts.get(named(share.part, where), 0) * 1_000_000 // whole) if whole else None


def counted(number: int, what: str) -> str:
    """So many of something that makes its plural with an s, or an ies: '1 run', '2,000 runs'."""
    many = f"{what[:-1]}ies" if what.endswith(("ry", "ty")) else f"{what}s"
    return f"{number:,} {what if number == 1 else many}"


def human(value: int | None, unit: str) -> str:
    """A number with its unit, in three significant figures: 81.2 ms, 3.40 s, 12 tasks; millionths as a percentage."""
    if value is None:
        return "—"
    if unit == "ppm":
        return f"{value / 10_000:.2f}%"
    if unit == "millionths":
        return f"{value / 1_000_000:.2f}"
    if unit != "µs":
        return f"{value:,}"
    if value < 0:
        return f"-{human(-value, unit)}"  # between two clocks
    if value < 1_000:
        return f"{value} µs"
    # The limits are where rounding would give a fourth figure: 999.5 ms is already 1.00 s.
    for limit, scale, name in ((999_500, 1_000, "ms"), (120_000_000, 1_000_000, "s")):
        if value < limit:
            scaled = value / scale
            digits = 0 if scaled >= 99.95 else 1 if scaled >= 9.995 else 2
            return f"{scaled:.{digits}f} {name}"
    return lasting(value)


def lasting(took: int) -> str:
    """A duration in µs as a person says it, in its two largest units: '340 ms', '3.4 s', '1 min 12 s', '2 h 5 min', '3 d 4 h'."""
    if took < 0:
        return f"-{lasting(-took)}"
    if took < 1_000:
        return f"{took} µs"
    if took < 999_500:
        return f"{took / 1_000:.3g} ms"
    if took < 59_950_000:
        return f"{took / 1_000_000:.3g} s"
    seconds = (took + 500_000) // 1_000_000
    for size, unit, part, of in ((86_400, "d", 3_600, "h"), (3_600, "h", 60, "min"), (60, "min", 1, "s")):
        if seconds >= size:
            rest = seconds % size // part
            return f"{seconds // size:,} {unit}" + (f" {rest} {of}" if rest else "")
    return f"{seconds} s"
