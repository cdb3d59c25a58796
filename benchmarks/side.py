"""One side of a comparison: runs loads with the Parley that is first on Python's path, and says what they cost.

`benchmarks/__main__.py` starts one for each revision, with that revision's own source in front, and asks in turn. A question is a
line of JSON: what to do, and with which plans; so is the answer. Whatever a revision can't do is an answer, too: `{"cannot": …}`.

Run: `python -m benchmarks.side`, or `--profile NAME PLAN…` for where the time of some plans goes.
"""

from __future__ import annotations

import cProfile
import gc
import hashlib
import json
import pstats
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from time import process_time as cpu
from typing import Any

from benchmarks import kernel
from faults import plan as plans
from model.events import Shown
from parley import scenario as scenarios
from parley.campaign import summarise
from parley.run import Run
from parley.runner import execute
from parley.variants import load

Answer = dict[str, Any]


def run(paths: Sequence[str], scenario: str = "") -> Answer:
    """Runs plans as campaigns do; seconds of CPU in all and by part, and what there was.

    `scenario`: the file that the plans are of; then making them is a part of the cost.
    """
    protocol = load("")
    todo = [plans.read(Path(path)) for path in paths]
    its = scenarios.read(Path(scenario)) if scenario else None
    parts = dict.fromkeys(("plan", "build", "simulate", "judge", "summarise"), 0.0)
    digests = hashlib.sha256()
    events = deliveries = 0
    gc.collect()
    start = cpu()
    for plan in todo:
        began = cpu()
        if its is not None:
            its.plan(plan.seed)
        planned = cpu()
        parts["plan"] += planned - began
        built = judged = 0.0

        def timed(ask: Callable[..., Any]) -> Callable[..., Any]:
            def asked(*what: Any) -> Any:
                nonlocal judged
                since = cpu()
                try:
                    return ask(*what)
                finally:
                    judged += cpu() - since

            return asked

        def before(run: Run) -> None:
            nonlocal built
            for name in ("advance", "settled", "verdicts"):
                setattr(run.judge, name, timed(getattr(run.judge, name)))
            built = cpu()

        outcome = execute(plan, protocol, before)
        done = cpu()
        summary = summarise(plan, outcome, ())
        parts["summarise"] += cpu() - done
        parts["build"] += built - planned
        parts["judge"] += judged
        parts["simulate"] += done - built - judged
        digests.update(summary.digest.encode())
        events += len(outcome.history)
        deliveries += sum(type(event) is Shown for event in outcome.history)
        if outcome.violations:
            raise AssertionError(f"{plan.scenario}, seed {plan.seed}: {outcome.violated()[0]} is violated")
        del outcome
    gc.collect()
    return {
        "cpu": cpu() - start, "parts": parts, "runs": len(todo), "events": events, "deliveries": deliveries,
        "digest": digests.hexdigest(), "peak": _peak(),
    }  # fmt: skip


def _peak() -> int:
    """The most memory, in bytes, that this process had resident; 0 where the system does not say so."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM")), 0)


def answer(question: dict[str, Any]) -> Answer:
    """What a question comes to."""
    do = question.pop("do")
    try:
        if do == "run":
            return run(**question)
        return {"cpu": {"callbacks": kernel.callbacks, "messages": kernel.messages}[do]()}
    except Exception as error:  # a revision that can't is no reason to say nothing of the other
        return {"cannot": f"{type(error).__name__}: {error}"[:300]}


def main() -> None:
    """Answers questions until there are no more."""
    if sys.argv[1:2] == ["--profile"]:
        profile = cProfile.Profile()
        profile.runcall(run, sys.argv[2:])
        pstats.Stats(profile).sort_stats("tottime").print_stats(45)
        return
    answers = sys.stdout
    sys.stdout = sys.stderr
    for line in sys.stdin:
        answers.write(json.dumps(answer(json.loads(line))) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
