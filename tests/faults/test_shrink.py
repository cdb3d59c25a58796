"""Shrinking: delta debugging, what is cut out of a topology, plans that stay small, and the test that is written."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace
from support import PAIR, ROOT, SECOND, VARIANTS, parley, plan, scenario

from faults import kinds, wording
from faults import plan as plans
from faults.plan import Expectation, Plan, check, encode
from faults.shrink import steps as smaller
from faults.shrink import topology_cuts as cutting
from faults.shrink.ddmin import ddmin
from faults.shrink.shrinker import Shrunk, shrink
from parley import variants
from parley.campaign import clear_results
from parley.commands import shrink as shrink_command
from parley.commands.regression_test import files
from parley.console import out_console
from parley.oracle import CandidateError, Oracle, named_by
from parley.run import Run
from reports.metrics.summary import CampaignSummary, FailedRun, Failure

pytestmark = pytest.mark.requirement("V6")

FIVE = tuple((t * SECOND, "alice-phone") for t in (5, 6, 7, 8, 9))
CRASH = kinds.CrashAt(node="store-1", point="committed", nth=3, down=7_350_000, silent=True, at=SECOND)
IDLE = (
    kinds.Reset(device="bob-laptop", at=20 * SECOND),
    kinds.Sleep(device="bob-phone", at=30 * SECOND, duration=SECOND),
)


def variant_plan(name: str, *faults: kinds.Fault, sends: tuple[tuple[int, str], ...] = FIVE) -> tuple[Plan, Oracle]:
    spec = str(VARIANTS / f"{name}.py")
    made = plan(*faults, sends=sends)
    violated = Run(made, variants.load(spec)).execute().violated()
    return made, Oracle(variants.load(spec), violated[0])


# --- delta debugging -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("needed", [(), (0,), (39,), (3, 4), (0, 17, 39), tuple(range(0, 40, 5))])
def test_delta_debugging_leaves_what_is_needed(needed: tuple[int, ...]) -> None:
    assert ddmin(range(40), lambda kept: set(needed) <= set(kept)) == list(needed)


def test_delta_debugging_takes_few_tests_when_few_items_matter() -> None:
    asked: list[int] = []

    def keeps(kept: list[int]) -> bool:
        asked.append(len(kept))
        return 17 in kept

    assert ddmin(range(1_000), keeps) == [17]
    assert len(asked) < 40


def test_what_delta_debugging_leaves_is_1_minimal_even_if_less_is_not_always_better() -> None:
    def keeps(kept: list[int]) -> bool:
        return len(kept) % 3 == 0 and {5, 6, 7} <= set(kept)

    left = ddmin(range(12), keeps)
    assert keeps(left)
    assert not any(keeps(left[:i] + left[i + 1 :]) for i in range(len(left)))


# --- cutting -------------------------------------------------------------------------------------------------------


def test_a_device_that_goes_is_no_longer_listed_by_faults() -> None:
    fault = kinds.Partition(a=("bob-phone", "bob-laptop"), b=("kind:gateway",), at=SECOND, duration=SECOND)
    alone = kinds.DropPush(devices=("bob-phone",), at=SECOND, duration=SECOND)
    left = cutting.only_devices(plan(fault, alone), ["alice-phone", "bob-laptop"])
    check(left)
    assert [device.name for device in left.topology.devices] == ["alice-phone", "bob-laptop"]
    assert left.faults == (kinds.Partition(a=("bob-laptop",), b=("kind:gateway",), at=SECOND, duration=SECOND),)


def test_fewer_inner_nodes_are_struck_instead_of_those_that_are_gone() -> None:
    faults = (kinds.Crash(node="messaging-2", at=SECOND, down=SECOND), kinds.Pause(node="worker-1", at=2, duration=1))
    left = cutting.with_core(plan(*faults), services=1)
    check(left)
    assert [fault.nodes() for fault in left.faults] == [[("node", "messaging-1")], [("node", "worker-1")]]


def test_replicas_become_one_store_with_its_faults() -> None:
    replicated = scenario("replicated").plan(1, plans.ProtocolRef())
    crash = kinds.Crash(node="store-1.2", at=0, down=1)
    left = cutting.with_core(replace(replicated, faults=(crash,)), replicas=1)
    check(left)
    assert left.faults == (kinds.Crash(node="store-1", at=0, down=1),)


def test_everything_in_one_region_can_be_run() -> None:
    whole = scenario("ci").plan(3, plans.ProtocolRef())
    left = cutting.in_one_region(whole)
    check(left)
    assert left.topology.regions == ("eu",)
    assert {device.region for device in left.topology.devices} == {"eu"}


def test_a_user_who_goes_takes_devices_and_memberships_along() -> None:
    left = cutting.only_users(plan(), ["alice"])
    assert [device.name for device in left.topology.devices] == ["alice-phone"]
    assert [conversation.members for conversation in left.topology.conversations] == [("alice",)]


def test_page_limits_histories_and_other_sizes_become_smaller() -> None:
    """What nothing depends on goes; of what is needed, as little as does."""
    whole = plan()
    (talk,) = whole.topology.conversations
    topology = replace(whole.topology, conversations=(replace(talk, head=100),), name_bytes={"alice": 900})
    whole = replace(
        whole,
        topology=topology,
        settings={"service.sync_page_size": 40, "gateway.user_burst": 3, "store.dedupe_window": 7},
    )
    everything = shrink(whole, lambda asked: 0).plan
    assert (everything.settings, everything.topology.name_bytes) == ({}, {})
    assert [conversation.head for conversation in everything.topology.conversations] in ([], [0])

    def question(asked: Plan) -> int | None:
        page = asked.settings.get("service.sync_page_size", 50)
        heads = [conversation.head for conversation in asked.topology.conversations]
        return 0 if isinstance(page, int) and page <= 40 and heads and heads[0] > 10 else None

    small = shrink(whole, question).plan
    assert small.settings == {"service.sync_page_size": 1}
    assert [conversation.head for conversation in small.topology.conversations] == [11]


@pytest.mark.parametrize("seed", range(1, 9))
def test_every_step_makes_a_plan_smaller_or_is_refused(seed: int) -> None:
    """The measure goes down, so that shrinking ends: here with a question that every plan answers with yes."""
    whole = scenario("ci").plan(seed, plans.ProtocolRef())
    sizes: list[tuple[int, ...]] = []

    def question(asked: Plan) -> int:
        check(asked)
        sizes.append(smaller.measure(asked))
        return 0

    left = shrink(whole, question)
    assert left.minimal
    assert sizes == sorted(set(sizes), reverse=True)
    assert not left.plan.workload
    assert not left.plan.faults
    topology = left.plan.topology
    left_over = (len(topology.users), len(topology.devices), len(topology.conversations))
    assert left_over == (1, 1, 0), "the object store is only reached by devices"


# --- plans ---------------------------------------------------------------------------------------------------------


def test_a_plan_becomes_what_it_needs() -> None:
    made, oracle = variant_plan("no_dedupe", CRASH, *IDLE)
    left = shrink(made, oracle)
    assert left.minimal
    assert len(left.plan.workload) == 1
    assert left.plan.faults == (kinds.CrashAt(node="store-1", point="committed", down=SECOND),)
    assert not left.plan.explore_ties
    assert left.plan.workload[0].at == 0
    assert left.plan.duration == SECOND
    assert [device.name for device in left.plan.topology.devices] == ["alice-phone"]
    assert oracle(left.plan) is not None


def test_shrinking_is_the_same_every_time_and_what_is_shrunk_stays() -> None:
    made, oracle = variant_plan("no_dedupe", CRASH, *IDLE)
    first, second = (encode(shrink(made, oracle).plan) for _ in range(2))
    assert first == second
    assert encode(shrink(plans.decode(first), oracle).plan) == first


def test_the_same_property_stays_violated() -> None:
    """One plan, two properties: each is kept by what is shrunk for it."""
    made, _ = variant_plan("no_dedupe", CRASH)
    protocol = variants.load(str(VARIANTS / "no_dedupe.py"))
    for name in ("one-row-per-message", "badges-are-right"):
        left = shrink(made, Oracle(protocol, name)).plan
        assert name in Run(left, protocol).execute().violated()


def test_a_budget_is_kept_to_and_said() -> None:
    made, oracle = variant_plan("no_dedupe", CRASH, *IDLE)
    asked: list[int] = []
    left = shrink(made, oracle, budget=7, on_run=lambda runs, best: asked.append(runs))
    assert isinstance(left, Shrunk)
    assert not left.minimal
    assert left.runs == len(asked) == 7
    assert oracle(left.plan) is not None


def test_a_plan_that_does_not_fail_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fail"):
        shrink(plan(), Oracle(variants.load(""), "one-row-per-message"))


def test_a_run_that_breaks_down_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake of a variant or the simulator is neither 'it fails' nor 'it does not': it ends the shrinking."""
    made, oracle = variant_plan("no_dedupe", CRASH, *IDLE)
    made = replace(made, protocol=variants.reference_of(str(VARIANTS / "no_dedupe.py")))
    whole = Run.seek

    def seek(run: Run, name: str, patience: int = 0) -> int | None:
        if len(run.plan.workload) < 3:
            raise ZeroDivisionError("a mistake")
        return whole(run, name, patience)

    monkeypatch.setattr(Run, "seek", seek)
    with pytest.raises(
        CandidateError, match=r"no_dedupe.py:8: ZeroDivisionError: a mistake .* of 0 actions and 1 fault"
    ):
        shrink(made, oracle)


