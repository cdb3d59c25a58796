"""Plans read from files and run again: for commands, and for the tests that `parley shrink` writes.

Those tests are kept by users. They import `replay` from here, `pass_checkpoints` from `parley.campaign`, and `Checkpoint` from
`parley.scenario`: these three names stay.

Requirements: V5, V6.
"""

from __future__ import annotations

import shlex
from pathlib import Path

from msgspec.structs import replace

from faults.plan import Plan, PlanError, check, read
from parley import variants
from parley.errors import BadInput
from parley.run import Outcome
from parley.runner import execute


def read_plan(path: Path, protocol: str = "", *, trust: bool = False) -> tuple[Plan, str]:
    """The plan in a file, and what its protocol is loaded by: `protocol`, or else what the plan names. Raises BadInput.

    A plan runs no code by itself: the variant that it names is loaded only with `trust`, unless it comes with Parley. One that is
    not found from here is looked for beside the plan and in the folders above it.
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
    named = plan.protocol.file
    spec = protocol or found_beside(named, path)
    if not protocol and not trust and variants.bundled_spec(spec) is None:
        file = variants.file_of(spec)
        if file is not None and file.exists():
            raise BadInput(
                f"{path}: $.protocol.file: it names the variant {named!r}, and a plan runs no code by itself: expected "
                f"--protocol {shlex.quote(spec)}, or --trust, which runs what the plan names"
            )
    try:
        variants.load(spec)
        if protocol:
            plan = replace(plan, protocol=variants.reference_of(spec))
    except BadInput as error:
        if protocol:
            raise
        raise BadInput(f"{path}: $.protocol.file: {error}; name it with --protocol") from None
    loaded = variants.load(spec)
    try:
        check(plan, protocol=loaded)
    except PlanError as error:
        raise BadInput(f"{path}: {error}") from None
    if loaded.sequencer.needs_shards and plan.topology.core.shards < 1:
        raise BadInput(
            f"{path}: $.topology.core.shards: protocol {loaded.name!r} needs at least 1 sequencer shard, got 0"
        )
    return plan, spec


def found_beside(spec: str, path: Path) -> str:
    """A variant as it is named from here; one that is not there, from beside a file or a folder above it, if it is there.

    What comes with Parley comes first.
    """
    own = variants.bundled_spec(spec)
    if own is not None:
        return own
    file = variants.file_of(spec)
    if file is None or file.exists():
        return spec
    return next((f"{folder / spec}" for folder in path.resolve().parents if (folder / file).exists()), spec)


def again(command: str, path: Path | str, spec: str = "") -> str:
    """A command that takes a plan, as it is printed to be typed: with the protocol that the plan was run under."""
    return f"parley {command} {shlex.quote(str(path))}{naming(spec)}"


def naming(spec: str) -> str:
    """What a command on a plan needs beside the plan's name, for a protocol that does not come with Parley."""
    return "" if variants.bundled_spec(spec) is not None else f" --protocol {shlex.quote(spec)}"


def replay(path: Path, protocol: str = "") -> Outcome:
    """What the plan in a file shows, under this protocol or the one that it names. Raises BadInput.

    It is called by tests that are kept, with their plans beside them: pytest runs whatever is in such a folder, and so a test
    vouches for its plan. The tests that `parley shrink` writes name the protocol all the same.
    """
    plan, spec = read_plan(path, found_beside(protocol, path), trust=True)
    return execute(plan, variants.load(spec))
