"""Histories in which more than one thing is wrong, or something looks wrong and is not: debts and evidence stay exact.

A judge that miscounts hides one violation behind another, or waits for ever for what has come. Each story is told in
the order in which it happens.
"""

from __future__ import annotations

import random

import pytest
from support import Tale

from model.events import (
    AckSent,
    AppUpdated,
    BlobStored,
    Connected,
    CursorMoved,
    CursorStored,
    Disconnected,
    Enqueued,
    FillerPersisted,
    HintTaken,
    LoggedOut,
    MemberJoined,
    MemberLeft,
    NotificationAttempted,
    NotificationShown,
    NotificationThrottled,
    Persisted,
    PresenceShown,
    ReadMarkMoved,
    ReadStored,
    ReceiptsShown,
    SendAttempted,
    SendRequested,
    Shown,
    Slept,
    Stored,
    TaskClosed,
    TokenIssued,
    TokenRegistered,
    TokenRemoved,
    TokenRevoked,
    UnreadShown,
    UpgradeGranted,
    UpgradeTried,
    Wiped,
)
from properties.base import Liveness
from properties.judge import Judge
from properties.presence import PresenceConverges
from sim.history import Ended, Healed
from sim.verdicts import HOLDS, UNKNOWN, VIOLATED, Verdict

pytestmark = pytest.mark.requirement("V1", "V2", "V3")

BOUND = 10_000_000
DEVICES = ("a1", "b1", "b2")


def commit(tale: Tale, seq: int, message: str = "") -> int:
    message = message or f"m{seq}"
    tale.add(SendAttempted, "a1", "c", f"s-{message}", message, 1)
    return tale.add(Persisted, "c", seq, message, "ann", "a1", node="store")


def show(tale: Tale, device: str, *seqs: int) -> None:
    for seq in seqs:
        tale.add(Stored, device, "c", seq, f"m{seq}", "push")
        tale.add(Shown, device, "c", seq, f"m{seq}", "ann")


def heal(tale: Tale) -> None:
    tale.add(Healed, BOUND, node="run")
    tale.add(Ended, node="run", t=tale.now + BOUND)


def judge(tale: Tale) -> Judge:
    judge = Judge()
    judge.advance(tale.events)
    return judge


def verdict(judge: Judge, name: str) -> Verdict:
    return next(v for v in judge.verdicts() if v.property == name)


def debt(judge: Judge, name: str) -> int:
    prop = next(p for p in judge.properties if p.name == name)
    assert isinstance(prop, Liveness)
    return prop.owed()


SHOWS = "every-device-shows-everything"
CURSORS = "device-cursors-reach-the-head"
STORED_CURSORS = "stored-cursors-reach-the-head"


@pytest.mark.requirement("G1", "G4")
def test_a_permanent_gap_is_a_violation_although_the_device_is_at_the_head() -> None:
    tale = Tale()
    rows = [commit(tale, seq) for seq in (1, 2, 3)]
    show(tale, "a1", 1, 2, 3)
    show(tale, "b1", 1, 2, 3)
    show(tale, "b2", 1, 3)
    heal(tale)
    found = [v for v in judge(tale).violations if v.property == SHOWS]
    assert [v.message for v in found] == ["b2 never showed c 2, but 3"]
    assert found[0].evidence == (rows[1], len(tale.events) - 1)


@pytest.mark.requirement("G1")
def test_a_transient_gap_owes_nothing_once_it_is_filled() -> None:
    tale = Tale()
    for seq in (1, 2, 3, 4):
        commit(tale, seq)
    show(tale, "a1", 1, 2, 3, 4)
    show(tale, "b1", 1, 2, 3, 4)
    show(tale, "b2", 1, 3, 2, 4)
    heal(tale)
    judged = judge(tale)
    assert verdict(judged, "shown-in-order").status == VIOLATED
    assert verdict(judged, SHOWS).status == HOLDS
    assert debt(judged, SHOWS) == 0


