"""Everybody writes to one conversation.

Requirements: F9.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from faults.kit import Aims, ConversationName, End, Fault, Held, Lasting, Node, Picker, Site, check_least, holding, kind


@kind("hot_conversation")
class HotConversation(Fault):
    """Every device of a conversation's first members sends `count` messages to it, spread over `duration` µs.

    The faults of a plan make a user send 1,000 messages at most: what the rate limit lets through in 200 s.
    """

    conversation: ConversationName
    count: int
    duration: Lasting

    requirement = "F9"

    def __post_init__(self) -> None:
        check_least(self, count=1)

    def sends(self, devices: Mapping[str, str], conversations: Mapping[str, Sequence[str]]) -> dict[str, int]:
        owned = Counter(devices.values())
        return {user: self.count * owned[user] for user in conversations[self.conversation]}

    def holds(self, site: Site, node: Node | None = None) -> Held:
        return holding(self._senders(site))

    def begin(self, site: Site) -> End | None:
        devices = [device.name for device in self._senders(site)]
        total = self.count * len(devices)

        def send(place: int) -> None:
            """Each sends one after the other, and has the next one come."""
            site.send(devices[place % len(devices)], self.conversation)
            if place + 1 < total:
                site.later((place + 1) * self.duration // total - place * self.duration // total, send, place + 1)

        if total:
            site.later(0, send, 0)
        return lambda: None

    def _senders(self, site: Site) -> list[Node]:
        members = site.members(self.conversation)
        return [site.device(device) for user in members for device in site.devices_of(user)]

    @classmethod
    def draw(cls, pick: Picker, aims: Aims) -> Fault:
        talk = pick.choose(aims.conversations)
        return cls(conversation=talk, at=aims.when(pick), count=pick.between(2, 6), duration=aims.a_while(pick))
