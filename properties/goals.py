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
    Connected,
    ConnectionRefused,
    DeviceCleaned,
    Disconnected,
    DuplicateIgnored,
    DuplicateRecognised,
    Enqueued,
    GapFilled,
    GapOpened,
    GatewayDrained,
    HintEnded,
    LeaderElected,
    LeadershipLost,
    LeaseExpired,
    NotificationDropped,
    NotificationThrottled,
    OutcomeUnknown,
    Persisted,
    SendAccepted,
    SendAttempted,
    SendHeldBack,
    SessionDropped,
    Shown,
    StaleRead,
    SyncPageReceived,
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
    by default. `theme`: only of a campaign that draws this theme.
    """

    name: str
    kind: type[Event]
    reached: Callable[[Any], bool]
    replicated: bool = False
    faults: tuple[str, ...] = ()
    setting: str = ""
    theme: str = ""


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
    Goal("a recognised retry was published again", Enqueued, lambda e: e.by == "duplicate", faults=("crash_at",)),
    Goal("a leader was replaced", LeaderElected, lambda e: e.term > 1, replicated=True),
    Goal("a leader lost its quorum", LeadershipLost, lambda e: e.why == "no quorum", replicated=True),
    Goal("a deposed leader learned of it", LeadershipLost, lambda e: e.why == "newer term", replicated=True),
    Goal("a follower answered from behind", StaleRead, lambda e: True, replicated=True),
    Goal("a write's outcome was unknown", OutcomeUnknown, lambda e: True),
    Goal("a lease expired", LeaseExpired, lambda e: True),
    Goal("a task was leased again", TaskLeased, lambda e: e.attempt > 1),
    Goal("a task was given back", TaskReleased, lambda e: True),
    Goal("a gateway gave up a silent connection", SessionDropped, lambda e: e.why == "idle"),
    Goal("a gateway had no devices when it was stopped", GatewayDrained, lambda e: True, faults=("drain", "drain_at")),
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
    Goal(
        "a bad token was refused",
        ConnectionRefused,
        lambda e: e.why not in ("not checked", "draining"),
        faults=("bad_token",),
    ),
    Goal("a session ended with its token", SessionDropped, lambda e: e.why == "token", theme="outlasted"),
    Goal("a page was full, and another one followed", SyncRequested, lambda e: e.why == "page", theme="full pages"),
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

FETCH_BROKE = "a connection died while a page was awaited"
REFUSED_FOR_LONG = "a device was refused for a minute"
PAUSES_AT_THEIR_LONGEST = "a device tried to connect until its pauses were at their longest"
RECOGNISED_LATE = "a retry was recognised a minute after its message was stored"
LEADER_CAME_BACK = "a leader lost its place and regained it, while a send was retried"

ONLY_THEMED = {goal.name: goal.theme for goal in GOALS if goal.theme} | {
    FETCH_BROKE: "fetches that break",
    REFUSED_FOR_LONG: "refused log-ins",
    PAUSES_AT_THEIR_LONGEST: "refused log-ins",
    RECOGNISED_LATE: "outlasted",
    LEADER_CAME_BACK: "leaders that come back",
}
"""The goals that are asked only of a campaign that draws a theme, and which."""

NAMES: tuple[str, ...] = (
    *(goal.name for goal in GOALS),
    CONVERGED_WITHOUT_PUSH,
    FETCH_BROKE,
    REFUSED_FOR_LONG,
    PAUSES_AT_THEIR_LONGEST,
    RECOGNISED_LATE,
    LEADER_CAME_BACK,
)

MINUTE = 60_000_000
TRIES = 6
"""After so many in a row, the pause between two tries to connect may be as long as it gets."""


class _Reached:
    """Goals that take more than one event: what is open, and what was reached since it was asked last."""

    def __init__(self) -> None:
        self.now: list[str] = []
        self._dropped: dict[tuple[str, str], None] = {}
        self._fetching: dict[str, dict[str, None]] = {}
        """The conversations that a device awaits a page of."""
        self._refused: dict[str, int] = {}
        """Since when a device without a connection has been refused (µs)."""
        self._epoch: dict[str, int] = {}
        self._stored: dict[tuple[str, int], int] = {}
        """When a row was stored (µs)."""
        self._trying: dict[str, int] = {}
        """Sends without an answer: when the first try went out (µs)."""
        self._led: dict[str, dict[str, None]] = {}
        """The nodes that have led a store partition, the last one last."""
        self._lost: dict[tuple[str, str], int] = {}
        """When a node lost its place (µs)."""
        self._regained: int = -1
        """When a leader lost the place that it has regained since (µs); a retry that is older than that reaches the goal."""

    def on_dropped(self, e: NotificationDropped) -> None:
        self._dropped[e.device, e.conversation] = None

    def on_shown(self, e: Shown) -> None:
        if self._dropped and (e.device, e.conversation) in self._dropped:
            del self._dropped[e.device, e.conversation]
            self.now.append(CONVERGED_WITHOUT_PUSH)

    def on_sync_requested(self, e: SyncRequested) -> None:
        self._fetching.setdefault(e.device, {})[e.conversation] = None

    def on_page(self, e: SyncPageReceived) -> None:
        self._fetching.get(e.device, {}).pop(e.conversation, None)

    def on_disconnected(self, e: Disconnected) -> None:
        if self._fetching.pop(e.device, None):
            self.now.append(FETCH_BROKE)

    def on_refused(self, e: ConnectionRefused) -> None:
        if e.why == "not checked" and e.t - self._refused.setdefault(e.device, e.t) >= MINUTE:
            self.now.append(REFUSED_FOR_LONG)

    def on_connected(self, e: Connected) -> None:
        self._refused.pop(e.device, None)
        if e.epoch - self._epoch.get(e.device, e.epoch) > TRIES:
            self.now.append(PAUSES_AT_THEIR_LONGEST)
        self._epoch[e.device] = e.epoch

    def on_persisted(self, e: Persisted) -> None:
        self._stored[e.conversation, e.seq] = e.t

    def on_recognised(self, e: DuplicateRecognised) -> None:
        if e.t - self._stored.get((e.conversation, e.seq), e.t) >= MINUTE:
            self.now.append(RECOGNISED_LATE)

    def on_attempt(self, e: SendAttempted) -> None:
        first = self._trying.setdefault(e.send, e.t)
        if first < self._regained:
            self.now.append(LEADER_CAME_BACK)
            self._regained = -1

    def on_answered(self, e: SendAccepted) -> None:
        self._trying.pop(e.send, None)

    def on_elected(self, e: LeaderElected) -> None:
        led = self._led.setdefault(e.partition, {})
        last = next(reversed(led), "")
        if last and last != e.node:
            self._lost[e.partition, last] = e.t
        if e.node in led:
            del led[e.node]
            self._regained = max(self._regained, self._lost.get((e.partition, e.node), -1))
        led[e.node] = None

    def on_leadership_lost(self, e: LeadershipLost) -> None:
        self._lost[e.partition, e.node] = e.t


def fault_goal(kind: str) -> str:
    """The goal that a kind of fault has fired."""
    return f"fault fired: {kind}"


_STEPS: dict[type[Event], Callable[[_Reached, Any], None]] = {
    NotificationDropped: _Reached.on_dropped,
    Shown: _Reached.on_shown,
    SyncRequested: _Reached.on_sync_requested,
    SyncPageReceived: _Reached.on_page,
    Disconnected: _Reached.on_disconnected,
    ConnectionRefused: _Reached.on_refused,
    Connected: _Reached.on_connected,
    Persisted: _Reached.on_persisted,
    DuplicateRecognised: _Reached.on_recognised,
    SendAttempted: _Reached.on_attempt,
    SendAccepted: _Reached.on_answered,
    LeaderElected: _Reached.on_elected,
    LeadershipLost: _Reached.on_leadership_lost,
}


def count(history: Iterable[Event], converged: bool) -> dict[str, int]:
    """How often each goal was reached, and each kind of fault fired; the latter under `fault_goal`."""
    reached = dict.fromkeys(NAMES, 0)
    by_kind: dict[type[Event], list[Goal]] = {}
    for goal in GOALS:
        by_kind.setdefault(goal.kind, []).append(goal)
    several = _Reached()
    for event in history:
        kind = type(event)
        for goal in by_kind.get(kind, ()):
            if goal.reached(event):
                reached[goal.name] += 1
        step = _STEPS.get(kind)
        if step is not None:
            step(several, event)
            if several.now:
                for name in several.now:
                    reached[name] += 1
                several.now.clear()
        elif isinstance(event, FaultStarted):
            name = fault_goal(event.kind)
            reached[name] = reached.get(name, 0) + 1
    if not converged:
        reached[CONVERGED_WITHOUT_PUSH] = 0
    return reached
