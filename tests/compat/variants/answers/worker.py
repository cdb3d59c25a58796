"""Another answer to each decision of `worker`, and another value of each setting, as docs/decisions.md showed them at 7aa79c4."""

from model.worker import DeliveryWorker


class OtherRecipients(DeliveryWorker):
    def recipients(self, message, devices):
        return [d for d in devices if d.user != message.sender]


class OtherAlreadyDelivered(DeliveryWorker):
    def already_delivered(self, message, recipient):
        return False


class OtherAbandons(DeliveryWorker):
    def abandons(self, message, recipient):
        return "blocked" if recipient.user == "bob" else ""


class OtherSettles(DeliveryWorker):
    def settles(self, result):
        return result in ("acked", "pushed")


class OtherSettledBy(DeliveryWorker):
    def settled_by(self, device, left):
        return left


class OtherNotifies(DeliveryWorker):
    def notifies(self, message, device):
        return False


class OtherWritesInboxNow(DeliveryWorker):
    def writes_inbox_now(self, message):
        return False


class OtherRetryDelay(DeliveryWorker):
    def retry_delay(self, attempt, draw):
        return 0


class OtherSlots(DeliveryWorker):
    slots = 32


class OtherPollTimeout(DeliveryWorker):
    poll_timeout = 50_000_000


class OtherCallTimeout(DeliveryWorker):
    call_timeout = 2_000_000


class OtherAckTimeout(DeliveryWorker):
    ack_timeout = 8_000_000


class OtherTimeToLive(DeliveryWorker):
    time_to_live = 4_838_400_000_000


class OtherPushAttempts(DeliveryWorker):
    push_attempts = 6


class OtherBatch(DeliveryWorker):
    batch = 200


class OtherReleaseDelay(DeliveryWorker):
    release_delay = 4_000_000
