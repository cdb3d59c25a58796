"""A restored app sends what waited in its backup's outbox under new ids: what was accepted since is there twice.

Needs a backup that is made while a message waits, the message's acceptance, and the restore after it.
"""

from model.device.device import Device
from model.protocol import variant


class NamesAnew(Device):
    def message_id(self, entry, attempt):
        whose = f"{self.name}." if self.installation > 1 else f"{self.name}:"
        return entry.send if entry.send.startswith(whose) else f"{entry.send}+{self.installation}"


PROTOCOL = variant("outbox-named-anew", device=NamesAnew)
CAUGHT_BY = "one-row-per-send"
SCENARIO = "restored"
