"""`parley renew` writes a plan's digest anew, and its verdict only if it is told to."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from support import plan
from typer.testing import CliRunner

from faults.plan import OLDER, Expectation, encode, read
from parley.cli import app
from parley.run import Run


def _renewed(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["renew", *arguments])
    return result.exit_code, result.stdout


@pytest.mark.requirement("V5")
def test_a_digest_that_is_no_more_is_written_anew_once(tmp_path: Path) -> None:
    old = replace(plan(), parley_plan=OLDER, expect=Expectation(violates=(), digest="of an earlier release"))
    file, digest = tmp_path / "plan.json", Run(plan()).execute().digest()
    file.write_bytes(encode(old))
    code, told = _renewed(str(file))
    assert (code, f"renewed: violates nothing, digest {digest[:12]}" in told) == (0, True)
    assert read(file) == replace(old, expect=Expectation(violates=(), digest=digest))
    before = file.read_bytes()
    assert _renewed(str(file)) == (0, f"{file}  as it says\n")
    assert file.read_bytes() == before


@pytest.mark.requirement("V5")
def test_a_verdict_is_written_anew_only_on_request(tmp_path: Path) -> None:
    wrong, right = tmp_path / "wrong.json", tmp_path / "right.json"
    wrong.write_bytes(encode(replace(plan(), expect=Expectation(violates=("no-livelock",), digest=""))))
    right.write_bytes(encode(plan()))
    code, told = _renewed(str(wrong), str(right))
    assert code == 1
    assert "not renewed: it says that it violates no-livelock, and violates nothing" in told
    kept, renewed = read(wrong).expect, read(right).expect
    assert kept is not None
    assert kept.digest == ""
    assert renewed is not None
    assert renewed.violates == ()
    assert _renewed("--verdict-too", str(wrong))[0] == 0
    assert read(wrong) == read(right)
