"""What a screen has to show before what was sent later, what a final read proves, and what neither asks for.

Requirements: V1, V3.
"""

from __future__ import annotations

from typing import Any

import pytest
from client_cases import accept, send, show
from support import Tale

from model.events import (
    BlockAsked,
    Connected,
    CursorMoved,
    DeviceRegistered,
    Disconnected,
    FinalRead,
    LoggedOut,
    MemberJoined,
    MemberLeft,
    PageShown,
    Persisted,
    ReadMarkMoved,
    Restored,
    RowsRemoved,
    SendAccepted,
    SendAttempted,
    SendRefused,
    SendRequested,
    Shown,
    ShownAtTap,
    Slept,
    Wiped,
)
from parley.record.reading import OBSERVABLE
from properties.base import Liveness
from properties.judge import Judge
from properties.record_scope import RecordScope
from sim.history import Crashed, Ended, Event, Healed
from sim.verdicts import HOLDS, NOT_RECORDED, NOT_SHOWN, UNKNOWN, VACUOUS, VIOLATED

pytestmark = pytest.mark.requirement("V1", "V3")

BEFORE = "what-came-before-is-shown"
SHOWN = "what-was-accepted-is-shown"
ORDER = "one-order-on-all-screens"
OWN = "own-messages-are-there"
SKEW = 50_000


def judge(tale: Tale, **scope: Any) -> Judge:
    made = Judge(scope=RecordScope(**scope))
    made.advance(tale.events)
    return made


def said(tale: Tale, prop: str = BEFORE, **scope: Any) -> list[tuple[str, tuple[int, ...]]]:
    return [(v.message, v.evidence) for v in judge(tale, **scope).violations if v.property == prop]


def times_tested(tale: Tale, name: str = BEFORE, **scope: Any) -> int:
    return next(v.tested for v in judge(tale, **scope).verdicts() if v.property == name)


def two(tale: Tale, device: str = "a1", seq: int = 0) -> None:
    """m1 is accepted, and then m2 is sent."""
    send(tale, 1, device, "m1")
    tale.add(SendAccepted, device, "c", "s1", "m1", seq)
    send(tale, 2, device, "m2")


# --- what came before -----------------------------------------------------------------------------------------------------


def test_it_is_said_once_with_what_proves_it() -> None:
    tale = Tale()
    two(tale)
    accepted = next(i for i, each in enumerate(tale.events) if isinstance(each, SendAccepted))
    accept(tale, 2)
    send(tale, 3)
    show(tale, "b1", "m3", "m2")
    shown = len(tale.events) - 2
    says = "b1 showed m3 in c without m1 (and 1 more), which a1 knew to be accepted when it sent that"
    assert said(tale) == [(says, (accepted, shown - 1, shown))]
    assert times_tested(tale) == 1
    show(tale, "b2", "m1", "m2", "m3")
    assert times_tested(tale) == 3
    assert len(said(tale)) == 1


def test_a_second_accept_and_a_second_try_say_nothing_new() -> None:
    tale = Tale()
    send(tale, 1)
    send(tale, 2)
    accept(tale, 1)
    accept(tale, 1)
    tale.add(SendAttempted, "a1", "c", "s2", "m2", 2)
    show(tale, "b1", "m2")
    assert said(tale) == []
    assert times_tested(tale) == 0
    send(tale, 3)
    show(tale, "b1", "m3")
    assert [message for message, _ in said(tale)] == [
        "b1 showed m3 in c without m1, which a1 knew to be accepted when it sent that"
    ]


def test_what_another_device_was_told_and_another_conversation_are_no_proof() -> None:
    tale = Tale()
    send(tale, 1)
    tale.add(SendAccepted, "b2", "c", "s1", "m1", 0)
    send(tale, 2)
    send(tale, 3, "b2")
    accept(tale, 1)
    tale.add(SendAttempted, "a1", "nowhere", "s9", "m9", 1)
    tale.add(Shown, "b1", "nowhere", 9, "m9", "ann")
    show(tale, "b1", "m2", "b2-m3")
    show(tale, "x1", "m2")
    assert said(tale) == []


