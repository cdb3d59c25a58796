"""Records of real servers, judged; and the recorder itself, against a server that is a few lines in this process."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
from support import ROOT, parley

from parley.errors import BadInput
from parley.judged.again import findings
from parley.judged.counts import AWAY, LOST
from parley.judged.verifying import verify
from parley.record.recorders import recording
from parley.record.recorders.adapter import Adapter, Arrived, Connection, Message, Refused, Seat, first_of
from parley.record.recorders.recording import Log, Recording
from parley.record.recorders.workload import FAULTS, Workload, drawn, fault
from sim.verdicts import VIOLATED

pytestmark = pytest.mark.requirement("V1")

RECORDS = ROOT / "tests" / "cases" / "recorded"
SHOWN = "what-was-accepted-is-shown"

CLEAN = ("mqtt-pause", "mqtt-killed-saved", "nats-kill", "xmpp-kill", "xmpp-pause")
LOSSY = ("mqtt-kill", "mqtt-rollback", "nats-rollback", "xmpp-rollback")


def lacking(lines: list[dict[str, Any]]) -> dict[tuple[str, str], set[str]]:
    """What was accepted or seen, and is not on a screen, by device and conversation: sets, and nothing of Parley's."""
    users = {each["device"]: each["user"] for each in lines if each.get("event") == "DeviceRegistered"}
    members = {each["conversation"]: each["members"] for each in lines if each.get("event") == "ConversationOpened"}
    owed: dict[str, set[str]] = {name: set() for name in members}
    shown: dict[tuple[str, str], set[str]] = {}
    for each in lines:
        if each.get("event") in ("SendAccepted", "Shown"):
            owed[each["conversation"]].add(each["message"])
        if each.get("event") == "Shown":
            shown.setdefault((each["device"], each["conversation"]), set()).add(each["message"])
    return {
        (device, conversation): owed[conversation] - shown.get((device, conversation), set())
        for device, user in users.items()
        for conversation, group in members.items()
        if user in group and owed[conversation] - shown.get((device, conversation), set())
    }


