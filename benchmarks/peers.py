"""What an event costs with others, in the same unit: with a bare heap, and with simulators that are installed for it.

`make peers` installs them in an environment of their own, for a Python that they take: no part of Parley needs them, and no lock
names them. What is not there is said to be not installed.
"""

from __future__ import annotations

import statistics
import subprocess
from pathlib import Path

from benchmarks import unit
from benchmarks.pairs import ROOT
from benchmarks.ring import PEERS

ROUNDS = 5

HOME = ROOT / ".venvs" / "peers" / "bin" / "python"


def measured(name: str, python: Path = HOME) -> str:
    """What a peer's event costs, as it is printed."""
    if python.exists():
        command = [str(python), "-m", "benchmarks.ring", name]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            return f"failed: {(done.stderr.splitlines() or ['no reason given'])[-1]}"
        if done.stdout:
            return f"{float(done.stdout):.2f}"
    return "not installed (make peers)"


def show() -> None:
    """Prints what an event of each costs."""
    heap = statistics.median(unit.heap() / unit.bare() for _ in range(ROUNDS))
    print("\npeers, an event in units of their own Python's bare SimPy")
    for name, told in (
        ("a bare heap", f"{heap:.2f}"),
        ("bare SimPy", "1"),
        *((each, measured(each)) for each in PEERS),
    ):
        print(f"  {name:<14}{told}")
