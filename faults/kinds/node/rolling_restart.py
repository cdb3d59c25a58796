"""Servers are restarted one after the other.

Requirements: F1.
"""

from __future__ import annotations

from collections.abc import Iterator

from faults.kit import Aims, End, Fault, Held, Lasting, Node, Picker, Selector, Site, There, Wrong, holding, kind


@kind("rolling_restart")
class RollingRestart(Fault):
    """All servers that are selected restart in turn over `duration` µs; each is down for at most half of its turn.

    A gateway drains for the first quarter of its turn, and is down for the second. One that is dead when its turn comes is left
    alone.
    """

    nodes_of: Selector
    duration: Lasting

    requirement = "F1"

    def wrong(self, there: There) -> Iterator[Wrong]:
        yield from super().wrong(there)
        if not there.selects(self.nodes_of, device=False):
            yield Wrong("nodes_of", f"expected servers, but {self.nodes_of!r} selects only devices")

    def holds(self, site: Site, node: Node | None = None) -> Held:
        return holding(self.turns(site))

    def begin(self, site: Site) -> End | None:
        turns = self.turns(site)
        turn = self.duration // max(1, len(turns))
        down: dict[Node, End] = {}

        def stop(node: Node) -> None:
            if node.up:
                down[node] = site.drain(node, turn // 4)

        def start(node: Node) -> None:
            if node in down:
                down.pop(node)()

        for place, node in enumerate(turns):
            site.later(place * turn, stop, node)
            site.later(place * turn + turn // 2, start, node)

        def end() -> None:
            for node in list(down):
                start(node)

        return end

    def turns(self, site: Site) -> list[Node]:
        """The servers in the order in which they restart."""
        selected = site.selects((self.nodes_of,))
        return [node for node in site.servers() if selected(node)]

    @classmethod
    def draw(cls, pick: Picker, aims: Aims) -> Fault:
        component = pick.choose([component for component in aims.of_kind if component != "device"])
        return cls(nodes_of=f"kind:{component}", at=aims.when(pick), duration=aims.a_while(pick))
