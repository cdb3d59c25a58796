"""The message is sent while its attachment is still being uploaded."""

from model.device.device import Device
from model.protocol import variant


class SendBeforeUpload(Device):
    def may_send(self, entry):
        return True


PROTOCOL = variant("send-before-upload", device=SendBeforeUpload)
CAUGHT_BY = "attachments-are-there"
SCENARIO = "ci"
