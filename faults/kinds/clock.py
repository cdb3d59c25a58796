"""Faults of clocks: a node's own clock is ahead, behind, or runs at another rate.

A clock that was wrong is set right when the fault ends: it jumps. Timers that run are not moved by a jump.

Requirements: F2, F8.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from faults.kinds.base import End, _AtPoint, _OnDevice, _OnNode

if TYPE_CHECKING:
    from faults.injector import Injector
    from sim.node import Node


def shift(node: Node, by: int) -> End:
    """Sets a node's clock `by` µs ahead; returns what sets it right."""
    node.skew += by

    def back() -> None:
        node.skew -= by

    return back


class ClockSkew(_OnNode, frozen=True, kw_only=True, tag="clock_skew"):
    """The clock of a node jumps by `by` µs (negative: back) and is set right `duration` µs later."""

    by: int
    duration: int

    requirement: ClassVar[str] = "F2"
    everyday: ClassVar[bool] = False

    def lasts(self) -> int:
        return self.duration

    def begin(self, injector: Injector) -> End | None:
        return shift(injector.node(self.node), self.by)


class ClockSkewAt(_AtPoint, frozen=True, kw_only=True, tag="clock_skew_at"):
    """The clock of a node jumps by `by` µs at a named crash point, and is set right `duration` µs later."""

    node: str
    by: int
    duration: int

    requirement: ClassVar[str] = "F2"
    everyday: ClassVar[bool] = False

    def lasts(self) -> int:
        return self.duration

    def strike(self, injector: Injector, node: Node) -> End | None:
        return shift(node, self.by)


class ClockDrift(_OnNode, frozen=True, kw_only=True, tag="clock_drift"):
    """The clock of a node gains `rate` µs a second (negative: loses) for `duration` µs, its timers with it.

    It is set right afterwards. Timers that run when the drift begins or ends keep the rate that they were set at.
    """

    rate: int
    duration: int

    requirement: ClassVar[str] = "F2"
    everyday: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if not -500_000 <= self.rate <= 500_000:
            raise ValueError(f"rate: expected from -500000 to 500000 µs a second, got {self.rate}")

    def lasts(self) -> int:
        return self.duration

    def begin(self, injector: Injector) -> End | None:
        node = injector.node(self.node)
        node.drift_by(self.rate)
        return lambda: node.drift_by(-self.rate)


class WrongClock(_OnDevice, frozen=True, kw_only=True, tag="wrong_clock"):
    """The user sets the device's clock wrong by `by` µs, days perhaps, and right again `duration` µs later."""

    by: int
    duration: int

    requirement: ClassVar[str] = "F8"
    everyday: ClassVar[bool] = False

    def lasts(self) -> int:
        return self.duration

    def begin(self, injector: Injector) -> End | None:
        return shift(injector.device(self.device), self.by)
