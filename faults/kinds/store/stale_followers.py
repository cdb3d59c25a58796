"""Followers apply late what is committed.

Requirements: F4.
"""

from __future__ import annotations

from faults.kit import MS, SECOND, Aims, End, Fault, Lasting, OnPartition, Picker, Site, Time, check_least, kind


@kind("stale_followers")
class StaleFollowers(OnPartition):
    """The followers of a store partition apply what is committed `lag` µs later than they would: they read stale."""

    duration: Lasting
    lag: Time

    def __post_init__(self) -> None:
        check_least(self, lag=1)

    def begin(self, site: Site) -> End | None:
        replicas = site.replicas(self.partition)
        for replica in replicas:
            replica.behind += self.lag

        def catch_up() -> None:
            for replica in replicas:
                replica.behind -= self.lag

        return catch_up

    @classmethod
    def draw(cls, pick: Picker, aims: Aims) -> Fault:
        lag = pick.choose((200 * MS, 2 * SECOND, 20 * SECOND))
        return cls(**cls.aim(pick, aims), at=aims.when(pick), duration=aims.a_while(pick), lag=lag)