@pytest.mark.parametrize(
    "excess",
    [
        pytest.param([("b1", 1)], id="the same one again"),
        pytest.param([("b1", 2)], id="one that was never committed"),
        pytest.param([("b1", 2), ("b1", 3), ("a1", 2)], id="several that were never committed"),
    ],
)
def test_what_one_device_shows_too_much_does_not_pay_for_another(excess: list[tuple[str, int]]) -> None:
    tale = Tale()
    commit(tale, 1)
    show(tale, "a1", 1)
    show(tale, "b1", 1)
    for device, seq in excess:
        show(tale, device, seq)
    assert debt(judge(tale), SHOWS) == 1
    heal(tale)
    found = [v.message for v in judge(tale).violations if v.property == SHOWS]
    assert found == ["b2 shows c only up to 0, its head is 1"]


def test_what_was_shown_before_it_was_durable_is_not_owed_afterwards() -> None:
    tale = Tale()
    show(tale, "b1", 1)
    commit(tale, 1)
    judged = judge(tale)
    assert verdict(judged, "shown-is-true").status == VIOLATED
    assert debt(judged, SHOWS) == 2
    show(tale, "a1", 1)
    show(tale, "b2", 1)
    assert debt(judge(tale), SHOWS) == 0


@pytest.mark.requirement("G2")
def test_commits_out_of_order_leave_no_debt_behind() -> None:
    tale = Tale()
    for seq in (1, 3, 2):
        commit(tale, seq)
    for device in DEVICES:
        show(tale, device, 1, 2, 3)
        tale.add(CursorMoved, device, "c", 3)
        tale.add(CursorStored, device, "c", 3, node="store")
    heal(tale)
    judged = judge(tale)
    assert verdict(judged, "seq-has-no-hole").status == VIOLATED
    assert [debt(judged, name) for name in (SHOWS, CURSORS, STORED_CURSORS)] == [0, 0, 0]
    assert verdict(judged, SHOWS).status == verdict(judged, CURSORS).status == HOLDS


@pytest.mark.requirement("P6")
@pytest.mark.parametrize(("kind", "name"), [(CursorMoved, CURSORS), (CursorStored, STORED_CURSORS)])
def test_a_cursor_ahead_of_the_log_pays_for_nobody_and_owes_nothing_later(kind: type, name: str) -> None:
    tale = Tale()
    commit(tale, 1)
    tale.add(kind, "b1", "c", 3)
    assert debt(judge(tale), name) == 2
    commit(tale, 2)
    assert debt(judge(tale), name) == 4
    commit(tale, 3)
    commit(tale, 4)
    assert debt(judge(tale), name) == 4 + 4 + 1
    for device in DEVICES:
        tale.add(kind, device, "c", 4)
    assert debt(judge(tale), name) == 0


@pytest.mark.requirement("C4")
def test_a_filler_is_owed_to_cursors_and_not_to_screens() -> None:
    tale = Tale()
    commit(tale, 1)
    tale.add(FillerPersisted, "c", 2, 1, node="store")
    commit(tale, 3)
    tale.add(FillerPersisted, "c", 4, 1, node="store")
    for device in DEVICES:
        show(tale, device, 1)
        tale.add(Stored, device, "c", 2, "filler:c:2", "sync")
        show(tale, device, 3)
    judged = judge(tale)
    assert debt(judged, SHOWS) == 0
    assert debt(judged, CURSORS) == 3 * 4
    for name in ("shown-in-order", "stored-is-true"):
        assert verdict(judged, name).status == HOLDS


@pytest.mark.requirement("P6")
@pytest.mark.parametrize(
    ("kind", "name"), [(CursorMoved, "device-cursor-is-monotone"), (CursorStored, "stored-cursor-is-monotone")]
)
def test_a_regression_is_proved_by_both_its_ends(kind: type, name: str) -> None:
    tale = Tale()
    for seq in (1, 2, 3):
        commit(tale, seq)
        tale.add(Stored, "b1", "c", seq, f"m{seq}", "push")
    tale.add(kind, "b1", "c", 1)
    high = tale.add(kind, "b1", "c", 3)
    low = tale.add(kind, "b1", "c", 2)
    violation = verdict(judge(tale), name).violation
    assert violation is not None
    assert violation.evidence == (high, low)


