"""How a device sends and fetches attachments (C11): uploaded before the message is sent, fetched once it is shown.

Promise kept here: a message never refers to a blob that can't be fetched. What may fail: an upload or its answer is lost, or
the app is killed in between; the upload is repeated under the same ref. A fetch is repeated until it works.

    1. an upload is stored and its answer lost: the second one finds the blob, and changes nothing
    2. the app is killed between the upload's answer and its note of it: it uploads again

Requirements: C1, C11.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from msgspec.structs import replace

from model.content import Message
from model.decisions import Draw, Micros, decision, setting
from model.device.database import OutboxEntry
from model.device.outbox import Outbox
from model.events import BlobFetched, UploadAttempted
from model.wire.client import BlobIs, BlobKept, GetBlob, PutBlob
from sim.draws import key
from sim.node import Unknown
from sim.state import Marks

_UPLOAD = key("upload backoff")
_FETCH = key("fetch backoff")

Place = tuple[str, int]
"""Where a message is: conversation and seq."""


class Attachments(Outbox):
    """Uploads before it sends; fetches what it shows."""

    points: ClassVar[tuple[str, ...]] = (*Outbox.points, "uploaded", "fetched")
    marks = Marks(durable="files wanted", volatile="uploading fetching")

    transfer_timeout = setting(
        20_000_000, unit="µs", why="How long an upload or a fetch may take, beside the time for its bytes."
    )
    slowest_transfer = setting(
        100_000, unit="bytes/s", why="A transfer that is slower than this is taken for dead, and begun again."
    )

    def install(self) -> None:
        super().install()
        self.files: dict[str, int] = {}
        """Blobs on the device, by ref, with their sizes (durable)."""
        self.wanted: dict[str, Place] = {}
        """Blobs of shown messages that the device has not fetched yet (durable)."""

    def erase(self) -> None:
        super().erase()
        self.files, self.wanted = {}, {}

    def boot(self) -> None:
        self.uploading: dict[str, None] = {}
        self.fetching: dict[str, int] = {}
        super().boot()

    def connected_now(self) -> None:
        super().connected_now()
        for ref in list(self.wanted):
            self._fetch(ref)

    # --- decisions ---------------------------------------------------------------------------------------------------

    @decision
    def payload_ref(self, entry: OutboxEntry, attempt: int) -> str:
        """The ref of an attachment, for its `attempt`-th upload (C11): made once, the same for every try.

        So a repeated upload finds the blob of the first one, and leaves no orphan behind.

        Variant::

            def payload_ref(self, entry, attempt):
                return f"blob:{entry.send}.{attempt}"
        """
        return f"blob:{entry.send}"

    @decision
    def may_send(self, entry: OutboxEntry) -> bool:
        """Whether a message with an attachment may be sent yet (C11): when its upload was acknowledged.

        Whoever gets the message may fetch at once; and the device may die and never upload.

        Variant::

            def may_send(self, entry):
                return True
        """
        return entry.uploaded

    @decision
    def transfer_delay(self, attempt: int, draw: Draw) -> Micros:
        """How long to wait, in µs, after the `attempt`-th transfer failed; `draw` is uniform over [0, 2**64) (C11).

        Full jitter below an exponentially growing bound.

        Variant::

            def transfer_delay(self, attempt, draw):
                return 1_000_000
        """
        return draw * min(30_000_000, 1_000_000 << min(attempt - 1, 5)) >> 64

    # --- upload ------------------------------------------------------------------------------------------------------

    def _attempt(self, entry: OutboxEntry) -> None:
        if entry.attachment and not entry.uploaded:
            if not self.connected:
                return
            self._upload(entry)
            if not self.may_send(entry):
                return
        super()._attempt(entry)

    def _upload(self, entry: OutboxEntry) -> None:
        if entry.send in self.uploading:
            return
        self.uploading[entry.send] = None
        entry.uploads += 1
        ref = self.payload_ref(entry, entry.uploads)
        entry.content = replace(entry.content, payload_ref=ref)
        self.files[ref] = entry.attachment
        self.emit(UploadAttempted, self.name, entry.conversation, entry.send, ref, entry.uploads)
        put = PutBlob(ref, self.name, entry.attachment)
        self.ask(self.directory.objects, put, self._patience(entry.attachment), self._upload_answered, (entry, ref))

    def _patience(self, size: int) -> int:
        return self.transfer_timeout + size * 1_000_000 // self.slowest_transfer

    def _upload_answered(self, answer: BlobKept | Unknown, asked: tuple[OutboxEntry, str]) -> None:
        entry, _ = asked
        if isinstance(answer, Unknown):
            draw = self.draws.u64(_UPLOAD, key(entry.send), entry.uploads)
            self.after(self.transfer_delay(entry.uploads, draw), self._upload_again, entry)
        else:
            self.point("uploaded", self._uploaded, entry)

    def _upload_again(self, entry: OutboxEntry) -> None:
        del self.uploading[entry.send]
        if self._is_open(entry) and self.connected:
            self._upload(entry)

    def _uploaded(self, entry: OutboxEntry) -> None:
        del self.uploading[entry.send]
        entry.uploaded = True
        if self._is_open(entry) and entry.send not in self.sending:
            self._attempt(entry)

    def _is_open(self, entry: OutboxEntry) -> bool:
        return self.conversation(entry.conversation).outbox.get(entry.send) is entry

    # --- fetch -------------------------------------------------------------------------------------------------------

    def shown_now(self, name: str, rows: Sequence[Message]) -> None:
        super().shown_now(name, rows)
        for row in rows:
            if row.payload_ref and row.payload_ref not in self.files and not self.is_hidden(row):
                self.wanted[row.payload_ref] = (name, row.seq)
                self._fetch(row.payload_ref)

    def _fetch(self, ref: str, attempt: int = 1) -> None:
        if self.connected and ref not in self.fetching:
            self.fetching[ref] = attempt
            self.ask(
                self.directory.objects, GetBlob(ref, self.name), self._patience(0), self._fetch_answered, (ref, attempt)
            )

    def _fetch_answered(self, answer: BlobIs | Unknown, asked: tuple[str, int]) -> None:
        ref, attempt = asked
        if isinstance(answer, BlobIs) and answer.size is not None:
            self.point("fetched", self._fetched, answer)
        else:
            draw = self.draws.u64(_FETCH, self.key, key(ref), attempt)
            self.after(self.transfer_delay(attempt, draw), self._fetch_again, ref)

    def _fetch_again(self, ref: str) -> None:
        attempt = self.fetching.pop(ref)
        if ref in self.wanted:
            self._fetch(ref, attempt + 1)

    def _fetched(self, blob: BlobIs) -> None:
        del self.fetching[blob.ref]
        place = self.wanted.pop(blob.ref, None)
        if place is not None:
            self.files[blob.ref] = blob.size or 0
            self.emit(BlobFetched, self.name, *place, blob.ref)
