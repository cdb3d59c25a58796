"""Another answer to each decision of `queue`, and another value of each setting, as docs/decisions.md showed them at 7aa79c4."""

from model.queue import DeliveryQueue


class OtherGivesUp(DeliveryQueue):
    def gives_up(self, attempts):
        return attempts >= 1


class OtherKeepsDeadLetters(DeliveryQueue):
    def keeps_dead_letters(self):
        return False


class OtherVisibilityTimeout(DeliveryQueue):
    visibility_timeout = 60_000_000


class OtherPollTimeout(DeliveryQueue):
    poll_timeout = 40_000_000


class OtherMaxAttempts(DeliveryQueue):
    max_attempts = 40


class OtherReportTimeout(DeliveryQueue):
    report_timeout = 2_000_000
