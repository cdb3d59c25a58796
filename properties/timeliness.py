"""What was committed is on the screen in time, and not only in the end: live, and after what held it up is over.

A system in which nothing comes live looks well in the end: whoever is connected polls, and whoever returns syncs. Its users
wait a minute for each word. So whoever is connected and undisturbed is owed a message within seconds, well before the next
heartbeat could bring it; and who was cut off is owed what was missed soon after.

    1. gateways drop what workers push, and each digest brings it up to a minute later
    2. the session registry is not told of who reconnects: the device has its backlog, and what is said next does not come
    3. a device has a connection, and the digest that it connected by lacks a message that nobody will push any more

What disturbs whom: a device is disturbed by what strikes it, its gateway, or what passes between them; and everybody by what
strikes the core: stores, queues, workers, the session registry. Nobody is disturbed by what others' devices and gateways
suffer, nor by presence, notifications and attachments, by which no message comes. A queue that has more to do than it can, and
has raised its alarm, disturbs everybody: overload is latency, and its figures are in the report.

Requirements: G5, P4, P7.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from typing import ClassVar, NamedTuple

from model.events import BlockStored, Connected, Disconnected, LagAlarm, LagCleared, LoggedOut, Persisted, Shown, Slept
from properties.base import Violation, sees
from properties.calm import Calm, InCalm
from properties.conversation import Held, Log
from properties.ledger import LIVES, TURNS, Ledger
from sim.history import Crashed, Event, FaultEnded, FaultStarted, NodePlaced

BESIDE = frozenset(("presence", "notification", "provider", "objects"))
"""Roles of servers by which no message comes to a screen of who is connected."""

CORE = ""
"""Stands for all servers of the core in what is counted by node."""


class Ways(Calm):
    """The ways by which messages come to the devices that are connected, and since when they are undisturbed."""

    settles: ClassVar[int] = 60_000_000
    """µs after which a disturbance of the core is over: a lease that nobody serves runs out after 30 s, a worker asks a queue
    anew that was silent for 25 s, and a session registry that forgot hears of everybody by the next heartbeat, 55 s at most."""
    proven: ClassVar[int] = 120_000_000
    """µs after which a connection that lives through a disturbance is one: each end gives up one that was silent for 100 s, and
    looks at the next heartbeat."""

    def __init__(self, look_again: Callable[[], None]) -> None:
        super().__init__()
        self._look_again = look_again
        self.connected: dict[str, Connected] = {}
        self._role: dict[str, str] = {}
        self._lags: dict[str, None] = {}
        """Queues that have raised the alarm: they have more to do than they can."""
        self._late: dict[str, int] = {}
        """By device, gateway or CORE: until when (µs) messages of its ways were lost or late."""
        self.known: dict[str, int | None] = {}
        """By device: what `ready` said, as long as nothing changes."""
        self._core: int | None = None
        self._core_known = False

    def changed(self) -> None:
        """Something was disturbed, or is over."""
        self.known.clear()
        self._core_known = False
        self._look_again()

    def stopped(self, node: str, t: int) -> None:
        super().stopped(node, t)
        self.changed()

    def runs(self, node: str, t: int) -> None:
        super().runs(node, t)
        self._lags.pop(node, None)
        self.changed()

    def lags(self, event: LagAlarm | LagCleared) -> None:
        """A queue has more to do than it can, or has caught up."""
        if isinstance(event, LagAlarm):
            self._lags[event.node] = None
        else:
            self._lags.pop(event.node, None)
        self.touched(event.node, event.t)
        self.changed()

    def began(self, fault: FaultStarted) -> None:
        super().began(fault)
        self.changed()

    def ended(self, fault: FaultEnded) -> None:
        super().ended(fault)
        self.changed()

    def healed(self, t: int) -> None:
        super().healed(t)
        self.changed()

    def placed(self, event: NodePlaced) -> None:
        self._role[event.node] = event.role

    def _party(self, node: str) -> str | None:
        """Whose ways a server belongs to: a gateway's own, or the core's; None if messages don't come by it."""
        role = self._role.get(node)
        return None if role is None or role in BESIDE else node if role == "gateway" else CORE

    def missed(self, source: str, target: str, until: int) -> None:
        super().missed(source, target, until)
        ends = [self._party(node) if node in self._role else node for node in (source, target)]
        if None in ends:
            return
        whose = ends[0] if ends[1] == CORE else ends[1] if ends[0] == CORE else self._device_of(source, target)
        if whose is not None and until > self._late.get(whose, -1):
            self._late[whose] = until
            self.changed()

    def twice(self, source: str, target: str, t: int) -> None:
        if self._party(source) == CORE and self._party(target) == CORE:
            self.missed(source, target, t)

    def _device_of(self, source: str, target: str) -> str | None:
        return next((node for node in (source, target) if node not in self._role), None)

    def _core_since(self) -> int | None:
        """Since when (µs) the core is undisturbed; -1 if it always was, None if it is not."""
        if not self._core_known:
            nodes = [node for node in self._role if self._party(node) == CORE]
            steady = self.steady(*nodes)
            self._core = None if steady is None or self._lags else max(steady, self._late.get(CORE, -1))
            self._core_known = True
        return self._core

    def ready(self, device: str) -> int | None:
        """Since when (µs) the device is connected, and nothing disturbs it; None if it is not."""
        try:
            return self.known[device]
        except KeyError:
            since = self.known[device] = self._ready(device)
            return since

    def _ready(self, device: str) -> int | None:
        connected, core = self.connected.get(device), self._core_since()
        if connected is None or core is None or not self._role:
            return None
        gateway = connected.gateway
        steady = self.steady(device, gateway)
        if steady is None:
            return None
        own = max(steady, self._late.get(device, -1), self._late.get(gateway, -1))
        since = connected.t if connected.t >= own else own + self.proven
        return max(since, core + self.settles) if core >= 0 else since


