"""Some pairs of nodes can't talk to each other.

Requirements: F3.
"""

from __future__ import annotations

from faults.kit import (
    LUCK,
    Aims,
    Covers,
    End,
    Fault,
    Held,
    LinksForAWhile,
    Node,
    Picker,
    Site,
    check_probability,
    kind,
    on_links,
    on_pairs,
)

_SPELLED_OUT = 10_000
"""Of more pairs than this, all are said to be held: to draw which ones really are would take longer than the run."""


@kind("partial_partition")
class PartialPartition(LinksForAWhile):
    """Of the pairs of a node of a and a node of b, this share can't talk to each other, while the others can.

    Which pairs it is, is drawn by their names; so two nodes may be cut off from each other that a third one reaches.
    """

    share: float = 0.5

    def __post_init__(self) -> None:
        check_probability(self, "share")

    def holds(self, site: Site, node: Node | None = None) -> Held:
        a, b = site.selected(self.a), site.selected(self.b)
        if len(a) * len(b) > _SPELLED_OUT:
            return on_links(a, b, one_way=self.one_way)
        cuts = self._cuts(site)
        pairs = [(s, t) for s in a for t in b] + ([] if self.one_way else [(t, s) for s in a for t in b])
        return on_pairs((s, t) for s, t in dict.fromkeys(pairs) if s is not t and cuts(s, t))

    def begin(self, site: Site) -> End | None:
        return site.cut(self._cuts(site))

    def _cuts(self, site: Site) -> Covers:
        covers, draws, identity = self.covers(site), site.draws, self.identity()
        threshold, one_way = int(self.share * 2**64), self.one_way

        def cuts(source: Node, target: Node) -> bool:
            pair = (source, target) if one_way or source.key < target.key else (target, source)
            return covers(source, target) and draws.u64(LUCK, identity, pair[0].key, pair[1].key) < threshold

        return cuts

    @classmethod
    def draw(cls, pick: Picker, aims: Aims) -> Fault:
        a, b = aims.cut(pick)
        share = pick.choose((0.2, 0.5, 0.8))
        return cls(a=a, b=b, share=share, one_way=pick.chance(0.4), at=aims.when(pick), duration=aims.a_while(pick))
