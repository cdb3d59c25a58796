"""What a callback and a message of the simulation kernel cost, on the load of `benchmarks/unit.py`.

A message goes from node to node, with everything that it costs: keyed latency, keyed tie, link, incarnation, cause, and dispatch
to the receiving method.
"""

from __future__ import annotations

import time

from xxhash import xxh3_64_intdigest as digest

from benchmarks.unit import CHAINS, EVENTS
from sim.distributions import LogNormal
from sim.draws import Draws
from sim.environment import Environment
from sim.network import Network
from sim.node import Node


def callbacks() -> float:
    """Seconds of CPU for one bare callback of the kernel, with a keyed tie."""
    env = Environment()
    left = EVENTS
    tie = 0

    def step(_: object) -> None:
        nonlocal left, tie
        left -= 1
        tie = (tie + 0x9E3779B9) & 0xFFFFFFFF
        if left > 0:
            env.at(7, tie, step)

    for i in range(CHAINS):
        env.at(i, i, step)
    start = time.process_time()
    env.run_until(1 << 50)
    return (time.process_time() - start) / EVENTS


class Hop:
    """A message that is passed on."""

    __slots__ = ("number",)

    def __init__(self, number: int) -> None:
        self.number = number

    def key(self) -> int:
        return digest(f"Hop {self.number}".encode())


class Relay(Node):
    """Passes every message on to the next node."""

    receives = {Hop: "on_hop"}  # noqa: RUF012
    left = EVENTS
    to = ""

    def on_hop(self, hop: Hop, source: None) -> None:
        Relay.left -= 1
        if Relay.left > 0:
            self.cast(self.to, hop)


def messages() -> float:
    """Seconds of CPU for one message between nodes."""
    env = Environment()
    sampler = LogNormal(median=500, p99=3_000).sampler()
    network = Network(env, Draws(1), [], lambda a, b: sampler)
    nodes = [Relay(network, f"n{i}", "r") for i in range(CHAINS)]
    Relay.left = EVENTS
    for i, node in enumerate(nodes):
        node.to = nodes[(i + 1) % CHAINS].name
        node.start()
        node.cast(node.to, Hop(i))
    start = time.process_time()
    env.run_until(1 << 50)
    return (time.process_time() - start) / EVENTS
