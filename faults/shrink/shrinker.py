"""Shrinks a plan that fails to a small one that fails in the same way: locally minimal, deterministic, after a count of runs.

Nothing here knows what a failure is: `Shrinker` is given an oracle that says when a plan fails, and asks it about smaller
and smaller plans. It guesses boldly first (what came after the failure, all of one conversation), then takes workload and
faults together through delta debugging, then devices, people and nodes, then parameters and times, and begins again until
a whole round has changed nothing. Every step it takes makes `faults.shrink.steps.measure` smaller, so that it ends, and what it
leaves is shrunk already: shrinking that again changes nothing.

Draws are keyed, so that what is left in a plan has the luck that it had: that is why leaving out works at all. Where much
is left, most of it is there for its effect on somebody else's luck: less of it is tried under other seeds, too. Only runs are
counted, never seconds: the same plan and the same budget give the same bytes on every machine.

Requirements: V6, V7.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from faults.kinds import Fault
from faults.plan import Action, Plan, PlanError, check
from faults.shrink import steps, topology_cuts
from faults.shrink.ddmin import ddmin
from faults.shrink.oracle import Oracle

T = TypeVar("T")

BUDGET = 1_500
"""Runs that shrinking may take, if not told otherwise."""

PAIRS = 10
"""Up to how many actions and faults it is tried to leave out two at once: that is n(n-1)/2 runs."""


FEW = 4
"""Of more actions and faults than these it is tried whether fewer do under another seed."""

SEEDS = 16
"""So many other seeds are tried: swept over 8 and 16 on the mutants whose plans stayed large."""


class Spent(Exception):
    """The budget is used up."""


@dataclass(frozen=True)
class Shrunk:
    """What became of a plan. `minimal`: no single step makes it smaller; else the budget of runs was not enough."""

    plan: Plan
    runs: int
    minimal: bool


def shrink(
    plan: Plan, oracle: Oracle, *, budget: int = BUDGET, on_run: Callable[[int, Plan], None] = lambda *_: None
) -> Shrunk:
    """The smallest plan that was found to fail as `plan` does. Raises ValueError if that one does not fail at all.

    `on_run` is told after each run how many there were, and the best plan so far.
    """
    return Shrinker(plan, oracle, budget, on_run).shrink()


class Shrinker:
    """The best plan so far, and what has been asked."""

    def __init__(
        self,
        plan: Plan,
        oracle: Oracle,
        budget: int = BUDGET,
        on_run: Callable[[int, Plan], None] = lambda *_: None,
    ) -> None:
        self.best = steps.tidy(plan)
        self.runs = 0
        self._oracle = oracle
        self._budget = budget
        self._on_run = on_run
        self._asked: dict[bytes, int | None] = {}
        self._size = steps.measure(self.best)
        self._failed_at = -1

    def shrink(self) -> Shrunk:
        """Rounds, until one changes nothing or the budget is spent."""
        at = self._ask(self.best)
        if at is None:
            raise ValueError("the plan does not fail in this way")
        self._failed_at = at
        try:
            size = None
            while size != self._size:
                size = self._size
                self._guess()
                self._surroundings()
                self._events()
                self._take_steps(steps.topologies)
                while any(map(self.attempt, self._luckier(self.best))):
                    self._events()
                self._take_steps(steps.parameters)
                self._take_steps(steps.times)
        except Spent:
            return Shrunk(self.best, self.runs, minimal=False)
        return Shrunk(self.best, self.runs, minimal=True)

    # --- asking ----------------------------------------------------------------------------------------------------

    def attempt(self, candidate: Plan) -> bool:
        """Takes the candidate for the best plan, if it is smaller, can be run, and fails."""
        candidate = steps.tidy(candidate)
        size = steps.measure(candidate)
        if size >= self._size:
            return False
        try:
            check(candidate, protocol=None)
        except PlanError:  # it names what is gone, or has times that make no sense
            return False
        at = self._ask(candidate)
        if at is None:
            return False
        self.best, self._size, self._failed_at = candidate, size, at
        return True

    def _ask(self, plan: Plan) -> int | None:
        known = msgspec.json.encode(plan)
        if known not in self._asked:
            if self.runs >= self._budget:
                raise Spent
            self.runs += 1
            self._asked[known] = self._oracle(plan)
            self._on_run(self.runs, self.best)
        return self._asked[known]

    def _reduce(self, items: Sequence[T], build: Callable[[list[T]], Plan]) -> None:
        """Delta debugging over a list of which a plan can be built."""
        ddmin(items, lambda kept: len(kept) < len(items) and self.attempt(build(kept)))

    def _take_steps(self, smaller: Callable[[Plan], Iterable[Plan]]) -> None:
        """Takes the first step that leads to a failing plan, and looks at that one's steps, until none does."""
        while any(map(self.attempt, smaller(self.best))):
            pass

    # --- what happens ----------------------------------------------------------------------------------------------

    def _guess(self) -> None:
        """Much at once: the probe, what came after the failure, and all of a kind, of a device, of a conversation."""
        self.attempt(replace(self.best, probe=False))
        at = self._failed_at
        self._keep(lambda item: item.at <= at)
        self._keep(lambda item: not _is_fault(item))
        for of in (_kind, _conversation, _device):
            groups = dict.fromkeys(of(item) for item in (*self.best.workload, *self.best.faults) if of(item))
            for group in groups if len(groups) > 1 else ():
                self._keep(lambda item, group=group, of=of: of(item) != group)  # type: ignore[misc]

    def _keep(self, chosen: Callable[[Action | Fault], bool]) -> None:
        self.attempt(_only(self.best, [item for item in _items(self.best) if chosen(item[1])]))

    def _events(self) -> None:
        """Delta debugging over actions and faults together; then two at once, and one with a count that follows it."""
        plan = self.best
        self._reduce(_items(plan), lambda kept: _only(plan, kept))
        while any(map(self.attempt, self._fewer())):
            pass

    def _luckier(self, plan: Plan) -> Iterable[Plan]:
        """Less of it, under other seeds: where much is needed, it often only brings about luck that another seed has."""
        items = _items(plan)
        for parts in (2, 4, min(8, len(items))) if len(items) > FEW else ():
            size = -(-len(items) // parts)
            for seed in range(1, SEEDS + 1):
                for start in range(0, len(items), size):
                    yield replace(_only(plan, items[:start] + items[start + size :]), seed=seed)

    def _fewer(self) -> Iterable[Plan]:
        plan, items = self.best, _items(self.best)
        for i in range(len(items)):
            rest = items[:i] + items[i + 1 :]
            for j, (at, fault) in enumerate(rest):
                if getattr(fault, "nth", 1) > 1:  # what was the third is the second now
                    yield _only(plan, [*rest[:j], (at, replace(fault, nth=fault.nth - 1)), *rest[j + 1 :]])  # type: ignore[union-attr]
        if len(items) <= PAIRS:
            for two in combinations(range(len(items)), 2):
                yield _only(plan, [item for i, item in enumerate(items) if i not in two])

    # --- who is there ----------------------------------------------------------------------------------------------

    def _surroundings(self) -> None:
        """Devices, users, conversations, members and gateways that nothing names: all at once if may be."""
        plan, named = self.best, topology_cuts.names_in(self.best)
        self._spare([d.name for d in plan.topology.devices], named, topology_cuts.only_devices)
        self._spare([c.name for c in self.best.topology.conversations], named, topology_cuts.only_conversations)
        owners = {device.user for device in self.best.topology.devices if device.name in named}
        self._spare(list(self.best.topology.users), named | owners, topology_cuts.only_users)
        members = [(c.name, user) for c in self.best.topology.conversations for user in c.members]
        self._spare(members, frozenset(), topology_cuts.only_memberships)
        gateways = [gateway for cluster in self.best.topology.clusters for gateway in cluster.gateways]
        self._spare(gateways, named, topology_cuts.only_gateways)

    def _spare(self, names: list[T], named: frozenset[object], only: Callable[[Plan, list[T]], Plan]) -> None:
        plan = self.best
        needed = [name for name in names if name in named]
        self._reduce([name for name in names if name not in named], lambda kept: only(plan, [*needed, *kept]))


def _items(plan: Plan) -> list[tuple[int, Action | Fault]]:
    """Actions and faults in the order of their times, each with a number that says where it belongs."""
    return sorted(enumerate((*plan.workload, *plan.faults)), key=lambda item: (item[1].at, item[0]))


def _only(plan: Plan, items: Sequence[tuple[int, Action | Fault]]) -> Plan:
    """The plan with these of its actions and faults, in the order that they had."""
    kept = [item for _, item in sorted(items, key=lambda item: item[0])]
    workload = tuple(item for item in kept if not isinstance(item, Fault))
    return replace(plan, workload=workload, faults=tuple(item for item in kept if isinstance(item, Fault)))


def _is_fault(item: Action | Fault) -> bool:
    return isinstance(item, Fault)


def _kind(item: Action | Fault) -> str:
    return str(item.__struct_config__.tag)


def _conversation(item: Action | Fault) -> str:
    return str(getattr(item, "conversation", ""))


def _device(item: Action | Fault) -> str:
    return str(getattr(item, "device", ""))
