"""What an event costs with other simulators, on the load of `benchmarks/unit.py`: run by the Python that has them.

    .venvs/peers/bin/python -m benchmarks.ring NAME     # a name of PEERS; prints units, or nothing if it is not installed

simloop runs asyncio under a clock of its own, so that an event is a `call_later`; a happysim event goes to an entity.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
from collections.abc import Callable
from time import process_time as cpu

from benchmarks.unit import CHAINS, bare

EVENTS = 20_000
ROUNDS = 5


def simloop() -> float:
    """Seconds of CPU for one call_later of simloop."""
    import simloop

    left = EVENTS

    async def ring() -> None:
        loop = asyncio.get_running_loop()
        done = loop.create_future()

        def step() -> None:
            nonlocal left
            left -= 1
            if left > 0:
                loop.call_later(0.007, step)
            elif not done.done():
                done.set_result(None)

        for i in range(CHAINS):
            loop.call_later(i / 1000, step)
        await done

    start = cpu()
    if simloop.explore(ring, [1]) is not None:
        raise AssertionError("the ring failed")
    return (cpu() - start) / EVENTS


def happysim() -> float:
    """Seconds of CPU for one event of happysim."""
    from happysimulator import Entity, Event, Instant, Simulation

    class Ring(Entity):  # type: ignore[misc]
        left = EVENTS

        def handle_event(self, event: Event) -> list[Event]:
            self.left -= 1
            return [Event(time=event.time + 0.007, event_type="step", target=self)] if self.left > 0 else []

    ring = Ring("ring")
    simulation = Simulation(entities=[ring], end_time=Instant.from_seconds(1_000_000))
    for i in range(CHAINS):
        simulation.schedule(Event(time=Instant.from_seconds(i / 1000), event_type="step", target=ring))
    start = cpu()
    simulation.run()
    return (cpu() - start) / EVENTS


PEERS: dict[str, Callable[[], float]] = {"simloop": simloop, "happysim": happysim}


def main(name: str) -> None:
    """Prints the median, in units of the same Python."""
    try:
        print(statistics.median(PEERS[name]() / bare() for _ in range(ROUNDS)))
    except ImportError:
        return


if __name__ == "__main__":
    main(sys.argv[1])
