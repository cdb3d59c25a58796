"""The store's tables about devices (D7): what each device is.

Promise kept here: the profile is the one that the device told last. What may fail: a telling gets lost; the device tells
it again until it is known to be kept.

Requirements: C5, D7, P16.
"""

from __future__ import annotations

from model.component import Component
from model.decisions import decision
from model.events import ProfileStored
from model.wire import Profile, ProfileKept, ProfileUpdate, Wire
from sim.network import Call


class DeviceTables(Component):
    """The part of a store partition that is about devices. Durable."""

    def install(self) -> None:
        self.profiles: dict[str, Profile] = {}

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
