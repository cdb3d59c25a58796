"""What people sent, and what became of it.

Requirements: V1.
"""

from __future__ import annotations

from properties.conversation import Held


class Request:
    """What a person sent: by which installation's `held` of the conversation, when, and what was on the screen then.

    `at` is the place, in the order of the screens, of the last message that the device showed. `shown_as` is the first
    message that stood for it on any screen.
    """

    __slots__ = ("at", "device", "held", "index", "installation", "number", "send", "shown_as", "shown_index", "t")

    def __init__(self, device: str, send: str, t: int, index: int, number: int, installation: int) -> None:
        self.device = device
        self.send = send
        self.t = t
        self.index = index
        self.number = number
        self.installation = installation
        self.held: Held | None = None
        self.at = -1
        self.shown_as = ""
        self.shown_index = -1


class Sent:
    """A message_id that went out, for the first `request` that it went out for, and the answers that came.

    `t` and `index` are the time and the event of the first try, `accepted_t` and `accepted` those of the first accept, `refused`
    is the event of the refusal; -1: none. `due_t` is when it was accepted, or some device showed it, if that was first; `seq` is
    what was said of its place by then (0: nothing).
    """

    __slots__ = (
        "accepted", "accepted_t", "again", "due_t", "index", "message", "refused", "request", "seq", "t", "tried",
    )  # fmt: skip

    def __init__(self, message: str, request: Request, t: int, index: int) -> None:
        self.message = message
        self.request = request
        self.t = t
        self.index = index
        self.accepted_t = self.accepted = self.refused = -1
        self.due_t = -1
        self.seq = 0
        self.tried: tuple[str, str, str, int] | None = None
        """By which device, for which send and as what it went out last, and how often a send had begun anew by then."""
        self.again: Request | None = None
        """The request of that."""
