"""The store's tables about devices: how far each one has each conversation (D6), and what it is (D7).

Promises kept here: a stored cursor never goes back within an installation, and never stands for what an earlier
installation held once a newer one has spoken; the profile is the one that the device told last. What may fail: acks and
profiles get lost, or come late. The device tells again what the store lacks.

    1. a device acks 40, is wiped, and acks 0 as another installation: the cursor is 0
    2. a second ack of 40, by the earlier installation, was held up on its way: it changes nothing any more

Requirements: C5, D6, D7, P6, P10, P16.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from model.component import Component
from model.decisions import decision
from model.events import CursorStored, ProfileStored
from model.wire import CursorUpdate, Profile, ProfileKept, ProfileUpdate, Wire
from sim.network import Call


@dataclass(slots=True)
class DeviceRows:
    """What else is durable about the devices of a conversation, by device.

    `installation`: the newest that acked (1 if it is not there).
    """

    installation: dict[str, int] = field(default_factory=dict)


class DeviceTables(Component):
    """The part of a store partition that is about devices. Durable."""

    def install(self) -> None:
        self.profiles: dict[str, Profile] = {}

    @decision
    def merge_cursor(self, stored: int, acked: int) -> int:
        """How a device's stored cursor takes in an ack: the larger of both (P6).

        Acks come late, twice and out of order; taking the maximum makes all of that harmless.

        Variant::

            def merge_cursor(self, stored, acked):
                return acked
        """
        return max(stored, acked)

    @decision
    def outdated(self, known: int, acking: int) -> bool:
        """Whether an ack is ignored because of the installation that sent it (P10): if a newer one has acked before.

        Variant::

            def outdated(self, known, acking):
                return False
        """
        return acking < known

    @decision
    def begins_anew(self, known: int, acking: int) -> bool:
        """Whether an ack replaces the stored cursor, be it lower or not (P10): the first one of a newer installation does.

        The cursor is a claim about a local database. A wiped device has another one, with nothing in it.

        Variant::

            def begins_anew(self, known, acking):
                return False
        """
        return acking > known

    def take_cursor(self, cursors: dict[str, int], rows: DeviceRows, update: CursorUpdate) -> None:
        """Takes an ack in (P6)."""
        device, stored = update.device, cursors.get(update.device, 0)
        known = rows.installation.get(device, 1)
        if update.installation != known:
            if self.outdated(known, update.installation):
                return
            rows.installation[device] = update.installation
            if self.begins_anew(known, update.installation):
                stored = -1
        merged = self.merge_cursor(stored, update.upto)
        if merged != stored:
            cursors[device] = merged
            self.count("cursors", 1, 16 + len(device))
            self.emit(CursorStored, device, update.conversation, merged, update.installation)

    @decision
    def replaces_profile(self, known: Profile | None, told: Profile) -> bool:
        """Whether a profile that is told replaces the one that is known (D7): unless it is of an older connection.

        Variant::

            def replaces_profile(self, known, told):
                return known is None
        """
        return known is None or told.epoch >= known.epoch

    def on_profile_update(self, update: ProfileUpdate, call: Call) -> None:
        told = update.profile
        known = self.profiles.get(told.device)
        if self.replaces_profile(known, told):
            self.profiles[told.device] = told
            what = (told.app_version, told.capabilities)
            if known is None or what != (known.app_version, known.capabilities):
                self.emit(ProfileStored, told.device, *what)
        self._answer(call, ProfileKept(told.device))

    def _answer(self, call: Call, answer: Wire) -> None:
        """Answers after the store's service time; the store says how long that is."""
        raise NotImplementedError
