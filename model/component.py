"""What all components of the chat system share: they know the directory and each other, and how to reach a store partition.

Promise kept here: a component takes nothing from a node that isn't part of the deployment (P15). What may fail: somebody
inside the network calls the store, the queue or a gateway, perhaps under the name of a real node.

A caller names a partition. Which replica of it leads, it learns by asking: one that doesn't lead says who does, and one
that doesn't answer is not asked first the next time. A call without an answer is UNKNOWN, as everywhere.

Requirements: C5, P15.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from simpy.events import Event as SimEvent

from model.decisions import decision
from model.events import CallRefused
from model.security import Identity, credential
from model.serving import Serving
from model.wire.base import Wire
from model.wire.replication import NotLeader
from model.wire.store import ReadHeads, ReadPage
from sim.draws import key
from sim.environment import Signal
from sim.node import UNKNOWN, Node, Unknown
from sim.state import Marks

if TYPE_CHECKING:
    from model.directory import Directory
    from sim.network import Network

_REPLICA = key("replica that is read")
_PAUSE = 100_000
"""How long, in µs, a caller waits that was sent to and fro, or to nobody: an election is on."""


class _Question:
    """A request on its way to a partition: when it is given up, whom it was put to, and how often it was sent on."""

    __slots__ = ("arg", "deadline", "partition", "replica", "request", "sent_on", "then")

    def __init__(
        self, partition: str, request: Wire, deadline: int, then: Callable[[Any, Any], object], arg: Any
    ) -> None:
        self.partition = partition
        self.request = request
        self.deadline = deadline
        self.then = then
        self.arg = arg
        self.replica = ""
        self.sent_on = 0


class Component(Serving):
    """A node of the chat system. `directory` says who else there is, and who is responsible for what."""

    marks = Marks(aside="directory identity _believed count")

    from_any_replica: ClassVar[tuple[type[Wire], ...]] = (ReadPage, ReadHeads)
    """Reads that go to any replica first: it answers if it may, or names the leader. One that asks for what is `fresh` goes to
    the leader."""

    def __init__(self, network: Network, name: str, region: str, directory: Directory) -> None:
        self.directory = directory
        self.identity = Identity(name, credential(name))
        self._believed: dict[str, str] = {}
        super().__init__(network, name, region)
        self.count = network.meter.add
        """Counts what this costs (R6): count(what, number, bytes)."""

    # --- who may call ------------------------------------------------------------------------------------------------

    @decision
    def trusts(self, caller: Identity) -> bool:
        """Whether calls of another node are taken (P15): if its credential is the one that was issued for its name.

        Asked when a link between two nodes is set up, as with mutual TLS, and not for each call. A name alone proves
        nothing: anybody can give one.

        Variant::

            def trusts(self, caller):
                return self.directory.has(caller.name)
        """
        return caller.credential == credential(caller.name)

    def welcomes(self, source: Node) -> bool:
        identity: Identity | None = getattr(source, "identity", None)
        return identity is not None and self.trusts(identity)

    def turned_away(self, source: Node, payload: Any) -> None:
        identity: Identity | None = getattr(source, "identity", None)
        self.emit(CallRefused, identity.name if identity else "", type(payload).__name__)

    def _boot(self) -> None:
        self._believed = {}
        super()._boot()

    # --- store partitions --------------------------------------------------------------------------------------------

    def ask_store(
        self, partition: str, request: Wire, timeout: int, then: Callable[[Any, Any], object], arg: Any = None
    ) -> None:
        """Calls a store partition, whoever leads it; `then(response, arg)`, UNKNOWN after `timeout` µs."""
        group = self.directory.replicas[partition]
        if len(group) == 1:
            self.ask(group[0], request, timeout, then, arg)
            return
        question = _Question(partition, request, self.uptime + timeout, then, arg)
        if isinstance(request, self.from_any_replica) and not getattr(request, "fresh", False):
            read = request.key() ^ _REPLICA
            self._put(question, group[self.draws.u64(_REPLICA, read, self.network.count(read)) % len(group)])
        else:
            self._put(question, self._leader_of(partition))

    def call_store(self, partition: str, request: Wire, timeout: int) -> SimEvent:
        """For a handler: `response = yield self.call_store(...)`; UNKNOWN after `timeout` µs without an answer."""
        signal = Signal(self.env)
        self.ask_store(partition, request, timeout, signal.fire)
        return signal

    def cast_store(self, partition: str, payload: Wire) -> None:
        """Sends a store partition a write without an answer; a follower passes it on to its leader."""
        group = self.directory.replicas[partition]
        self.cast(group[0] if len(group) == 1 else self._leader_of(partition), payload)

    def _leader_of(self, partition: str) -> str:
        return self._believed.get(partition) or self.directory.replicas[partition][0]

    def _put(self, question: _Question, replica: str) -> None:
        question.replica = replica
        self.ask(replica, question.request, max(1, question.deadline - self.uptime), self._store_answered, question)

    def _store_answered(self, answer: Any, question: _Question) -> None:
        partition, replica = question.partition, question.replica
        if isinstance(answer, NotLeader):
            self._believed[partition] = answer.leader or self._next_replica(partition, replica)
            question.sent_on += 1
            if answer.leader and question.sent_on == 1:
                self._put(question, answer.leader)
            elif self.uptime + _PAUSE < question.deadline:
                self.after(_PAUSE, self._put_again, question)
            else:
                question.then(UNKNOWN, question.arg)
            return
        if isinstance(answer, Unknown):
            if self._leader_of(partition) == replica:
                self._believed[partition] = self._next_replica(partition, replica)
        elif not isinstance(question.request, self.from_any_replica):
            self._believed[partition] = replica
        question.then(answer, question.arg)

    def _put_again(self, question: _Question) -> None:
        self._put(question, self._leader_of(question.partition))

    def _next_replica(self, partition: str, replica: str) -> str:
        group = self.directory.replicas[partition]
        return group[(group.index(replica) + 1) % len(group)]
