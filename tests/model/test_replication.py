"""The replicated store: what was accepted survives its leader, and nobody answers who may be wrong."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import msgspec
import pytest
from support import PAIR, SECOND, VARIANTS, deploy, first_caught, of, plan, scenario

from faults import kinds
from faults.plan import PlanError, check
from faults.site import LinkRule
from model import events as e
from model.content import Content
from model.deployment import Deployment
from model.protocol import REFERENCE, Protocol, variant
from model.store.election import FOLLOWER, LEADER
from model.store.store import MessageStore
from model.topology import CoreSpec, TopologyError, TopologySpec, inner_nodes, validate
from model.wire.replication import Entry, NotLeader, Replicate, Replicated, RequestVote
from model.wire.service import CursorUpdate
from model.wire.store import (
    Append,
    Appended,
    HeadIs,
    Heads,
    Page,
    ReadHead,
    ReadHeads,
    ReadPage,
    ReadRecipients,
    Recipients,
)
from parley.campaign import run_all
from parley.run import Run
from sim.history import Crashed, Event, digest
from sim.network import Fate
from sim.node import UNKNOWN

pytestmark = pytest.mark.requirement("C5")


def of_replicas(count: int, shards: int = 0) -> TopologySpec:
    return msgspec.structs.replace(PAIR, core=CoreSpec(region="eu", stores=1, queues=1, replicas=count, shards=shards))


TRIO = of_replicas(3)
PEERS = ("store-1.2", "store-1.3")
REPLICAS = ("store-1.1", *PEERS)


def replica(deployment: Deployment, number: int) -> MessageStore:
    node = deployment.network.nodes[f"store-1.{number}"]
    assert isinstance(node, MessageStore)
    return node


def replicas(deployment: Deployment) -> list[MessageStore]:
    return [replica(deployment, number) for number in (1, 2, 3)]


def later(deployment: Deployment, seconds: float) -> None:
    deployment.env.run_until(int(deployment.env._now + seconds * SECOND))


def asking(deployment: Deployment, to: str, request: Any, timeout: int = SECOND) -> list[Any]:
    """Asks one replica, in the name of the relay; the answer is put into the list that is returned."""
    answers: list[Any] = []
    deployment.network.nodes["relay-1"].ask(to, request, timeout, lambda answer, _: answers.append(answer))
    return answers


def append(message: str) -> Append:
    return Append(
        content=Content(conversation="talk", message=message),
        sender="alice",
        device="alice-phone",
        dedupe_key=("talk", "alice", message),
        retention=10**12,
        members_only=True,
    )


def rows(store: MessageStore) -> list[str]:
    table = store.conversations["talk"]
    return [table.rows[seq].message for seq in sorted(table.rows)]


def run(*faults: Any, protocol: Protocol = REFERENCE, topology: TopologySpec = TRIO, **more: Any) -> list[Event]:
    sends = tuple((t * SECOND, device) for t in range(5, 45, 2) for device in ("alice-phone", "bob-laptop"))
    outcome = Run(plan(*faults, sends=sends, topology=topology, **more), protocol).execute()
    assert outcome.violations == []
    assert len(of(outcome.history, e.Persisted)) == len(sends)
    return outcome.history


# --- topology --------------------------------------------------------------------------------------------------------


def test_a_partition_with_one_replica_is_a_node_of_its_name_and_one_with_three_is_three() -> None:
    assert [name for name, kind in inner_nodes(PAIR).items() if kind == "store"] == ["store-1"]
    assert [name for name, kind in inner_nodes(TRIO).items() if kind == "store"] == list(REPLICAS)
    deployment = deploy(topology=TRIO)
    assert deployment.directory.store_for("talk") == "store-1"
    assert deployment.directory.partition_of("store-1.2") == "store-1"
    assert all("talk" in store.conversations for store in replicas(deployment))
    with pytest.raises(TopologyError, match=r"core.replicas: expected at least 1, got 0"):
        validate(of_replicas(0))


def test_one_replica_keeps_no_log_and_sends_nothing() -> None:
    deployment = deploy(*[], topology=PAIR)
    answers = asking(deployment, "store-1", append("m1"))
    later(deployment, 1)
    assert answers == [Appended(1, False, False, 2, answers[0].stored_at)]
    (store,) = deployment.network.of_kind(MessageStore)
    assert store.log == []
    assert store.links.keys() == {"relay-1"} | (store.links.keys() & {"messaging-1", "messaging-2"})
    assert not of(deployment.history, e.LeaderElected)
    assert not of(deployment.history, e.HeadRead)


# --- without faults --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [2, 3, 5])
def test_every_replica_ends_with_the_same_tables(count: int) -> None:
    deployment = deploy(topology=of_replicas(count))
    for i in range(20):
        deployment.devices["alice-phone" if i % 3 else "bob-laptop"].send("talk", "")
        later(deployment, 0.05)
    later(deployment, 5)
    stores = deployment.network.of_kind(MessageStore)
    assert len(stores) == count
    assert len(rows(stores[0])) == 20
    assert all(store.log == stores[0].log for store in stores)
    assert all(store.conversations == stores[0].conversations for store in stores)
    assert [store.role for store in stores] == [LEADER] + [FOLLOWER] * (count - 1)


def test_each_commit_is_told_once_and_at_the_leader() -> None:
    history = run()
    assert {x.node for x in of(history, e.Persisted)} == {"store-1.1"}
    cursors = [(x.device, x.to) for x in of(history, e.CursorStored)]
    assert len(cursors) == len(set(cursors))


def test_the_same_plan_gives_the_same_bytes() -> None:
    faults = (
        kinds.FailOver(partition="store-1", at=8 * SECOND, down=20 * SECOND),
        kinds.Loss(a=("kind:store",), b=("kind:store",), at=20 * SECOND, duration=20 * SECOND, probability=0.3),
    )
    assert digest(run(*faults)) == digest(run(*faults))
    assert digest(run(*faults)) != digest(run(*faults, seed=2))


def test_a_follower_refuses_a_write_and_names_the_leader_and_passes_a_cast_on() -> None:
    deployment = deploy(topology=TRIO)
    answers = asking(deployment, "store-1.2", append("m1"))
    deployment.network.nodes["relay-1"].cast("store-1.3", CursorUpdate("bob-phone", "talk", 0))
    deployment.network.nodes["relay-1"].cast("store-1.3", CursorUpdate("bob-laptop", "talk", 7))
    later(deployment, 2)
    assert answers == [NotLeader("store-1.1")]
    assert replica(deployment, 1).conversations["talk"].cursors["bob-laptop"] == 7


# --- fail-over -------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("F4", "G4")
@pytest.mark.parametrize("silent", [True, False])
def test_a_fail_over_keeps_every_accepted_row(silent: bool) -> None:
    history = run(kinds.FailOver(partition="store-1", at=10 * SECOND, down=25 * SECOND, silent=silent))
    assert [x.node for x in of(history, Crashed)] == ["store-1.1"]
    leaders = [(x.node, x.term) for x in of(history, e.LeaderElected)]
    assert leaders[0] == ("store-1.1", 1)
    assert len(leaders) >= 2
    assert leaders[-1][0] in PEERS
    elected = of(history, e.LeaderElected)[1].t
    assert 13 * SECOND <= elected <= 17 * SECOND
    assert {x.node for x in of(history, e.Persisted) if elected < x.t < 35 * SECOND} == {leaders[1][0]}


@pytest.mark.requirement("F4", "P2")
def test_a_commit_whose_answer_is_lost_is_found_again_by_the_retry() -> None:
    """The leader dies when it has committed and not answered: the caller can't know, the retry gets the first seq."""
    history = run(kinds.FailOverAt(partition="store-1", point="committed", nth=3, down=30 * SECOND))
    (crash,) = of(history, Crashed)
    assert crash.point == "committed"
    lost = [x for x in of(history, e.Persisted) if x.t <= crash.t][-1]
    assert of(history, e.OutcomeUnknown, message=lost.message)
    again = of(history, e.DuplicateRecognised, message=lost.message)
    assert again[0].seq == lost.seq
    assert again[0].node in PEERS