@pytest.mark.requirement("P5")
def test_an_unsound_cursor_is_proved_by_the_first_message_that_is_not_held() -> None:
    tale = Tale()
    rows = [commit(tale, seq) for seq in (1, 2, 3)]
    tale.add(Stored, "b1", "c", 1, "m1", "push")
    tale.add(Stored, "b1", "c", 3, "m3", "push")
    moved = tale.add(CursorMoved, "b1", "c", 3)
    violation = verdict(judge(tale), "device-cursor-is-sound").violation
    assert violation is not None
    assert violation.evidence == (rows[1], moved)


@pytest.mark.requirement("P6")
def test_what_is_stored_ahead_of_the_log_carries_no_cursor_ahead_of_it() -> None:
    tale = Tale()
    commit(tale, 1)
    tale.add(Stored, "b1", "c", 1, "m1", "push")
    ahead = tale.add(Stored, "b1", "c", 2, "m2", "push")
    tale.add(CursorMoved, "b1", "c", 2)
    violation = verdict(judge(tale), "stored-is-true").violation
    assert violation is not None
    assert violation.evidence == (ahead,)


@pytest.mark.requirement("P10")
def test_a_wrong_badge_is_proved_by_the_badge() -> None:
    tale = Tale()
    commit(tale, 1)
    for device in ("b1", "b2"):
        show(tale, device, 1)
        badge = tale.add(UnreadShown, device, "c", 1)
    tale.add(ReadStored, "bob", "c", 1, node="store")
    tale.add(UnreadShown, "b1", "c", 0)
    heal(tale)
    found = [v for v in judge(tale).violations if v.property == "badges-are-right"]
    assert [v.message for v in found] == ["b2 shows 1 unread in c, there are 0"]
    assert found[0].evidence == (badge, len(tale.events) - 1)


# --- a wipe: another installation, which has nothing and owes everything --------------------------------------------------


def before_a_wipe() -> Tale:
    """b1 holds, has shown and acked 1 and 2, and has read 2; then it is wiped."""
    tale = Tale()
    for seq in (1, 2):
        commit(tale, seq)
        show(tale, "b1", seq)
        tale.add(CursorMoved, "b1", "c", seq)
        tale.add(CursorStored, "b1", "c", seq, node="store")
    tale.add(ReadMarkMoved, "b1", "c", 2, "this device")
    tale.add(Wiped, "b1", 2)
    return tale


def violated(tale: Tale) -> list[str]:
    return list(dict.fromkeys(v.property for v in judge(tale).violations))


@pytest.mark.requirement("P10")
def test_a_wiped_device_begins_from_nothing_and_breaks_no_promise_by_it() -> None:
    tale = before_a_wipe()
    tale.add(AckSent, "b1", "c", 0)
    tale.add(CursorStored, "b1", "c", 0, 2, node="store")
    for seq in (1, 2):
        show(tale, "b1", seq)
        tale.add(CursorMoved, "b1", "c", seq)
        tale.add(CursorStored, "b1", "c", seq, 2, node="store")
    tale.add(ReadMarkMoved, "b1", "c", 1, "another device")
    assert violated(tale) == []


@pytest.mark.requirement("P10")
def test_a_wiped_device_owes_what_it_had() -> None:
    tale = before_a_wipe()
    owed = {name: debt(judge(tale), name) for name in (SHOWS, CURSORS, STORED_CURSORS)}
    assert owed == {SHOWS: 4 + 2, CURSORS: 4 + 2, STORED_CURSORS: 4 + 2}


@pytest.mark.requirement("P10")
@pytest.mark.parametrize(
    ("kind", "fields", "name"),
    [
        (CursorMoved, (2,), "device-cursor-is-sound"),
        (AckSent, (2,), "ack-is-sound"),
        (CursorStored, (2, 2), "stored-cursor-is-sound"),
        (Shown, (1, "m1", "ann"), "stored-before-shown"),
        (Shown, (2, "m2", "ann"), "shown-in-order"),
    ],
)
def test_what_an_earlier_installation_held_proves_nothing_for_the_new_one(
    kind: type, fields: tuple[object, ...], name: str
) -> None:
    tale = before_a_wipe()
    tale.add(kind, "b1", "c", *fields)
    assert name in violated(tale)


