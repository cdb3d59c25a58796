"""Messages are late.

Requirements: F3.
"""

from __future__ import annotations

from faults.kit import MS, SECOND, Aims, Choices, Delay, Fate, OneOnLinks, OnMessages, Picker, SomeOnLinks, kind


class _IsLate(OnMessages):
    delay: Delay

    def befall(self, fate: Fate, draw: int) -> None:
        fate.delay += self.delay


@kind("delay_spike")
class DelaySpike(_IsLate, SomeOnLinks):
    """Messages take `delay` µs longer; frames of a connection stay in order behind the late one."""

    armed_form = "delay_at"

    @classmethod
    def aim(cls, pick: Picker, aims: Aims) -> Choices:
        return {**super().aim(pick, aims), "delay": pick.choose((100 * MS, 1 * SECOND, 6 * SECOND))}


@kind("delay_at")
class DelayAt(_IsLate, OneOnLinks):
    """That message is `delay` µs late."""

    everyday = True

    @classmethod
    def aim(cls, pick: Picker, aims: Aims) -> Choices:
        return {**super().aim(pick, aims), "delay": pick.choose((200 * MS, 2 * SECOND, 10 * SECOND))}
