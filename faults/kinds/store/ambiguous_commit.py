"""A write is applied, and its answer is lost.

Requirements: F4.
"""

from __future__ import annotations

from faults.kit import ByChance, Covers, Fate, Held, Node, NthMessage, OnMessages, OnPartition, Site, kind, on_links

COMMITS = ("Appended", "Recorded", "LeaseIs")
"""What the store answers to a write that was applied."""


class _LosesAnswers(OnPartition, OnMessages):
    def covers(self, site: Site) -> Covers:
        inside = frozenset(site.replicas(self.partition))
        return lambda s, t: s in inside and t not in inside

    def holds(self, site: Site, node: Node | None = None) -> Held:
        inside = site.replicas(self.partition)
        return on_links(inside, [each for each in site.nodes() if each not in inside], one_way=True)

    def concerns(self, name: str, ordered: bool) -> bool:
        return name in COMMITS

    def befall(self, fate: Fate, draw: int) -> None:
        fate.lost = "ambiguous"


@kind("ambiguous_commit")
class AmbiguousCommit(ByChance, _LosesAnswers):
    """Writes are applied, and with this probability their answers are lost: the callers see time-outs."""

    probability: float = 1.0


@kind("ambiguous_commit_at")
class AmbiguousCommitAt(NthMessage, _LosesAnswers):
    """The `nth` answer to an applied write of a store partition is lost, from `at` on: its caller sees a time-out."""
