"""All replicas of a store partition are slow.

Requirements: F4.
"""

from __future__ import annotations

from collections.abc import Iterator

from faults.kit import (
    MS,
    Aims,
    End,
    Fault,
    Lasting,
    OnPartition,
    Picker,
    Site,
    There,
    Time,
    Wrong,
    all_of,
    check_least,
    kind,
)


@kind("store_slow")
class StoreSlow(OnPartition):
    """All replicas of a store partition take `factor` times as long for an operation, and send `lag` µs late."""

    duration: Lasting
    factor: int = 20
    lag: Time = 0

    def __post_init__(self) -> None:
        check_least(self, factor=1, lag=0)

    def wrong(self, there: There) -> Iterator[Wrong]:
        yield from super().wrong(there)
        if self.factor == 1 and self.lag == 0:
            yield Wrong("factor", "expected at least 2, or a lag: as fast as usual changes nothing")

    def begin(self, site: Site) -> End | None:
        return all_of([site.slow_down(node, self.factor, self.lag) for node in site.replicas(self.partition)])

    @classmethod
    def draw(cls, pick: Picker, aims: Aims) -> Fault:
        factor, lag = pick.choose((5, 20, 100)), pick.choose((0, 20, 300)) * MS
        return cls(**cls.aim(pick, aims), at=aims.when(pick), duration=aims.a_while(pick), factor=factor, lag=lag)
