"""Failures that are told of, rows of hot groups, and lists of conversations: what their checkers count, and leave alone."""

from __future__ import annotations

import pytest
from judging import debt, judged, said, status
from support import Tale

from model.events import (
    ConversationOpened,
    DeliveryFailed,
    FailureAlert,
    FanOutChosen,
    InboxStored,
    ListedInLog,
    ListRequested,
    ListShown,
    MemberJoined,
    MemberLeft,
    Persisted,
    PolicyDeclared,
    ReadMarkMoved,
    ReadStored,
    SendAttempted,
    Wiped,
)
from sim.verdicts import VACUOUS

pytestmark = pytest.mark.requirement("V1", "V3")

ALERTS = "failures-raise-an-alert"


def fail(tale: Tale, device: str = "b1", conversation: str = "c", reason: str = "expired") -> int:
    return tale.add(DeliveryFailed, device, conversation, 1, reason, node="store")


def test_an_alert_counts_for_its_conversation_and_its_reason_alone() -> None:
    tale = Tale()
    fail(tale)
    tale.add(FailureAlert, "c", "stuck", 0, node="store")
    tale.add(FailureAlert, "d", "expired", 0, node="store")
    assert debt(tale, ALERTS) == ["1 deliveries were given up in c (expired), and no alert tells of it"]
    tale.add(FailureAlert, "c", "expired", 1, node="store")
    assert debt(tale, ALERTS) == []
    assert said(tale, ALERTS) == []


def test_what_one_alert_leaves_out_the_next_one_tells() -> None:
    tale = Tale()
    for device in ("b1", "b2", "a1"):
        fail(tale, device)
    tale.add(FailureAlert, "c", "expired", 2, node="store")
    assert debt(tale, ALERTS) == ["1 deliveries were given up in c (expired), and no alert tells of it"]
    tale.add(FailureAlert, "c", "expired", 1, node="store")
    assert debt(tale, ALERTS) == []


def test_an_alert_of_more_than_there_was_is_wrong_at_once() -> None:
    tale = Tale()
    fail(tale)
    at = tale.add(FailureAlert, "c", "expired", 2, node="store")
    assert said(tale, ALERTS) == ["an alert tells of 2 failures in c (expired), of which there are 1"]
    assert next(v for v in judged(tale).violations if v.property == ALERTS).evidence == (at,)


def test_a_task_that_was_set_aside_is_a_failure_too() -> None:
    tale = Tale()
    tale.add(ListedInLog, "c", 1, "dead letter", node="store")
    assert debt(tale, ALERTS) == ["1 deliveries were given up in c (dead letter), and no alert tells of it"]
    tale.add(FailureAlert, "c", "dead letter", 1, node="store")
    assert debt(tale, ALERTS) == []


# --- rows of hot groups ---------------------------------------------------------------------------------------------

HOT = "hot-groups-pay-no-rows"
ROWS = "no inbox rows from so many members on"


def declared(tale: Tale, members: int, policy: str = ROWS) -> None:
    tale.add(PolicyDeclared, policy, "", members, node="parley")


def test_who_joins_by_a_message_counts_for_it_and_who_has_left_does_not() -> None:
    tale = Tale()
    declared(tale, 3)
    tale.add(Persisted, "c", 1, "m1", "ann", "a1", 0, "join", node="store")
    tale.add(MemberJoined, "c", 1, "zoe", "ann", 1, node="store")
    tale.add(Persisted, "c", 2, "m2", "ann", "a1", 0, "leave", node="store")
    tale.add(MemberLeft, "c", 2, "zoe", "ann", 2, node="store")
    tale.add(Persisted, "c", 3, "m3", "ann", "a1", node="store")
    tale.add(InboxStored, "bob", "c", 3, node="store")
    assert said(tale, HOT) == []
    for seq in (1, 2):
        tale.add(InboxStored, "bob", "c", seq, node="store")
    why = "from 3 members on no message is to have a row for each"
    assert said(tale, HOT) == [f"c {seq}, to 3 members, is in the inbox of bob: {why}" for seq in (1, 2)]