def test_of_who_is_no_device_of_a_member_nothing_is_asked() -> None:
    tale = Tale()
    two(tale)
    show(tale, "z1", "m2")
    assert said(tale) == []
    assert times_tested(tale) == 0


@pytest.mark.parametrize(("number", "wrong"), [(0, 0), (1, 1)])
@pytest.mark.parametrize("which", [1, 2])
def test_what_may_have_gone_out_before_the_record_is_no_proof(which: int, number: int, wrong: int) -> None:
    """Of either of the two, in a conversation that is older than the record."""
    tale = Tale(head=5)
    for each in (1, 2):
        if each == which and not number:
            tale.add(SendAttempted, "a1", "c", f"s{each}", f"m{each}", 1)
        else:
            send(tale, each)
        accept(tale, each)
    show(tale, "b1", "m2")
    assert len(said(tale)) == wrong


@pytest.mark.parametrize(("late", "wrong"), [(0, 1), (1, 0)])
def test_who_joins_is_owed_what_is_sent_from_then_on(late: int, wrong: int) -> None:
    """By what clocks are apart."""
    tale = Tale()
    joined = tale.add(MemberJoined, "c", 4, "zoe", "ann", 1, node="store")
    tale.now += SKEW - tale.tick - late
    two(tale)
    assert tale.events[-1].t - SKEW > tale.events[joined].t
    show(tale, "z1", "m2")
    assert len(said(tale, skew=SKEW)) == wrong


def test_what_was_sent_before_a_join_is_not_asked_for_whatever_the_clocks_say() -> None:
    tale = Tale()
    send(tale, 1)
    accept(tale, 1)
    tale.add(MemberJoined, "c", 4, "zoe", "ann", 1, node="store", t=tale.now - 3_000)
    send(tale, 2)
    show(tale, "z1", "m2")
    assert said(tale) == []


def test_a_user_who_left_and_a_device_that_is_new_need_not_have_it() -> None:
    tale = Tale()
    two(tale)
    tale.add(DeviceRegistered, "b3", "bob", "eu", "wifi")
    show(tale, "b3", "m2")
    tale.add(MemberLeft, "c", 4, "bob", "ann", 4, node="store")
    show(tale, "b1", "m2")
    assert said(tale) == []
    assert times_tested(tale) == 2


@pytest.mark.parametrize("kind", [Wiped, Restored])
@pytest.mark.parametrize(("skew", "late", "wrong"), [(0, 0, 0), (0, 1, 1), (SKEW, SKEW, 0), (SKEW, SKEW + 1, 1)])
def test_what_was_accepted_before_a_wipe_is_not_asked_for(kind: Any, skew: int, late: int, wrong: int) -> None:
    """By what clocks are apart; of the user's other device it is."""
    tale = Tale()
    send(tale, 1)
    wiped = tale.add(kind, "b1", 2)
    tale.now = tale.events[wiped].t + late - tale.tick
    accept(tale, 1)
    send(tale, 2)
    show(tale, "b1", "m2")
    assert len(said(tale, skew=skew)) == wrong
    show(tale, "b2", "m2")
    assert len(said(tale, skew=skew)) == wrong + 1


def page(tale: Tale, messages: tuple[str, ...], first: int, have: int, why: str) -> None:
    seqs = tuple(range(first, first + len(messages)))
    tale.add(PageShown, "b1", "c", first + len(messages), first, seqs, messages, ("",) * len(messages), have, why)


@pytest.mark.parametrize(
    ("messages", "first", "have", "seq", "wrong"),
    [
        (("m1",), 7, 6, 7, 0),
        (("m7",), 7, 6, 6, 1),
        (("m7",), 7, 5, 6, 0),
        (("m7",), 7, 5, 7, 1),
        (("m7",), 7, 5, 0, 0),
        ((), 7, 5, 6, 1),
    ],
)
def test_what_is_in_a_page_is_shown_and_what_is_in_a_gap_is_known_to_be_missing(
    messages: tuple[str, ...], first: int, have: int, seq: int, wrong: int
) -> None:
    """The lowest seq of the page is above the gap; of what has no seq, the time decides."""
    tale = Tale()
    two(tale, seq=seq)
    page(tale, messages, first, have, "scroll")
    show(tale, "b1", "m2")
    assert len(said(tale)) == wrong


