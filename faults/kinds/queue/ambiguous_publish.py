"""A task is taken into a queue, and the answer is lost.

Requirements: F5.
"""

from __future__ import annotations

from faults.kit import ByChance, Covers, Fate, Held, Node, NthMessage, OnMessages, OnQueue, Site, kind, on_links


class _LosesAnswers(OnQueue, OnMessages):
    def covers(self, site: Site) -> Covers:
        queue = site.node(self.queue)
        return lambda s, t: s is queue

    def holds(self, site: Site, node: Node | None = None) -> Held:
        queue = site.node(self.queue)
        return on_links([queue], [each for each in site.nodes() if each is not queue], one_way=True)

    def concerns(self, name: str, ordered: bool) -> bool:
        return name == "Published"

    def befall(self, fate: Fate, draw: int) -> None:
        fate.lost = "ambiguous"


@kind("ambiguous_publish")
class AmbiguousPublish(ByChance, _LosesAnswers):
    """Tasks are taken into a queue partition, and with this probability the answer is lost: publishers see time-outs."""

    probability: float = 1.0


@kind("ambiguous_publish_at")
class AmbiguousPublishAt(NthMessage, _LosesAnswers):
    """The answer to the `nth` publish into a queue partition is lost, from `at` on: the publisher sees a time-out."""

    most_nth = 5
