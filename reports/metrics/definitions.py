"""What is measured of a run: each sample with its title, its unit, from what to what it is, and which events it needs.

A sample that `reports/metrics/measure.py` takes and that is not defined here is an error that names it.

Requirements: R1, R2.
"""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from model.events import (
    Connected,
    ConnectFailed,
    DeliveryFailed,
    Disconnected,
    DuplicateIgnored,
    Enqueued,
    NotificationShown,
    Persisted,
    PresenceShown,
    Pushed,
    SendAccepted,
    SendAttempted,
    SendRequested,
    Shown,
    Stored,
    TaskLeased,
)
from reports.metrics.phases import PHASES
from sim.history import Event
from sim.registry import Registry, RegistryError

Groups = tuple[tuple[type[Event], ...], ...]
"""Which kinds of event a history must record: of each group one, the first if it has it."""


UNSAID: Groups = ((),)
"""A metric that needs nothing but an end says so: ()."""


class Metric(msgspec.Struct, frozen=True):
    """A sample: one number an occurrence, in `unit`. `definition` is for people who read a report and not the code."""

    name: str
    title: str = ""
    unit: str = ""
    definition: str = ""
    needs: Groups = UNSAID

    def __post_init__(self) -> None:
        """Raises RegistryError for a metric that does not say what it is."""
        lacks = [what for what in ("title", "unit", "definition") if not getattr(self, what)]
        lacks += ["needs"] if self.needs is UNSAID else []
        if lacks:
            raise RegistryError(f"metric {self.name!r} has no {' and no '.join(lacks)}")


DIMENSIONS: dict[str, str] = {
    "region": "where the device is",
    "cluster": "the gateway cluster that it was connected to last",
    "access": "its latency class",
    "type": "of the conversation: direct or group",
    "size": "how many members the conversation had at the start",
    "sender": "connected from the tap until the commit, or away",
    "segment": "live: connected from the commit until the screen; reconnected: likewise, by a connection that was less than a "
    "minute old at the commit, and not the first; interrupted: connected at the commit, and not all the time since; offline: "
    "not connected at the commit",
    "phase": "of the time from the tap until the screen: faults, if one was on; after, if none was and one ended less than 3 min "
    "before it; calm, if neither; probe, whatever was sent since the probe began",
}
"""By what a delivery to a screen is told apart: each has one value of each, and '?' where the history doesn't say."""

VALUES: dict[str, tuple[str, ...]] = {
    "type": ("direct", "group"),
    "size": ("2", "3-10", "11-100", "101-1000", "over 1000"),
    "sender": ("connected", "away"),
    "segment": ("live", "reconnected", "interrupted", "offline"),
    "phase": PHASES,
}
"""The values of the dimensions that are the same in every deployment; the others are named by its topology."""

_DELIVERED: Groups = ((Persisted, SendAttempted), (Stored, Shown))

METRICS: Registry[Metric] = Registry("metric")
"""The samples that a report shows, in its order."""

