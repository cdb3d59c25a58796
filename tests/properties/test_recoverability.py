"""What was lost for good is an excuse for what depends on it, for nothing else, and only if the history bears it out."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from support import PAIR, SECOND, Tale, of, plan

from faults import kinds
from faults.plan import Update
from model import events as e
from model.topology import CoreSpec
from parley.run import Outcome, Run
from properties.base import Debt
from properties.judge import Judge
from properties.recoverability import Recoverability
from sim.history import Ended, Healed, LostForGood, QuorumLostForGood, Restarted

pytestmark = pytest.mark.requirement("V2", "G1")

REPLICATED = msgspec.structs.replace(PAIR, core=CoreSpec(region="eu", stores=1, replicas=3, queues=1))
REPLICAS = ("s1", "s2", "s3")
SHOWS = "every-device-shows-everything"


def judged(*more: tuple[Any, ...], shown_by: tuple[str, ...] = ("a1", "b1")) -> Judge:
    """A message that these devices of three show; then what is given, healing, and the end of the bound."""
    tale = Tale()
    tale.add(e.Persisted, "c", 1, "m1", "ann", "a1", 0, "", "", node="s1")
    for device in shown_by:
        tale.add(e.Stored, device, "c", 1, "m1", "push")
        tale.add(e.Shown, device, "c", 1, "m1", "ann")
    for kind, node, *fields in more:
        tale.add(kind, *fields, node=node)
    healed = tale.now + 10
    tale.add(Healed, 1_000, t=healed)
    tale.add(Ended, t=healed + 1_000)
    judge = Judge()
    judge.advance(tale.events)
    return judge


def shows(judge: Judge) -> list[str]:
    return [x.message.split()[0] for x in judge.violations if x.property == SHOWS]


def test_without_a_certificate_everything_is_due() -> None:
    judge = judged()
    assert shows(judge) == ["b2"]
    assert judge.excused == {}


def test_a_device_that_never_comes_back_is_excused_and_no_other() -> None:
    judge = judged((LostForGood, "b2"))
    assert shows(judge) == []
    assert judge.excused["device"] >= 1
    assert set(judge.excused) == {"device"}
    assert shows(judged((LostForGood, "b2"), shown_by=("a1",))) == ["b1"]


def test_a_device_that_does_come_back_has_no_excuse() -> None:
    assert shows(judged((LostForGood, "b2"), (Restarted, "b2", 2))) == ["b2"]
    assert shows(judged((LostForGood, "b2"), (e.Woke, "b2", "b2", "user"))) == ["b2"]


@pytest.mark.parametrize(
    "sign",
    [
        (e.Connected, "b2", "b2", "g", 1),
        (e.SendRequested, "b2", "b2", "c", "s1", 1),
        (e.Stored, "b2", "b2", "c", 1, "m1", "push"),
        (e.Shown, "b2", "b2", "d", 1, "m2", "ann"),
    ],
)
def test_a_device_that_does_something_is_not_lost_whatever_is_said_of_it(sign: tuple[Any, ...]) -> None:
    assert "b2" in shows(judged((LostForGood, "b2"), sign))
    assert "b2" not in shows(judged(sign, (LostForGood, "b2"))), "before, it proves nothing"


QUORUM = (QuorumLostForGood, "parley", "s", REPLICAS, ("c",))


def test_a_conversation_whose_quorum_is_gone_is_excused() -> None:
    judge = judged((LostForGood, "s2"), (LostForGood, "s3"), QUORUM)
    assert shows(judge) == []
    assert judge.excused["quorum"] >= 1


TRIED = (e.SendAttempted, "a1", "a1", "c", "s9", "m9", 1)
COMMITTED = (e.Persisted, "s1", "c", 2, "m9", "ann", "a1")
FILLED = (e.FillerPersisted, "s1", "c", 2, 0)
GAVE_UP = (e.LeadershipLost, "s1", "s", 1, "no quorum")


@pytest.mark.parametrize(
    "claim",
    [
        [(LostForGood, "s3"), QUORUM],
        [QUORUM],
        [(LostForGood, "s2"), (LostForGood, "s3"), QUORUM, (Restarted, "s3", 2)],
        [(LostForGood, "s2"), (LostForGood, "s3"), QUORUM, TRIED, COMMITTED],
        [(LostForGood, "s2"), (LostForGood, "s3"), QUORUM, GAVE_UP, FILLED],
        [TRIED, (LostForGood, "s2"), (LostForGood, "s3"), QUORUM, GAVE_UP, COMMITTED],
        [(LostForGood, "s2"), (LostForGood, "s3"), (QuorumLostForGood, "parley", "s", REPLICAS, ("d",))],
        [(LostForGood, "s2"), (LostForGood, "s3")],
        [(LostForGood, "x"), (LostForGood, "y"), QUORUM],
        [(LostForGood, "t2"), (LostForGood, "t3"), (QuorumLostForGood, "parley", "t", ("t1", "t2", "t3"), ("c",))],
    ],
    ids=[
        "most are there",
        "none is lost",
        "one came back",
        "it commits what was sent since",
        "it fills after its leader gave up",
        "it commits after its leader gave up",
        "another's",
        "nobody says so",
        "other nodes",
        "not its own",
    ],
)
def test_a_quorum_that_is_not_gone_excuses_nothing(claim: list[tuple[Any, ...]]) -> None:
    assert "b2" in shows(judged(*claim))


@pytest.mark.parametrize(
    "under_way",
    [
        [TRIED, QUORUM, COMMITTED],
        [TRIED, QUORUM, (*TRIED[:-1], 2), COMMITTED],
        [TRIED, GAVE_UP, QUORUM, COMMITTED],
        [TRIED, QUORUM, (e.LeadershipLost, "t1", "t", 1, "no quorum"), COMMITTED],
        [QUORUM, FILLED],
    ],
    ids=["sent before", "tried again since", "gave up before", "another's leader gave up", "filled before it gave up"],
)
def test_what_was_under_way_when_the_quorum_went_may_be_committed(under_way: list[tuple[Any, ...]]) -> None:
    judge = judged((LostForGood, "s2"), (LostForGood, "s3"), *under_way)
    assert "b2" not in shows(judge)
    assert judge.excused["quorum"] >= 1


@pytest.mark.parametrize(("replicas", "due"), [(("s2", "s3"), False), ((), True)])
def test_a_quorum_of_no_replicas_is_no_quorum_that_could_be_gone(replicas: tuple[str, ...], due: bool) -> None:
    """Nothing was committed in 'd', so that no commit can tell that it is of another partition."""
    judge = judged(
        (LostForGood, "s2"),
        (LostForGood, "s3"),
        (QuorumLostForGood, "parley", "s", replicas, ("d",)),
        (e.SendRequested, "a1", "a1", "d", "s1", 1),
    )
    assert ("every-send-is-answered" in {x.property for x in judge.violations}) == due


@pytest.mark.parametrize(
    ("stored_at", "lost", "excused"), [("s1", ("s2", "s3"), True), ("t1", ("s2", "s3"), False), ("s1", ("s3",), False)]
)
def test_a_profile_is_excused_where_it_was_stored_before(stored_at: str, lost: tuple[str, ...], excused: bool) -> None:
    """b1's profile can't be replaced, for the quorum of its partition is gone; or that of another one, or not gone."""
    judge = judged(
        (e.ProfileStored, stored_at, "b1", "1.0", ("*",)),
        *((LostForGood, node) for node in lost),
        QUORUM,
        (e.AppUpdated, "b1", "b1", "2.0", ("*",)),
    )
    due = [x.message for x in judge.violations if x.property == "profiles-converge"]
    assert due == ([] if excused else ["b1 is of version 2.0, and the store has it as 1.0"])


@pytest.mark.parametrize(
    ("devices", "stored_at", "excused"), [(("b1",), "", True), (("b2",), "", False), (("b1",), "t1", False)]
)
def test_a_profile_that_was_never_stored_is_excused_where_it_would_be(
    devices: tuple[str, ...], stored_at: str, excused: bool
) -> None:
    """The certificate says whose profiles the partition holds; where one was stored before says more than that."""
    before = [(e.ProfileStored, stored_at, "b1", "1.0", ("*",))] if stored_at else []
    lost = [(LostForGood, "s2"), (LostForGood, "s3"), (*QUORUM, devices)]
    judge = judged(*before, *lost, (e.AppUpdated, "b1", "b1", "2.0", ("*",)))
    assert ("profiles-converge" in {x.property for x in judge.violations}) != excused


@pytest.mark.parametrize(("lost", "excused"), [(("b1", "b2"), True), (("b2",), False), ((), False)])
def test_what_any_device_of_a_user_would_bring_about_is_excused_if_all_of_them_are_gone(
    lost: tuple[str, ...], excused: bool
) -> None:
    """A block is known in one of two conversations. A digest of bob's would carry it to the other one. Found by `nightly`,
    seed 16872 of 20,000."""
    judge = judged(
        (e.ConversationOpened, "parley", "x", "direct", ("ann", "bob")),
        (e.BlockStored, "s1", "bob", "ann", True, "b1", 1, 1, ("c",)),
        *((LostForGood, device) for device in lost),
    )
    assert ("blocks-are-kept" in {x.property for x in judge.violations}) != excused


def test_a_debt_of_nobody_and_nowhere_is_always_due() -> None:
    found = Recoverability()
    sights = dict(found.sights())
    for index, node in enumerate(("b2", "s2", "s3")):
        sights[LostForGood](LostForGood(0, node, -1), index)
    sights[QuorumLostForGood](QuorumLostForGood(0, "parley", -1, "s", REPLICAS, ("c",)), 3)
    assert [found.excuse(debt) for debt in (Debt("", (), "b2"), Debt("", (), "", "c"), Debt(""))] == [
        "device",
        "quorum",
        "",
    ]


def execute(*faults: Any, **more: Any) -> Outcome:
    return Run(plan(*faults, **more)).execute()


@pytest.mark.requirement("F8")
def test_a_run_with_a_device_that_is_gone_owes_it_nothing_and_the_others_everything() -> None:
    sends = ((5 * SECOND, "alice-phone"), (30 * SECOND, "alice-phone"))
    sleep = kinds.Sleep(device="bob-phone", at=9 * SECOND, duration=30 * SECOND)
    outcome = execute(kinds.GoneForGood(device="bob-phone", at=10 * SECOND), sleep, sends=sends)
    assert outcome.violations == []
    assert outcome.excused["device"] >= 3
    assert [x.seq for x in of(outcome.history, e.Shown, device="bob-phone")] == [1]
    assert [x.seq for x in of(outcome.history, e.Shown, device="bob-laptop")] == [1, 2]
    assert not [x for x in outcome.history if x.node == "bob-phone" and x.t > 10 * SECOND]
    assert not [x for x in of(outcome.history, e.NotificationShown, device="bob-phone") if x.t > 10 * SECOND]


@pytest.mark.requirement("F4")
def test_a_run_whose_quorum_is_gone_owes_its_conversations_nothing() -> None:
    sends = ((5 * SECOND, "alice-phone"), (30 * SECOND, "alice-phone"))
    outcome = execute(kinds.QuorumGoneForGood(partition="store-1", at=10 * SECOND), sends=sends, topology=REPLICATED)
    assert outcome.violations == []
    assert outcome.excused["quorum"] >= 1
    assert len(of(outcome.history, LostForGood)) == 2
    assert len(of(outcome.history, e.Persisted)) == 1
    assert len(of(outcome.history, e.SendRequested)) == 2


@pytest.mark.requirement("F4")
def test_what_the_replicas_had_answered_before_they_died_is_committed_and_the_rest_excused() -> None:
    """Found by `nightly`, seed 319 of 20,000: the commit was taken for proof that the quorum lives."""
    sends = ((5 * SECOND, "alice-phone"),)
    (commit,) = of(execute(sends=sends, topology=REPLICATED).history, e.Persisted)
    outcome = execute(kinds.QuorumGoneForGood(partition="store-1", at=commit.t - 100), sends=sends, topology=REPLICATED)
    assert len(of(outcome.history, e.Persisted)) == 1
    assert outcome.violations == []
    assert outcome.excused["quorum"] >= 1


@pytest.mark.requirement("F4")
def test_a_profile_of_a_partition_that_is_gone_before_it_was_ever_stored_is_excused() -> None:
    """Found by `nightly`, seed 6010 of 20,000."""
    update = Update(at=0, device="alice-phone", app_version="2.0")
    before = plan(kinds.QuorumGoneForGood(partition="store-1", at=0), topology=REPLICATED)
    outcome = Run(msgspec.structs.replace(before, workload=(update,))).execute()
    assert outcome.violations == []
    assert of(outcome.history, e.AppUpdated)
    assert not of(outcome.history, e.ProfileStored)


def test_a_run_in_which_nothing_is_lost_for_good_excuses_nothing() -> None:
    assert execute(kinds.Crash(node="store-1", at=4 * SECOND, down=5 * SECOND)).excused == {}
