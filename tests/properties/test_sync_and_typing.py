"""Pages, and signals of who types: each of these histories would be judged otherwise if one condition were turned round."""

from __future__ import annotations

import pytest
from support import Tale

from model.events import (
    GapOpened,
    MemberJoined,
    MemberLeft,
    PresenceShown,
    ReceiptsShown,
    SendAttempted,
    SendDeferred,
    Slept,
    SyncPageReceived,
    SyncRequested,
    TypingShown,
    Wiped,
)
from properties.judge import Judge
from properties.record_scope import RecordScope
from sim.history import Crashed, Ended, Event, Healed, MessageDelayed, Paused, Resumed

pytestmark = pytest.mark.requirement("V1", "V3")

PAGES = "pages-are-no-older"
TYPING = "typing-stays-inside"
LIFE = 30_000_000


def said(tale: Tale, name: str, scope: RecordScope | None = None) -> list[tuple[str, tuple[int, ...]]]:
    judge = Judge(scope=scope or RecordScope())
    judge.advance(tale.events)
    return [(violation.message, violation.evidence) for violation in judge.violations if violation.property == name]


def times_tested(tale: Tale, name: str) -> int:
    judge = Judge()
    judge.advance(tale.events)
    return next(verdict.tested for verdict in judge.verdicts() if verdict.property == name)


# --- pages ---------------------------------------------------------------------------------------------------------------


def gap(tale: Tale, got: int, have: int = 1) -> int:
    return tale.add(GapOpened, "b1", "c", have, got)


def ask(tale: Tale, after: int = 1, device: str = "b1") -> int:
    return tale.add(SyncRequested, device, "c", after, "gap")


def page(tale: Tale, head: int, after: int = 1, device: str = "b1") -> int:
    return tale.add(SyncPageReceived, device, "c", after, 0, head)


def test_the_evidence_is_how_the_device_knew_and_the_page() -> None:
    tale = Tale()
    known = gap(tale, 7)
    gap(tale, 6)
    ask(tale)
    got = page(tale, 6)
    assert said(tale, PAGES) == [
        ("b1 asked for c after 1, knowing of 7, and got a page whose head is 6", (known, got)),
    ]
    assert times_tested(tale, PAGES) == 1


def test_the_first_of_two_that_say_the_same_is_the_evidence() -> None:
    tale = Tale()
    known = gap(tale, 7)
    gap(tale, 7)
    ask(tale)
    assert said(tale, PAGES) == []
    got = page(tale, 6)
    assert [evidence for _, evidence in said(tale, PAGES)] == [(known, got)]


def test_a_page_that_is_older_than_the_one_before_it_is_one() -> None:
    """... with a question in between for another place."""
    tale = Tale()
    ask(tale)
    first = page(tale, 9)
    ask(tale, after=5)
    second = page(tale, 8, after=5)
    assert said(tale, PAGES) == [
        ("b1 asked for c after 5, knowing of 9, and got a page whose head is 8", (first, second)),
    ]


def test_a_page_below_the_place_that_was_asked_for_is_older() -> None:
    tale = Tale()
    asked = ask(tale, after=5)
    assert said(tale, PAGES) == []
    got = page(tale, 4, after=5)
    assert [evidence for _, evidence in said(tale, PAGES)] == [(asked, got)]


@pytest.mark.parametrize("head", [5, 6])
def test_a_page_that_reaches_the_place_that_was_asked_for_is_not(head: int) -> None:
    tale = Tale()
    ask(tale, after=5)
    page(tale, head, after=5)
    assert said(tale, PAGES) == []
    assert times_tested(tale, PAGES) == 1


def test_what_is_learned_after_the_question_does_not_count_nor_if_it_is_asked_again() -> None:
    """The page may be the answer to the first of the two, late, or a copy of it."""
    tale = Tale()
    ask(tale)
    gap(tale, 7)
    page(tale, 6)
    ask(tale)
    page(tale, 6)
    assert said(tale, PAGES) == []
    assert times_tested(tale, PAGES) == 2
    ask(tale, after=2)
    page(tale, 6, after=2)
    assert len(said(tale, PAGES)) == 1


def test_a_page_for_another_place_or_of_no_question_or_without_a_head_is_not_judged() -> None:
    tale = Tale()
    gap(tale, 7)
    page(tale, 6)
    ask(tale)
    page(tale, 6, after=2)
    page(tale, 0)
    assert said(tale, PAGES) == []
    assert times_tested(tale, PAGES) == 0


def test_another_device_and_another_conversation_know_nothing_of_it() -> None:
    tale = Tale()
    gap(tale, 7)
    ask(tale, device="b2")
    page(tale, 6, device="b2")
    tale.add(SyncRequested, "b1", "d", 1, "digest")
    tale.add(SyncPageReceived, "b1", "d", 1, 0, 6)
    assert said(tale, PAGES) == []
    assert times_tested(tale, PAGES) == 2


@pytest.mark.parametrize("whose", ["b1", "b2"])
@pytest.mark.parametrize(("kind", "fields"), [(Slept, ("b1",)), (Crashed, (1, "")), (Wiped, ("b1", 2))])
def test_what_an_app_knew_ends_with_it(kind: type[Event], fields: tuple[object, ...], whose: str) -> None:
    """... and with no other one."""
    tale = Tale()
    fields = tuple(whose if field == "b1" else field for field in fields)
    gap(tale, 7)
    tale.add(kind, *fields, node=whose)
    ask(tale)
    page(tale, 6)
    assert len(said(tale, PAGES)) == (whose == "b2")
    tale.add(kind, *fields, node=whose)
    page(tale, 3)
    assert len(said(tale, PAGES)) == 2 * (whose == "b2")