@pytest.mark.requirement("F4", "P2")
def test_an_answer_that_vanishes_is_an_ambiguous_commit() -> None:
    history = run(kinds.DropAt(kind="Appended", a=("kind:store",), b=("kind:service",)))
    (unknown,) = of(history, e.OutcomeUnknown)
    (first,) = of(history, e.Persisted, message=unknown.message)
    assert first.t < unknown.t
    assert of(history, e.DuplicateRecognised, message=unknown.message)[0].seq == first.seq


def test_term_vote_and_log_survive_a_crash_and_what_was_missed_is_caught_up() -> None:
    deployment = deploy(topology=TRIO)
    follower = replica(deployment, 3)
    asking(deployment, "store-1.1", append("m1"))
    later(deployment, 3)
    kept = (follower.term, follower.voted_for, list(follower.log), follower.applied)
    follower.crash()
    for i in range(2, 90):  # more than one message's batch
        asking(deployment, "store-1.1", append(f"m{i}"))
    later(deployment, 1)
    follower.restart()
    assert (follower.term, follower.voted_for, follower.log, follower.applied) == kept
    assert rows(follower) == ["m1"]
    later(deployment, 5)
    assert sorted(rows(follower)) == sorted(f"m{i}" for i in range(1, 90))
    assert follower.log == replica(deployment, 1).log


