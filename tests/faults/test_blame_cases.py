"""The failures of docs/blame.md: what blame says of each is what the page says and explains."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from support import ROOT, parley

from faults import plan as plans
from faults.kinds import Fault
from faults.shrink import blame as engine
from parley import variants
from parley.oracle import quick_oracle
from parley.run import Run
from reports.text.narrative import line

pytestmark = pytest.mark.requirement("V6", "R4")

FOLDER = ROOT / "docs" / "blame"
PAGE = ROOT / "docs" / "blame.md"


@dataclass(frozen=True)
class Case:
    """A plan of the page, with what must be said of it: parts are numbered from 1, as they are shown."""

    file: str
    breaks: str
    parts: int
    idle: frozenset[int]
    suffice: tuple[tuple[int, ...], ...]
    nearest: int
    """The part that the nearest passing run does without."""
    parts_at: tuple[int, str, str]
    """When the runs part (µs, in the failing one), and what each of them does then."""


CASES = [
    Case(
        "no-relay", "every-device-shows-everything", 3, frozenset(), ((3,),), 3,
        (88_953, "queue-1 dies at 'enqueued'", "queue-1 leases the task of alice+bob 1 to worker-1"),
    ),
    Case(
        "highest-cursor", "device-cursor-is-sound", 5, frozenset(), ((5,),), 5,
        (148_626, "worker-1 dies at 'delivered'", "queue-1 closes the task of friends 1, done by worker-1"),
    ),
    Case(
        "hammers-on", "throttling-is-respected", 3, frozenset(), ((1, 2),), 1,
        (
            21_007_643,
            "worker-1 leaves alice-phone to the notification service, for friends 1",
            "provider takes a notification for alice-phone",
        ),
    ),
    Case(
        "no-fence", "epochs-never-go-back", 5, frozenset(), ((1, 4),), 4,
        (6_000_000, "shard-1 dies", "store-1 fills talk 1, which nobody used"),
    ),
    Case(
        "no-dedupe", "one-row-per-message", 3, frozenset({3}), ((2,),), 2,
        (53_737, "store-1 dies at 'committed'", "queue-1 takes a delivery task for work 1 from the service"),
    ),
    Case(
        "two-sends", "one-row-per-message", 4, frozenset({1, 2, 4}), ((3,),), 3,
        (53_737, "store-1 dies at 'committed'", "queue-1 takes a delivery task for work 1 from the service"),
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.file)
def test_blame_says_what_reasoning_says(case: Case) -> None:
    plan = plans.read(FOLDER / f"{case.file}.json")
    protocol = variants.load(plan.protocol.file)
    found = engine.blame(plan, quick_oracle(protocol, case.breaks))
    assert len(found.parts) == case.parts
    assert {number + 1 for number, needed in enumerate(found.necessary) if not needed} == case.idle
    assert tuple(tuple(number + 1 for number in chosen) for chosen in found.suffice) == case.suffice
    assert found.complete
    assert not any(found.plays_a_part(number - 1) for number in case.idle)

    ours = Run(plan, protocol).execute().history
    single = [off for off in found.passing if len(off) == 1 and isinstance(found.parts[min(off)], Fault)]
    others = {off: Run(engine.without(plan, off), protocol).execute().history for off in single}
    nearest = max(single, key=lambda off: engine.agreement(ours, others[off]))
    assert nearest == {case.nearest - 1}
    parted = engine.departure(ours, others[nearest])
    assert parted is not None
    at, mine, theirs = case.parts_at
    told = [" ".join(line(event)[15:].split()) for event in (ours[parted[0]], others[nearest][parted[1]])]
    assert (ours[parted[0]].t, *told) == (at, mine, theirs)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.file)
def test_the_page_shows_what_the_command_prints(
    case: Case, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every line of parts, sets and departure is on the page, so that the page can't be out of date."""
    monkeypatch.chdir(ROOT)
    assert parley("blame", f"docs/blame/{case.file}.json", monkeypatch=monkeypatch) == 0
    told = [" ".join(each.split()) for each in capsys.readouterr().out.splitlines()]
    page = [" ".join(each.split()) for each in PAGE.read_text().splitlines()]
    first = next(number for number, each in enumerate(told) if each.startswith("1 "))
    part = next(number for number, each in enumerate(told) if each.startswith("passing"))
    missing = [each for each in told[first : part + 1] if each and each not in page]
    assert missing == []
    assert f"parley blame docs/blame/{case.file}.json" in PAGE.read_text()


def test_the_cases_differ_and_one_has_a_fault_that_is_not_needed() -> None:
    files = [plans.read(FOLDER / f"{case.file}.json").protocol.file for case in CASES]
    assert len(set(files)) == len({case.breaks for case in CASES}) == 5
    assert [case.file for case in CASES if case.idle] == ["no-dedupe", "two-sends"]
    for case in CASES:
        expect = plans.read(FOLDER / f"{case.file}.json").expect
        assert expect is not None
        assert case.breaks in expect.violates


def test_the_fault_that_is_not_needed_has_an_effect_all_the_same() -> None:
    """The reset decides when the message is sent again, and not whether: that is why it is not needed."""
    plan = plans.read(FOLDER / "no-dedupe.json")
    protocol = variants.load(plan.protocol.file)
    whole, without = (Run(each, protocol).execute() for each in (plan, engine.without(plan, frozenset({2}))))
    assert whole.digest() != without.digest()
    assert "one-row-per-message" in without.violated()
    assert Run(engine.without(plan, frozenset({1})), protocol).execute().violations == []


def test_two_actions_that_are_not_needed_are_needed_together() -> None:
    """What the page says of actions: each alone may go, both may not."""
    plan = plans.read(FOLDER / "two-sends.json")
    protocol = variants.load(plan.protocol.file)
    for off in ({0}, {1}):
        assert "one-row-per-message" in Run(engine.without(plan, frozenset(off)), protocol).execute().violated()
    assert Run(engine.without(plan, frozenset({0, 1})), protocol).execute().violations == []
