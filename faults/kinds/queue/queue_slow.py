"""A queue partition is late.

Requirements: F5.
"""

from __future__ import annotations

from faults.kit import MS, Aims, Choices, End, Lasting, Node, OnQueue, Picker, Site, Time, check_least, kind


@kind("queue_slow")
class QueueSlow(OnQueue):
    """A queue partition answers, and hands out its tasks, `lag` µs late."""

    duration: Lasting
    lag: Time

    def __post_init__(self) -> None:
        check_least(self, lag=1)

    def strike(self, site: Site, node: Node) -> End | None:
        return site.slow_down(node, 1, self.lag)

    @classmethod
    def how(cls, pick: Picker, aims: Aims) -> Choices:
        return {"duration": aims.a_while(pick), "lag": pick.choose((50, 900, 3_000)) * MS}
