"""A node dies, and stays down until something has happened.

Requirements: F1.
"""

from __future__ import annotations

from faults.kit import Aims, AtPoint, Choices, End, Lasting, Node, OnNode, Picker, Site, check_least, kind
from model.events import VOCABULARY
from sim.near import near

AWAITED = ("Persisted", "SendAttempted", "SyncRequested", "TaskLeased", "Connected")
"""The events that random plans wait for."""


class _StaysDown(OnNode):
    """Down until `count` events of the kind `until` have happened since, or for `most` µs if they don't."""

    until: str
    count: int = 1
    most: Lasting
    silent: bool = False

    requirement = "F1"

    def __post_init__(self) -> None:
        check_least(self, count=1)
        if self.until not in VOCABULARY:
            raise ValueError(f"until: there is no event {self.until!r}{near(self.until, VOCABULARY)}")

    def spares(self, node: Node) -> bool:
        return not node.up

    def strike(self, site: Site, node: Node) -> End | None:
        site.ends_when(site.kill(node, silent=self.silent), self.until, self.count)
        return None

    @classmethod
    def how(cls, pick: Picker, aims: Aims) -> Choices:
        return {"until": pick.choose(AWAITED), "count": pick.between(1, 6), "most": aims.a_while(pick)}


@kind("hold_down")
class HoldDown(_StaysDown):
    """A node dies and stays down until `count` events of the kind `until` have happened since: say 5 times Persisted.

    It is started again within 10 ms of the last of them, and `most` µs after its death at the latest.
    """


@kind("hold_down_at")
class HoldDownAt(AtPoint, _StaysDown):
    """A node dies at a named crash point, and stays down until `count` events of the kind `until` have happened since."""
