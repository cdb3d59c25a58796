"""Servers are restarted one after the other.

Requirements: F1.
"""

from __future__ import annotations

from collections.abc import Iterator

from faults.kit import Aims, End, Fault, Lasting, Node, Picker, Selector, Site, There, Wrong, kind


@kind("rolling_restart")
class RollingRestart(Fault):
    """All servers that are selected restart in turn over `duration` µs; each is down for at most half of its turn.

    One that is dead when its turn comes is left alone.
    """

    nodes_of: Selector
    duration: Lasting

    requirement = "F1"

    def wrong(self, there: There) -> Iterator[Wrong]:
        yield from super().wrong(there)
        if not there.selects(self.nodes_of, device=False):
            yield Wrong("nodes_of", f"expected servers, but {self.nodes_of!r} selects only devices")

    def begin(self, site: Site) -> End | None:
        selected = site.selects((self.nodes_of,))
        turns = [node for node in site.servers() if selected(node)]
        down: dict[Node, End] = {}

        def stop(node: Node) -> None:
            if node.up:
                down[node] = site.kill(node)

        def start(node: Node) -> None:
            if node in down:
                down.pop(node)()

        turn = self.duration // max(1, len(turns))
        for place, node in enumerate(turns):
            site.later(place * turn, stop, node)
            site.later(place * turn + turn // 2, start, node)

        def end() -> None:
            for node in list(down):
                start(node)

        return end

    @classmethod
    def draw(cls, pick: Picker, aims: Aims) -> Fault:
        component = pick.choose([component for component in aims.of_kind if component != "device"])
        return cls(nodes_of=f"kind:{component}", at=aims.when(pick), duration=aims.a_while(pick))
