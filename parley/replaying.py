"""Plans read from files and run again: for commands, and for the tests that `parley shrink` writes.

Those tests are kept by users. They import `replay` from here, `pass_checkpoints` from `parley.campaign`, and `Checkpoint` from
`parley.scenario`: these three names stay.

Requirements: V5, V6.
"""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from faults.plan import Plan, PlanError, check, read
from parley import variants
from parley.errors import BadInput
from parley.run import Outcome
from parley.runner import execute


def read_plan(path: Path, protocol: str = "") -> tuple[Plan, str]:
    """The plan in a file, and what its protocol is loaded by: `protocol`, or else what the plan says. Raises BadInput.

    A variant's file that is not found from here is looked for beside the plan and in the folders above it.
    """
    if path.suffix == ".py":
        raise BadInput(
            f"{path}: expected a plan, a JSON file as a failed run leaves it, got a Python file; "
            f"`parley check --protocol {path}` judges a variant and leaves the plans that fail"
        )
    if path.suffix == ".toml":
        raise BadInput(
            f"{path}: expected a plan, a JSON file as a failed run leaves it, got a scenario; `parley run {path}` runs it"
        )
    try:
        plan = read(path)
    except PlanError as error:
        raise BadInput(str(error)) from None
    spec = protocol or _found(plan.protocol.file, path)
    try:
        variants.load(spec)
        if protocol:
            plan = replace(plan, protocol=variants.reference_of(spec))
    except BadInput as error:
        if protocol:
            raise
        raise BadInput(f"{path}: $.protocol.file: {error}; name it with --protocol") from None
    try:
        check(plan, protocol=variants.load(spec))
    except PlanError as error:
        raise BadInput(f"{path}: {error}") from None
    return plan, spec


def _found(spec: str, beside: Path) -> str:
    file = variants.file_of(spec)
    if file is None or file.exists():
        return spec
    return next((f"{folder / spec}" for folder in beside.resolve().parents if (folder / file).exists()), spec)


def replay(path: Path, protocol: str = "") -> Outcome:
    """What the plan in a file shows, under the protocol that it names or another one. Raises BadInput."""
    plan, spec = read_plan(path, protocol)
    return execute(plan, variants.load(spec))
