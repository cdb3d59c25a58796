"""A device that is restored from a backup: what comes again, what comes back, what is gone, and what it is called."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from support import MUTANTS, ROOT, SECOND, deploy, first_caught, of, plan

from faults import kinds
from faults.plan import Read
from model import events as e
from parley.commands.verify import verify
from parley.run import Run
from properties.judge import VIOLATED
from sim import history as h

pytestmark = pytest.mark.requirement("P10", "P23", "F8")

PHONE = "bob-phone"
ALICES = tuple((t * SECOND, "alice-phone") for t in (3, 5, 7, 20))
CASES = ROOT / "tests" / "cases" / "histories"


def run(*faults: Any, sends: Any = ALICES, reads: tuple[tuple[int, str], ...] = ()) -> list[h.Event]:
    made = plan(*faults, sends=sends)
    looks = tuple(Read(at=at, device=device, conversation="talk") for at, device in reads)
    outcome = Run(msgspec.structs.replace(made, workload=(*made.workload, *looks))).execute()
    assert outcome.violations == []
    return outcome.history


def restore(at: int, age: int, device: str = PHONE, down: int = 1) -> kinds.Restore:
    return kinds.Restore(device=device, at=at * SECOND, age=age * SECOND, down=down * SECOND)


def test_what_came_after_the_backup_comes_again_and_the_rest_is_shown_from_the_backup() -> None:
    history = run(restore(4, 6))
    (backup,) = of(history, e.BackedUp, device=PHONE)
    (restored,) = of(history, e.Restored, device=PHONE)
    assert (backup.t, restored.t, restored.installation, restored.taken) == (4 * SECOND, 10 * SECOND, 2, 4 * SECOND)
    stored = [x for x in of(history, e.Stored, device=PHONE) if x.t >= restored.t]
    assert [(x.seq, x.via) for x in stored] == [(1, "backup"), (2, "sync"), (3, "sync"), (4, "push")]
    assert [x.seq for x in of(history, e.Shown, device=PHONE) if x.t >= restored.t] == [1, 2, 3, 4]
    moved = [x.to for x in of(history, e.CursorMoved, device=PHONE) if x.t >= restored.t]
    assert moved[0] == 1
    stored_cursors = [(x.to, x.installation) for x in of(history, e.CursorStored, device=PHONE)]
    assert stored_cursors[:4] == [(1, 1), (2, 1), (3, 1), (1, 2)]


def test_what_was_accepted_since_is_sent_again_under_its_id_and_is_no_other_message() -> None:
    lost = kinds.DropAt(kind="SendResult", a=("kind:gateway",), b=("alice-phone",), nth=1, at=0)
    history = run(
        lost, restore(4, 10, "alice-phone"), sends=((3 * SECOND, "alice-phone"), (25 * SECOND, "alice-phone"))
    )
    tried = of(history, e.SendAttempted, device="alice-phone")
    assert {(x.send, x.message) for x in tried} == {("alice-phone:1",) * 2, ("alice-phone.2:1",) * 2}
    assert any(x.t > 14 * SECOND for x in tried if x.send == "alice-phone:1")
    assert [x.message for x in of(history, e.Persisted)] == ["alice-phone:1", "alice-phone.2:1"]
    assert len(of(history, e.SendAccepted, send="alice-phone:1")) == 2


def test_what_waited_since_the_backup_is_gone() -> None:
    cut = kinds.Partition(a=("alice-phone",), b=("kind:gateway",), at=5 * SECOND, duration=20 * SECOND)
    history = run(cut, restore(4, 6, "alice-phone"), sends=((3 * SECOND, "alice-phone"), (7 * SECOND, "alice-phone")))
    assert [x.send for x in of(history, e.SendRequested)] == ["alice-phone:1", "alice-phone:2"]
    assert [x.message for x in of(history, e.Persisted)] == ["alice-phone:1"]


def test_read_marks_are_the_larger_of_the_backups_and_the_stores() -> None:
    history = run(restore(6, 4), reads=((5_500_000, PHONE), (8 * SECOND, PHONE)))
    (restored,) = of(history, e.Restored)
    marks = [(x.to, x.by) for x in of(history, e.ReadMarkMoved, device=PHONE) if x.t >= restored.t]
    assert marks == [(2, "a backup"), (3, "another device")]
    assert [x.to for x in of(history, e.ReadStored)] == [2, 3]


def test_a_restored_phone_has_a_new_token_and_keeps_no_attachment() -> None:
    history = run(restore(4, 6))
    (restored,) = of(history, e.Restored)
    assert [x.t for x in of(history, e.TokenIssued, device=PHONE)][1:] == [restored.t]


def test_it_dies_at_the_point_and_starts_with_what_it_had_when_the_fault_was_armed() -> None:
    history = run(kinds.RestoreAt(device=PHONE, at=4 * SECOND, down=2 * SECOND, point="stored", nth=2))
    (died,) = of(history, h.Crashed, node=PHONE)
    (backup,) = of(history, e.BackedUp)
    (restored,) = of(history, e.Restored)
    assert (died.point, died.t, backup.t, restored.taken) == ("stored", restored.t, 4 * SECOND, 4 * SECOND)
    assert [x.seq for x in of(history, e.Stored, device=PHONE, via="backup")] == [1]
    (up,) = of(history, h.Restarted, node=PHONE)
    assert up.t == died.t + 2 * SECOND


def test_two_restores_of_one_backup_are_two_installations() -> None:
    deployment = deploy()
    device = deployment.devices[PHONE]
    backup = device.back_up()
    for installation in (2, 3):
        device.restore_from(backup)
        device.restart()
        assert device.installation == installation
    device.restore_from(backup)
    assert not device.up


def test_who_is_gone_for_good_or_healed_before_is_not_restored() -> None:
    gone = kinds.GoneForGood(device=PHONE, at=6 * SECOND)
    assert of(run(restore(4, 6), gone), e.Restored) == []
    assert of(run(restore(50, 20)), e.Restored) == []
    armed = kinds.RestoreAt(device=PHONE, at=4 * SECOND, down=SECOND, point="stored", nth=1)
    assert of(run(gone, armed, sends=((3 * SECOND, "alice-phone"), (20 * SECOND, "alice-phone"))), e.Restored) == []


def test_a_fault_lasts_from_the_backup_to_the_start_of_the_app() -> None:
    fault = restore(4, 6, down=3)
    assert fault.lasts() == 9 * SECOND
    history = run(fault)
    assert [x.t for x in of(history, h.FaultStarted)] == [4 * SECOND]
    assert [x.t for x in of(history, h.FaultEnded)] == [13 * SECOND] == [x.t for x in of(history, h.Restarted)]


@pytest.mark.parametrize("name", ["restored-from-backup-legal", "restored-twice-legal"])
def test_records_of_restored_devices_pass(name: str) -> None:
    found = verify(CASES / f"{name}.jsonl")
    assert [verdict.property for verdict in found.verdicts if verdict.status == VIOLATED] == []


@pytest.mark.parametrize(
    ("left_out", "property"),
    [
        ('"event": "Restored"', "device-cursor-is-monotone"),
        ('"event": "Restored"', "shown-once"),
        ('"t": 7000000', "what-was-accepted-is-shown"),
    ],
)
def test_a_record_that_leaves_out_the_restore_or_what_comes_after_it_does_not(
    left_out: str, property: str, tmp_path: Any
) -> None:
    lines = (CASES / "restored-twice-legal.jsonl").read_text().splitlines()
    record = tmp_path / "record.jsonl"
    record.write_text("\n".join(line for line in lines if left_out not in line) + "\n")
    found = verify(record)
    assert property in [verdict.property for verdict in found.verdicts if verdict.status == VIOLATED]


def test_an_installation_that_is_said_must_be_a_later_one(tmp_path: Any) -> None:
    text = (CASES / "restored-twice-legal.jsonl").read_text()
    record = tmp_path / "record.jsonl"
    record.write_text(text.replace('"event": "Restored"', '"installation": 2, "event": "Restored"'))
    with pytest.raises(Exception, match="installation: expected more than 2"):
        verify(record)


@pytest.mark.parametrize("name", ["restored_as_itself", "cursor_outlives_rows"])
def test_the_campaign_finds_what_breaks_a_restore(name: str) -> None:
    mutant = MUTANTS[name]
    assert first_caught("restored", str(mutant.file), mutant.caught_by, seeds=40)
