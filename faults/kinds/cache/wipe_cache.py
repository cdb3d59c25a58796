"""A cache forgets everything.

Requirements: F6.
"""

from __future__ import annotations

from faults.kit import AtOther, End, Node, OnCache, Site, kind


class _Forgets(OnCache):
    def strike(self, site: Site, node: Node) -> End | None:
        node.forget()  # type: ignore[attr-defined]
        return None


@kind("wipe_cache")
class WipeCache(_Forgets):
    """A cache forgets everything at once and goes on: the session registry, presence, or a segment cache."""


@kind("wipe_cache_at")
class WipeCacheAt(_Forgets, AtOther):
    """A cache forgets everything when a node, perhaps a worker, reaches a crash point."""

    works_with = ("worker", "gateway", "cache", "presence")
