"""Another answer to each decision of `relay`, and another value of each setting, as docs/decisions.md showed them at 7aa79c4."""

from model.relay import OutboxRelay


class OtherToPublish(OutboxRelay):
    def to_publish(self, rows):
        return []


class OtherInterval(OutboxRelay):
    interval = 10_000_000


class OtherAge(OutboxRelay):
    age = 6_000_000


class OtherBatch(OutboxRelay):
    batch = 200


class OtherTimeout(OutboxRelay):
    timeout = 2_000_000
