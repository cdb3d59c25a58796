"""How small the Hypothesis machine's own counterexamples are: twenty-two mutants, each on a small deployment.

    python -m benchmarks.machine            # all of them; a table; exit code 1 if one is not found, or takes more than 8 steps

Steps are the rules of the shrunk example, without what starts and ends a machine. Examples are those that ran to their
end, shrinking included; seconds are processor time. Examples are always the same, so all but the seconds is, too.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from hypothesis import HealthCheck, settings

from parley import variants
from parley.checking.mutants import FOLDER, mutants
from parley.machine.delivery import DeliveryMachine
from parley.machine.deployments import DEPLOYMENTS
from parley.machine.failure_story import Counterexample, run_machine
from properties.catalogue import PROPERTIES

MOST_STEPS = 8

CHOSEN: dict[str, str] = {
    "ack_before_persist": "plain",
    "no_dedupe": "plain",
    "count_in_memory": "sharded",
    "pipelined_outbox": "plain",
    "highest_cursor": "plain",
    "sync_skips": "plain",
    "forgets_members_only": "group",
    "badge_counts_own": "plain",
    "ignores_rotation": "plain",
    "close_on_push": "plain",
    "send_before_upload": "plain",
    "unknown_left_out": "group",
    "inbox_forgotten": "group",
    "stale_everything": "replicated",
    "head_of_the_next": "plain",
    "live_path_is_deaf": "plain",
    "reconnects_without_a_digest": "plain",
    "stays_asleep": "plain",
    "shows_no_hint_asleep": "plain",
    "notified_once": "plain",
    "notifies_subscribers": "group",
    "toggles_presence": "plain",
}
"""The mutants, each with the deployment that has what it gets wrong."""

THOROUGH = settings(
    max_examples=2_000,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


class Row(NamedTuple):
    """What became of one mutant. `steps` is -1 if it was not found."""

    mutant: str
    family: str
    deployment: str
    caught_by: str
    steps: int
    examples: int
    seconds: float


def measure(name: str, deployment: str, folder: Path, given: settings = THOROUGH) -> tuple[Row, Counterexample | None]:
    """Looks for a mutant on a deployment."""
    expected = next(mutant.caught_by for mutant in mutants() if mutant.name == name)
    spec = str(FOLDER / f"{name}.py")
    machine = DeliveryMachine.on(DEPLOYMENTS[deployment], variants.load(spec), spec)
    began = time.process_time()
    found: Counterexample | None = None
    try:
        run_machine(machine, folder, given)
    except Counterexample as counterexample:
        found = counterexample
    seconds = time.process_time() - began
    caught = str(found).partition(":")[0] if found else "nothing"
    steps = found.steps if found else -1
    return Row(name, PROPERTIES[expected].family, deployment, caught, steps, machine.tally.examples, seconds), found


def main() -> int:
    """Prints the table."""
    chosen = sys.argv[1:] or list(CHOSEN)
    print(f"{'mutant':<22} {'family':<20} {'on':<11} {'caught by':<30} {'steps':>5} {'examples':>8} {'seconds':>7}")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name in chosen:
            row, _ = measure(name, CHOSEN[name], Path(folder))
            rows.append(row)
            print(
                f"{row.mutant:<22} {row.family:<20} {row.deployment:<11} {row.caught_by:<30} {row.steps:>5} "
                f"{row.examples:>8,} {row.seconds:>7.1f}",
                flush=True,
            )
    return 0 if all(0 <= row.steps <= MOST_STEPS for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