@pytest.mark.parametrize(("skew", "late", "wrong"), [(0, 0, 0), (0, 1, 1), (SKEW, SKEW, 0), (SKEW, SKEW + 1, 1)])
def test_what_has_no_seq_and_was_accepted_with_the_page_may_be_in_its_gap(skew: int, late: int, wrong: int) -> None:
    """By what clocks are apart."""
    tale = Tale()
    send(tale, 1)
    page(tale, ("m7",), 7, 5, "newest")
    tale.now += late - tale.tick
    accept(tale, 1)
    send(tale, 2)
    show(tale, "b1", "m2")
    assert len(said(tale, skew=skew)) == wrong


def test_a_page_further_up_does_not_close_a_gap() -> None:
    tale = Tale()
    two(tale, seq=6)
    page(tale, ("m7",), 7, 5, "newest")
    page(tale, ("m3",), 3, 1, "scroll")
    show(tale, "b1", "m2")
    assert said(tale) == []


@pytest.mark.parametrize(("why", "wrong"), [("newest", 0), ("", 0), ("scroll", 1)])
def test_where_ids_only_name_a_page_that_was_not_scrolled_to_may_be_above_a_gap(why: str, wrong: int) -> None:
    """What is accepted after the page is asked for in any case, by what clocks are apart."""
    tale = Tale()
    two(tale, seq=6)
    page(tale, ("m7",), 7, 5, why)
    show(tale, "b1", "m2")
    assert len(said(tale, opaque=True)) == wrong
    accept(tale, 2)
    send(tale, 3)
    tale.add(Shown, "b2", "c", 1, "m1", "ann")
    page(tale, ("m1",), 7, 5, why)
    tale.add(SendAccepted, "a1", "c", "s3", "m3", 9)
    send(tale, 4)
    show(tale, "b1", "m4")
    assert len(said(tale, opaque=True)) == 1 + wrong
    assert len(said(tale, opaque=True, skew=SKEW)) == wrong * 2


@pytest.mark.parametrize(("seq", "upto", "wrong"), [(3, 3, 0), (3, 2, 1), (0, 3, 0)])
def test_what_policy_has_removed_is_not_asked_for(seq: int, upto: int, wrong: int) -> None:
    """Of what has no seq, nobody knows; of what was accepted later, everybody does."""
    tale = Tale()
    two(tale, seq=seq)
    tale.add(RowsRemoved, "c", upto, node="store")
    show(tale, "b1", "m2")
    assert len(said(tale)) == wrong
    accept(tale, 2)
    send(tale, 3)
    show(tale, "b1", "m3")
    assert len(said(tale)) == wrong
    send(tale, 4)
    accept(tale, 4)
    send(tale, 5)
    show(tale, "b1", "m5")
    assert len(said(tale)) == wrong + 1


def test_who_is_blocked_is_not_asked_for_in_the_record_of_another_system() -> None:
    """Of a simulated device it is: it shows as hidden what it hides."""
    everything = judge(Tale()).ledger
    assert not everything.exported
    tale = Tale()
    tale.add(BlockAsked, "b2", "ann", True, 1)
    two(tale)
    show(tale, "b1", "m2")
    assert len(said(tale)) == 1
    needed = {BlockAsked, SendAttempted, SendAccepted, Shown, Wiped, MemberJoined, MemberLeft}
    assert said(tale, records=frozenset(needed)) == []
    show(tale, "a2", "m2")
    tale.events[5] = BlockAsked(tale.events[5].t, "b2", -1, "b2", "ann", False, 2)
    assert len(said(tale, records=frozenset(needed))) == 1


def test_with_gaps_it_is_not_judged() -> None:
    tale = Tale()
    two(tale)
    show(tale, "b1", "m2")
    assert said(tale, gaps=True) == []


# --- at the tap ----------------------------------------------------------------------------------------------------------


