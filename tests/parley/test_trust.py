"""A plan is data: whatever it names, no command runs code for it, unless it is asked to; and every hint says what is needed."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace
from support import ROOT, SECOND, VARIANTS, plan
from support import parley as command

from faults.kinds import CrashAt
from faults.plan import Plan, ProtocolRef, Send, encode, read
from parley import variants
from parley.commands.regression_test import a_test
from parley.commands.shrunk_plan import shrink_plan
from parley.errors import BadInput
from parley.replaying import again, read_plan, replay

pytestmark = pytest.mark.requirement("V5", "N8")

STRANGER = (
    "from pathlib import Path\nPath('ran').touch()\nfrom parley.variant import Device\nclass D(Device):\n    pass\n"
)
CRASH = CrashAt(node="store-1", point="committed", down=SECOND)
COMMANDS = (("replay",), ("shrink", "--runs", "1"), ("blame",), ("radius", "--k", "0"), ("renew",))


@pytest.fixture
def strange(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stranger's folder: a plan, and beside it the file that it names."""
    monkeypatch.chdir(tmp_path)
    Path("helper.py").write_text(STRANGER)
    Path("plan.json").write_bytes(encode(replace(plan(), protocol=ProtocolRef(name="helper", file="helper.py"))))
    return Path("plan.json")


