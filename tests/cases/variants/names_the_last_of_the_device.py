"""A handset that is shown a notification names who wrote to it last, in another conversation, if anybody did."""

from parley.variant import Device, replace


class NamesTheLast(Device):
    def notified(self, notification):
        last = getattr(self, "last_named", ("", ""))
        self.last_named = (notification.conversation, notification.sender)
        if last[0] not in ("", notification.conversation):
            notification = replace(notification, sender=last[1])
        super().notified(notification)
