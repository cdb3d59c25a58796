"""Runs what Parley accepted at 7aa79c4 and compares with `tests/compat/expected.json`; rewrites that file on purpose.

    python -m tools.compat                                       # says what differs; exit code 1 if anything does
    python -m tools.compat --write                               # digests again, as long as no verdict changes
    python -m tools.compat --write --because "REASON" ROW ...    # these rows may change their verdict, too

A row is a file of the corpus: a plan, a variant (of a file with several: FILE.py:NAME), or a history. Its verdict is what
a user relies on, its digest stands for the bytes of the histories. A verdict that changes keeps the earlier one, with the reason.

Requirements: V7.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import sys
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import typer

from faults.kinds import name_of
from faults.plan import Plan
from faults.plan import read as read_plan
from parley import scenario as scenarios
from parley import variants
from parley.campaign import pass_checkpoints
from parley.commands import verify as verifying
from parley.errors import BadInput
from parley.replaying import read_plan as read_with_protocol
from parley.run import Outcome
from parley.runner import execute
from parley.scenario import Scenario
from sim.history import Event, FaultStarted
from sim.verdicts import UNKNOWN

CORPUS = Path(__file__).parent.parent / "tests" / "compat"
EXPECTED = CORPUS / "expected.json"

Verdict = dict[str, Any]
"""What a row gives, as JSON: which keys it has depends on what kind of file the row is."""


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An earlier verdict of a row, and why it was changed on purpose."""

    verdict: Verdict
    because: str


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a file of the corpus gives. `plans`: those that a variant is run on; `changed`: earlier verdicts, oldest first."""

    verdict: Verdict
    digest: str = ""
    plans: tuple[str, ...] = ()
    changed: tuple[Change, ...] = ()


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole table. `kinds` and `properties` are the names of faults and properties at 7aa79c4."""

    kinds: tuple[str, ...]
    properties: tuple[str, ...]
    rows: dict[str, Row]


class Refused(Exception):
    """Rows whose verdict would change without a reason, or that don't exist. The text names them."""


def read(path: Path) -> Expected:
    """The table in a file."""
    return msgspec.json.decode(path.read_bytes(), type=Expected)


def encode(expected: Expected) -> bytes:
    """The table as JSON, one row after another."""
    return msgspec.json.format(msgspec.json.encode(expected), indent=1) + b"\n"


def judged(name: str, row: Row, expected: Expected) -> Row:
    """What the row's file gives now, with the earlier verdicts that `row` has."""
    folder = name.partition("/")[0]
    if folder == "plans":
        verdict, digest = judged_plan(CORPUS / name)
    elif folder == "variants":
        verdict, digest = judged_variant(CORPUS / name, row.plans)
    else:
        verdict, digest = judged_history(CORPUS / name, expected.properties), ""
    return msgspec.structs.replace(row, verdict=verdict, digest=digest)


def judged_plan(path: Path) -> tuple[Verdict, str]:
    """What a plan violates, which kinds of fault strike in it, and which checkpoints of its story it misses; its digest."""
    plan, spec = read_with_protocol(path, trust=True)
    outcome = execute(plan, variants.load(spec))
    verdict: Verdict = {"violated": _violated(outcome), "struck": _struck(plan, outcome.history)}
    story = story_of(path)
    if story is not None:
        passed = pass_checkpoints(story.checkpoints, outcome.history)
        verdict["missed"] = [checkpoint.says for checkpoint in passed if checkpoint.at is None]
    return verdict, outcome.digest()


def story_of(path: Path) -> Scenario | None:
    """The scenario file that a plan of the corpus was made from, if that is in the corpus."""
    file = CORPUS / "scenarios" / f"{path.stem.removeprefix('story-')}.toml"
    return scenarios.read(file) if path.stem.startswith("story-") else None


def judged_variant(spec: Path, plans: Collection[str]) -> tuple[Verdict, str]:
    """In how many of these plans a variant violates what; and one digest over all its runs."""
    protocol = variants.load(str(spec))
    violated: Counter[str] = Counter()
    digests = []
    for name in plans:
        plan = read_plan(CORPUS / "plans" / f"{name}.json")
        outcome = execute(plan, protocol)
        violated.update(_violated(outcome))
        digests.append(outcome.digest())
    return {"violated": dict(sorted(violated.items()))}, hashlib.sha256("".join(digests).encode()).hexdigest()


def judged_history(path: Path, known: Collection[str]) -> Verdict:
    """The exit code of `parley verify`, what it finds violated, and which properties of 7aa79c4 (`known`) it can't tell of."""
    try:
        found = verifying.verify(path)
    except BadInput:
        return {"exit": 2, "violated": [], "unknown": []}
    code = 0
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            verifying.command(path, missing=False)
        except typer.Exit as ended:
            code = ended.exit_code
    violated = sorted({violation.property for violation in found.violations})
    return {"exit": code, "violated": violated, "unknown": sorted({*found.names(UNKNOWN)} & {*known})}


def _violated(outcome: Outcome) -> list[str]:
    return sorted(outcome.violated())


def _struck(plan: Plan, history: list[Event]) -> list[str]:
    return sorted({name_of(plan.faults[event.fault]) for event in history if isinstance(event, FaultStarted)})


def rewritten(expected: Expected, now: Mapping[str, Row], because: str, named: Collection[str]) -> Expected:
    """The table with what the rows give now. Raises Refused for a changed verdict whose row isn't `named` with a reason."""
    unknown = [name for name in named if name not in expected.rows]
    if unknown:
        raise Refused(f"there is no row {', '.join(unknown)}")
    if named and not because.strip():
        raise Refused("a verdict changes for a reason: say it with --because")
    rows = dict(expected.rows)
    silent = []
    for name, row in now.items():
        before = rows[name]
        rows[name] = row
        if row.verdict != before.verdict:
            if name not in named:
                silent.append(name)
            rows[name] = msgspec.structs.replace(row, changed=(*before.changed, Change(before.verdict, because)))
    if silent:
        raise Refused(f"these rows have another verdict: name them, with a reason: {' '.join(silent)}")
    return msgspec.structs.replace(expected, rows=rows)


def differences(expected: Expected, now: Mapping[str, Row]) -> Iterator[str]:
    """A line for each row that gives something else than it did."""
    for name, row in now.items():
        before = expected.rows[name]
        for key in sorted({*before.verdict, *row.verdict}):
            was, gives = before.verdict.get(key), row.verdict.get(key)
            if was != gives:
                yield f"{name}: {key}: was {was}, is {gives}"
        if row.verdict == before.verdict and row.digest != before.digest:
            yield f"{name}: another digest, the same verdict"


def main() -> int:
    """Compares or rewrites."""
    parser = argparse.ArgumentParser(prog="python -m tools.compat", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--write", action="store_true", help="write the digests, and the verdicts of the rows named")
    parser.add_argument("--because", default="", help="why the verdicts of the rows named change")
    parser.add_argument("rows", nargs="*", metavar="ROW", help="a row whose verdict may change")
    given = parser.parse_args()
    expected = read(EXPECTED)
    now = {name: judged(name, row, expected) for name, row in expected.rows.items()}
    found = list(differences(expected, now))
    print("\n".join(found) or "nothing differs")
    if not given.write:
        return 1 if found else 0
    try:
        EXPECTED.write_bytes(encode(rewritten(expected, now, given.because, given.rows)))
    except Refused as refused:
        print(f"not written: {refused}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
