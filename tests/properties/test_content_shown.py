"""Each condition of shown-is-what-was-sent, by a history that only it tells from its neighbour."""

from __future__ import annotations

import judging
import pytest
from support import Tale

from model.events import PageShown, PlaceholderReplaced, SendAttempted, Shown
from sim.verdicts import HOLDS, VACUOUS, VIOLATED

pytestmark = pytest.mark.requirement("V1", "V3", "P20")

NAME = "shown-is-what-was-sent"


def judged(tale: Tale) -> tuple[str, list[str]]:
    return judging.status(tale, NAME), judging.said(tale, NAME)


def sent(content: str, device: str = "a1") -> Tale:
    tale = Tale()
    tale.add(SendAttempted, device, "c", "s1", "m1", 1, content)
    return tale


@pytest.mark.parametrize(
    ("went_out", "shown", "status"),
    [("one", "one", HOLDS), ("one", "two", VIOLATED), ("", "two", HOLDS), ("one", "", HOLDS), ("", "", HOLDS)],
)
def test_a_digest_that_is_said_on_both_sides_is_the_same(went_out: str, shown: str, status: str) -> None:
    tale = sent(went_out)
    tale.add(Shown, "b1", "c", 1, "m1", "ann", False, 0, shown)
    assert judged(tale)[0] == status
    tale = sent(went_out)
    tale.add(Shown, "b1", "c", 1, "m1", "ann", True)
    tale.add(PlaceholderReplaced, "b1", "c", 1, "m1", shown)
    assert judged(tale)[0] == status


def test_it_says_who_showed_what() -> None:
    tale = sent("one")
    tale.add(SendAttempted, "a1", "c", "s1", "m1", 2, "two")
    tale.add(Shown, "b1", "c", 1, "m1", "ann", False, 0, "three")
    says = "b1 showed m1 with another text, time, type or attachment than was sent: three, not one or two"
    assert judged(tale) == (VIOLATED, [says])
    tale = sent("one")
    tale.add(Shown, "b1", "c", 1, "m1", "bob", False, 0, "one")
    assert judged(tale) == (VIOLATED, ["b1 showed m1 in the name of bob; ann sent it"])


def test_a_sender_that_is_not_said_is_not_judged_and_ids_of_two_people_may_be_the_same() -> None:
    tale = sent("one")
    tale.add(SendAttempted, "b2", "c", "t1", "m1", 1, "two")
    for sender in ("ann", "bob", ""):
        tale.add(Shown, "b1", "c", 1, "m1", sender, False, 0, "one")
    assert judged(tale) == (HOLDS, [])


def test_what_is_not_known_to_be_sent_is_not_judged() -> None:
    tale = Tale(head=1)
    tale.add(Shown, "b1", "c", 1, "m1", "bob", False, 0, "one")
    tale.add(PlaceholderReplaced, "b1", "c", 1, "m1", "two")
    tale.add(SendAttempted, "a1", "d", "s1", "m1", 1, "three")
    assert judged(tale) == (VACUOUS, [])


def test_a_page_whose_contents_are_not_said_is_not_judged() -> None:
    tale = sent("one")
    tale.add(PageShown, "b1", "c", 3, 1, (1, 2), ("m1", "m2"), (), 0, "newest")
    assert judged(tale) == (VACUOUS, [])
    tale.add(PageShown, "b1", "c", 3, 1, (1, 2), ("m1", "m2"), ("two",), 0, "newest")
    assert judged(tale)[0] == VIOLATED
