"""The list is read from the inbox alone, in which large groups are not."""

from model.fan_out import Hybrid
from model.protocol import variant


class SmallTalkOnly(Hybrid):
    def lists_from(self):
        return "inbox"


PROTOCOL = variant("lists-small-talk-only", fan_out=SmallTalkOnly)
CAUGHT_BY = "lists-are-true"
SCENARIO = "ci"