def lines_of(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
        return [json.loads(line) for line in stream]


@pytest.mark.parametrize("name", CLEAN)
def test_the_record_of_a_server_that_lost_nothing_passes(name: str) -> None:
    path = RECORDS / f"{name}.jsonl.gz"
    assert lacking(lines_of(path)) == {}
    found = verify(path)
    assert found.names(VIOLATED) == []
    assert SHOWN in found.names("holds")


@pytest.mark.parametrize("name", LOSSY)
def test_what_each_device_lacks_is_counted_as_sets_count_it(name: str) -> None:
    path = RECORDS / f"{name}.jsonl.gz"
    by_sets: Counter[str] = Counter()
    for (device, _), messages in lacking(lines_of(path)).items():
        by_sets[device] += len(messages)
    counted: Counter[str] = Counter()
    for count in findings(path, verify(path)).counts:
        assert count.kind != AWAY  # each has read to its end: what it lacks is lost
        if count.kind == LOST:
            counted[count.device] += count.count
    assert counted == by_sets


@pytest.mark.parametrize("name", LOSSY)
def test_of_a_server_that_lost_something_each_device_is_told_that_lacks_it(name: str) -> None:
    path = RECORDS / f"{name}.jsonl.gz"
    lost = lacking(lines_of(path))
    assert lost
    found = verify(path)
    assert SHOWN in found.names(VIOLATED)
    assert found.judge.count_of(SHOWN) == len(lost)
    told = {violation.message.split()[0] for violation in found.violations if violation.property == SHOWN}
    assert told <= {device for device, _ in lost}


class Memory:
    """A chat server in a few lines: it keeps what it took, and everybody reads on from where he was."""

    def __init__(self) -> None:
        self.rows: list[Message] = []
        self.up = True
        self.broken = False
        self.changed = asyncio.Event()

    def wake(self) -> None:
        self.changed.set()
        self.changed = asyncio.Event()

    async def start(self) -> None:
        if self.broken:
            raise BadInput("it did not start")
        self.up = True

    async def stop(self) -> None:
        self.kill()

    def kill(self) -> None:
        self.up = False
        self.wake()

    pause = kill

    def resume(self) -> None:
        self.up = True

    def send(self, number: int) -> None:
        pass

    def copy(self, data: Path, to: Path) -> None:
        pass


class MemoryConnection(Connection):
    def __init__(self, server: Memory, seat: Seat, arrived: Arrived) -> None:
        self.server, self.seat, self.arrived = server, seat, arrived
        self.reading = asyncio.create_task(self.read())

    async def read(self) -> str:
        while self.server.up:
            changed = self.server.changed
            for row in self.server.rows[self.seat.kept.get("at", 0) :]:
                if row.conversation in self.seat.conversations:
                    self.arrived(row, "")
            self.seat.kept["at"] = len(self.server.rows)
            await changed.wait()
        return "reset"

    async def send(self, message: Message) -> str:
        if not self.server.up:
            raise OSError("it is gone")
        if message.text == "never":
            raise Refused("as it says")
        self.server.rows.append(message)
        self.server.wake()
        return ""

    async def lost(self) -> str:
        return await asyncio.shield(self.reading)

    async def read_to_end(self) -> None:
        while self.seat.kept["at"] < len(self.server.rows):
            await asyncio.sleep(0.005)

    async def close(self) -> None:
        self.reading.cancel()


class MemoryAdapter(Adapter):
    kind: ClassVar[str] = "memory"
    program: ClassVar[str] = "none"
    module: ClassVar[str] = "json"
    server: Memory

    def command(self, program: str) -> list[str]:
        return []

    async def connect(self, seat: Seat, arrived: Arrived) -> Connection:
        if not self.server.up:
            raise OSError("nobody listens")
        return MemoryConnection(self.server, seat, arrived)


def recorded(folder: Path, monkeypatch: pytest.MonkeyPatch, *faults: str, lose: Callable[[Memory], None]) -> Path:
    """A record of the server in this process, in a second. One device is away for most of it."""
    monkeypatch.setattr(recording, "BOUND", 0.3)
    monkeypatch.setattr(recording, "AGAIN", 0.01)
    monkeypatch.setattr("parley.record.recorders.workload.DOWN", dict.fromkeys(FAULTS, 0.05))
    monkeypatch.setattr("parley.record.recorders.workload.OLDER", 0.1)
    monkeypatch.setattr("parley.record.recorders.workload.EDGE", 0.05)
    work = drawn(seed=1, seconds=0.5, messages=60, users=3, devices=2, faults=[fault(each, 0.5) for each in faults])
    work = replace(work, away={**work.away, "cy-phone": ((0.0, 0.45),)})
    out = folder / "record.jsonl"

    async def all_of_it(work: Workload) -> None:
        adapter = MemoryAdapter(folder, 0, ())
        server = adapter.server = Memory()

        def put_back(copy: Path, data: Path) -> None:
            lose(server)

        monkeypatch.setattr(recording, "put_back", put_back)
        with out.open("wb") as stream:
            await Recording(adapter, server, work, Log(stream, "a test")).run()  # type: ignore[arg-type]

    asyncio.run(all_of_it(work))
    return out


def nothing(server: Memory) -> None:
    pass


def all_of_it_so_far(server: Memory) -> None:
    """The server forgets all that it has; those who had read it read on from there."""
    server.rows[:] = [Message("nowhere", "", "", "")] * len(server.rows)


@pytest.mark.parametrize("faults", [(), ("kill@0.2",), ("pause@0.2", "restart@0.35"), ("rollback@0.2",)])
def test_a_server_that_keeps_what_it_took_passes(
    faults: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = recorded(tmp_path, monkeypatch, *faults, lose=nothing)
    lines = lines_of(out)
    assert lacking(lines) == {}
    assert sum(each.get("event") == "SendAccepted" for each in lines) == 60
    kinds = [each["kind"] for each in lines if each.get("event") == "FaultStarted"]
    assert lines[-1]["event"] == "Ended"
    assert sum(each.get("event") == "FinalRead" for each in lines) == 18  # of three pairs and a group, on six devices
    assert kinds == [each.partition("@")[0] for each in faults]
    assert verify(out).names(VIOLATED) == []


def test_a_server_that_forgets_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = recorded(tmp_path, monkeypatch, "rollback@0.4", lose=all_of_it_so_far)
    lost = lacking(lines_of(out))
    assert lost
    found = verify(out)
    assert SHOWN in found.names(VIOLATED)
    assert found.judge.count_of(SHOWN) == len(lost)


def test_a_connection_that_can_not_be_closed_holds_nobody_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(connection: MemoryConnection) -> None:
        connection.reading.cancel()
        raise OSError("it is stuck")

    monkeypatch.setattr(MemoryConnection, "close", fails)
    assert verify(recorded(tmp_path, monkeypatch, "kill@0.2", lose=nothing)).names(VIOLATED) == []


def breaks(server: Memory) -> None:
    server.broken = True


def test_a_server_that_does_not_start_again_ends_the_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadInput, match="it did not start"):
        recorded(tmp_path, monkeypatch, "rollback@0.3", lose=breaks)


def test_the_same_seed_draws_the_same_workload() -> None:
    def draw(seed: int) -> Workload:
        return drawn(seed=seed, seconds=9, messages=20, users=3, devices=2, faults=[fault("rollback@4", 9)])

    work = draw(1)
    assert work == draw(1)
    assert work != draw(2)
    assert len(work.writes) == 20
    spans = [span for spans in work.away.values() for span in spans]
    assert any(start <= 1 and end >= 5 for start, end in spans)  # somebody is away from before the copy until after it


def test_the_first_of_several_is_told_and_the_others_end() -> None:
    async def run() -> tuple[int, bool]:
        other = asyncio.get_running_loop().create_task(asyncio.sleep(60))
        return await first_of(other, asyncio.sleep(0)), other.cancelled()

    assert asyncio.run(run()) == (1, True)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("kil@5", "--fault kil@5: expected one of kill, pause, restart, rollback, as in kill@5"),
        ("kill@soon", "--fault kill@soon: expected seconds after the @, as in kill@5"),
        ("kill@21", "--fault kill@21: expected a time within the 20 seconds of --seconds"),
        ("kill@nan", "--fault kill@nan: expected a time within the 20 seconds of --seconds"),
    ],
)
def test_a_fault_that_is_none_is_told(text: str, says: str) -> None:
    with pytest.raises(BadInput) as told:
        fault(text, 20)
    assert str(told.value) == says


