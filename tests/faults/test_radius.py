"""Deviations, states, and the enumeration of all small sets of deviations."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support import SECOND, VARIANTS, plan, scenario

from faults import kinds
from faults.plan import Expectation, Plan, check, encode
from faults.search.deviations import DOWN, STILL, Recorder, Target, deviating, deviations, worded
from faults.search.enumeration import STEP, Enumeration, enumerate_sets, instants
from faults.search.fingerprint import fingerprint
from faults.search.trials import Job, TrialOutcome
from model.events import NotificationDropped, NotificationSent
from parley import scenario as scenarios
from parley import variants
from parley.checking.certificate import FAMILIES, Certificate, certificate, exit_code
from parley.checking.mutants import Mutant, mutants
from parley.cli import main
from parley.commands import minima
from parley.run import Run
from parley.runner import Runner
from sim.history import FaultStarted

pytestmark = pytest.mark.requirement("V5")

SHORT = msgspec.structs.replace(plan(duration=20 * SECOND), tail=0)
"""One message between two people, and ten seconds after it."""


def recorded(given: Plan) -> tuple[Run, Recorder]:
    run = Run(given)
    recorder = Recorder(run.injector)
    run.execute()
    return run, recorder


def parley(*arguments: str, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr("sys.argv", ["parley", *arguments])
    with pytest.raises(SystemExit) as exit:
        main()
    return int(exit.value.code or 0)


# --- deviations -----------------------------------------------------------------------------------------------------


def test_recording_changes_nothing() -> None:
    run, _ = recorded(SHORT)
    assert run.outcome().digest() == Run(SHORT).execute().digest()


def test_every_deviation_of_a_recorded_target_takes_effect() -> None:
    _, recorder = recorded(SHORT)
    assert {target.how for target in recorder.targets} >= {"frame", "datagram", "answer", "read", "node", "device"}
    for target in recorder.targets[::3]:
        for fault in deviations(target):
            tried = deviating(SHORT, (fault,))
            check(tried)
            fired = [e for e in Run(tried).execute().history if isinstance(e, FaultStarted)]
            assert [e.t for e in fired] == [target.at], worded(fault)


def test_targets_after_a_deviation_are_counted_as_the_next_fault_counts_them() -> None:
    """A message that was lost is not counted by the rule of a fault behind it; so it isn't by the recorder."""
    _, recorder = recorded(SHORT)
    first = next(t for t in recorder.targets if t.what == "SendMessage")
    drop = next(iter(deviations(first)))
    tried = deviating(SHORT, (drop,))
    _, again = recorded(tried)
    later = [t for t in again.after_last(0) if t.what == "SendMessage"]
    assert later[0].nth == 1
    both = deviating(tried, tuple(deviations(later[0]))[:1])
    fired = [e for e in Run(both).execute().history if isinstance(e, FaultStarted)]
    assert [e.t for e in fired] == [first.at, later[0].at]


def test_what_can_be_done_to_a_target() -> None:
    def names(how: str) -> list[str]:
        target = Target(how, "Push", "worker-1", "gateway-1", 2, 0, 0, False)
        return [kinds.name_of(fault) for fault in deviations(target)]

    assert names("frame") == ["drop_at"]
    assert names("answer") == ["drop_at"]
    assert names("long-awaited answer") == ["drop_at", "delay_at"]
    assert names("datagram") == ["drop_at", "duplicate_at", "delay_at"]
    assert names("read") == []
    assert names("node") == ["crash_at", "pause_at"]
    assert names("device") == ["kill_app_at", "pause_at"]


def _at(given: Plan, time: int) -> int:
    run = Run(given)
    run.advance(time)
    return fingerprint(run.deployment.network)


def test_what_only_reads_is_as_lost_as_its_answer() -> None:
    """The merge of the module's text, put to the test: the same state a while after, and the same verdict."""
    _, recorder = recorded(SHORT)
    looked = [t for t in recorder.targets if t.what == "Lookup"]
    link: dict[str, Any] = {"a": (looked[0].source,), "b": ("registry",)}
    asked = deviating(SHORT, (kinds.DropAt(kind="Lookup", **link),))
    answered = deviating(SHORT, (kinds.DropAt(kind="Sessions", a=link["b"], b=link["a"]),))
    at = looked[0].at + SECOND // 2
    assert _at(asked, at) == _at(answered, at) != _at(SHORT, at)


