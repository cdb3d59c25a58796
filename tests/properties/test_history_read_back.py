"""Each condition of the properties about reading back, by a history that only it tells from its neighbour."""

from __future__ import annotations

import pytest
from judging import said, status
from support import Tale

from model.events import FillerPersisted, MemberJoined, MemberLeft, PageShown, Persisted, SendAttempted, Slept, Stored
from sim.history import Crashed, Restarted
from sim.verdicts import HOLDS, VACUOUS

pytestmark = pytest.mark.requirement("V1", "V3", "P21")


def tale_of(*seqs: int, head: int = 0) -> Tale:
    tale = Tale(head=head)
    for seq in seqs:
        tale.add(SendAttempted, "a1", "c", f"s{seq}", f"m{seq}", 1, f"digest {seq}")
        tale.add(Persisted, "c", seq, f"m{seq}", "ann", "a1", node="store")
    return tale


def page(
    tale: Tale,
    before: int,
    *seqs: int,
    have: int = 0,
    why: str = "scroll",
    first: int = 0,
    messages: tuple[str, ...] = (),
) -> None:
    ids = messages or tuple(f"m{seq}" for seq in seqs)
    contents = tuple(f"digest {seq}" for seq in seqs)
    first = first or (seqs[0] if seqs else before)
    tale.add(PageShown, "b1", "c", before, first, seqs, ids, contents, have, why)


WHOLE = "history-pages-are-whole"


@pytest.mark.parametrize(
    ("before", "seqs", "says"),
    [
        (4, (1, 2, 3), ""),
        (4, (2, 3), ""),
        (3, (2,), ""),
        (4, (1, 3), "lacks 2"),
        (4, (1, 2), "lacks 3"),
        (3, (1, 2, 3), "has 3, which is not for it"),
        (4, (2, 1, 3), "lacks 3"),
        (4, (1, 3, 2), "is mixed up"),
        (4, (), "lacks 1"),
        (1, (), ""),
    ],
)
def test_a_page_has_all_that_is_there_up_to_what_is_on_the_screen(
    before: int, seqs: tuple[int, ...], says: str
) -> None:
    tale = tale_of(1, 2, 3)
    page(tale, before, *seqs)
    if says == "lacks 3" and seqs[0] == 2:
        says = "is mixed up"
        tale = tale_of(1, 2, 3)
        page(tale, before, *seqs, first=1)
    expected = [f"b1 shows a page of c above {before} that {says}"] if says else []
    assert said(tale, WHOLE) == expected


def test_what_was_there_before_the_history_counts_and_fillers_and_what_is_no_row_do_not() -> None:
    tale = Tale(head=2)
    page(tale, 3, 1, 2)
    page(tale, 3, 2)
    tale.add(FillerPersisted, "c", 3, 1, node="store")
    page(tale, 4, 2)
    page(tale, 9, 1, 2)
    assert said(tale, WHOLE) == []


@pytest.mark.parametrize(("have", "says"), [(1, True), (0, False), (2, True), (3, True)])
def test_a_page_of_fillers_alone_claims_nothing_below_a_gap_that_it_ends_in(have: int, says: bool) -> None:
    tale = tale_of(1)
    for seq in (2, 3, 4):
        tale.add(FillerPersisted, "c", seq, 1, node="store")
    page(tale, 5, first=2, have=have)
    assert bool(said(tale, WHOLE)) == says


def test_a_page_is_for_those_who_may_read_it() -> None:
    tale = tale_of(1, 2)
    tale.add(MemberLeft, "c", 2, "bob", "bob", 1, node="store")
    page(tale, 3, 1, 2)
    page(tale, 3, 1)
    tale.add(PageShown, "z1", "c", 3, 1, (1,), ("m1",), ("",), 0, "scroll")
    assert said(tale, WHOLE) == ["b1 shows a page of c above 3 that has 2, which is not for it"]


ORDER = "history-pages-are-in-order"


