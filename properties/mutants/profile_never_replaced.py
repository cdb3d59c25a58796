"""A new app's profile is ignored, because there is one of the device."""

from model.store.store import MessageStore
from model.protocol import variant


class FirstProfile(MessageStore):
    def replaces_profile(self, known, told):
        return known is None


PROTOCOL = variant("profile-never-replaced", store=FirstProfile)
CAUGHT_BY = "profiles-converge"
SCENARIO = "ci"
