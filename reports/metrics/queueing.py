"""Queueing theory in closed form: what a line of c servers should do, to hold the model's lines against.

Requirements: V8, R1.
"""

from __future__ import annotations


def erlang_c(servers: int, load: float) -> float:
    """The share of requests that have to wait in an M/M/c, at a load per server below 1."""
    offered = servers * load
    blocked = 1.0
    for number in range(1, servers + 1):  # Erlang's B, by its recursion
        blocked = offered * blocked / (number + offered * blocked)
    return blocked / (1 - load * (1 - blocked))


def mean_wait(servers: int, load: float, service: float, variation: float = 1.0) -> float:
    """The mean wait, in the unit of the mean `service` time, at a load per server below 1.

    `variation` is the squared coefficient of variation of service times: 1 for an M/M/c, where this is exact; else it is
    the approximation of Allen and Cunneen.
    """
    return erlang_c(servers, load) * service / (servers * (1 - load)) * (1 + variation) / 2
