"""Most replicas of a store partition die and never come back.

Requirements: F4.
"""

from __future__ import annotations

from faults.kit import End, Held, Node, OnPartition, Site, holding, kind, majority


@kind("quorum_gone_for_good")
class QuorumGoneForGood(OnPartition):
    """Most replicas of a store partition die and never come back, not even when all is healed.

    What its conversations owe then has that as its excuse, and nothing else has.
    """

    def holds(self, site: Site, node: Node | None = None) -> Held:
        return holding(majority(site.replicas(self.partition)))

    def lasting(self) -> bool:
        return True

    def begin(self, site: Site) -> End | None:
        site.lose_quorum(self.partition)
        return None
