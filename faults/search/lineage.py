"""Lineage-driven search: from what an outcome hung on in a good run, to what would take it away.

An *outcome* is an event that a promise asks for: a message sent on after its upload, answered, and shown on a device, a
cursor stored, a task closed, a read mark kept, an attachment fetched, a hint ended. Its *support* in a run is the chain of
its causes, and with it every message that travelled and every crash point that was reached between a cause and its effect.
Cut one of them, and this support is gone: a message is lost; at a crash point a node dies, or stands still for longer than
anybody waits. If the outcome happens all the same, by a sync or a retry, it had another support, which the new run shows.
What breaks a promise must hit every support: a hitting set. The sets are searched as Reiter's hitting-set tree, breadth
first: a node is a set of cuts; it is labelled with the support that the outcome had in the run with these cuts; each element
of it makes a child.
(R. Reiter, A theory of diagnosis from first principles, 1987; P. Alvaro et al., Lineage-driven fault injection, 2015.)

A node without an outcome is a leaf: so many cuts prevent it while faults are on, and one more than that is the
redundancy that it has.

Requirements: V5.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

from faults import kinds
from faults.kinds import Fault
from faults.search.deviations import DOWN, STILL, Target, deviating
from faults.search.strategies import STRATEGIES, Origin
from faults.search.trials import Deviations, Job, Trial, TrialOutcome
from model.events import (
    AcceptSent,
    BlobFetched,
    CursorStored,
    Enqueued,
    HintEnded,
    ReadStored,
    SendAttempted,
    Shown,
    TaskClosed,
)
from sim.history import Event, Healed

Outcome = tuple[object, ...]

NUMBER = "#"

OUTCOMES: dict[type[Event], tuple[str, ...]] = {
    SendAttempted: ("conversation", "send"),
    Shown: ("device", "conversation", "message"),
    Enqueued: ("conversation", "seq"),
    AcceptSent: ("conversation", "message"),
    CursorStored: ("device", "conversation", "to"),
    TaskClosed: ("conversation", "seq"),
    ReadStored: ("conversation", "user", "to"),
    BlobFetched: ("device", "ref"),
    HintEnded: ("device", "conversation", NUMBER),
}
"""The events that promises ask for, each with the fields that say which it is. With a `NUMBER` it is which of its like it
is in the run that says so, as a hint has no name."""


def outcomes(history: Sequence[Event]) -> dict[Outcome, int]:
    """The outcomes of a run before it was healed, in order, each with the index of its first event."""
    found: dict[Outcome, int] = {}
    alike: dict[Outcome, int] = {}
    for index, event in enumerate(history):
        if isinstance(event, Healed):
            break
        fields = OUTCOMES.get(type(event))
        if fields is None:
            continue
        outcome = (type(event).__name__, *(getattr(event, field) for field in fields if field != NUMBER))
        if NUMBER in fields:
            alike[outcome] = number = alike.get(outcome, 0) + 1
            outcome = (*outcome, number)
        found.setdefault(outcome, index)
    return found


def support(history: Sequence[Event], at: int) -> list[int]:
    """The chain of causes of an event, from it back to the first."""
    chain = []
    while at >= 0:
        chain.append(at)
        at = history[at].cause
    return chain


def cuts(history: Sequence[Event], at: int, targets: Sequence[Target]) -> Iterator[Fault]:
    """What would take the support of the event at `at` away, the latest first."""
    by_cause: dict[int, list[Target]] = {}
    for target in targets:
        by_cause.setdefault(target.cause, []).append(target)
    chain = support(history, at)
    for effect, cause in zip(chain, [*chain[1:], -1], strict=True):
        if cause < 0:
            continue
        for target in reversed(by_cause.get(cause, ())):
            if target.after <= effect and not target.presence:
                yield from cut(target)


def cut(target: Target) -> Iterator[Fault]:
    """The faults that make a message not arrive, or a point not be passed: for good, or not while anybody waits."""
    what, nth = target.what, target.nth
    if target.how == "device":
        yield kinds.KillAppAt(device=target.source, point=what, nth=nth, down=DOWN)
    elif target.how == "node":
        yield kinds.CrashAt(node=target.source, point=what, nth=nth, down=DOWN)
    else:
        yield kinds.DropAt(a=(target.source,), b=(target.to,), kind=what, nth=nth)
        return
    yield kinds.PauseAt(node=target.source, point=what, nth=nth, duration=STILL)


@STRATEGIES.register("lineage")
class Lineage:
    """Hitting-set trees of all outcomes of the default schedule, grown side by side, breadth first."""

    def __init__(self, origin: Origin, k: int = 3) -> None:
        self._plan = origin.schedule()
        self._k = k
        self._todo: deque[Deviations] = deque([()])
        self._planned: set[frozenset[Fault]] = {frozenset()}
        self._outcomes: dict[Outcome, int] = {}
        self.prevented: dict[Outcome, Deviations] = {}
        """For an outcome that cuts prevented while faults were on, the first such set."""

    def ahead(self) -> int:
        """All nodes that wait: what is learned is added behind them."""
        return max(1, len(self._todo))

    def propose(self) -> Trial | None:
        if not self._todo:
            return None
        job = Job(self._todo.popleft(), True)
        return Trial(deviating(self._plan, job.faults), job, history=True)

    def learn(self, trial: Trial, outcome: TrialOutcome) -> None:
        """Adds the node's children: for each outcome that still came about, the cuts of the support it had."""
        faults, found = trial.job.faults, outcomes(outcome.history)
        if not faults:
            self._outcomes = found
        labels = []
        for wanted in self._outcomes:
            if wanted in found:
                labels.append(list(dict.fromkeys(cuts(outcome.history, found[wanted], outcome.recorded))))
            else:
                self.prevented.setdefault(wanted, faults)
        if len(faults) < self._k:
            for place in range(max(map(len, labels), default=0)):  # a cut of each outcome in turn
                for label in labels:
                    if place < len(label):
                        self._plan_for((*faults, label[place]))

    def _plan_for(self, faults: Deviations) -> None:
        if frozenset(faults) not in self._planned and len(set(faults)) == len(faults):
            self._planned.add(frozenset(faults))
            self._todo.append(faults)
