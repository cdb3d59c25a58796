"""one-row-per-message, violated by the protocol no-dedupe: ci, seed 11, in 1 action and 1 fault.

bob-phone:1 is stored twice, as work 1 and 2.

Replay it: parley replay no-dedupe-ci-11.one-row-per-message.json
"""

from pathlib import Path

from parley.campaign import pass_checkpoints
from parley.replaying import replay
from parley.scenario import Checkpoint

PLAN = Path(__file__).with_name("no-dedupe-ci-11.one-row-per-message.json")
PROPERTY = "one-row-per-message"
MENDED = False  # True once the protocol is mended: from then on the promise has to hold on this plan

MILESTONES = [
    Checkpoint(
        says="store-1 commits bob-phone:1 of bob as work 1",
        event="Persisted",
        where={
            "node": "store-1",
            "conversation": "work",
            "seq": 1,
            "message": "bob-phone:1",
            "sender": "bob",
            "device": "bob-phone",
            "epoch": 0,
        },
    ),
    Checkpoint(
        says="armed crash_at strikes (fault 0)",
        event="FaultStarted",
        where={"node": "faults", "fault": 0, "kind": "crash_at", "armed": True},
    ),
    Checkpoint(
        says="store-1 commits bob-phone:1 of bob as work 2",
        event="Persisted",
        where={
            "node": "store-1",
            "conversation": "work",
            "seq": 2,
            "message": "bob-phone:1",
            "sender": "bob",
            "device": "bob-phone",
            "epoch": 0,
        },
    ),
]


def test_one_row_per_message() -> None:
    outcome = replay(PLAN)
    if MENDED:
        assert PROPERTY not in outcome.violated()
        return
    missed = [passed.says for passed in pass_checkpoints(MILESTONES, outcome.history) if passed.at is None]
    assert missed == []
    assert PROPERTY in outcome.violated()


def test_one_row_per_message_holds_without_the_variant() -> None:
    assert replay(PLAN, "reference").violations == []