@pytest.mark.requirement("P6", "P10")
def test_a_late_ack_of_the_earlier_installation_is_judged_by_what_that_one_held() -> None:
    tale = before_a_wipe()
    commit(tale, 3)
    tale.add(CursorStored, "b1", "c", 2, 1, node="store")
    assert violated(tale) == []
    assert debt(judge(tale), STORED_CURSORS) == 3 * 3, "it pays for nothing of the new one"
    tale.add(CursorStored, "b1", "c", 3, 1, node="store")
    assert violated(tale) == ["stored-cursor-is-sound"]


@pytest.mark.requirement("P6", "P10")
def test_a_store_that_goes_back_to_an_earlier_installation_is_proved_by_both_acks() -> None:
    tale = before_a_wipe()
    newer = tale.add(CursorStored, "b1", "c", 0, 2, node="store")
    older = tale.add(CursorStored, "b1", "c", 2, 1, node="store")
    violation = verdict(judge(tale), "stored-cursor-is-monotone").violation
    assert violation is not None
    assert violation.evidence == (newer, older)


@pytest.mark.requirement("P10")
def test_a_message_that_the_new_installation_shows_twice_is_seen() -> None:
    tale = before_a_wipe()
    show(tale, "b1", 1)
    assert "shown-once" not in violated(tale)
    show(tale, "b1", 1)
    assert "shown-once" in violated(tale)


@pytest.mark.requirement("P1", "P10")
def test_only_a_wipe_after_the_request_excuses_a_send_that_nobody_answers() -> None:
    tale = Tale()
    tale.add(SendRequested, "a1", "c", "s1", 1)
    tale.add(SendRequested, "b1", "c", "t1", 1)
    tale.add(Wiped, "a1", 2)
    kept = tale.add(SendRequested, "a1", "c", "s2", 1)
    heal(tale)
    found = [v for v in judge(tale).violations if v.property == "every-send-is-answered"]
    assert [v.evidence[0] for v in found] == [kept - 2, kept]


@pytest.mark.requirement("P1", "P10")
def test_a_wiped_device_s_numbers_begin_anew() -> None:
    """Number 1 of the second installation after number 2 of the first one; within an installation the order counts."""
    tale = Tale()
    seq = 0
    for send, number in (("s1", 1), ("s2", 2), ("wipe", 0), ("t1", 1), ("t2", 2)):
        if send == "wipe":
            tale.add(Wiped, "a1", 2)
            continue
        seq += 1
        tale.add(SendRequested, "a1", "c", send, number)
        tale.add(SendAttempted, "a1", "c", send, f"m{seq}", 1)
        tale.add(Persisted, "c", seq, f"m{seq}", "ann", "a1", node="store")
    assert violated(tale) == []
    tale.add(SendRequested, "a1", "c", "t0", 1)
    tale.add(SendAttempted, "a1", "c", "t0", "m9", 1)
    tale.add(Persisted, "c", seq + 1, "m9", "ann", "a1", node="store")
    assert violated(tale) == ["senders-order-is-kept"]


@pytest.mark.requirement("P4", "P9", "P10")
def test_what_was_delivered_before_the_wipe_was_delivered() -> None:
    """The task may be closed for it, the sender may be told of it; and no more than that."""
    tale = before_a_wipe()
    show(tale, "b2", 1, 2, 3)
    tale.add(Enqueued, "c", 2, "service", node="queue")
    tale.add(TaskClosed, "c", 2, "w1", node="queue")
    tale.add(ReceiptsShown, "a1", "c", 2, 2, 0)
    tale.add(ReadStored, "bob", "c", 2, node="store")
    assert not {"closed-when-done", "receipts-are-true", "read-was-shown"} & set(violated(tale))
    commit(tale, 3)
    tale.add(Enqueued, "c", 3, "service", node="queue")
    tale.add(TaskClosed, "c", 3, "w1", node="queue")
    tale.add(ReceiptsShown, "a1", "c", 3, 3, 0)
    assert {"closed-when-done", "receipts-are-true"} <= set(violated(tale))