# --- a leader that leads no more -------------------------------------------------------------------------------------


@pytest.mark.requirement("F2")
def test_a_leader_that_stood_still_is_deposed_and_can_neither_commit_nor_say_what_must_not_be_stale() -> None:
    deployment = deploy(topology=TRIO)
    asking(deployment, "store-1.1", append("m1"))
    later(deployment, 1)
    old = replica(deployment, 1)
    old.pause()
    head = asking(deployment, "store-1.1", ReadHead("talk"), 60 * SECOND)
    members = asking(deployment, "store-1.1", ReadRecipients("talk", 0), 60 * SECOND)
    write = asking(deployment, "store-1.1", append("late"), 60 * SECOND)
    later(deployment, 9)
    leader = next(store for store in replicas(deployment)[1:] if store.role == LEADER)
    written = asking(deployment, leader.name, append("m2"))
    later(deployment, 1)
    assert written == [Appended(2, False, False, 2, written[0].stored_at)]
    assert old.role == LEADER, "it doesn't know yet"
    old.resume()
    later(deployment, 5)
    assert head == [NotLeader(leader.name)] or head == [NotLeader("")]
    assert members == head
    assert write in ([UNKNOWN], [], [NotLeader(leader.name)], [NotLeader("")])
    assert all(rows(store) == ["m1", "m2"] for store in replicas(deployment))
    lost = of(deployment.history, e.LeadershipLost)
    assert [(x.node, x.term) for x in lost] == [("store-1.1", 1)]


@pytest.mark.requirement("F3")
def test_an_isolated_leader_answers_what_may_be_stale_and_nothing_else() -> None:
    deployment = deploy(topology=TRIO)
    asking(deployment, "store-1.1", append("m1"))
    later(deployment, 2)
    mend = deployment.network.partition(lambda s, t: s.kind == t.kind == "store" and "store-1.1" in (s.name, t.name))
    later(deployment, 0.1)
    write = asking(deployment, "store-1.1", append("cut off"), 20 * SECOND)
    head = asking(deployment, "store-1.1", ReadHead("talk"), 20 * SECOND)
    page = asking(deployment, "store-1.1", ReadPage("talk", "bob", 0, 10, 1))
    nothing_more = asking(deployment, "store-1.1", ReadPage("talk", "bob", 1, 10, 1), 20 * SECOND)
    heads = asking(deployment, "store-1.1", ReadHeads("bob-phone", "bob"))
    later(deployment, 1)
    assert isinstance(page[0], Page)
    assert [row.message for row in page[0].messages] == ["m1"]
    assert isinstance(heads[0], Heads)
    assert (write, head, nothing_more) == ([], [], [])
    later(deployment, 9)
    assert head == nothing_more == [NotLeader("")], "it found out that it hears nobody"
    leader = next(store for store in replicas(deployment)[1:] if store.role == LEADER)
    asking(deployment, leader.name, append("m2"))
    later(deployment, 1)
    mend()
    later(deployment, 12)
    assert write == [UNKNOWN], "nobody ever tells what became of it"
    assert all(rows(store) == ["m1", "m2"] for store in replicas(deployment))
    assert not of(deployment.history, e.RowLost)


