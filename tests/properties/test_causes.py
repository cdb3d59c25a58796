"""Which of several violations came first in causal order, and which follow from it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from support import VARIANTS, Tale, scenario

from model.events import ReadStored, Shown, UnreadShown
from parley import variants
from parley.runner import execute
from properties.base import Violation
from properties.causes import causes
from sim.history import Ended, Event

pytestmark = pytest.mark.requirement("V1", "R4")


def tale(*steps: tuple[str, int]) -> list[Event]:
    """Events after those that introduce everybody: each at a node, with a cause among these steps (-1: none)."""
    made = Tale()
    first = len(made.events)
    for node, cause in steps:
        made.add(Shown, "a1", "c", 1, "m", "ann", node=node, cause=first + cause if cause >= 0 else -1)
    return made.events


FIRST = len(Tale().events)


def told(history: Sequence[Event], **seen: Sequence[int]) -> dict[str, list[str]]:
    """By the causes, what follows; `seen`: the evidence of each violation, as numbers of steps."""
    violations = [
        Violation(name.replace("_", "-"), "", tuple(FIRST + step for step in evidence))
        for name, evidence in seen.items()
    ]
    found = causes(violations, enumerate(history))
    return {cause.violation.property: [other.property for other in cause.follow] for cause in found}


def test_a_violation_at_the_same_node_later_follows() -> None:
    assert told(tale(("a", -1), ("a", -1)), x=(0,), y=(1,)) == {"x": ["y"]}
    assert told(tale(("a", -1), ("a", -1)), x=(1,), y=(0,)) == {"y": ["x"]}, "in whatever order they were reported"


def test_one_at_another_node_follows_along_causes_and_else_it_is_a_cause_of_its_own() -> None:
    assert told(tale(("a", -1), ("b", 0)), x=(0,), y=(1,)) == {"x": ["y"]}
    assert told(tale(("a", -1), ("b", -1)), x=(0,), y=(1,)) == {"x": [], "y": []}
    assert told(tale(("a", -1), ("b", 0), ("b", -1), ("c", 2)), x=(0,), y=(3,)) == {"x": ["y"]}, "by b, in between"
    assert told(tale(("b", -1), ("a", -1), ("c", 0)), x=(1,), y=(2,)) == {"x": [], "y": []}, "its cause was before"
    assert told(tale(("b", -1), ("b", -1), ("c", 0)), x=(1,), y=(2,)) == {"x": [], "y": []}, "and not after b's second"


def test_what_follows_from_two_is_told_with_the_first() -> None:
    assert told(tale(("a", -1), ("b", -1), ("a", 1)), x=(0,), y=(1,), z=(2,)) == {"x": ["z"], "y": []}


def test_of_those_at_one_event_the_older_evidence_is_first() -> None:
    history = tale(("a", -1), ("a", -1), ("a", -1))
    assert told(history, x=(2,), y=(1, 2), z=(0, 2)) == {"z": ["y", "x"]}


def recorded(*steps: tuple[str, str, str], **seen: Sequence[int]) -> dict[str, list[str]]:
    """Of a record that has no causes: each step is a device that shows a message of a conversation, or sees a badge ('')."""
    made = Tale()
    for device, conversation, message in steps:
        if message:
            made.add(Shown, device, conversation, 0, message, "ann")
        else:
            made.add(UnreadShown, device, conversation, 3)
    violations = [Violation(name, "", tuple(FIRST + step for step in evidence)) for name, evidence in seen.items()]
    found = causes(violations, enumerate(made.events), recorded=True)
    return {cause.violation.property: [other.property for other in cause.follow] for cause in found}


def test_in_a_record_what_follows_is_about_the_same_message() -> None:
    """Where nothing is known of causes, all that came later on a device looked like a consequence of what was wrong first."""
    m1, m2, other = ("b", "c", "m1"), ("b", "c", "m2"), ("b", "d", "m1")
    assert recorded(m1, m2, x=(0,), y=(1,)) == {"x": [], "y": []}, "another message of that conversation"
    assert recorded(m1, other, x=(0,), y=(1,)) == {"x": [], "y": []}, "the name is used in another conversation"
    assert recorded(m1, ("a", "c", "m1"), x=(0,), y=(1,)) == {"x": ["y"]}, "on another screen"
    assert recorded(m1, m2, m1, x=(1, 0), y=(2,)) == {"x": ["y"]}, "any piece of its proof"
    assert recorded(m2, m1, m2, x=(1,), y=(2, 1)) == {"x": ["y"]}


def test_in_a_record_a_badge_follows_from_what_was_wrong_in_its_conversation_on_its_device() -> None:
    m1 = ("b", "c", "m1")
    assert recorded(m1, ("b", "c", ""), x=(0,), y=(1,)) == {"x": ["y"]}
    assert recorded(("b", "c", ""), m1, x=(0,), y=(1,)) == {"x": ["y"]}
    assert recorded(m1, ("b", "d", ""), x=(0,), y=(1,)) == {"x": [], "y": []}, "another conversation"
    assert recorded(m1, ("a", "c", ""), x=(0,), y=(1,)) == {"x": [], "y": []}, "another device"
    assert recorded(("b", "", ""), ("b", "", ""), x=(0,), y=(1,)) == {"x": [], "y": []}, "of no conversation"


@pytest.mark.parametrize(("node", "follows"), [("store", ["y"]), ("other", [])])
def test_in_a_record_what_is_of_no_device_is_about_what_is_kept_where_it_happened(
    node: str, follows: list[str]
) -> None:
    made = Tale()
    for where in ("store", node):
        made.add(ReadStored, "bob", "c", 1, node=where)
    violations = [Violation("x", "", (FIRST,)), Violation("y", "", (FIRST + 1,))]
    found = causes(violations, enumerate(made.events), recorded=True)
    assert [each.property for each in found[0].follow] == follows


def test_what_is_owed_at_the_end_follows_from_everything() -> None:
    history = tale(("a", -1), ("b", -1), ("c", -1))
    history.append(Ended(10**9, "run", -1))
    assert told(history, owed=(0, 3), late=(1, 3), broken=(2,)) == {"broken": ["owed", "late"]}
    assert told(history, late=(1, 3), owed=(0, 3)) == {"owed": ["late"]}


def test_what_never_came_follows_from_what_went_wrong_with_the_same_message_while_it_was_owed() -> None:
    """Only what was owed, and only of that message."""
    made = Tale()
    first = len(made.events)
    for node, seq in (("a", 1), ("b", 1), ("c", 2), ("z", 1)):
        made.add(Shown, "a1", "c", seq, f"m{seq}", "ann", node=node)

    def folded(late: str, at: int) -> dict[str, list[str]]:
        wrong, never = Violation("wrong", "", (first + at,)), Violation(late, "", (first, first + 3))
        found = causes([wrong, never], enumerate(made.events))
        return {cause.violation.property: [other.property for other in cause.follow] for cause in found}

    assert folded("sleepers-are-notified", 1) == {"wrong": ["sleepers-are-notified"]}
    assert folded("sleepers-are-notified", 0) == {"wrong": [], "sleepers-are-notified": []}, "as the debt began"
    assert folded("sleepers-are-notified", 2) == {"wrong": [], "sleepers-are-notified": []}, "of another message"
    assert folded("shown-in-order", 1) == {"wrong": [], "shown-in-order": []}, "it did happen, at another node"


def test_a_device_that_is_never_notified_is_one_cause_with_the_task_that_was_closed_all_the_same(
    tmp_path: Path,
) -> None:
    file = tmp_path / "one_handset.py"
    file.write_text(
        "from parley.variant import DeliveryWorker\n\n\nclass OneHandset(DeliveryWorker):\n"
        "    def notifies(self, message, device):\n        return device.endswith('phone')\n"
    )
    for seed, follows in ((2, "notified-in-time"), (3, "sleepers-are-notified")):
        outcome = execute(scenario("ci").plan(seed, variants.reference_of("")), variants.load(str(file)))
        (found,) = outcome.causes()
        assert found.violation.property == "closed-when-done"
        assert [violation.property for violation in found.follow] == [follows]


def test_one_alone_and_none_need_no_history() -> None:
    assert told([], x=(5,)) == {"x": []}
    assert told([]) == {}


def test_only_the_first_violation_of_a_property_counts() -> None:
    history = tale(("a", -1), ("a", -1))
    some = [Violation("x", "first", (FIRST,)), Violation("x", "second", (FIRST + 1,))]
    ((cause, follow),) = causes(some, enumerate(history))
    assert (cause.message, follow) == ("first", ())


def test_a_bug_of_the_store_is_told_before_what_devices_make_of_it() -> None:
    """A retry that is stored twice is shown twice, counted twice and acked twice: one cause."""
    protocol = variants.load(str(VARIANTS / "no_dedupe.py"))
    plan = scenario("ci").plan(11, variants.reference_of(""))
    outcome = execute(plan, protocol)
    first, *others = outcome.causes()
    assert first.violation.property == "one-row-per-message"
    assert "shown-once" in [violation.property for violation in first.follow]
    names = [violation.property for cause in (first, *others) for violation in (cause.violation, *cause.follow)]
    assert sorted(names) == sorted(outcome.violated())
