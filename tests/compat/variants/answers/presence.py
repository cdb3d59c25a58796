"""Another answer to each decision of `presence`, and another value of each setting, as docs/decisions.md showed them at 7aa79c4."""

from model.presence import PresenceService


class OtherUntilAfterBeat(PresenceService):
    def until_after_beat(self, now):
        return now + 10 * 3600 * 1_000_000


class OtherUntilAfterLoss(PresenceService):
    def until_after_loss(self, until, now):
        return now


class OtherShownTo(PresenceService):
    def shown_to(self, typist, members):
        return [member.device for member in members]


class OtherTimeToLive(PresenceService):
    time_to_live = 120_000_000


class OtherGrace(PresenceService):
    grace = 60_000_000


class OtherTypingThreshold(PresenceService):
    typing_threshold = 200


class OtherLookupTimeout(PresenceService):
    lookup_timeout = 2_000_000
