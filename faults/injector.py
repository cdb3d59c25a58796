"""Carries a plan out on a deployment: actions and faults at their times, armed ones at their points, healing at the end.

Requirements: F1, F2, F3, F4, F5, F6, F7, F8, F9, V2.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from faults.kinds import End, Fault, name_of
from faults.kinds.base import _Fault
from faults.plan import Action, Join, Leave, Plan, Read, Send, Type, Update
from model.deployment import Deployment
from model.device.device import Device
from model.protocol import REFERENCE
from model.servers.provider import PushProvider
from model.store.election import LEADER
from model.store.store import MessageStore
from sim.history import FaultEnded, FaultStarted, Healed, LostForGood, QuorumLostForGood
from sim.node import Node

_LOOK_EVERY = 10_000
"""How often, in µs, it is looked whether what a fault waits for has happened."""


class Injector:
    """Schedules what a plan holds. `schedule` may be called while the run goes on, for plans made on the way."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.network = deployment.network
        self._numbers: dict[_Fault, list[int]] = {}
        self._scheduled = 0
        self._on: dict[int, tuple[_Fault, End]] = {}
        self._begun = 0
        self.holds: dict[str, int] = {}
        """How many faults hold a node down, by its name; it comes back when the last of them ends."""
        self.healed = False

    # --- scheduling ------------------------------------------------------------------------------------------------

    def schedule_plan(self, plan: Plan) -> None:
        """Everything in the plan. What is due at the same time happens in the plan's order, workload first."""
        for action in plan.workload:
            self.schedule_action(action)
        for fault in plan.faults:
            self.schedule_fault(fault)

    def schedule_action(self, action: Action) -> None:
        self.deployment.env.at_first(action.at, self._act, action)

    def schedule_fault(self, fault: Fault) -> None:
        self._numbers.setdefault(fault, []).append(self._scheduled)
        self._scheduled += 1
        self.deployment.env.at_first(fault.at, self._begin, fault)

    def _act(self, action: Action) -> None:
        self.deployment.env.cause = -1
        device = self.deployment.devices[action.device]
        if self.healed:
            return
        if isinstance(action, Update):
            device.update(action.app_version, action.capabilities)
        elif not device.life.running:
            pass  # nobody can type into an app that doesn't run
        elif isinstance(action, Join):
            device.send(action.conversation, "", "join", action.user)
        elif isinstance(action, Leave):
            device.send(action.conversation, "", "leave", action.user)
        elif isinstance(action, Read):
            device.read(action.conversation)
        elif isinstance(action, Type):
            device.type_in(action.conversation)
        elif device.can_send(action.type):
            device.send(action.conversation, action.body, attachment=action.attachment, type=action.type)

    def _begin(self, fault: Fault) -> None:
        if self.healed:
            return
        self.deployment.env.cause = -1
        if fault.armed:
            end = fault.begin(self)
            if end is not None:
                self._keep(fault, end)
        elif not fault.idle(self):
            self.fired(fault)
            self.ends(fault, fault.begin(self))

    def fired(self, fault: _Fault) -> None:
        """Writes down that a fault takes effect."""
        self._record(FaultStarted, self._numbers[fault][0], name_of(fault), fault.armed)

    def ends(self, fault: _Fault, end: End | None) -> None:
        """Schedules the end of a fault that has taken effect, if it has one."""
        if end is None:
            return
        number = self._keep(fault, end)
        lasts = fault.lasts()
        now = int(self.deployment.env._now)
        self.deployment.env.at_first(now + lasts, self._end, number)

    def later(self, delay: int, then: Callable[[Any], object], arg: Any) -> None:
        """For a fault of several steps: `then(arg)` in `delay` µs, unless all is healed by then."""
        now = int(self.deployment.env._now)
        self.deployment.env.at_first(now + delay, self._step, (then, arg))

    def _step(self, step: tuple[Callable[[Any], object], Any]) -> None:
        if not self.healed:
            self.deployment.env.cause = -1
            then, arg = step
            then(arg)

    def ends_when(self, fault: _Fault, end: End, event: str, count: int) -> None:
        """Schedules the end of a fault for when `count` more events of a kind are in the history, and `lasts` at latest.

        It is looked for every 10 ms.
        """
        number = self._keep(fault, end)
        now = int(self.deployment.env._now)
        self.deployment.env.at_first(now + fault.lasts(), self._end, number)
        self._watch_for((number, event, count, len(self.deployment.history)))

    def _watch_for(self, waiting: tuple[int, str, int, int]) -> None:
        number, event, count, seen = waiting
        if number in self._on:
            history = self.deployment.history
            count -= sum(type(its).__name__ == event for its in history[seen:])
            if count <= 0:
                self._end(number)
            else:
                self.later(_LOOK_EVERY, self._watch_for, (number, event, count, len(history)))

    def until_healed(self, fault: _Fault, end: End) -> None:
        """Keeps the end of a fault that has taken effect for when all is healed: it has none of its own before."""
        self._keep(fault, end)

    def finish(self, fault: Fault) -> None:
        """Ends the oldest of these faults that is on, now."""
        number = next((n for n, (its, _) in self._on.items() if its is fault), None)
        if number is not None:
            self._end(number)

    def _keep(self, fault: _Fault, end: End) -> int:
        self._begun += 1
        self._on[self._begun] = (fault, end)
        return self._begun

    def _end(self, number: int) -> None:
        entry = self._on.pop(number, None)
        if entry is not None:
            fault, end = entry
            self.deployment.env.cause = -1
            self._record(FaultEnded, self._numbers[fault][0], name_of(fault))
            end()

    def _record(self, kind: Callable[..., FaultStarted | FaultEnded], *fields: object) -> None:
        env, history = self.deployment.env, self.deployment.history
        history.append(kind(int(env._now), "faults", env.cause, *fields))
        env.cause = len(history) - 1

    # --- healing ---------------------------------------------------------------------------------------------------

    def heal(self, bound: int) -> None:
        """Ends every fault, disarms what has not fired, and brings every node and device back. Load stops."""
        self.healed = True
        on, self._on = self._on, {}
        for _, end in on.values():
            self.deployment.env.cause = -1
            end()
        for node in self.network.nodes.values():
            self.deployment.env.cause = -1
            node.resume()
            if isinstance(node, Device):
                node.wake("healing")
            else:
                node.restart()
        self.deployment.record(Healed, bound)
        self.deployment.env.cause = -1

    # --- for the faults --------------------------------------------------------------------------------------------

    def node(self, name: str) -> Node:
        return self.network.nodes[name]

    def send(self, where: tuple[str, str]) -> None:
        """A person sends something from a device to a conversation, if the app runs and all is not healed yet."""
        device, conversation = where
        self._act(Send(at=int(self.deployment.env._now), device=device, conversation=conversation))

    def lose(self, node: Node) -> None:
        """A node dies, and nothing brings it back."""
        if not node.gone:
            node.crash(silent=True)
            node.gone = True
            node.emit(LostForGood)

    def lose_quorum(self, partition: str) -> None:
        """Most replicas of a partition die, and nothing brings them back; the first ones live on."""
        replicas = self.replicas(partition)
        for replica in replicas[-(len(replicas) // 2 + 1) :]:
            self.lose(replica)
        directory = self.deployment.directory
        lost = tuple(name for name in directory.conversations if directory.store_for(name) == partition)
        self.deployment.record(QuorumLostForGood, partition, tuple(replica.name for replica in replicas), lost)

    def replicas(self, partition: str) -> list[MessageStore]:
        """The replicas of a store partition, in the order of their names."""
        nodes = self.network.nodes
        return [cast(MessageStore, nodes[name]) for name in self.deployment.directory.replicas[partition]]

    def leader(self, partition: str) -> MessageStore | None:
        """The replica that leads in the newest term, or else the first that is up."""
        up = [replica for replica in self.replicas(partition) if replica.up]
        leading = [replica for replica in up if replica.role == LEADER]
        return max(leading, key=lambda replica: replica.term) if leading else next(iter(up), None)

    def device(self, name: str) -> Device:
        return self.deployment.devices[name]

    def provider(self) -> PushProvider:
        return cast(PushProvider, self.network.nodes[self.deployment.directory.provider])

    def selects(self, selectors: Sequence[str]) -> Callable[[Node], bool]:
        """Whether one of the selectors names a node."""
        names = frozenset(selectors)
        everything = "*" in names
        kinds = {name: REFERENCE.components()[name] for name in REFERENCE.components() if f"kind:{name}" in names}
        classes = tuple(kinds.values())

        def selected(node: Node) -> bool:
            return everything or node.name in names or isinstance(node, classes) or f"region:{node.region}" in names

        return selected
