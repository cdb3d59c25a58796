"""`parley mutants`: what counts as killed, what the command says and leaves, and that its page is of today's mutants."""

from __future__ import annotations

import ast
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from support import MUTANTS, VARIANTS, parley, scenario

from faults.plan import ProtocolRef, read
from model.protocol import PROTOCOLS
from parley import variants
from parley.checking import mutation_score as killing
from parley.checking.mutants import Mutant, field_bugs, mutants, registered
from parley.checking.mutation_score import Control, Score, Trial
from parley.commands import mutants as mutants_command
from parley.errors import BadInput
from parley.runner import execute
from tools import mutants as pages

pytestmark = pytest.mark.requirement("V3")

Command = Callable[..., tuple[int, str, str]]

SURVIVES = '''"""Nothing is wrong here."""

from model.device.device import Device
from model.protocol import variant


class Same(Device):
    pass


PROTOCOL = variant("same", device=Same)
CAUGHT_BY = "shown-once"
SCENARIO = "ci"
'''


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command over the mutants in a folder of its own: exit code, standard output, standard error."""

    def command(*arguments: str, out: str = "out") -> tuple[int, str, str]:
        where = ("--folder", str(tmp_path / "mutants"), "--out", str(tmp_path / out))
        code = parley("mutants", *where, "--jobs", "1", *arguments, monkeypatch=monkeypatch)
        told = capsys.readouterr()
        return code, told.out, told.err

    (tmp_path / "mutants").mkdir()
    for name in ("close_on_push", "sync_skips"):
        shutil.copy(VARIANTS / f"{name}.py", tmp_path / "mutants")
    return command


def result(path: Path) -> Score:
    return killing.read_result((path / "mutants.json").read_bytes(), str(path))


# --- the command ------------------------------------------------------------------------------------------------------


def test_mutants_are_killed_and_their_plans_replay(
    run: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, told, _ = run()
    assert code == 0
    assert "2 of 2 mutants killed" in told
    assert told.endswith("PASS\n")
    score = result(tmp_path / "out")
    assert [(trial.mutant, trial.property) for trial in score.killed] == [
        ("close_on_push", "closed-when-done"),
        ("sync_skips", "every-device-shows-everything"),
    ]
    skips = score.trials[1]
    assert skips.others, "a page that lacks a row breaks more than one promise"
    assert skips.runs == skips.seed == max(control.runs for control in score.controls)
    plan = tmp_path / "out" / "plans" / f"sync_skips-{skips.seed}.json"
    expect = read(plan).expect
    assert expect is not None
    assert {skips.property, *skips.others} == set(expect.violates)
    assert parley("replay", str(plan), "--trust", monkeypatch=monkeypatch) == 1


@pytest.mark.requirement("V7")
def test_the_same_command_says_and_leaves_the_same_bytes(run: Command, tmp_path: Path) -> None:
    """On one core and on two; what an earlier one left is gone."""
    first = run()
    stale = tmp_path / "out" / "plans" / "sync_skips-77.json"
    stale.write_text("of an earlier score")
    others = tmp_path / "out" / "plans" / "ci-77.json"
    others.write_text("of a campaign")
    left = (tmp_path / "out" / "mutants.json").read_bytes()
    assert run("--jobs", "2") == first
    assert (tmp_path / "out" / "mutants.json").read_bytes() == left
    assert not stale.exists()
    assert others.exists()


def test_a_mutant_that_survives_fails_the_score(run: Command, tmp_path: Path) -> None:
    (tmp_path / "mutants" / "same.py").write_text(SURVIVES)
    code, told, _ = run("--seeds", "4")
    assert code == 1
    assert "survived  same: shown-once holds in 4 runs of ci" in told
    assert "2 of 3 mutants killed" in told
    assert told.endswith("FAIL\n")


def test_a_mutant_that_others_catch_fails_the_score(run: Command, tmp_path: Path) -> None:
    file = tmp_path / "mutants" / "close_on_push.py"
    file.write_text(file.read_text().replace('"closed-when-done"', '"seq-is-unique"'))
    code, told, _ = run("--seeds", "2", "--only", "close_on_push")
    assert code == 1
    assert "caught by others only  close_on_push: seq-is-unique holds in 2 runs" in told
    assert "violated were closed-when-done" in told


def test_a_reference_that_is_caught_fails_the_score(
    run: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then the mutant's decision was not what broke the promise."""
    monkeypatch.setitem(PROTOCOLS, "reference", variants.load(str(VARIANTS / "close_on_push.py")))
    code, told, _ = run("--only", "sync_skips")
    assert code == 1
    assert "1 of 1 mutants killed" in told
    assert "proves nothing  closed-when-done, of ci, seed 1" in told
    assert "FAIL" in told