class Row(NamedTuple):
    """A message that is committed: when (µs), by which event, and who must not be asked for it: the device that sent it."""

    t: int
    by: int
    log: Log
    seq: int
    message: str
    device: str
    sender: str


class Timely(InCalm):
    """What promises about commits share: which device owes which row, and when it is looked at."""

    rests_on: ClassVar[tuple[type[Event], ...]] = (BlockStored, *LIVES, *TURNS)
    optional: ClassVar[tuple[type[Event], ...]] = (LoggedOut, NodePlaced, LagAlarm, LagCleared)

    within: ClassVar[int] = 10_000_000
    """µs from the commit to the screen. Undisturbed it takes 0.2 s; a push that is not acked is repeated after 4 s, and a gap
    is fetched after 0.5 s. A heartbeat, whose digest would bring a message anyhow, comes after 45 s at the earliest."""

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self.calm: Ways = Ways(self._look_again)
        self._rows: deque[Row] = deque()
        self._next = 1 << 62
        """Before which time (µs) nothing is due."""

    def _look_again(self) -> None:
        self._next = -1

    @sees(NodePlaced)
    def on_placed(self, event: NodePlaced, index: int) -> None:
        self.calm.placed(event)

    @sees(Persisted)
    def on_persisted(self, event: Persisted, index: int) -> None:
        t = event.t
        if t > self._next:
            self.settle(t, index)
        log = self.ledger.logs.get(event.conversation)
        if log is None or event.kind or not log.fresh:
            return
        if not self._rows:
            self._next = min(self._next, t + self.within)
        self._rows.append(Row(t, index, log, event.seq, event.message, event.device, event.sender))

    @sees(Shown)
    def on_shown(self, event: Shown, index: int) -> None:
        if event.t > self._next:
            self.settle(event.t, index)

    @sees(Connected)
    def on_connected(self, event: Connected, index: int) -> None:
        self.settle(event.t, index)
        self.calm.connected[event.device] = event
        self.calm.changed()

    @sees(Disconnected, Slept, LoggedOut)
    def on_lost(self, event: Disconnected | Slept | LoggedOut, index: int) -> None:
        self._lost(event.device, event.t, index)

    @sees(Crashed)
    def on_died(self, event: Crashed, index: int) -> None:
        self._lost(event.node, event.t, index)

    @sees(LagAlarm, LagCleared)
    def on_lag(self, event: LagAlarm | LagCleared, index: int) -> None:
        self.settle(event.t, index)
        self.calm.lags(event)

    def _lost(self, device: str, t: int, index: int) -> None:
        self.settle(t, index)
        self.calm.connected.pop(device, None)
        self.calm.changed()

    def owes(self, held: Held, row: Row) -> bool:
        """Whether the row has to be on the device's screen, be it there or not."""
        access, log = held.access, row.log
        if held.device == row.device or not access.member or not access.was_member(row.seq):
            return False
        user = access.user
        return user not in log.hidden.get(row.seq, ()) and user not in log.blocked.get(row.sender, ())

    def settle(self, t: int, index: int) -> None:
        if t <= self._next:
            return
        rows, within = self._rows, self.within
        while rows and rows[0].t + within < t:
            self.due(rows.popleft(), index)
        self._next = rows[0].t + within if rows else 1 << 62

    def due(self, row: Row, index: int) -> None:
        """Looks at a row whose time is over."""
        raise NotImplementedError


