"""Which devices show messages late, although they were connected all the time: by what targets ask for.

Requirements: R1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from model.events import Shown
from reports.metrics.screens import Row
from sim.history import Event

CONNECTED = ("live", "reconnected", "?")
"""The segments in which nothing but the system can be the reason; '?' is that of a record that doesn't tell who was connected."""


class LateOne(NamedTuple):
    """A message that came late: the event that shows it, when (µs), and which it is."""

    at: int
    t: int
    conversation: str
    message: str


class Late:
    """Takes notice of every message that takes longer than so many µs from the tap to the screen of a device that was
    connected."""

    def __init__(self, after: int) -> None:
        self.after = after
        self.by_device: dict[str, list[LateOne]] = {}
        self._index = self._t = -1
        self.sights: dict[type[Event], Callable[[Any, int], None]] = {Shown: self._on_shown}

    def _on_shown(self, event: Shown, index: int) -> None:
        self._index, self._t = index, event.t

    def on_delivery(self, row: Row, device: str, segment: str, took: int) -> None:
        """A message came to a screen, in the event that was seen last."""
        if took > self.after and segment in CONNECTED:
            one = LateOne(self._index, self._t, row.conversation, row.message)
            self.by_device.setdefault(device, []).append(one)