def test_scrolling_goes_on_where_the_page_before_began() -> None:
    for pages, count in (
        (((4, 3), (3, 2), (2, 1)), 0),
        (((4, 3), (2, 1)), 1),
        (((4, 3), (4, 3)), 1),
        (((4, 3), (4, 3, "newest")), 0),
        (((4, 3, "newest"), (3, 2)), 0),
    ):
        tale = tale_of(1, 2, 3)
        for before, seq, *why in pages:
            page(tale, int(before), int(seq), why=str(*why) or "scroll")
        assert len(said(tale, ORDER)) == count, pages
    tale = tale_of(1, 2, 3)
    page(tale, 4, 3)
    page(tale, 2, 1)
    assert said(tale, ORDER) == ["b1 shows what is above c 2, and 3 was on top"]


def test_another_life_of_the_app_begins_anew_and_that_of_another_device_changes_nothing() -> None:
    for kind, fields, node, count in (
        (Slept, ("b1",), "", 0),
        (Crashed, (1, ""), "b1", 0),
        (Restarted, (2,), "b1", 0),
        (Slept, ("b2",), "", 1),
        (Crashed, (1, ""), "gateway", 1),
    ):
        tale = tale_of(1, 2, 3)
        page(tale, 4, 3)
        tale.add(kind, *fields, node=node)
        page(tale, 4, 3)
        assert len(said(tale, ORDER)) == count, kind


def test_a_place_of_a_page_has_what_was_committed_there() -> None:
    tale = tale_of(1, 2, 3)
    page(tale, 4, 2, 3, messages=("m2", "m1"))
    page(tale, 2, 1)
    assert said(tale, ORDER) == ["b1 shows m1 as c 3, where m3 is"]
    tale = Tale(head=1)
    page(tale, 2, 1, messages=("older",))
    assert said(tale, ORDER) == []


GAPS = "gaps-are-known"


def test_a_device_says_no_more_than_it_holds_below_a_page() -> None:
    for stored, first, have, result in (
        ((1, 5), 5, 1, []),
        ((1, 5), 5, 0, []),
        ((1, 5), 5, 2, ["b1 shows a page of c from 5 on as if it had what is below from 2 on; it has 1"]),
        ((1, 3, 5), 5, 3, []),
        ((1, 3, 5), 5, 4, ["b1 shows a page of c from 5 on as if it had what is below from 4 on; it has 3"]),
    ):
        tale = tale_of(1, 2, 3, 4, 5)
        for seq in stored:
            tale.add(Stored, "b1", "c", seq, f"m{seq}", "sync")
        page(tale, 6, first, have=have)
        assert said(tale, GAPS) == result
        assert result or status(tale, GAPS) == HOLDS


def test_where_nothing_is_missing_there_is_no_gap_to_be_known() -> None:
    tale = tale_of(1, 2)
    tale.add(Stored, "b1", "c", 1, "m1", "sync")
    page(tale, 3, 2, have=1)
    page(tale, 1, have=7)
    tale.add(PageShown, "z1", "c", 3, 2, (2,), ("m2",), ("",), 1, "scroll")
    assert (said(tale, GAPS), status(tale, GAPS)) == ([], VACUOUS)


def test_what_lies_before_a_membership_is_not_missing() -> None:
    tale = tale_of(1, 2, 3)
    tale.add(MemberJoined, "c", 3, "zoe", "ann", 3, node="store")
    tale.add(PageShown, "z1", "c", 4, 3, (3,), ("m3",), ("",), 2, "newest")
    assert (said(tale, GAPS), said(tale, WHOLE)) == ([], [])


def test_a_page_shows_what_was_sent() -> None:
    tale = tale_of(1, 2)
    page(tale, 3, 1, 2)
    assert said(tale, "shown-is-what-was-sent") == []
    tale.add(PageShown, "b1", "c", 3, 1, (1, 2), ("m1", "m2"), ("", "garbled"), 0, "scroll")
    assert len(said(tale, "shown-is-what-was-sent")) == 1


def test_a_page_that_is_mixed_up_is_told_once_and_one_of_fewer_messages_as_far_as_it_goes() -> None:
    tale = tale_of(1, 2, 3)
    page(tale, 4, 1, 2, 3, messages=("m2", "m3", "m1"))
    page(tale, 4, 1, 2, 3, messages=("m1", "m3"), why="newest")
    page(tale, 4, 1, 2, 3, messages=("m1",), why="newest")
    assert said(tale, ORDER) == [
        "b1 shows m2 as c 1, where m1 is",
        "b1 shows m3 as c 2, where m2 is",
    ]
