"""A line of requests before some servers: who is served when, by hand."""

from __future__ import annotations

from sim.capacity import Line


def test_one_server_serves_one_after_the_other() -> None:
    line = Line(1)
    assert [line.enter(0, 10), line.enter(0, 10), line.enter(5, 10), line.enter(100, 10)] == [0, 10, 15, 0]
    assert line.ahead(100) == 10
    assert line.ahead(110) == 0


def test_two_servers_serve_two_at_a_time_and_nobody_is_overtaken() -> None:
    line = Line(2)
    assert [line.enter(0, 100), line.enter(0, 10), line.enter(0, 10), line.enter(0, 10)] == [0, 0, 10, 20]
    assert line.ahead(0) == 30


def test_who_comes_later_does_not_begin_before_one_that_waits() -> None:
    """By the numbers alone it might: a node that stood still serves what waited when it goes on."""
    line = Line(2)
    line.enter(0, 50)
    line.enter(0, 50)
    assert line.enter(10, 1) == 40
    assert line.enter(20, 1) == 30
    assert line.ahead(20) == 31


def test_a_line_without_servers_has_one() -> None:
    assert Line(0).enter(0, 1) == 0


def test_the_line_knows_who_waits_in_order_and_numbers_them() -> None:
    line = Line(1)
    first, second = line.join(3, "a"), line.join(4, "b")
    assert (first.ticket, first.since, second.ticket) == (1, 3, 2)
    assert [entry.request for entry in line.waiting] == ["a", "b"]
    assert [entry.comparable() for entry in line.comparable()] == [("a",), ("b",)]
