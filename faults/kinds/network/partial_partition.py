"""Some pairs of nodes can't talk to each other.

Requirements: F3.
"""

from __future__ import annotations

from faults.kit import LUCK, Aims, End, Fault, LinksForAWhile, Node, Picker, Site, check_probability, kind


@kind("partial_partition")
class PartialPartition(LinksForAWhile):
    """Of the pairs of a node of a and a node of b, this share can't talk to each other, while the others can.

    Which pairs it is, is drawn by their names; so two nodes may be cut off from each other that a third one reaches.
    """

    share: float = 0.5

    def __post_init__(self) -> None:
        check_probability(self, "share")

    def begin(self, site: Site) -> End | None:
        covers, draws, identity = self.covers(site), site.draws, self.identity()
        threshold, one_way = int(self.share * 2**64), self.one_way

        def cuts(source: Node, target: Node) -> bool:
            pair = (source, target) if one_way or source.key < target.key else (target, source)
            return covers(source, target) and draws.u64(LUCK, identity, pair[0].key, pair[1].key) < threshold

        return site.cut(cuts)

    @classmethod
    def draw(cls, pick: Picker, aims: Aims) -> Fault:
        a, b = aims.cut(pick)
        share = pick.choose((0.2, 0.5, 0.8))
        return cls(a=a, b=b, share=share, one_way=pick.chance(0.4), at=aims.when(pick), duration=aims.a_while(pick))
