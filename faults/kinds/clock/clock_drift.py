"""A node's clock runs at another rate, and is set right: it jumps.

Requirements: F2.
"""

from __future__ import annotations

from faults.kit import Aims, End, Fault, Lasting, Node, OnAnyNode, Picker, Rate, Site, kind


@kind("clock_drift")
class ClockDrift(OnAnyNode):
    """The clock of a node gains `rate` µs a second (negative: loses) for `duration` µs, its timers with it.

    It is set right afterwards. Timers that run when the drift begins or ends keep the rate that they were set at.
    """

    rate: Rate
    duration: Lasting

    requirement = "F2"

    def __post_init__(self) -> None:
        if not -500_000 <= self.rate <= 500_000:
            raise ValueError(f"rate: expected from -500000 to 500000 µs a second, got {self.rate}")

    def strike(self, site: Site, node: Node) -> End | None:
        node.drift_by(self.rate)
        node.tell_clock()

        def steady() -> None:
            node.drift_by(-self.rate)
            node.tell_clock()

        return steady

    @classmethod
    def draw(cls, pick: Picker, aims: Aims) -> Fault:
        """Crystals drift by 100 µs a second; virtual machines that are moved, by much more."""
        rate = pick.choose((200, 10_000, 100_000)) * pick.choose((-1, 1))
        return cls(node=pick.choose(aims.everyone), at=aims.when(pick), duration=aims.a_while(pick), rate=rate)