def test_the_plan_of_a_run_that_broke_down_is_left_behind(
    failing: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def seek(run: Run, name: str, patience: int = 0) -> int | None:
        raise ZeroDivisionError("a mistake")

    monkeypatch.setattr(Run, "seek", seek)
    for command in ("shrink", "blame"):
        assert parley(command, str(failing), monkeypatch=monkeypatch) == 2
        told = capsys.readouterr().err
        assert "ZeroDivisionError: a mistake" in told
        left = failing.with_name("ci-2.broken.json")
        assert str(left) in told
        assert plans.read(left).seed == 1
        left.unlink()


def test_an_interruption_is_not_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    made, oracle = variant_plan("no_dedupe", CRASH, *IDLE)

    def seek(run: Run, name: str, patience: int = 0) -> int | None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Run, "seek", seek)
    with pytest.raises(KeyboardInterrupt):
        shrink(made, oracle)


def test_a_probe_is_left_out_rather_than_what_is_written_down() -> None:
    """A plan without actions whose probe does what they did says less than an action: it is kept where it is needed only."""
    probed = replace(plan(sends=FIVE), probe=True)
    for fails, left in (
        (lambda each: each.probe or each.workload, (1, False)),
        (lambda each: each.probe and len(each.workload) > 1, (2, True)),
    ):
        small = shrink(probed, lambda each, fails=fails: 0 if fails(each) else None).plan  # type: ignore[misc]
        assert (len(small.workload), small.probe) == left


