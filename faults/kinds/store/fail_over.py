"""The replica that leads a store partition dies.

Requirements: F4.
"""

from __future__ import annotations

from faults.kit import Aims, AtReplica, Choices, End, Lasting, Node, OnLeader, Picker, Site, kind


class _LeaderDies(OnLeader):
    down: Lasting
    silent: bool = False

    everyday = True

    def spares(self, node: Node) -> bool:
        return not node.up

    def strike(self, site: Site, node: Node) -> End | None:
        return site.kill(node, silent=self.silent)

    @classmethod
    def how(cls, pick: Picker, aims: Aims) -> Choices:
        return {"down": aims.a_while(pick), "silent": pick.chance(0.3)}


@kind("fail_over")
class FailOver(_LeaderDies):
    """The replica that leads a store partition dies, whichever it is by then, and is started again `down` µs later.

    If none leads, the first one that lives dies.
    """


@kind("fail_over_at", order=("at", "partition", "down", "point", "nth", "silent"))
class FailOverAt(_LeaderDies, AtReplica):
    """Whichever replica of a store partition is the `nth` to reach a crash point dies there, and is started again later.

    At 'committed', which only a leader reaches, it makes an ambiguous commit: applied, and the caller sees a time-out.
    """

    most_nth = 12
