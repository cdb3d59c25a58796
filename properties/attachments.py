"""Attachments: what a message refers to is there, once, and gets to every device that shows the message.

    1. the message is sent before its upload, and the app dies in between: nobody can ever fetch it
    2. an upload is acknowledged from memory, and the object store dies
    3. each try of an upload makes a new ref: blobs that no message refers to pile up

Requirements: C11.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar

from model.events import BlobFetched, BlobMissing, BlobStored, Persisted, Shown, UploadAttempted, Wiped
from properties.base import Debt, Liveness, Property, Violation, sees
from properties.ledger import Ledger


class AttachmentsAreThere(Property):
    """A message never refers to a blob that can't be fetched: when it is committed, its blob is stored, and stays so.

    Proof of a violation: a Persisted with a payload_ref before the BlobStored of it; or a BlobMissing of a ref that a
    committed message has.
    """

    name: ClassVar[str] = "attachments-are-there"
    family: ClassVar[str] = "attachments"
    anomalies: ClassVar[tuple[str, ...]] = ("lost write", "phantom")

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._stored: dict[str, int] = {}
        self._referred: dict[str, int] = {}

    @sees(BlobStored)
    def on_stored(self, event: BlobStored, index: int) -> None:
        self._stored.setdefault(event.ref, index)

    @sees(Persisted)
    def on_persisted(self, event: Persisted, index: int) -> None:
        if event.payload_ref:
            self.tested += 1
            self._referred.setdefault(event.payload_ref, index)
            if event.payload_ref not in self._stored:
                self.violated(
                    f"{event.conversation} {event.seq} refers to {event.payload_ref}, which is not stored", index
                )

    @sees(BlobMissing)
    def on_missing(self, event: BlobMissing, index: int) -> None:
        if event.ref in self._referred:
            self.violated(f"{event.device} can't fetch {event.ref}", self._referred[event.ref], index)


class OneBlobPerAttachment(Property):
    """However often an attachment is uploaded, one blob is stored of it.

    Proof of a violation: two BlobStored with different refs, both of UploadAttempted of the same send.
    """

    name: ClassVar[str] = "one-blob-per-attachment"
    family: ClassVar[str] = "attachments"
    anomalies: ClassVar[tuple[str, ...]] = ("duplicate",)

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._send: dict[str, tuple[str, str]] = {}
        self._blob: dict[tuple[str, str], tuple[str, int]] = {}

    @sees(UploadAttempted)
    def on_attempted(self, event: UploadAttempted, _: int) -> None:
        self._send.setdefault(event.ref, (event.device, event.send))

    @sees(BlobStored)
    def on_stored(self, event: BlobStored, index: int) -> None:
        send = self._send.get(event.ref)
        if send is None:
            return
        self.tested += 1
        ref, first = self._blob.setdefault(send, (event.ref, index))
        if ref != event.ref:
            self.violated(f"the attachment of {send[1]} is stored as {ref} and as {event.ref}", first, index)


class AttachmentsAreFetched(Liveness):
    """After healing, every device that shows a message with an attachment has fetched it.

    Owed from the Shown on, by every device but the sending one, until its BlobFetched of that message's ref. A device that is
    wiped has fetched nothing, and owes nothing until it shows the message again.
    """

    name: ClassVar[str] = "attachments-are-fetched"
    family: ClassVar[str] = "attachments"
    anomalies: ClassVar[tuple[str, ...]] = ("non-convergence",)

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._ref: dict[str, dict[int, tuple[str, str]]] = {}
        """By conversation and seq: the ref, and the device that sent it."""
        self._fetched: dict[str, set[str]] = {}
        """The refs that each device has fetched."""
        self._open: dict[str, dict[str, int]] = {}
        self._owed = 0

    @sees(Persisted)
    def on_persisted(self, event: Persisted, _: int) -> None:
        if event.payload_ref:
            refs = self._ref.setdefault(event.conversation, {})
            refs.setdefault(event.seq, (event.payload_ref, event.device))

    @sees(Shown)
    def on_shown(self, event: Shown, index: int) -> None:
        there = self._ref.get(event.conversation)
        found = there.get(event.seq) if there is not None else None
        if found is not None and found[1] != event.device and not event.hidden:
            self.tested += 1
            refs = self._open.setdefault(event.device, {})
            if found[0] not in self._fetched.get(event.device, ()) and found[0] not in refs:
                refs[found[0]] = index
                self._owed += 1

    @sees(BlobFetched)
    def on_fetched(self, event: BlobFetched, _: int) -> None:
        self._fetched.setdefault(event.device, set()).add(event.ref)
        if self._open.get(event.device, {}).pop(event.ref, None) is not None:
            self._owed -= 1

    @sees(Wiped)
    def on_wiped(self, event: Wiped, _: int) -> None:
        self._fetched.pop(event.device, None)
        self._owed -= len(self._open.pop(event.device, ()))

    def owed(self) -> int:
        return self._owed

    def missing(self) -> Iterator[Debt]:
        for device, refs in self._open.items():
            for ref, index in refs.items():
                yield Debt(f"{device} shows a message whose attachment {ref} it never fetched", (index,), device)
