"""The determinism test may say 'on every Python here' only if the Pythons that are here are found, and really run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import interpreters
import pytest
from support import ROOT


def fake(path: Path, says: str, exit_code: int = 0) -> Path:
    """An executable that answers every question with the same line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\nexit {exit_code}\n")
    path.chmod(0o755)
    return path


def test_only_what_runs_and_is_new_enough_is_found_and_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = fake(tmp_path / "pyenv/versions/3.77.1/bin/python3", "CPython 3 77")
    fake(tmp_path / "bin/python3.77", "CPython 3 77")
    other = fake(tmp_path / "bin/python3.78", "CPython 3 78")
    fake(tmp_path / "pyenv/versions/3.10.2/bin/python3", "CPython 3 10")
    fake(tmp_path / "pyenv/versions/pypy/bin/python3", "PyPy 3 76")
    fake(tmp_path / "bin/python3.79", "CPython 3 79", exit_code=127)  # as a shim of a version that isn't selected
    (tmp_path / "bin/python3.80").write_text("not executable")
    fake(tmp_path / "bin/python3.81", "something else altogether, and not a version")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    found = interpreters.found()
    assert found[f"{sys.version_info[0]}.{sys.version_info[1]}"] == Path(sys.executable)
    assert {version: python for version, python in found.items() if version >= "3.7"} == {"3.77": kept, "3.78": other}


def test_a_failure_says_which_command_and_what_it_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreters, "VENVS", tmp_path / "venvs")
    broken = fake(tmp_path / "python3", "ensurepip is not available", exit_code=1)
    for _ in range(2):  # a failed attempt is not taken for a finished one
        with pytest.raises(interpreters.EnvironmentFailure, match=r"python3 -m venv .*\nensurepip is not available"):
            interpreters.environment("3.77", broken)


def test_a_killed_holder_does_not_block_the_next(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    code = (
        "import pathlib, sys, time, interpreters\n"
        "with interpreters.alone(pathlib.Path(sys.argv[1]), within=5):\n"
        "    print('held', flush=True)\n"
        "    time.sleep(60)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tests")}
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], env=environment, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(TimeoutError, match="held by another process"), interpreters.alone(path, within=0.2):
            pass
        holder.send_signal(signal.SIGKILL)
        holder.wait(10)
    started = time.monotonic()
    with interpreters.alone(path, within=5):
        assert time.monotonic() - started < 2
