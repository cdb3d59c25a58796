"""Search strategies: one interface, and what each of them makes of what it is told."""

from __future__ import annotations

import re
import signal
import time
from pathlib import Path

import msgspec
import pytest
from support import SECOND, VARIANTS, begun, plan, scenario

from faults.cells import at_point, cells, fits, moments, reached
from faults.kinds import KINDS, CrashAt, Fault, PauseAt
from faults.plan import Plan, PlanError, check
from faults.search import strategies
from faults.search.catalogue import STRATEGIES
from faults.search.coverage_guided import Coverage
from faults.search.deviations import TAIL, deviating
from faults.search.lineage import Lineage, cuts, outcomes, support
from faults.search.strategies import ORDER, Origin
from faults.search.trials import Trial, TrialOutcome
from model.events import CursorStored, DeliveryFailed, Enqueued, HintEnded, Persisted, ReadStored, Shown
from model.lifecycle import State
from model.protocol import REFERENCE, Protocol
from parley import runner, variants
from parley.checking.mutants import mutants
from parley.cli import main
from parley.commands import minima, search
from parley.run import Run
from parley.runner import attempt
from parley.scenario import Scenario
from sim.history import Event, FaultStarted, Healed
from sim.registry import Registry, RegistryError

pytestmark = pytest.mark.requirement("V5")

SHORT = msgspec.structs.replace(plan(duration=20 * SECOND), tail=0)


def from_plan(given: Plan) -> Origin:
    """A search that starts from this plan, whichever way it begins."""
    return Origin(lambda: given, lambda seed: given)


