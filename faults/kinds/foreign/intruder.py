"""A node that isn't part of the deployment says that it is.

Requirements: P15.
"""

from __future__ import annotations

from faults.kit import Aims, ConversationName, End, Fault, NodeName, OnDevice, Picker, Site, kind
from model.servers.intruder import ASKS

_CALLERS = {"Append": "service", "Publish": "service", "CursorUpdate": "service", "Push": "worker"}
"""Which kind of node asks for this, if all is well."""


@kind("intruder")
class Intrusion(OnDevice):
    """A node that isn't part of the deployment calls itself `claims` and asks a component for something.

    `asks`: Append (a message of the device's user), Publish (a task for one), CursorUpdate (a cursor for the device), or Push
    (of a message to the device).
    """

    claims: NodeName
    asks: str
    conversation: ConversationName

    requirement = "P15"
    everyday = True

    def __post_init__(self) -> None:
        if self.asks not in ASKS:
            raise ValueError(f"asks: expected one of {', '.join(ASKS)}, got {self.asks!r}")

    def begin(self, site: Site) -> End | None:
        site.intruder(self.claims).ask_for(self.asks, self.device, self.conversation)
        return None

    @classmethod
    def draw(cls, pick: Picker, aims: Aims) -> Fault:
        asks = pick.choose(tuple(_CALLERS))
        device = pick.choose([device for device in aims.devices if aims.talks[device]])
        conversation = pick.choose(aims.talks[device])
        claims = pick.choose(aims.of_kind[_CALLERS[asks]])
        return cls(device=device, claims=claims, asks=asks, conversation=conversation, at=aims.when(pick))
