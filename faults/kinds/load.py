"""Load as a fault: bursts, a conversation that everybody writes to, a region's devices that all return at once.

Nobody sends on a device that does not run, nor after the healing.

Requirements: F9.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from faults.kinds.base import End, _check_least, _Fault, _OnDevice, all_of
from faults.kinds.device import put_to_sleep

if TYPE_CHECKING:
    from faults.injector import Injector


MOST_SENDS = 1_000
"""How many sends of one user the faults of a plan may make.

A gateway forwards 5 sends a second of one user (`gateway.user_rate`), so that a thousand take 200 s. All bundled scenarios
give a system 300 s to converge; with more the load would not be over when the bound is.
"""


class Burst(_OnDevice, frozen=True, kw_only=True, tag="burst"):
    """A device sends `count` messages to a conversation, `apart` µs apart.

    The faults of a plan make a user send 1,000 messages at most: what the rate limit lets through in 200 s.
    """

    conversation: str
    count: int
    apart: int = 0

    requirement: ClassVar[str] = "F9"
    everyday: ClassVar[bool] = False

    def __post_init__(self) -> None:
        _check_least(self, count=1, apart=0)

    def sends(self, devices: Mapping[str, str], conversations: Mapping[str, Sequence[str]]) -> dict[str, int]:
        return {devices[self.device]: self.count}

    def begin(self, injector: Injector) -> End | None:
        for number in range(self.count):
            injector.later(number * self.apart, injector.send, (self.device, self.conversation))
        return None


class HotConversation(_Fault, frozen=True, kw_only=True, tag="hot_conversation"):
    """Every device of a conversation's first members sends `count` messages to it, spread over `duration` µs.

    The faults of a plan make a user send 1,000 messages at most: what the rate limit lets through in 200 s.
    """

    conversation: str
    count: int
    duration: int

    requirement: ClassVar[str] = "F9"
    everyday: ClassVar[bool] = False

    def __post_init__(self) -> None:
        _check_least(self, count=1)

    def lasts(self) -> int:
        return self.duration

    def sends(self, devices: Mapping[str, str], conversations: Mapping[str, Sequence[str]]) -> dict[str, int]:
        owned = Counter(devices.values())
        return {user: self.count * owned[user] for user in conversations[self.conversation]}

    def begin(self, injector: Injector) -> End | None:
        directory = injector.deployment.directory
        members = directory.conversations[self.conversation].members
        devices = [device for user in members for device in directory.devices_of[user]]
        total = self.count * len(devices)

        def send(place: int) -> None:
            """Each sends one after the other, and has the next one come."""
            injector.send((devices[place % len(devices)], self.conversation))
            if place + 1 < total:
                injector.later((place + 1) * self.duration // total - place * self.duration // total, send, place + 1)

        if total:
            injector.later(0, send, 0)
        return lambda: None


class ThunderingHerd(_Fault, frozen=True, kw_only=True, tag="thundering_herd"):
    """A region's devices are all without a network for `down` µs; they return at once, and each user sends something.

    Each sends to the first conversation that the user was a member of at the start.
    """

    region: str
    down: int

    requirement: ClassVar[str] = "F9"
    everyday: ClassVar[bool] = False

    def selectors(self) -> list[tuple[str, tuple[str, ...]]]:
        return [("region", (f"region:{self.region}",))]

    def lasts(self) -> int:
        return self.down

    def begin(self, injector: Injector) -> End | None:
        directory = injector.deployment.directory
        herd = [device for device in injector.deployment.devices.values() if device.region == self.region]
        wake = all_of([put_to_sleep(device, injector) for device in herd])

        def return_at_once() -> None:
            wake()
            for device in herd:
                talk = next((c.conversation for c in directory.conversations.values() if device.user in c.members), "")
                if talk:
                    injector.send((device.name, talk))

        return return_at_once
