"""What others cost, in the same unit: a bare heap, and the simulators that are installed beside Parley.

`make peers` installs them, of the index that pip uses, in an environment of their own: no part of Parley needs them. What is not
there is said to be not installed.
"""

from __future__ import annotations

import statistics

from benchmarks import unit

ROUNDS = 5


def show() -> None:
    """Prints what an event of each costs."""
    print("\npeers, an event in units")
    ratios = []
    for _ in range(ROUNDS):
        bare = unit.bare()
        ratios.append(unit.heap() / bare)
    print(f"  a bare heap       {statistics.median(ratios):8.2f}")
    print(f"  bare SimPy        {1:8.2f}")