def test_an_answer_that_comes_twice_changes_nothing() -> None:
    twice = deviating(SHORT, (kinds.DuplicateAt(a=("kind:store",), b=("kind:service",), kind="Appended"),))
    plain, other = Run(SHORT).execute().history, Run(twice).execute().history
    fault = ("FaultStarted", "MessageDuplicated")
    kept = [(type(e).__name__, e.node) for e in other if type(e).__name__ not in fault]
    assert kept == [(type(e).__name__, e.node) for e in plain]
    assert len(other) == len(plain) + 2


def test_a_push_that_the_provider_has_taken_can_be_lost() -> None:
    """No message is lost then, so that dropping messages is no substitute: a lost Notification is sent again."""
    story = scenario("stories/push").plan(1, variants.reference_of(""))
    run, recorder = recorded(story)
    taken = [e for e in run.history if isinstance(e, NotificationSent) and e.t < story.duration]
    pushes = [target for target in recorder.after_last(len(story.faults)) if target.how == "push"]
    assert [target.at for target in pushes] == [event.t for event in taken]
    (fault,) = deviations(pushes[0])
    assert worded(fault) == f"push to {pushes[0].to} at {pushes[0].at / 1e6:g} s lost"
    history = Run(deviating(story, (fault,))).execute().history
    (lost,) = [e for e in history if isinstance(e, NotificationDropped) and e.t == pushes[0].at]
    assert lost.device == pushes[0].to


# --- states ---------------------------------------------------------------------------------------------------------


def test_a_state_comes_back_when_the_protocol_has_repaired_what_was_lost() -> None:
    lost = deviating(SHORT, (kinds.DropAt(a=("kind:service",), b=("kind:store",), kind="MarkPublished"),))
    sent = next(e.t for e in Run(lost).execute().history if isinstance(e, FaultStarted))
    soon = sent + 100_000
    assert _at(lost, soon) != _at(SHORT, soon)
    assert _at(lost, 19 * SECOND) == _at(SHORT, 19 * SECOND)


def test_a_state_knows_who_is_dead_who_stands_still_and_what_is_on_its_way() -> None:
    at = 6 * SECOND
    states = {
        _at(deviating(SHORT, faults), at)
        for faults in (
            (),
            (kinds.Crash(node="worker-1", at=5_900_000, down=SECOND),),
            (kinds.Pause(node="worker-1", at=5_900_000, duration=SECOND),),
            (kinds.DelayAt(a=("kind:gateway",), b=("kind:service",), kind="CursorUpdate", delay=6 * SECOND),),
            (kinds.DropAt(a=("kind:gateway",), b=("kind:device",), kind="PushMessage"),),
        )
    }
    assert len(states) == 5


def test_states_are_taken_on_one_grid() -> None:
    every = set(range(0, 140 * SECOND + 1, STEP))
    for since in (0, 5_010_000, 77_777_777):
        taken = list(instants(since, 140 * SECOND))
        assert taken == sorted(taken)
        assert taken[0] > since
        assert set(taken) <= every


# --- the enumeration, on made-up runs -------------------------------------------------------------------------------


def _target(name: str, at: int, *, presence: bool = False) -> Target:
    return Target("frame", name, "a", "b", 1, at, at, presence)


def _enumerate(
    k: int, runs: dict[tuple[str, ...], TrialOutcome], about: str = ""
) -> tuple[Enumeration, list[tuple[str, ...]]]:
    """Enumerates over runs that are looked up by the kinds of the messages that are dropped."""
    found, order = Enumeration(k, about), []
    while jobs := found.next_level():
        for job in jobs:
            name = tuple(fault.kind for fault in job.faults if isinstance(fault, kinds.DropAt))
            order.append(name)
            found.learn(job, runs.get(name, TrialOutcome((), frozenset())))
    return found, order


def test_every_set_is_tried_once_in_the_order_of_its_effects() -> None:
    a, b, c = _target("A", 1), _target("B", 2), _target("C", 3)
    runs = {
        (): TrialOutcome((), frozenset(), targets=(a, b, c)),
        ("A",): TrialOutcome((), frozenset(), targets=(b, c)),
        ("B",): TrialOutcome((), frozenset(), targets=(c,)),
        ("A", "B"): TrialOutcome((), frozenset(), targets=(c,)),
    }
    found, order = _enumerate(3, runs)
    assert order == [(), ("A",), ("B",), ("C",), ("A", "B"), ("A", "C"), ("B", "C"), ("A", "B", "C")]
    assert found.complete
    assert found.runs() == 8


