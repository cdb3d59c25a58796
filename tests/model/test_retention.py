"""Rows that are kept for a while: who removes what, what stays, and what a device is told that comes too late for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support import PAIR, ROOT, SECOND, deploy, of, plan

from faults import kinds
from faults.plan import Join, Leave, Scroll
from model import events as e
from model.content import Message
from model.membership import OPEN, Member
from model.topology import ConversationSpec, CoreSpec
from model.wire.store import ReadPage, Segment
from parley.commands.verify import verify
from parley.run import Run
from properties.judge import VIOLATED
from sim import history as h

pytestmark = pytest.mark.requirement("P7", "P23")

PHONE = "bob-phone"
CASES = ROOT / "tests" / "cases" / "histories"
KEPT = {"store.keeps_for": 10 * SECOND, "store.sweep_interval": SECOND, "worker.time_to_live": 10 * SECOND}
EARLY = tuple((t * SECOND, "alice-phone") for t in (2, 3, 4))


def run(
    *faults: Any, sends: Any = EARLY, acts: tuple[Any, ...] = (), settings: Any = KEPT, **more: Any
) -> list[h.Event]:
    made = plan(*faults, sends=sends, **more)
    its = sorted((*made.workload, *acts), key=lambda act: act.at)
    outcome = Run(msgspec.structs.replace(made, workload=tuple(its), settings=settings)).execute()
    assert outcome.violations == []
    return outcome.history


def asleep(at: int, duration: int, device: str = PHONE) -> tuple[Any, ...]:
    """A device that nothing wakes."""
    return (
        kinds.Sleep(device=device, at=at * SECOND, duration=duration * SECOND),
        kinds.DropPush(duration=60 * SECOND, devices=(device,)),
    )


def test_rows_go_when_they_are_too_old_and_not_before() -> None:
    history = run()
    removed = of(history, e.RowsRemoved)
    assert [(x.conversation, x.upto, x.retention) for x in removed] == [("talk", seq, 10 * SECOND) for seq in (1, 2, 3)]
    for row, gone in zip(of(history, e.Persisted), removed, strict=True):
        assert 10 * SECOND < gone.t - row.stored_at <= 11 * SECOND + 100_000


def test_where_rows_are_kept_for_ever_none_goes() -> None:
    assert of(run(settings={"store.sweep_interval": SECOND}), e.RowsRemoved) == []


def test_who_comes_back_too_late_passes_over_what_is_gone_and_shows_the_rest() -> None:
    history = run(*asleep(1, 20), sends=(*EARLY, (20 * SECOND, "alice-phone")))
    assert [x.seq for x in of(history, e.Shown, device=PHONE)] == [4]
    assert [x.to for x in of(history, e.CursorMoved, device=PHONE)] == [4]
    assert of(history, e.GapOpened, device=PHONE) == []


def test_where_nothing_is_left_the_cursor_comes_to_the_head_all_the_same() -> None:
    history = run(*asleep(1, 30))
    assert of(history, e.Shown, device=PHONE) == []
    assert [x.to for x in of(history, e.CursorMoved, device=PHONE)] == [3]
    assert of(history, e.CursorStored, device=PHONE)[-1].to == 3
    assert len(of(history, e.SyncRequested, device=PHONE)) == 1


def test_devices_keep_what_they_have() -> None:
    history = run(acts=(Scroll(at=40 * SECOND, device=PHONE, conversation="talk"),))
    assert [x.seqs for x in of(history, e.PageShown, device=PHONE)] == [(1, 2, 3)]


def test_scrolling_back_ends_where_the_rest_was_removed() -> None:
    wipe = kinds.Wipe(device=PHONE, at=14_200_000, down=100_000)
    history = run(wipe, acts=tuple(Scroll(at=t * SECOND, device=PHONE, conversation="talk") for t in (20, 22)))
    assert [x.upto for x in of(history, e.RowsRemoved) if x.t < 14_500_000][-1] == 2
    assert [x.seq for x in of(history, e.Shown, device=PHONE) if x.t > 14_300_000] == [3]
    assert [(x.before, x.seqs) for x in of(history, e.PageShown, device=PHONE)] == [(4, (3,)), (3, ())]


def test_a_restored_device_gets_what_is_left() -> None:
    history = run(
        kinds.Restore(device=PHONE, at=2_500_000, age=20 * SECOND, down=SECOND),
        sends=(*EARLY, (15 * SECOND, "alice-phone")),
    )
    (restored,) = of(history, e.Restored)
    assert [x.seq for x in of(history, e.Shown, device=PHONE) if x.t > restored.t] == [1, 4]


def test_an_id_is_known_for_longer_than_its_row() -> None:
    lost = kinds.DropAt(kind="SendResult", a=("kind:gateway",), b=("alice-phone",), nth=1)
    cut = kinds.Partition(a=("alice-phone",), b=("kind:gateway",), at=3 * SECOND, duration=20 * SECOND)
    history = run(lost, cut, sends=((2 * SECOND, "alice-phone"),))
    (row,) = of(history, e.Persisted)
    again = of(history, e.DuplicateRecognised)
    assert again
    assert again[-1].t > of(history, e.RowsRemoved)[0].t
    shown = of(history, e.Shown, device="alice-phone")
    assert [(x.seq, x.stored_at) for x in shown] == [(1, row.stored_at)]


GROUP = msgspec.structs.replace(
    PAIR,
    users=("alice", "bob", "carol"),
    devices=(*PAIR.devices, msgspec.structs.replace(PAIR.devices[0], name="carol-phone", user="carol")),
    conversations=(ConversationSpec(name="talk", members=("alice", "bob", "carol")),),
)


def test_who_was_away_for_a_leave_and_a_return_learns_of_both() -> None:
    acts = (
        Leave(at=5 * SECOND, device="alice-phone", conversation="talk", user="bob"),
        Join(at=7 * SECOND, device="alice-phone", conversation="talk", user="bob"),
    )
    history = run(
        *asleep(3, 27), sends=((2 * SECOND, "alice-phone"), (9 * SECOND, "alice-phone")), acts=acts, topology=GROUP
    )
    assert [x.seq for x in of(history, e.Shown, device=PHONE)] == [1, 2, 3]
    assert [x.unread for x in of(history, e.UnreadShown, device=PHONE)] == [1, 0]
    assert of(history, e.CursorMoved, device=PHONE)[-1].to == 4


def test_what_is_not_in_the_queue_yet_stays() -> None:
    history = run(kinds.QueueUnavailable(queue="queue-1", at=SECOND, duration=20 * SECOND))
    assert of(history, e.RowsRemoved)[0].t > of(history, e.Enqueued)[0].t > 20 * SECOND


@pytest.mark.parametrize("replicas", [1, 3])
def test_replicas_remove_the_same_rows_and_lose_none_by_it(replicas: int) -> None:
    topology = msgspec.structs.replace(PAIR, core=CoreSpec(region="eu", stores=1, replicas=replicas, queues=1))
    faults = [kinds.FailOver(partition="store-1", at=13_500_000, down=3 * SECOND)] if replicas == 3 else []
    history = run(*faults, topology=topology, sends=(*EARLY, (30 * SECOND, "alice-phone")))
    assert [x.upto for x in of(history, e.RowsRemoved)][-1] == 4
    assert of(history, e.RowLost) == []


def test_a_page_from_below_begins_after_what_was_removed() -> None:
    made = msgspec.structs.replace(plan(sends=EARLY), settings=KEPT)
    ran = Run(made)
    ran.execute()
    store = next(node for name, node in ran.deployment.network.nodes.items() if name.startswith("store-1"))
    page: Any = store.read_page(ReadPage("talk", "bob", 0, 10, 0))  # type: ignore[attr-defined]
    assert (page.messages, page.first, page.head) == ((), 4, 3)
    back: Any = store.read_page(ReadPage("talk", "bob", 0, 10, 0, 3))  # type: ignore[attr-defined]
    assert back.messages == ()


@pytest.mark.parametrize("name", ["retention-legal", "retention-twice-legal"])
def test_records_of_services_that_remove_rows_pass(name: str) -> None:
    found = verify(CASES / f"{name}.jsonl")
    assert [verdict.property for verdict in found.verdicts if verdict.status == VIOLATED] == []


def test_what_is_left_is_owed_all_the_same(tmp_path: Path) -> None:
    lines = (CASES / "retention-twice-legal.jsonl").read_text().splitlines()
    kept = [line for line in lines if not ('"k4"' in line and '"lees"' in line)]
    record = tmp_path / "record.jsonl"
    record.write_text("\n".join(kept) + "\n")
    violated = [verdict.property for verdict in verify(record).verdicts if verdict.status == VIOLATED]
    assert {"what-was-accepted-is-shown", "shown-in-order", "one-order-on-all-screens"} <= {*violated}


def test_without_the_removal_the_same_record_is_a_loss(tmp_path: Path) -> None:
    lines = (CASES / "retention-legal.jsonl").read_text().splitlines()
    record = tmp_path / "record.jsonl"
    record.write_text("\n".join(line for line in lines if json.loads(line).get("event") != "RowsRemoved") + "\n")
    assert any(verdict.status == VIOLATED for verdict in verify(record).verdicts)


def test_what_waits_in_the_gap_buffer_goes_with_what_is_passed_over() -> None:
    """The phone holds nothing, 2 and 4 wait, and it learns that there is nothing up to 3: 4 follows that."""
    device = deploy().devices[PHONE]
    rows = [Message(conversation="talk", seq=seq, message=f"m{seq}", sender="alice", device="a") for seq in (2, 4, 5)]
    device.take(rows, "push")
    device.pass_over("talk", 3)
    assert device.database["talk"].cursor == 5
    assert sorted(device.database["talk"].rows) == [2, 4, 5]


def test_a_cache_does_not_say_that_nothing_is_above_what_an_earlier_membership_left_below_it() -> None:
    """Bob left at 10 and came back at 60: what is above his 60 is 10, and the segment begins at 51."""
    topology = msgspec.structs.replace(PAIR, core=CoreSpec(region="eu", stores=1, queues=1, caches=1))
    cache: Any = deploy(topology=topology).network.nodes["cache-1"]
    rows = tuple(
        Message(conversation="talk", seq=seq, message=f"m{seq}", sender="alice", device="a") for seq in range(51, 101)
    )
    members = {"bob": Member("member", ((1, 10), (60, OPEN))), "alice": Member("owner", ((1, OPEN),))}
    segment = Segment("talk", rows, 100, members)
    assert not cache.serves(segment, ReadPage("talk", "bob", 0, 20, 0, 60))
    assert cache.serves(segment, ReadPage("talk", "bob", 0, 20, 0, 90))
    assert cache.serves(segment, ReadPage("talk", "alice", 0, 20, 0, 90))
    assert not cache.serves(segment, ReadPage("talk", "alice", 0, 20, 0, 60))


def test_a_device_that_goes_on_by_its_cursor_has_heard_of_what_it_has() -> None:
    """So that no cache answers what is older than that."""
    device = deploy().devices[PHONE]
    device.conversation("talk").cursor = 7
    sent: list[Any] = []
    device.transmit = sent.append  # type: ignore[assignment, method-assign]
    device.sync("talk", "retry")
    assert [(asked.after, asked.heard) for asked in sent] == [(7, 7)]
