"""Each condition of conversations-begin-as-asked, by a history that only it tells from its neighbour."""

from __future__ import annotations

from typing import Any

import judging
import pytest
from support import Tale

from model.events import ConversationOpened, ConversationRequested
from sim.history import ClockSet
from sim.verdicts import HOLDS, VACUOUS

pytestmark = pytest.mark.requirement("V1", "V3", "P21", "D2")

NAME = "conversations-begin-as-asked"


def judged(tale: Tale) -> tuple[str, list[str]]:
    return judging.status(tale, NAME), judging.said(tale, NAME)


def asked(*requests: tuple[str, tuple[str, ...], str]) -> Tale:
    tale = Tale()
    tale.now = 10_000_000
    for device, members, title in requests:
        tale.add(ConversationRequested, device, "trip", members, title)
    return tale


def opened(
    tale: Tale, members: tuple[str, ...] = ("ann", "bob"), by: str = "ann", title: str = "Rome", at: Any = None
) -> None:
    created = tale.now + tale.tick if at is None else at
    tale.add(ConversationOpened, "trip", "direct", members, 0, False, "", False, by, title, created, node="store")


ROME = ("a1", ("ann", "bob"), "Rome")


@pytest.mark.parametrize(
    ("members", "by", "title", "count"),
    [
        (("ann", "bob"), "ann", "Rome", 0),
        (("bob", "ann"), "ann", "Rome", 0),
        (("ann",), "ann", "Rome", 1),
        (("ann", "bob", "zoe"), "ann", "Rome", 1),
        (("ann", "bob"), "bob", "Rome", 1),
        (("ann", "bob"), "ann", "Paris", 1),
    ],
)
def test_it_is_as_somebody_asked(members: tuple[str, ...], by: str, title: str, count: int) -> None:
    tale = asked(ROME)
    opened(tale, members, by, title)
    assert len(judged(tale)[1]) == count


def test_any_request_of_its_creator_will_do() -> None:
    tale = asked(ROME, ("a1", ("ann", "bob"), "Paris"))
    opened(tale, title="Paris", at=10_001_000)
    assert judged(tale) == (HOLDS, [])


def test_nobody_has_to_ask_for_what_was_there() -> None:
    tale = asked()
    assert judged(tale) == (VACUOUS, [])
    opened(tale, by="")
    assert judged(tale) == (VACUOUS, [])


def test_it_begins_once() -> None:
    tale = asked(ROME)
    opened(tale)
    opened(tale, at=tale.now)
    assert judged(tale)[1] == ["trip begins, and is there"]


def test_it_says_when_it_was_created() -> None:
    for at, count in ((10_001_000, 0), (10_002_000, 0), (10_000_999, 1), (10_002_001, 1)):
        tale = asked(ROME)
        opened(tale, at=at)
        assert len(judged(tale)[1]) == count, at
    for ahead, at, count in (
        (-1_000_000, 9_002_000, 0),
        (-1_000_000, 9_001_999, 1),
        (1_000_000, 11_003_000, 0),
        (1_000_000, 11_003_001, 1),
    ):
        tale = Tale()
        tale.now = 10_000_000
        tale.add(ClockSet, ahead, 0, node="store")
        tale.add(ConversationRequested, "a1", "trip", ("ann", "bob"), "Rome")
        opened(tale, at=at)
        assert len(judged(tale)[1]) == count, (ahead, at)


def test_it_says_what_is_wrong() -> None:
    tale = asked(ROME)
    opened(tale, ("ann",))
    assert judged(tale)[1] == ["trip begins as 'Rome' with ann: ann did not ask for that"]
