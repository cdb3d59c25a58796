"""Another answer to each decision of `gateway`, and another value of each setting, as docs/decisions.md showed them at 7aa79c4."""

from model.gateway import Gateway


class OtherAcksToStore(Gateway):
    def acks_to_store(self, ack):
        return ack.upto + 1


class OtherRefuses(Gateway):
    def refuses(self, hello):
        return ""


class OtherSendWait(Gateway):
    def send_wait(self, bucket):
        return 0


class OtherSendsDigest(Gateway):
    def sends_digest(self, session):
        return False


class OtherToldOfDropped(Gateway):
    def told_of_dropped(self, why):
        return "acked" if why == "replaced" else "no connection"


class OtherIdleTimeout(Gateway):
    idle_timeout = 200_000_000


class OtherServiceTimeout(Gateway):
    service_timeout = 6_000_000


class OtherUserRate(Gateway):
    user_rate = 10


class OtherUserBurst(Gateway):
    user_burst = 40
