"""Links are clogged one by one, and released.

Requirements: F3.
"""

from __future__ import annotations

from collections.abc import Callable

from faults.kit import (
    MS,
    SECOND,
    Aims,
    Any,
    End,
    Fate,
    Fault,
    Held,
    Node,
    OnLinks,
    Picker,
    Site,
    Time,
    all_of,
    check_least,
    check_probability,
    kind,
    on_pairs,
)
from sim.draws import key

_CLOGGED_AT_MOST = 40

_Link = tuple[Node, Node]


@kind("clog_links")
class ClogLinks(OnLinks):
    """A share of the links between a and b is clogged one by one, each `step` µs after the other, for about `hold` µs.

    What is sent over a clogged link waits, and comes when it is released. Which links, in which order they are clogged,
    and in which other order they are released, are drawn by the names of their ends.
    """

    share: float = 0.5
    step: Time
    hold: Time

    def __post_init__(self) -> None:
        check_probability(self, "share")
        check_least(self, step=0, hold=0)

    def lasts(self) -> int:
        return self.hold + self.step * _CLOGGED_AT_MOST

    def holds(self, site: Site, node: Node | None = None) -> Held:
        return on_pairs(self._chosen(site))

    def begin(self, site: Site) -> End | None:
        now, chosen = site.now, self._chosen(site)
        clogged_from = {link: now + place * self.step for place, link in enumerate(chosen)}
        last = now + (len(chosen) - 1) * self.step
        released_at = {
            link: last + self.hold + (place - len(chosen) + 1) * self.step
            for place, link in enumerate(sorted(chosen, key=self._drawn(site, "release order")))
        }
        return all_of(
            [
                _clog(site, link, clogged_from[link], released_at[link])
                for link in chosen
                if released_at[link] > clogged_from[link]
            ]
        )

    def _chosen(self, site: Site) -> list[_Link]:
        """The links that are clogged, in this order."""
        covers, nodes = self.covers(site), site.nodes()
        links = [(s, t) for s in nodes for t in nodes if s is not t and covers(s, t)]
        most = max(1, min(int(len(links) * self.share), _CLOGGED_AT_MOST))
        return sorted(links, key=self._drawn(site, "clog order"))[:most]

    def _drawn(self, site: Site, what: str) -> Callable[[_Link], int]:
        draws, identity = site.draws, self.identity()
        return lambda link: draws.u64(key(what), identity, link[0].key, link[1].key)

    @classmethod
    def draw(cls, pick: Picker, aims: Aims) -> Fault:
        a, b = aims.link(pick)
        step, hold = pick.between(10, 200) * MS, pick.between(1, 10) * SECOND
        return cls(a=a, b=b, share=pick.choose((0.25, 0.5)), step=step, hold=hold, at=aims.when(pick))


def _clog(site: Site, link: _Link, since: int, until: int) -> End:
    def wait(payload: Any, number: int, ordered: bool, fate: Fate) -> None:
        if since <= site.now < until:
            fate.delay += until - site.now

    return site.lay(lambda s, t: s is link[0] and t is link[1], wait)
