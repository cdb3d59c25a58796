"""The provider loses notifications.

Requirements: F7.
"""

from __future__ import annotations

from faults.kit import Aims, Choices, End, OnPushes, Picker, Site, check_probability, kind


@kind("drop_push")
class DropPush(OnPushes):
    """The provider silently loses notifications to these devices (none given: all), each with this probability.

    `for_good`: not even the healing ends it. Nothing that is promised may need a push, so that it may last for ever.
    """

    probability: float = 1.0
    for_good: bool = False

    def __post_init__(self) -> None:
        check_probability(self, "probability")

    def begin(self, site: Site) -> End | None:
        end = site.while_on(site.provider().dropping, (self.concerned(site), int(self.probability * 2**64)))
        return None if self.for_good else end

    @classmethod
    def how(cls, pick: Picker, aims: Aims) -> Choices:
        return {"probability": pick.choose((0.5, 1.0))}
