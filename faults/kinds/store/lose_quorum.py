"""Most replicas of a store partition die, and come back.

Requirements: F4.
"""

from __future__ import annotations

from faults.kit import (
    Aims,
    Choices,
    End,
    Held,
    Lasting,
    Node,
    OnPartition,
    Picker,
    Site,
    all_of,
    holding,
    kind,
    majority,
)


@kind("lose_quorum")
class LoseQuorum(OnPartition):
    """Most replicas of a store partition die at once, and are started again `down` µs later; the first ones live on.

    Nothing can be committed meanwhile, and no leader can tell what must not be stale. One replica alone dies.
    """

    down: Lasting

    everyday = True

    def idle(self, site: Site) -> bool:
        return not self.dying(site)

    def holds(self, site: Site, node: Node | None = None) -> Held:
        return holding(self.dying(site))

    def begin(self, site: Site) -> End | None:
        return all_of([site.kill(replica) for replica in self.dying(site)])

    def dying(self, site: Site) -> list[Node]:
        return [replica for replica in majority(site.replicas(self.partition)) if replica.up]

    @classmethod
    def how(cls, pick: Picker, aims: Aims) -> Choices:
        return {"down": aims.a_while(pick)}
