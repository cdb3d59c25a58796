"""What is certified of an enumeration: on made-up runs, what each property is said to withstand, and what is printed of it."""

from __future__ import annotations

import pytest
from rich.console import Console
from support import plan

from faults.search.deviations import Target
from faults.search.enumeration import Enumeration
from faults.search.trials import TrialOutcome
from parley.checking.certificate import FAMILIES, PRESENCE, Certificate, certificate, exit_code, show, show_gate

pytestmark = pytest.mark.requirement("V5")

EVERY = frozenset(FAMILIES)
PLAN = plan()


def target(name: str, at: int, *, presence: bool = False) -> Target:
    return Target("frame", name, "a", "b", 1, at, at, presence)


def enumerated(
    k: int, runs: dict[tuple[str, ...], TrialOutcome], about: str = "", tested: frozenset[str] = EVERY
) -> Enumeration:
    """Over runs that are looked up by the kinds of the messages that are dropped; every property is judged in the others."""
    found = Enumeration(k, about)
    while jobs := found.next_level():
        for job in jobs:
            found.learn(
                job, runs.get(tuple(getattr(fault, "kind", "") for fault in job.faults), TrialOutcome((), tested))
            )
    return found


def printed(its: Certificate, width: int = 100, sets: int = 5, gate: int | None = None) -> str:
    console = Console(width=width, highlight=False)
    with console.capture() as captured:
        show(console, its, sets, dict.fromkeys(FAMILIES, "parley replay plan.json"))
        if gate is not None:
            show_gate(console, its, gate)
    return captured.get()


A, B, C = target("A", 1), target("B", 2), target("C", 3)


def test_what_another_property_cuts_short_is_certified_up_to_there() -> None:
    """A alone breaks one property: sets with A in them are left out, so that of pairs nothing is known."""
    runs = {(): TrialOutcome((), EVERY, targets=(A, B)), ("A",): TrialOutcome(("seq-is-unique",), EVERY, targets=(B,))}
    found = enumerated(2, runs)
    assert (found.complete, found.tried(), found.cut_at, found.cut_by) == (True, 1, 1, ["seq-is-unique"])
    its = certificate(found, PLAN, gate=2)
    assert {each.property for each in its.standings if each.verdict == "broken"} == {"seq-is-unique"}
    assert {(each.tried, each.short) for each in its.standings if each.verdict == "none"} == {(1, "another breaks")}
    told = printed(its)
    assert "none with ≤ 2" not in told
    assert (
        f"others: {sum(its == 'safety' for its in FAMILIES.values()) - 1} properties: none with ≤ 1, not tried" in told
    )
    assert "--property NAME" in told
    assert exit_code(its) == 1
    assert exit_code(certificate(found, PLAN, gate=1)) == 1  # by the one that A breaks
    assert exit_code(certificate(found, PLAN, gate=0)) == 0


def test_liveness_that_breaks_sooner_cuts_safety_short_too_and_the_gate_says_so() -> None:
    runs = {(): TrialOutcome((), EVERY, targets=(A, B)), ("A",): TrialOutcome(("statuses-agree",), EVERY, targets=(B,))}
    its = certificate(enumerated(2, runs), PLAN, gate=2)
    assert exit_code(its) == 4, "nothing breaks within the gate, and not all of it was tried"
    (missed,) = its.gate
    assert missed.endswith("properties not tried beyond 1, where statuses-agree breaks")
    assert f"gate 2: {missed}" in " ".join(printed(its, gate=2).split())


def test_what_breaks_with_the_last_deviation_cuts_nothing_short() -> None:
    runs = {(): TrialOutcome((), EVERY, targets=(A, B)), ("A",): TrialOutcome(("statuses-agree",), EVERY, targets=(B,))}
    found = enumerated(1, runs)
    assert (found.tried(), found.cut_at) == (1, None)
    its = certificate(found, PLAN, gate=1)
    assert exit_code(its) == 0
    assert "properties: none with ≤ 1: 3 runs, complete" in printed(its)


def test_asked_about_alone_a_property_is_tried_whatever_else_breaks() -> None:
    runs = {(): TrialOutcome((), EVERY, targets=(A, B)), ("A",): TrialOutcome(("statuses-agree",), EVERY, targets=(B,))}
    its = certificate(enumerated(2, runs, about="seq-is-unique"), PLAN, gate=2)
    assert [(each.property, each.verdict, each.tried) for each in its.standings] == [("seq-is-unique", "none", 2)]
    assert exit_code(its) == 0
    assert "1 property: none with ≤ 2: 4 runs, complete" in printed(its)
    assert "statuses-agree" not in printed(its)


