"""One run: a plan, carried out on a deployment, judged as it goes.

Safety is judged at every event. At the end of the plan every fault is healed and load stops; then the system has
`bound` µs to converge. A run that converged is watched for `tail` µs more, so that what comes late is seen. If its plan says
so, and nothing was violated, it is probed meanwhile (`parley/probe.py`).

Requirements: V2, V7, V9.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from faults.injector import Injector
from faults.plan import Plan
from model.deployment import Deployment
from model.events import Probed
from model.protocol import REFERENCE, Protocol, configured, left_alone
from parley.probe import AT_LEAST, Probe
from properties.base import Violation
from properties.causes import Cause, causes
from properties.judge import Judge
from properties.observed.sleepers import SleepersAreNotified
from sim.environment import Stuck
from sim.history import Ended, Event, Exhausted, digest
from sim.verdicts import Verdict

SLICE = 1_000_000
"""How often, in µs, a healing system is asked whether it has converged."""


def allowance(plan: Plan, deployment: Deployment) -> int:
    """How many callbacks a run may take before it is given up as endless.

    A start, and so many for each action or send of a fault and each device, and for each node and second: at least ten
    times what any run of the bundled scenarios takes (`tests/parley/test_campaign.py`).
    """
    seconds = -(-(plan.duration + (3 if plan.probe else 1) * plan.bound) // SLICE)
    users = {name: device.user for name, device in deployment.devices.items()}
    talks = {name: talk.members for name, talk in deployment.directory.conversations.items()}
    sends = len(plan.workload) + sum(sum(fault.sends(users, talks).values()) for fault in plan.faults)
    sends += len(talks) if plan.probe else 0
    load, nodes = sends * len(deployment.devices), len(deployment.network.nodes)
    return 100_000 + 200 * load + 20 * nodes * seconds


@dataclass(frozen=True)
class Outcome:
    """What a run showed. `converged_at`: µs after healing, to a slice; None if it did not within the bound."""

    history: list[Event]
    violations: list[Violation]
    verdicts: list[Verdict]
    converged_after: int | None
    excused: dict[str, int] = field(default_factory=dict)
    """What stayed undone with a valid certificate, by its kind: 'device' or 'quorum'."""

    def violated(self) -> tuple[str, ...]:
        """The names of the violated properties, in the order of their first violation."""
        return tuple(dict.fromkeys(violation.property for violation in self.violations))

    def causes(self) -> list[Cause]:
        """The first violation of each property: which came first in causal order, and what follows from them."""
        return causes(self.violations, enumerate(self.history))

    def probed(self, violation: Violation) -> bool:
        """Whether the probe had begun by the violation, and so may be a part of what it takes."""
        return any(isinstance(event, Probed) for event in self.history[: max(violation.evidence, default=-1)])

    def digest(self) -> str:
        return digest(self.history)


class Run:
    """A plan being run. `advance`, `heal` and `converge` in turn, or `execute` for all of it.

    A run that would not end is given up, which is a violation like any other: it is `over`, and nothing more happens in it.
    """

    def __init__(self, plan: Plan, protocol: Protocol = REFERENCE, judge: Judge | None = None) -> None:
        self.plan = plan
        if plan.settings or plan.scaled:
            protocol = configured(protocol, left_alone(protocol, plan.scaled) | plan.settings)
        self.deployment = Deployment(plan.topology, plan.seed, protocol, explore_ties=plan.explore_ties)
        self.deployment.env.budget = allowance(plan, self.deployment)
        self.injector = Injector(self.deployment)
        self.history = self.deployment.history
        self.judge = judge or Judge()
        self.converged_after: int | None = None
        self.over = False
        self.injector.schedule_plan(plan)

    @property
    def now(self) -> int:
        return int(self.deployment.env._now)

    def advance(self, until: int) -> None:
        """Runs everything up to and including `until` µs, and judges it."""
        if self.over:
            return
        try:
            self.deployment.env.run_until(until)
        except Stuck as stuck:
            self.deployment.record(Exhausted, str(stuck))
            self.end()
        else:
            self.judge.advance(self.history)

    def heal(self) -> None:
        """Ends all faults and all load."""
        if not self.over:
            self.injector.heal(self.plan.bound)

    def converge(self, enough: Callable[[], bool] = lambda: False) -> None:
        """Runs a healed system until it has converged and the tail is over, or until its bound; ends the history.

        A plan that has a probe is probed as soon as it has converged, if nothing was violated; the tail ends with the probe.
        """
        if self.over:
            return
        healed = self.now
        self.judge.advance(self.history)
        settled = self._settle(healed + self.plan.bound, 0 if self.plan.probe else self.plan.tail, enough)
        self.converged_after = None if settled is None else settled - healed
        if settled is not None and self.plan.probe and not self.judge.violations and not enough() and not self.over:
            self._probe(enough)
        if not self.over:
            self.end()

    def _settle(self, deadline: int, tail: int, enough: Callable[[], bool]) -> int | None:
        """Runs until nothing has been due for `tail` µs, or until the deadline; returns since when (µs) nothing is due."""
        settled = None
        while self.now < deadline and not self.over and not enough():
            if self.judge.settled():
                if settled is None:
                    settled = self.now
                if self.now - settled >= tail:
                    break
            else:
                settled = None
            self.advance(min(self.now + SLICE, deadline))
        return settled

    def _probe(self, enough: Callable[[], bool]) -> None:
        """Closes apps and sends messages, and runs until the apps were woken and everything is settled, or until the bounds."""
        begun, bound = self.now, self.plan.bound
        probe = Probe(self.deployment, self.judge.ledger, self.plan.seed)
        if not probe.writers:
            return
        probe.begin(bound)
        self.judge.advance(self.history)
        woken = next((prop for prop in self.judge.properties if isinstance(prop, SleepersAreNotified)), None)
        while self.now < begun + bound and not self.over and not enough() and not probe.stay_awake():
            if self.now - begun >= AT_LEAST and (woken is None or not woken.owed()):
                break
            self.advance(self.now + SLICE)
        if not self.over and not enough():
            probe.wake_all()
            self.judge.advance(self.history)
            self._settle(begun + 2 * bound, max(0, self.plan.tail - (self.now - begun)), enough)

    def end(self) -> None:
        """Ends the history, with what the run cost."""
        self.over = True
        self.deployment.record_costs()
        self.deployment.record(Ended)
        self.judge.advance(self.history)

    def execute(self) -> Outcome:
        """The whole run."""
        self.advance(self.plan.duration)
        self.heal()
        self.converge()
        return self.outcome()

    def seek(self, name: str, budget: int = 0) -> int | None:
        """Runs only until the property of this name is violated; the time of that in µs, or None if it never is.

        What it finds is what `execute` would: a run that is looked at more often is the same run. With a `budget` it is
        given up as endless after so many callbacks, if that is sooner than `execute` would.
        """
        if budget:
            self.deployment.env.budget = min(self.deployment.env.budget, budget)

        def found() -> bool:
            return any(violation.property == name for violation in self.judge.violations)

        while self.now < self.plan.duration and not self.over and not found():
            self.advance(min(self.now + 2 * SLICE, self.plan.duration))
        if not found():
            self.heal()
            self.converge(found)
        first = next((violation for violation in self.judge.violations if violation.property == name), None)
        return None if first is None else self.history[first.evidence[-1]].t

    def outcome(self) -> Outcome:
        judge = self.judge
        return Outcome(self.history, judge.violations, judge.verdicts(), self.converged_after, dict(judge.excused))
