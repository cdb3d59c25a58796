"""Most replicas of a store partition die and never come back.

Requirements: F4.
"""

from __future__ import annotations

from faults.kit import End, OnPartition, Site, kind


@kind("quorum_gone_for_good")
class QuorumGoneForGood(OnPartition):
    """Most replicas of a store partition die and never come back, not even when all is healed.

    What its conversations owe then has that as its excuse, and nothing else has.
    """

    def begin(self, site: Site) -> End | None:
        site.lose_quorum(self.partition)
        return None
