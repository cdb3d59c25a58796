"""Finds every CPython from 3.11 on that this machine has, and gives each an environment that can run a simulation."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent
LOCK = ROOT / "requirements-core.lock"
VENVS = ROOT / ".venvs"
OPT = sorted(map(str, Path("/opt").glob("*/bin")))


def found() -> dict[str, Path]:
    """Interpreters by 'major.minor', from 3.11 on, this one first. Each was run to make sure that it runs."""
    candidates = [Path(sys.executable)]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    candidates += sorted(pyenv.glob("versions/*/bin/python3"))
    for folder in (*os.environ.get("PATH", "").split(os.pathsep), "/usr/bin", "/usr/local/bin", *OPT):
        candidates += sorted(Path(folder).glob("python3.[0-9][0-9]"))
    interpreters: dict[str, Path] = {}
    for candidate in candidates:
        version = _version(candidate)
        if version is not None and version >= (3, 11):
            interpreters.setdefault(f"{version[0]}.{version[1]}", candidate)
    return interpreters


def _version(python: Path) -> tuple[int, int] | None:
    code = "import sys, platform; print(platform.python_implementation(), *sys.version_info[:2])"
    try:
        done = subprocess.run([python, "-c", code], capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    said = re.fullmatch(r"CPython (\d+) (\d+)\n", done.stdout)
    return (int(said[1]), int(said[2])) if said else None


def environment(version: str, python: Path) -> Path:
    """The python of an environment with the locked core libraries for an interpreter; made once, kept beside the code.

    Raises EnvironmentFailure, with what the failed command said; TimeoutError when another process makes it for too long.
    """
    if Path(sys.executable) == python:
        return python
    stamp = hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]
    home = VENVS / f"{version}-{stamp}"
    ready = home / ".ready"
    VENVS.mkdir(exist_ok=True)
    with alone(VENVS / f"{version}.lock", within=400):
        if not ready.exists():
            shutil.rmtree(home, ignore_errors=True)
            _run([str(python), "-m", "venv", str(home)], within=120)
            pip = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            _run([*pip, "--require-hashes", "-r", str(LOCK)], within=240)
            ready.touch()
    return home / "bin" / "python"


class EnvironmentFailure(RuntimeError):
    """An interpreter is there, but can't be given its libraries."""


def _run(command: list[str], *, within: float) -> None:
    """Runs a command for at most `within` seconds. Raises EnvironmentFailure with the end of what it printed."""
    try:
        done = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=within,
        )
    except subprocess.TimeoutExpired:
        raise EnvironmentFailure(f"not done within {within:.0f} s: {shlex.join(command)}") from None
    if done.returncode != 0:
        raise EnvironmentFailure(f"{shlex.join(command)}\n" + "\n".join(done.stdout.splitlines()[-15:]))


@contextmanager
def alone(path: Path, *, within: float) -> Iterator[None]:
    """Mutual exclusion between test processes. The kernel lets go of the lock when its holder dies, however it dies.

    Raises TimeoutError after `within` seconds. The file stays: removing it would let two processes lock two files.
    """
    deadline = time.monotonic() + within
    with path.open("w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{path}: held by another process for more than {within:.0f} s") from None
                time.sleep(0.1)
        yield
