"""Replication (C5): the copies of a store partition agree on one log of writes, and apply it in its order.

Promise kept here: a write that was answered is in the log of a quorum, and stays there whoever leads (G4). What may fail:
any replica may die, stand still or be cut off; a follower is behind; a write whose leader died may be committed or not,
and its caller is never told. The algorithm is Raft (Ongaro and Ousterhout, USENIX ATC 2014) without its extensions.

    1. the leader writes an entry, answers, dies before anyone has it: so it answers only when a quorum has it
    2. the leader stands still, another is elected and writes, the first wakes up and is asked for the head: it asks a
       quorum whether it still leads before it says anything that must not be stale
    3. an entry of an earlier term lies on a quorum, and is overwritten all the same (figure 8 of the paper): an entry
       counts as committed only with one of the leader's own term

Durable: the log, and the tables with the index of the last entry applied to them. All else is volatile. The
log is kept whole: a run is short, and an entry is shared by all replicas. A partition with one replica keeps no log: its
writes are applied as they come. Of a store that brings to the disk later what it has written (`sync_every`), the log is what
it knows after a crash: it has one, also with one replica, and the tables are made anew from it.

Requirements: C5, F4, G4.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

from model.decisions import Micros, decision, setting
from model.events import StaleRead
from model.store.election import FOLLOWER, LEADER, Elector
from model.wire.base import Wire
from model.wire.replication import Entry, Forwarded, NotLeader, Replicate, Replicated
from sim.distributions import LogNormal
from sim.draws import key
from sim.node import Dispatch
from sim.state import Marks

if TYPE_CHECKING:
    from model.directory import Directory
    from sim.network import Call, Network

_LAG = key("replication lag")


class Proposal(NamedTuple):
    """A write that its leader has not committed yet: whom to answer, and what caused it."""

    call: Call | None
    cause: int


@dataclass(slots=True)
class WaitingRead:
    """A read that waits until a message numbered `number` or above has confirmed that the leader still leads."""

    marks = Marks(aside="number")

    number: int
    read: Wire
    call: Call
    asked: int
    cause: int


class Record:
    """What a group of replicas has told the history. For its writing only: no replica decides anything by it."""

    __slots__ = ("highest", "terms")

    def __init__(self) -> None:
        self.highest = 0
        self.terms: dict[int, int] = {}

    def is_news(self, index: int, term: int) -> bool:
        """Whether this entry is applied for the first time by any replica."""
        news = self.terms.get(index) != term
        if news:
            self.terms[index] = term
            self.highest = max(self.highest, index)
        return news


class Replica(Elector):
    """One copy of a partition. A subclass has the tables, and says how writes change them and what reads answer.

    `writes` names the method that applies each write: `method(write, at)`, which changes the tables by the write, the time
    `at` that its leader gave it (µs) and nothing else, tells what happened by `tell`, and returns the answer or None.
    `reads` names the method that answers each read: `method(read)`.
    """

    receives: ClassVar[dict[type, str]] = {
        **Elector.receives,
        Replicate: "on_replicate",
        Replicated: "on_replicated",
        Forwarded: "on_forwarded",
    }
    points: ClassVar[tuple[str, ...]] = ("appended", "voted")
    marks = Marks(
        durable="record applied behind conflicts _telling _synced",
        volatile="committed _proposals _reads _next _match _heard _acked _on_its_way _number _confirming _first",
        aside="_perform _sample_lag tell charge",
    )

    writes: ClassVar[dict[type[Wire], str]] = {}
    reads: ClassVar[dict[type[Wire], str]] = {}

    heartbeat_every = setting(1_000_000, unit="µs", why="How often a leader shows its followers that it is there.")
    replication_lag = setting(
        LogNormal(median=5_000, p99=200_000),
        unit="distribution, µs",
        why="How long after it knows of a commit a follower has it in its tables.",
    )
    batch = setting(64, unit="entries", why="How many entries of the log one message carries at most.")
    sync_every = setting(
        0,
        unit="µs",
        why="How often what was written is brought to the disk; a crash loses the rest. 0: each write, before it is answered.",
        source="Redis: appendfsync everysec, 1 s; PostgreSQL: synchronous_commit off, 200 ms",
    )

    def __init__(self, network: Network, name: str, region: str, directory: Directory) -> None:
        self.record = Record()
        """What its group has told; the deployment gives all replicas of a group the same one."""
        super().__init__(network, name, region, directory)
        self._perform = Dispatch(
            {kind: getattr(self, method) for kind, method in {**self.writes, **self.reads}.items()}
        )
        self._sample_lag = self.replication_lag.sampler()
        self._telling = True
        self.tell: Callable[..., None] = self.emit if self.alone else self._tell_once
        """For the application of a write: emits an event, if no other replica has applied the same entry before."""
        self.charge: Callable[[str, int, int], None] = self.count if self.alone else self._charge_once
        """For the application of a write: counts what it costs (R6), once for all replicas."""
        self.behind = 0
        """By how many µs more than usual it is late to apply what is committed: a fault."""
        self.conflicts = 0
        """How many appends it refuses as the leader, as if another write had been first: a fault."""

    def install(self) -> None:
        super().install()
        self.applied = 0
        self._synced = (0, 0)
        """What was on the disk when the last pause between two syncs began: which pause it was, and how many entries."""
        self.make_tables()

    def end_life(self, *, silent: bool) -> None:
        """Dies, and loses with it what is not on the disk yet."""
        super().end_life(silent=silent)
        if self.sync_every:
            self._is_written()
            del self.log[self._synced[1] :]

    def _boot(self) -> None:
        super()._boot()
        if len(self.log) < self.applied:
            self._forget_lost()

    def boot(self) -> None:
        self.committed = min(self.applied, len(self.log))
        self._proposals: dict[int, Proposal] = {}
        self._reads: list[WaitingRead] = []
        super().boot()

    # --- for the subclass --------------------------------------------------------------------------------------------

    def allows_stale(self, read: Wire) -> bool:
        """Whether this replica may answer a read from its own tables, however old they are."""
        raise NotImplementedError

    def make_tables(self) -> None:
        """Makes the tables as they are before the first entry."""
        raise NotImplementedError

    def respond(self, call: Call, answer: Wire) -> None:
        """Answers a call; the subclass says after which service time."""
        self.reply(call, answer)

    def conclude(self, done: tuple[Call, Wire]) -> None:
        """The leader has committed and applied a write, and answers it."""
        self.respond(*done)

    def read_answered(self, read: Wire, asked: int) -> None:
        """A read that arrived at `asked` µs was answered from this replica's tables, as they are now."""

    def entries_lost(self, before: Any) -> None:
        """Applied entries were given up and the tables made anew; `before` is what `snapshot` returned."""

    def snapshot(self) -> Any:
        """What `entries_lost` needs of the tables that are given up."""

    def _tell_once(self, kind: Any, *fields: Any) -> None:
        if self._telling:
            self.emit(kind, *fields)

    def _charge_once(self, what: str, number: int, size: int) -> None:
        if self._telling:
            self.count(what, number, size)

    # --- decisions ---------------------------------------------------------------------------------------------------

    @decision
    def write_quorum(self, replicas: int) -> int:
        """How many of the replicas, the leader included, must hold an entry before it counts as committed (C5): most.

        Any two majorities have a replica in common, so that whoever is elected by one knows what was committed by another.

        Variant::

            def write_quorum(self, replicas):
                return 1
        """
        return replicas // 2 + 1

    @decision
    def commits(self, entry_term: int, term: int) -> bool:
        """Whether the leader of `term` takes an entry that a quorum holds for committed (C5): one of its own term only.

        An entry of an earlier term may lie on a quorum and still be overwritten by a leader that never had it. It is
        committed together with the first entry of the new term that follows it; an empty one is written for that.

        With a `batch` of 64 the empty entry shields it: a follower that lacks the old entries gets them and the empty one
        in one message, and one that has them is known to only when it has taken the empty one. So no plan was found in
        which another answer is seen. It takes a backlog of more than 63 entries, or a smaller batch: with one entry a
        message it loses a committed row (`tests/model/test_replication.py`, figure 8 of the Raft paper).

        Variant::

            def commits(self, entry_term, term):
                return True
        """
        return entry_term == term

    @decision
    def before_replicating(self, write: Wire) -> Literal["log", "answer"]:
        """What a leader does with a write before it replicates it (C5): it puts it into its 'log', and no more.

        One that applies and answers it at once, and leaves it to its next heartbeat to replicate it, is faster by a round trip.
        What it has answered since the last one is gone if it dies and another is elected.

        Variant::

            def before_replicating(self, write):
                return "answer"
        """
        return "log"

    @decision
    def steps_down(self, silence: Micros) -> bool:
        """Whether a leader that has not heard of a quorum for `silence` µs gives up (C5): after an election time-out.

        It could commit nothing any more, and its callers are better off when they are sent elsewhere.

        Variant::

            def steps_down(self, silence):
                return False
        """
        return silence > self.election_timeout

    @decision
    def confirms(self, read: Wire) -> bool:
        """Whether a leader asks a quorum if it still leads before it answers a read that must not be stale (C5).

        A leader that stood still or was cut off does not know that another has been elected. The question goes out after
        the read has come, and counts no clock: a lease would need clocks that run alike.

        Variant::

            def confirms(self, read):
                return False
        """
        return True

    # --- what clients ask --------------------------------------------------------------------------------------------

    def on_write(self, write: Wire, call: Call | None) -> None:
        """Applies a write, or has it replicated first; one that comes to a follower is refused, or passed on if a cast."""
        if self.alone:
            if self.sync_every:
                self._is_written()
                self.log.append(Entry(self.term, self.now, write))
                self.applied += 1
            answer = self._perform[type(write)](write, self.now)
            if call is not None and answer is not None:
                self.conclude((call, answer))
        elif self.role is LEADER:
            self._propose(write, call)
        elif call is not None:
            self.reply(call, NotLeader(self.leader))
        elif self.leader:
            self.cast(self.leader, Forwarded(write))

    def on_forwarded(self, forwarded: Forwarded, source: None) -> None:
        if self.role is LEADER:
            self.on_write(forwarded.write, None)

    def on_read(self, read: Wire, call: Call) -> None:
        """Answers a read: as it is, or after a quorum has confirmed that nobody else leads."""
        if self.alone:
            self.respond(call, self._perform[type(read)](read))
        elif self.allows_stale(read):
            behind = self.record.highest - self.applied
            if behind > 0:
                self.emit(StaleRead, self.partition, type(read).__name__, behind)
            self._answer_read(read, call, self.now)
        elif self.role is not LEADER:
            self.reply(call, NotLeader(self.leader))
        elif not self.confirms(read):
            self._answer_read(read, call, self.now)
        else:
            self._reads.append(WaitingRead(self._number + 1, read, call, self.now, self.env.cause))
            if not self._confirming:
                self._confirm()

    def _answer_read(self, read: Wire, call: Call, asked: int) -> None:
        self.respond(call, self._perform[type(read)](read))
        self.read_answered(read, asked)

    def _confirm(self) -> None:
        self._confirming = self._number + 1
        for peer in self.peers:
            self._replicate(peer)

    def _answer_reads(self) -> None:
        """Answers what a quorum has confirmed: the last thing this leader knows committed is the last there was then."""
        if self.committed < self._first:
            return  # what earlier leaders committed is not known before an entry of the own term is
        confirmed = sorted(self._acked.values(), reverse=True)[len(self.group) // 2 - 1]
        if confirmed >= self._confirming:
            self._confirming = 0
        due = [waiting for waiting in self._reads if waiting.number <= confirmed]
        if due:
            self._reads = [waiting for waiting in self._reads if waiting.number > confirmed]
            for waiting in due:
                self.env.cause = waiting.cause
                self._answer_read(waiting.read, waiting.call, waiting.asked)
        if self._reads and not self._confirming:
            self._confirm()

    # --- the leader --------------------------------------------------------------------------------------------------

    def lead(self) -> None:
        self._next = dict.fromkeys(self.peers, len(self.log) + 1)
        self._match = dict.fromkeys(self.peers, 0)
        self._heard = dict.fromkeys(self.peers, self.now)
        self._acked = dict.fromkeys(self.peers, 0)
        self._on_its_way = dict.fromkeys(self.peers, 0)
        self._number = 0
        self._confirming = 0
        self._first = len(self.log) + 1
        self._propose(None, None)
        self.after(self.heartbeat_every, self._beat, self._watch)

    def let_go(self) -> None:
        """Writes stay without an answer, for they may be committed yet; a read has no outcome, and may go elsewhere."""
        self._proposals.clear()
        for waiting in self._reads:
            self.reply(waiting.call, NotLeader(self.leader))
        self._reads.clear()

    def _beat(self, watch: int) -> None:
        if watch != self._watch:
            return
        heard = sorted(self._heard.values(), reverse=True)[len(self.group) // 2 - 1]
        if self.steps_down(self.now - heard):
            self._follow(self.term, "", "no quorum")
            return
        for peer in self.peers:
            self._replicate(peer)
        self.after(self.heartbeat_every, self._beat, watch)

    def _propose(self, write: Wire | None, call: Call | None) -> None:
        at = max(self.now, self.log[-1].at) if self.log else self.now  # whatever its leaders' clocks: never back
        if self.sync_every:
            self._is_written()
        self.log.append(Entry(self.term, at, write))
        self._proposals[len(self.log)] = Proposal(call, self.env.cause)
        if write is not None and self.before_replicating(write) == "answer":
            self.committed = len(self.log)
            self._apply_up_to(self.committed)
            return
        for peer in self.peers:
            if not self._on_its_way[peer]:
                self._replicate(peer)
        self._advance()

    def _replicate(self, peer: str) -> None:
        """Sends a follower what it lacks. One message is on its way at a time, or else it is a heartbeat."""
        self._number = self._on_its_way[peer] = number = self._number + 1
        before, log = self._next[peer] - 1, self.log
        entries = tuple(log[before : before + self.batch]) if before < len(log) else ()
        term = log[before - 1].term if before else 0
        self.cast(peer, Replicate(self.term, self.name, peer, number, before, term, entries, self.committed))

    def on_replicated(self, ack: Replicated, source: None) -> None:
        if ack.term > self.term:
            self._follow(ack.term, "", "newer term")
        if self.role is not LEADER or ack.term != self.term:
            return
        peer, upto, news = ack.follower, ack.upto, False
        self._heard[peer] = self.now
        if ack.number > self._acked[peer]:
            self._acked[peer] = ack.number
        if ack.taken:
            if upto > self._match[peer]:
                self._match[peer] = upto
                news = True
            if upto >= self._next[peer]:
                self._next[peer] = upto + 1
        else:
            had = 0 if self.sync_every else self._match[peer]  # what was not on its disk, it may have lost
            self._next[peer] = max(had, min(self._next[peer] - 1, upto)) + 1
        if ack.number == self._on_its_way[peer]:
            self._on_its_way[peer] = 0
            if self._next[peer] <= len(self.log):
                self._replicate(peer)
        if self._reads or self._confirming:
            self._answer_reads()
        if news:  # else a quorum holds what it held before: what grows the log by itself looks at once
            self._advance()

    def _advance(self) -> None:
        """Commits what a quorum holds, applies it, and answers."""
        held = sorted((len(self.log), *self._match.values()), reverse=True)[self.write_quorum(len(self.group)) - 1]
        if held > self.committed and self.commits(self.log[held - 1].term, self.term):
            self.committed = held
            self._apply_up_to(held)
            if self.role is LEADER and self.life.running:
                self._answer_reads()

    # --- followers ---------------------------------------------------------------------------------------------------

    def on_replicate(self, sent: Replicate, source: None) -> None:
        if sent.term < self.term:
            # Number 0: the sender may lead again, in this term, and must not take it for an answer to what it sends now.
            self.cast(sent.leader, Replicated(self.term, self.name, 0, 0, False))
            return
        if sent.term > self.term or self.role is not FOLLOWER or self.leader != sent.leader:
            self._follow(sent.term, sent.leader, "newer term")
        self._deadline = self.now + self._patience
        if not self._has(sent.before, sent.before_term):
            hint = self._end_before(sent.before)
            self.cast(sent.leader, Replicated(self.term, self.name, sent.number, hint, False))
            return
        upto = sent.before
        for entry in sent.entries:
            upto += 1
            if upto <= len(self.log):
                if self.log[upto - 1].term == entry.term:
                    continue
                self._cut(upto - 1)
            if self.sync_every:
                self._is_written()
            self.log.append(entry)
        committed = sent.committed if sent.committed < upto else upto
        if committed > self.committed:
            self._learn(committed)
        ack = Replicated(self.term, self.name, sent.number, upto, True)
        self.point("appended", self._acknowledge, (sent.leader, ack))

    def _acknowledge(self, ack: tuple[str, Replicated]) -> None:
        self.cast(*ack)

    def _has(self, index: int, term: int) -> bool:
        return not index or (index <= len(self.log) and self.log[index - 1].term == term)

    def _end_before(self, index: int) -> int:
        """Where the leader may try next, when the entry at `index` is missing or another: before all of its term."""
        if index > len(self.log):
            return len(self.log)
        wrong = self.log[index - 1].term
        while index and self.log[index - 1].term == wrong:
            index -= 1
        return index

    def _cut(self, length: int) -> None:
        """Gives up the entries after `length`, which were never committed; if they were, their effects are undone."""
        del self.log[length:]
        self._synced = (self._synced[0], min(self._synced[1], length))
        self.committed = min(self.committed, length)
        if length < self.applied:
            before = self.snapshot()
            self.applied = 0
            self.make_tables()
            self._apply_up_to(length)
            self.entries_lost(before)

    def _is_written(self) -> None:
        """Notes what is on the disk by now: if a pause between two syncs has ended since, all that was in the log so far."""
        pause = self.uptime // self.sync_every
        if pause != self._synced[0]:
            self._synced = (pause, len(self.log))

    def _forget_lost(self) -> None:
        """Makes the tables anew from what was on the disk. What others of its group have as well is not lost."""
        before, upto = self.snapshot(), len(self.log)
        self.applied = 0
        self.make_tables()
        if self.alone:
            tell, charge, self.tell, self.charge = self.tell, self.charge, _nothing, _nothing
            for entry in self.log:
                if entry.write is not None:
                    self._perform[type(entry.write)](entry.write, entry.at)
            self.applied, self.tell, self.charge = upto, tell, charge
            self.entries_lost(before)
        else:
            self._apply_up_to(upto)

    def _learn(self, committed: int) -> None:
        self.committed = committed
        draw = self.draws.u64(_LAG, self.key, committed)
        self.after(self._sample_lag(draw) + self.behind, self._apply_late, committed)

    def _apply_late(self, upto: int) -> None:
        self._apply_up_to(min(upto, self.committed))

    def _apply_up_to(self, index: int) -> None:
        """Applies the log up to and including `index`, in its order, and answers those that wait here."""
        done: list[tuple[Call, Wire, int]] = []
        env = self.env
        cause = env.cause
        while self.applied < index:
            entry = self.log[self.applied]
            self.applied += 1
            proposal = self._proposals.pop(self.applied, None)
            env.cause = proposal.cause if proposal else cause
            self._telling = self.record.is_news(self.applied, entry.term)
            if entry.write is not None:
                answer = self._perform[type(entry.write)](entry.write, entry.at)
                if proposal and proposal.call and answer is not None:
                    done.append((proposal.call, answer, env.cause))
        env.cause = cause
        if done:
            self._answer_all(done)

    def _answer_all(self, done: list[tuple[Call, Wire, int]]) -> None:
        life = self.life
        for place, (call, answer, cause) in enumerate(done):
            if not life.running:  # it died or stood still at the crash point of the one before
                life.defer(self._answer_all, done[place:], self.env.cause)
                return
            self.env.cause = cause
            self.conclude((call, answer))


def _nothing(*_: object) -> None:
    pass
