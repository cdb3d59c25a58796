"""The figures of a run, in one pass over its history. All times are integer µs.

Samples have one number an occurrence; `METRICS` says from what to what, and of what (`definitions.py`).

The sending device is left out of all deliveries, and a device's first Stored of a seq is the one that counts. A device is
connected from its Connected to its Disconnected, Slept or Crashed: from its own point of view, so that a half-open
connection counts. Connected time is the sum of a device's connections: of one that came back once it is Connected →
Stored; of one that came and went it has each connection in which it could have caught up, and not the time away.
Of `tap_to_screen` and `catch_up_to_screen` each sample is in one cell, with all that figures are asked by (`DIMENSIONS`), so that
the cells of each dimension add up to the whole; and, by kind of fault, in `tap_to_screen[fault=crash,phase=faults]` for
each that was on meanwhile, or had just ended. All other samples but `convergence` are kept by the same phases, as
`queue_lag[phase=calm]`: that of the time from where the sample begins until where it ends.

`send_to_delivered` is also kept by region and access of the receiving device, by the gateway cluster that it is connected
to, and by conversation type and size, as `send_to_delivered[region=eu]` and so on; `offline_sync_lag` likewise. The sizes are
those at the start.

Counts: `messages` are commits, `deliveries` are all Stored, `deliveries by push` and `by sync` those of the samples above,
`status rows` the writes of per-message statuses in small conversations, `given up: expired` (or stuck, blocked, dead letter) the
deliveries that were given up for that reason, and `alerts` what told of them. Those that shares are of (`SHARES`) are kept by
phase as well, as `connects[phase=calm]`: tries by that of all the time from the first until one that was answered.
A percentile is the nearest rank, which is one of the samples: nothing is interpolated, nothing is a float.

Requirements: R1, R2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from model.events import (
    Connected,
    ConnectFailed,
    ConversationOpened,
    CursorMoved,
    CursorStored,
    DeadLettered,
    DeliveryFailed,
    DeviceRegistered,
    Disconnected,
    DuplicateIgnored,
    Enqueued,
    FailureAlert,
    ListedInLog,
    LoggedIn,
    LoggedOut,
    MemberJoined,
    MemberLeft,
    NotificationShown,
    Persisted,
    PresenceShown,
    Probed,
    Pushed,
    ReadMarkMoved,
    ReadStored,
    Restored,
    RowsRemoved,
    SendAccepted,
    SendAttempted,
    SendRefused,
    SendRequested,
    Shown,
    Slept,
    StatusStored,
    Stored,
    TaskClosed,
    TaskLeased,
    TypingCleared,
    UnreadShown,
    Wiped,
    Woke,
)
from reports.metrics.definitions import ANYHOW, DIMENSIONS, METRICS
from reports.metrics.notifying import Notifying
from reports.metrics.phases import PHASES, Phases
from reports.metrics.screens import YOUNG, Row, Screens
from reports.metrics.watching import Watching
from sim.history import (
    Crashed,
    Event,
    FaultEnded,
    FaultStarted,
    Healed,
    LostForGood,
    QuorumLostForGood,
    Restarted,
)
from sim.registry import RegistryError

Cell = tuple[str, ...]
"""A figure's name, then the value of each of the `DIMENSIONS`, in their order."""


class Metrics(msgspec.Struct):
    """Figures of one run, or of many: `merge` adds another's. Counts are sums, samples are all kept.

    `cells` has the samples that are kept by all dimensions at once, `samples` the others, by their names.
    """

    samples: dict[str, list[int]] = {}
    counts: dict[str, int] = {}
    cells: dict[Cell, list[int]] = {}

    def values(self, figure: str, where: Mapping[str, str] = {}) -> list[int]:
        """All samples of a figure of which the dimensions in `where` have these values, in no particular order."""
        if "fault" not in where:
            wanted = [(1 + place, where[name]) for place, name in enumerate(DIMENSIONS) if name in where]
            found = [
                values
                for cell, values in self.cells.items()
                if cell[0] == figure and all(cell[place] == value for place, value in wanted)
            ]
            if found:
                return [value for values in found for value in values]
        return self.samples.get(named(figure, where), [])

    def merge(self, other: Metrics) -> None:
        for cell, values in other.cells.items():
            self.cells.setdefault(cell, []).extend(values)
        for name, values in other.samples.items():
            self.samples.setdefault(name, []).extend(values)
        for name, count in other.counts.items():
            self.counts[name] = self.counts.get(name, 0) + count

    def ratio(self, part: str, whole: str) -> float | None:
        """One count by another, or None if there is no whole."""
        total = self.counts.get(whole, 0)
        return self.counts.get(part, 0) / total if total else None


