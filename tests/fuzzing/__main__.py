"""Mutates and tries so many files of each kind: `python -m fuzzing 10000`. Exits with 1 if anything bad came of one."""

from __future__ import annotations

import argparse
import os
import resource
import signal
import sys
import tempfile
import time
from pathlib import Path

from support import ROOT

from fuzzing.campaign import WRONG, counted, tasks
from fuzzing.crew import Crew
from fuzzing.mutation import KINDS, arguments, mutated


def main() -> None:
    """Runs what the command line asks for."""
    given = argparse.ArgumentParser(prog="python -m fuzzing", description=__doc__)
    given.add_argument("count", type=int, nargs="?", default=10_000, help="how many files of each kind")
    given.add_argument("--seed", type=int, default=1, help="with a kind and a number it makes a file; none: 1")
    given.add_argument("--first", type=int, default=0, help="the first number; none: 0")
    given.add_argument(
        "--commands", type=int, default=200, help="how many of each kind by a process of its own; none: 200"
    )
    given.add_argument("--jobs", type=int, default=0, help="how many processes at a time; none: one a core")
    given.add_argument(
        "--keep", type=Path, default=ROOT / "tests/cases/found", help="where files are kept of which bad came"
    )
    given.add_argument(
        "--show", metavar="KIND:NUMBER", help="write one file to standard output, and its command to standard error"
    )
    asked = given.parse_args()
    if asked.show:
        kind, _, number = asked.show.partition(":")
        sys.stdout.buffer.write(mutated(kind, int(number), asked.seed))
        command = arguments(kind, int(number), Path(f"FILE{KINDS[kind]}"), asked.seed)
        print(f"parley {' '.join(command)}", file=sys.stderr)
        return
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.default_int_handler)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        crew = Crew(Path(folder), asked.seed, asked.jobs)
        whole = asked.count * len(KINDS)
        print(f"seed {asked.seed}, numbers {asked.first} to {asked.first + asked.count - 1} of each kind", flush=True)
        tally = counted(crew.work(tasks(asked.count, asked.commands, asked.first)), whole, asked.keep, asked.seed)
    print(tally.table())
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    wrong = {what: sum(tally.wrong[kind][what] for kind in KINDS) for what in (*WRONG, "other")}
    print(
        f"seed {asked.seed}: {sum(tally.tried.values()):,} files in {time.monotonic() - began:.0f} s on {crew.jobs} of "
        f"{os.cpu_count()} cores, {used.ru_utime + used.ru_stime:.0f} s of processor time; "
        + ", ".join(f"{many} × {what}" for what, many in wrong.items())
    )
    if sum(tally.tried.values()) < whole:
        sys.exit(1 if tally.found else 130)
    sys.exit(1 if tally.found else 0)


if __name__ == "__main__":
    main()