OWN = """\
from parley.record.recorders.adapter import Adapter


class Own(Adapter):
    kind, program, module = "own", "PROGRAM", "LIBRARY"

    def command(self, program):
        return [program, "-c", "echo no licence >&2; exit 1"]

    async def connect(self, seat, arrived):
        raise OSError
"""


@pytest.mark.parametrize(
    ("program", "library", "asked", "options", "says"),
    [
        ("sh", "json", "mqt", (), "there is no recorder 'mqt' (did you mean 'mqtt'?); expected a kind, or FILE.py:CLASS"),
        ("sh", "json", "{}/none.py:Own", (), "{}/none.py: no such file"),
        (
            "sh", "json", "{}/own.py:One", (),
            "{}/own.py: there is no class 'One' in it (did you mean 'Own'?); expected FILE.py:CLASS",
        ),
        (
            "sh", "no_such_library", "{}/own.py:Own", (),
            "recording own needs the library no_such_library (No module named 'no_such_library'): "
            "pip install no_such_library",
        ),
        (
            "no-such-server", "json", "{}/own.py:Own", (),
            "recording own needs the server no-such-server, which is not here: install it, or name it by --server",
        ),
        ("sh", "json", "{}/own.py:Own", ("--server", "/x/y"), "/x/y: no such program: install it, or name it by --server"),
        ("sh", "json", "{}/own.py:Own", (), "/bin/sh did not start: no licence"),
        ("sh", "json", "{}/own.py:Own", ("--out", "{}/no/where"), "{}/no/where: No such file or directory"),
    ],
)  # fmt: skip
def test_what_is_missing_is_told_in_a_line(
    program: str,
    library: str,
    asked: str,
    options: tuple[str, ...],
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "own.py").write_text(OWN.replace("PROGRAM", program).replace("LIBRARY", library))
    given = [each.replace("{}", str(tmp_path)) for each in ("--out", str(tmp_path / "record.jsonl"), *options)]
    assert parley("record", asked.replace("{}", str(tmp_path)), *given, monkeypatch=monkeypatch) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.replace("/usr/bin/sh", "/bin/sh") == f"parley: {says.replace('{}', str(tmp_path))}\n"


@pytest.mark.requirement("N8")
@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x = (\n", "{}: can't be imported: SyntaxError: '(' was never closed (line 1)"),
        (
            "import no_such_thing\n",
            "{}: can't be imported: ModuleNotFoundError: No module named 'no_such_thing' (line 1)",
        ),
        ("\nraise SystemExit(0)\n", "{}: can't be imported: SystemExit: 0 (line 2)"),
        ("class E(BaseException): pass\nraise E('x')\n", "{}: can't be imported: E: x (line 2)"),
    ],
)
def test_an_adapter_that_can_not_be_read_is_bad_input(
    text: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "own.py"
    own.write_text(text)
    assert parley("record", f"{own}:Own", "--out", str(tmp_path / "record.jsonl"), monkeypatch=monkeypatch) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == f"parley: {says.replace('{}', str(own))}\n"