@pytest.mark.requirement("P10")
def test_a_wiped_device_owes_its_badge_and_its_mark_anew() -> None:
    tale = Tale()
    for seq in (1, 2):
        commit(tale, seq)
        show(tale, "b1", seq)
    tale.add(UnreadShown, "b1", "c", 2)
    tale.add(UnreadShown, "b2", "c", 2)
    tale.add(ReadMarkMoved, "b1", "c", 1, "this device")
    tale.add(ReadStored, "bob", "c", 1, node="store")
    tale.add(ReadMarkMoved, "b2", "c", 1, "another device")
    for device in ("b1", "b2"):
        tale.add(UnreadShown, device, "c", 1)
    assert [debt(judge(tale), name) for name in ("badges-are-right", "read-marks-converge")] == [0, 0]
    tale.add(Wiped, "b1", 2)
    assert [debt(judge(tale), name) for name in ("badges-are-right", "read-marks-converge")] == [1, 1]
    tale.add(ReadMarkMoved, "b1", "c", 1, "another device")
    tale.add(UnreadShown, "b1", "c", 1)
    assert [debt(judge(tale), name) for name in ("badges-are-right", "read-marks-converge")] == [0, 0]


@pytest.mark.requirement("P10", "P16")
def test_a_wiped_device_owes_its_placeholders_anew() -> None:
    tale = Tale()
    tale.add(AppUpdated, "b2", "1.0", ("sticker",))
    tale.add(Persisted, "c", 1, "m1", "ann", "a1", 0, "", "", "poll", node="store")
    name = "unknown-types-stop-nobody"
    for installation in (1, 2):
        assert debt(judge(tale), name) == 2
        tale.add(Stored, "b2", "c", 1, "m1", "sync")
        tale.add(Shown, "b2", "c", 1, "m1", "ann", True)
        tale.add(CursorStored, "b2", "c", 1, installation, node="store")
        assert debt(judge(tale), name) == 0
        tale.add(Wiped, "b2", installation + 1)


@pytest.mark.requirement("P10")
def test_a_device_that_was_wiped_twice_owes_what_was_there_before_the_history() -> None:
    tale = Tale(head=3)
    tale.add(Wiped, "b1", 2)
    show(tale, "b1", 1)
    assert debt(judge(tale), SHOWS) == 2
    tale.add(Wiped, "b1", 3)
    show(tale, "b1", 1, 2, 3)
    assert violated(tale) == []
    assert debt(judge(tale), SHOWS) == 0


@pytest.mark.parametrize("seed", range(60))
def test_debts_agree_with_a_recount_in_any_history(seed: int) -> None:
    """Whatever happens in whatever order, right or wrong, what is owed is what a slow recount from the events says."""
    rng = random.Random(seed)
    tale = Tale(head=rng.choice((0, 0, 5)))
    base, used = tale.events[-1].head, 0  # type: ignore[attr-defined]
    judge = Judge()
    rows: set[int] = set()
    fillers: set[int] = set()
    seen: dict[str, set[int]] = {device: set() for device in DEVICES}
    installation = dict.fromkeys(DEVICES, 1)
    past = {device: set(range(1, base + 1)) for device in DEVICES}
    """What was there before, as far as the device has shown it, or had it when the history begins."""
    at = {(kind, device): base for kind in (CursorMoved, CursorStored) for device in DEVICES}
    for _ in range(140):
        device, seq = rng.choice(DEVICES), base + rng.randint(0, 3) + len(rows)
        if rng.random() < 0.5:
            seq = base + rng.randint(1, 1 + len(rows))
        elif rng.random() < 0.3:
            seq = rng.randint(1, base + 1)
        match rng.randrange(7):
            case 6 if rng.random() < 0.4:
                installation[device] += 1
                tale.add(Wiped, device, installation[device])
                seen[device], past[device] = set(), set()
                at[CursorMoved, device] = at[CursorStored, device] = 0
            case 0 | 1:
                used += 1
                commit(tale, seq, f"n{used}")
                if seq > base:
                    rows.add(seq)
            case 2 if seq > base and seq not in rows and not any(seq in shown for shown in seen.values()):
                tale.add(FillerPersisted, "c", seq, 1, node="store")
                rows.add(seq)
                fillers.add(seq)
            case 3 | 4:
                tale.add(Shown, device, "c", seq, f"m{seq}", "ann")
                (seen if seq > base else past)[device].add(seq)
            case 5:
                tale.add(CursorMoved, device, "c", seq)
                at[CursorMoved, device] = max(at[CursorMoved, device], seq)
            case _:
                whose = rng.randint(1, installation[device])
                tale.add(CursorStored, device, "c", seq, whose, node="store")
                if whose == installation[device]:
                    at[CursorStored, device] = max(at[CursorStored, device], seq)
        judge.advance(tale.events)
        head = max(rows, default=base)
        owed = sum(len(rows - fillers - seen[device]) + base - len(past[device] - {0}) for device in DEVICES)
        assert debt(judge, SHOWS) == owed
        assert debt(judge, CURSORS) == sum(max(0, head - at[CursorMoved, device]) for device in DEVICES)
        assert debt(judge, STORED_CURSORS) == sum(max(0, head - at[CursorStored, device]) for device in DEVICES)
    heal(tale)
    judge.advance(tale.events)
    for name in (SHOWS, CURSORS, STORED_CURSORS):
        assert verdict(judge, name).status != UNKNOWN
        assert (verdict(judge, name).status == VIOLATED) == (debt(judge, name) > 0)


