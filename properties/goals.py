"""'Sometimes' goals: what a campaign must have reached, or its silence proves nothing.

A goal is a predicate over events that has to be true somewhere in a campaign. One that never was is a failure of the
campaign, not of the protocol: its plans do not go where the danger is.

Requirements: V4.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from model.events import (
    BlobFetched,
    ConnectionRefused,
    DeviceCleaned,
    Disconnected,
    DuplicateIgnored,
    DuplicateRecognised,
    Enqueued,
    GapFilled,
    GapOpened,
    HintEnded,
    LeaderElected,
    LeadershipLost,
    LeaseExpired,
    NotificationDropped,
    NotificationThrottled,
    OutcomeUnknown,
    SendHeldBack,
    SessionDropped,
    Shown,
    StaleRead,
    SyncRequested,
    TaskLeased,
    TaskReleased,
    TokenRemoved,
    TypingShown,
    Woke,
)
from sim.history import Crashed, Event, FaultStarted, MessageDelayed, MessageDuplicated, MessageLost, Resumed


class Goal(NamedTuple):
    """An event of `kind` for which `reached` is true; `replicated`: only where store partitions have several replicas.

    `faults`: only where one of these kinds of fault is chosen from. `setting`: only where a scenario sets it lower than it is
    by default.
    """

    name: str
    kind: type[Event]
    reached: Callable[[Any], bool]
    replicated: bool = False
    faults: tuple[str, ...] = ()
    setting: str = ""


GOALS: tuple[Goal, ...] = (
    Goal("a duplicate was ignored", DuplicateIgnored, lambda e: True),
    Goal("a gap was opened", GapOpened, lambda e: True),
    Goal("a gap was filled", GapFilled, lambda e: True),
    Goal("a gap had to be fetched", SyncRequested, lambda e: e.why == "gap"),
    Goal("a digest found a lost push", SyncRequested, lambda e: e.why == "digest"),
    Goal("a reconnect synced", SyncRequested, lambda e: e.why == "connect" and e.after > 0),
    Goal("a sync page was asked for again", SyncRequested, lambda e: e.why == "retry"),
    Goal("a retried send was recognised", DuplicateRecognised, lambda e: True),
    Goal("the relay published what a service had not", Enqueued, lambda e: e.by == "relay"),
    Goal("a recognised retry was published again", Enqueued, lambda e: e.by == "duplicate"),
    Goal("a leader was replaced", LeaderElected, lambda e: e.term > 1, replicated=True),
    Goal("a leader lost its quorum", LeadershipLost, lambda e: e.why == "no quorum", replicated=True),
    Goal("a deposed leader learned of it", LeadershipLost, lambda e: e.why == "newer term", replicated=True),
    Goal("a follower answered from behind", StaleRead, lambda e: True, replicated=True),
    Goal("a write's outcome was unknown", OutcomeUnknown, lambda e: True),
    Goal("a lease expired", LeaseExpired, lambda e: True),
    Goal("a task was leased again", TaskLeased, lambda e: e.attempt > 1),
    Goal("a task was given back", TaskReleased, lambda e: True),
    Goal("a gateway gave up a silent connection", SessionDropped, lambda e: e.why == "idle"),
    Goal("a connection was reset", Disconnected, lambda e: e.why == "reset"),
    Goal("a notification woke a device", Woke, lambda e: e.by == "notification"),
    Goal("somebody was shown typing", TypingShown, lambda e: True),
    Goal("an attachment was fetched", BlobFetched, lambda e: True),
    Goal("a push token was replaced", TokenRemoved, lambda e: e.why == "replaced", faults=("rotate_token", "wipe")),
    Goal(
        "an invalid push token was given up",
        TokenRemoved,
        lambda e: e.why == "invalid",
        faults=("rotate_token", "wipe"),
    ),
    Goal(
        "a push token moved to another user's device",
        TokenRemoved,
        lambda e: e.why == "moved",
        faults=("switch_account",),
    ),
    Goal(
        "a logout made the service forget a push token",
        TokenRemoved,
        lambda e: e.why == "logout",
        faults=("switch_account",),
    ),
    Goal("a user had disabled notifications", HintEnded, lambda e: e.how == "disabled", faults=("disable_push",)),
    Goal("the push provider said to wait", NotificationThrottled, lambda e: True, faults=("throttle_push",)),
    Goal("a bad token was refused", ConnectionRefused, lambda e: True, faults=("bad_token",)),
    Goal("a device was cleaned up", DeviceCleaned, lambda e: True, setting="store.clean_after"),
    Goal("a limit bit at a gateway", SendHeldBack, lambda e: e.why == "user rate", setting="gateway.user_burst"),
    Goal(
        "a limit bit in the core",
        SendHeldBack,
        lambda e: e.why == "conversation rate",
        setting="service.conversation_burst",
    ),
    Goal("a node crashed at an armed point", Crashed, lambda e: e.point != "", faults=("crash_at",)),
    Goal("a paused node resumed with work waiting", Resumed, lambda e: e.deferred > 0, faults=("pause", "pause_at")),
    Goal(
        "a message was lost in a partition",
        MessageLost,
        lambda e: e.why == "partition",
        faults=("partition", "partial_partition"),
    ),
    Goal("a message was lost at random", MessageLost, lambda e: e.why == "loss", faults=("loss",)),
    Goal("an armed message was lost", MessageLost, lambda e: e.why == "armed", faults=("drop_at",)),
    Goal("a message was duplicated", MessageDuplicated, lambda e: True, faults=("duplication", "duplicate_at")),
    Goal(
        "a message was delayed",
        MessageDelayed,
        lambda e: True,
        faults=("reordering", "delay_spike", "delay_at", "region_delay", "clog_links"),
    ),
)

CONVERGED_WITHOUT_PUSH = "a push was dropped, and the device converged all the same"

ONLY_REPLICATED = frozenset(goal.name for goal in GOALS if goal.replicated)

ONLY_SET = {goal.name: goal.setting for goal in GOALS if goal.setting}
"""The goals that are asked only of a campaign whose scenario sets a setting of the protocol below its default, and which."""

ONLY_WITH = {goal.name: goal.faults for goal in GOALS if goal.faults} | {CONVERGED_WITHOUT_PUSH: ("drop_push",)}
"""The goals that are asked only of a campaign that chooses from one of some kinds of fault, and which these are."""

NAMES: tuple[str, ...] = (*(goal.name for goal in GOALS), CONVERGED_WITHOUT_PUSH)


def fault_goal(kind: str) -> str:
    """The goal that a kind of fault has fired."""
    return f"fault fired: {kind}"


def count(history: Iterable[Event], converged: bool) -> dict[str, int]:
    """How often each goal was reached, and each kind of fault fired; the latter under `fault_goal`."""
    reached = dict.fromkeys(NAMES, 0)
    by_kind: dict[type[Event], list[Goal]] = {}
    for goal in GOALS:
        by_kind.setdefault(goal.kind, []).append(goal)
    waiting: dict[tuple[str, str], None] = {}
    for event in history:
        for goal in by_kind.get(type(event), ()):
            if goal.reached(event):
                reached[goal.name] += 1
        if isinstance(event, NotificationDropped):
            waiting[event.device, event.conversation] = None
        elif isinstance(event, Shown) and converged and (event.device, event.conversation) in waiting:
            del waiting[event.device, event.conversation]
            reached[CONVERGED_WITHOUT_PUSH] += 1
        elif isinstance(event, FaultStarted):
            name = fault_goal(event.kind)
            reached[name] = reached.get(name, 0) + 1
    return reached