def test_a_head_is_confirmed_after_the_question_not_before_it() -> None:
    """An ack of an earlier message, or of an earlier term, confirms nothing."""
    deployment = deploy(topology=TRIO)
    leader = replica(deployment, 1)
    mend = deployment.network.partition(lambda s, t: s.kind == t.kind == "store")
    head = asking(deployment, "store-1.1", ReadHead("talk"), 10 * SECOND)
    later(deployment, 0.1)
    number = leader._number
    leader.on_replicated(Replicated(leader.term, "store-1.2", number - 2, 1, True), None)
    leader.on_replicated(Replicated(leader.term, "store-1.3", 0, 0, False), None)
    later(deployment, 0.1)
    assert head == []
    leader.on_replicated(Replicated(leader.term, "store-1.2", number, 1, True), None)
    later(deployment, 0.1)
    assert head == [HeadIs(0)]
    mend()


def test_a_replica_in_a_newer_term_answers_an_old_leader_s_message_without_its_number() -> None:
    """The old leader may lead again, in the newer term, with messages numbered from 1: that is not an ack of those."""
    deployment = deploy(topology=TRIO)
    old, follower = replica(deployment, 1), replica(deployment, 2)
    follower.on_request_vote(RequestVote(5, "store-1.3", "store-1.2", 0, 0), None)
    follower.on_replicate(Replicate(1, "store-1.1", "store-1.2", 77, 0, 0, (), 0), None)
    old.term = 5
    old._lead()
    later(deployment, 0.1)
    assert old.role == LEADER
    assert 0 < max(old._acked.values()) < 77


# --- quorum ----------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("F4")
def test_without_a_quorum_nothing_is_committed_or_read_and_it_heals() -> None:
    deployment = deploy(kinds.LoseQuorum(partition="store-1", at=2 * SECOND, down=20 * SECOND), topology=TRIO)
    later(deployment, 2)
    assert [store.up for store in replicas(deployment)] == [True, False, False]
    write = asking(deployment, "store-1.1", append("m1"), 2 * SECOND)
    head = asking(deployment, "store-1.1", ReadHead("talk"), 10 * SECOND)
    later(deployment, 8)
    assert write == [UNKNOWN]
    assert head == [NotLeader("")]
    assert of(deployment.history, e.LeadershipLost)[0].why == "no quorum"
    assert asking_later(deployment, append("m2")) == [NotLeader("")]
    assert not of(deployment.history, e.Persisted)
    later(deployment, 30)
    (leader,) = [store for store in replicas(deployment) if store.role == LEADER]
    answers = asking(deployment, leader.name, append("m3"))
    later(deployment, 5)
    assert isinstance(answers[0], Appended)
    assert len({tuple(rows(store)) for store in replicas(deployment)}) == 1
    assert "m2" not in rows(leader)


def asking_later(deployment: Deployment, request: Any) -> list[Any]:
    answers = asking(deployment, "store-1.1", request)
    later(deployment, 0.5)
    return answers


def test_the_system_survives_a_lost_quorum() -> None:
    history = run(kinds.LoseQuorum(partition="store-1", at=10 * SECOND, down=20 * SECOND))
    assert not [x for x in of(history, e.Persisted) if 11 * SECOND < x.t < 30 * SECOND]


