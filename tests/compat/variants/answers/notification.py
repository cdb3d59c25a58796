"""Another answer to each decision of `notification`, and another value of each setting, as docs/decisions.md showed them at 7aa79c4."""

from model.notification import NotificationService


class OtherTakesRegistration(NotificationService):
    def takes_registration(self, row, update):
        return row is None


class OtherLosesToken(NotificationService):
    def loses_token(self, other, row, update):
        return False


class OtherGivesTokenUp(NotificationService):
    def gives_token_up(self, why):
        return False


class OtherRetryDelay(NotificationService):
    def retry_delay(self, attempt):
        return 1_000_000


class OtherThrottledWait(NotificationService):
    def throttled_wait(self, retry_after):
        return retry_after


class OtherRetriesWithoutAnswer(NotificationService):
    def retries_without_answer(self):
        return False


class OtherProviderTimeout(NotificationService):
    provider_timeout = 4_000_000


class OtherRetryFirst(NotificationService):
    retry_first = 2_000_000


class OtherRetryLimit(NotificationService):
    retry_limit = 120_000_000


class OtherThrottleMargin(NotificationService):
    throttle_margin = 50


class OtherGiveUpAfter(NotificationService):
    give_up_after = 172_800_000_000