def test_a_deviation_is_only_tried_where_its_target_still_occurs() -> None:
    a, b = _target("A", 1), _target("B", 2)
    _, order = _enumerate(2, {(): TrialOutcome((), frozenset(), targets=(a, b)), ("A",): TrialOutcome((), frozenset())})
    assert ("A", "B") not in order


def test_a_run_that_is_in_a_known_state_again_is_not_extended_from_there() -> None:
    a, b, c = _target("A", 1), _target("B", 2), _target("C", 9)
    runs = {
        (): TrialOutcome((), frozenset(), targets=(a, b, c), states=((5, 100), (10, 200))),
        ("A",): TrialOutcome((), frozenset(), targets=(b, c), states=((5, 100),)),
    }
    found, order = _enumerate(2, runs)
    assert ("A", "B") in order  # before the instant at which it is as if nothing had been
    assert ("A", "C") not in order
    assert found.levels[2].merged == 1


def test_merged_sets_are_drawn_by_hash_and_only_those_of_k() -> None:
    """So that merging can be put to the test: whatever is drawn was not run, and the same ones are drawn every time."""
    later = tuple(_target(f"M{i}", 10 + i) for i in range(20))
    first, beat = _target("A", 1), _target("Beat", 40, presence=True)
    runs = {
        (): TrialOutcome((), frozenset(), targets=(first, *later), states=((5, 100), (50, 200))),
        ("A",): TrialOutcome((), frozenset(), targets=(*later, beat), states=((5, 100),)),
    }
    drawn = []
    for _ in range(2):
        found, order = Enumeration(2, sample=5), []
        while jobs := found.next_level():
            for job in jobs:
                name = tuple(fault.kind for fault in job.faults if isinstance(fault, kinds.DropAt))
                order.append(name)
                found.learn(job, runs.get(name, TrialOutcome((), frozenset())))
        drawn.append([tuple(worded(fault) for fault in job.faults) for job in found.sampled()])
    assert found.levels[2].merged == 21
    assert drawn[0] == drawn[1]
    assert len(set(drawn[0])) == 5
    assert all(first.startswith("A ") and not second.startswith("Beat ") for first, second in drawn[0])
    assert not any(len(name) == 2 for name in order)


def test_merged_pairs_of_a_short_story_break_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "short.json"
    file.write_bytes(encode(msgspec.structs.replace(SHORT, duration=5_200_000)))
    arguments = ("radius", str(file), "--k", "2", "--merged", "40", "--jobs", "1", "--out", str(tmp_path))
    assert parley(*arguments, monkeypatch=monkeypatch) == 0
    told = capsys.readouterr().out
    assert "40 of " in told
    assert "sets of 2 that are merged, drawn by hash, were run: none broke anything" in told


def test_presence_is_not_mixed_with_the_rest() -> None:
    a, b = _target("A", 1), _target("B", 2, presence=True)
    runs = {(): TrialOutcome((), frozenset(), targets=(a, b)), ("A",): TrialOutcome((), frozenset(), targets=(b,))}
    found, order = _enumerate(2, runs)
    assert ("A", "B") not in order
    assert found.levels[2].mixed == 1


def test_the_least_number_is_kept_and_a_breaking_set_is_not_enlarged() -> None:
    a, b, c = _target("A", 1), _target("B", 2), _target("C", 3)
    runs = {
        (): TrialOutcome((), frozenset(), targets=(a, b, c)),
        ("A",): TrialOutcome(("one",), frozenset({"one"}), targets=(b, c)),
        ("B",): TrialOutcome((), frozenset(), targets=(c,)),
        ("B", "C"): TrialOutcome(("one", "two"), frozenset({"one", "two"})),
    }
    found, order = _enumerate(2, runs)
    assert ("A", "B") not in order
    assert (found.radius("one"), found.radius("two"), found.radius("three")) == (1, 2, None)
    assert len(found.least["one"]) == 1
    assert found.levels[1].breaking == 1


def test_asked_about_one_property_it_goes_on_where_others_break() -> None:
    """Else the least number of a property would seem higher than it is, where another breaks sooner."""
    a, b = _target("A", 1), _target("B", 2)
    runs = {
        (): TrialOutcome((), frozenset(), targets=(a, b)),
        ("A",): TrialOutcome(("one",), frozenset({"one"}), targets=(b,)),
        ("A", "B"): TrialOutcome(("one", "two"), frozenset({"one", "two"})),
    }
    found, order = _enumerate(2, runs)
    assert ("A", "B") not in order
    assert found.radius("two") is None
    found, order = _enumerate(2, runs, about="two")
    assert ("A", "B") in order
    assert (found.radius("two"), found.radius("one")) == (2, None)
    assert found.levels[1].breaking == 0


