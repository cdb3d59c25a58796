"""A node is slow.

Requirements: F2.
"""

from __future__ import annotations

from collections.abc import Iterator

from faults.kit import (
    MS,
    Aims,
    AtPoint,
    Choices,
    End,
    Lasting,
    Node,
    OnAnyNode,
    Picker,
    Site,
    There,
    Time,
    Wrong,
    check_least,
    kind,
)


class _IsSlow(OnAnyNode):
    duration: Lasting
    factor: int = 5
    lag: Time = 0

    requirement = "F2"

    def __post_init__(self) -> None:
        check_least(self, factor=1, lag=0)

    def wrong(self, there: There) -> Iterator[Wrong]:
        yield from super().wrong(there)
        if self.factor == 1 and self.lag == 0:
            yield Wrong("factor", "expected at least 2, or a lag: as fast as usual changes nothing")

    def strike(self, site: Site, node: Node) -> End | None:
        return site.slow_down(node, self.factor, self.lag)

    @classmethod
    def how(cls, pick: Picker, aims: Aims) -> Choices:
        return {
            "duration": aims.a_while(pick),
            "factor": pick.choose((3, 10, 40)),
            "lag": pick.choose((1, 20, 300)) * MS,
        }


@kind("slow_node")
class SlowNode(_IsSlow):
    """A node is slow for `duration` µs: its processor's work and its service times take `factor` times as long.

    What it sends leaves `lag` µs later: the model's reactions take no time of their own that could be multiplied.
    """


@kind("slow_node_at")
class SlowNodeAt(_IsSlow, AtPoint):
    """A node becomes slow at a named crash point, for `duration` µs."""
