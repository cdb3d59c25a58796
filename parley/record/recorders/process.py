"""A server as a process on this machine, which is killed, paused, restarted, or put back to an older copy of its data.

Requirements: V1.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from parley.errors import BadInput
from parley.record.recorders.adapter import HOST

PATIENCE = 15.0
"""Seconds that a server has to start, or to end when it is asked to."""
_WARDEN = "import os, sys; sys.stdin.read(); os.killpg(int(sys.argv[1]), 9)"
"""What waits for the end of the recorder, however that comes: kill -9 of it leaves no server behind."""
_ASIDE = ("/usr/sbin", "/usr/local/sbin", "/sbin")
"""Where servers are that are not on everybody's path."""


def binary(named: str, kind: str, program: str) -> str:
    """The server's program. Raises BadInput if there is none."""
    found = shutil.which(named or program) or shutil.which(named or program, path=os.pathsep.join(_ASIDE))
    if found is None:
        missing = (
            f"{named}: no such program" if named else f"recording {kind} needs the server {program}, which is not here"
        )
        raise BadInput(f"{missing}: install it, or name it by --server")
    return found


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


class ServerProcess:
    """The server. What it prints goes to a file in its folder, of which the last line is told if it does not start."""

    def __init__(self, argv: Sequence[str], home: Path, port: int) -> None:
        self._argv = list(argv)
        self._log = home / "server.log"
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None
        self._warden: subprocess.Popen[bytes] | None = None

    @contextlib.contextmanager
    def ended(self) -> Iterator[ServerProcess]:
        """Leaves no process behind, whatever happens inside."""
        try:
            yield self
        finally:
            self.kill()

    async def start(self) -> None:
        """Returns when it takes connections."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        watched = [sys.executable, "-I", "-S", "-c", _WARDEN, str(self._process.pid)]
        self._warden = subprocess.Popen(
            watched, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
        )
        until = time.monotonic() + PATIENCE
        while not self._listens():
            if self._process.poll() is not None or time.monotonic() > until:
                said = self._log.read_text(errors="replace").strip().splitlines()
                raise BadInput(f"{self._argv[0]} did not start: {said[-1] if said else 'it said nothing'}")
            await asyncio.sleep(0.05)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(0.2)
            return probe.connect_ex((HOST, self._port)) == 0

    def send(self, number: int) -> None:
        """Sends a signal to it, and to nobody else."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def kill(self) -> None:
        """kill -9, of it and of what it started."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            if self._warden is not None:
                self._warden.kill()
                self._warden.communicate()
                self._warden = None
            self._process.wait()
            self._process = None

    def pause(self) -> None:
        self.send(signal.SIGSTOP)

    def resume(self) -> None:
        self.send(signal.SIGCONT)

    async def stop(self) -> None:
        """Asks it to end, as a restart for maintenance does."""
        self.send(signal.SIGTERM)
        until = time.monotonic() + PATIENCE
        while self._process is not None and self._process.poll() is None and time.monotonic() < until:
            await asyncio.sleep(0.02)
        self.kill()

    def copy(self, data: Path, to: Path) -> None:
        """A copy of its data, all of one moment."""
        self.pause()
        try:
            shutil.rmtree(to, ignore_errors=True)
            shutil.copytree(data, to, symlinks=True)
        finally:
            self.resume()


def put_back(copy: Path, data: Path) -> None:
    """Has the data be what they were when they were copied."""
    shutil.rmtree(data)
    shutil.copytree(copy, data, symlinks=True)


async def until(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether it became true in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        await asyncio.sleep(0.02)
    return True
