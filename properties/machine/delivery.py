"""A Hypothesis state machine over a live deployment.

Each rule is one thing that a person, a device or an operator does, or that goes wrong, a microsecond after the last
rule; `advance` lets time pass. After every rule the safety properties must hold; at the end everything is healed, and
the system must converge. The machine writes down what it does as a plan: a failure leaves the same file as a campaign,
and the shrunk example's file is the last one written.

Faults begin open-ended; when a rule ends one, its duration is filled in, so that the plan repeats the run exactly.

Requirements: V2, V5.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import msgspec
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from faults.kinds import (
    Crash,
    CrashAt,
    DropAt,
    Fault,
    KillApp,
    KillAppAt,
    Partition,
    Reset,
    RotateToken,
    Sleep,
    SwitchAccount,
    Wipe,
)
from faults.plan import VERSION, Expectation, Plan, ProtocolRef, Send, check, encode
from model.device import Device
from model.protocol import REFERENCE, Protocol
from model.service import MessagingService
from model.topology import ClusterSpec, ConversationSpec, CoreSpec, DeviceSpec, TopologySpec
from parley.campaign import write
from parley.run import Run
from reports.narrative import story

SECOND = 1_000_000
OPEN = 1 << 40
"""A duration longer than any run: the fault lasts until a rule or the healing ends it."""

TOPOLOGY = TopologySpec(
    regions=("eu",),
    core=CoreSpec(region="eu", services=2, stores=1, queues=1, workers=2, relays=1),
    clusters=(ClusterSpec(name="edge", region="eu", gateways=("gateway-1", "gateway-2")),),
    users=("alice", "bob"),
    devices=(
        DeviceSpec(name="alice-phone", user="alice", region="eu", access="mobile"),
        DeviceSpec(name="bob-phone", user="bob", region="eu", access="mobile"),
        DeviceSpec(name="bob-laptop", user="bob", region="eu"),
    ),
    conversations=(ConversationSpec(name="alice+bob", members=("alice", "bob")),),
)

_devices = st.sampled_from([device.name for device in TOPOLOGY.devices])
_servers = st.sampled_from(
    [
        "messaging-1",
        "messaging-2",
        "gateway-1",
        "gateway-2",
        "worker-1",
        "worker-2",
        "store-1",
        "queue-1",
        "relay-1",
        "registry",
    ]
)
_cuts = st.sampled_from(
    [("kind:device", "kind:gateway"), ("kind:gateway", "kind:service"), ("kind:service", "kind:store"),
     ("kind:service", "kind:queue"), ("kind:worker", "kind:queue"), ("kind:worker", "kind:gateway")]
)  # fmt: skip
_lossy = st.sampled_from(
    ["SendResult", "PushMessage", "Ack", "SyncPage", "Appended", "Published", "Publish", "Push", "PushResult", "Digest"]
)


class DeliveryMachine(RuleBasedStateMachine):
    """Send, sleep, wake, kill, crash, restart, cut, lose, heal, and let time pass, in any order."""

    protocol: ClassVar[Protocol] = REFERENCE
    spec: ClassVar[str] = ""
    """The variant file that the protocol comes from, as it is written into plans."""
    plans: ClassVar[Path] = Path("out/plans")
    """Where the plan of a failure goes."""

    def __init__(self) -> None:
        super().__init__()
        self.run: Run | None = None
        self.failed = False
        self._workload: list[Send] = []
        self._faults: list[Fault] = []
        self._open: dict[int, tuple[str, str]] = {}

    # --- the deployment ----------------------------------------------------------------------------------------------

    @initialize(seed=st.integers(0, 255))
    def deploy(self, seed: int) -> None:
        """Starts the deployment; everybody connects."""
        plan = Plan(
            parley_plan=VERSION,
            scenario="machine",
            seed=seed,
            protocol=ProtocolRef(name=self.protocol.name, file=self.spec),
            explore_ties=True,
            duration=0,
            bound=300 * SECOND,
            tail=40 * SECOND,
            workload=(),
            faults=(),
            topology=TOPOLOGY,
        )
        self.run = Run(plan, self.protocol)
        self.run.advance(SECOND)

    @property
    def live(self) -> Run:
        """The run, which `deploy` has started."""
        assert self.run is not None
        return self.run

    def _begin(self, fault: Fault, kind: str = "", on: str = "") -> None:
        """Starts a fault now; if it lasts, under a name by which a rule can end it."""
        if kind:
            self._open[len(self._faults)] = (kind, on)
        self._faults.append(fault)
        self.live.injector.schedule_fault(fault)
        self.live.advance(fault.at)

    def _end(self, kind: str, on: str | None) -> None:
        """Ends the open faults of a kind on a node (None: on any), now, in the order in which they began."""
        ending = [n for n, (its, where) in self._open.items() if its == kind and on in (None, where)]
        if not ending:
            return
        at = self.live.now + 1
        for number in ending:
            del self._open[number]
            fault: Any = self._faults[number]
            field = "down" if hasattr(fault, "down") else "duration"
            self._faults[number] = msgspec.structs.replace(fault, **{field: at - fault.at})
            self.live.deployment.env.at_first(at, self.live.injector.finish, fault)
        self.live.advance(at)

    # --- rules -------------------------------------------------------------------------------------------------------

    @rule(device=_devices)
    def send(self, device: str) -> None:
        """A person sends a message."""
        action = Send(at=self.live.now + 1, device=device, conversation="alice+bob", body="")
        self._workload.append(action)
        self.live.injector.schedule_action(action)
        self.live.advance(action.at)

    @rule(seconds=st.sampled_from([0.05, 0.3, 1, 5, 20, 60]))
    def advance(self, seconds: float) -> None:
        """Time passes."""
        self.live.advance(self.live.now + round(seconds * SECOND))

    @rule(device=_devices)
    def sleep(self, device: str) -> None:
        """The app is suspended."""
        self._begin(Sleep(at=self.live.now + 1, device=device, duration=OPEN), "sleep", device)

    @rule(device=_devices)
    def wake(self, device: str) -> None:
        """Its user opens a suspended app."""
        self._end("sleep", device)

    @rule(device=_devices)
    def kill_app(self, device: str) -> None:
        """The app dies, and is opened again a second later."""
        self._begin(KillApp(at=self.live.now + 1, device=device, down=SECOND))

    @rule(device=_devices)
    def wipe(self, device: str) -> None:
        """The app's data is gone; it is opened as a new installation a second later."""
        self._begin(Wipe(at=self.live.now + 1, device=device, down=SECOND))

    @rule(node=_servers, silent=st.booleans())
    def crash(self, node: str, silent: bool) -> None:
        """A server dies."""
        self._begin(Crash(at=self.live.now + 1, node=node, down=OPEN, silent=silent), "crash", node)

    @rule(node=_servers)
    def restart(self, node: str) -> None:
        """A dead server is started again."""
        self._end("crash", node)

    @rule(cut=_cuts, one_way=st.booleans())
    def partition(self, cut: tuple[str, str], one_way: bool) -> None:
        """Two kinds of node lose sight of each other."""
        a, b = cut
        fault = Partition(at=self.live.now + 1, a=(a,), b=(b,), one_way=one_way, duration=OPEN)
        self._begin(fault, "partition", "")

    @rule()
    def heal(self) -> None:
        """All partitions are mended."""
        self._end("partition", None)

    @rule(device=_devices)
    def reset(self, device: str) -> None:
        """The device's connection breaks."""
        self._begin(Reset(at=self.live.now + 1, device=device))

    @rule(device=_devices)
    def rotate_token(self, device: str) -> None:
        """The platform gives the app a new push token."""
        self._begin(RotateToken(at=self.live.now + 1, device=device))

    @rule()
    def switch_account(self) -> None:
        """Alice logs in on the handset of Bob, for a while."""
        self._begin(SwitchAccount(at=self.live.now + 1, device="bob-phone", to="alice-phone", duration=20 * SECOND))

    @rule(kind=_lossy, nth=st.integers(1, 3))
    def lose(self, kind: str, nth: int) -> None:
        """The nth message of a kind from now on will be lost."""
        self._begin(DropAt(at=self.live.now + 1, kind=kind, a=("*",), b=("*",), nth=nth))

    @rule(node=st.sampled_from(["messaging-1", "messaging-2"]), point=st.sampled_from(MessagingService.points))
    def crash_service_at(self, node: str, point: str) -> None:
        """A service instance will die when it next reaches a point of the send path, for two seconds."""
        self._begin(CrashAt(at=self.live.now + 1, node=node, point=point, down=2 * SECOND))

    @rule(device=_devices, point=st.sampled_from(Device.points))
    def kill_app_at(self, device: str, point: str) -> None:
        """The app will die when it next reaches a point of receiving, for a second."""
        self._begin(KillAppAt(at=self.live.now + 1, device=device, point=point, down=SECOND))

    # --- what must hold ----------------------------------------------------------------------------------------------

    @invariant()
    def safe(self) -> None:
        """No safety property is violated so far."""
        if self.run is not None and self.run.judge.violations:
            self._fail()

    def teardown(self) -> None:
        """Everything is healed, and the system has to converge."""
        if self.run is None or self.failed:
            return
        self.run.advance(self.run.now + 1)
        self.run.heal()
        self._healed_at = self.run.now
        self.run.converge()
        if self.run.judge.violations:
            self._fail()

    def plan(self) -> Plan:
        """What was done so far, as a plan that does it again."""
        run = self.live
        end = self._healed_at if run.injector.healed else run.now + 1
        outcome = run.outcome()
        plan = msgspec.structs.replace(
            run.plan, duration=end, workload=tuple(self._workload), faults=tuple(self._closed(end))
        )
        check(plan)
        expectation = Expectation(violates=outcome.violated(), digest=outcome.digest())
        return msgspec.structs.replace(plan, expect=expectation)

    def _closed(self, end: int) -> list[Fault]:
        """The faults; those still open last beyond the healing."""
        closed: list[Fault] = []
        for number, fault in enumerate(self._faults):
            if number in self._open:
                field = "down" if hasattr(fault, "down") else "duration"
                fault = msgspec.structs.replace(fault, **{field: end - fault.at + 1})
            closed.append(fault)
        return closed

    def _fail(self) -> None:
        """Ends the run, writes its plan down, and tells its story."""
        self.failed = True
        run = self.live
        if not run.injector.healed:
            run.advance(run.now + 1)
            run.heal()
            self._healed_at = run.now
            run.converge()
        path = self.plans / f"machine-{self.protocol.name}.json"
        write(path, encode(self.plan()))
        first = run.judge.violations[0]
        lines = "\n".join(story(run.history, evidence=first.evidence, only_around=True))
        raise AssertionError(f"{first.property}: {first.message}\n{lines}\nplan: {path}\nagain: parley replay {path}")
