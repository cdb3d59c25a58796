"""How a record's times are printed: as times of day, if its clocks count from 1970, else as seconds.

Requirements: R4.
"""

from __future__ import annotations

from datetime import UTC, datetime

from reports.metrics.table import lasting

EPOCH = 10**14
"""A time (µs) from here on is one since 1970: it is of 1973 or later. As seconds since a start it would be three years."""
LATEST = 250_000_000_000_000_000
"""Up to here (µs since 1970) there are dates of four digits."""


class Face:
    """Prints the times of a record that goes on from `first` to `last` (µs)."""

    def __init__(self, first: int, last: int) -> None:
        self.first, self.last = first, last
        self.dated = first >= EPOCH and last <= LATEST
        """Whether times are times of day."""
        self._one_day = self.dated and _date(first).date() == _date(last).date()

    def __call__(self, t: int) -> str:
        """A time in µs, for a column: '08:40:12.345678', with the date if the record is of several days; else seconds."""
        if not self.dated or not 0 <= t <= LATEST:
            return f"{t / 1e6:12.6f}"
        return f"{_date(t):{'%H:%M:%S.%f' if self._one_day else '%Y-%m-%d %H:%M:%S.%f'}}"

    def short(self, t: int) -> str:
        """The same for a sentence, to the millisecond: '08:40:12.345', '12.345 s'."""
        return self(t)[:-3] if self.dated and 0 <= t <= LATEST else f"{t / 1e6:.3f} s"

    def span(self) -> str:
        """From when to when, and how long that is."""
        took = lasting(self.last - self.first)
        if not self.dated:
            return f"{self.first / 1e6:.3f} s to {self.last / 1e6:.3f} s, {took}"
        began, ended = _date(self.first), _date(self.last)
        until = f"{ended:%H:%M:%S}" if self._one_day else f"{ended:%Y-%m-%d %H:%M:%S}"
        return f"{began:%Y-%m-%d %H:%M:%S} to {until} UTC, {took}"


def _date(t: int) -> datetime:
    return datetime.fromtimestamp(t // 1_000_000, UTC).replace(microsecond=t % 1_000_000)
