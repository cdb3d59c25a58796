"""A Hypothesis state machine over a live deployment.

Each rule is one thing that a person, a device or an operator does, or that goes wrong, a microsecond after the last
rule; `advance` lets time pass. After every rule the safety properties must hold; at the end everything is healed, load
stops, and the system must converge. The machine writes down what it does as a plan, so that a failure leaves the same
file as a campaign.

Faults that a rule can end begin open-ended; when it does, their duration is filled in, so that the plan repeats the run
exactly. All others last as long as they say.

Requirements: V2, V5, F1, F2, F3, F4, F5, F6, F7, F8, F9.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

import msgspec
from hypothesis import currently_in_test_context, target
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.strategies import SearchStrategy

from faults.generate import PAYLOADS
from faults.kinds import (
    Burst,
    Crash,
    DropAt,
    Fault,
    KillApp,
    Partition,
    Pause,
    Reset,
    RotateToken,
    Sleep,
    SwitchAccount,
    Wipe,
)
from faults.plan import (
    Action,
    Block,
    Create,
    Join,
    Leave,
    OpenList,
    Plan,
    ProtocolRef,
    Read,
    Scroll,
    Send,
    Type,
    Update,
    check,
)
from model.protocol import REFERENCE, Protocol
from model.topology import expand, graph
from model.wire.routes import KINDS
from parley.machine.deployments import PLAIN, SECOND, Where
from parley.machine.figures import Figures, latest
from parley.machine.strategies import ARMED, ATTACHED, EARLIEST, TIMED, changes, empty, faults_now, outsiders, talks
from parley.run import Run, allowance
from properties import goals

T = TypeVar("T")

OPEN = 1 << 40
"""A duration longer than any run: the fault lasts until a rule or the healing ends it."""

STEERED = (
    "crash",
    "pause",
    "partition",
    "sleep",
    "kill_app",
    "wipe",
    "reset",
    "rotate_token",
    "switch_account",
    "burst",
)
"""Timed faults that have a rule of their own."""

ANSWERS = (
    "SendResult", "Ack", "PushMessage", "SyncPage", "Digest", "Appended", "Published", "Publish", "Push", "PushResult",
)  # fmt: skip
"""The messages whose loss the promises are about, the sender's first; `arm` can lose any other, too."""

STEERED_TO = {
    "tap_to_screen": "seconds until the latest message was shown",
    "queue_lag": "seconds of the longest queue lag",
    "offline_sync_lag": "seconds of the longest sync lag",
}
"""What examples are steered to, besides goals and slow convergence: what comes late."""

assert set(ANSWERS) <= KINDS.keys()


class Broken(AssertionError):
    """A promise was broken: what was done is `plan`, in `steps` rules (what starts and ends a machine is none)."""

    def __init__(self, said: str, plan: Plan, steps: int) -> None:
        super().__init__(said)
        self.plan = plan
        self.steps = steps


class Choices:
    """What rules can be aimed at in a deployment; the first of each is what examples shrink to."""

    def __init__(self, where: Where) -> None:
        everyone = expand(where.topology)
        self.devices = [device.name for device in everyone.devices]
        self.servers = sorted(
            (name for name, data in graph(where.topology).nodes(data=True) if data["kind"] != "device"),
            key=lambda name: not name.startswith(("messaging", "gateway", "worker", "store", "queue")),
        )
        self.talks = [*talks(where.topology), *outsiders(where.topology)]
        self.later = talks(where.topology, later=True)
        self.others = [
            (device.name, user) for device in everyone.devices for user in everyone.users if user != device.user
        ]
        self.changes = changes(where.topology)
        self.old = [device.name for device in everyone.devices if "*" not in device.capabilities]
        user_of = {device.name: device.user for device in everyone.devices}
        self.hosts = [
            (a, b)
            for a in self.devices
            for b in self.devices
            if user_of[a] != user_of[b] and a.endswith("phone") and b.endswith("phone")
        ]
        self.armed = faults_now(where.topology, ARMED)
        self.timed = faults_now(where.topology, [kind for kind in TIMED if kind not in STEERED])


