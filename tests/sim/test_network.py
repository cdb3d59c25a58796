"""Links, calls and connections: what may happen to a message, and what may not."""

from __future__ import annotations

from typing import Any

import pytest

from sim.distributions import Constant, Uniform
from sim.draws import Draws, key
from sim.environment import Environment
from sim.history import MessageLost
from sim.network import Connection, Fate, Network
from sim.node import UNKNOWN, Node


class Note:
    def __init__(self, text: str) -> None:
        self.text = text

    def key(self) -> int:
        return key(self.text)


class Peer(Node):
    receives = {Note: "on_note"}

    def install(self) -> None:
        self.got: list[str] = []
        self.times: list[int] = []
        self.lost: list[str] = []
        self.last: Connection | None = None

    def on_note(self, note: Note, source: Any) -> None:
        self.got.append(note.text)
        self.times.append(self.now)
        if isinstance(source, Connection):
            self.last = source
        elif source is not None:
            self.reply(source, Note(f"re {note.text}"))

    def connection_lost(self, connection: Connection, why: str) -> None:
        self.lost.append(why)


class Every:
    """A rule for every link."""

    def __init__(self, change: Any) -> None:
        self.change = change

    def covers(self, source: Node, target: Node) -> bool:
        return True

    def apply(self, payload: Any, number: int, ordered: bool, fate: Fate) -> None:
        self.change(fate)


def world(latency: Any = None) -> tuple[Environment, Network, Peer, Peer]:
    env = Environment()
    sampler = (latency or Constant(value=100)).sampler()
    network = Network(env, Draws(1), [], lambda a, b: sampler)
    a, b = Peer(network, "a", "x"), Peer(network, "b", "y")
    a.start()
    b.start()
    return env, network, a, b


def lose(fate: Fate) -> None:
    fate.lost = "test"


def double(fate: Fate) -> None:
    fate.copies = 2


@pytest.mark.requirement("F3")
def test_a_call_is_answered_or_unknown_never_both() -> None:
    env, network, a, b = world()
    answers: list[Any] = []
    a.ask("b", Note("one"), 1_000, lambda answer, _: answers.append(answer))
    env.run_until(2_000)
    rule = Every(lose)
    network.add_rule(rule)
    a.ask("b", Note("two"), 1_000, lambda answer, _: answers.append(answer))
    env.run_until(4_000)
    network.remove_rule(rule)
    assert [getattr(answer, "text", answer) for answer in answers] == ["re one", UNKNOWN]
    assert b.got == ["one"]
    a.ask("b", Note("three"), 150, lambda answer, _: answers.append(answer))
    env.run_until(9_000)
    assert answers[2:] == [UNKNOWN], "an answer after the time-out is ignored"
    assert b.got == ["one", "three"], "and yet the call happened"


@pytest.mark.requirement("F3")
def test_duplicated_calls_happen_twice_and_are_answered_once() -> None:
    env, network, a, b = world()
    network.add_rule(Every(double))
    answers: list[Any] = []
    a.ask("b", Note("x"), 1_000, lambda answer, _: answers.append(answer))
    env.run_until(5_000)
    assert b.got == ["x", "x"]
    assert len(answers) == 1


@pytest.mark.requirement("F3")
def test_a_one_way_partition_cuts_one_way_and_is_written_down() -> None:
    env, network, a, b = world()
    mend = network.partition(lambda s, t: s is a)
    a.cast("b", Note("lost"))
    b.cast("a", Note("through"))
    env.run_until(1_000)
    assert (a.got, b.got) == (["through"], [])
    assert [e.why for e in network.history if isinstance(e, MessageLost)] == ["partition"]
    mend()
    mend()
    a.cast("b", Note("again"))
    env.run_until(2_000)
    assert b.got == ["again"]


@pytest.mark.requirement("F3")
def test_overlapping_partitions_need_both_to_be_mended() -> None:
    env, network, a, b = world()
    first = network.partition(lambda s, t: True)
    second = network.partition(lambda s, t: True)
    first()
    a.cast("b", Note("still cut"))
    env.run_until(1_000)
    assert b.got == []
    second()
    a.cast("b", Note("free"))
    env.run_until(2_000)
    assert b.got == ["free"]


@pytest.mark.requirement("F3")
def test_datagrams_overtake_each_other_and_frames_do_not() -> None:
    env, network, a, b = world(Uniform(low=0, high=10_000))
    names = [f"n{i}" for i in range(30)]
    for name in names:
        a.cast("b", Note(name))
    env.run_until(100_000)
    assert sorted(b.got) == sorted(names)
    assert b.got != names
    b.got.clear()
    connection = network.connect(a, "b", Note("hello"))
    for name in names:
        connection.send(a, Note(name))
    env.run_until(200_000)
    assert b.got == ["hello", *names]


@pytest.mark.requirement("F3")
def test_a_reset_loses_what_is_in_flight_and_tells_both_ends() -> None:
    env, network, a, b = world()
    connection = network.connect(a, "b", Note("hello"))
    env.run_until(1_000)
    connection.send(a, Note("in flight"))
    connection.reset()
    env.run_until(2_000)
    assert b.got == ["hello"]
    assert (a.lost, b.lost) == (["reset"], ["reset"])


@pytest.mark.requirement("F3", "F8")
def test_a_silent_death_leaves_the_other_end_half_open() -> None:
    env, network, a, b = world()
    network.connect(a, "b", Note("hello"))
    env.run_until(1_000)
    assert b.last is not None
    a.crash(silent=True)
    env.run_until(2_000)
    assert b.lost == []
    assert b.last.is_open(b), "nobody told it"
    b.last.send(b, Note("into the void"))
    env.run_until(3_000)
    assert a.got == []
    a.restart()
    b.last.send(b, Note("to a live kernel"))
    env.run_until(4_000)
    assert b.lost == ["reset"], "the new incarnation's kernel doesn't know the connection"


@pytest.mark.requirement("F1")
def test_a_connect_to_a_dead_node_is_refused() -> None:
    env, network, a, b = world()
    b.crash()
    network.connect(a, "b", Note("hello"))
    env.run_until(1_000)
    assert a.lost == ["refused"]


@pytest.mark.requirement("V7")
def test_a_message_has_the_same_luck_whatever_else_travels() -> None:
    def arrival(crowd: int) -> int:
        env, _, a, b = world(Uniform(low=0, high=10_000))
        for i in range(crowd):
            a.cast("b", Note(f"crowd {i}"))
        a.cast("b", Note("watched"))
        env.run_until(100_000)
        return b.times[b.got.index("watched")]

    assert arrival(0) == arrival(50)


def test_ties_are_explored_by_key_and_first_in_first_out_without() -> None:
    def order(seed: int, explore: bool) -> list[str]:
        env = Environment(explore_ties=explore)
        network = Network(env, Draws(seed), [], lambda a, b: Constant(value=100).sampler())
        a, b = Peer(network, "a", "x"), Peer(network, "b", "y")
        a.start()
        b.start()
        for i in range(6):
            a.cast("b", Note(f"n{i}"))
        env.run_until(1_000)
        return b.got

    names = [f"n{i}" for i in range(6)]
    assert order(1, explore=False) == names
    assert len({tuple(order(seed, explore=True)) for seed in range(10)}) > 5
    assert order(4, explore=True) == order(4, explore=True)
