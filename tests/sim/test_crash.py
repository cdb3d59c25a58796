"""A crash runs nothing of the crashed node: the promise on which every crash test of the model rests."""

from __future__ import annotations

import gc

import pytest

from sim.distributions import Constant
from sim.draws import Draws, key
from sim.environment import Environment
from sim.network import Network
from sim.node import UNKNOWN, Node, Steps


class Ping:
    def key(self) -> int:
        return key("ping")


class Diary(Node):
    """Writes down everything that it runs, into a diary that outlives it."""

    receives = {Ping: "on_ping"}
    points = ("before", "after")

    def install(self) -> None:
        self.diary: list[str] = []

    def on_ping(self, ping: Ping, call: object) -> None:
        self.diary.append("ping")
        self.reply(call, "pong")  # type: ignore[arg-type]

    def handler(self) -> Steps:
        try:
            self.diary.append("began")
            yield self.step("before")
            yield self.sleep(1_000)
            self.diary.append("went on")
            yield self.step("after")
            self.diary.append("done")
        except BaseException as error:
            self.diary.append(f"except {type(error).__name__}")
            raise
        finally:
            self.diary.append("finally")

    def caller(self, to: str) -> Steps:
        answer = yield self.call(to, Ping(), 10_000)
        self.diary.append("unknown" if answer is UNKNOWN else answer)


def pair() -> tuple[Environment, Diary, Diary]:
    env = Environment()
    network = Network(env, Draws(1), [], lambda a, b: Constant(value=100).sampler())
    a, b = Diary(network, "a", "here"), Diary(network, "b", "here")
    a.start()
    b.start()
    return env, a, b


@pytest.mark.requirement("F1")
def test_a_crash_runs_no_except_no_finally_and_no_timer() -> None:
    env, a, _ = pair()
    a.spawn(a.handler())
    a.after(500, lambda _: a.diary.append("timer"))
    env.run_until(200)
    a.crash()
    del_me = gc.collect()
    env.run_until(5_000)
    gc.collect()
    assert a.diary == ["began"], del_me
    a.restart()
    env.run_until(10_000)
    assert a.diary == ["began"], "the new incarnation must not run what the old one left"


@pytest.mark.requirement("F1")
@pytest.mark.parametrize(("point", "diary"), [("before", ["began"]), ("after", ["began", "went on"])])
def test_a_crash_at_an_armed_point_stops_the_handler_there(point: str, diary: list[str]) -> None:
    env, a, _ = pair()
    a.watched[point] = [lambda node: node.crash(point=point)]
    a.spawn(a.handler())
    env.run_until(5_000)
    gc.collect()
    assert a.diary == diary


@pytest.mark.requirement("F1")
def test_a_plain_method_stops_at_its_armed_point() -> None:
    env, a, _ = pair()
    a.watched["before"] = [lambda node: node.crash()]
    a.point("before", lambda _: a.diary.append("after the point"))
    env.run_until(1_000)
    assert a.diary == []


@pytest.mark.requirement("F1")
def test_what_was_under_way_reaches_neither_the_dead_nor_the_reborn() -> None:
    env, a, b = pair()
    a.spawn(a.caller("b"))
    b.spawn(b.caller("a"))
    env.run_until(50)
    b.crash()
    b.restart()
    env.run_until(50_000)
    assert b.diary == [], "the request was sent to the old incarnation, and so is the answer to its call"
    assert a.diary == ["ping", "unknown"], "b's call had left before the crash; a's own call never arrives"


@pytest.mark.requirement("F2")
def test_a_paused_node_runs_nothing_until_it_resumes_and_then_all_in_order() -> None:
    env, a, b = pair()
    a.after(300, lambda _: a.diary.append("timer"))
    b.cast("a", Ping())
    a.spawn(a.handler())
    env.run_until(50)
    a.pause()
    env.run_until(5_000)
    assert a.diary == ["began"]
    a.resume()
    assert a.diary == ["began", "ping", "timer", "went on", "done", "finally"]


@pytest.mark.requirement("F2")
def test_a_node_that_is_killed_while_paused_runs_nothing_of_what_waited() -> None:
    env, a, _ = pair()
    a.after(300, lambda _: a.diary.append("timer"))
    a.pause()
    env.run_until(5_000)
    a.crash()
    a.restart()
    env.run_until(10_000)
    assert a.diary == []