def test_a_plan_that_its_protocol_can_do_nothing_with_is_no_candidate() -> None:
    """A leased sequencer needs a shard: to leave out the last one is not tried again and again, and no error."""
    spec = str(VARIANTS / "no_filler.py")
    assert Oracle(variants.load(spec), "every-send-is-answered")(plan()) is None


@pytest.mark.parametrize(
    ("fault", "plainer"),
    [
        (kinds.Burst(device="bob-phone", conversation="talk", count=37), {1, 2, 3, 10, 18, 36}),
        (kinds.SlowNode(node="queue-1", duration=SECOND, factor=20), {1, 2, 10, 19}),
        (
            kinds.ClockDrift(node="shard-1", duration=SECOND, rate=-123_456),
            {-1, -2, -10, -100, -12_345, -61_728, -123_455},
        ),
    ],
)
def test_a_count_is_not_rounded_like_a_time(fault: kinds.Fault, plainer: set[int]) -> None:
    """A burst of 37 was tried with ten million sends, and a rate that there is not ended the looking for plainer faults."""
    field = next(name for name in ("count", "factor", "rate") if hasattr(fault, name))
    tried = [getattr(each.faults[0], field) for each in smaller.parameters(plan(fault))]
    assert plainer <= set(tried)
    assert max(map(abs, tried)) <= abs(getattr(fault, field))


def test_a_clock_that_is_behind_is_rounded_towards_the_truth() -> None:
    late = kinds.WrongClock(device="bob-phone", by=-86_461_234_567, duration=SECOND)
    tried = [
        each.faults[0].by for each in smaller.parameters(plan(late)) if isinstance(each.faults[0], kinds.WrongClock)
    ]
    assert -SECOND in tried
    assert all(by < 0 for by in tried)
    sizes = [smaller.measure(plan(replace(late, by=by))) for by in (-SECOND, -2 * SECOND, -86_461_234_567)]
    assert sizes == sorted(sizes)


def test_faults_of_a_region_move_with_it() -> None:
    whole = scenario("ci").plan(3, plans.ProtocolRef())
    faults = (
        kinds.RegionDown(region="us", down=SECOND),
        kinds.RollingRestart(nodes_of="region:us", duration=SECOND),
        kinds.RollingRestart(nodes_of="kind:gateway", duration=SECOND),
    )
    left = cutting.in_one_region(replace(whole, faults=faults))
    check(left)
    assert left.faults == (
        kinds.RegionDown(region="eu", down=SECOND),
        kinds.RollingRestart(nodes_of="region:eu", duration=SECOND),
        kinds.RollingRestart(nodes_of="kind:gateway", duration=SECOND),
    )


