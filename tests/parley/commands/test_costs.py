"""`parley costs`: what a message costs under each fan-out strategy, counted where it happens."""

from __future__ import annotations

import re

import pytest
from support import Tale, parley, scenario

from model.events import Counted, Persisted
from parley.commands import costs
from reports.text.costs import COSTS, PRICED, Cost, cost

pytestmark = pytest.mark.requirement("R6", "P11")


def told(tale: Tale) -> Cost:
    tale.add(Persisted, "c", 1, "m1", "ann", "a1", node="store")
    tale.add(Persisted, "c", 2, "m2", "ann", "a1", node="store")
    tale.add(Counted, "inbox", 5, 50, node="run")
    tale.add(Counted, "messages", 2, 80, node="run")
    tale.add(Counted, "heads read", 100, 0, node="run")
    return cost(tale.events)


def test_a_cost_is_per_message_and_leaves_out_what_follows_from_heartbeats() -> None:
    found = told(Tale())
    assert found.messages == 2
    assert found.per_message(("inbox",)) == 2.5
    assert found.per_message(("inbox", "messages")) == 3.5
    assert found.bytes_per_message(PRICED) == 65.0
    assert "heads read" not in PRICED


def test_costs_of_runs_add_up_and_no_message_has_no_cost() -> None:
    both = told(Tale())
    both.merge(told(Tale()))
    assert (both.messages, both.counted["inbox"]) == (4, (10, 100))
    assert both.per_message(("inbox",)) == 2.5
    assert Cost().per_message(("inbox",)) is None


def test_each_strategy_pays_where_it_should() -> None:
    """On write by the recipient, on read by the fetch, the hybrid by neither above its threshold."""
    found = {
        priced.strategy: priced for priced in costs.run_priced([(scenario("matrix_large"), range(1, 5))], "", jobs=1)
    }
    assert all(priced.failures == [] and priced.runs == 4 for priced in found.values())
    per_message = {
        strategy: {title: priced.cost.per_message(kinds) or 0 for title, kinds in COSTS.items()}
        for strategy, priced in found.items()
    }
    write, read, hybrid = per_message["on write"], per_message["on read"], per_message["hybrid"]
    inbox, queue, pushes = "inbox rows, one a recipient", "queue operations", "pushes"
    assert write[inbox] > 3 > hybrid[inbox] > read[inbox] == 0
    assert write[queue] > 2 * hybrid[queue]
    assert read[pushes] == 0 < hybrid[pushes]
    assert read["rows sent in pages"] > hybrid["rows sent in pages"]


def test_the_table_has_a_column_for_each_strategy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert parley("costs", "w1", "matrix_small", "--seeds", "2", "--jobs", "1", monkeypatch=monkeypatch) == 0
    lines = capsys.readouterr().out.splitlines()
    heads = [re.split(r"  +", line.strip()) for line in lines if "per message" in line]
    assert heads == [[f"{name}, per message", "on write", "on read", "hybrid"] for name in ("w1", "matrix_small")]
    assert max(map(len, lines)) <= 80
    assert "PASS" in lines[-1]
