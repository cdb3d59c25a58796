"""How fast and in how much memory a long history is verified, next to a plain loop that only decodes the same file.

The history is a simulated one: the deployment, the presence and the faults of `ci`, with so many messages that there are a
million events, written as `parley run --history` does. The unit is a loop over the file's lines with a msgspec decoder of the
whole vocabulary. Both run in this process, in alternation, three times each; the peak of resident memory is that of a
process of its own that does nothing but verify.

Run: `python -m benchmarks.verify [EVENTS] [--profile]`. Target: at most ten times the plain loop, below 300 MiB; exit code 1
if one of the two is missed.
"""

from __future__ import annotations

import cProfile
import pstats
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from faults.plan import ProtocolRef
from model.events import AnyEvent
from model.protocol import REFERENCE
from parley import scenario as scenarios
from parley.commands.verify import verify
from parley.record.observing import observed
from parley.run import Run
from parley.scenario import BUNDLED
from sim import limits
from sim.history import jsonl

EVENTS = 1_000_000
PER_SEND = 41
ROUNDS = 3
TIMES = 10.0
"""A verified file may take so many times as long as one that is only decoded."""
MEMORY = 300 << 10
"""KiB."""


def write(path: Path, client: Path, events: int) -> int:
    """Writes a history of about so many events, and what clients observe of it; how many there are."""
    ci = scenarios.read(BUNDLED / "ci.toml")
    assert ci.campaign is not None
    sends = events // PER_SEND
    limits.lift()
    longer = msgspec.structs.replace(
        ci,
        duration=max(120, sends) * 400_000,
        campaign=msgspec.structs.replace(ci.campaign, sends=(sends, sends), faults=(16, 16), themes=()),
    )
    run = Run(longer.plan(1, ProtocolRef()), REFERENCE)
    outcome = run.execute()
    with path.open("wb") as file:
        file.write(b'{"parley_history":1,"records":"all"}\n')
        file.writelines(jsonl(outcome.history))
    with client.open("wb") as file:
        file.writelines(observed(outcome.history))
    return len(outcome.history)


def plain(path: Path) -> float:
    """Seconds of CPU to decode all lines."""
    decode = msgspec.json.Decoder(AnyEvent).decode
    start = time.process_time()
    with path.open("rb") as file:
        next(file)
        for line in file:
            decode(line)
    return time.process_time() - start


def verified(path: Path) -> float:
    """Seconds of CPU to verify."""
    start = time.process_time()
    verify(path)
    return time.process_time() - start


def _peak() -> int:
    """The most memory, in KiB, that this process had resident; where the system says so, without that of who started it."""
    status = Path("/proc/self/status")
    if status.exists():
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _apart(*arguments: str) -> int:
    """The number that this module prints in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.verify", *arguments]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def missed(times: float, peaks: Sequence[int]) -> list[str]:
    """Which targets are missed, by the ratio to the loop and the peaks of memory (KiB)."""
    found = [f"verify takes {times:.1f} times the loop, and may take {TIMES:g} times"] if times > TIMES else []
    return found + [f"{peak:,} KiB of memory, and {MEMORY:,} are the limit" for peak in peaks if peak >= MEMORY]


def main() -> int:
    """Prints the ratio and the memory of both forms; returns the exit code."""
    if sys.argv[1:2] == ["--memory"]:
        verify(Path(sys.argv[2]))
        print(_peak())
        return 0
    if sys.argv[1:2] == ["--write"]:
        print(write(Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])))
        return 0
    events = next((int(arg) for arg in sys.argv[1:] if arg.isdigit()), EVENTS)
    with tempfile.TemporaryDirectory() as folder:
        full, client = Path(folder) / "history.jsonl", Path(folder) / "client.jsonl"
        made = _apart("--write", str(full), str(client), str(events))
        print(f"events                                    {made:,}")
        print(f"bytes                                     {full.stat().st_size:,}")
        if "--profile" in sys.argv:
            profile = cProfile.Profile()
            profile.runcall(verify, full)
            pstats.Stats(profile).sort_stats("tottime").print_stats(45)
            return 0
        loops, times = [], []
        for _ in range(ROUNDS):
            loops.append(plain(full))
            times.append(verified(full))
        loop, took = statistics.median(loops), statistics.median(times)
        print(f"plain decoding loop                       {loop:.2f} s of CPU")
        print(f"verify                                    {took:.2f} s of CPU, {took / loop:.1f} times the loop")
        print(f"verify, what clients observe              {verified(client):.2f} s of CPU")
        peaks = []
        for what, path in (("verify", full), ("verify, what clients observe", client)):
            peaks.append(_apart("--memory", str(path)))
            print(f"{what + ', peak memory':<41} {peaks[-1] / 1024:,.0f} MiB")
    for target in (failed := missed(took / loop, peaks)):
        print(f"MISSED  {target}")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
