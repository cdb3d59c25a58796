"""A device sends many messages. Nobody sends on a device that does not run, nor after the healing.

Requirements: F9.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from faults.kit import MS, Aims, ConversationName, End, Fault, OnDevice, Picker, Site, Time, check_least, kind


@kind("burst")
class Burst(OnDevice):
    """A device sends `count` messages to a conversation, `apart` µs apart.

    The faults of a plan make a user send 1,000 messages at most: what the rate limit lets through in 200 s.
    """

    conversation: ConversationName
    count: int
    apart: Time = 0

    requirement = "F9"

    def __post_init__(self) -> None:
        check_least(self, count=1, apart=0)

    def sends(self, devices: Mapping[str, str], conversations: Mapping[str, Sequence[str]]) -> dict[str, int]:
        return {devices[self.device]: self.count}

    def begin(self, site: Site) -> End | None:
        for number in range(self.count):
            site.later(number * self.apart, lambda _: site.send(self.device, self.conversation), None)
        return None

    @classmethod
    def draw(cls, pick: Picker, aims: Aims) -> Fault:
        device = pick.choose(aims.devices)
        talk = pick.choose(aims.talks[device] or aims.conversations)
        count, apart = pick.between(5, 30), pick.choose((0, 1, 50)) * MS
        return cls(device=device, conversation=talk, at=aims.when(pick), count=count, apart=apart)