def test_what_is_shown_at_the_tap_is_on_the_screen_at_no_place() -> None:
    """Ann and Bob write at once; each has the own message above the other's, and what comes then below both."""
    tale = Tale()
    tale.add(ShownAtTap, "a1", "c", "m1")
    send(tale, 1)
    tale.add(ShownAtTap, "b1", "c", "b1-m2")
    send(tale, 2, "b1")
    accept(tale, 1)
    accept(tale, 2, "b1")
    show(tale, "a1", "b1-m2")
    show(tale, "b1", "m1")
    show(tale, "b2", "m1", "b1-m2")
    send(tale, 3)
    for device in ("a1", "b1", "b2"):
        show(tale, device, "m3")
    heal(tale)
    for name in (ORDER, OWN, SHOWN, BEFORE, "real-time-order-is-shown", "senders-order-is-shown"):
        assert said(tale, name) == [], name


def test_what_others_show_in_another_order_than_each_other_is_still_told() -> None:
    """m1 stands at no place, m2 and m3 do."""
    tale = Tale()
    tale.add(ShownAtTap, "a1", "c", "m1")
    for number in (1, 2, 3):
        send(tale, number)
    show(tale, "a1", "m2", "m3")
    show(tale, "b1", "m2", "m1", "m3")
    show(tale, "b2", "m3", "m1", "m2")
    assert [message for message, _ in said(tale, ORDER)] == [
        "b2 passed over m2 in c and showed m3",
        "b2 showed m2 below m3 in c, and others show it above",
    ]


def test_a_message_that_settles_has_its_place() -> None:
    tale = Tale()
    tale.add(ShownAtTap, "a1", "c", "m1")
    send(tale, 1)
    show(tale, "a1", "m1")
    send(tale, 2, "b1")
    show(tale, "a1", "b1-m2")
    show(tale, "b1", "b1-m2")
    assert [message for message, _ in said(tale, ORDER)] == ["b1 passed over m1 in c and showed b1-m2"]


def test_shown_at_the_tap_on_one_device_it_is_owed_by_the_others() -> None:
    tale = Tale()
    tale.add(ShownAtTap, "a1", "c", "m1")
    tale.add(ShownAtTap, "z1", "c", "m1")
    send(tale, 1)
    accept(tale, 1)
    tale.add(ShownAtTap, "b2", "c", "m1")
    tale.add(ShownAtTap, "b2", "c", "m1")
    show(tale, "b2", "m1")
    assert owed(tale) == 1
    show(tale, "b1", "m1")
    assert owed(tale) == 0


def heal(tale: Tale) -> None:
    tale.add(Healed, 10_000_000, node="run")
    tale.add(Ended, node="run", t=tale.now + 10_000_000)


def owed(tale: Tale, **scope: Any) -> int:
    prop = next(each for each in judge(tale, **scope).properties if each.name == SHOWN)
    assert isinstance(prop, Liveness)
    return prop.owed()


# --- read to the end -----------------------------------------------------------------------------------------------------


def read(tale: Tale, device: str = "b1", messages: tuple[str, ...] = (), began: int = -1) -> int:
    return tale.add(FinalRead, device, "c", messages, began)


def test_what_is_not_found_is_lost_and_what_is_found_is_there() -> None:
    tale = Tale()
    for number in (1, 2, 3, 4):
        send(tale, number)
        accept(tale, number)
    show(tale, "b1", "m1")
    tale.add(Disconnected, "b1", "g", 1, "closed")
    index = read(tale, messages=("m3",))
    accepted = [i for i, each in enumerate(tale.events) if isinstance(each, SendAccepted)]
    says = "b1 lost m2 of c, which was accepted (1 more): it has read c to its end"
    assert said(tale, SHOWN) == [(says, (accepted[1], index))]
    read(tale)
    assert len(said(tale, SHOWN)) == 1
    read(tale, "b2", ("m1", "m2", "m3", "m4"))
    read(tale, "z1")
    assert len(said(tale, SHOWN)) == 1


def test_what_was_accepted_after_the_read_began_need_not_be_found() -> None:
    tale = Tale()
    send(tale, 1)
    accept(tale, 1)
    at = tale.now
    for began, wrong in ((at, 0), (at + 1, 1)):
        again = Tale()
        again.events, again.now = [*tale.events], tale.now
        read(again, began=began)
        assert len(said(again, SHOWN)) == wrong
    read(tale, began=at + SKEW)
    assert said(tale, SHOWN, skew=SKEW) == []
    read(tale, began=at + SKEW + 1)
    assert len(said(tale, SHOWN, skew=SKEW)) == 1