def test_looking_for_a_violation_finds_what_a_whole_run_does() -> None:
    for name in ("no_dedupe", "cursor_first", "close_on_push"):
        made, oracle = variant_plan(name, CRASH)
        outcome = Run(made, oracle.protocol).execute()
        for violated in outcome.violated():
            first = next(v for v in outcome.violations if v.property == violated)
            assert Oracle(oracle.protocol, violated)(made) == outcome.history[first.evidence[-1]].t
    assert Oracle(variants.load(""), "one-row-per-message")(plan(CRASH)) is None


@pytest.mark.parametrize("name", ["cursor_first", "close_on_push", "pipelined_outbox", "ack_before_persist"])
def test_random_plans_of_variants_become_four_lines_at_most(name: str) -> None:
    spec = str(VARIANTS / f"{name}.py")
    protocol, loaded = variants.load(spec), scenario("ci")
    whole, violated = next(
        (made, outcome.violated()[0])
        for made in (loaded.plan(seed, variants.reference_of(spec)) for seed in range(1, 60))
        for outcome in [Run(made, protocol).execute()]
        if outcome.violations
    )
    left = shrink(whole, Oracle(protocol, violated))
    assert left.minimal
    assert len(left.plan.workload) + len(left.plan.faults) <= 4
    assert left.runs < 400


def test_two_faults_that_do_it_together_stay_and_the_noise_around_them_goes() -> None:
    """The benchmark's plan for the mutant without a fence."""
    whole = plans.read(ROOT / "benchmarks" / "plans" / "no_fence.json")
    oracle = Oracle(variants.load(str(VARIANTS / "no_fence.py")), "epochs-never-go-back")
    left = shrink(whole, oracle).plan
    assert len(whole.faults) > len(left.faults)
    assert {type(fault) for fault in left.faults} == {kinds.PauseAt, kinds.Crash}
    assert len(left.workload) + len(left.faults) == 4
    core = left.topology.core
    assert (core.services, core.shards) == (2, 1), (
        "one service stands still with an old place, the other writes a new one"
    )


def test_a_plan_s_numbers_are_told_with_their_units() -> None:
    told = wording.says(kinds.SlowNode(node="queue-1", duration=SECOND, factor=7, lag=1_500_000)).split()
    assert {"duration=1s", "factor=7", "lag=1.5s"} <= set(told)
    assert "by=-1s" in wording.says(kinds.WrongClock(device="bob-phone", by=-SECOND, duration=SECOND))


# --- the command ---------------------------------------------------------------------------------------------------


@pytest.fixture
def failing(tmp_path: Path) -> Path:
    made, _ = variant_plan("no_dedupe", CRASH, *IDLE)
    file = tmp_path / "ci-2.json"
    named = replace(made, protocol=variants.reference_of(str(VARIANTS / "no_dedupe.py")))
    file.write_bytes(encode(named))
    return file


