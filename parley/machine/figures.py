"""What all examples of a Hypothesis test showed together: how late messages came, how far queues and syncs lagged, and more.

Requirements: R1, R2, V2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from properties import goals
from reports.metrics.measure import Metrics, measure, percentile
from sim.history import Event

SHOWN = {
    "tap_to_screen": "send to screen",
    "queue_lag": "queue lag",
    "offline_sync_lag": "sync lag",
    "convergence": "convergence",
}
"""The figures that a test reports, of which all are times in µs, and how they are called."""

PERCENTILES = (50, 95, 99)

PREFIX = "parley "
"""What the names of a test's properties begin with, in JUnit's XML."""

MOST_KEPT = 200_000
"""So many times of a figure are kept: percentiles of more would tell nothing else."""


@dataclass
class Figures:
    """The examples of one test that ran to their end, and the rules that were executed in all of them."""

    examples: int = 0
    steps: int = 0
    metrics: Metrics = field(default_factory=Metrics)
    reached: dict[str, int] = field(default_factory=dict)
    """How often each goal was reached, and each kind of fault took effect."""

    def add(self, history: Sequence[Event], converged: bool, steps: int = 0) -> Metrics:
        """Takes in an example; returns its own figures."""
        own = measure(history)
        self.examples += 1
        self.steps += steps
        for figure in SHOWN:
            kept = self.metrics.samples.setdefault(figure, [])
            kept.extend(own.values(figure)[: MOST_KEPT - len(kept)])
        for name, count in goals.count(history, converged).items():
            if count:
                self.reached[name] = self.reached.get(name, 0) + count
        return own

    def properties(self) -> Iterator[tuple[str, int]]:
        """What the test records: 'parley queue_lag_p99' and so on, in µs, and how many different goals were reached."""
        for figure in SHOWN:
            ordered = sorted(self.metrics.samples.get(figure, ()))
            for p in PERCENTILES:
                if (found := percentile(ordered, p)) is not None:
                    yield f"{PREFIX}{figure}_p{p}", found
        yield f"{PREFIX}goals_reached", len(self.reached)


def latest(own: Metrics, figure: str) -> float:
    """The longest time of a figure in an example, in seconds; 0 if there is none."""
    return max(own.values(figure), default=0) / 1_000_000


def line(recorded: Mapping[str, int]) -> str:
    """What a test recorded, as pytest's summary shows it; '' if that is nothing."""
    parts = []
    for figure, called in SHOWN.items():
        found = [recorded.get(f"{PREFIX}{figure}_p{p}") for p in PERCENTILES]
        if None not in found:
            parts.append(f"{called} {' / '.join(f'{each / 1_000_000:.3f}' for each in found if each is not None)} s")
    if not parts:
        return ""
    return f"{'; '.join(parts)}; {recorded.get(f'{PREFIX}goals_reached', 0)} goals reached"