# --- whole runs -----------------------------------------------------------------------------------------------------


def test_a_short_story_holds_and_processes_change_nothing() -> None:
    """In one process and in two, the same counts; every deviation took effect."""
    story = msgspec.structs.replace(SHORT, duration=6 * SECOND)
    alone = enumerate_sets(story, 1, Runner(""))
    spread = enumerate_sets(story, 1, Runner("", 2))
    assert alone.levels == spread.levels
    assert alone.complete
    assert alone.least == {}
    assert all(level.unfired == 0 for level in alone.levels)


def test_a_lost_publish_is_all_that_it_takes_without_a_relay() -> None:
    spec = str(VARIANTS / "no_relay.py")
    found = enumerate_sets(SHORT, 1, Runner(spec))
    assert found.radius("every-message-is-published") == 1
    told = [worded(faults[0]) for faults in found.least["every-message-is-published"]]
    assert any(each.startswith("Publish ") and each.endswith("lost") for each in told)
    assert not any(each.startswith("PresenceBeat") for each in told)


def test_what_breaks_on_the_default_schedule_certifies_nothing_of_the_others_beyond_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One run was called a complete test of single deviations, and passed a gate, as nothing larger was left to try."""
    file = str(VARIANTS / "never_marks_read.py")
    arguments = ("radius", "w1", "--k", "1", "-p", file, "--jobs", "1", "--out", str(tmp_path))
    assert parley(*arguments, "--gate", "1", monkeypatch=monkeypatch) == 4, "what breaks is liveness"
    told = " ".join(capsys.readouterr().out.split())
    assert "none with ≤ 1" not in told
    assert "none with ≤ 0, not tried beyond: views-are-followed breaks there" in told
    assert re.search(r"gate 1: [4-9]\d properties not tried beyond 0, where views-are-followed breaks", told)
    its = msgspec.json.decode((tmp_path / "radius-w1.json").read_bytes(), type=Certificate)
    assert {each.tried for each in its.standings} == {0}
    assert parley(*arguments, "--gate", "0", monkeypatch=monkeypatch) == 0


def test_the_gate_asks_about_the_property_that_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whichever family it is of; and what no run judged has passed nothing."""
    common = ("radius", "w1", "--k", "0", "--gate", "0", "--jobs", "1", "--out", str(tmp_path))
    ahead = ("-p", str(VARIANTS / "status_ahead.py"))
    assert parley(*common, *ahead, "--property", "statuses-agree", monkeypatch=monkeypatch) == 1
    assert "gate 0: statuses-agree is broken by the default schedule" in capsys.readouterr().out
    assert parley(*common, *ahead, "--property", "seq-is-unique", monkeypatch=monkeypatch) == 0
    assert "gate 0: passed by 1 property" in capsys.readouterr().out
    assert parley(*common, "--property", "head-reads-are-fresh", monkeypatch=monkeypatch) == 4
    assert "gate 0: head-reads-are-fresh was never put to the test" in capsys.readouterr().out


def test_an_interruption_keeps_what_it_has_and_says_that_it_is_incomplete() -> None:
    count = 0

    def stop(job: Job, shown: TrialOutcome) -> None:
        nonlocal count
        count += 1
        if count == 5:
            raise KeyboardInterrupt

    found = enumerate_sets(SHORT, 1, Runner(""), on_result=stop)
    assert found.runs() == 5
    assert not found.complete
    assert found.tried() == 0  # the schedule itself
    its = certificate(found, SHORT, gate=1)
    assert {each.short for each in its.standings if each.verdict == "none"} == {"incomplete"}
    assert exit_code(its) == 130