def test_an_interruption_keeps_what_is_through(run: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = mutants_command.hunt

    def interrupted(mutant: Mutant, *rest: object) -> object:
        if mutant.name == "sync_skips":
            raise KeyboardInterrupt
        return real(mutant, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(mutants_command, "hunt", interrupted)
    code, told, _ = run()
    assert code == 130
    assert "interrupted: 1 of 2 mutants are through" in told
    assert "PASS" not in told
    score = result(tmp_path / "out")
    assert not score.complete
    assert [trial.mutant for trial in score.trials] == ["close_on_push"]


def test_only_keeps_the_others_in_a_result_file(run: Command, tmp_path: Path) -> None:
    file = tmp_path / "kept.json"
    assert run("--result", str(file))[0] == 0
    assert run("--result", str(file), "--only", "sync_skips", "--shrink", "--shrink-runs", "30")[0] == 0
    close, skips = killing.read_result(file.read_bytes(), "kept").trials
    assert close.mutant == "close_on_push"
    assert close.small is None
    assert skips.small is not None
    assert len(skips.small.lines) == skips.small.actions + skips.small.faults
    assert skips.small.runs <= 31
    small = tmp_path / "out" / "plans" / f"sync_skips-{skips.seed}.{skips.property}.json"
    assert len(read(small).workload) == skips.small.actions


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--only", "sync_skip"), "there is no mutant 'sync_skip' (did you mean 'sync_skips'?)"),
        (("--folder", "docs"), "docs: expected a folder with a variant file for each mutant"),
        (("--only", "sync_skips", "--result", "Makefile"), "Makefile: expected a result of `parley mutants`"),
    ],
)
def test_bad_input_is_one_line(run: Command, tmp_path: Path, arguments: tuple[str, ...], told: str) -> None:
    code, out, err = run(*arguments)
    assert code == 2
    assert told in err
    assert len(err.splitlines()) == 1
    assert not out
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("CAUGHT_BY = 1\n", "expected CAUGHT_BY to be a string"),
        ('CAUGHT_BY = "x"\nSCENARIO = "ci"\n', "CAUGHT_BY: there is no property 'x'"),
        ("def", "invalid syntax"),
    ],
)
def test_a_file_that_is_no_mutant_is_named(run: Command, tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "mutants" / "bad.py").write_text(text)
    code, _, err = run()
    assert code == 2
    assert "bad.py" in err
    assert told in err


# --- the mutants ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_a_few_lines_that_only_decide(name: str) -> None:
    """At most 22 lines, two classes, and a docstring of a sentence: one mechanism each."""
    text = (VARIANTS / f"{name}.py").read_text()
    assert len(text.splitlines()) <= 22
    assert len([node for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]) <= 2
    assert MUTANTS[name].wrong.endswith((".", ")"))
    assert variants.load(str(VARIANTS / f"{name}.py")).name == name.replace("_", "-")


def test_no_two_mutants_say_the_same() -> None:
    assert len({mutant.wrong for mutant in MUTANTS.values()}) == len(MUTANTS)


