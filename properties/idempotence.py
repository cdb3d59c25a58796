"""Idempotence: however often a message is sent, it is stored once.

    1. the answer to m is lost; the device retries; another instance stores m again
    2. the device retries under a new message_id: no server can know that it is the same message
    3. the app is installed again and counts its messages from 1: the server takes a new message for a retry of an old one

Requirements: P1, P2, G1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from model.events import Persisted, SendAccepted, SendAttempted
from properties.base import Property, Violation, sees
from properties.ledger import Ledger


class OneRowPerMessage(Property):
    """A message_id of a conversation is stored once.

    Proof of a violation: two commits with the same message_id and different seqs.
    """

    name: ClassVar[str] = "one-row-per-message"
    family: ClassVar[str] = "idempotence"
    anomalies: ClassVar[tuple[str, ...]] = ("duplicate",)

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._rows: dict[tuple[str, str], tuple[int, int]] = {}

    @sees(Persisted)
    def on_persisted(self, event: Persisted, index: int) -> None:
        self.tested += 1
        seq, first = self._rows.setdefault((event.conversation, event.message), (event.seq, index))
        if first != index:
            where = f"{event.conversation} {seq} and {event.seq}"
            self.violated(f"{event.message} is stored twice, as {where}", first, index)


class OneRowPerSend(Property):
    """What a person sent once is stored once, under whatever ids it went out.

    Proof of a violation: two commits whose message_ids were attempts of the same send.
    """

    name: ClassVar[str] = "one-row-per-send"
    family: ClassVar[str] = "idempotence"
    anomalies: ClassVar[tuple[str, ...]] = ("duplicate",)

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._send_of: dict[tuple[str, str], str] = {}
        self._rows: dict[tuple[str, str], tuple[Persisted, int]] = {}

    @sees(SendAttempted)
    def on_attempt(self, event: SendAttempted, index: int) -> None:
        if not self.ledger.again:
            self._send_of[event.conversation, event.message] = event.send

    @sees(Persisted)
    def on_persisted(self, event: Persisted, index: int) -> None:
        send = self._send_of.get((event.conversation, event.message))
        if send is None:
            return
        self.tested += 1
        row, first = self._rows.setdefault((event.conversation, send), (event, index))
        if first != index:
            where = f"{event.conversation} {row.seq} ({row.message}) and {event.seq} ({event.message})"
            self.violated(f"send {send} is stored twice, as {where}", first, index)


class AcceptedSendHasItsRow(Property):
    """A send that was accepted has a row of its own: what stands for it is not another send's message.

    Proof of a violation: a SendAccepted under a message_id whose row was committed for another send, the one that had last
    been attempted under that id by then.
    """

    name: ClassVar[str] = "accepted-send-has-its-row"
    family: ClassVar[str] = "idempotence"
    anomalies: ClassVar[tuple[str, ...]] = ("lost write", "deduped away")

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._send_of: dict[tuple[str, str], tuple[str, str]] = {}
        self._rows: dict[tuple[str, str], tuple[tuple[str, str], int]] = {}

    @sees(SendAttempted)
    def on_attempt(self, event: SendAttempted, index: int) -> None:
        if not self.ledger.again:
            self._send_of[event.conversation, event.message] = (event.device, event.send)

    @sees(Persisted)
    def on_persisted(self, event: Persisted, index: int) -> None:
        which = (event.conversation, event.message)
        if which in self._send_of:
            self._rows.setdefault(which, (self._send_of[which], index))

    @sees(SendAccepted)
    def on_accept(self, event: SendAccepted, index: int) -> None:
        row = self._rows.get((event.conversation, event.message))
        if row is None:
            return
        self.tested += 1
        (device, send), first = row
        if (device, send) != (event.device, event.send):
            self.violated(
                f"{event.device} was told that {event.send} is accepted, but {event.message} is {device}'s {send}",
                first,
                index,
            )
