"""Faults that strike many nodes together: a region goes down, a kind of node is restarted one after the other.

Requirements: F1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from faults.kinds.base import End, _Fault, all_of, kill
from sim.node import Node

if TYPE_CHECKING:
    from faults.injector import Injector


class RegionDown(_Fault, frozen=True, kw_only=True, tag="region_down"):
    """All servers of a region lose power at once, and are started again `down` µs later. Its devices live on."""

    region: str
    down: int

    requirement: ClassVar[str] = "F1"
    everyday: ClassVar[bool] = False

    def selectors(self) -> list[tuple[str, tuple[str, ...]]]:
        return [("region", (f"region:{self.region}",))]

    def lasts(self) -> int:
        return self.down

    def idle(self, injector: Injector) -> bool:
        return not self.dying(injector)

    def begin(self, injector: Injector) -> End | None:
        return all_of([kill(node, injector, silent=True) for node in self.dying(injector)])

    def dying(self, injector: Injector) -> list[Node]:
        return [node for node in _servers(injector) if node.region == self.region and node.up]


class RollingRestart(_Fault, frozen=True, kw_only=True, tag="rolling_restart"):
    """All servers that are selected restart in turn over `duration` µs; each is down for at most half of its turn.

    One that is dead when its turn comes is left alone.
    """

    nodes_of: str
    duration: int

    requirement: ClassVar[str] = "F1"
    everyday: ClassVar[bool] = False

    def selectors(self) -> list[tuple[str, tuple[str, ...]]]:
        return [("nodes_of", (self.nodes_of,))]

    def lasts(self) -> int:
        return self.duration

    def begin(self, injector: Injector) -> End | None:
        selected = injector.selects((self.nodes_of,))
        turns = [node for node in _servers(injector) if selected(node)]
        down: dict[Node, End] = {}

        def stop(node: Node) -> None:
            if node.up:
                down[node] = kill(node, injector)

        def start(node: Node) -> None:
            if node in down:
                down.pop(node)()

        turn = self.duration // max(1, len(turns))
        for place, node in enumerate(turns):
            injector.later(place * turn, stop, node)
            injector.later(place * turn + turn // 2, start, node)

        def end() -> None:
            for node in list(down):
                start(node)

        return end


def _servers(injector: Injector) -> list[Node]:
    return [node for node in injector.network.nodes.values() if node.name not in injector.deployment.devices]