def named(figure: str, where: Mapping[str, str]) -> str:
    """What the samples of a part of a figure are called: 'queue_lag', 'send_to_delivered[region=eu]'."""
    return f"{figure}[{','.join(f'{name}={value}' for name, value in where.items())}]" if where else figure


def percentile(ordered: Sequence[int], p: int) -> int | None:
    """The nearest-rank percentile of ascending values: the smallest with at least p % of them at or below it.

    `p` is a whole number, so that the rank is exact: in floats, 99.9 % of 1,000 can be the 1,000th.
    """
    if not ordered:
        return None
    return ordered[max(0, -(-len(ordered) * p // 100) - 1)]


def given_up(metrics: Metrics) -> dict[str, int]:
    """How many deliveries were given up, by reason."""
    found = (name.partition("given up: ") for name in sorted(metrics.counts))
    return {reason: metrics.counts[whole + reason] for before, whole, reason in found if whole and not before}


def size_class(members: int) -> str:
    """The class of a conversation's size: each holds ten times as many as the last."""
    least = 2
    for most in (2, 10, 100, 1_000):
        if members <= most:
            return f"{least}-{most}" if least < most else str(most)
        least = most + 1
    return "over 1000"


class Connections:
    """Which devices are connected, and when they were: what tells online, interrupted and offline deliveries apart."""

    def __init__(self) -> None:
        self._since: dict[str, int] = {}
        self._over: dict[str, list[tuple[int, int]]] = {}

    def read(self, event: Event) -> None:
        """Takes notice of a device that connects, disconnects, falls asleep or dies."""
        match event:
            case Connected():
                self._end(event.device, event.t)
                self._since[event.device] = event.t
            case Disconnected() | Slept():
                self._end(event.device, event.t)
            case Crashed():
                self._end(event.node, event.t)

    def _end(self, device: str, at: int) -> None:
        since = self._since.pop(device, None)
        if since is not None:
            self._over.setdefault(device, []).append((since, at))

    def young(self, device: str, committed: int) -> bool:
        """Whether the connection that the device has now was young at that time (µs), and another one had gone before it."""
        return device in self._over and self._since.get(device, 0) > committed - YOUNG

    def segment(self, device: str, committed: int) -> str:
        """Of a device that has a message now which was committed then (µs): online, interrupted or offline.

        A connection that began in the very µs of the commit was there; one that ended in it was not.
        """
        since = self._since.get(device)
        if since is not None and since <= committed:
            return "online"
        # From the latest back: what matters is nearly always the last one or two.
        for began, ended in reversed(self._over.get(device, ())):
            if ended <= committed:
                break
            if began <= committed:
                return "interrupted"
        return "offline"

    def connected_time(self, device: str, after: int, until: int) -> int | None:
        """How long, in µs, the device was connected between the two times; None if it never was."""
        since = self._since.get(device)
        total = None if since is None else until - max(since, after)
        for began, ended in reversed(self._over.get(device, ())):
            if ended <= after:
                break
            total = (total or 0) + ended - max(began, after)
        return total


_FORWARD = (
    Shown, CursorMoved, CursorStored, SendAccepted, SendRefused, Enqueued, TaskClosed, DeadLettered,
    ReadStored, ReadMarkMoved, UnreadShown, PresenceShown, TypingCleared,
)  # fmt: skip

Sight = Callable[[Any, int], None]
"""What takes notice of an event, and of its index."""


class _Whose:
    """What a device has of a conversation, and the samples that its deliveries belong to as long as nothing of it changes."""

    __slots__ = ("cells", "has", "offline", "online")

    def __init__(self) -> None:
        self.has: set[int | str] = set()
        self.forget()

    def forget(self) -> None:
        """Something of it has changed."""
        self.online: tuple[list[int], ...] = ()
        self.offline: tuple[list[int], ...] = ()
        self.cells: dict[tuple[str, str, str], list[int]] = {}
        """By sender, segment and phase: the samples of `tap_to_screen`."""


class Meter:
    """Takes the figures of a history as it goes by: each event to the one of `sights` for its kind; `finish` at the end.

    Where commits are not recorded (`commits`), the sending of a message stands for its commit, and its message_id for its
    seq; where it is not recorded what devices store (`stored`), what they show stands for that. Without connections
    (`connections`) nobody can tell online deliveries from others: they are one sample. Where something may be left out, what did
    not come is not known to be missing (`all_due`).
    """

    def __init__(
        self, *, commits: bool = True, stored: bool = True, connections: bool = True, all_due: bool = True
    ) -> None:
        self.metrics = Metrics({}, {}, {})
        self._cells = self.metrics.cells
        self._all_due = all_due
        self._samples = self.metrics.samples
        self._counts = self.metrics.counts
        self._commits = commits
        self._requested: dict[tuple[str, str], int] = {}
        self._send_of: dict[tuple[str, str], tuple[str, str]] = {}
        self._row: dict[tuple[str, int | str], tuple[int, int | None, str]] = {}
        self._connections = Connections() if connections else None
        self._whose: dict[str, dict[str, _Whose]] = {}
        """By device and conversation."""
        self._of_phase: dict[str, dict[str, list[int]]] = {}
        """By sample and phase: the samples of `name[phase=...]`."""
        self._of_fault: dict[tuple[str, str], list[int]] = {}
        """By kind of fault and phase."""
        self._device: dict[str, DeviceRegistered] = {}
        self._type: dict[str, str] = {}
        self._size: dict[str, str] = {}
        self._cluster: dict[str, str] = {}
        self._phases = Phases()
        self._watching = Watching(self._phases)
        self._notifying = Notifying(self._away_since, self._user_of, self._on_told)
        self._screens = Screens(self._on_screen)
        self.on_delivery: Callable[[Row, str, str, int], None] | None = None
        """Told of each message that comes to a screen: what it is, the device, its segment, and how long it took (µs)."""
        self._tries: dict[str, tuple[int, int]] = {}
        """By device: how often it tried to connect since it was connected last, and when first (µs)."""
        self._attempts: dict[tuple[str, str], tuple[int, int]] = {}
        """By device and send, of what is not answered: how often it was tried, and since when (µs)."""
        self._enqueued: dict[tuple[str, int], list[int]] = {}
        self._healed: int | None = None
        self._forward = 0
        self._converged: int | None = None
        """When (µs) something moved last before the system was probed; None: it was not, so far."""
        self._deliveries = 0
        self._by: dict[str, int] = {}
        """Deliveries by what they came by; '' if it isn't said."""
        self.sights: dict[type[Event], Sight] = {
            DeviceRegistered: self._on_device, ConversationOpened: self._on_conversation,
            SendRequested: self._on_request, SendAttempted: self._on_attempt, SendAccepted: self._on_accept,
            Persisted: self._on_commit, DuplicateIgnored: self._on_duplicate,
            Connected: self._on_connect, Disconnected: self._on_away, Slept: self._on_away, Crashed: self._on_away,
            Pushed: self._on_push, Enqueued: self._on_enqueued, TaskLeased: self._on_lease,
            StatusStored: self._on_status, Healed: self._on_healed, Probed: self._on_probed,
            FaultStarted: self._on_fault, FaultEnded: self._on_fault, PresenceShown: self._on_presence,
            DeliveryFailed: self._on_given_up, ListedInLog: self._on_given_up, FailureAlert: self._on_alert,
            ConnectFailed: self._on_connect_failed, SendRefused: self._on_refusal,
            MemberJoined: self._on_joined, MemberLeft: self._on_left, Wiped: self._on_wiped,
            Restored: self._on_wiped, RowsRemoved: self._on_removed,
            LoggedOut: self._on_logged_out, LostForGood: self._on_lost, QuorumLostForGood: self._on_quorum_lost,
            LoggedIn: self._on_back, Woke: self._on_back, Restarted: self._on_back,
            NotificationShown: self._on_notification, ReadMarkMoved: self._on_read,
            Shown: self._on_shown if stored else self._on_shown_and_stored,
        }  # fmt: skip
        if stored:
            self.sights[Stored] = self._on_stored
        self.unhealed = dict(self.sights)
        """What will do for who knows that no Healed has come: what moves forward before it is asked of nobody."""
        for kind in _FORWARD:
            self.sights[kind] = self._moves_on(self.sights.get(kind))

    def _moves_on(self, sight: Sight | None) -> Sight:
        def moved(event: Event, _: int) -> None:
            self._forward = event.t

        def moved_and_seen(event: Event, index: int) -> None:
            self._forward = event.t
            sight(event, index)  # type: ignore[misc]

        return moved if sight is None else moved_and_seen

    def _add(self, name: str, value: int) -> None:
        try:
            self._samples[name].append(value)
        except KeyError:
            self._samples[name] = [value]

    def _add_since(self, name: str, since: int, value: int) -> str:
        """Takes a sample of what began at `since` (µs) and ends now, and returns its phase."""
        phase = self._phases.phase(since)
        self._add(name, value)
        self._add_phase(name, phase, value)
        return phase

    def _add_phase(self, name: str, phase: str, value: int) -> None:
        try:
            self._of_phase[name][phase].append(value)
        except KeyError:
            samples = self._samples.setdefault(f"{name}[phase={phase}]", [])
            self._of_phase.setdefault(name, {})[phase] = samples
            samples.append(value)

    def _count(self, name: str, by: int = 1) -> None:
        self._counts[name] = self._counts.get(name, 0) + by

    def _on_device(self, event: DeviceRegistered, _: int) -> None:
        self._device[event.device] = event
        self._watching.on_device(event)
        self._screens.on_device(event)

    def _on_conversation(self, event: ConversationOpened, _: int) -> None:
        self._type[event.conversation] = event.type
        self._size[event.conversation] = size_class(len(event.members))
        self._watching.on_conversation(event)
        self._screens.on_conversation(event)

    def _on_request(self, event: SendRequested, _: int) -> None:
        self._requested[event.device, event.send] = event.t
        self._screens.tapped(event.device, event.send, event.conversation, event.t)
        self._count("sends")

    def _on_attempt(self, event: SendAttempted, _: int) -> None:
        which = (event.conversation, event.message)
        again = not self._commits and which in self._send_of  # an app may leave it out which attempt it is
        send = self._send_of[which] = (event.device, event.send)
        counts = self._counts
        counts["send attempts"] = counts.get("send attempts", 0) + 1
        counts["send retries"] = counts.get("send retries", 0) + (event.attempt > 1 or again)
        tries, since = self._attempts.get(send, (0, self._requested.get(send, event.t)))
        self._attempts[send] = tries + 1, since
        if not self._commits:
            since = self._requested.get(send, event.t)
            self._row.setdefault(which, (since, since, event.device))
            self._commits_at(event.conversation, event.message, send, since, since)

    def _on_accept(self, event: SendAccepted, _: int) -> None:
        since = self._requested.get((event.device, event.send))
        if since is not None:
            self._add_since("send_to_accepted", since, event.t - since)
        self._answered(event.device, event.send)

    def _on_refusal(self, event: SendRefused, _: int) -> None:
        self._screens.answered(event.device, event.send)
        self._answered(event.device, event.send)

    def _answered(self, device: str, send: str) -> None:
        tries, since = self._attempts.pop((device, send), (0, 0))
        if tries:
            phase = self._add_since("send_tries", since, tries)
            self._count("sends answered")
            self._count(f"sends answered[phase={phase}]")
            self._count(f"send attempts[phase={phase}]", tries)

    def _on_commit(self, event: Persisted, _: int) -> None:
        send = self._send_of.get((event.conversation, event.message))
        since = self._requested.get(send) if send else None
        self._row[event.conversation, event.seq] = (event.t, since, event.device)
        self._count("messages")
        if since is not None and send is not None:
            self._add_since("send_to_persisted", since, event.t - since)
            seq = event.seq if isinstance(event.seq, int) else 0
            self._commits_at(event.conversation, event.message, send, since, event.t, seq)

    def _commits_at(
        self, conversation: str, message: str, send: tuple[str, str], since: int, t: int, seq: int = 0
    ) -> None:
        there = self._connections is not None and self._connections.segment(send[0], since) == "online"
        self._screens.committed(conversation, message, send, since, t, "connected" if there else "away", seq)
        self._notifying.committed(conversation, seq, since, t, send[0])

    def _user_of(self, device: str) -> str:
        registered = self._device.get(device)
        return registered.user if registered is not None else ""

    def _away_since(self, device: str, since: int, until: int) -> bool:
        return self._connections is not None and self._connections.connected_time(device, since, until) is None

    def _on_notification(self, event: NotificationShown, _: int) -> None:
        self._notifying.on_shown(event)

    def _on_read(self, event: ReadMarkMoved, _: int) -> None:
        self._notifying.on_mark(event)

    def _on_told(self, tapped: int, t: int) -> None:
        self._add_since("tap_to_notification", tapped, t - tapped)

    def _on_duplicate(self, event: DuplicateIgnored, _: int) -> None:
        self._count("duplicates ignored")

    def _on_connect(self, event: Connected, _: int) -> None:
        if self._connections is not None:
            self._connections.read(event)
            self._watching.on_connected(event)
        if event.cluster and self._cluster.get(event.device) != event.cluster:
            self._cluster[event.device] = event.cluster
            for whose in self._whose.get(event.device, {}).values():
                whose.forget()
        self._count("connects")
        self._count("reconnects", int(event.epoch > 1))
        failed, since = self._tries.pop(event.device, (0, event.t))
        phase = self._add_since("connect_tries", since, failed + 1)
        self._count("connect tries")
        self._count(f"connects[phase={phase}]")
        self._count(f"connect tries[phase={phase}]", failed + 1)
        self._screens.back(event.device)

    def _on_connect_failed(self, event: ConnectFailed, _: int) -> None:
        tries, since = self._tries.get(event.device, (0, event.t))
        self._tries[event.device] = tries + 1, since
        self._count("connect tries")

    def _on_away(self, event: Disconnected | Slept | Crashed, _: int) -> None:
        if self._connections is not None:
            self._connections.read(event)
            self._watching.on_away(event)

    def _on_presence(self, event: PresenceShown, _: int) -> None:
        self._watching.on_shown(event)

    def _on_fault(self, event: FaultStarted | FaultEnded, _: int) -> None:
        self._watching.cut(event.t)
        if isinstance(event, FaultStarted):
            self._phases.started(event)
        else:
            self._phases.ended(event)

    def _on_push(self, event: Pushed, _: int) -> None:
        counts = self._counts
        counts["pushes"] = counts.get("pushes", 0) + 1
        counts["push retries"] = counts.get("push retries", 0) + (event.attempt > 1)

    def _on_enqueued(self, event: Enqueued, _: int) -> None:
        self._enqueued.setdefault((event.conversation, event.seq), []).append(event.t)

    def _on_lease(self, event: TaskLeased, _: int) -> None:
        self._add_since("queue_depth", event.t, event.depth)
        waiting = self._enqueued.get((event.conversation, event.seq))
        if event.attempt == 1 and waiting:
            since = waiting.pop(0)
            self._add_since("queue_lag", since, event.t - since)

    def _on_status(self, event: StatusStored, _: int) -> None:
        counts = self._counts
        counts["status rows"] = counts.get("status rows", 0) + event.last - event.first + 1

    def _on_given_up(self, event: DeliveryFailed | ListedInLog, _: int) -> None:
        self._count(f"given up: {event.reason if isinstance(event, DeliveryFailed) else event.why}")

    def _on_alert(self, event: FailureAlert, _: int) -> None:
        self._count("alerts")

    def _on_healed(self, event: Healed, _: int) -> None:
        self._healed = self._forward = event.t
        self._watching.cut(event.t)
        self._phases.healed(event.t)

    def _on_joined(self, event: MemberJoined, _: int) -> None:
        self._screens.on_joined(event)

    def _on_left(self, event: MemberLeft, _: int) -> None:
        self._screens.on_left(event)

    def _on_removed(self, event: RowsRemoved, _: int) -> None:
        if isinstance(event.upto, int):
            self._screens.removed(event.conversation, event.upto)

    def _on_wiped(self, event: Wiped | Restored, _: int) -> None:
        self._screens.wiped(event.device)

    def _on_logged_out(self, event: LoggedOut, _: int) -> None:
        self._screens.gone(event.device)

    def _on_lost(self, event: LostForGood, _: int) -> None:
        self._screens.gone(event.node)

    def _on_back(self, event: LoggedIn | Woke | Restarted, _: int) -> None:
        self._screens.back(event.node)

    def _on_quorum_lost(self, event: QuorumLostForGood, _: int) -> None:
        self._screens.stopped(event.conversations)

    def _on_shown(self, event: Shown, _: int) -> None:
        self._screens.on_shown(event)

    def _on_shown_and_stored(self, event: Shown, index: int) -> None:
        self._screens.on_shown(event)
        self._on_stored(event, index)

    def _on_screen(self, row: Row, device: str, t: int) -> None:
        """A message is on a screen, or its not being there counts until now."""
        connections = self._connections
        segment = "?" if connections is None else connections.segment(device, row.committed)
        if segment == "online":
            segment = "reconnected" if connections is not None and connections.young(device, row.committed) else "live"
        phase = self._phases.phase(row.tapped)
        took = t - row.tapped
        if self.on_delivery is not None:
            self.on_delivery(row, device, segment, took)
        which = (row.sender, segment, phase)
        cells = self._whose_of(device, row.conversation).cells
        cell = cells.get(which)
        if cell is None:
            place = self._place(row, device)
            cell = cells[which] = self._cells.setdefault(("tap_to_screen", *place, segment, phase), [])
        cell.append(took)
        of_fault = self._of_fault
        for kind in self._phases.kinds(row.tapped):
            samples = of_fault.get(kind)
            if samples is None:
                name = f"tap_to_screen[fault={kind[0]},phase={kind[1]}]"
                samples = of_fault[kind] = self._samples.setdefault(name, [])
            samples.append(took)
        if connections is not None and segment in ("offline", "interrupted"):
            lag = connections.connected_time(device, row.committed, t)
            if lag is not None:
                place = self._place(row, device)
                self._cells.setdefault(("catch_up_to_screen", *place, segment, phase), []).append(lag)

    def _place(self, row: Row, device: str) -> tuple[str, ...]:
        """What a cell is of, but for the last two of the `DIMENSIONS`."""
        registered, conversation = self._device.get(device), row.conversation
        return (
            registered.region if registered else "?",
            self._cluster.get(device, "?"),
            registered.access if registered else "?",
            self._type.get(conversation, "?"),
            self._size.get(conversation, "?"),
            row.sender,
        )

    def _whose_of(self, device: str, conversation: str) -> _Whose:
        try:
            return self._whose[device][conversation]
        except KeyError:
            whose = self._whose.setdefault(device, {})[conversation] = _Whose()
            return whose

    def _on_probed(self, event: Probed, _: int) -> None:
        self._converged = self._forward
        self._phases.probed(event.t)
        self._watching.probed(event.t)

    def _on_stored(self, event: Stored | Shown, _: int) -> None:
        self._deliveries += 1
        device, conversation = event.device, event.conversation
        which: int | str = event.seq if self._commits else event.message
        row = self._row.get((conversation, which))
        if row is None or row[2] == device:
            return
        whose = self._whose_of(device, conversation)
        if which in whose.has:
            return
        whose.has.add(which)
        persisted, since = row[0], row[1]
        via = event.via if isinstance(event, Stored) else ""
        self._by[via] = self._by.get(via, 0) + 1
        if self._connections is None:
            if since is not None:
                self._add(ANYHOW.name, event.t - since)
            return
        segment = self._connections.segment(device, persisted)
        if segment == "offline":
            lag = self._connections.connected_time(device, persisted, event.t)
            if lag is not None:
                if not whose.offline:
                    whose.offline = self._segments("offline_sync_lag", device, conversation)
                for samples in whose.offline:
                    samples.append(lag)
                phase = self._phases.phase(persisted if since is None else since)
                self._add_phase("offline_sync_lag", phase, lag)
        elif since is None:
            return
        elif segment == "interrupted":
            self._add_since("interrupted_delivery", since, event.t - since)
        else:
            latency = event.t - since
            if not whose.online:
                whose.online = self._segments("send_to_delivered", device, conversation)
            for samples in whose.online:
                samples.append(latency)
            self._add_phase("send_to_delivered", self._phases.phase(since), latency)

    def _segments(self, sample: str, device: str, conversation: str) -> tuple[list[int], ...]:
        """The samples that a delivery to a device in a conversation belongs to, for as long as nothing of it changes."""
        of = {"type": self._type.get(conversation, "?"), "size": self._size.get(conversation, "?")}
        if device in self._cluster:
            of = {"cluster": self._cluster[device], **of}
        registered = self._device.get(device)
        if registered is not None:
            of = {"region": registered.region, "access": registered.access, **of}
        names = (sample, *(f"{sample}[{what}={which}]" for what, which in of.items()))
        return tuple(self._samples.setdefault(name, []) for name in names)

    def finish(self, events: int, last: int, first: int = 0) -> Metrics:
        """Return the figures of a history of so many events that went on from `first` to `last` (µs).

        Raises RegistryError for a sample that nobody defines.
        """
        if self._healed is not None:
            moved = self._forward if self._converged is None else self._converged
            self._add("convergence", moved - self._healed)
        self.on_delivery = None
        if self._all_due:
            self._screens.finish(last)
        for figure, unfinished in (("connect_tries", self._tries), ("send_tries", self._attempts)):
            for tries, since in unfinished.values():
                phase = self._add_since(figure, since, tries)
                self._count(
                    f"{'connect tries' if figure == 'connect_tries' else 'send attempts'}[phase={phase}]", tries
                )
        for name, number in (
            ("deliveries", self._deliveries),
            *((f"deliveries by {via}", n) for via, n in self._by.items()),
        ):
            if number and name != "deliveries by ":
                self._count(name, number)
        for name in self._samples:
            if (known := name.partition("[")[0]) not in METRICS and known != ANYHOW.name:
                raise RegistryError(METRICS.unknown(known))
        self._watching.cut(last)
        for what, lasted in (("watched µs", self._watching.watched), ("stale presence µs", self._watching.wrong)):
            if sum(self._watching.watched.values()):
                self._count(what, sum(lasted.values()))
                for phase in filter(self._watching.watched.get, PHASES):
                    self._count(f"{what}[phase={phase}]", lasted[phase])
        self._count("events", events)
        self._count("simulated µs", last - first)
        self._count("device µs", (last - first) * len(self._device))
        return self.metrics


def measure(history: Iterable[Event]) -> Metrics:
    """The figures of one history."""
    meter = Meter()
    sights = meter.sights
    last = events = 0
    for event in history:
        sight = sights.get(type(event))
        if sight is not None:
            sight(event, events)
        last = event.t
        events += 1
    return meter.finish(events, last)