def test_a_least_number_beyond_what_was_tried_is_an_upper_bound() -> None:
    """B, C and D break a second property; as A breaks the first one, it is not known whether A and B do as well."""
    d = target("D", 4)
    runs = {
        (): TrialOutcome((), EVERY, targets=(A, B, C, d)),
        ("A",): TrialOutcome(("seq-is-unique",), EVERY, targets=(B, C, d)),
        ("B",): TrialOutcome((), EVERY, targets=(C, d)),
        ("B", "C"): TrialOutcome((), EVERY, targets=(d,)),
        ("B", "C", "D"): TrialOutcome(("places-agree",), EVERY),
    }
    its = certificate(enumerated(3, runs), PLAN)
    told = printed(its)
    assert "seq-is-unique: radius 1, by 1 set\n" in told
    assert "places-agree: radius 3 or less, by at least 1 set\n" in told


def test_a_property_that_was_never_judged_is_not_certified_but_named() -> None:
    idle = {"one-leader-per-term", "typing-ends"}
    its = certificate(enumerated(0, {}, tested=EVERY - idle), PLAN, gate=0)
    assert {each.property for each in its.standings if each.verdict == "not judged"} == idle
    told = printed(its, gate=0)
    assert "1 property had nothing to judge in 1 run, so that nothing is known:\n    one-leader-per-term\n" in told
    safety = sum(each.family == "safety" for each in its.standings) - 1
    assert f"{safety} properties: none with ≤ 0: 1 run, complete" in told
    assert f"gate 0: passed by {safety} properties; 1 property had nothing to judge" in told
    assert exit_code(its) == 0
    nothing = certificate(enumerated(0, {}, tested=frozenset()), PLAN, gate=0)
    assert nothing.gate == ("no safety property was ever put to the test",)
    assert exit_code(nothing) == 4


def test_what_is_not_mixed_is_not_certified() -> None:
    """Mixed sets are not tried, so the output must not count the properties of presence among what holds for k."""
    beat = target("B", 2, presence=True)
    runs = {(): TrialOutcome((), EVERY, targets=(A, beat)), ("A",): TrialOutcome((), EVERY, targets=(beat,))}
    found = enumerated(2, runs)
    assert found.mixing() == 2
    its = certificate(found, PLAN, gate=2)
    assert {(each.property in PRESENCE, each.tried) for each in its.standings} == {(True, 1), (False, 2)}
    told = printed(its)
    liveness = [name for name, family in FAMILIES.items() if family == "liveness"]
    assert f"{len(liveness) - 3} properties: none with ≤ 2" in told
    assert "not certified for 2: presence-converges, active-device-is-there, typing-ends" in told
    assert exit_code(its) == 0
    safety = [name for name, family in FAMILIES.items() if family == "safety"]
    left_out = len(PRESENCE.intersection(safety))
    assert left_out == 8
    said = f"gate 2: passed by {len(safety) - left_out} properties; {left_out} properties not certified for 2"
    assert said in printed(its, gate=2)
    (asked,) = certificate(enumerated(2, runs, about="presence-converges"), PLAN, gate=2).gate
    assert asked == "sets that mix deviations of presence with others were not tried"


def test_an_interrupted_level_certifies_the_levels_before_it() -> None:
    found = Enumeration(2)
    found.learn(found.next_level()[0], TrialOutcome((), EVERY, targets=(A, B)))
    assert found.tried() == 0
    jobs = found.next_level()
    found.complete = False
    found.learn(jobs[0], TrialOutcome((), EVERY))
    assert found.tried() == 0
    found.learn(jobs[1], TrialOutcome((), EVERY))
    assert found.tried() == 1
    its = certificate(found, PLAN, gate=1)
    assert its.gate == ()
    assert exit_code(its) == 130
    assert "properties: none with ≤ 1: 3 runs of those with ≤ 2, incomplete" in printed(its)
    assert Enumeration(1).tried() == -1
    assert certificate(Enumeration(1), PLAN, gate=1).gate == ()


def test_sets_that_are_not_shown_are_counted() -> None:
    every = tuple(target(f"M{i}", i) for i in range(8))
    broken: dict[tuple[str, ...], TrialOutcome] = {
        (each.what,): TrialOutcome(("seq-is-unique",), EVERY) for each in every
    }
    its = certificate(enumerated(1, {(): TrialOutcome((), EVERY, targets=every), **broken}), PLAN)
    told = printed(its, sets=5)
    assert "seq-is-unique: radius 1, by 8 sets\n" in told
    assert told.count(" lost\n") == 5
    assert "    and 3 more (--sets)\n" in told
    assert " more " not in printed(its, sets=8)


@pytest.mark.parametrize("width", [80, 100, 120])
def test_no_line_is_longer_than_the_screen(width: int) -> None:
    """All properties unjudged, or cut short by several: the longest lists there are."""
    idle = printed(certificate(enumerated(0, {}, tested=frozenset()), PLAN), width)
    every = tuple(name for name, family in FAMILIES.items() if family == "safety")[:9]
    cut = printed(
        certificate(enumerated(2, {(): TrialOutcome(every, EVERY, targets=(A,))}), PLAN, gate=2), width, gate=2
    )
    assert "and 6 more break there" in " ".join(cut.split())
    for line in (idle + cut).splitlines():
        assert len(line) <= width
    assert all(name in idle for name in FAMILIES)