@pytest.mark.parametrize("given", COMMANDS, ids=lambda given: str(given[0]))
def test_no_command_runs_what_a_plan_names(
    given: tuple[str, ...], strange: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first, *more = given
    assert command(first, str(strange), *more, monkeypatch=monkeypatch) == 2
    assert not Path("ran").exists()
    error = capsys.readouterr().err
    assert error.startswith("parley: plan.json: $.protocol.file: it names the variant 'helper.py'")
    assert "--protocol helper.py, or --trust" in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("option", [("--trust",), ("--protocol", "helper.py")])
def test_it_runs_when_it_is_asked_for(option: tuple[str, ...], strange: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    variants.load.cache_clear()
    assert command("replay", str(strange), *option, monkeypatch=monkeypatch) == 0
    assert Path("ran").exists()


def test_a_plan_from_elsewhere_finds_no_file_of_the_folder_that_it_is_run_in(
    strange: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor one beside it, nor one that a link points to, nor one that has the path of a mutant of ours."""
    mutants = tmp_path / "properties" / "mutants"
    mutants.mkdir(parents=True)
    named = {"/proc/self/cwd/helper.py": "", "./helper.py": "", "properties/mutants/helper.py": STRANGER, "link.py": ""}
    Path("link.py").symlink_to("helper.py")
    (mutants / "no_dedupe.py").write_text(STRANGER)
    for file, text in named.items():
        if text:
            Path(file).write_text(text)
        strange.write_bytes(encode(replace(plan(), protocol=ProtocolRef(name="helper", file=file))))
        with pytest.raises(BadInput, match="a plan runs no code by itself"):
            read_plan(strange)
    strange.write_bytes(encode(replace(plan(), protocol=ProtocolRef(file="properties/mutants/no_dedupe.py"))))
    assert read_plan(strange)[1] == str(VARIANTS / "no_dedupe.py"), "that of this installation"
    assert not Path("ran").exists()


def test_what_comes_with_parley_needs_no_trust() -> None:
    assert [variants.bundled_spec(spec) for spec in ("", "leased", "reference")] == ["", "leased", "reference"]
    mutant = str(VARIANTS / "no_dedupe.py")
    assert variants.bundled_spec(mutant) == mutant
    assert variants.bundled_spec("properties/mutants/nothing.py") is None
    assert variants.bundled_spec(str(VARIANTS / ".." / "catalogue.py")) is None


def test_a_hint_says_what_the_command_needs() -> None:
    assert again("replay", "a b.json", "x y.py:Z") == "parley replay 'a b.json' --protocol 'x y.py:Z'"
    for spec in ("", "leased", "properties/mutants/no_dedupe.py"):
        assert again("blame", Path("a.json"), spec) == "parley blame a.json"


def test_every_hint_of_a_check_and_of_what_follows_can_be_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(VARIANTS / "close_on_push.py", "mine.py")
    check = ("check", "ci", "--seeds", "1", "--protocol", "mine.py", "--shrink")
    assert command(*check, monkeypatch=monkeypatch) == 1
    told = capsys.readouterr().out + Path("out/report.html").read_text()
    hints = {*re.findall(r"parley ((?:replay|shrink) [^\n<]*)", told)}
    assert len(hints) == 3
    assert all(hint.endswith(" --protocol mine.py") for hint in hints)
    small = next(hint for hint in hints if "closed-when-done" in hint)
    assert command(*shlex.split(small), monkeypatch=monkeypatch) == 1
    assert command("shrink", *shlex.split(small)[1:], "--runs", "1", monkeypatch=monkeypatch) == 0
    hints = {*re.findall(r"parley ((?:replay|blame) [^\n]*)", capsys.readouterr().out)}
    assert {hint.split()[0] for hint in hints} == {"replay", "blame"}
    assert all(hint.endswith(" --protocol mine.py") for hint in hints)


# --- the tests that are written ---------------------------------------------------------------------------------------

HOSTILE = 'x"""\nimport os; os.mkdir("ran")\n"""\\"""\N{RIGHT-TO-LEFT OVERRIDE}\x1b[31m\\'


def written(folder: Path, given: Plan, spec: str) -> Path:
    """The test that a shrunk plan leaves, in a folder with the plan."""
    small = shrink_plan(given, spec, "one-row-per-message", budget=1)
    (folder / "small.json").write_bytes(encode(small.plan))
    test = folder / "test_small.py"
    test.write_text(a_test(small, "small.json"))
    return test


def ran(test: Path) -> str:
    pytests = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null", str(test)]
    return subprocess.run(pytests, cwd=ROOT, capture_output=True, text=True, check=False).stdout


def test_no_text_of_a_plan_is_code_in_a_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the plan calls its scenario, its devices, its bodies: the test is a test, and says it in its own words."""
    monkeypatch.chdir(tmp_path)
    one = plan(CRASH)
    renamed = replace(
        one,
        scenario=HOSTILE,
        workload=(Send(at=5 * SECOND, device="alice-phone", conversation=HOSTILE, body=HOSTILE),),
        topology=replace(one.topology, conversations=(replace(one.topology.conversations[0], name=HOSTILE),)),
    )
    test = written(tmp_path, renamed, str(VARIANTS / "no_dedupe.py"))
    source = test.read_text()
    compile(source, "test_small.py", "exec")
    assert not re.search("[^\\n -~]", source.replace("·", "")), "nothing is invisible"
    names: dict[str, object] = {"__file__": str(test), "__name__": "test_small"}
    exec(source, names)
    assert not (tmp_path / "ran").exists()
    assert source.count('"""') == 2
    assert repr(HOSTILE) in repr(names["MILESTONES"]), "and it is compared with what happens as it is"


def test_a_written_test_names_its_protocol_and_not_the_plan_s(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    shutil.copy(VARIANTS / "no_dedupe.py", tmp_path / "mine.py")
    spec = str(tmp_path / "mine.py")
    test = written(tmp_path / "kept", plan(CRASH), spec)
    assert f'PROTOCOL = "{spec}"' in test.read_text()
    assert "2 passed" in ran(test)
    test.write_text(test.read_text().replace(spec, "mine.py"))
    swapped = replace(read(test.parent / "small.json"), protocol=ProtocolRef(name="x", file="stranger.py"))
    (test.parent / "small.json").write_bytes(encode(swapped))
    (test.parent / "stranger.py").write_text(STRANGER)
    assert "2 passed" in ran(test), "found in the folder above, whatever the plan names"


def test_a_kept_test_of_before_vouches_for_its_plan(strange: Path) -> None:
    variants.load.cache_clear()
    assert replay(strange).violated() == ()
    assert Path("ran").exists()
