"""What a Hypothesis test reports of all its examples, and that these draw all that people do and end with a probe."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, find, settings
from support import SECOND, Tale, of, plan

from faults.plan import Action, Block, Create, OpenList, Plan, ProtocolRef, Scroll
from model.events import Probed
from model.protocol import REFERENCE
from parley.machine.deployments import DEPLOYMENTS
from parley.machine.figures import PERCENTILES, SHOWN, Figures, latest, line
from parley.machine.strategies import plans, talks
from parley.runner import execute
from sim.history import Event

pytestmark = pytest.mark.requirement("V2", "R1")


def test_figures_of_all_examples_together() -> None:
    figures = Figures()
    for at in (5, 20):
        outcome = execute(plan(sends=((at * SECOND, "alice-phone"), (at * SECOND + 1, "bob-phone"))), REFERENCE)
        own = figures.add(outcome.history, outcome.converged_after is not None, 7)
        assert 0 < latest(own, "tap_to_screen") < 1
    recorded = dict(figures.properties())
    assert (figures.examples, figures.steps) == (2, 14)
    assert {name.removeprefix("parley ").rpartition("_p")[0] for name in recorded if "goals" not in name} <= {*SHOWN}
    assert (
        recorded["parley tap_to_screen_p50"]
        <= recorded["parley tap_to_screen_p99"]
        == max(figures.metrics.samples["tap_to_screen"])
    )
    assert recorded["parley goals_reached"] == len(figures.reached)
    told = line(recorded)
    assert told.startswith("send to screen ")
    assert told.endswith(" goals reached")
    assert len(told.split(";")[0].split(" / ")) == len(PERCENTILES)


def test_what_was_not_measured_is_not_told() -> None:
    history: list[Event] = Tale().events
    figures = Figures()
    figures.add(history, converged=False)
    assert dict(figures.properties()) == {"parley goals_reached": len(figures.reached)}
    assert line({}) == ""
    assert latest(figures.metrics, "queue_lag") == 0


@pytest.mark.parametrize("kind", [Block, Create, OpenList, Scroll])
def test_whole_plans_draw_all_that_people_do(kind: type[Action]) -> None:
    quick = settings(max_examples=2_000, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    found = find(
        plans(DEPLOYMENTS["group"], ProtocolRef(), most_faults=0),
        lambda drawn: any(isinstance(action, kind) for action in drawn.workload),
        settings=quick,
    )
    assert len(found.workload) == 1


def test_plans_end_with_a_probe() -> None:
    drawn: Plan = find(
        plans(DEPLOYMENTS["plain"], ProtocolRef(), most_faults=0), lambda _: True, settings=settings(database=None)
    )
    assert drawn.probe
    assert of(execute(drawn, REFERENCE).history, Probed)


def test_a_conversation_that_begins_later_is_not_written_to_before() -> None:
    group = DEPLOYMENTS["group"].topology
    assert {name for _, name in talks(group)} == {"friends"}
    assert {name for _, name in talks(group, later=True)} == {"club"}
