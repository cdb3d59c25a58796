"""Same plan, same bytes: in one process, in two, under any hash seed, on every Python that is here."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path

import interpreters
import pytest
from support import ROOT, scenario

from faults import plan as plans
from faults.plan import ProtocolRef
from parley.run import Run
from sim.history import first_difference, jsonl

pytestmark = pytest.mark.requirement("V7")

SEEDS = (1, 7, 19)

HISTORY = """
import sys
from pathlib import Path
from faults.plan import ProtocolRef
from parley import scenario
from parley.run import Run
from sim.history import jsonl
loaded = scenario.read(Path("scenarios/ci.toml"))
for seed in map(int, sys.argv[1:]):
    sys.stdout.buffer.writelines(jsonl(Run(loaded.plan(seed, ProtocolRef())).execute().history))
"""


def here() -> list[bytes]:
    loaded = scenario("ci")
    return [line for seed in SEEDS for line in jsonl(Run(loaded.plan(seed, ProtocolRef())).execute().history)]


def elsewhere(python: Path, hash_seed: str) -> list[bytes]:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [python, "-c", HISTORY, *map(str, SEEDS)], cwd=ROOT, env=environment, capture_output=True, timeout=120
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.splitlines(keepends=True)


def assert_equal(ours: list[bytes], theirs: list[bytes]) -> None:
    at = first_difference(ours, theirs)
    if at is not None:
        pytest.fail(f"first difference at event {at}:\n  {ours[at : at + 1]}\n  {theirs[at : at + 1]}")


def test_twice_in_one_process() -> None:
    assert_equal(here(), here())


@pytest.mark.parametrize("hash_seed", ["0", "1", "4242"])
def test_in_another_process_under_another_hash_seed(hash_seed: str) -> None:
    assert_equal(here(), elsewhere(Path(sys.executable), hash_seed))


@pytest.mark.parametrize("version", interpreters.found())
def test_on_every_python_here(version: str) -> None:
    python = interpreters.environment(version, interpreters.found()[version])
    assert_equal(here(), elsewhere(python, "random"))


def test_a_difference_is_shown_with_its_first_event() -> None:
    ours = here()
    theirs = [*ours[:5], b"something else\n", *ours[6:]]
    with pytest.raises(pytest.fail.Exception, match=r"first difference at event 5:[\s\S]*something else"):
        assert_equal(ours, theirs)


def test_fifo_ties_and_explored_ties_are_different_runs_of_the_same_plan() -> None:
    import msgspec

    plan = scenario("ci").plan(1, ProtocolRef())
    fifo = msgspec.structs.replace(plan, explore_ties=False)
    assert Run(plan).execute().violations == Run(fifo).execute().violations == []


@pytest.mark.parametrize("name", ["ci", "nightly", "w3"])
def test_a_plan_is_written_the_same_whichever_process_made_it(name: str) -> None:
    plan = scenario(name).plan(7, ProtocolRef())
    written = plans.encode(plan)
    assert plans.encode(pickle.loads(pickle.dumps(plan))) == written, "as it comes from a worker of `parley check`"
    assert plans.encode(plans.decode(written)) == written