# --- the log ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(1, 9))
def test_logs_match_under_partitions(seed: int) -> None:
    """Equal index and term mean equal logs up to there, at any time; what is applied is equal up to the shorter one."""
    faults: list[Any] = [
        kinds.Partition(
            a=(REPLICAS[i % 3],), b=("kind:store",), one_way=i % 2 == 1, at=(5 + 6 * i) * SECOND, duration=5 * SECOND
        )
        for i in range(6)
    ]
    faults += [kinds.Crash(node=REPLICAS[i % 3], at=(7 + 9 * i) * SECOND, down=4 * SECOND) for i in range(4)]
    faults.append(
        kinds.Reordering(
            a=("kind:store",), b=("kind:store",), at=0, duration=45 * SECOND, probability=0.3, delay=2 * SECOND
        )
    )
    deployment = deploy(*faults, topology=TRIO, seed=seed)
    for second in range(2, 50):
        deployment.devices["alice-phone" if second % 2 else "bob-laptop"].send("talk", "")
        later(deployment, 1)
        logs = [store.log for store in replicas(deployment)]
        for one in logs:
            for other in logs:
                shared = [i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a.term == b.term]
                if shared:
                    assert one[: shared[-1] + 1] == other[: shared[-1] + 1]
        applied = sorted((store.log[: store.applied] for store in replicas(deployment)), key=len)
        assert all(longer[: len(shorter)] == shorter for shorter, longer in pairwise(applied))
        terms = [(x.partition, x.term) for x in of(deployment.history, e.LeaderElected)]
        assert len(terms) == len(set(terms))
    later(deployment, 60)
    assert len({tuple(rows(store)) for store in replicas(deployment)}) == 1
    assert len(rows(replica(deployment, 1))) == 48
    assert len(of(deployment.history, e.LeaderElected)) > 2


def test_an_entry_of_an_earlier_term_is_not_committed_by_being_on_a_quorum() -> None:
    """Figure 8 of the Raft paper: it could still be overwritten. An entry of the leader's own term commits it."""
    deployment = deploy(topology=TRIO)
    deployment.network.partition(lambda s, t: s.kind == t.kind == "store")
    leader = replica(deployment, 2)
    leader.log.append(Entry(2, 0, append("of term 2")))
    last = len(leader.log)
    leader.term = 3
    leader._lead()
    before = leader.committed
    leader.on_replicated(Replicated(3, "store-1.3", 1, last, True), None)
    assert leader.committed == before
    leader.on_replicated(Replicated(3, "store-1.3", 1, last + 1, True), None)
    assert leader.committed == last + 1
    assert rows(leader) == ["of term 2"]


def test_a_replica_votes_once_a_term_whatever_happens_to_it_and_never_for_one_that_is_behind() -> None:
    deployment = deploy(topology=TRIO)
    voter = replica(deployment, 3)
    asking(deployment, "store-1.1", append("m1"))
    later(deployment, 2)
    length, term = len(voter.log), voter.log[-1].term
    voter.on_request_vote(RequestVote(7, "store-1.2", "store-1.3", length - 1, term), None)
    assert (voter.term, voter.voted_for) == (7, "")
    voter.on_request_vote(RequestVote(7, "store-1.2", "store-1.3", length, term), None)
    assert voter.voted_for == "store-1.2"
    voter.crash()
    voter.restart()
    voter.on_request_vote(RequestVote(7, "store-1.1", "store-1.3", length + 5, term), None)
    assert voter.voted_for == "store-1.2"
    voter.on_request_vote(RequestVote(6, "store-1.1", "store-1.3", length + 5, term), None)
    assert (voter.term, voter.voted_for) == (7, "store-1.2")


class CountsFormerTerms(MessageStore):
    def commits(self, entry_term: int, term: int) -> bool:
        return True


class EntryByEntry(MessageStore):
    batch = 1


class CountsThemEntryByEntry(CountsFormerTerms):
    batch = 1


