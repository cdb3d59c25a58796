"""`parley verify --follow`: a record is judged while it is written, and what is wrong is told as soon as it is proven."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import typer
from support import ROOT

from parley.commands.verify import command
from parley.errors import BadInput
from parley.judged import following as module
from parley.judged.following import following
from parley.judged.verifying import Verified
from properties.base import Violation
from sim.verdicts import HOLDS, VIOLATED

pytestmark = pytest.mark.requirement("V1", "R1")

HEADER = {
    "parley_history": 1,
    "ids": "opaque",
    "records": ["SendAttempted", "Shown", "Connected", "Wiped", "MemberJoined", "MemberLeft"],
}
KNOWN = (
    {"event": "DeviceRegistered", "t": 0, "device": "ann", "user": "ann"},
    {"event": "ConversationOpened", "t": 0, "conversation": "c", "members": ["ann"]},
    {"event": "Connected", "t": 1, "device": "ann"},
    {"event": "SendAttempted", "t": 2, "device": "ann", "conversation": "c", "message": "m1"},
)  # fmt: skip
SHOWN = {"event": "Shown", "t": 3, "device": "ann", "conversation": "c", "message": "m1"}
OVER = ({"event": "Healed", "t": 10, "bound": 10}, {"event": "Ended", "t": 30})
START = b"".join(json.dumps(line).encode() + b"\n" for line in (HEADER, *KNOWN, SHOWN))
AGAIN = json.dumps({**SHOWN, "t": 4}).encode() + b"\n"
END = b"".join(json.dumps(line).encode() + b"\n" for line in OVER)
Write = Callable[[bytes], object]


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAIT", 0.005)


@contextmanager
def meanwhile(what: Callable[[], None]) -> Iterator[None]:
    thread = threading.Thread(target=what)
    thread.start()
    yield
    thread.join(10)


def waits_for(condition: Callable[[], object]) -> None:
    until = time.monotonic() + 10
    while not condition() and time.monotonic() < until:
        time.sleep(0.002)


def followed(path: Path, told: list[tuple[str, list[int]]]) -> tuple[Verified, bool]:
    def tell(violation: Violation, lines: list[tuple[int, str]]) -> None:
        told.append((violation.property, [number for number, _ in lines]))

    with following(path, tell) as (found, again, interrupted):
        assert again.read_bytes().startswith(START)
        return found, interrupted


@pytest.mark.parametrize("form", ["file", "pipe"])
def test_a_violation_is_told_before_the_record_is_over(form: str, tmp_path: Path) -> None:
    """With the lines that prove it; and what has come in two pieces is one line."""
    path = tmp_path / "history.jsonl"
    told: list[tuple[str, list[int]]] = []
    if form == "pipe":
        os.mkfifo(path)
    else:
        path.write_bytes(START)

    def write() -> None:
        with path.open("ab" if form == "file" else "wb", buffering=0) as file:
            file.write(START if form == "pipe" else b"")
            file.write(AGAIN[:20])
            time.sleep(0.02)
            file.write(AGAIN[20:])
            waits_for(lambda: told)
            before.append(len(told))
            file.write(END)

    before: list[int] = []
    with meanwhile(write):
        found, interrupted = followed(path, told)
    assert before == [1]
    assert told == [("shown-once", [6, 7])]
    assert {verdict.status for verdict in found.verdicts if verdict.property == "shown-once"} == {VIOLATED}
    assert not interrupted


def test_a_pipe_is_over_where_it_ends(tmp_path: Path) -> None:
    os.mkfifo(path := tmp_path / "pipe")
    with meanwhile(lambda: void(path.write_bytes(START))):
        found, interrupted = followed(path, [])
    assert not interrupted
    assert {verdict.status for verdict in found.verdicts if verdict.property == "shown-once"} == {HOLDS}


def void(_: object) -> None:
    pass


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_ends_the_waiting_and_what_was_found_stays_found(
    number: signal.Signals, tmp_path: Path
) -> None:
    """And while it waits, it uses no processor."""
    path = tmp_path / "history.jsonl"
    path.write_bytes(START + AGAIN)
    told: list[tuple[str, list[int]]] = []

    def interrupt() -> None:
        waits_for(lambda: told)
        used = time.process_time()
        time.sleep(0.3)
        took.append(time.process_time() - used)
        os.kill(os.getpid(), number)

    took: list[float] = []
    with meanwhile(interrupt):
        found, interrupted = followed(path, told)
    assert interrupted
    assert found.names(VIOLATED) == ["shown-once"]
    assert took[0] < 0.15


def test_a_file_that_is_deleted_is_over(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    path.write_bytes(START)

    def delete() -> None:
        time.sleep(0.05)
        path.unlink()

    with meanwhile(delete), following(path, lambda *_: None) as (found, _, interrupted):
        assert not interrupted
        assert found.events == 5


@pytest.mark.parametrize(("again", "more"), [(5, ""), (8, "… and 3 more of shown-once")])
def test_what_is_not_printed_any_more_is_counted(
    again: int, more: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Five of each promise are printed as they come: whoever counted these took it for all."""
    path = tmp_path / "history.jsonl"
    path.write_bytes(START + AGAIN * again + END)
    with pytest.raises(typer.Exit):
        command(path, follow=True)
    live = capsys.readouterr().out.split("VIOLATED  ")[0]
    assert live.count("violated  shown-once") == 5
    assert live.count("more of shown-once are counted, and the end says how many") == 1
    assert more in live
    assert bool(more) == ("… and" in live)


def test_what_can_t_be_followed_is_said(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    path.write_bytes(b'{"parley_history":1}\n')
    with pytest.raises(BadInput, match="records: expected what the record will have"), following(path, lambda *_: None):
        pass
    path.write_bytes(START + b'{"event":"Nothing","t":9}\n')
    with pytest.raises(BadInput, match="there is no kind of event 'Nothing'"), following(path, lambda *_: None):
        pass
    path.write_bytes(START)

    def cut() -> None:
        time.sleep(0.05)
        os.truncate(path, 100)

    with meanwhile(cut), pytest.raises(BadInput, match="it was longer before"), following(path, lambda *_: None):
        pass


def test_the_command_follows_standard_input() -> None:
    """A violation comes out while the pipe is open; the code is that of the verdict."""
    command = [sys.executable, "-m", "parley", "verify", "--follow", "-"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(START + AGAIN)
        process.stdin.flush()
        assert process.stdout.readline().startswith(b"violated  shown-once: ann showed m1")
        process.stdin.write(END)
        process.stdin.close()
        rest = process.stdout.read()
    assert process.returncode == 1
    assert b"VIOLATED  shown-once" in rest
