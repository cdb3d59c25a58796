"""The object store (C11): blobs by their ref, for what a message carries beside its text.

Promise kept here: a blob whose upload was acknowledged stays, and is the same for ever under its ref. What may fail: the
answer to an upload is lost; the upload is repeated under the same ref and changes nothing. Blobs are opaque: the model knows
of one how many bytes it has, and nothing of what is in them.

Requirements: C11.
"""

from __future__ import annotations

from typing import ClassVar

from model.component import Component
from model.decisions import Micros, decision, setting
from model.events import BlobMissing, BlobStored
from model.wire.base import Wire
from model.wire.client import BlobIs, BlobKept, GetBlob, PutBlob
from sim.distributions import LogNormal
from sim.draws import key
from sim.network import Call
from sim.state import Marks

_SERVICE_TIME = key("object store service time")


class BlobStore(Component):
    """Blobs by ref, with their sizes. Durable, all of them."""

    kind: ClassVar[str] = "objects"
    receives: ClassVar[dict[type, str]] = {PutBlob: "on_put", GetBlob: "on_get"}
    points: ClassVar[tuple[str, ...]] = ("storing", "stored")
    marks = Marks(durable="blobs", aside="_sample_service_time")

    service_time = setting(
        LogNormal(median=20_000, p99=200_000),
        unit="distribution, µs",
        why="What an operation takes before its answer leaves, beside the transfer.",
    )
    transfer_rate = setting(1_000_000, unit="bytes/s", why="How fast a blob comes in or goes out.")

    def install(self) -> None:
        self.blobs: dict[str, int] = {}
        self._sample_service_time = self.service_time.sampler()

    # --- decisions ---------------------------------------------------------------------------------------------------

    @decision
    def write_back(self, put: PutBlob) -> Micros:
        """For how long, in µs, an acknowledged upload is in memory only (C11): not at all, it is durable before.

        Variant::

            def write_back(self, put):
                return 5_000_000
        """
        return 0

    # --- operations --------------------------------------------------------------------------------------------------

    def on_put(self, put: PutBlob, call: Call) -> None:
        """The request is there; its bytes take their time, and a crash until then loses them."""
        self.after(self._transfer(put.size), self._received, (put, call))

    def _transfer(self, size: int) -> int:
        return size * 1_000_000 // self.transfer_rate

    def _received(self, work: tuple[PutBlob, Call]) -> None:
        self.point("storing", self._keep, work)

    def _keep(self, work: tuple[PutBlob, Call]) -> None:
        put, call = work
        later = self.write_back(put)
        if later:
            self.after(later, self._store, put)
        else:
            self._store(put)
        self.point("stored", self._kept, (put, call))

    def _store(self, put: PutBlob) -> None:
        if put.ref not in self.blobs:
            self.blobs[put.ref] = put.size
            self.emit(BlobStored, put.ref, put.size)

    def _kept(self, work: tuple[PutBlob, Call]) -> None:
        put, call = work
        self._answer(call, BlobKept(put.ref), 0)

    def on_get(self, get: GetBlob, call: Call) -> None:
        size = self.blobs.get(get.ref)
        if size is None:
            self.emit(BlobMissing, get.device, get.ref)
        self._answer(call, BlobIs(get.ref, size), self._transfer(size or 0))

    def _answer(self, call: Call, answer: Wire, transfer: int) -> None:
        draw = self.draws.u64(_SERVICE_TIME, call.key, self.network.count(call.key ^ _SERVICE_TIME))
        self.reply(call, answer, self._sample_service_time(draw) + transfer)
