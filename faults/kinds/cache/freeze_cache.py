"""A cache learns of no change.

Requirements: F6.
"""

from __future__ import annotations

from faults.kit import Aims, Any, Choices, End, Fate, Lasting, Node, OnCache, Picker, Site, kind, names_of

UPDATES = ("Register", "Unregister", "PresenceBeat", "PresenceGone", "Segment")
"""The messages by which a cache learns what has changed."""


@kind("freeze_cache")
class FreezeCache(OnCache):
    """For `duration` µs a cache learns of no change, and answers with what it has: its entries get stale."""

    duration: Lasting

    def strike(self, site: Site, node: Node) -> End | None:
        def miss(payload: Any, number: int, ordered: bool, fate: Fate) -> None:
            if any(name in UPDATES for name in names_of(payload)):
                fate.lost = "frozen"

        return site.lay(lambda s, t: t is node, miss)

    @classmethod
    def how(cls, pick: Picker, aims: Aims) -> Choices:
        return {"duration": aims.a_while(pick)}
