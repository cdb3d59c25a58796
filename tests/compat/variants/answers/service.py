"""Another answer to each decision of `service`, and another value of each setting, as docs/decisions.md showed them at 7aa79c4."""

from model.service import MessagingService


class OtherDedupeKey(MessagingService):
    def dedupe_key(self, send):
        return (send.conversation, send.message, str(send.attempt))


class OtherMembersOnly(MessagingService):
    def members_only(self, send):
        return False


class OtherPublishesDuplicate(MessagingService):
    def publishes_duplicate(self, outcome):
        return True


class OtherPage(MessagingService):
    def page(self, after, rows):
        return rows[:1]


class OtherListsLog(MessagingService):
    def lists_log(self, inbox):
        return False


class OtherAsksCache(MessagingService):
    def asks_cache(self, read):
        return False


class OtherCursorToStore(MessagingService):
    def cursor_to_store(self, update):
        return update.upto - 1


class OtherConversationWait(MessagingService):
    def conversation_wait(self, bucket):
        return 0


class OtherBlocks(MessagingService):
    def blocks(self, send):
        return "abuse" if send.sender == "bob" else ""


class OtherDelays(MessagingService):
    def delays(self, send):
        return 0 if send.attempt > 2 else 1_000_000


class OtherAuthorise(MessagingService):
    def authorise(self, send):
        return "too long" if len(send.body) > 1000 else ""


class OtherAcceptAfter(MessagingService):
    accept_after = "received"


class OtherDedupeRetention(MessagingService):
    dedupe_retention = 172_800_000_000


class OtherSyncPageSize(MessagingService):
    sync_page_size = 40


class OtherSendCost(MessagingService):
    send_cost = 400


class OtherStoreTimeout(MessagingService):
    store_timeout = 2_000_000


class OtherQueueTimeout(MessagingService):
    queue_timeout = 2_000_000


class OtherConversationRate(MessagingService):
    conversation_rate = 100


class OtherConversationBurst(MessagingService):
    conversation_burst = 200