def test_what_is_not_declared_is_not_judged() -> None:
    tale = Tale()
    declared(tale, 1, "another policy")
    tale.add(Persisted, "c", 1, "m1", "ann", "a1", node="store")
    tale.add(InboxStored, "bob", "c", 1, node="store")
    tale.add(Persisted, "nowhere", 1, "m1", "ann", "a1", node="store")
    assert status(tale, HOT) == VACUOUS


# --- lists of conversations -----------------------------------------------------------------------------------------

LISTS = "lists-are-true"


def commit(tale: Tale, seq: int, sender: str = "ann", kind: str = "", inbox: bool = True) -> None:
    """A message that is in Bob's inbox, or in the log alone."""
    tale.add(SendAttempted, "a1", "c", f"s{seq}", f"m{seq}", 1)
    tale.add(Persisted, "c", seq, f"m{seq}", sender, "a1", 0, kind, node="store")
    tale.add(FanOutChosen, "c", seq, "hybrid", inbox, 2, node="store")
    if inbox:
        tale.add(InboxStored, "bob", "c", seq, node="store")


def listed(tale: Tale, newest: int, unread: int, read: int = 0, ask: bool = True) -> None:
    if ask:
        tale.add(ListRequested, "b1", 1)
    tale.add(ListShown, "b1", 1, ("c",), (newest,), (unread,), (read,))


def left_out(tale: Tale) -> None:
    tale.add(ListRequested, "b1", 1)
    tale.add(ListShown, "b1", 1, (), (), (), ())


def wrong(tale: Tale) -> list[str]:
    return [told.removeprefix("the list on b1 ") for told in said(tale, LISTS)]


def test_a_conversation_may_be_left_out_that_nothing_was_in() -> None:
    tale = Tale()
    tale.add(ConversationOpened, "not bob's", "direct", ("ann", "zoe"))
    left_out(tale)
    assert wrong(tale) == []
    commit(tale, 1)
    commit(tale, 2, inbox=False)
    left_out(tale)
    assert wrong(tale) == ["leaves c out, which has 2"]


def test_other_peoples_conversations_are_passed_by() -> None:
    tale = Tale()
    tale.add(ConversationOpened, "not bob's", "direct", ("ann", "zoe"))
    tale.add(ConversationOpened, "d", "direct", ("ann", "bob"))
    tale.add(Persisted, "d", 1, "d1", "ann", "a1", node="store")
    tale.add(InboxStored, "bob", "d", 1, node="store")
    left_out(tale)
    assert wrong(tale) == ["leaves d out, which has 1"]


def test_who_joins_is_owed_the_row_of_the_join() -> None:
    tale = Tale()
    commit(tale, 1, kind="leave")
    tale.add(MemberLeft, "c", 1, "bob", "ann", 1, node="store")
    commit(tale, 2, kind="join")
    tale.add(MemberJoined, "c", 2, "bob", "ann", 2, node="store")
    left_out(tale)
    assert wrong(tale) == ["leaves c out, which has 2"]


def test_what_has_no_inbox_row_yet_may_be_missing() -> None:
    tale = Tale()
    tale.add(SendAttempted, "a1", "c", "s1", "m1", 1)
    tale.add(Persisted, "c", 1, "m1", "ann", "a1", node="store")
    tale.add(FanOutChosen, "c", 1, "hybrid", True, 2, node="store")
    left_out(tale)
    listed(tale, 1, 0)
    listed(tale, 1, 1)
    assert wrong(tale) == []


@pytest.mark.parametrize(("names", "marks"), [(("c",), (0, 0)), (("c",), ()), (("c", "d"), (0,))])
def test_a_list_whose_columns_are_not_of_one_length_is_judged_as_far_as_they_go(
    names: tuple[str, ...], marks: tuple[int, ...]
) -> None:
    tale = Tale()
    commit(tale, 1)
    tale.add(ListRequested, "b1", 1)
    tale.add(ListShown, "b1", 1, names, (0,), (0,), marks)
    assert len(wrong(tale)) == 1