def _one_of(what: Callable[[DeliveryMachine], list[T]]) -> SearchStrategy[T]:
    """One of what the machine that runs has to choose from."""
    return st.runner().flatmap(lambda machine: st.sampled_from(what(machine)))


_device = _one_of(lambda machine: machine.choices.devices)
_server = _one_of(lambda machine: machine.choices.servers)
_talk = _one_of(lambda machine: machine.choices.talks)
_change = _one_of(lambda machine: machine.choices.changes)
_cut = st.sampled_from(
    [("device", "gateway"), ("gateway", "service"), ("service", "store"), ("service", "queue"), ("worker", "queue"),
     ("worker", "gateway"), ("worker", "store")]
)  # fmt: skip


class DeliveryMachine(RuleBasedStateMachine):
    """People send and read, join and leave; devices sleep, wake and die; servers crash, links are cut; and time passes."""

    where: ClassVar[Where] = PLAIN
    choices: ClassVar[Choices] = Choices(PLAIN)
    protocol: ClassVar[Protocol] = REFERENCE
    spec: ClassVar[str] = ""
    """What the protocol is loaded by, as it is written into plans."""
    tally: ClassVar[Figures] = Figures()

    def __init__(self) -> None:
        super().__init__()
        self.run: Run | None = None
        self.broken = False
        """Whether a promise was broken. Nothing happens any more, and it is said at the end: so every step after it, and
        every step before it without which it still comes to that, can be taken away by itself."""
        self.steps = -1
        self.healed_at = 0
        self._workload: list[Action] = []
        self._faults: list[Fault] = []
        self._open: dict[int, tuple[str, str]] = {}
        self._load: dict[tuple[str, str], list[int]] = {}

    @classmethod
    def on(cls, where: Where, protocol: Protocol, spec: str) -> type[DeliveryMachine]:
        """The same machine on another deployment, with a tally of its own."""
        own = {"where": where, "choices": Choices(where), "protocol": protocol, "spec": spec, "tally": Figures()}
        return type("DeliveryMachine", (cls,), own)

    # --- the deployment ----------------------------------------------------------------------------------------------

    @initialize(seed=st.integers(0, 255))
    def deploy(self, seed: int) -> None:
        """Starts the deployment; everybody connects."""
        plan = empty(self.where, ProtocolRef(name=self.protocol.name, file=self.spec), seed)
        self.run = Run(plan, self.protocol)
        self._pass(EARLIEST)

    @property
    def live(self) -> Run:
        """The run, which `deploy` has started."""
        assert self.run is not None
        return self.run

    def standing(self, kind: str) -> list[str]:
        """Where faults of this kind are on that a rule can end, in the order in which they began."""
        return list(dict.fromkeys(on for open_kind, on in self._open.values() if open_kind == kind))

    def _pass(self, until: int) -> None:
        """Lets time pass, with the load that there is. A run that does not end is given up: that violates a promise."""
        if self.broken:
            return
        self._sends_until(until)
        so_far = msgspec.structs.replace(self.live.plan, duration=until, workload=tuple(self._workload))
        self.live.deployment.env.budget = allowance(so_far, self.live.deployment)
        self.live.advance(until)

    def _sends_until(self, until: int) -> None:
        """Schedules what the load sends until then."""
        while due := [(following, talk) for talk, (following, _) in self._load.items() if following <= until]:
            at, talk = min(due)
            self._load[talk][0] += self._load[talk][1]
            self._schedule(Send(at=at, device=talk[0], conversation=talk[1]))

    def _next(self) -> int:
        """The microsecond of the next rule. What the load sends by then comes first, as it does in a plan."""
        at = self.live.now + 1
        if not self.broken:
            self._sends_until(at)
        return at

    def _schedule(self, action: Action) -> None:
        if self.broken:
            return
        self._workload.append(action)
        self.live.injector.schedule_action(action)

    def _act(self, action: Action) -> None:
        self._schedule(action)
        self._pass(action.at)

    def _begin(self, fault: Fault, kind: str = "", on: str = "") -> None:
        """Starts a fault now; one that a rule can end is kept under its kind and where it is."""
        if self.broken:
            return
        if kind:
            self._open[len(self._faults)] = (kind, on)
        self._faults.append(fault)
        self.live.injector.schedule_fault(fault)
        self._pass(fault.at)

    def _end(self, kind: str, on: str) -> None:
        """Ends the open faults of a kind that are on there, now, in the order in which they began."""
        if self.broken:
            return
        at = self._next()
        for number in [number for number, fault in self._open.items() if fault == (kind, on)]:
            del self._open[number]
            fault = self._faults[number]
            self._faults[number] = _lasting(fault, at - fault.at)
            self.live.deployment.env.at_first(at, self.live.injector.finish, fault)
        self._pass(at)

    # --- what people do ----------------------------------------------------------------------------------------------

    @rule(talk=_talk)
    def send(self, talk: tuple[str, str]) -> None:
        """A person sends a message."""
        self._act(Send(at=self._next(), device=talk[0], conversation=talk[1]))

    @rule(talk=_talk)
    def scroll(self, talk: tuple[str, str]) -> None:
        """A person scrolls up by a page."""
        self._act(Scroll(at=self._next(), device=talk[0], conversation=talk[1]))

    @rule(device=_device)
    def open_list(self, device: str) -> None:
        """A person opens the list of conversations."""
        self._act(OpenList(at=self._next(), device=device))

    @rule(whom=_one_of(lambda machine: machine.choices.others), lift=st.booleans())
    def block(self, whom: tuple[str, str], lift: bool) -> None:
        """A person blocks another one, or takes that back."""
        self._act(Block(at=self._next(), device=whom[0], user=whom[1], lift=lift))

    @precondition(lambda self: self.choices.later)
    @rule(talk=_one_of(lambda machine: machine.choices.later))
    def create(self, talk: tuple[str, str]) -> None:
        """A person creates a conversation, with whom the deployment says."""
        self._act(Create(at=self._next(), device=talk[0], conversation=talk[1], title="a new one"))

    @precondition(lambda self: self.choices.later)
    @rule(talk=_one_of(lambda machine: machine.choices.later))
    def send_later(self, talk: tuple[str, str]) -> None:
        """A person sends a message to a conversation that begins later, if the device knows of it."""
        self._act(Send(at=self._next(), device=talk[0], conversation=talk[1]))

    @rule(talk=_talk, what=st.sampled_from(("attachment", *PAYLOADS)))
    def send_more(self, talk: tuple[str, str], what: str) -> None:
        """A person sends a text with an attachment, or something that not every app knows."""
        attachment, type = (ATTACHED, "") if what == "attachment" else (0, what)
        self._act(Send(at=self._next(), device=talk[0], conversation=talk[1], attachment=attachment, type=type))

    @rule(talk=_talk, count=st.sampled_from((3, 10)))
    def send_many(self, talk: tuple[str, str], count: int) -> None:
        """A person sends several messages at once."""
        self._begin(Burst(at=self._next(), device=talk[0], conversation=talk[1], count=count))

    @rule(talk=_talk, every=st.sampled_from((10, 2, 0.5, None)))
    def edit_load(self, talk: tuple[str, str], every: float | None) -> None:
        """From now on a device sends at this pace, in seconds, besides what its user sends; None: no longer."""
        at = self._next()
        self._load.pop(talk, None)
        if every is not None:
            pace = round(every * SECOND)
            self._load[talk] = [at + pace, pace]
        self._pass(at)

    @rule(talk=_talk)
    def read(self, talk: tuple[str, str]) -> None:
        """A person reads what the device shows."""
        self._act(Read(at=self._next(), device=talk[0], conversation=talk[1]))

    @rule(talk=_talk)
    def type_in(self, talk: tuple[str, str]) -> None:
        """A person types."""
        self._act(Type(at=self._next(), device=talk[0], conversation=talk[1]))

    @precondition(lambda self: self.choices.changes)
    @rule(change=_change)
    def leave(self, change: tuple[str, str, str]) -> None:
        """The user of a device leaves a group, or takes somebody out of it."""
        self._act(Leave(at=self._next(), device=change[0], conversation=change[1], user=change[2]))

    @precondition(lambda self: self.choices.changes)
    @rule(change=_change)
    def join(self, change: tuple[str, str, str]) -> None:
        """The user of a device adds somebody to a group, or asks in."""
        self._act(Join(at=self._next(), device=change[0], conversation=change[1], user=change[2]))

    @precondition(lambda self: self.choices.old)
    @rule(device=_one_of(lambda machine: machine.choices.old))
    def update(self, device: str) -> None:
        """An old app becomes the new one."""
        self._act(Update(at=self._next(), device=device, app_version="2.0"))

    @rule(seconds=st.sampled_from((20, 5, 1, 60, 0.3, 0.05)))
    def advance(self, seconds: float) -> None:
        """Time passes. The simplest is long enough for most that waits: one such step does what many short ones would."""
        self._pass(self.live.now + round(seconds * SECOND))

    # --- devices -----------------------------------------------------------------------------------------------------

    @rule(device=_device)
    def sleep(self, device: str) -> None:
        """The app is suspended."""
        self._begin(Sleep(at=self._next(), device=device, duration=OPEN), "sleep", device)

    @precondition(lambda self: self.standing("sleep"))
    @rule(device=_one_of(lambda machine: machine.standing("sleep")))
    def wake(self, device: str) -> None:
        """Its user opens a suspended app."""
        self._end("sleep", device)

    @rule(device=_device)
    def kill_app(self, device: str) -> None:
        """The app dies, and is opened again a second later."""
        self._begin(KillApp(at=self._next(), device=device, down=SECOND))

    @rule(device=_device)
    def wipe(self, device: str) -> None:
        """The app's data is gone; it is opened as a new installation a second later."""
        self._begin(Wipe(at=self._next(), device=device, down=SECOND))

    @rule(device=_device)
    def reset(self, device: str) -> None:
        """The device's connection breaks."""
        self._begin(Reset(at=self._next(), device=device))

    @rule(device=_device, asleep=st.sampled_from((0, 30)))
    def rotate_token(self, device: str, asleep: int) -> None:
        """The platform gives the app a new push token, perhaps while it sleeps for so many seconds."""
        self._begin(RotateToken(at=self._next(), device=device, asleep=asleep * SECOND))

    @precondition(lambda self: self.choices.hosts)
    @rule(phones=_one_of(lambda machine: machine.choices.hosts))
    def switch_account(self, phones: tuple[str, str]) -> None:
        """On the first handset, the user of the second one logs in for a while."""
        self._begin(SwitchAccount(at=self._next(), device=phones[0], to=phones[1], duration=20 * SECOND))

    # --- servers and links -------------------------------------------------------------------------------------------

    @rule(node=_server, silent=st.booleans())
    def crash(self, node: str, silent: bool) -> None:
        """A server dies, until it is started again."""
        self._begin(Crash(at=self._next(), node=node, down=OPEN, silent=silent), "crash", node)

    @precondition(lambda self: self.standing("crash"))
    @rule(node=_one_of(lambda machine: machine.standing("crash")))
    def restart(self, node: str) -> None:
        """A dead server is started again."""
        self._end("crash", node)

    @rule(node=_one_of(lambda machine: machine.choices.servers + machine.choices.devices))
    def pause(self, node: str) -> None:
        """A node stands still, until it goes on."""
        self._begin(Pause(at=self._next(), node=node, duration=OPEN), "pause", node)

    @precondition(lambda self: self.standing("pause"))
    @rule(node=_one_of(lambda machine: machine.standing("pause")))
    def resume(self, node: str) -> None:
        """It goes on with everything it was about to do."""
        self._end("pause", node)

    @rule(cut=_cut, one_way=st.booleans())
    def partition(self, cut: tuple[str, str], one_way: bool) -> None:
        """Two kinds of node lose sight of each other, until it is healed."""
        a, b = cut
        sides = {"a": (f"kind:{a}",), "b": (f"kind:{b}",)}
        fault = Partition(at=self._next(), **sides, one_way=one_way, duration=OPEN)
        self._begin(fault, "partition", f"{a} and {b}")

    @precondition(lambda self: self.standing("partition"))
    @rule(cut=_one_of(lambda machine: machine.standing("partition")))
    def heal(self, cut: str) -> None:
        """A partition is healed."""
        self._end("partition", cut)

    @rule(kind=st.sampled_from(ANSWERS), nth=st.integers(1, 3))
    def lose(self, kind: str, nth: int) -> None:
        """The nth message of a kind from now on will be lost."""
        self._begin(DropAt(at=self._next(), kind=kind, a=("*",), b=("*",), nth=nth))

    @rule(fault=st.runner().flatmap(lambda machine: machine.choices.armed))
    def arm(self, fault: Fault) -> None:
        """Any fault of the atlas that waits for its point."""
        self._begin(msgspec.structs.replace(fault, at=self._next()))

    @rule(fault=st.runner().flatmap(lambda machine: machine.choices.timed))
    def strike(self, fault: Fault) -> None:
        """Any other fault of the atlas."""
        self._begin(msgspec.structs.replace(fault, at=self._next()))

    # --- what must hold ----------------------------------------------------------------------------------------------

    @invariant()
    def safe(self) -> None:
        """No safety property is violated so far. Looked at once after `deploy`, and after each rule: this counts them."""
        self.steps += 1
        self.broken = bool(self.live.judge.violations)

    def teardown(self) -> None:
        """Everything is healed, and the system has to converge."""
        if self.run is None or self.steps < 0:
            return
        run = self.run
        if not self.broken:
            self._pass(run.now + 1)
            self._heal()
        own = self.tally.add(run.history, run.converged_after is not None, self.steps)
        if run.judge.violations:
            first = run.judge.violations[0]
            raise Broken(f"{first.property}: {first.message}", self.plan(), self.steps)
        if currently_in_test_context():  # a test may take a machine's steps by hand
            target((run.converged_after or 0) / SECOND, label="seconds to converge")
            target(float(self._reached()), label="goals reached")
            for figure, called in STEERED_TO.items():
                target(latest(own, figure), label=called)

    def _heal(self) -> None:
        """Ends all faults and all load, and gives the system its time."""
        self.live.heal()
        self.healed_at = self.live.now
        self.live.converge()

    def _reached(self) -> int:
        """How many different goals a run reached, and kinds of fault that took effect."""
        return sum(count > 0 for count in goals.count(self.live.history, True).values())

    def plan(self) -> Plan:
        """What was done so far, as a plan that does it again."""
        end = self.healed_at or self.live.now + 1
        faults = [
            _lasting(fault, end - fault.at + 1) if number in self._open else fault
            for number, fault in enumerate(self._faults)
        ]
        plan = msgspec.structs.replace(
            self.live.plan, duration=end, workload=tuple(self._workload), faults=tuple(faults)
        )
        check(plan, protocol=self.protocol)
        return plan


def _lasting(fault: Any, duration: int) -> Any:
    """The same fault, for so many µs."""
    return msgspec.structs.replace(fault, **{"down" if hasattr(fault, "down") else "duration": duration})