def test_a_message_that_refers_to_a_blob_before_it_is_stored_is_caught_at_its_commit() -> None:
    """That it is stored later does not undo it: somebody may have tried to fetch it in between."""
    tale = Tale()
    tale.add(SendAttempted, "a1", "c", "s1", "m1", 1)
    row = tale.add(Persisted, "c", 1, "m1", "ann", "a1", 0, "", "blob1", node="store")
    tale.add(BlobStored, "blob1", 10, node="objects")
    judge = Judge()
    judge.advance(tale.events)
    (violation,) = [v for v in judge.violations if v.property == "attachments-are-there"]
    assert violation.evidence == (row,)


def test_a_hint_is_owed_again_when_the_provider_no_longer_says_to_wait() -> None:
    tale = Tale()
    tale.add(HintTaken, "b1", "c", node="svc")
    tale.add(NotificationThrottled, "b1", "c", 1_000, node="svc")
    judge = Judge()
    judge.advance(tale.events)
    assert judge.settled()
    tale.add(HintTaken, "b1", "c", node="svc")
    judge.advance(tale.events)
    assert judge.settled(), "another message meanwhile is the same hint"
    tale.add(NotificationAttempted, "b1", "c", "t1", 2, node="svc")
    judge.advance(tale.events)
    assert not judge.settled()


def test_a_token_that_the_service_gives_up_is_owed_again_until_the_app_has_a_new_one() -> None:
    tale = Tale()
    tale.add(TokenIssued, "b1", "t1")
    tale.add(TokenRegistered, "b1", "bob", "t1", node="svc")
    judge = Judge()
    judge.advance(tale.events)
    assert judge.settled()
    tale.add(TokenRemoved, "b1", "t1", "invalid", node="svc")
    judge.advance(tale.events)
    assert not judge.settled()
    tale.add(LoggedOut, "b1")
    judge.advance(tale.events)
    assert judge.settled()


def test_a_hint_for_a_conversation_of_others_is_caught() -> None:
    tale = Tale()
    tale.add(NotificationShown, "z1", "c")
    judge = Judge()
    judge.advance(tale.events)
    assert [v.property for v in judge.violations] == ["hints-reach-their-user"]


@pytest.mark.requirement("P14")
@pytest.mark.parametrize("app_ends", [True, False])
@pytest.mark.parametrize("online", [True, False])
def test_an_app_that_ended_shows_nobody_and_the_next_one_begins_with_nobody(app_ends: bool, online: bool) -> None:
    """Ann was shown as online on b1: that is due again if she is, and nothing is if she is not."""
    tale = Tale()
    tale.add(Connected, "a1", "g", 1)
    tale.add(PresenceShown, "b1", "ann", True)
    tale.add(PresenceShown, "b2", "ann", True)
    if app_ends:
        tale.add(Slept, "b1")
    if not online:
        tale.add(Disconnected, "a1", "g", 1, "idle")
        tale.add(PresenceShown, "b2", "ann", False)
    (presence,) = [p for p in judge(tale).properties if isinstance(p, PresenceConverges)]
    assert [debt.device for debt in presence.missing()] == ([] if app_ends != online else ["b1"])


