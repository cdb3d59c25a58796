"""The closed forms of queueing theory, against values that are known."""

from __future__ import annotations

import pytest

from reports.metrics.queueing import erlang_c, mean_wait

pytestmark = pytest.mark.requirement("V8")


def test_one_server_is_busy_as_often_as_its_load_says() -> None:
    for load in (0.1, 0.5, 0.9):
        assert erlang_c(1, load) == pytest.approx(load)
        assert mean_wait(1, load, 10.0) == pytest.approx(10 * load / (1 - load))


def test_several_servers_as_in_the_tables() -> None:
    """Two at half load: a third has to wait. Ten at 0.8, 8 erlangs: 0.409 (tables of Erlang's C)."""
    assert erlang_c(2, 0.5) == pytest.approx(1 / 3)
    assert erlang_c(10, 0.8) == pytest.approx(0.4092, abs=1e-4)
    assert mean_wait(2, 0.5, 1.0) == pytest.approx(1 / 3)


def test_without_variation_the_wait_is_half_as_long() -> None:
    assert mean_wait(1, 0.5, 10.0, 0.0) == pytest.approx(5.0)
