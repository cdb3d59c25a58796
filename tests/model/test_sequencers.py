"""The three sequencers: each keeps every promise under faults, and the leased one is fenced and fills what it lost."""

from __future__ import annotations

import msgspec
import pytest
from support import PAIR, SECOND, VARIANTS, of, plan, scenario

from faults import kinds
from faults.plan import Plan
from model import events as e
from model.topology import CoreSpec
from parley import variants
from parley.campaign import run_all
from parley.run import Run
from parley.runner import execute

pytestmark = pytest.mark.requirement("C4", "G2")

SHARDED = msgspec.structs.replace(PAIR, core=CoreSpec(region="eu", stores=1, queues=1, shards=2))


@pytest.mark.parametrize(("name", "protocol"), [("ci", "optimistic"), ("sharded", "leased")])
def test_a_sequencer_keeps_every_promise_under_random_faults(name: str, protocol: str) -> None:
    found = run_all([(scenario(name), range(1, 81))], protocol, jobs=1)
    assert found.failed_runs == []


def test_a_leased_shard_needs_a_shard() -> None:
    from parley.errors import BadInput

    with pytest.raises(BadInput, match=r"\$.topology.core.shards: protocol 'leased' needs at least 1 sequencer shard"):
        execute(plan(), variants.load("leased"))


def test_optimistic_appends_get_out_of_each_other_s_way() -> None:
    """Three devices send in the same millisecond: conflicts happen, and every message finds its place."""
    sends = tuple(
        (5 * SECOND + i * SECOND, device) for i in range(5) for device in ("alice-phone", "bob-phone", "bob-laptop")
    )
    outcome = Run(plan(sends=sends), variants.load("optimistic")).execute()
    assert outcome.violations == []
    assert [x.seq for x in of(outcome.history, e.Persisted)] == list(range(1, 16))


def test_a_place_that_is_never_used_is_filled_and_later_messages_are_not_held_up() -> None:
    """The service dies with its place: the shard fills it, devices take the filler in, and nobody shows it."""
    crash = [kinds.CrashAt(node=f"messaging-{i}", point="sequenced", down=30 * SECOND) for i in (1, 2)]
    broken = plan(
        *crash, sends=((5 * SECOND, "alice-phone"), (20 * SECOND, "bob-laptop")), duration=90 * SECOND, topology=SHARDED
    )
    outcome = Run(broken, variants.load("leased")).execute()
    assert outcome.violations == []
    fillers = [x.seq for x in of(outcome.history, e.FillerPersisted)]
    messages = [x.seq for x in of(outcome.history, e.Persisted)]
    assert fillers
    assert sorted(fillers + messages) == list(range(1, len(fillers) + len(messages) + 1))
    assert len(messages) == 2
    shown = [x.seq for x in of(outcome.history, e.Shown, device="bob-phone")]
    assert shown == sorted(messages)
    assert of(outcome.history, e.CursorStored, device="bob-phone")[-1].to == max(fillers + messages)


def split_brain() -> Plan:
    """A place of epoch 1 survives a change of owner.

    1. two sends reach one service; the shard gives out 1 and 2; the append of 1 is lost, the service stands still with 2
    2. the shard dies; after its lease the other one owns the partition, counts on from 0, and gives out 1 again
    3. another service writes 1 under epoch 2; the first wakes up, and 2 is the very next place

    The senders sleep meanwhile, so that no retry takes the place of what is lost.
    """
    return plan(
        kinds.DropAt(kind="Append", a=("kind:service",), b=("kind:store",)),
        kinds.PauseAt(node="messaging-2", point="sequenced", nth=2, duration=30 * SECOND),
        kinds.Crash(node="shard-1", at=5_500_000, down=100 * SECOND),
        kinds.Sleep(device="alice-phone", at=5_100_000, duration=60 * SECOND),
        kinds.Sleep(device="bob-laptop", at=5_100_000, duration=60 * SECOND),
        sends=((5 * SECOND, "alice-phone"), (5_000_100, "bob-laptop"), (25 * SECOND, "bob-phone")),
        duration=120 * SECOND,
        topology=SHARDED,
    )


def test_a_place_of_an_old_epoch_is_fenced() -> None:
    outcome = Run(split_brain(), variants.load("leased")).execute()
    assert [x.epoch for x in of(outcome.history, e.ShardOwned)][:2] == [1, 2]
    assert of(outcome.history, e.WriteFenced)
    assert outcome.violations == []


def test_without_the_fence_two_epochs_write() -> None:
    outcome = Run(split_brain(), variants.load(str(VARIANTS / "no_fence.py"))).execute()
    assert "epochs-never-go-back" in outcome.violated()
