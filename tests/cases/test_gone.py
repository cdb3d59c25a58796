"""A command whose process is killed leaves no process behind, and no shared memory."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from support import VARIANTS, begun

pytestmark = pytest.mark.requirement("N8")


def family(pid: int) -> set[int]:
    """A process and all that came from it."""
    told = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = {int(line.split()[0]): int(line.split()[1]) for line in told.splitlines()}
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def alive(pid: int) -> bool:
    """Whether a process is there that does something: of one that nobody has waited for only its number is left."""
    try:
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())
    except OSError:
        return False


@pytest.mark.parametrize("more", [(), ("--protocol", str(VARIANTS / "no_relay.py"))], ids=["reference", "variant"])
def test_a_killed_command_leaves_nothing(more: tuple[str, ...], tmp_path: Path) -> None:
    shared = {*os.listdir("/dev/shm")}
    with begun("check", "ci", "--seeds", "100000", "--jobs", "2", "--out", str(tmp_path), *more) as process:
        deadline = time.monotonic() + 60
        while len(there := family(process.pid)) < (4 if more else 3):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        time.sleep(1)
        there = family(process.pid)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        while left := {pid for pid in there if alive(pid)}:
            assert time.monotonic() < deadline, left
            time.sleep(0.1)
        while {*os.listdir("/dev/shm")} - shared:
            assert time.monotonic() < deadline
            time.sleep(0.1)