def test_the_command_gates_and_leaves_plans(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(VARIANTS / "no_relay.py")
    arguments = ("radius", "w1", "--k", "1", "-p", file, "--jobs", "1", "--out", str(tmp_path))
    assert parley(*arguments, monkeypatch=monkeypatch) == 0  # what is broken is liveness
    told = capsys.readouterr().out
    assert "every-message-is-published: radius 1" in told
    assert "none with ≤ 1" in told
    assert "complete" in told
    assert "incomplete" not in told
    written = tmp_path / "plans" / "radius-w1-every-message-is-published.json"
    assert parley("replay", str(written), monkeypatch=monkeypatch) == 1
    assert "as when the plan was written" in capsys.readouterr().out


def test_the_gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    common = ("radius", "w1", "--jobs", "1", "--out", str(tmp_path))
    file = str(VARIANTS / "ack_before_persist.py")
    assert parley(*common, "--k", "0", "--gate", "0", monkeypatch=monkeypatch) == 0
    assert parley(*common, "--k", "1", "--gate", "1", "-p", file, monkeypatch=monkeypatch) == 1
    assert "accepted-is-durable: radius" in capsys.readouterr().out
    assert parley(*common, "--k", "0", "--gate", "1", monkeypatch=monkeypatch) == 2


def test_a_campaign_has_no_default_schedule(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert parley("radius", "ci", "--out", str(tmp_path), monkeypatch=monkeypatch) == 2
    assert "expected a story" in capsys.readouterr().err


def test_a_plan_is_proved_to_be_the_shortest_or_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A failure that was shrunk, say: its workload without its faults, and the property that it violates."""
    spec = str(VARIANTS / "no_relay.py")
    publish = kinds.DropAt(kind="Publish", a=("kind:service",), b=("kind:queue",))
    beside = kinds.DropAt(kind="Heartbeat", a=("alice-phone",), b=("kind:gateway",))
    broken = msgspec.structs.replace(SHORT, duration=6 * SECOND, protocol=variants.reference_of(spec))
    expect = Expectation(violates=("every-message-is-published",), digest="")
    for name, faults, says in (
        ("short", (publish,), "on its workload no smaller set of deviations breaks every-message-is-published"),
        ("long", (publish, beside), "the plan has 2 faults; 1 deviation breaks every-message-is-published as well"),
    ):
        file = tmp_path / f"{name}.json"
        file.write_bytes(encode(msgspec.structs.replace(broken, faults=faults, expect=expect)))
        assert parley("radius", str(file), "--jobs", "1", "--out", str(tmp_path), monkeypatch=monkeypatch) == 0
        assert says in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "expected a story, a plan, or --mutants"),
        (("w1", "--property", "luck"), "--property: there is no property 'luck'"),
        (("w1", "--mutants"), "--mutants: expected no scenario"),
        (("w1", "--resume"), "--resume: expected --mutants"),
        (("w1", "--k", "1", "--merged", "9"), "--merged: expected --k 2 or more"),
        (("--mutants", "--k", "3"), "--k: expected 1 or 2 with --mutants"),
        (("w1", "--property", "one-row-per-mesage"), "(did you mean 'one-row-per-message'?)"),
        (("missing.json",), "missing.json: No such file"),
        (
            ("plian",),
            "plian: there is no such file, and no bundled scenario or story of this name (did you mean 'plain'?)",
        ),
        (("ci",), "it has no default schedule; the small stories are crowd, devices,"),
    ],
)
def test_bad_input(
    arguments: tuple[str, ...], says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert parley("radius", *arguments, monkeypatch=monkeypatch) == 2
    assert says in capsys.readouterr().err


# --- mutants --------------------------------------------------------------------------------------------------------


def _mutant(name: str) -> Mutant:
    return next(each for each in mutants() if each.name == name)


def test_the_reference_holds_on_every_story() -> None:
    """What a mutant breaks on a default schedule must be its own doing. And no property is left out of all radii."""
    stories = sorted(scenarios.STORIES.glob("*.toml"))
    judged: set[str] = set()
    for path in stories:
        spec = "leased" if path.stem == "sharded" else ""
        story = scenario(f"stories/{path.stem}").plan(1, variants.reference_of(spec))
        outcome = Run(story, variants.load(spec)).execute()
        assert outcome.violated() == (), path.stem
        assert outcome.converged_after is not None
        judged |= {verdict.property for verdict in outcome.verdicts if verdict.tested}
    assert set(FAMILIES) - judged == {
        "cleaned-devices-come-back-whole",  # which takes a device that was away for most of a year
        "expired-is-old",  # a message that nobody could be handed until it was too old to be pushed
        "heads-stay-inside",  # which takes a device that comes back after its user has left
        "lag-raises-an-alarm",  # workers that stand still
        "old-apps-get-what-they-can-show",  # which has a walkthrough of its own
        "one-lease-is-no-end",  # a lease that comes to nothing
        "removed-is-old",  # a policy of retention
        "stops-are-gentle",  # gateways that are told of their stop
    }


def test_the_fenceless_break_exactly_where_a_shard_stands_still_with_a_place_in_its_hands() -> None:
    """All that can be done to the shards themselves, one at a time; docs/minima.md tells of everything else."""
    mutant = _mutant("no_fence")
    story, plan = next(minima._plans(mutant))
    assert story == "sharded"
    protocol = variants.load(str(mutant.file))
    run = Run(plan, protocol)
    recorder = Recorder(run.injector)
    run.execute()
    shards = [target for target in recorder.targets if target.how == "node" and target.source.startswith("shard-")]
    tried = [fault for target in shards for fault in deviations(target)]
    broken = [f for f in tried if Run(deviating(plan, (f,)), protocol).execute().violated()]
    assert len(tried) > 10
    assert {(type(fault), fault.node, fault.point) for fault in broken if isinstance(fault, kinds.PauseAt)} == {
        (kinds.PauseAt, "shard-1", "allocating"),
        (kinds.PauseAt, "shard-1", "allocated"),
    }
    assert all(isinstance(fault, kinds.PauseAt) for fault in broken)


def test_a_mutant_that_breaks_without_a_deviation_is_told_so() -> None:
    least = minima.at_most_one(_mutant("wiped_from_store_cursor"))
    assert (least.story, least.least, least.sets) == ("devices", 0, ("the default schedule",))
    assert minima.told(least) == "0"


def test_what_was_found_of_mutants_is_kept_and_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An hour's work that is interrupted is not lost: each result is written as it comes, and is not looked for again."""
    some = [_mutant(name) for name in ("status_ahead", "sync_skips", "unknown_left_out")]
    arguments = ("radius", "--mutants", "--jobs", "1", "--out", str(tmp_path))
    asked: list[str] = []
    look = minima.at_most_one

    def stopping(mutant: Mutant) -> minima.Least:
        asked.append(mutant.name)
        if mutant.name == "unknown_left_out" and asked.count(mutant.name) == 1:
            raise KeyboardInterrupt
        return look(mutant)

    monkeypatch.setattr(minima, "mutants", lambda: some)
    monkeypatch.setattr(minima, "at_most_one", stopping)
    assert parley(*arguments, monkeypatch=monkeypatch) == 130
    assert "2 of 3 mutants are in" in capsys.readouterr().err
    kept = msgspec.json.decode((tmp_path / "minima.json").read_bytes(), type=list[minima.Least])
    assert [least.mutant for least in kept] == ["status_ahead", "sync_skips"]
    assert parley(*arguments, "--resume", monkeypatch=monkeypatch) == 0
    assert asked == ["status_ahead", "sync_skips", "unknown_left_out", "unknown_left_out"]
    kept = msgspec.json.decode((tmp_path / "minima.json").read_bytes(), type=list[minima.Least])
    assert [least.mutant for least in kept] == [mutant.name for mutant in some]
    (tmp_path / "minima.json").write_text("[")
    assert parley(*arguments, "--resume", monkeypatch=monkeypatch) == 2
    assert "--resume: " in capsys.readouterr().err


def test_two_leaders_of_a_term_take_two_deviations() -> None:
    """One that votes for itself alone needs another that does: one replica stands still past its patience, one dies."""
    mutant = _mutant("elects_itself")
    _, plan = next(minima._plans(mutant))
    asleep = kinds.PauseAt(node="store-1.3", point="appended", nth=1, duration=STILL)
    restarted = kinds.CrashAt(node="store-1.2", point="appended", nth=7, down=DOWN)
    broken = {
        faults: mutant.caught_by in Run(deviating(plan, faults), variants.load(str(mutant.file))).execute().violated()
        for faults in ((), (asleep,), (restarted,), (asleep, restarted))
    }
    assert [faults for faults, breaks in broken.items() if breaks] == [(asleep, restarted)]


def test_every_mutant_has_a_story_that_it_runs_in() -> None:
    for mutant in mutants():
        assert next(minima._plans(mutant))[0] in minima.stories_for(mutant)


# --- whole stories --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["w1", "w2", "w3"])
def test_no_single_deviation_breaks_the_reference(name: str) -> None:
    story = scenario(name).plan(1, variants.reference_of(""))
    found = enumerate_sets(story, 1, Runner(""))
    assert found.complete
    assert found.least == {}
