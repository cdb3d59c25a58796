"""Attachments: uploaded before the message is sent, stored once, and fetched by whoever shows the message."""

from __future__ import annotations

import msgspec
import pytest
from support import PAIR, SECOND, VARIANTS, of, plan

from faults.generate import workload
from faults.kinds import Crash, CrashAt, DropAt, Fault, KillAppAt, Partition, Sleep
from faults.plan import PlanError, Send, check, decode, encode
from model import events as e
from model.deployment import Deployment
from model.protocol import REFERENCE, Protocol
from model.wire.client import BlobIs, BlobKept, GetBlob, PutBlob
from model.wire.routes import KINDS, ROUTES
from parley import variants
from parley.run import Outcome, Run
from sim.draws import Draws, Picker
from sim.history import Event

pytestmark = pytest.mark.requirement("C11", "D1")

REF = "blob:alice-phone:1"
BYTES = 2_000_000


def run(*faults: Fault, protocol: Protocol = REFERENCE) -> Outcome:
    its = plan(*faults, duration=120 * SECOND)
    sent = Send(at=5 * SECOND, device="alice-phone", conversation="talk", attachment=BYTES)
    return Run(msgspec.structs.replace(its, workload=(sent,)), protocol).execute()


def held(*faults: Fault) -> list[Event]:
    """The history of a run in which everything held."""
    outcome = run(*faults)
    assert outcome.violations == []
    assert outcome.converged_after is not None
    return outcome.history


def test_an_attachment_is_stored_before_its_message_is_sent_and_fetched_by_every_other_device() -> None:
    history = held()
    (stored,), (row,) = of(history, e.BlobStored), of(history, e.Persisted)
    assert (stored.ref, stored.size, row.payload_ref) == (REF, BYTES, REF)
    begun, first = of(history, e.UploadAttempted)[0], of(history, e.SendAttempted)[0]
    assert begun.t + 2 * SECOND < stored.t < first.t < row.t, "the bytes take their time: a second for each million"
    assert {x.device for x in of(history, e.BlobFetched, ref=REF)} == {"bob-phone", "bob-laptop"}
    for device in ("bob-phone", "bob-laptop"):
        shown, fetched = of(history, e.Shown, device=device)[0], of(history, e.BlobFetched, device=device)[0]
        assert shown.t < fetched.t, "the message is shown at once, the attachment when it is there"


def test_the_row_and_every_device_s_copy_of_it_carry_the_ref() -> None:
    deployment = Deployment(PAIR, 1)
    deployment.env.run_until(2 * SECOND)
    deployment.devices["alice-phone"].send("talk", "look", attachment=BYTES)
    deployment.env.run_until(20 * SECOND)
    for device in deployment.devices.values():
        (row,) = device.conversation("talk").rows.values()
        assert row.payload_ref == REF
        assert device.files == {REF: BYTES}
        assert device.wanted == {}


@pytest.mark.parametrize("lost", ["PutBlob", "BlobKept"])
def test_a_lost_upload_or_answer_is_repeated_under_the_same_ref(lost: str) -> None:
    a, b = ROUTES[KINDS[lost]]
    if lost == "PutBlob":
        fault: Fault = DropAt(kind=lost, a=(f"kind:{a}",), b=(f"kind:{b}",))
    else:
        fault = Partition(a=("objects",), b=("alice-phone",), one_way=True, at=0, duration=40 * SECOND)
    history = held(fault)
    tries = of(history, e.UploadAttempted)
    assert len(tries) >= 2
    assert {x.ref for x in tries} == {REF}
    assert len(of(history, e.BlobStored)) == len(of(history, e.Persisted)) == 1


@pytest.mark.parametrize("point", ["storing", "stored"])
def test_the_object_store_may_die_at_any_step(point: str) -> None:
    history = held(CrashAt(node="objects", point=point, down=3 * SECOND))
    assert len(of(history, e.BlobStored)) == 1
    assert len(of(history, e.UploadAttempted)) >= 2


def test_an_app_that_dies_before_it_noted_its_upload_uploads_again() -> None:
    history = held(KillAppAt(device="alice-phone", point="uploaded", down=2 * SECOND))
    assert len(of(history, e.UploadAttempted)) == 2
    assert len(of(history, e.BlobStored)) == 1


def test_an_app_that_dies_before_it_stored_what_it_fetched_fetches_again() -> None:
    history = held(KillAppAt(device="bob-phone", point="fetched", down=2 * SECOND))
    assert len(of(history, e.BlobFetched, device="bob-phone")) == 1


def test_a_device_that_was_away_fetches_what_it_then_shows() -> None:
    history = held(
        Sleep(device="bob-phone", at=2 * SECOND, duration=60 * SECOND),
        Crash(node="objects", at=61 * SECOND, down=30 * SECOND),
    )
    (fetched,) = of(history, e.BlobFetched, device="bob-phone")
    assert fetched.t > 91 * SECOND
    assert not of(history, e.BlobMissing)


def test_other_messages_wait_for_the_upload_of_the_one_before() -> None:
    """A device's sends keep their order, also when the first one has bytes to carry."""
    its = plan(duration=120 * SECOND)
    actions = (
        Send(at=5 * SECOND, device="alice-phone", conversation="talk", attachment=BYTES),
        Send(at=5 * SECOND + 1, device="alice-phone", conversation="talk"),
    )
    outcome = Run(msgspec.structs.replace(its, workload=actions)).execute()
    assert outcome.violations == []
    assert [(x.message, x.payload_ref) for x in of(outcome.history, e.Persisted)] == [
        ("alice-phone:1", REF),
        ("alice-phone:2", ""),
    ]


def test_a_message_sent_before_its_upload_is_caught() -> None:
    wrong = run(protocol=variants.load(str(VARIANTS / "send_before_upload.py")))
    assert "attachments-are-there" in wrong.violated()


def test_an_upload_under_a_new_ref_for_each_try_is_caught() -> None:
    """The first upload is stored and its answer is lost: two blobs, of which one belongs to nothing."""
    lost = DropAt(kind="BlobKept", a=("objects",), b=("alice-phone",))
    cut = Partition(a=("objects",), b=("alice-phone",), one_way=True, at=0, duration=40 * SECOND)
    assert run(lost, cut).violations == []
    wrong = run(cut, protocol=variants.load(str(VARIANTS / "new_ref_on_retry.py")))
    assert wrong.violated() == ("one-blob-per-attachment",)


def test_plans_carry_the_size_of_an_attachment() -> None:
    its = plan()
    sent = Send(at=SECOND, device="alice-phone", conversation="talk", attachment=7)
    again = decode(encode(msgspec.structs.replace(its, workload=(sent,))))
    assert again.workload == (sent,)
    with pytest.raises(PlanError, match=r"workload\[0\].attachment: expected at least 0 bytes, got -1"):
        check(msgspec.structs.replace(its, workload=(msgspec.structs.replace(sent, attachment=-1),)))


def test_a_few_random_sends_have_attachments() -> None:
    sends = [x for x in workload(Picker(Draws(1), "plan"), PAIR, 120 * SECOND, 400) if isinstance(x, Send)]
    sizes = [x.attachment for x in sends if x.attachment]
    assert 20 <= len(sizes) <= 60
    assert len(set(sizes)) == 2


def test_nothing_between_devices_has_a_place_for_what_is_in_a_blob() -> None:
    """By type: of a blob the services know the ref and the size (C11)."""
    for kind in (PutBlob, BlobKept, GetBlob, BlobIs):
        assert set(kind.__struct_fields__) <= {"ref", "size", "device"}
