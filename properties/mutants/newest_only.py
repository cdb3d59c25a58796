"""A reconnect loads the newest messages, and takes them for all there are (field bugs 10 and 11)."""

from model.device.device import Device
from model.protocol import variant
from model.servers.service import MessagingService


class NewestOnly(MessagingService):
    def page(self, after, rows):
        return rows[-2:]


class TakesForAll(Device):
    def continues_after(self, local, page):
        return page.messages[0].seq - 1


PROTOCOL = variant("newest-only", service=NewestOnly, device=TakesForAll)
CAUGHT_BY = "device-cursor-is-sound"
SCENARIO = "ci"
