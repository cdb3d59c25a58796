"""epochs-never-go-back, violated by the protocol no-fence: split-brain, seed 1, in 2 actions and 2 faults.

epoch 1 wrote talk 2 after epoch 2 had written.

Replay it: parley replay failed-split-brain.epochs-never-go-back.json
"""

from pathlib import Path

from parley.campaign import pass_checkpoints
from parley.replaying import replay
from parley.scenario import Checkpoint

PLAN = Path(__file__).with_name("failed-split-brain.epochs-never-go-back.json")
PROPERTY = "epochs-never-go-back"
MENDED = False  # True once the protocol is mended: from then on the promise has to hold on this plan

MILESTONES = [
    Checkpoint(
        says="armed pause_at strikes (fault 0)",
        event="FaultStarted",
        where={"node": "faults", "fault": 0, "kind": "pause_at", "armed": True},
    ),
    Checkpoint(
        says="crash strikes (fault 1)",
        event="FaultStarted",
        where={"node": "faults", "fault": 1, "kind": "crash", "armed": False},
    ),
    Checkpoint(
        says="store-1 fills talk 1, which nobody used",
        event="FillerPersisted",
        where={"node": "store-1", "conversation": "talk", "seq": 1, "epoch": 2},
    ),
    Checkpoint(
        says="store-1 commits alice-phone:1 of alice as talk 2",
        event="Persisted",
        where={
            "node": "store-1",
            "conversation": "talk",
            "seq": 2,
            "message": "alice-phone:1",
            "sender": "alice",
            "device": "alice-phone",
            "epoch": 1,
        },
    ),
]


def test_epochs_never_go_back() -> None:
    outcome = replay(PLAN)
    if MENDED:
        assert PROPERTY not in outcome.violated()
        return
    missed = [passed.says for passed in pass_checkpoints(MILESTONES, outcome.history) if passed.at is None]
    assert missed == []
    assert PROPERTY in outcome.violated()


def test_epochs_never_go_back_holds_without_the_variant() -> None:
    assert replay(PLAN, "leased").violations == []
