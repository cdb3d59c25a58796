"""A server that was started to be recorded does not outlive the recorder, however that ends."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from parley.record.recorders.process import free_port

pytestmark = pytest.mark.requirement("V1", "N8")

SERVER = """
import signal, socket, sys
signal.alarm(60)
with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as server:
    while True:
        server.accept()[0].close()
"""

RECORDER = """
import asyncio, sys, time
from pathlib import Path
from parley.record.recorders.process import ServerProcess
server = ServerProcess([sys.executable, sys.argv[2], sys.argv[1]], Path(sys.argv[2]).parent, int(sys.argv[1]))
with server.ended():
    asyncio.run(server.start())
    print("started", flush=True)
    if sys.argv[3] == "waits":
        time.sleep(60)
"""


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("how", ["is killed", "ends by itself"])
def test_no_server_is_left_behind(tmp_path: Path, how: str) -> None:
    (tmp_path / "server.py").write_text(SERVER)
    port = free_port()
    waits = "waits" if how == "is killed" else ""
    command = [sys.executable, "-c", RECORDER, str(port), str(tmp_path / "server.py"), waits]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as recorder:
        assert recorder.stdout is not None
        assert recorder.stdout.readline() == b"started\n"
        if waits:
            assert listens(port)
            recorder.send_signal(signal.SIGKILL)
        recorder.wait()
        until = time.monotonic() + 10
        while listens(port) and time.monotonic() < until:
            time.sleep(0.02)
        assert not listens(port)