def test_the_newest_place_is_one_that_was_there_and_is_committed() -> None:
    for newest, told in (
        (1, "has c up to 1, and 2 was there when it was asked for"),
        (2, ""),
        (3, "has c up to 3, of which only 2"),
    ):
        tale = Tale()
        commit(tale, 1, "bob")
        commit(tale, 2, "bob")
        listed(tale, newest, 0)
        assert [each.startswith(told) for each in wrong(tale)] == [True] * bool(told)


def test_own_messages_and_joins_are_not_unread_and_others_are() -> None:
    for unread in (0, 1, 2):
        tale = Tale()
        commit(tale, 1)
        commit(tale, 2, "bob")
        commit(tale, 3, kind="join")
        listed(tale, 3, unread)
        assert len(wrong(tale)) == (unread != 1)


def test_a_mark_is_between_the_devices_own_and_all_that_is_known_to_be_read() -> None:
    for mark, right in ((0, False), (1, True), (2, True), (3, False)):
        tale = Tale()
        for seq in (1, 2, 3):
            commit(tale, seq)
        tale.add(ReadMarkMoved, "b1", "c", 1, "this device")
        tale.add(ReadStored, "bob", "c", 2, node="store")
        listed(tale, 3, 3 - mark, mark)
        assert (wrong(tale) == []) is right


def test_what_another_of_the_users_devices_has_read_counts_before_it_is_stored_where_it_belongs() -> None:
    for mark, right in ((1, True), (2, True), (3, False)):
        tale = Tale()
        for seq in (1, 2, 3):
            commit(tale, seq)
        tale.add(ReadMarkMoved, "b2", "c", 2, "this device")
        tale.add(ReadMarkMoved, "a1", "c", 3, "this device")
        tale.add(ReadMarkMoved, "b1", "c", 1, "another device")
        tale.add(ReadMarkMoved, "b2", "c", 1, "this device")
        listed(tale, 3, 3 - mark, mark)
        assert (wrong(tale) == []) is right


def test_a_wiped_device_asks_without_the_mark_that_it_had() -> None:
    for device, right in (("b1", True), ("b2", False)):
        tale = Tale()
        commit(tale, 1)
        tale.add(ReadMarkMoved, "b1", "c", 1, "this device")
        tale.add(Wiped, device, 2)
        listed(tale, 1, 1)
        assert (wrong(tale) == []) is right


def test_the_past_was_read_by_who_was_there() -> None:
    tale = Tale(head=5)
    commit(tale, 6)
    listed(tale, 6, 1, 5)
    assert wrong(tale) == []


def test_who_joined_or_left_since_is_not_judged_and_a_list_that_was_not_asked_for_neither() -> None:
    tale = Tale()
    commit(tale, 1)
    listed(tale, 9, 9, 9, ask=False)
    tale.add(ListRequested, "b1", 1)
    commit(tale, 2, kind="leave")
    tale.add(MemberLeft, "c", 2, "bob", "ann", 2, node="store")
    listed(tale, 9, 9, 9, ask=False)
    commit(tale, 3, kind="join")
    tale.add(ListRequested, "b1", 1)
    tale.add(MemberJoined, "c", 3, "bob", "ann", 3, node="store")
    listed(tale, 9, 9, 9, ask=False)
    assert wrong(tale) == []
    commit(tale, 4)
    listed(tale, 4, 1)
    assert wrong(tale) == []
    listed(tale, 4, 2)
    assert len(wrong(tale)) == 1


def test_who_is_back_is_owed_what_was_said_since() -> None:
    tale = Tale()
    commit(tale, 1)
    commit(tale, 2, kind="leave")
    tale.add(MemberLeft, "c", 2, "bob", "ann", 2, node="store")
    commit(tale, 3, kind="join", inbox=False)
    tale.add(MemberJoined, "c", 3, "bob", "ann", 3, node="store")
    tale.events.pop(-2)  # how it was fanned out is not known yet
    left_out(tale)
    assert wrong(tale) == []
    commit(tale, 4)
    left_out(tale)
    assert wrong(tale) == ["leaves c out, which has 4"]