@pytest.mark.parametrize(("late", "wrong"), [(-SKEW - 1, 1), (-SKEW, 0)])
def test_an_accept_whose_line_comes_after_the_read_may_be_older(late: int, wrong: int) -> None:
    """Where clocks differ, lines wait for others."""
    tale = Tale()
    send(tale, 1)
    index = read(tale)
    read(tale, "b2", ("m1",))
    accept(tale, 1)
    tale.events[-1].t = tale.events[index].t + late
    assert len(said(tale, SHOWN, skew=SKEW)) == wrong


def test_a_read_is_judged_by_who_should_have_what() -> None:
    """Zoe joined after m1; m2 was there for her."""
    tale = Tale()
    send(tale, 1)
    accept(tale, 1)
    tale.add(MemberJoined, "c", 4, "zoe", "ann", 1, node="store")
    read(tale, "z1")
    assert said(tale, SHOWN) == []
    send(tale, 2)
    accept(tale, 2)
    read(tale, "z1")
    assert [message for message, _ in said(tale, SHOWN)] == [
        "z1 lost m2 of c, which was accepted: it has read c to its end"
    ]


def test_a_read_alone_puts_it_to_the_test() -> None:
    tale = Tale()
    assert next(v.status for v in judge(tale).verdicts() if v.property == SHOWN) == VACUOUS
    read(tale)
    assert next(v.status for v in judge(tale).verdicts() if v.property == SHOWN) == HOLDS


# --- what is owed by who is away -----------------------------------------------------------------------------------------


NEEDED = frozenset(
    {
        DeviceRegistered, SendAttempted, SendAccepted, Shown, Wiped, MemberJoined, MemberLeft, Connected, Disconnected,
        BlockAsked,
    }
)  # fmt: skip


def test_what_may_have_gone_out_before_the_record_is_not_owed() -> None:
    tale = Tale(head=5)
    tale.add(SendAttempted, "a1", "c", "s1", "m1", 1)
    accept(tale, 1)
    show(tale, "b1", "m1")
    assert owed(tale) == 0
    send(tale, 2)
    accept(tale, 2)
    show(tale, "b1", "m2")
    assert owed(tale) == 2


def test_a_block_pays_what_is_owed() -> None:
    tale = Tale()
    tale.add(Connected, "b1", "g", 1)
    send(tale, 1)
    accept(tale, 1)
    assert owed(tale, records=NEEDED) == 1
    tale.add(BlockAsked, "b2", "ann", True, 1)
    assert owed(tale, records=NEEDED) == 0
    send(tale, 2)
    accept(tale, 2)
    assert owed(tale, records=NEEDED) == 0
    assert owed(tale) == 6


def test_of_a_device_that_never_came_it_is_unknown_in_the_record_of_another_system() -> None:
    tale = Tale()
    tale.add(Connected, "a1", "g", 1)
    send(tale, 1)
    accept(tale, 1)
    show(tale, "a1", "m1")
    heal(tale)
    (verdict,) = [v for v in judge(tale, records=NEEDED).verdicts() if v.property == SHOWN]
    assert verdict.status == UNKNOWN
    assert verdict.why.startswith("b1 never showed m1 of c, which others show")


def test_a_commit_says_nothing_of_it() -> None:
    """Only what clients wrote down counts."""
    tale = Tale()
    tale.add(Persisted, "c", 1, "m1", "ann", "a1", node="store")
    two(tale)
    show(tale, "b1", "m2")
    assert len(said(tale)) == 1


# --- a kind that is not recorded ------------------------------------------------------------------------------------------


def without(*kinds: type[Event]) -> dict[str, Any]:
    return {"records": OBSERVABLE - {*kinds}}


def status(tale: Tale, name: str, **scope: Any) -> tuple[str, str, str]:
    (verdict,) = [v for v in judge(tale, **scope).verdicts() if v.property == name]
    return verdict.status, verdict.reason, verdict.why


