"""Another answer to each decision of `fan_out`, and another value of each setting, as docs/decisions.md showed them at 7aa79c4."""

from model.fan_out import Hybrid


class OtherStrategy(Hybrid):
    def strategy(self, audience):
        return "write" if audience < 10 else "read"


class OtherWritesInbox(Hybrid):
    def writes_inbox(self, audience):
        return True


class OtherTaskPerRecipient(Hybrid):
    def task_per_recipient(self, audience):
        return False


class OtherPushesBody(Hybrid):
    def pushes_body(self, audience):
        return False


class OtherIsHot(Hybrid):
    def is_hot(self, audience):
        return False


class OtherThreshold(Hybrid):
    threshold = 200
