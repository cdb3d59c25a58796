"""The kinds of fault. Each is plain data that says what happens, when or at which armed point, and for how long.

A *timed* fault begins at `at`; an *armed* one waits from `at` on for its point: the `nth` time that a node reaches a
crash point, or that a message of some kind passes. What it does is its `begin`, which returns how to end it. At the
end of a plan everything that is still on is ended, and what has not fired is disarmed. One that is *for good* isn't ended.

A *selector* names nodes: a node's name, `kind:gateway`, `region:eu`, or `*`.

Requirements: F1, F2, F3, F4, F5, F6, F7, F8, F9, P15.
"""

from __future__ import annotations

from faults.kinds.base import End, _Fault
from faults.kinds.cache import FreezeCache, WipeCache, WipeCacheAt
from faults.kinds.clock import ClockDrift, ClockSkew, ClockSkewAt, WrongClock
from faults.kinds.correlated import RegionDown, RollingRestart
from faults.kinds.device import Flapping, GoneForGood, KillApp, KillAppAt, ReconnectStorm, ReconnectStormAt, Sleep, Wipe
from faults.kinds.foreign import BadToken, Intrusion
from faults.kinds.load import Burst, HotConversation, ThunderingHerd
from faults.kinds.network import (
    ClogLinks,
    DelayAt,
    DelaySpike,
    DropAt,
    DuplicateAt,
    Duplication,
    Loss,
    PartialPartition,
    Partition,
    RegionDelay,
    Reordering,
    Reset,
    Unanswered,
    UnansweredAt,
)
from faults.kinds.node import Crash, CrashAt, HoldDown, HoldDownAt, Pause, PauseAt, SlowNode, SlowNodeAt
from faults.kinds.push import DelayPush, DisablePush, DropPush, RotateToken, SwitchAccount, ThrottlePush
from faults.kinds.queue import (
    AmbiguousPublish,
    AmbiguousPublishAt,
    ExpireLeases,
    ExpireLeasesAt,
    QueueSlow,
    QueueUnavailable,
    RestartBroker,
)
from faults.kinds.store import (
    AmbiguousCommit,
    AmbiguousCommitAt,
    FailOver,
    FailOverAt,
    IsolateLeader,
    LoseQuorum,
    QuorumGoneForGood,
    StaleFollowers,
    StoreSlow,
    StoreUnavailable,
    WriteConflict,
    WriteConflictAt,
)

Fault = (
    Crash | CrashAt | HoldDown | HoldDownAt | Pause | PauseAt | SlowNode | SlowNodeAt | ClockSkew | ClockSkewAt
    | ClockDrift | WrongClock | RegionDown | RollingRestart | Partition | Loss | Duplication | Reordering | DelaySpike
    | Reset | DropAt | DuplicateAt | DelayAt | PartialPartition | RegionDelay | Unanswered | UnansweredAt | ClogLinks
    | FailOver | FailOverAt | IsolateLeader | LoseQuorum | StoreUnavailable | StoreSlow | AmbiguousCommit
    | AmbiguousCommitAt | WriteConflict | WriteConflictAt | StaleFollowers | QuorumGoneForGood | QueueUnavailable
    | QueueSlow | ExpireLeases | ExpireLeasesAt | AmbiguousPublish | AmbiguousPublishAt | RestartBroker | WipeCache
    | WipeCacheAt | FreezeCache | DropPush | DelayPush | ThrottlePush | DisablePush | RotateToken | SwitchAccount | Sleep
    | KillApp | KillAppAt | Wipe | Intrusion | Flapping | ReconnectStorm | ReconnectStormAt | GoneForGood | Burst
    | HotConversation | ThunderingHerd | BadToken
)  # fmt: skip

KINDS: dict[str, type[_Fault]] = {
    str(kind.__struct_config__.tag): kind
    for kind in (
        Crash, CrashAt, HoldDown, HoldDownAt, Pause, PauseAt, SlowNode, SlowNodeAt, ClockSkew, ClockSkewAt, ClockDrift,
        WrongClock, RegionDown, RollingRestart, Partition, Loss, Duplication, Reordering, DelaySpike, Reset, DropAt,
        DuplicateAt, DelayAt, PartialPartition, RegionDelay, Unanswered, UnansweredAt, ClogLinks, FailOver, FailOverAt,
        IsolateLeader, LoseQuorum, StoreUnavailable, StoreSlow, AmbiguousCommit, AmbiguousCommitAt, WriteConflict,
        WriteConflictAt, StaleFollowers, QuorumGoneForGood, QueueUnavailable, QueueSlow, ExpireLeases, ExpireLeasesAt,
        AmbiguousPublish, AmbiguousPublishAt, RestartBroker, WipeCache, WipeCacheAt, FreezeCache, DropPush, DelayPush,
        ThrottlePush, DisablePush, RotateToken, SwitchAccount, Sleep, KillApp, KillAppAt, Wipe, Intrusion, Flapping,
        ReconnectStorm, ReconnectStormAt, GoneForGood, Burst, HotConversation, ThunderingHerd,
        BadToken,
    )
}  # fmt: skip
"""All kinds, by the name that they have in a plan."""

EVERYDAY = tuple(name for name, kind in KINDS.items() if kind.everyday)
"""What a campaign uses that names no kinds."""


def name_of(fault: _Fault) -> str:
    """The fault's kind, as it is written in a plan."""
    return str(fault.__struct_config__.tag)


__all__ = [
    "EVERYDAY",
    "KINDS",
    "AmbiguousCommit",
    "AmbiguousCommitAt",
    "AmbiguousPublish",
    "AmbiguousPublishAt",
    "BadToken",
    "Burst",
    "ClockDrift",
    "ClockSkew",
    "ClockSkewAt",
    "ClogLinks",
    "Crash",
    "CrashAt",
    "DelayAt",
    "DelayPush",
    "DelaySpike",
    "DisablePush",
    "DropAt",
    "DropPush",
    "DuplicateAt",
    "Duplication",
    "End",
    "ExpireLeases",
    "ExpireLeasesAt",
    "FailOver",
    "FailOverAt",
    "Fault",
    "Flapping",
    "FreezeCache",
    "GoneForGood",
    "HoldDown",
    "HoldDownAt",
    "HotConversation",
    "Intrusion",
    "IsolateLeader",
    "KillApp",
    "KillAppAt",
    "LoseQuorum",
    "Loss",
    "PartialPartition",
    "Partition",
    "Pause",
    "PauseAt",
    "QueueSlow",
    "QueueUnavailable",
    "QuorumGoneForGood",
    "ReconnectStorm",
    "ReconnectStormAt",
    "RegionDelay",
    "RegionDown",
    "Reordering",
    "Reset",
    "RestartBroker",
    "RollingRestart",
    "RotateToken",
    "Sleep",
    "SlowNode",
    "SlowNodeAt",
    "StaleFollowers",
    "StoreSlow",
    "StoreUnavailable",
    "SwitchAccount",
    "ThrottlePush",
    "ThunderingHerd",
    "Unanswered",
    "UnansweredAt",
    "Wipe",
    "WipeCache",
    "WipeCacheAt",
    "WriteConflict",
    "WriteConflictAt",
    "WrongClock",
    "name_of",
]  # fmt: skip
