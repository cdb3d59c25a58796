"""Blame: what is necessary, which faults suffice, and where a failing run and a passing one part."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from support import SECOND, VARIANTS, parley, plan

from faults import kinds
from faults.plan import Plan, encode
from faults.shrink import blame as engine
from faults.shrink.blame import blame, departure, without
from model import events as e
from model.protocol import REFERENCE
from parley import variants
from parley.oracle import Oracle
from parley.run import Run
from reports.text.blame import shortened, sides
from reports.text.shrunk import folded
from sim import history as h

pytestmark = pytest.mark.requirement("V6", "R4")

CRASH = kinds.CrashAt(node="store-1", point="committed", down=SECOND)
RESET = kinds.Reset(device="bob-laptop", at=20 * SECOND)
SLEEPS = tuple(kinds.Sleep(device="bob-phone", at=t * SECOND, duration=SECOND) for t in (21, 22, 23))
NO_DEDUPE = str(VARIANTS / "no_dedupe.py")


def asked(made: Plan, needs: object) -> engine.Blame:
    """Blame with a question about the plan itself."""
    return blame(made, lambda each: 0 if needs(frozenset(each.faults)) else None)  # type: ignore[operator]


def test_a_fault_that_is_there_and_not_needed_is_told_from_one_that_is() -> None:
    made = plan(RESET, CRASH)
    oracle = Oracle(variants.load(NO_DEDUPE), "one-row-per-message")
    found = blame(made, oracle)
    named = [(type(part).__name__, needed) for part, needed in zip(found.parts, found.necessary, strict=True)]
    assert named == [("CrashAt", True), ("Send", True), ("Reset", False)]
    assert found.suffice == [(0,)]
    assert [found.plays_a_part(number) for number in range(3)] == [True, True, False]
    assert found.complete
    assert found.passing[0] == {0}, "faults come before actions"


def test_either_of_two_faults_suffices() -> None:
    one, two, _ = SLEEPS
    found = asked(plan(*SLEEPS), lambda faults: one in faults or two in faults)
    assert found.necessary == [False] * 4
    assert found.suffice == [(1,), (2,)]
    assert [found.plays_a_part(number) for number in (1, 2, 3)] == [True, True, False]
    assert found.passing[0] == {1, 2}, "no single part switched off is enough: two are tried"


def test_two_faults_that_only_do_it_together() -> None:
    one, _, three = SLEEPS
    found = asked(plan(*SLEEPS), lambda faults: {one, three} <= faults)
    assert found.necessary == [False, True, False, True]
    assert found.suffice == [(1, 3)]


def test_no_fault_is_needed_if_the_workload_is_enough() -> None:
    found = asked(plan(*SLEEPS), lambda faults: True)
    assert found.suffice == [()]
    assert found.passing == []


def test_so_many_faults_are_not_all_tried_and_it_is_said() -> None:
    many = tuple(kinds.Sleep(device="bob-phone", at=t * SECOND, duration=SECOND) for t in range(10, 22))
    found = asked(plan(*many), lambda faults: len(faults) > 8)
    assert not found.complete
    assert found.runs <= engine.SETS + len(found.parts)


def test_sets_that_hold_a_smaller_one_cost_nothing() -> None:
    """Where one of two faults alone suffices, only the quarter of the sets that has neither is left to be run."""
    many = tuple(kinds.Sleep(device="bob-phone", at=t * SECOND, duration=SECOND) for t in range(10, 20))
    found = asked(plan(*many), lambda faults: many[0] in faults or many[9] in faults)
    assert found.suffice == [(1,), (10,)]
    assert not found.complete
    eight = many[:8]
    found = asked(plan(*eight, many[9]), lambda faults: many[0] in faults or many[9] in faults)
    assert found.suffice == [(1,), (9,)]
    assert found.complete, "512 sets, of which 129 are run"


def test_what_is_switched_off_is_gone_and_nothing_else() -> None:
    made = plan(RESET, CRASH)
    assert without(made, frozenset({2})) == plan(CRASH)
    assert without(made, frozenset({1})).workload == ()


def test_runs_part_where_the_fault_strikes() -> None:
    made = plan(CRASH)
    ours, theirs = (Run(each, variants.load(NO_DEDUPE)).execute() for each in (made, plan()))
    parted = departure(ours.history, theirs.history)
    assert parted is not None
    crashed = ours.history[parted[0]]
    assert isinstance(crashed, h.Crashed)
    assert crashed.point == "committed"
    proof = next(v for v in ours.violations if v.property == "one-row-per-message").evidence
    mine, other = sides(ours.history, theirs.history, parted, proof)
    assert any("» store-1" in line and "talk 2" in line for line in mine)
    assert any("is accepted as talk 1" in line for line in other)
    assert not set(mine) & set(other)


def test_a_fault_that_does_nothing_is_no_departure() -> None:
    idle = kinds.DropAt(kind="Push", a=("kind:gateway",), b=("kind:device",), nth=99)
    timed = kinds.DelaySpike(a=("bob-phone",), b=("*",), at=1, duration=1, probability=0.5, delay=1)
    first, second = (Run(made, REFERENCE).execute().history for made in (plan(RESET), plan(timed, RESET, idle)))
    assert any(isinstance(event, h.FaultStarted) and event.kind == "delay_spike" for event in second)
    assert departure(first, second) is None


def test_a_history_that_ends_parts_from_one_that_goes_on() -> None:
    history = Run(plan(), REFERENCE).execute().history
    assert departure(history, history[:-3]) == (len(history) - 3, len(history) - 3)
    assert departure(history, list(history)) is None


def test_lines_fit_a_terminal() -> None:
    line = (
        "    1.053076   messaging-1      has no answer to its commit of bob-phone:1, and can't know what became of it"
    )
    parts = list(folded(line, 78))
    assert len(parts) == 2
    assert max(map(len, parts)) <= 78
    assert " ".join(part.strip() for part in parts) == line.strip()
    assert len(shortened([line] * 40)) == 9
    assert "32 more" in shortened([line] * 40)[4]


def test_of_many_parts_only_those_are_listed_that_play_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "x.one-row-per-message.json"
    many = tuple((t * SECOND, "bob-laptop") for t in range(20, 40))
    file.write_bytes(encode(plan(RESET, CRASH, sends=((5 * SECOND, "alice-phone"), *many))))
    assert parley("blame", str(file), "--protocol", NO_DEDUPE, monkeypatch=monkeypatch) == 0
    told = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "22 more actions and faults not needed" in told
    assert sum(line.endswith("necessary") for line in told) == 1


def test_a_passing_run_is_told_of_even_if_it_lacks_the_evidence_altogether() -> None:
    """What proves the violation never happens there, nor anything like it: then it is told what it does instead."""
    made = plan(kinds.Sleep(device="bob-phone", at=4 * SECOND, duration=30 * SECOND))
    ours, theirs = (Run(each, REFERENCE).execute().history for each in (made, plan()))
    parted = departure(ours, theirs)
    assert parted is not None
    proof = [i for i, event in enumerate(ours) if isinstance(event, e.NotificationShown)][:1]
    _, other = sides(ours, theirs, parted, proof)
    assert any("bob-phone" in line for line in other)


def test_the_command_tells_all_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "x.one-row-per-message.json"
    file.write_bytes(encode(plan(RESET, CRASH)))
    assert parley("blame", str(file), "--protocol", NO_DEDUPE, monkeypatch=monkeypatch) == 0
    told = capsys.readouterr().out
    rows = {line.split("at 20 s")[0].strip(): line for line in told.splitlines() if "reset" in line}
    assert "not needed" in next(iter(rows.values()))
    assert "crash_at point=committed node=store-1 down=1s  necessary" in told
    assert "The nearest passing run does without 1." in told
    assert "passes under the protocol reference" in told
    assert "store-1 knows alice-phone:1 already, as talk 1" in told
    assert parley("blame", str(file), "--protocol", "reference", monkeypatch=monkeypatch) == 2


@pytest.mark.parametrize("needed", [(), (0,), (0, 1), (0, 1, 2)])
def test_it_takes_no_more_runs_than_is_said(needed: tuple[int, ...]) -> None:
    """The progress bar's end."""
    for made in (plan(RESET, CRASH), plan(*SLEEPS), plan(*SLEEPS, *(replace(SLEEPS[0], at=at) for at in range(12)))):
        wanted = {made.faults[number] for number in needed if number < len(made.faults)}
        found = asked(made, lambda faults, wanted=wanted: wanted <= faults)
        assert 0 < found.runs <= engine.at_most(made)


def test_an_interruption_is_said_and_nothing_is_told_of_a_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "x.one-row-per-message.json"
    file.write_bytes(encode(plan(RESET, CRASH)))
    seek, runs = Run.seek, []

    def stopping(run: Run, name: str, patience: int = 0) -> int | None:
        runs.append(name)
        if len(runs) == 3:
            raise KeyboardInterrupt
        return seek(run, name, patience)

    monkeypatch.setattr(Run, "seek", stopping)
    assert parley("blame", str(file), "--protocol", NO_DEDUPE, monkeypatch=monkeypatch) == 130
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "parley: interrupted: 2 runs with parts switched off say too little to be told\n"


def test_without_the_send_nothing_is_committed() -> None:
    """The workload is switched off as well as faults."""
    left = Run(without(plan(CRASH), frozenset({1})), REFERENCE).execute().history
    assert not any(isinstance(event, e.Persisted) for event in left)