# --- who types -----------------------------------------------------------------------------------------------------------


def leave(tale: Tale, user: str = "bob") -> int:
    return tale.add(MemberLeft, "c", 1, user, "ann", 1, node="store")


def types(tale: Tale, after: int = LIFE + 1, device: str = "b1", user: str = "ann", conversation: str = "c") -> int:
    return tale.add(TypingShown, device, conversation, user, t=tale.now + after)


def test_a_signal_that_arrives_later_than_it_lives_says_who_had_left() -> None:
    tale = Tale()
    left = leave(tale)
    shown = types(tale)
    assert said(tale, TYPING) == [("b1 shows that ann is typing in c, which bob had left", (left, shown))]


def test_nor_is_anybody_seen_typing_who_had_left() -> None:
    tale = Tale()
    left = leave(tale, "ann")
    shown = types(tale)
    assert said(tale, TYPING) == [("b1 shows that ann is typing in c, which ann had left", (left, shown))]


def test_both_of_them_may_have_left() -> None:
    tale = Tale()
    leave(tale)
    leave(tale, "ann")
    types(tale)
    assert len(said(tale, TYPING)) == 2


def test_members_and_those_who_never_were_are_not_judged_nor_other_conversations() -> None:
    tale = Tale()
    leave(tale)
    types(tale, device="a1", user="zoe")
    types(tale, conversation="d")
    tale.add(MemberJoined, "c", 2, "bob", "ann", 1, node="store")
    types(tale)
    assert said(tale, TYPING) == []
    assert times_tested(tale, TYPING) == 2


@pytest.mark.parametrize(
    ("skew", "late", "wrong"), [(0, 0, False), (0, 1, True), (5_000, 5_000, False), (5_000, 5_001, True)]
)
def test_a_signal_lives_thirty_seconds_by_clocks_that_may_be_apart(skew: int, late: int, wrong: bool) -> None:
    tale = Tale()
    leave(tale)
    types(tale, after=LIFE + late)
    assert bool(said(tale, TYPING, RecordScope(skew=skew))) == wrong


@pytest.mark.parametrize(("later", "judged"), [(LIFE, 0), (LIFE + 1, 1)])
def test_what_waited_at_a_node_that_stood_still_may_be_old(later: int, judged: int) -> None:
    tale = Tale()
    leave(tale)
    tale.add(Paused, node="presence")
    types(tale)
    assert times_tested(tale, TYPING) == 0
    tale.add(Paused, node="gateway-1")
    tale.add(Resumed, 3, node="presence")
    types(tale)
    assert times_tested(tale, TYPING) == 0
    tale.add(Resumed, 3, node="gateway-1")
    types(tale, after=later)
    assert times_tested(tale, TYPING) == len(said(tale, TYPING)) == judged


@pytest.mark.parametrize(("later", "judged"), [(LIFE + 7_000, 0), (LIFE + 7_001, 1)])
def test_what_was_held_up_may_be_old(later: int, judged: int) -> None:
    """The longest delay counts, and not the last one."""
    tale = Tale()
    leave(tale)
    tale.add(MessageDelayed, "TypingNotice", "gateway-1", 8_000, node="presence")
    tale.add(MessageDelayed, "TypingNotice", "gateway-1", 0, node="presence")
    types(tale, after=later)
    assert times_tested(tale, TYPING) == len(said(tale, TYPING)) == judged


@pytest.mark.parametrize("resumed", [True, False])
def test_the_longer_of_a_pause_and_a_delay_counts(resumed: bool) -> None:
    tale = Tale()
    leave(tale)
    tale.add(MessageDelayed, "TypingNotice", "gateway-1", LIFE, node="presence")
    if resumed:
        tale.add(Paused, node="gateway-1")
        tale.add(Resumed, 1, node="gateway-1")
    types(tale, after=2 * LIFE - 3_000)
    assert times_tested(tale, TYPING) == 0


# --- a wipe ends the life of an app -----------------------------------------------------------------------------------------


def test_what_was_on_the_screen_of_a_wiped_app_is_on_no_screen() -> None:
    """Typing that was shown needs no end, presence none either, receipts begin anew, and the next app was told no limit."""
    tale = Tale()
    tale.add(TypingShown, "b1", "c", "ann")
    tale.add(PresenceShown, "b1", "ann", True)
    tale.add(ReceiptsShown, "b1", "c", 2, 2, 2)
    tale.add(SendDeferred, "b1", "c", "s1", 60_000_000)
    before = tale.now
    tale.add(Wiped, "b1", 2)
    tale.add(ReceiptsShown, "b1", "c", 1, 1, 1)
    tale.add(SendAttempted, "b1", "c", "s1", "b1'-m1", 1)
    assert tale.now < before + 60_000_000
    tale.add(Healed, 1_000, node="run")
    tale.add(Ended, node="run", t=tale.now + 1_000)
    judge = Judge()
    judge.advance(tale.events)
    names = {"typing-ends", "presence-converges", "receipts-only-move-forward", "retry-after-is-respected"}
    assert {
        verdict.property: verdict.status for verdict in judge.verdicts() if verdict.property in names
    } == dict.fromkeys(sorted(names), "holds") | {"presence-converges": "vacuous"}