for _metric in (
    Metric(
        "tap_to_screen",
        "tap → screen",
        unit="µs",
        definition="SendRequested → Shown, of each delivery that was due, be its device connected or not; one that never came "
        "counts as having taken until the end of the run.",
        needs=((SendAttempted,), (Persisted, SendAttempted), (Shown,)),
    ),
    Metric(
        "catch_up_to_screen",
        "catch-up → screen",
        unit="µs",
        definition="Connected time from the commit to Shown, of each delivery whose device was not connected all the time; one "
        "that never came counts until the end of the run.",
        needs=((SendAttempted,), (Persisted, SendAttempted), (Shown,), (Connected,), (Disconnected,)),
    ),
    Metric(
        "tap_to_notification",
        "tap → notification",
        unit="µs",
        definition="SendRequested → NotificationShown, of each message that a notification is the first to tell of, on a device "
        "that was not connected since the commit, and whose user had not read that far.",
        needs=((SendAttempted,), (Persisted, SendAttempted), (NotificationShown,), (Connected,), (Disconnected,)),
    ),
    Metric(
        "send_to_persisted",
        "send → persisted",
        unit="µs",
        definition="SendRequested → Persisted, of every committed message.",
        needs=((SendRequested,), (SendAttempted,), (Persisted,)),
    ),
    Metric(
        "send_to_accepted",
        "send → accepted",
        unit="µs",
        definition="SendRequested → SendAccepted, of every accept, as the sending device learns of it.",
        needs=((SendRequested,), (SendAccepted,)),
    ),
    Metric(
        "send_to_delivered",
        "send → delivered, online",
        unit="µs",
        definition="SendRequested → Stored, of each device that was connected from the commit until then.",
        needs=((SendAttempted,), *_DELIVERED, (Connected,)),
    ),
    Metric(
        "interrupted_delivery",
        "send → delivered, interrupted",
        unit="µs",
        definition="SendRequested → Stored, of each device that was connected at the commit, but not all the time until then.",
        needs=((SendAttempted,), *_DELIVERED, (Connected,), (Disconnected,)),
    ),
    Metric(
        "offline_sync_lag",
        "offline sync lag",
        unit="µs",
        definition="Connected time from the commit to Stored, of each device that was not connected at the commit.",
        needs=(*_DELIVERED, (Connected,), (Disconnected,)),
    ),
    Metric(
        "queue_lag",
        "queue lag (enqueued → leased)",
        unit="µs",
        definition="Enqueued → the first TaskLeased, of every task that was leased.",
        needs=((Enqueued,), (TaskLeased,)),
    ),
    Metric(
        "queue_depth",
        "queue depth when leased",
        unit="tasks",
        definition="Tasks that wait in the partition, at every TaskLeased.",
        needs=((TaskLeased,),),
    ),
    Metric(
        "connect_tries",
        "tries until connected",
        unit="tries",
        definition="Tries to connect (ConnectFailed and Connected) for each Connected, and since then at the end of the run.",
        needs=((ConnectFailed,), (Connected,)),
    ),
    Metric(
        "send_tries",
        "tries until answered",
        unit="tries",
        definition="SendAttempted for each send that was accepted or refused, or that was neither at the end of the run.",
        needs=((SendAttempted,), (SendAccepted,)),
    ),
    Metric(
        "convergence",
        "convergence after healing",
        unit="µs",
        definition="Healed → the last event that still brought something forward, of every run; 0 if nothing was owed.",
        needs=(),
    ),
):
    METRICS.add(_metric.name, _metric, __name__)

ANYHOW = Metric(
    "send_to_delivered_anyhow",
    "send → delivered, online or not",
    unit="µs",
    definition="SendRequested → Stored of each device: the sample of a history that does not record connections.",
    needs=_DELIVERED,
)
"""Shown only if there is one, and no scenario can have a target for it."""

RATES: dict[str, Groups] = {
    "reconnects per device-hour": ((Connected,),),
    "duplicates ignored": ((DuplicateIgnored,), (Stored,)),
    "send attempts repeated": ((SendAttempted,),),
    "tries per connect": ((ConnectFailed,), (Connected,)),
    "tries per send": ((SendAttempted,), (SendAccepted,)),
    "pushes repeated": ((Pushed,),),
    "delivered by sync": ((Stored,),),
    "deliveries given up": ((Stored,), (DeliveryFailed,)),
    "queue depth, mean": ((TaskLeased,),),
    "presence shown wrongly": ((Connected,), (Disconnected,), (PresenceShown,)),
}
"""What each rate of the report needs, by its title."""


class Share(msgspec.Struct, frozen=True):
    """A rate that a scenario can have a target for: the count `part` of the count `whole`, in millionths."""

    title: str
    part: str
    whole: str
    unit: str = "ppm"


SHARES: dict[str, Share] = {
    "presence_staleness_rate": Share("presence shown wrongly", "stale presence µs", "watched µs"),
    "tries_per_connect": Share("tries per connect", "connect tries", "connects", "millionths"),
    "tries_per_send": Share("tries per send", "send attempts", "sends answered", "millionths"),
}
"""By the names that targets have."""


def unmeasured(records: Collection[type[Event]]) -> dict[str, tuple[str, ...]]:
    """Return the samples and rates that a history of these kinds has no figures of, with the kinds that it lacks for them."""
    lacking = {
        name: tuple(dict.fromkeys(group[-1].__name__ for group in groups if not any(kind in records for kind in group)))
        for name, groups in {**{name: metric.needs for name, metric in METRICS.items()}, **RATES}.items()
    }
    return {name: kinds for name, kinds in lacking.items() if kinds}