def parley(*arguments: str, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr("sys.argv", ["parley", *arguments])
    with pytest.raises(SystemExit) as exit:
        main()
    return int(exit.value.code or 0)


# --- lineage --------------------------------------------------------------------------------------------------------


def test_a_support_leads_from_the_outcome_back_to_the_person_who_sent() -> None:
    history = Run(SHORT).execute().history
    found = outcomes(history)
    (shown,) = [at for outcome, at in found.items() if outcome[:2] == ("Shown", "bob-phone")]
    chain = support(history, shown)
    kinds = [type(history[at]).__name__ for at in chain]
    assert kinds[0] == "Shown"
    assert kinds.index("Stored") < kinds.index("Pushed") < kinds.index("Enqueued") < kinds.index("Persisted")
    assert kinds[-1] == "SendRequested"
    assert chain == sorted(chain, reverse=True)


def test_each_cut_of_a_support_takes_effect_and_only_what_lies_on_it_is_cut() -> None:
    maker = Lineage(from_plan(SHORT))
    trial = maker.propose()
    assert trial is not None
    outcome = attempt(trial, REFERENCE)
    at = next(at for name, at in outcomes(outcome.history).items() if name[:2] == ("Shown", "bob-phone"))
    found = list(cuts(outcome.history, at, outcome.recorded))
    told = {(getattr(fault, "kind", ""), getattr(fault, "b", ("",))[0]) for fault in found}
    assert {("PushMessage", "bob-phone"), ("Publish", "queue-1"), ("SendMessage", "gateway-1")} & told
    assert ("PushMessage", "bob-phone") in told
    assert not any(kind == "Heartbeat" for kind, _ in told)
    for fault in found[::4]:
        tried = msgspec.structs.replace(SHORT, faults=(fault,))
        assert any(isinstance(e, FaultStarted) for e in Run(tried).execute().history)


def test_an_outcome_that_happens_all_the_same_shows_its_other_support() -> None:
    """The tree's second level cuts the retry or the sync that the first level's run fell back on."""
    maker = Lineage(from_plan(SHORT), k=2)
    order: list[int] = []
    for _ in range(300):
        trial = maker.propose()
        if trial is None:
            break
        order.append(len(trial.job.faults))
        outcome = attempt(trial, REFERENCE)
        assert outcome.violated == ()
        maker.learn(trial, outcome)
    assert order[0] == 0
    assert order == sorted(order)
    assert 2 in order


def test_a_lost_publish_is_found_at_once_by_lineage() -> None:
    found = search.search(scenario("w1"), str(VARIANTS / "no_relay.py"), "lineage", 50)
    assert "every-message-is-published" in found.violated
    assert found.runs <= 10


# --- coverage -------------------------------------------------------------------------------------------------------


def test_cells_are_derived_from_the_tables() -> None:
    every = list(cells())
    assert len(every) == len(set(every))
    assert {state for state, _, _ in every} == {state.value for state in State}
    assert {kind for _, _, kind in every} == set(KINDS)
    assert ("ACCEPTED", "service:persisted", "crash_at") in every
    assert ("ENQUEUED", "Enqueued", "partition") in every
    assert not any(event == "Enqueued" and kind == "crash_at" for _, event, kind in every)


def test_a_run_reaches_the_cells_of_its_faults() -> None:
    fault = CrashAt(node="messaging-1", point="persisted", down=SECOND)
    other = CrashAt(node="messaging-2", point="persisted", down=SECOND)
    tried = msgspec.structs.replace(SHORT, faults=(fault, other))
    history = Run(tried).execute().history
    assert any(isinstance(event, Persisted) for event in history)
    assert reached(tried, history)["ACCEPTED", "service:persisted", "crash_at"] == 1
    assert reached(SHORT, Run(SHORT).execute().history) == {}


def test_what_a_sender_keeps_of_its_own_message_delivers_it_to_nobody() -> None:
    """And what is known of another message, or of another conversation, says nothing of the newest one."""
    sent = Persisted(1, "store", -1, "talk", 2, "m", "alice", "alice-phone")
    queued = Enqueued(2, "queue", -1, "talk", 2, "service")
    after: list[tuple[Event, str]] = [
        (CursorStored(3, "store", -1, "alice-phone", "talk", 2), "ENQUEUED"),
        (ReadStored(3, "store", -1, "alice", "talk", 2), "ENQUEUED"),
        (CursorStored(3, "store", -1, "bob-phone", "talk", 1), "ENQUEUED"),
        (CursorStored(3, "store", -1, "bob-phone", "work", 2), "ENQUEUED"),
        (DeliveryFailed(3, "worker", -1, "bob-phone", "talk", 1, "expired"), "ENQUEUED"),
        (DeliveryFailed(3, "worker", -1, "bob-phone", "talk", 2, "expired"), "FAILED"),
        (CursorStored(3, "store", -1, "bob-phone", "talk", 2), "DELIVERED_TO_DEVICE"),
        (CursorStored(3, "store", -1, "alice-laptop", "talk", 2), "DELIVERED_TO_DEVICE"),
        (ReadStored(3, "store", -1, "bob", "talk", 2), "READ_BY_USER"),
    ]
    for event, state in after:
        assert [its.value for _, its, _ in moments([sent, queued, event])] == ["ACCEPTED", "ENQUEUED", state]


def test_coverage_goes_where_no_run_has_been() -> None:
    maker = Coverage(from_plan(SHORT))
    before, plans = len(maker.unreached), []
    for _ in range(60):
        trial = maker.propose()
        assert trial is not None
        check(trial.plan)
        plans.append(trial.plan)
        maker.learn(trial, attempt(trial, REFERENCE))
    assert before - len(maker.unreached) >= 20  # a third of the plans or more reach something new
    again = Coverage(from_plan(SHORT))
    for tried in plans:
        trial = again.propose()
        assert trial is not None
        assert trial.plan == tried  # the same runs, the same plans
        again.learn(trial, attempt(trial, REFERENCE))


# --- the interface --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("strategy", list(STRATEGIES))
def test_every_strategy_finds_nothing_where_there_is_nothing(strategy: str) -> None:
    found = search.search(scenario("w1"), "", strategy, 25)
    assert found.violated == ()
    assert found.runs == 25


def test_deviations_are_tried_smallest_first() -> None:
    maker = STRATEGIES["radius"](search.origin(scenario("w1"), ""))
    trial = maker.propose()
    assert trial is not None
    assert trial.plan.faults == ()
    maker.learn(trial, attempt(trial, REFERENCE))
    for _ in range(5):
        trial = maker.propose()
        assert trial is not None
        assert len(trial.plan.faults) == 1
        maker.learn(trial, attempt(trial, REFERENCE))


def test_random_plans_of_a_story_keep_its_workload() -> None:
    story = scenario("w1")
    plans = [search.random_plans(story, "")(seed) for seed in (1, 2)]
    assert all(each.workload == story.workload and each.faults for each in plans)
    assert plans[0].faults != plans[1].faults


def test_the_command_leaves_a_plan_that_replays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(VARIANTS / "no_relay.py")
    code = parley(
        "search",
        "w1",
        "--strategy",
        "lineage",
        "-p",
        file,
        "--budget",
        "20",
        "--out",
        str(tmp_path),
        monkeypatch=monkeypatch,
    )
    assert code == 1
    (violated,) = re.findall(r"lineage: run \d+ violates (.*)", capsys.readouterr().out)
    assert "every-message-is-published" in violated.split(", ")
    assert parley("replay", str(tmp_path / "plans" / "search-lineage-w1.json"), monkeypatch=monkeypatch) == 1
    assert "as when the plan was written" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("strategy", "mutant", "run"),
    [("seeds", "highest_cursor", 26), ("radius", "binding_discards", 15), ("lineage", "ack_moves_back", 12)],
)
def test_a_search_in_several_processes_is_the_same_search(
    strategy: str,
    mutant: str,
    run: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What is tried ahead of what was learned is what would have been tried after it; of the violations, the first counts."""
    left = []
    here: list[int] = []
    alone = runner.attempt

    def counting(trial: Trial, protocol: Protocol) -> TrialOutcome:
        here.append(1)
        return alone(trial, protocol)

    monkeypatch.setattr(runner, "attempt", counting)
    for jobs in (1, 2):
        here.clear()
        arguments = ("--strategy", strategy, "-p", str(VARIANTS / f"{mutant}.py"), "--jobs", f"{jobs}")
        assert parley("search", "plain", *arguments, "--out", str(tmp_path), monkeypatch=monkeypatch) == 1
        file = tmp_path / "plans" / f"search-{strategy}-plain.json"
        left.append((capsys.readouterr().out, file.read_bytes()))
        file.unlink()
        assert len(here) == (run if jobs == 1 else strategies.ALONE), "of several processes, not this one"
    assert left[0] == left[1]
    assert left[0][0].startswith(f"{strategy}: run {run} violates ")


def test_a_search_that_learns_from_each_run_takes_one_process(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("search", "plain", "--strategy", "coverage", "--budget", "2")
    assert parley(*arguments, "--jobs", "2", monkeypatch=monkeypatch) == 2
    assert "--jobs: expected 1 with --strategy coverage" in capsys.readouterr().err
    assert parley(*arguments, monkeypatch=monkeypatch) == 0


def test_side_by_side(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(VARIANTS / "no_relay.py")
    assert parley("search", "w1", "--compare", "-p", file, "--budget", "5", "--jobs", "1", monkeypatch=monkeypatch) == 0
    told = capsys.readouterr().out
    assert all(strategy in told for strategy in STRATEGIES)
    assert "no_relay" in told
    assert "> 5" in told


def test_all_mutants_side_by_side(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One command for all of them, each on the story that suits it; what the page is made of is left."""
    some = [each for each in mutants() if each.name in ("no_relay", "sync_skips")]
    monkeypatch.setattr(search, "mutants", lambda: some)
    code = parley(
        "search",
        "--compare",
        "--mutants",
        "--budget",
        "3",
        "--jobs",
        "1",
        "--out",
        str(tmp_path),
        monkeypatch=monkeypatch,
    )
    assert code == 0
    told = capsys.readouterr().out
    assert "lineage: fewer runs than seeds on" in told
    kept = msgspec.json.decode((tmp_path / "searches.json").read_bytes(), type=search.Measured)
    assert [(row.mutant, row.scenario) for row in kept.rows] == [("no_relay", "plain"), ("sync_skips", "crowd")]
    assert kept.rows[1].runs["lineage"] == 1
    assert kept.rows[1].found["lineage"]
    assert set(kept.rows[0].runs) == set(STRATEGIES)
    assert parley("search", "--mutants", monkeypatch=monkeypatch) == 2


def test_a_mutant_is_searched_on_the_story_that_its_least_number_was_found_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Strategies are of no use where the mutant's decision is hardly asked: what was measured says where it is."""
    (mutant,) = [each for each in mutants() if each.name == "receipts_fall_back"]
    known = minima.measured()
    assert minima.habitat(mutant, {}) == "plain", "not measured: no default schedule breaks it, so the nearest"
    assert minima.habitat(mutant, known) == "devices" == known[mutant.name].story
    other = msgspec.structs.replace(known[mutant.name], property="one-row-per-message")
    gone = msgspec.structs.replace(known[mutant.name], story="no-such-story")
    for stale in (other, gone):
        assert minima.habitat(mutant, {mutant.name: stale}) == "plain"
    monkeypatch.setattr(search, "mutants", lambda: [mutant])
    row = search.Row(mutant.name, "plain", {"seeds": 7}, {"seeds": 0.0}, {"seeds": ""})
    (tmp_path / "searches.json").write_bytes(search.encode([row], 1))
    arguments = ("search", "--compare", "--mutants", "--resume", "--budget", "1", "--jobs", "1", "--out", str(tmp_path))
    assert parley(*arguments, monkeypatch=monkeypatch) == 0
    kept = msgspec.json.decode((tmp_path / "searches.json").read_bytes(), type=search.Measured)
    assert [row.scenario for row in kept.rows] == ["devices"], "what was measured on another story is measured again"


def test_a_comparison_of_all_mutants_is_kept_and_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each row is written as it is known, and is not measured again; rows of another budget can't be gone on with."""
    some = [each for each in mutants() if each.name in ("status_ahead", "sync_skips")]
    arguments = ("search", "--compare", "--mutants", "--jobs", "1", "--out", str(tmp_path))
    searched: list[str] = []
    look = search.search

    def stopping(scenario: Scenario, spec: str, strategy: str, budget: int) -> search.Found:
        searched.append(Path(spec).stem)
        if len(searched) == 5:
            raise KeyboardInterrupt
        return look(scenario, spec, strategy, budget)

    monkeypatch.setattr(search, "mutants", lambda: some)
    monkeypatch.setattr(search, "search", stopping)
    assert parley(*arguments, "--budget", "2", monkeypatch=monkeypatch) == 130
    kept = msgspec.json.decode((tmp_path / "searches.json").read_bytes(), type=search.Measured)
    assert [row.mutant for row in kept.rows] == ["status_ahead"]
    assert parley(*arguments, "--budget", "3", "--resume", monkeypatch=monkeypatch) == 2
    assert "expected a budget of 3 runs, as is asked for, got 2" in capsys.readouterr().err
    assert parley(*arguments, "--budget", "2", "--resume", monkeypatch=monkeypatch) == 0
    assert searched[5:] == 4 * ["sync_skips"]
    kept = msgspec.json.decode((tmp_path / "searches.json").read_bytes(), type=search.Measured)
    assert [row.mutant for row in kept.rows] == ["status_ahead", "sync_skips"]
    assert parley(*arguments, "--budget", "2", "--resume", monkeypatch=monkeypatch) == 0
    assert "of 2" in capsys.readouterr().out
    assert parley("search", "w1", "--resume", monkeypatch=monkeypatch) == 2


def test_lineage_cuts_what_an_upload_and_a_hint_hang_on() -> None:
    """A message with an attachment goes out once its upload is acknowledged, and a hint ends once the provider has it."""
    for story, wanted, message in (("payloads", "SendAttempted", "BlobKept"), ("push", "HintEnded", "PushAnswer")):
        maker = Lineage(search.origin(scenario(f"stories/{story}"), ""))
        trial = maker.propose()
        assert trial is not None
        outcome = attempt(trial, REFERENCE)
        found = {name: at for name, at in outcomes(outcome.history).items() if name[0] == wanted}
        told = [
            getattr(fault, "kind", "") for at in found.values() for fault in cuts(outcome.history, at, outcome.recorded)
        ]
        assert message in told
        assert len(set(found)) == len(found)
    healed = next(at for at, event in enumerate(outcome.history) if isinstance(event, Healed))
    hints = [event for event in outcome.history[:healed] if isinstance(event, HintEnded)]
    assert len(found) == len(hints) > len({(hint.device, hint.conversation) for hint in hints})
    assert any(isinstance(event, HintEnded) for event in outcome.history[healed:]), "the probe's are no outcomes"


def test_lineage_lets_stand_still_what_an_outcome_passes_through() -> None:
    """A leader by its own vote takes over from one that stands still, not from one that is dead: it wakes up and goes on."""
    maker = Lineage(from_plan(SHORT))
    trial = maker.propose()
    assert trial is not None
    maker.learn(trial, attempt(trial, REFERENCE))
    tried: list[Fault] = []
    while (trial := maker.propose()) is not None:
        tried += trial.job.faults
    still = {(fault.node, fault.point, fault.nth) for fault in tried if isinstance(fault, PauseAt)}
    dead = {(fault.node, fault.point, fault.nth) for fault in tried if isinstance(fault, CrashAt)}
    assert dead
    assert dead <= still


def test_an_unknown_strategy_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert parley("search", "w1", "--strategy", "luck", monkeypatch=monkeypatch) == 2


def test_lineage_tells_how_much_it_takes_to_prevent_a_delivery() -> None:
    """Without digests and retries to fall back on before the healing, one cut is enough for a screen to stay empty."""
    maker = Lineage(from_plan(SHORT), k=1)
    while (trial := maker.propose()) is not None:
        maker.learn(trial, attempt(trial, variants.load("")))
    assert all(len(faults) == 1 for faults in maker.prevented.values())
    assert any(outcome[0] == Shown.__name__ for outcome in maker.prevented)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("strategy", ["seeds", "lineage"])
def test_an_interrupted_search_says_how_far_it_came(strategy: str, sent: signal.Signals) -> None:
    with begun("search", "w1", "--strategy", strategy, "--budget", "1000000") as process:
        time.sleep(6)
        process.send_signal(sent)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert re.fullmatch(rf"{strategy}: [\d,]+ runs?, no violation; interrupted\n", out)


@pytest.mark.parametrize("name", ["crash_at", "kill_app_at", "reconnect_storm_at", "fail_over_at", "wipe_cache_at"])
def test_a_cell_is_one_that_a_plan_can_reach(name: str) -> None:
    """What a plan may arm at a point is a cell, and what it is refused is none."""
    kind = at_point(name)
    assert kind is not None
    there = {"device": "alice-phone", "gateway": "gateway-1", "service": "messaging-1", "store": "store-1"}
    for component, node in there.items():
        point = f"{REFERENCE.components()[component].points[0]}"  # type: ignore[attr-defined]
        fields = KINDS[name].__struct_fields__
        given = {"node": node, "device": node, "gateway": node, "partition": node, "cache": "registry", "down": SECOND}
        its = {"point": point, **{field: value for field, value in given.items() if field in fields}}
        try:
            check(plan(msgspec.convert({"fault": name, **its}, Fault)))
        except PlanError:
            assert not fits(kind, f"{component}:{point}")
        else:
            assert fits(kind, f"{component}:{point}")


def test_a_strategy_without_a_place_or_registered_twice_or_not_at_all_is_named() -> None:
    with pytest.raises(RegistryError, match=r"search strategy 'luck' of here has no place in the stated order"):
        STRATEGIES.add("luck", Lineage, "here")
    with pytest.raises(RegistryError, match=r"'lineage' of here is registered already, by faults\.search\.lineage"):
        STRATEGIES.add("lineage", Lineage, "here")
    assert tuple(STRATEGIES) == ORDER
    fewer: Registry[object] = Registry("search strategy", ORDER)
    with pytest.raises(RegistryError, match=r"'seeds', 'radius', 'lineage', 'coverage': .* nothing registers"):
        fewer.complete()


@pytest.mark.parametrize("name", ["radius", "lineage"])
def test_a_search_runs_deviations_as_the_radius_command_does(name: str) -> None:
    """With the same short tail: a set of deviations has one verdict, whoever asks."""
    story = scenario("w1")
    trial = STRATEGIES[name](search.origin(story, "")).propose()
    assert trial is not None
    assert trial.plan == deviating(search.default_schedule(story, ""), ())
    assert trial.plan.tail == TAIL < story.tail
