"""Faults of caches: the session registry, presence and segment caches forget everything, or no longer learn of changes.

Requirements: F6.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from faults.kinds.base import End, _arm, _AtPoint, _Fault, _Rule, lay
from sim.network import Fate
from sim.node import Node

if TYPE_CHECKING:
    from faults.injector import Injector

UPDATES = ("Register", "Unregister", "PresenceBeat", "PresenceGone", "Segment")
"""The messages by which a cache learns what has changed."""


class WipeCache(_Fault, frozen=True, kw_only=True, tag="wipe_cache"):
    """A cache forgets everything at once and goes on: the session registry, presence, or a segment cache."""

    cache: str

    requirement: ClassVar[str] = "F6"
    everyday: ClassVar[bool] = False

    def nodes(self) -> list[tuple[str, str]]:
        return [("cache", self.cache)]

    def begin(self, injector: Injector) -> End | None:
        _forget(injector.node(self.cache))
        return None


class WipeCacheAt(_AtPoint, frozen=True, kw_only=True, tag="wipe_cache_at"):
    """A cache forgets everything when a node, perhaps a worker, reaches a crash point."""

    node: str
    cache: str

    requirement: ClassVar[str] = "F6"
    everyday: ClassVar[bool] = False

    def nodes(self) -> list[tuple[str, str]]:
        return [("node", self.node), ("cache", self.cache)]

    def begin(self, injector: Injector) -> End | None:
        def strike(node: Node) -> End | None:
            injector.later(0, lambda _: _forget(injector.node(self.cache)), None)
            return None

        return _arm(self, [injector.node(self.node)], strike, injector)


def _forget(cache: Node) -> None:
    cache.forget()  # type: ignore[attr-defined]


class FreezeCache(_Fault, frozen=True, kw_only=True, tag="freeze_cache"):
    """For `duration` µs a cache learns of no change, and answers with what it has: its entries get stale."""

    cache: str
    duration: int

    requirement: ClassVar[str] = "F6"
    everyday: ClassVar[bool] = False

    def nodes(self) -> list[tuple[str, str]]:
        return [("cache", self.cache)]

    def lasts(self) -> int:
        return self.duration

    def begin(self, injector: Injector) -> End | None:
        cache = injector.node(self.cache)

        def miss(payload: Any, number: int, ordered: bool, fate: Fate) -> None:
            if type(payload).__name__ in UPDATES:
                fate.lost = "frozen"

        return lay(_Rule(lambda s, t: t is cache, miss), injector)