def said(tale: Tale, device: str, seq: int) -> None:
    """A message is shown on `device`; it is sent and committed when it is shown for the first time."""
    if not any(isinstance(event, Persisted) and event.seq == seq for event in tale.events):
        commit(tale, seq)
    show(tale, device, seq)


def test_what_a_newcomer_shows_first_says_nothing_of_what_others_show_above_it() -> None:
    """The newcomer reads from 3 on, and is faster than those who have to show 1 and 2 first."""
    tale = Tale()
    commit(tale, 3, "m3")
    tale.add(MemberJoined, "c", 3, "zoe", "ann", 3, node="store")
    said(tale, "z1", 4)
    for device in ("a1", "b1"):
        for seq in (1, 2, 4, 5):
            said(tale, device, seq)
    said(tale, "z1", 5)
    assert "one-order-on-all-screens" not in violated(tale)
    said(tale, "b2", 2)
    assert "one-order-on-all-screens" in violated(tale)


def test_who_comes_back_leaves_out_what_others_show() -> None:
    """Bob left after 1 and reads on from 4; what his phone shows then is new on every screen."""
    tale = Tale()
    for device in ("a1", "b1"):
        said(tale, device, 1)
    tale.add(MemberLeft, "c", 2, "bob", "bob", 2, node="store")
    tale.add(MemberJoined, "c", 4, "bob", "ann", 4, node="store")
    said(tale, "b1", 5)
    for seq in (3, 5, 6):
        said(tale, "a1", seq)
    said(tale, "b1", 6)
    assert "one-order-on-all-screens" not in violated(tale)


NOW, LEEWAY = 1_000_000_000, 300_000_000


@pytest.mark.requirement("P15")
@pytest.mark.parametrize(
    ("subject", "bearer", "expires", "sealed", "says"),
    [
        ("bob", "b1", NOW, True, ""),
        ("bob", "b1", NOW - LEEWAY, True, ""),
        ("bob", "b1", NOW - LEEWAY - 1, True, "expired 300 s before"),
        ("bob", "b1", NOW, False, "is forged"),
        ("ann", "b1", NOW, True, "is ann's, for b1"),
        ("bob", "b2", NOW, True, "is bob's, for b2"),
    ],
)
def test_a_connection_is_judged_by_the_token_that_was_shown_for_it(
    subject: str, bearer: str, expires: int, sealed: bool, says: str
) -> None:
    """Two devices are asked for: what is wrong with the token for one of them says nothing of the other's."""
    tale = Tale()
    tried = tale.add(UpgradeTried, "b1", "gateway", "t1", subject, bearer, expires, sealed, node="intruder", t=NOW)
    tale.add(UpgradeTried, "b2", "gateway", "t2", "bob", "b2", NOW + LEEWAY, True, node="intruder")
    tale.add(UpgradeGranted, "b2", "gateway", "t2", node="intruder")
    judge = Judge()
    judge.advance(tale.events)
    assert verdict(judge, "sessions-need-a-token").status == HOLDS, "a bad token that is not let in harms nobody"
    tale.now += LEEWAY  # it is judged by when it was shown
    opened = tale.add(UpgradeGranted, "b1", "gateway", "t1", node="intruder")
    judge.advance(tale.events)
    found = [(each.message, each.evidence) for each in judge.violations]
    expected = (f"gateway opens a connection as b1 for a token that {says}", (tried, opened))
    assert found == ([expected] if says else [])


@pytest.mark.requirement("P15")
def test_a_token_is_revoked_from_the_first_word_of_it_on() -> None:
    tale = Tale()
    tale.now = NOW
    tale.add(TokenRevoked, "another", node="parley")
    revoked = tale.add(TokenRevoked, "t1", node="parley")
    tale.add(TokenRevoked, "t1", node="parley")
    tried = tale.add(UpgradeTried, "b1", "gateway", "t1", "bob", "b1", 2 * NOW, True, node="intruder")
    opened = tale.add(UpgradeGranted, "b1", "gateway", "t1", node="intruder")
    judge = Judge()
    judge.advance(tale.events)
    (found,) = judge.violations
    assert found.evidence == (revoked, tried, opened)
    assert found.message == "gateway opens a connection as b1 for a token that was revoked"
