"""Finds every CPython from 3.11 on that this machine has, and gives each an environment that can run a simulation."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
LOCK = ROOT / "requirements-core.lock"
VENVS = ROOT / ".venvs"


def found() -> dict[str, Path]:
    """Interpreters by 'major.minor', from 3.11 on, this one first. Each was run to make sure that it runs."""
    candidates = [Path(sys.executable)]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    candidates += sorted(pyenv.glob("versions/*/bin/python3"))
    for folder in (*os.environ.get("PATH", "").split(os.pathsep), "/usr/bin", "/usr/local/bin", "/opt/python/bin"):
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
    name, major, minor = done.stdout.split()
    return (int(major), int(minor)) if name == "CPython" else None


def environment(version: str, python: Path) -> Path:
    """The python of an environment with the locked core libraries for an interpreter; made once, kept beside the code."""
    if Path(sys.executable) == python:
        return python
    stamp = hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]
    home = VENVS / f"{version}-{stamp}"
    ready = home / ".ready"
    VENVS.mkdir(exist_ok=True)
    with _Lock(VENVS / f"{version}.lock"):
        if not ready.exists():
            shutil.rmtree(home, ignore_errors=True)
            subprocess.run([python, "-m", "venv", home], check=True, capture_output=True, timeout=120)
            pip = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*pip, "--require-hashes", "-r", str(LOCK)], check=True, capture_output=True, timeout=240)
            ready.touch()
    return home / "bin" / "python"


class _Lock:
    """Mutual exclusion between test processes: a file that only one of them can create."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> None:
        deadline = time.monotonic() + 400
        while True:
            try:
                os.close(os.open(self.path, os.O_CREAT | os.O_EXCL))
                return
            except FileExistsError:
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{self.path} is held by another process; remove it if there is none") from None
                time.sleep(0.2)

    def __exit__(self, *_: object) -> None:
        self.path.unlink(missing_ok=True)
