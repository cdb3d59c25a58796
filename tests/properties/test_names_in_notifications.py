"""Who a notification says has written: who may be named, when that is known to be wrong; and wrong protocols that are told."""

from __future__ import annotations

import judging
import pytest
from support import ROOT, Tale, first_caught

from model.events import DeviceRegistered, MemberJoined, NotificationShown, Persisted, ReadMarkMoved, SendAttempted
from parley.record.reading import OBSERVABLE
from properties.judge import Judge
from properties.record_scope import RecordScope
from sim.history import Ended

pytestmark = pytest.mark.requirement("G6", "V1", "V3")

NAME = "notifications-name-who-wrote"
PATIENCE = 600_000_000


def commit(tale: Tale, seq: int = 1, sender: str = "ann", conversation: str = "c") -> None:
    tale.add(Persisted, conversation, seq, f"m{seq}", sender, f"{sender[0]}1", node="store")


def notify(
    tale: Tale, sender: str, seq: int = 1, device: str = "b1", conversation: str = "c", t: int | None = None
) -> int:
    return tale.add(NotificationShown, device, conversation, "bob", "t1", seq, -1, sender, t=t)


def said(tale: Tale, scope: RecordScope | None = None) -> list[str]:
    """Of which names it is said that they are wrong, in order."""
    judge = Judge(scope=scope or RecordScope())
    judge.advance([*tale.events, Ended(tale.now + 1, "run", -1)])
    return [x.message.split("from ")[1].split(",")[0] for x in judge.violations if x.property == NAME]


def test_somebody_who_has_written_nothing_there_is_named_wrongly() -> None:
    tale = Tale()
    commit(tale)
    commit(tale, 2, "zoe", "d")
    notify(tale, "ann")
    wrong = notify(tale, "zoe", 2)
    assert said(tale) == ["zoe"]
    assert judging.proofs(tale, NAME) == [(wrong,)]
    assert judging.times_tested(tale, NAME) == 2


def test_what_is_written_above_what_it_tells_of_or_later_is_no_reason() -> None:
    tale = Tale()
    tale.add(MemberJoined, "c", 1, "zoe", "ann", 0)
    notify(tale, "zoe", 3)
    commit(tale, 2)
    commit(tale, 3, "zoe")
    notify(tale, "zoe", 2)
    notify(tale, "zoe", 3)
    notify(tale, "zoe", 0)
    assert said(tale) == ["zoe", "zoe"]


def test_whom_nobody_names_and_what_was_before_the_history_is_not_judged() -> None:
    for tale, names in ((Tale(), ""), (Tale(5), "zoe")):
        notify(tale, names, 5)
        assert (said(tale), judging.times_tested(tale, NAME)) == ([], 0)
    tale = Tale()
    notify(tale, "zoe", 1, "z1")
    notify(tale, "zoe", 1, "b1", "nowhere")
    assert (said(tale), judging.times_tested(tale, NAME)) == ([], 0), "of no member's device"


def test_ones_own_other_devices_may_be_told() -> None:
    tale = Tale()
    commit(tale, 1, "bob")
    notify(tale, "bob")
    assert said(tale) == []


@pytest.mark.parametrize(("to", "by", "wrong"), [(1, "b2", True), (1, "b1", True), (1, "a1", False), (0, "b2", False)])
def test_who_wrote_only_what_was_read_long_ago_is_named_wrongly(to: int, by: str, wrong: bool) -> None:
    tale = Tale()
    commit(tale, 1, "zoe")
    commit(tale, 2)
    tale.add(ReadMarkMoved, by, "c", to, by)
    read = tale.now
    notify(tale, "zoe", 2, t=read + PATIENCE)
    assert said(tale) == [], "it may have been on its way"
    notify(tale, "zoe", 2, t=read + PATIENCE + 1)
    assert said(tale) == (["zoe"] if wrong else [])


def test_one_message_that_was_not_read_is_enough() -> None:
    tale = Tale()
    commit(tale, 1, "zoe")
    commit(tale, 2, "zoe")
    tale.add(ReadMarkMoved, "b2", "c", 1, "b2")
    notify(tale, "zoe", 2, t=tale.now + 2 * PATIENCE)
    assert said(tale) == []
    notify(tale, "zoe", 1, t=tale.now + 2 * PATIENCE)
    assert said(tale) == ["zoe"]


def test_without_commits_whoever_tried_to_send_may_be_named() -> None:
    tale = Tale()
    tale.add(SendAttempted, "a1", "c", "s1", "m1", 1)
    notify(tale, "ann")
    notify(tale, "zoe")
    assert said(tale, RecordScope(OBSERVABLE)) == ["zoe"]


def test_with_commits_a_message_that_is_not_committed_is_none() -> None:
    tale = Tale()
    commit(tale, 1, "zoe")
    tale.add(SendAttempted, "a1", "c", "s1", "m1", 1)
    notify(tale, "ann")
    assert said(tale) == ["ann"]


def test_where_seqs_are_names_their_size_says_nothing() -> None:
    tale = Tale()
    commit(tale, 9, "zoe")
    tale.add(ReadMarkMoved, "b2", "c", 9, "b2")
    notify(tale, "zoe", 2, t=tale.now + 2 * PATIENCE)
    assert said(tale, RecordScope(OBSERVABLE, opaque=True)) == []


def test_a_name_in_a_record_that_is_no_user_id_is_not_judged() -> None:
    tale = Tale()
    commit(tale)
    notify(tale, "Ann B.")
    assert said(tale, RecordScope(OBSERVABLE)) == []
    assert said(tale) == ["Ann B."]


def test_a_device_of_a_user_who_joined_is_judged_too() -> None:
    tale = Tale()
    tale.add(DeviceRegistered, "z2", "zoe", "eu", "wifi")
    tale.add(MemberJoined, "c", 1, "zoe", "ann", 0)
    commit(tale, 2)
    notify(tale, "ann", 2, "z2")
    notify(tale, "bob", 2, "z2")
    assert said(tale) == ["bob"]


@pytest.mark.requirement("V11")
@pytest.mark.parametrize("name", ["wrong_name", "names_the_last_of_the_device"])
def test_a_wrong_name_is_told_within_thirty_runs(name: str) -> None:
    spec = ROOT / "tests" / "cases" / "variants" / f"{name}.py"
    assert first_caught("ci", str(spec), NAME, 30)


@pytest.mark.requirement("V3")
def test_the_mutant_that_names_whom_it_named_last_is_told() -> None:
    assert first_caught("ci", str(ROOT / "properties" / "mutants" / "names_whom_it_named_last.py"), NAME, 30)
