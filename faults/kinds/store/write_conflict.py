"""A leader refuses appends: another write was first.

Requirements: F4.
"""

from __future__ import annotations

from faults.kit import Aims, AtReplica, Choices, End, Held, Node, OnLeader, Picker, Site, check_least, holding, kind


class _Conflicts(OnLeader):
    times: int = 1

    def __post_init__(self) -> None:
        check_least(self, times=1)

    def holds(self, site: Site, node: Node | None = None) -> Held:
        leader = site.leader(self.partition)
        return holding([] if leader is None else [leader])

    def lasting(self) -> bool:
        return True

    def strike(self, site: Site, node: Node) -> End | None:
        leader = site.leader(self.partition)
        if leader is not None:
            leader.conflicts += self.times

            def clear() -> None:
                leader.conflicts = 0

            site.until_healed(clear)
        return None

    @classmethod
    def how(cls, pick: Picker, aims: Aims) -> Choices:
        return {"times": pick.between(1, 6)}


@kind("write_conflict")
class WriteConflict(_Conflicts):
    """The next `times` appends that the leader of a store partition would commit are refused: another write was first."""


@kind("write_conflict_at")
class WriteConflictAt(_Conflicts, AtReplica):
    """When a replica of a store partition is the `nth` to reach a crash point, its leader refuses the next `times` appends."""

    most_nth = 8
