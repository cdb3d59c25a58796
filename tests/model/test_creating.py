"""Conversations that are created in the run: one transaction, from whoever's retry, with all of their members."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from support import PAIR, SECOND, of, plan, scenario

from faults import plan as plans
from faults.kinds import Unanswered
from faults.plan import Block, Create, Plan, PlanError, Read, Send
from model import events as e
from model.protocol import REFERENCE
from model.topology import ConversationSpec, CoreSpec, TopologyError, validate
from parley import variants
from parley.commands.verify import verify
from parley.run import Outcome
from parley.runner import execute
from sim.history import jsonl

pytestmark = pytest.mark.requirement("P21", "D2")

LATER = ConversationSpec(name="trip", members=("alice", "bob"), later=True)


def topology(replicas: int = 1, **more: Any) -> Any:
    core = CoreSpec(region="eu", stores=1, queues=1, replicas=replicas, **more)
    return replace(PAIR, core=core, conversations=(*PAIR.conversations, LATER))


def run(*actions: Any, faults: tuple[Any, ...] = (), replicas: int = 1, **more: Any) -> Outcome:
    base = plan(*faults, sends=(), topology=topology(replicas, **more))
    outcome = execute(replace(base, workload=actions), REFERENCE)
    assert outcome.violations == []
    return outcome


def create(at: int = 5, device: str = "alice-phone", title: str = "To Rome") -> Create:
    return Create(at=at * SECOND, device=device, conversation="trip", title=title)


def send(at: int, device: str) -> Send:
    return Send(at=at * SECOND, device=device, conversation="trip", body="When?")


@pytest.mark.parametrize(("replicas", "caches"), [(1, 0), (3, 1)])
def test_it_is_there_with_its_members_title_and_time_and_on_every_device(replicas: int, caches: int) -> None:
    outcome = run(create(), send(10, "bob-laptop"), send(12, "alice-phone"), replicas=replicas, caches=caches)
    (opened,) = of(outcome.history, e.ConversationOpened, conversation="trip")
    assert (opened.type, opened.members, opened.by, opened.title) == ("direct", ("alice", "bob"), "alice", "To Rome")
    assert 5 * SECOND < opened.created_at <= opened.t
    first = of(outcome.history, e.Persisted, conversation="trip")[0]
    assert (first.seq, first.kind) == (1, "create")
    for device in ("alice-phone", "bob-phone", "bob-laptop"):
        assert [x.seq for x in of(outcome.history, e.Shown, device=device, conversation="trip")] == [1, 2, 3]


def test_a_retry_creates_nothing_twice() -> None:
    ends = {"a": ("kind:service",), "b": ("kind:store",)}
    lost = Unanswered(**ends, kinds=("Append",), at=4 * SECOND, duration=4 * SECOND)
    outcome = run(create(), faults=(lost,))
    assert len(of(outcome.history, e.ConversationOpened, conversation="trip")) == 1
    assert of(outcome.history, e.DuplicateRecognised, conversation="trip")


def test_of_two_who_create_it_one_is_told_that_it_is_there() -> None:
    outcome = run(create(), create(device="bob-phone", title="Rome!"))
    assert len(of(outcome.history, e.ConversationOpened, conversation="trip")) == 1
    assert [x.reason for x in of(outcome.history, e.SendRefused)] == ["it is there already"]


def test_who_does_not_know_of_it_does_nothing_in_it() -> None:
    actions = (send(3, "bob-phone"), Read(at=4 * SECOND, device="bob-phone", conversation="trip"))
    outcome = run(*actions)
    assert not of(outcome.history, e.SendRequested)
    assert not of(outcome.history, e.ConversationOpened, conversation="trip")


def test_what_its_creator_sends_next_waits_for_it() -> None:
    outcome = run(create(), send(5, "alice-phone"))
    assert [x.seq for x in of(outcome.history, e.SendAccepted, conversation="trip")] == [1, 2]


@pytest.mark.parametrize(
    ("action", "says"),
    [
        (Create(at=1, device="alice-phone", conversation="talk"), r"expected one that begins later, got 'talk'"),
        (Create(at=1, device="carol-phone", conversation="trip"), r"expected one of a member of 'trip'"),
    ],
)
def test_a_plan_creates_what_begins_later_by_a_member(action: Create, says: str) -> None:
    spec = topology()
    device = replace(spec.devices[0], name="carol-phone", user="carol")
    spec = replace(spec, users=(*spec.users, "carol"), devices=(*spec.devices, device))
    made: Plan = replace(plan(sends=(), topology=spec), workload=(action,))
    with pytest.raises(PlanError, match=says):
        plans.check(made)


def test_what_begins_later_has_no_past() -> None:
    with pytest.raises(TopologyError, match=r"conversations\[0\].head: expected no messages"):
        validate(replace(PAIR, conversations=(replace(LATER, head=3),)))


def test_a_history_with_a_new_conversation_is_judged_like_any_other(tmp_path: Path) -> None:
    for seed in (1, 2, 3):
        outcome = execute(scenario("history").plan(seed, variants.reference_of("")), REFERENCE)
        assert of(outcome.history, e.ConversationRequested)
        file = tmp_path / f"{seed}.jsonl"
        header = b'{"parley_history":1,"records":"all"}\n'
        file.write_bytes(header + b"".join(jsonl(outcome.history)))
        assert not verify(file).violations, seed


def test_who_is_blocked_is_blocked_in_what_begins_later_too() -> None:
    block = Block(at=2 * SECOND, device="bob-phone", user="alice")
    outcome = run(block, create(), send(10, "alice-phone"), send(12, "bob-laptop"))
    stored = of(outcome.history, e.BlockStored)
    assert [x.conversations for x in stored] == [("talk",), ("trip",)]
    hidden = [(x.device, x.seq) for x in of(outcome.history, e.Shown, conversation="trip") if x.hidden]
    assert sorted(hidden) == [("bob-laptop", 2), ("bob-phone", 2)]