@pytest.mark.parametrize("kind", [Connected, Disconnected, Wiped])
def test_a_final_read_proves_a_loss_whatever_else_is_recorded(kind: type[Event]) -> None:
    """... and nothing more: who is there at the end is not known then."""
    tale = Tale()
    send(tale, 1)
    accept(tale, 1)
    show(tale, "a1", "m1")
    read(tale, messages=("m1",))
    heal(tale)
    assert status(tale, SHOWN, **without(kind)) == (UNKNOWN, NOT_RECORDED, f"needs {kind.__name__}")
    read(tale, "b2")
    assert status(tale, SHOWN, **without(kind))[0] == VIOLATED
    assert status(tale, SHOWN, **without(kind, MemberLeft))[0] == UNKNOWN


def test_what_is_owed_is_not_asked_of_a_record_that_does_not_say_who_is_there() -> None:
    tale = Tale()
    for device in ("a1", "b1", "b2"):
        tale.add(Connected, device, "g", 1)
    send(tale, 1)
    accept(tale, 1)
    heal(tale)
    assert status(tale, SHOWN, **without())[0] == VIOLATED
    assert status(tale, SHOWN, **without(Disconnected)) == (UNKNOWN, NOT_RECORDED, "needs Disconnected")
    assert judge(tale, **without(Disconnected)).settled()


def test_what_was_refused_and_is_shown_is_told_without_accepts() -> None:
    tale = Tale()
    send(tale, 1)
    tale.add(SendRefused, "a1", "c", "s1", "m1", "no")
    assert status(tale, "refused-is-not-shown", **without(SendAccepted)) == (
        UNKNOWN,
        NOT_RECORDED,
        "needs SendAccepted",
    )
    show(tale, "b1", "m1")
    assert status(tale, "refused-is-not-shown", **without(SendAccepted))[0] == VIOLATED


def test_two_places_of_a_message_are_told_without_accepts() -> None:
    tale = Tale()
    tale.add(Shown, "b1", "c", 1, "m1", "ann")
    assert status(tale, "places-agree", **without(SendAccepted))[0] == UNKNOWN
    tale.add(Shown, "b2", "c", 2, "m1", "ann")
    assert status(tale, "places-agree", **without(SendAccepted))[0] == VIOLATED


@pytest.mark.parametrize(("head", "wrong"), [(0, 1), (5, 0)])
def test_order_is_proven_by_tries_where_requests_are_not_recorded(head: int, wrong: int) -> None:
    """Of a conversation that is older, a try may be a repetition."""

    def told(name: str) -> int:
        return len(said(tale, name, **without(SendRequested)))

    tale = Tale(head)
    tale.add(SendAttempted, "a1", "c", "s1", "m1", 1)
    accept(tale, 1)
    tale.add(SendAttempted, "b1", "c", "s2", "b1-m2", 1)
    show(tale, "b2", "b1-m2", "m1")
    show(tale, "a1", "b1-m2")
    assert told("real-time-order-is-shown") == wrong
    assert told(OWN) == wrong
    show(tale, "b1", "b1-m2")
    tale.add(SendAttempted, "b1", "c", "s3", "b1-m3", 1)
    show(tale, "b1", "b1-m3")
    tale.add(Wiped, "b2", 2)
    show(tale, "b2", "b1-m3", "b1-m2")
    assert told("questions-come-first") == 1
    tale.add(SendAttempted, "b1", "c", "s4", "b1-m3", 1)
    assert told("message-ids-are-not-reused") == 1


# --- what policy has removed -----------------------------------------------------------------------------------------------


def test_an_own_message_that_may_have_been_removed_need_not_be_there() -> None:
    for removed in (False, True):
        tale = Tale()
        send(tale, 1)
        accept(tale, 1)
        tale.add(RowsRemoved, "c" if removed else "d", 1, node="store")
        send(tale, 2, "b1")
        show(tale, "a1", "b1-m2")
        assert len(said(tale, OWN)) == 1 - removed


