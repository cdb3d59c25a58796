"""A message as it is stored and shown: one value, the same for the store, the log and every device.

Requirements: D1.
"""

from __future__ import annotations

import msgspec

_ROW = 32
"""Bytes of a row that are not its ids or its body: seq, times and lengths, at 8 each. An estimate for comparisons."""


class Message(msgspec.Struct, frozen=True, gc=False):
    """A message as stored (D1). `body` is ciphertext to everyone but devices; `sent_at` is the device's clock, µs."""

    conversation: str
    seq: int
    message: str
    sender: str
    device: str
    body: str
    sent_at: int
    kind: str = ""
    """'' for what a person wrote; join or leave for a change of membership; filler for a seq that was never used."""
    subject: str = ""
    """The user whom a join or leave is about."""
    audience: int = 0
    """How many members there were at this place, the new or leaving one included: what the fan-out goes by."""
    size: int = 0
    """The bytes of the body: what everybody may know of it."""
    payload_ref: str = ""
    """The blob that belongs to it, or ''."""
    payload: str = ""
    """What the body is: '' for text, which every app knows; an app may be too old for another type, say 'poll'."""

    @property
    def bytes(self) -> int:
        """The size of the row: ids, numbers and body."""
        return _ROW + len(self.conversation) + len(self.message) + len(self.sender) + len(self.device) + self.size
