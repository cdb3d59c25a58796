"""A device's network comes and goes.

Requirements: F8.
"""

from __future__ import annotations

from faults.kit import MS, SECOND, Aims, End, Fault, Lasting, Node, OnDevice, Picker, Site, Time, check_least, kind

LEAST_PERIOD = 10_000
"""The shortest period of a flapping network, in µs: nothing is reached in less, as a hop to a gateway takes longer.

Measured on three devices: at 10 ms a minute of it is 6,000 callbacks; at 1 ms four of these, and at 100 µs a single one, are
more than a run may take at all before it is given up as endless, so that the fault would be found and not the protocol.
"""


@kind("flapping")
class Flapping(OnDevice):
    """The device's network is gone and back by turns, `period` µs each, for `duration` µs. No reset tells either end.

    The period is 10 ms at least: in less nothing would get through at all, which is a partition.
    """

    period: Time
    duration: Lasting

    requirement = "F8"

    def __post_init__(self) -> None:
        check_least(self, period=LEAST_PERIOD)

    def strike(self, site: Site, node: Node) -> End | None:
        mend: list[End] = []
        over = False

        def flip(_: None) -> None:
            if over:
                return
            if mend:
                mend.pop()()
            else:
                mend.append(site.cut(lambda s, t: s is node or t is node))
            site.later(self.period, flip, None)

        def end() -> None:
            nonlocal over
            over = True
            while mend:
                mend.pop()()

        flip(None)
        return end

    @classmethod
    def draw(cls, pick: Picker, aims: Aims) -> Fault:
        period = pick.choose((200 * MS, 2 * SECOND, 15 * SECOND))
        return cls(**cls.aim(pick, aims), at=aims.when(pick), duration=aims.a_while(pick), period=period)
