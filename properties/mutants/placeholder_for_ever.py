"""An update shows what comes from now on, and leaves the placeholders that are on the screen (field bug 50)."""

from model.decisions import overrides_private
from model.device.device import Device
from model.protocol import variant


class LooksForward(Device):
    @overrides_private
    def _replace_placeholders(self, name, local):
        pass


PROTOCOL = variant("placeholder-for-ever", device=LooksForward)
CAUGHT_BY = "placeholders-are-replaced"
SCENARIO = "old_apps"
