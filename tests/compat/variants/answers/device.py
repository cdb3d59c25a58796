"""Another answer to each decision of `device`, and another value of each setting, as docs/decisions.md showed them at 7aa79c4."""

from model.device import Device
from model.device import Transaction
from model.security import issue
from sim.distributions import Constant


class OtherIsDuplicate(Device):
    def is_duplicate(self, local, message):
        return False


class OtherTakes(Device):
    def takes(self, message):
        return self.knows(message)


class OtherRenders(Device):
    def renders(self, row):
        return "content"


class OtherNextCursor(Device):
    def next_cursor(self, cursor, waiting):
        return max(cursor, *waiting)


class OtherLocalWrites(Device):
    def local_writes(self, rows, cursor):
        return [Transaction([], cursor), Transaction(rows, None)]


class OtherDisplayOrder(Device):
    def display_order(self, rows):
        return sorted(rows, key=lambda row: row.sent_at)


class OtherShowsEarly(Device):
    def shows_early(self, message):
        return True


class OtherAckUpto(Device):
    def ack_upto(self, local, seq):
        return seq


class OtherAcksDuplicates(Device):
    def acks_duplicates(self):
        return False


class OtherGapDelay(Device):
    def gap_delay(self, missing):
        return 0


class OtherSyncFrom(Device):
    def sync_from(self, local):
        return max(0, local.cursor - 1)


class OtherNeedsSync(Device):
    def needs_sync(self, local, head):
        return head > local.cursor + 5


class OtherTellsStore(Device):
    def tells_store(self, local, head):
        return head.cursor > local.cursor


class OtherContinuesAfter(Device):
    def continues_after(self, local, page):
        return page.messages[0].seq - 1 if page.messages else local.cursor


class OtherFirstCursor(Device):
    def first_cursor(self, head):
        return head.cursor


class OtherHearsOf(Device):
    def hears_of(self, local, head):
        return head.head > local.read


class OtherMessageId(Device):
    def message_id(self, entry, attempt):
        return f"{entry.send}.{attempt}"


class OtherResendDelay(Device):
    def resend_delay(self, attempt, draw):
        return 1_000_000


class OtherWaitAfter(Device):
    def wait_after(self, retry_after):
        return 0


class OtherNextToSend(Device):
    def next_to_send(self, outbox):
        return outbox


class OtherPayloadRef(Device):
    def payload_ref(self, entry, attempt):
        return f"blob:{entry.send}.{attempt}"


class OtherMaySend(Device):
    def may_send(self, entry):
        return True


class OtherTransferDelay(Device):
    def transfer_delay(self, attempt, draw):
        return 1_000_000


class OtherMergeMark(Device):
    def merge_mark(self, mine, theirs):
        return theirs


class OtherCountsAsUnread(Device):
    def counts_as_unread(self, row):
        return True


class OtherUnreadAfterReading(Device):
    def unread_after_reading(self, local):
        return 0


class OtherReadsUpTo(Device):
    def reads_up_to(self, local):
        return local.shown + 1


class OtherMergeReceipts(Device):
    def merge_receipts(self, shown, told):
        return told


class OtherShowsTypingFor(Device):
    def shows_typing_for(self):
        return 1 << 50


class OtherTakesPresence(Device):
    def takes_presence(self, shown, told):
        return shown or told


class OtherRegisters(Device):
    def registers(self):
        return self.epoch == 1


class OtherLogsOutProperly(Device):
    def logs_out_properly(self):
        return False


class OtherTakesHint(Device):
    def takes_hint(self, notification):
        return True


class OtherShowsHint(Device):
    def shows_hint(self, notification):
        return True


class OtherChooseGateway(Device):
    def choose_gateway(self, gateways, epoch):
        return gateways[0]


class OtherToken(Device):
    def token(self):
        return issue(self.user, self.name, self.now - 1)


class OtherReconnectDelay(Device):
    def reconnect_delay(self, failures, draw):
        return self.reconnect_first


class OtherOnNotification(Device):
    def on_notification(self, conversation):
        self.heartbeat()


class OtherGapWait(Device):
    gap_wait = 1_000_000


class OtherSyncTimeout(Device):
    sync_timeout = 10_000_000


class OtherSendTimeout(Device):
    send_timeout = 10_000_000


class OtherDeferralMargin(Device):
    deferral_margin = 50


class OtherTransferTimeout(Device):
    transfer_timeout = 40_000_000


class OtherSlowestTransfer(Device):
    slowest_transfer = 200_000


class OtherTypingTtl(Device):
    typing_ttl = 60_000_000


class OtherRegisterFirst(Device):
    register_first = 10_000_000


class OtherRegisterLimit(Device):
    register_limit = 120_000_000


class OtherHeartbeatInterval(Device):
    heartbeat_interval = Constant(value=10_000)


class OtherHeartbeatTimeout(Device):
    heartbeat_timeout = 200_000_000


class OtherConnectTimeout(Device):
    connect_timeout = 20_000_000


class OtherReconnectFirst(Device):
    reconnect_first = 6_000_000


class OtherReconnectLimit(Device):
    reconnect_limit = 120_000_000


class OtherTokenLifetime(Device):
    token_lifetime = 7_200_000_000


class OtherBackgroundWindow(Device):
    background_window = 60_000_000
