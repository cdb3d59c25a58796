"""Carries a plan out on a deployment: actions and faults at their times, armed ones at their points, healing at the end.

Requirements: F1, F2, F3, F4, F5, F6, F7, F8, F9, V2.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from faults.fault import name_of
from faults.kinds import Fault
from faults.plan import Action, Block, Create, Join, Leave, OpenList, Plan, Read, Scroll, Send, Type, Update
from faults.site import End, Held, Site
from model.deployment import Deployment
from model.device.device import Device
from sim.history import FaultEnded, FaultStarted, Healed
from sim.node import Node

_LOOK_EVERY = 10_000
"""How often, in µs, it is looked whether what a fault waits for has happened."""


class Injector:
    """Schedules what a plan holds. `schedule` may be called while the run goes on, for plans made on the way."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.network = deployment.network
        self._numbers: dict[Fault, list[int]] = {}
        self._scheduled = 0
        self._on: dict[int, tuple[_Site, End]] = {}
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
        self.deployment.env.at_first(action.at, self.act, action)

    def schedule_fault(self, fault: Fault) -> None:
        self._numbers.setdefault(fault, []).append(self._scheduled)
        self._scheduled += 1
        self.deployment.env.at_first(fault.at, self._begin, fault)

    def act(self, action: Action) -> None:
        """Carries an action out now, if the device can."""
        self.deployment.env.cause = -1
        device = self.deployment.devices[action.device]
        if self.healed:
            return
        if isinstance(action, Update):
            device.update(action.app_version, action.capabilities)
        elif not device.life.running:
            pass  # nobody can type into an app that doesn't run
        elif isinstance(action, Block):
            device.block(action.user, on=not action.lift)
        elif isinstance(action, Create):
            device.create(action.conversation, action.title)
        elif isinstance(action, OpenList):
            device.open_list()
        elif not device.knows_of(action.conversation):
            pass  # nobody has told this device that there is such a conversation
        elif isinstance(action, Join):
            device.send(action.conversation, "", "join", action.user)
        elif isinstance(action, Leave):
            device.send(action.conversation, "", "leave", action.user)
        elif isinstance(action, Read):
            device.read(action.conversation)
        elif isinstance(action, Scroll):
            device.scroll_back(action.conversation)
        elif isinstance(action, Type):
            device.type_in(action.conversation)
        elif device.can_send(action.type):
            body, attachment = action.body, action.attachment
            device.send(action.conversation, body, attachment=attachment, type=action.type, simpler=action.simpler)

    def _begin(self, fault: Fault) -> None:
        if self.healed:
            return
        self.deployment.env.cause = -1
        site = _Site(self, fault)
        if fault.armed:
            end = fault.begin(site)
            if end is not None:
                self.keep(site, end)
        elif not fault.idle(site):
            site.fired()
            site.ends(fault.begin(site))

    def later(self, delay: int, then: Callable[[Any], object], arg: Any) -> None:
        """Has `then(arg)` happen in `delay` µs, unless all is healed by then."""
        env = self.deployment.env
        env.at_first(int(env._now) + delay, self._step, (then, arg))

    def _step(self, step: tuple[Callable[[Any], object], Any]) -> None:
        if not self.healed:
            self.deployment.env.cause = -1
            then, arg = step
            then(arg)

    def end_in(self, delay: int, number: int) -> None:
        """Ends what `keep` gave this number in `delay` µs, if it is still on."""
        env = self.deployment.env
        env.at_first(int(env._now) + delay, self._end, number)

    def watch_for(self, waiting: tuple[int, str, int, int]) -> None:
        """Ends a fault when so many more events of a kind are in the history; it is looked for every 10 ms.

        `waiting`: the fault's number from `keep`, the event, how many of it, and the length of the history so far.
        """
        number, event, count, known = waiting
        if number in self._on:
            history = self.deployment.history
            count -= sum(type(each).__name__ == event for each in history[known:])
            if count <= 0:
                self._end(number)
            else:
                self.later(_LOOK_EVERY, self.watch_for, (number, event, count, len(history)))

    def finish(self, fault: Fault) -> None:
        """Ends the oldest of these faults that is on, now."""
        number = next((n for n, (on, _) in self._on.items() if on.fault is fault), None)
        if number is not None:
            self._end(number)

    def keep(self, site: _Site, end: End) -> int:
        """Keeps the end of a fault that is on, for the healing at latest; returns a number for it."""
        self._begun += 1
        self._on[self._begun] = (site, end)
        return self._begun

    def _end(self, number: int) -> None:
        entry = self._on.pop(number, None)
        if entry is not None:
            site, end = entry
            self.deployment.env.cause = -1
            self.note(FaultEnded, site.fault, *site.held)
            end()

    def note(self, event: Callable[..., FaultStarted | FaultEnded], fault: Fault, *fields: object) -> None:
        """Writes down that a fault starts or ends: it is the cause of what comes next."""
        env, history = self.deployment.env, self.deployment.history
        history.append(event(int(env._now), "faults", env.cause, self._numbers[fault][0], name_of(fault), *fields))
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


class _Site(Site):
    """The site of one fault of a plan."""

    def __init__(self, injector: Injector, fault: Fault) -> None:
        super().__init__(injector.deployment, injector.holds)
        self._injector = injector
        self.fault = fault
        self.held = Held()
        """Whom the fault holds, from when it strikes."""

    def fired(self, node: Node | None = None) -> None:
        self.held = self.fault.holds(self, node)
        self._injector.note(FaultStarted, self.fault, self.fault.armed, *self.held, self.fault.lasting())

    def ends(self, end: End | None) -> None:
        if end is not None:
            self._ends(end)

    def _ends(self, end: End) -> int:
        number = self._injector.keep(self, end)
        self._injector.end_in(self.fault.lasts(), number)
        return number

    def ends_when(self, end: End, event: str, count: int) -> None:
        self._injector.watch_for((self._ends(end), event, count, len(self._deployment.history)))

    def until_healed(self, end: End) -> None:
        self._injector.keep(self, end)

    def later(self, delay: int, then: Callable[[Any], object], arg: Any) -> None:
        self._injector.later(delay, then, arg)

    def send(self, device: str, conversation: str) -> None:
        self._injector.act(Send(at=self.now, device=device, conversation=conversation))