@pytest.mark.requirement("G4")
@pytest.mark.parametrize(
    ("store", "loses"), [(CountsThemEntryByEntry, True), (EntryByEntry, False), (CountsFormerTerms, False)]
)
def test_what_an_earlier_term_s_entry_on_a_quorum_costs(store: type[MessageStore], loses: bool) -> None:
    """All of figure 8, on three replicas. It takes messages of one entry: else the new term's first one comes with the old.

    1. replica 1 leads, and writes m1 for itself alone; it dies
    2. another one, say 2, leads in term 2, writes its empty entry for itself alone, and dies
    3. replica 1 leads again, and sends m1 to replica 3: a quorum has it. It dies before its own empty entry arrives
    4. replica 2 comes back: its last entry is of a newer term than m1, so that 3 votes for it, and gives m1 up
    """
    deployment = deploy(topology=TRIO, protocol=variant("figure-8", store=store))
    network, first = deployment.network, replica(deployment, 1)
    mend = network.partition(lambda s, t: s.kind == t.kind == "store")
    asking(deployment, first.name, append("m1"))
    later(deployment, 0.1)
    first.crash(silent=True)
    mend()

    def lose(payload: Any, number: int, ordered: bool, fate: Fate) -> None:
        """All that replica 2 sends, and of what replica 1 sends again what comes after m1."""
        if isinstance(payload, Replicate) and (not first.up or len(third.log) >= place <= payload.before):
            fate.lost = "figure 8"

    silence = LinkRule(lambda s, t: True, lose)
    network.add_rule(silence)
    place = len(first.log)
    while not (leading := [x for x in replicas(deployment) if x.up and x.role is LEADER]):
        later(deployment, 0.001)
    (second,) = leading
    second.crash(silent=True)
    (third,) = [x for x in replicas(deployment) if x.up]
    assert (len(second.log), len(third.log)) == (place, place - 1)
    first.restart()
    while len(third.log) < place:
        later(deployment, 0.001)
    while first._match[third.name] < place:
        later(deployment, 0.001)
    first.crash(silent=True)
    network.remove_rule(silence)
    second.restart()
    later(deployment, 20)
    first.restart()
    later(deployment, 20)
    assert len({tuple(rows(x)) for x in replicas(deployment)}) == 1
    assert bool(of(deployment.history, e.RowLost)) is loses
    kept = any(x.message == "m1" for x in of(deployment.history, e.Persisted)) and not loses
    assert kept is (store is CountsFormerTerms), "the reference had not said that it was committed"


# --- followers' reads ------------------------------------------------------------------------------------------------


def test_a_follower_answers_from_behind_and_says_so_only_in_the_history() -> None:
    deployment = deploy(topology=TRIO)
    for i in (1, 2):
        asking(deployment, "store-1.1", append(f"m{i}"))
        later(deployment, 2 if i == 1 else 0.02)
    follower = replica(deployment, 2)
    assert rows(follower) == ["m1"]
    page = asking(deployment, "store-1.2", ReadPage("talk", "bob", 0, 10, 1))
    beyond = asking(deployment, "store-1.2", ReadPage("talk", "bob", 1, 10, 1))
    head = asking(deployment, "store-1.2", ReadHead("talk"))
    members = asking(deployment, "store-1.2", ReadRecipients("talk", 0))
    later(deployment, 0.1)
    assert [row.message for row in page[0].messages] == ["m1"]
    assert page[0].head == 1
    assert beyond == head == members == [NotLeader("store-1.1")]
    (stale,) = of(deployment.history, e.StaleRead, read="ReadPage")
    assert (stale.node, stale.read, stale.behind) == ("store-1.2", "ReadPage", 1)


def test_a_leader_s_word_on_head_and_members_is_told_with_the_time_of_the_question() -> None:
    deployment = deploy(topology=TRIO)
    asking(deployment, "store-1.1", append("m1"))
    later(deployment, 1)
    answers = asking(deployment, "store-1.1", ReadRecipients("talk", 0))
    later(deployment, 1)
    assert isinstance(answers[0], Recipients)
    (read,) = of(deployment.history, e.HeadRead)
    assert (read.conversation, read.head) == ("talk", 1)
    assert SECOND < read.asked < read.t


def test_callers_find_the_leader_again() -> None:
    deployment = deploy(topology=TRIO)
    relay: Any = deployment.network.nodes["relay-1"]
    answers: list[Any] = []

    def ask() -> None:
        relay.ask_store("store-1", ReadHead("talk"), SECOND, lambda answer, _: answers.append(answer))

    ask()
    later(deployment, 1)
    replica(deployment, 1).crash()
    for _ in range(9):
        ask()
        later(deployment, 1.5)
    leader = next(store for store in replicas(deployment)[1:] if store.role == LEADER)
    assert answers[0] == HeadIs(0)
    assert answers[1] is UNKNOWN
    assert answers[-1] == HeadIs(0)
    assert relay._believed["store-1"] == leader.name
    relay.crash()
    relay.restart()
    assert relay._believed == {}, "who leads is volatile knowledge"


# --- wrong decisions -------------------------------------------------------------------------------------------------