@pytest.mark.parametrize("name", MUTANTS)
def test_the_plan_that_kills_it_is_harmless_to_what_it_was_made_of(name: str) -> None:
    """The violation is the mutant's own. The seed is the one that parley/measured/mutants.json names."""
    trial = next(t for t in killing.read_result(pages.RESULT.read_bytes(), "result").trials if t.mutant == name)
    assert trial.killed
    plan = scenario(trial.scenario).plan(trial.seed, ProtocolRef())
    outcome = execute(plan, PROTOCOLS[trial.protocol])
    assert outcome.violations == []


def test_every_field_bug_has_a_mutant_or_a_reason() -> None:
    cited = {number for mutant in MUTANTS.values() for number in mutant.field_bugs}
    bugs = field_bugs()
    assert [bug.number for bug in bugs] == list(range(1, len(bugs) + 1))
    assert cited <= {bug.number for bug in bugs}
    for bug in bugs:
        assert (bug.number in cited) != bool(bug.why_none), f"field bug {bug.number}: a mutant, or else a reason"


# --- the page ---------------------------------------------------------------------------------------------------------


def test_the_page_is_of_the_mutants_that_there_are() -> None:
    score, known = killing.read_result(pages.RESULT.read_bytes(), "result"), mutants()
    pages.compare(score, known)
    text = pages.page(score, known, field_bugs())
    for mutant in known:
        assert f"| {mutant.name} | {mutant.wrong} | [{mutant.caught_by}](" in text
    assert "none: " in text


VIOLATED = Control(scenario="ci", protocol="reference", runs=999, violated={"shown-once": 1})


def first(score: Score, **changes: object) -> None:
    """Changes what became of the first mutant."""
    score.trials[0] = msgspec.structs.replace(score.trials[0], **changes)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda score: score.trials.pop(), "lacks [a-z_]+: run"),
        (lambda score: score.trials.append(msgspec.structs.replace(score.trials[0], mutant="gone")), "there are no mutants gone"),
        (lambda score: first(score, wrong="else"), "--shrink --only [a-z_]+ --result"),
        (lambda score: score.controls.clear(), "lacks [a-z_]+, [a-z_]+"),
        (lambda score: setattr(score, "complete", False), "failed or was interrupted"),
        (lambda score: score.controls.append(VIOLATED), "failed or was interrupted"),
        (lambda score: first(score, killed=False), "failed or"),
    ],
)  # fmt: skip
def test_a_result_that_is_not_of_the_mutants_is_stale(change: Callable[[Score], object], told: str) -> None:
    score = killing.read_result(pages.RESULT.read_bytes(), "result")
    change(score)
    with pytest.raises(pages.StaleError, match=told):
        pages.compare(score, mutants())


def test_a_newer_result_replaces_its_mutants_in_an_older_one() -> None:
    def trial(name: str, runs: int) -> Trial:
        return Trial(
            mutant=name, wrong="", property="shown-once", scenario="ci", protocol="reference", seed=runs, killed=True,
            runs=runs, others={},
        )  # fmt: skip

    def score(*trials: Trial, complete: bool = True) -> Score:
        most = max(trial.runs for trial in trials)
        controls = [Control(scenario="ci", protocol="reference", runs=most)]
        return Score(first_seed=1, budget=200, trials=list(trials), controls=controls, complete=complete)

    merged = killing.merged(score(trial("b", 9), trial("c", 3)), score(trial("a", 2), trial("b", 4), complete=False))
    assert [(each.mutant, each.runs) for each in merged.trials] == [("a", 2), ("b", 4), ("c", 3)]
    assert merged.controls[0].runs == 9
    assert not merged.complete


def test_a_mutant_of_two_folders_is_named(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "same.py").write_text(SURVIVES)
    assert list(registered(tmp_path / "one")) == ["same"]
    with pytest.raises(BadInput, match=r"mutant 'same' of .*two/same\.py is registered already, by .*one/same\.py"):
        registered(tmp_path / "one", tmp_path / "two")
