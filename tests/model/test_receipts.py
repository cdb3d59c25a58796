"""Receipts: at once and by name in small conversations, with the digest in larger ones, as counts in large ones."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from support import PAIR, SECOND, of, plan

from faults import kinds
from faults.plan import Plan, Read
from model import events as e
from model.device.device import Device
from model.protocol import REFERENCE, Protocol, variant
from model.store.store import MessageStore
from model.topology import ConversationSpec, DeviceSpec
from parley.run import Run
from sim.history import Event

pytestmark = pytest.mark.requirement("P9", "P10")

THREE = msgspec.structs.replace(
    PAIR,
    users=("alice", "bob", "carol"),
    devices=(*PAIR.devices, DeviceSpec(name="carol-laptop", user="carol", region="eu")),
    conversations=(ConversationSpec(name="talk", members=("alice", "bob", "carol")),),
)


class WithDigest(MessageStore):
    live_up_to = 0


class AsCounts(MessageStore):
    receipts_threshold = 2


def made(*faults: Any, sends: Any = ((5 * SECOND, "alice-phone"),), reads: Any = (), **more: Any) -> Plan:
    sent = plan(*faults, sends=sends, duration=80 * SECOND, topology=THREE, **more)
    marks = tuple(Read(at=at, device=device, conversation="talk") for at, device in reads)
    return msgspec.structs.replace(sent, workload=tuple(sorted(sent.workload + marks, key=lambda a: a.at)))


def run(made: Plan, protocol: Protocol = REFERENCE) -> list[Event]:
    outcome = Run(made, protocol).execute()
    assert outcome.violations == []
    return outcome.history


def test_a_sender_is_told_at_once_and_by_name_and_so_are_the_readers_other_devices() -> None:
    history = run(made(reads=((20 * SECOND, "bob-phone"),)))
    told = of(history, e.ReceiptsShown, device="alice-phone")
    assert [(x.to_one, x.to_all, x.read) for x in told][-1] == (1, 1, 0)
    assert told[-1].t < 6 * SECOND
    (by,) = of(history, e.ReadByShown, device="alice-phone")
    (view,) = of(history, e.Viewed)
    assert (by.user, by.to, view.upto) == ("bob", 1, 1)
    assert view.t < by.t < view.t + SECOND
    (mark,) = of(history, e.ReadMarkMoved, device="bob-laptop")
    assert view.t < mark.t < view.t + SECOND


def test_nobody_is_told_of_somebody_elses_message() -> None:
    history = run(made())
    assert of(history, e.ReceiptsShown, device="bob-laptop")[0].t > 20 * SECOND, "with the digest"


def test_what_moves_within_a_moment_shares_a_frame() -> None:
    """Ten messages in half a second: each has four cursors to move."""

    def frames(protocol: Protocol) -> int:
        sends = tuple((5 * SECOND + i * 50_000, "alice-phone") for i in range(10))
        history = run(made(sends=sends), protocol)
        return sum(x.number for x in of(history, e.Counted, what="receipt frame"))

    class AtOnce(MessageStore):
        receipts_gathered = 0

    assert 0 < frames(REFERENCE) < frames(variant("at-once", store=AtOnce)) / 2
    assert frames(variant("with-digest", store=WithDigest)) == 0


def test_a_lost_frame_is_made_good_by_the_digest() -> None:
    lost = kinds.DropAt(kind="LiveReceipts", a=("*",), b=("alice-phone",))
    history = run(made(lost))
    told = of(history, e.ReceiptsShown, device="alice-phone")
    assert told[-1].to_all == 1


def test_a_larger_conversation_is_told_with_the_digest_without_names() -> None:
    class Larger(WithDigest):
        status_threshold = 2

    history = run(made(reads=((20 * SECOND, "bob-phone"),)), variant("larger", store=Larger))
    assert of(history, e.ReceiptsShown, device="alice-phone")[0].t > 20 * SECOND
    assert of(history, e.ReadByShown) == []
    assert {(x.receipts, x.live) for x in of(history, e.ConversationOpened)} == {("pointers", False)}


def test_a_large_conversation_counts_people_and_not_devices() -> None:
    history = run(made(reads=((20 * SECOND, "bob-phone"),)), variant("as-counts", store=AsCounts))
    told = [(x.seq, x.delivered, x.read) for x in of(history, e.ReceiptCountsShown, device="alice-phone")]
    assert told[-1] == (1, 2, 1)
    assert of(history, e.ReceiptsShown) == []
    assert {x.device for x in of(history, e.ReceiptCountsShown)} == {"alice-phone"}


def test_counts_are_of_the_newest_message_whatever_comes_late() -> None:
    device = Device.__new__(Device)
    assert device.merge_counts((1, 2, 2), (2, 1, 0)) == (2, 1, 0)
    assert device.merge_counts((2, 1, 0), (1, 2, 2)) == (2, 1, 0)
    assert device.merge_counts((2, 1, 1), (2, 2, 0)) == (2, 2, 1)


def test_a_device_that_heeds_nothing_shows_it_with_the_digest() -> None:
    class Deaf(Device):
        def heeds(self, receipt: Any) -> bool:
            return False

    outcome = Run(made(sends=((7 * SECOND, "alice-phone"),)), variant("deaf", device=Deaf)).execute()
    assert outcome.violated() == ("receipts-come-in-time",)


def test_without_statuses_the_pointers_say_the_same() -> None:
    class NoStatus(MessageStore):
        def stores_status(self, members: int) -> bool:
            return False

    reads = ((20 * SECOND, "bob-phone"),)
    ours, theirs = run(made(reads=reads)), run(made(reads=reads), variant("no-status", store=NoStatus))
    for kind in (e.ReceiptsShown, e.ReadByShown):
        assert len(of(ours, kind)) == len(of(theirs, kind)) > 0
