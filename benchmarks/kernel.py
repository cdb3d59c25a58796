"""Events a second of the simulation kernel, as a ratio to a bare SimPy callback loop in the same run.

Both sides do the same: 100 chains of events, each event scheduling the next one after a latency. The bare loop is a
`simpy.Environment` with a `Timeout` and a callback a step, with a constant latency. The kernel side is one message an
event, from node to node, with everything that a message costs: keyed latency, keyed tie, link, incarnation, cause, and
dispatch to the receiving method. 1.0 means that a message costs as much as a SimPy time-out with a callback.

Run: `python -m benchmarks.kernel`. Target of a later part: 0.8.
"""

from __future__ import annotations

import statistics
import time

import simpy
from xxhash import xxh3_64_intdigest as digest

from sim.distributions import LogNormal
from sim.draws import Draws
from sim.environment import Environment
from sim.network import Network
from sim.node import Node

CHAINS = 100
EVENTS = 200_000
ROUNDS = 7


def bare() -> float:
    """Seconds of CPU for EVENTS SimPy time-outs with a callback."""
    env = simpy.Environment()
    left = EVENTS

    def step(_: object) -> None:
        nonlocal left
        left -= 1
        if left > 0:
            env.timeout(7).callbacks.append(step)

    for i in range(CHAINS):
        env.timeout(i).callbacks.append(step)
    start = time.process_time()
    env.run()
    return time.process_time() - start


def callbacks() -> float:
    """Seconds of CPU for EVENTS bare callbacks of the kernel, with keyed ties."""
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
    return time.process_time() - start


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
    """Seconds of CPU for EVENTS messages between nodes."""
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
    return time.process_time() - start


def main() -> None:
    """Alternates the three, and prints the median of the ratios: the machine's noise hits all alike."""
    rounds = [(bare(), callbacks(), messages()) for _ in range(ROUNDS)]
    base = statistics.median(b for b, _, _ in rounds) / EVENTS * 1e6
    print(f"bare SimPy time-out with callback   {base:.3f} µs")
    print(f"kernel callback, rate against it    {statistics.median(b / c for b, c, _ in rounds):.2f}")
    print(f"kernel message, rate against it     {statistics.median(b / m for b, _, m in rounds):.2f}")


if __name__ == "__main__":
    main()