class LiveInTime(Timely):
    """Whoever is connected and undisturbed shows what was committed within seconds, before any heartbeat could bring it.

    Proof of a violation: a Persisted, and that a device of a member, another one than sent it, has not shown it `within` so
    long, while it has been connected, undisturbed, since before the commit.
    """

    name: ClassVar[str] = "live-in-time"
    family: ClassVar[str] = "timeliness"
    anomalies: ClassVar[tuple[str, ...]] = ("late delivery",)

    def due(self, row: Row, index: int) -> None:
        seq, t, ready, known = row.seq, row.t, self.calm.ready, self.calm.known
        for held in row.log.devices:
            device = held.device
            since = known[device] if device in known else ready(device)
            if since is None or since > t:
                continue
            if seq <= held.seen or seq in held.apart:
                self.tested += 1
            elif self.owes(held, row):
                self.tested += 1
                connected = self.calm.connected[held.device]
                self.violated(
                    f"{held.device} does not show {row.log.name} {seq} ({row.message}), {self.within / 1e6:g} s after it was "
                    f"committed, and has been connected and undisturbed since {max(since, connected.t) / 1e6:g} s",
                    row.by,
                    index,
                )


class RepairedInTime(Timely):
    """What a disturbance held up is shown soon after its end, or after the device has connected again.

    Proof of a violation: a Persisted, and that a device of a member has not shown it, though it has been connected and
    undisturbed for `repair`, since after the commit. How long a disturbance of the core, or of a connection that lives on,
    goes on counting is in `Ways`.
    """

    name: ClassVar[str] = "repaired-in-time"
    family: ClassVar[str] = "timeliness"
    anomalies: ClassVar[tuple[str, ...]] = ("late delivery", "non-convergence")

    repair: ClassVar[int] = 30_000_000
    """µs: the digest of the connect, or of a heartbeat, and the pages that it asks for, of which some may have to be asked for
    once more after 5 s. It is less than the time to the next heartbeat, 45 s."""

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._missed: dict[str, deque[tuple[Held, Row]]] = {}
        """By device: what it did not show live, in the order of the commits."""
        self._turn: dict[str, int] = {}
        """The same devices, in the order in which they began to miss something."""
        self._turns = count()
        self._sooner: list[tuple[int, str]] = []
        """A heap: before which time (µs) nothing of a device is due. It may be due later than that, if at all."""

    def due(self, row: Row, index: int) -> None:
        seq = row.seq
        for held in row.log.devices:
            if seq > held.seen and seq not in held.apart and self.owes(held, row):
                missed = self._missed.get(held.device)
                if missed is None:
                    missed = self._missed[held.device] = deque()
                    self._turn[held.device] = next(self._turns)
                    heappush(self._sooner, (row.t + self.repair, held.device))
                missed.append((held, row))

    def settle(self, t: int, index: int) -> None:
        if t <= self._next:
            return
        super().settle(t, index)
        sooner = self._sooner
        looked: list[str] = []
        while sooner and sooner[0][0] < t:
            looked.append(heappop(sooner)[1])
        for device in sorted(looked, key=self._turn.__getitem__):
            missed, since = self._missed[device], self.calm.ready(device)
            if since is None:  # whatever it is, it is over later than now
                heappush(sooner, (t + self.repair, device))
                continue
            while missed and max(since, missed[0][1].t) + self.repair < t:
                self._judge(*missed.popleft(), since, index)
            if missed:  # a new connection may put an end to a time that is still to come
                heappush(sooner, (max(min(since, t), missed[0][1].t) + self.repair, device))
            else:
                del self._missed[device], self._turn[device]
        if sooner:
            self._next = min(self._next, sooner[0][0])

    def _judge(self, held: Held, row: Row, since: int, index: int) -> None:
        while held.newer is not None:
            held = held.newer
        if held.has_shown(row.seq):
            self.tested += 1
        elif self.owes(held, row):
            self.tested += 1
            self.violated(
                f"{held.device} does not show {row.log.name} {row.seq} ({row.message}) of {row.t / 1e6:g} s, "
                f"{self.repair / 1e6:g} s after nothing disturbs it any more",
                row.by,
                index,
            )