class ForgetsOthers(MessageStore):
    def write_quorum(self, replicas: int) -> int:
        return 1


@pytest.mark.requirement("V3", "G4")
def test_a_row_that_only_its_leader_had_is_seen_to_be_lost() -> None:
    """The leader is cut off and commits one more by itself; the next leader has never heard of it, and reuses its seq."""
    isolated = kinds.IsolateLeader(partition="store-1", at=8_500_000, duration=20 * SECOND)
    times = {5: "alice-phone", 7: "bob-laptop", 9: "alice-phone", 20: "bob-phone"}
    sends = tuple((at * SECOND, device) for at, device in times.items())
    broken = plan(isolated, sends=sends, topology=TRIO, duration=80 * SECOND)
    outcome = Run(broken, variant("forgets-others", store=ForgetsOthers)).execute()
    (lost,) = of(outcome.history, e.RowLost)
    assert lost.node == "store-1.1"
    assert {"committed-rows-stay", "seq-is-unique"} <= set(outcome.violated())
    assert Run(broken).execute().violations == []


@pytest.mark.parametrize("name", ["replicated", "elections"])
def test_the_reference_passes_the_same_campaigns(name: str) -> None:
    found = run_all([(scenario(name), range(1, 61))], "reference", jobs=1)
    assert found.failed_runs == []


@pytest.mark.requirement("V3", "F4")
def test_a_second_vote_in_one_term_is_seen_where_replicas_are_slow_to_hear_of_each_other() -> None:
    votes_twice = str(VARIANTS / "votes_twice.py")
    assert first_caught("elections", votes_twice, "one-leader-per-term", seeds=10)
    assert not first_caught("replicated", votes_twice, "one-leader-per-term", seeds=30)


# --- faults ----------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("F4")
@pytest.mark.parametrize(
    "fault",
    [
        kinds.FailOver(partition="store-9", down=1),
        kinds.FailOverAt(partition="store-9", point="committed", down=1),
        kinds.IsolateLeader(partition="store-9", duration=1),
        kinds.LoseQuorum(partition="store-9", down=1),
    ],
)
def test_a_fault_names_a_partition_that_is_there(fault: Any) -> None:
    with pytest.raises(PlanError, match=r"faults\[0\].partition: this topology has no store partition 'store-9'"):
        check(plan(fault))


@pytest.mark.requirement("F4")
def test_a_fault_on_a_partition_names_a_point_of_the_store() -> None:
    with pytest.raises(PlanError, match=r"faults\[0\].point: a store has no crash point 'persisted'"):
        check(plan(kinds.FailOverAt(partition="store-1", point="persisted", down=1)))


@pytest.mark.requirement("F4")
def test_the_faults_on_a_partition_strike_whoever_leads() -> None:
    """The second fail-over finds the leader that the first one made; so does the isolation."""
    history = run(
        kinds.FailOver(partition="store-1", at=6 * SECOND, down=30 * SECOND),
        kinds.IsolateLeader(partition="store-1", at=15 * SECOND, duration=20 * SECOND),
        duration=80 * SECOND,
    )
    leaders = [x.node for x in of(history, e.LeaderElected)]
    assert [x.node for x in of(history, Crashed)] == leaders[:1]
    lost = of(history, e.LeadershipLost)[0]
    assert (lost.node, lost.why) == (leaders[1], "no quorum")


@pytest.mark.requirement("F4")
@pytest.mark.parametrize(
    "fault",
    [
        kinds.FailOver(partition="store-1", at=10 * SECOND, down=5 * SECOND),
        kinds.FailOverAt(partition="store-1", point="committing", nth=2, down=5 * SECOND),
        kinds.LoseQuorum(partition="store-1", at=10 * SECOND, down=5 * SECOND),
        kinds.IsolateLeader(partition="store-1", at=10 * SECOND, duration=5 * SECOND),
    ],
)
def test_the_faults_on_a_partition_with_one_replica_strike_its_only_one(fault: Any) -> None:
    history = run(fault, topology=PAIR)
    expected: list[str] = [] if isinstance(fault, kinds.IsolateLeader) else ["store-1"]
    assert [x.node for x in of(history, Crashed)] == expected