@pytest.mark.parametrize(("upto", "wrong"), [(1, 1), (2, 0), (3, 0)])
def test_a_cursor_and_a_mark_may_name_what_was_removed(upto: int, wrong: int) -> None:
    """By ids that only name: what the screens have above the last that was removed is gone too."""
    names = {1: "m1", 2: "m2", 3: "m3"}
    scope: dict[str, Any] = {"opaque": True, "name": lambda _, seq: names.get(seq, str(seq))}
    tale = Tale()
    for number in names:
        send(tale, number)
    show(tale, "a1", "m1", "m2", "m3")
    tale.add(RowsRemoved, "c", upto, node="store")
    tale.add(CursorMoved, "b1", "c", 2)
    tale.add(ReadMarkMoved, "b1", "c", 2, "backup")
    assert len(said(tale, "cursors-name-what-is-there", **scope)) == wrong
    assert len(said(tale, "read-marks-name-what-was-shown", **scope)) == wrong


def test_a_cursor_and_a_mark_may_name_what_is_in_a_page() -> None:
    tale = Tale()
    for number in (1, 2):
        send(tale, number)
    show(tale, "a1", "m1", "m2")
    page(tale, ("m2",), 2, 1, "scroll")
    for device in ("b1", "b2"):
        tale.add(CursorMoved, device, "c", 2)
    tale.add(ReadMarkMoved, "b2", "c", 2, "b1")
    assert len(said(tale, "cursors-name-what-is-there")) == 1
    assert said(tale, "read-marks-name-what-was-shown") == []


# --- others that wait for who is away ---------------------------------------------------------------------------------------


def test_a_send_whose_sender_is_away_at_the_end_is_unknown_in_the_record_of_another_system() -> None:
    """What it waits for it may be told when it is back; in a simulated run everybody is back by then."""
    name = "every-send-is-answered"
    for gone in (Disconnected, LoggedOut, Slept, Crashed):
        tale = Tale()
        send(tale, 1)
        if gone is Disconnected:
            tale.add(Disconnected, "a1", "g", 1, "closed")
            tale.add(Disconnected, "a1", "g", 1, "closed")
        elif gone is Crashed:
            tale.add(Crashed, 1, "", node="a1")
        else:
            tale.add(gone, "a1")
        send(tale, 2)
        back = Tale()
        back.events, back.now = [*tale.events], tale.now
        heal(tale)
        assert status(tale, name, **without()) == (
            UNKNOWN, NOT_SHOWN, "a1 still doesn't know what became of its send s1 (1 more), and is away at the end",
        )  # fmt: skip
        assert status(tale, name)[0] == VIOLATED
        back.add(Connected, "a1", "g", 2)
        back.add(Connected, "a1", "g", 2)
        heal(back)
        assert len(said(back, name, **without())) == 2
        answered = Tale()
        answered.events, answered.now = [*tale.events[:-2]], back.now
        for number in (1, 2):
            accept(answered, number)
        heal(answered)
        assert status(answered, name, **without())[0] == HOLDS


def test_a_wipe_forgets_what_a_sender_that_is_away_waits_for() -> None:
    tale = Tale()
    send(tale, 1)
    tale.add(Disconnected, "a1", "g", 1, "closed")
    tale.add(Wiped, "a1", 2)
    tale.add(Connected, "a1", "g", 2)
    heal(tale)
    assert status(tale, "every-send-is-answered", **without())[0] == HOLDS


def test_a_placeholder_on_a_device_that_is_away_is_unknown_in_the_record_of_another_system() -> None:
    name = "placeholders-are-replaced"
    tale = Tale()
    tale.add(Connected, "b1", "g", 1)
    send(tale, 1)
    show(tale, "a1", "m1")
    tale.add(Shown, "b1", "c", 1, "m1", "ann", True)
    tale.add(Disconnected, "b1", "g", 1, "closed")
    heal(tale)
    why = "b1 still shows a placeholder for m1 of c, which others show in full, and is away at the end"
    assert status(tale, name, **without()) == (UNKNOWN, NOT_SHOWN, why)
    assert status(tale, name)[0] == HOLDS


def test_each_message_is_looked_for_once_on_each_device() -> None:
    tale = Tale()
    two(tale)
    send(tale, 3)
    show(tale, "b1", "m1", "m2", "m3")
    assert times_tested(tale) == 1
