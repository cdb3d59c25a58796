"""Time-outs of calls outside the heap: what runs, when and in which order is as if each of them were in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sim.distributions import Constant
from sim.draws import Draws
from sim.environment import Environment
from sim.history import Event, Resumed
from sim.network import Network
from sim.node import UNKNOWN, Node

pytestmark = pytest.mark.requirement("N1", "F2")


class Question:
    def __init__(self, number: int, answered: bool = True) -> None:
        self.number = number
        self.answered = answered

    def key(self) -> int:
        return self.number


class Peer(Node):
    receives = {Question: "on_question"}

    def install(self) -> None:
        self.log: list[tuple[int, int, str]] = []

    def on_question(self, question: Question, call: Any) -> None:
        if question.answered:
            self.reply(call, Question(question.number))

    def put(self, question: Question, timeout: int = 10_000) -> None:
        self.ask("b", question, timeout, self.answered, question.number)

    def answered(self, answer: Any, number: int) -> None:
        self.log.append((int(self.env.now), number, "unknown" if answer is UNKNOWN else "answered"))


class Heap(Environment):
    """What the lanes stand for: each time-out is in the heap."""

    def give_up(self, delay: int, tie: int, then: Callable[[Any], object], call: Any) -> None:
        self.at(delay, tie, then, call)


def run(env: Environment) -> tuple[list[Any], list[Event], int]:
    """Two callers ask by turns, some in vain, some at the same time; one of them is paused meanwhile, and one dies."""
    history: list[Event] = []
    network = Network(env, Draws(7), history, lambda a, b: Constant(value=100).sampler())
    a, b, c = (Peer(network, name, "r") for name in "abc")
    for node in (a, b, c):
        node.start()
    for i in range(60):
        for caller in (a, c):
            env.at_first(1_000 + 700 * (i // 2), caller.put, Question(2 * i + (caller is c), i % 5 != 0))
    env.at_first(3_000, lambda _: a.ask("b", Question(999), 4_567, a.answered, 999))
    env.at_first(5_000, lambda _: a.pause())
    env.at_first(17_000, lambda _: a.resume())
    env.at_first(19_500, lambda _: c.crash())
    env.at_first(26_000, lambda _: a.pause())
    env.at_first(26_300, lambda _: a.resume())
    env.run_until(100_000)
    return [*a.log, *c.log], history, len(env._queue)


def test_what_happens_is_as_if_each_time_out_were_in_the_heap() -> None:
    lanes, heap = run(Environment()), run(Heap())
    assert lanes == heap
    log, history, left = lanes
    assert {what for _, _, what in log} == {"answered", "unknown"}
    assert not left
    late = [event.deferred for event in history if isinstance(event, Resumed)]
    assert late[0] > 20  # those of answered calls, too


def test_answered_calls_leave_nothing_in_the_heap() -> None:
    env = Environment()
    network = Network(env, Draws(1), [], lambda a, b: Constant(value=100).sampler())
    a, b = Peer(network, "a", "r"), Peer(network, "b", "r")
    a.start()
    b.start()
    most = 0
    for i in range(500):
        a.put(Question(i))
        env.run_until(int(env.now) + 1_000)
        most = max(most, len(env._queue))
    assert len(a.log) == 500
    assert most <= 2
