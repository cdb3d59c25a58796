"""Reading back: the newest page first, a gap that is known, and pages upwards, from the database, the cache and the store."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace
from support import PAIR, SECOND, of, plan

from faults.kinds import Sleep, Wipe
from faults.plan import Join, Leave, Plan, Scroll
from model import events as e
from model.device.device import Device
from model.membership import OPEN, Member
from model.protocol import REFERENCE, Protocol, variant
from model.servers.segment_cache import SegmentCache
from model.servers.service import MessagingService
from model.topology import ConversationSpec, CoreSpec
from model.wire.store import ReadPage, Segment
from parley.run import Outcome
from parley.runner import execute
from parley.variant import overrides_private

pytestmark = pytest.mark.requirement("P21", "P7")


class Small(Device):
    far_behind = 8
    screenful = 5


class SmallPages(MessagingService):
    sync_page_size = 5


SMALL = variant("small", device=Small, service=SmallPages)


def talk(head: int, caches: int = 0) -> Any:
    core = CoreSpec(region="eu", stores=1, queues=1, caches=caches)
    return replace(PAIR, core=core, conversations=(ConversationSpec(name="talk", members=("alice", "bob"), head=head),))


def scrolls(*times: int, device: str = "bob-phone") -> tuple[Scroll, ...]:
    return tuple(Scroll(at=at * SECOND, device=device, conversation="talk") for at in times)


def run(base: Plan, *actions: Any, protocol: Protocol = SMALL) -> Outcome:
    outcome = execute(replace(base, workload=(*base.workload, *actions)), protocol)
    assert outcome.violations == []
    return outcome


def pages(outcome: Outcome, device: str = "bob-phone") -> list[tuple[str, int, tuple[int, ...], int]]:
    return [(x.why, x.before, x.seqs, x.have) for x in of(outcome.history, e.PageShown, device=device)]


def test_a_new_device_shows_the_newest_page_first_knows_the_gap_and_fills_it() -> None:
    wiped = Wipe(device="bob-phone", at=3 * SECOND, down=SECOND)
    outcome = run(plan(wiped, sends=(), topology=talk(20)))
    assert pages(outcome)[0] == ("newest", 21, (16, 17, 18, 19, 20), 0)
    newest = of(outcome.history, e.PageShown, device="bob-phone")[0]
    shown = of(outcome.history, e.Shown, device="bob-phone")
    assert newest.t < shown[0].t
    assert [x.seq for x in shown] == list(range(1, 21))
    stored = of(outcome.history, e.Stored, device="bob-phone")
    assert sorted(x.seq for x in stored) == list(range(1, 21)), "nothing is stored twice"
    assert {x.seq for x in stored if x.via == "history"} == {16, 17, 18, 19, 20}
    asked = [x.after for x in of(outcome.history, e.SyncRequested, device="bob-phone")]
    assert asked == [0, 5, 10], "what is in the window is not fetched again"


def test_who_was_long_away_sees_the_newest_page_and_what_was_there_before_is_below_a_gap() -> None:
    away = Sleep(device="bob-phone", at=2 * SECOND, duration=60 * SECOND)
    sends = tuple(((5 + i) * SECOND, "alice-phone") for i in range(30))
    outcome = run(plan(away, sends=sends, duration=120 * SECOND, topology=talk(4)))
    why, before, seqs, have = pages(outcome)[0]
    assert (why, before, seqs) == ("newest", 35, (30, 31, 32, 33, 34))
    assert 4 <= have < 29


def test_without_being_far_behind_pages_come_forwards_only() -> None:
    wiped = Wipe(device="bob-phone", at=3 * SECOND, down=SECOND)
    outcome = run(plan(wiped, sends=(), topology=talk(8)))
    assert pages(outcome) == []
    assert not of(outcome.history, e.HistoryRequested)


def test_scrolling_up_shows_what_the_database_has_page_by_page_to_the_beginning() -> None:
    outcome = run(plan(sends=(), topology=talk(12)), *scrolls(5, 6, 7, 8))
    assert pages(outcome) == [
        ("scroll", 13, (8, 9, 10, 11, 12), 7),
        ("scroll", 8, (3, 4, 5, 6, 7), 2),
        ("scroll", 3, (1, 2), 0),
    ]
    assert not of(outcome.history, e.HistoryRequested), "nothing had to be fetched"
    assert len(of(outcome.history, e.ScrolledBack)) == 4


class Waits(Small):
    def fills_gap(self, local: Any) -> bool:
        return not local.window


@pytest.mark.parametrize("caches", [0, 1])
def test_a_device_that_waits_for_scrolling_fetches_upwards_until_the_gap_is_closed(caches: int) -> None:
    wiped = Wipe(device="bob-phone", at=3 * SECOND, down=SECOND)
    base = plan(wiped, sends=(), topology=talk(12, caches))
    waits = variant("waits", device=Waits, service=SmallPages)
    outcome = execute(replace(base, workload=scrolls(20, 22, 24)), waits)
    assert [p[:3] for p in pages(outcome)] == [
        ("newest", 13, (8, 9, 10, 11, 12)),
        ("scroll", 8, (3, 4, 5, 6, 7)),
        ("scroll", 3, (1, 2)),
    ]
    assert [x.seq for x in of(outcome.history, e.Shown, device="bob-phone")] == list(range(1, 13))
    assert outcome.violations == []
    assert bool(of(outcome.history, e.SegmentLoaded)) == bool(caches)


def test_a_gap_that_nobody_fills_is_an_unkept_promise() -> None:
    wiped = Wipe(device="bob-phone", at=3 * SECOND, down=SECOND)
    outcome = execute(plan(wiped, sends=(), topology=talk(12)), variant("waits", device=Waits, service=SmallPages))
    assert "every-device-shows-everything" in outcome.violated()


def test_who_came_late_scrolls_up_to_where_the_membership_begins() -> None:
    group = ConversationSpec(name="talk", members=("alice",), type="group", head=6)
    topology = replace(PAIR, conversations=(group,))
    join = Join(at=3 * SECOND, device="alice-phone", conversation="talk", user="bob")
    leave = Leave(at=90 * SECOND, device="bob-laptop", conversation="talk", user="bob")
    outcome = run(plan(topology=topology, duration=120 * SECOND), join, *scrolls(20, 25), leave)
    assert pages(outcome) == [("scroll", 9, (7, 8), 6), ("scroll", 7, (), 6)]


def test_the_span_below_a_place() -> None:
    member = Member("member", ((3, 5), (8, OPEN)))
    found = [member.last_span(before) for before in (1, 3, 4, 6, 8, 9, 20)]
    assert found == [(1, 0), (1, 0), (3, 3), (3, 5), (3, 5), (8, 8), (8, 19)]
    assert Member("member", ((4, 3),)).last_span(9) == (1, 0), "a membership of nothing"


def test_the_cache_serves_a_page_that_lies_in_its_segment_and_no_other() -> None:
    rows: Any = tuple(PAST[seq] for seq in range(11, 21))
    segment = Segment("talk", rows, 20, {"bob": Member("member", ((1, OPEN),))})
    serves = SegmentCache.serves
    cases = {(21, 5): True, (16, 5): True, (15, 5): False, (22, 5): False, (21, 10): True, (21, 11): False}
    for (before, limit), expected in cases.items():
        read = ReadPage("talk", "bob", 0, limit, 0, before)
        assert serves(None, segment, read) == expected, (before, limit)  # type: ignore[arg-type]
    assert segment.readable_below("bob", 16) == (1, 15)
    assert segment.readable_below("bob", 99) == (1, 20)
    assert segment.readable_below("eve", 16) == (1, 0)


class _Row:
    def __init__(self, seq: int) -> None:
        self.seq = seq


PAST = {seq: _Row(seq) for seq in range(1, 30)}


def test_a_page_that_is_lost_is_asked_for_again_and_the_rest_does_not_wait_for_it() -> None:
    wiped = Wipe(device="bob-phone", at=3 * SECOND, down=SECOND)

    class Deaf(Small):
        @overrides_private
        def _on_page_back(self, page: Any) -> None:
            """As if it never came."""

    outcome = execute(plan(wiped, sends=(), topology=talk(20)), variant("deaf", device=Deaf, service=SmallPages))
    assert outcome.violations == []
    assert len(of(outcome.history, e.HistoryRequested)) == 1
    assert [x.seq for x in of(outcome.history, e.Shown, device="bob-phone")] == list(range(1, 21))


def test_the_reference_reads_back_too() -> None:
    wiped = Wipe(device="bob-phone", at=3 * SECOND, down=SECOND)
    outcome = run(plan(wiped, sends=(), topology=talk(100)), protocol=REFERENCE)
    assert pages(outcome) == [("newest", 101, tuple(range(81, 101)), 0)]