def test_the_command_leaves_a_plan_that_replays_and_a_test_that_passes(
    failing: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert parley("shrink", str(failing), monkeypatch=monkeypatch) == 0
    told = capsys.readouterr().out
    assert "crash_at point=committed node=store-1 down=1s" in told
    assert "no single step makes it smaller" in told
    small = failing.with_name("ci-2.one-row-per-message.json")
    lines = small.read_text().splitlines()
    assert len(lines) < 36
    assert '    {"do": "send", "at": 0, "device": "alice-phone", "conversation": "talk"}' in lines
    assert '      {"name": "alice-phone", "user": "alice", "region": "eu"}' in lines, (
        "what goes without saying is not said"
    )
    assert parley("replay", str(small), monkeypatch=monkeypatch) == 1
    assert "\nas when the plan was written" in capsys.readouterr().out

    test = failing.with_name("test_ci_2_one_row_per_message.py")
    assert "store-1 commits alice-phone:1 of alice as talk 2" in test.read_text()
    ruff = [sys.executable, "-m", "ruff", "format", "--check", "--isolated", "--line-length", "120", str(test)]
    subprocess.run(ruff, check=True, capture_output=True)
    pytests = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null", str(test)]
    ran = subprocess.run(pytests, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "2 passed" in ran.stdout

    test.write_text(test.read_text().replace('"seq": 2', '"seq": 3'))
    ran = subprocess.run(pytests, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "1 failed, 1 passed" in ran.stdout, "a milestone that is not passed fails the test"
    assert "store-1 commits alice-phone:1 of alice as talk 2" in ran.stdout, "and is named"


def test_the_command_twice_gives_the_same_bytes(
    failing: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def left(plan: Path) -> tuple[bytes, bytes, str]:
        assert parley("shrink", str(plan), monkeypatch=monkeypatch) == 0
        small = failing.with_name("ci-2.one-row-per-message.json")
        test = failing.with_name("test_ci_2_one_row_per_message.py")
        return small.read_bytes(), test.read_bytes(), capsys.readouterr().out

    first = left(failing)
    assert left(failing) == first
    assert left(failing.with_name("ci-2.one-row-per-message.json"))[:2] == first[:2]


def interrupted(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """Ctrl-C in the run after so many."""
    seek, asked = Run.seek, []

    def stopping(run: Run, name: str, patience: int = 0) -> int | None:
        asked.append(run.plan)
        if len(asked) == after + 1:
            raise KeyboardInterrupt
        return seek(run, name, patience)

    monkeypatch.setattr(Run, "seek", stopping)


def test_an_interruption_leaves_the_smallest_plan_so_far(
    failing: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Minutes of work are not thrown away: what is left is whole, violates the same property, and can be gone on with."""
    with monkeypatch.context() as stopping:
        interrupted(stopping, after=6)
        assert parley("shrink", str(failing), monkeypatch=stopping) == 130
    out, err = capsys.readouterr()
    small = failing.with_name("ci-2.one-row-per-message.json")
    assert "interrupted: it may become smaller still" in out
    assert err == f"parley: interrupted: the smallest plan so far is {small}; `parley shrink {small}` goes on with it\n"
    left = plans.read(small)
    assert smaller.measure(left) < smaller.measure(plans.read(failing))
    assert left.expect is not None
    assert "one-row-per-message" in left.expect.violates
    assert parley("replay", str(small), monkeypatch=monkeypatch) == 1
    assert "\nas when the plan was written" in capsys.readouterr().out
    assert failing.with_name("test_ci_2_one_row_per_message.py").exists()

    assert parley("shrink", str(small), monkeypatch=monkeypatch) == 0
    assert "no single step makes it smaller" in capsys.readouterr().out
    assert smaller.measure(plans.read(small)) < smaller.measure(left)


def test_an_interruption_before_anything_is_smaller_leaves_nothing(
    failing: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    interrupted(monkeypatch, after=1)
    assert parley("shrink", str(failing), monkeypatch=monkeypatch) == 130
    assert capsys.readouterr().err == "parley: interrupted: nothing smaller was found so far, and nothing is written\n"
    assert [path.name for path in failing.parent.iterdir()] == [failing.name]


def test_what_can_not_be_shrunk_is_refused_in_a_line(
    failing: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert parley("shrink", str(failing), "--protocol", "reference", monkeypatch=monkeypatch) == 2
    assert "violates nothing under the protocol 'reference'" in capsys.readouterr().err
    assert parley("shrink", str(failing), "--property", "seq-is-unique", monkeypatch=monkeypatch) == 2
    told = capsys.readouterr().err
    assert told.startswith(
        f"parley: {failing}: this plan does not violate 'seq-is-unique'; it violates one-row-per-message"
    )
    assert parley("shrink", str(failing), "--property", "one-row-per-mesage", monkeypatch=monkeypatch) == 2
    assert "--property: there is no property 'one-row-per-mesage' (did you mean 'one-row-per-message'" in (
        capsys.readouterr().err
    )
    assert parley("shrink", str(failing.with_name("none.json")), monkeypatch=monkeypatch) == 2


def test_a_check_offers_to_shrink_and_does_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = str(VARIANTS / "close_on_push.py")
    command = ["check", "ci", "--seeds", "2", "--jobs", "1", "--protocol", spec, "--out", str(tmp_path)]
    assert parley(*command, monkeypatch=monkeypatch) == 1
    told = capsys.readouterr().out
    offered = re.search(r"shrink  parley shrink (\S+)", told)
    assert offered
    assert Path(offered[1]).exists()
    assert not list(tmp_path.glob("plans/*.py"))

    assert parley(*command, "--shrink", monkeypatch=monkeypatch) == 1
    assert "closed-when-done (ci, seed 1)\n1 action and 0 faults after " in capsys.readouterr().out
    assert [path.name for path in tmp_path.glob("plans/*.closed-when-done.json")] == [
        "close-on-push-ci-1.closed-when-done.json"
    ]
    assert [path.name for path in tmp_path.glob("plans/test_*.py")] == ["test_close_on_push_ci_1_closed_when_done.py"]

    clear_results(tmp_path, "close-on-push", ["ci"])
    assert len(list(tmp_path.glob("plans/*"))) == 2, "a test to keep, and its plan, are kept"


def test_a_check_tells_of_a_small_plan_once_for_all_that_it_violates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A message that is stored twice breaks four promises and more with one crash: that is one plan, and not ten."""
    spec = str(VARIANTS / "no_dedupe.py")
    command = ["check", "ci", "--first-seed", "11", "--seeds", "1", "--protocol", spec, "--out", str(tmp_path)]
    assert parley(*command, "--shrink", monkeypatch=monkeypatch) == 1
    told = capsys.readouterr().out.partition("report.html")[2].split("\n\n")
    left = sorted(tmp_path.glob("plans/*.*.json"))
    contents = {encode(replace(plans.read(path), seed=0, expect=None)) for path in left}
    assert 1 < len(left) == len(contents) == len(list(tmp_path.glob("plans/test_*.py")))
    headed = " ".join(" ".join(told).split())
    assert (
        "one-row-per-message, one-row-per-send, places-agree, shown-once (ci, seed 11) 1 action and 1 fault" in headed
    )
    violated = {
        name for path in left for name in (plans.read(path).expect or Expectation(violates=(), digest="")).violates
    }
    verdict = msgspec.json.decode((tmp_path / "verdict.json").read_bytes())
    assert {failure["property"] for run in verdict["failed_runs"] for failure in run["failures"]} <= violated


def test_runs_of_several_seeds_that_shrink_to_the_same_are_named_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made, _ = variant_plan("no_dedupe", CRASH)
    named = replace(made, protocol=variants.reference_of(str(VARIANTS / "no_dedupe.py")))
    found = {
        seed: [Failure(name, "") for name in names]
        for seed, names in ((3, ["one-row-per-message"]), (8, ["one-row-per-message", "one-row-per-send"]))
    }
    for seed in found:
        (tmp_path / f"{seed}.json").write_bytes(encode(replace(named, seed=seed)))
    failed = [FailedRun("ci", seed, tuple(its), (), f"{seed}.json") for seed, its in found.items()]
    summary = CampaignSummary("no-dedupe", failed_runs=failed)
    shrink_command.after_check(out_console(), summary, str(VARIANTS / "no_dedupe.py"), tmp_path)
    assert "\none-row-per-message, one-row-per-send (ci, seeds 3, 8)\n" in capsys.readouterr().out
    assert [path.name for path in tmp_path.glob("*.*.json")] == ["3.one-row-per-message.json"]


def test_an_interruption_of_a_check_s_shrinking_tells_what_was_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = str(VARIANTS / "close_on_push.py")
    interrupted(monkeypatch, after=5)
    command = ["check", "ci", "--seeds", "1", "--protocol", spec, "--out", str(tmp_path), "--shrink"]
    assert parley(*command, monkeypatch=monkeypatch) == 1, "what was checked was whole, and has a violation"
    told = capsys.readouterr().out
    assert "interrupted: it may become smaller still" in told
    assert told.endswith("interrupted: not all violated properties are shrunk as far as they can be\n")
    assert len(list(tmp_path.glob("plans/*.closed-when-done.json"))) == 1


def test_files_are_named_after_plan_and_property() -> None:
    names = ("out/plans/ci-2.a-b.json", "out/plans/test_ci_2_a_b.py")
    for given in ("out/plans/ci-2.json", "out/plans/ci-2.a-b.json"):
        assert tuple(map(str, files(Path(given), None, "a-b"))) == names
    assert named_by(Path("ci-2.closed-when-done.json")) == "closed-when-done"
    assert named_by(Path("v1.2.json")) == ""


def test_no_two_clusters_or_populations_stand_in_the_way() -> None:
    assert smaller.measure(plan(topology=PAIR)) > smaller.measure(cutting.only_gateways(plan(), ["gateway-1"]))
    hot = scenario("w4").plan(1, plans.ProtocolRef())
    counts = [sum(p.count for p in each.topology.populations) for each in smaller.topologies(hot)]
    assert min(counts) < max(counts)
