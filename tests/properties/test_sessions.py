"""Histories that violate the promise about sessions and their tokens, and near misses, for each of its conditions."""

from __future__ import annotations

import judging
import pytest
from support import Tale

from model.events import SessionDropped, SessionOpened, TokenRevoked
from sim.history import Crashed, Ended, MessageLost, Resumed

pytestmark = pytest.mark.requirement("V1", "V3", "P15")

NAME = "sessions-end-with-their-token"
BOUND, LEEWAY, HOUR = 150_000_000, 300_000_000, 3_600_000_000
REVOKED = 10_000_000


def said(tale: Tale) -> list[str]:
    return judging.said(tale, NAME)


def asked(tale: Tale) -> int:
    return judging.times_tested(tale, NAME)


def revoked(device: str = "b1", expires: int = HOUR) -> Tale:
    """A session of b1 at a gateway, and a token that is revoked at ten seconds."""
    tale = Tale()
    tale.add(SessionOpened, "b1", 1, expires, node="gateway")
    tale.add(TokenRevoked, "a token", device, node="parley", t=REVOKED)
    return tale


def dropped(tale: Tale, t: int, device: str = "b1", epoch: int = 1, node: str = "gateway") -> list[str]:
    tale.add(SessionDropped, device, epoch, "token", node=node, t=t)
    return said(tale)


def test_a_session_by_a_revoked_token_ends_within_the_bound() -> None:
    late = ["gateway keeps its session of b1 for 1e-06 s too long: its token was revoked"]
    assert dropped(revoked(), REVOKED + BOUND) == []
    assert dropped(revoked(), REVOKED + BOUND + 1) == late
    tale = revoked()
    tale.add(Ended, node="run", t=REVOKED + BOUND + 1)
    assert said(tale) == late
    tale = revoked()
    tale.add(Ended, node="run", t=REVOKED + BOUND)
    assert said(tale) == []


def test_the_tokens_of_others_are_their_own() -> None:
    assert dropped(revoked("b2"), HOUR) == []
    assert dropped(revoked(""), HOUR) == []
    assert asked(revoked("b2")) == 0
    assert asked(revoked()) == 1


def test_what_is_dropped_is_that_session() -> None:
    for other in ({"device": "b2"}, {"epoch": 2}, {"node": "elsewhere"}):
        tale = revoked()
        assert dropped(tale, REVOKED + 1, **other) == []
        tale.add(Ended, node="run", t=HOUR)
        assert len(said(tale)) == 1


def test_an_expired_token_has_a_leeway_and_a_revocation_never_makes_it_longer() -> None:
    tale = Tale()
    tale.add(SessionOpened, "b1", 1, 1_000_000, node="gateway")
    assert dropped(tale, 1_000_000 + LEEWAY + BOUND) == []
    tale = Tale()
    tale.add(SessionOpened, "b1", 1, 1_000_000, node="gateway")
    told = ["gateway keeps its session of b1 for 1e-06 s too long: its token expired"]
    assert dropped(tale, 1_000_000 + LEEWAY + BOUND + 1) == told
    tale = Tale()
    tale.add(SessionOpened, "b1", 1, 1_000_000, node="gateway")
    tale.add(TokenRevoked, "a token", "b1", node="parley", t=1_000_000 + LEEWAY)
    assert dropped(tale, 1_000_000 + LEEWAY + BOUND + 1) == told


def test_a_lost_heartbeat_of_the_device_to_the_gateway_begins_the_bound_anew() -> None:
    at = REVOKED + 100_000_000
    for node, kind, to, fair in (
        ("b1", "Heartbeat", "gateway", True),
        ("b2", "Heartbeat", "gateway", False),
        ("b1", "Ack", "gateway", False),
        ("b1", "Heartbeat", "elsewhere", False),
    ):
        tale = revoked()
        tale.add(MessageLost, kind, to, "loss", node=node, t=at)
        assert (dropped(tale, at + BOUND) == []) is fair
    tale = revoked()
    tale.add(MessageLost, "Heartbeat", "gateway", "loss", node="b1", t=at)
    assert len(dropped(tale, at + BOUND + 1)) == 1


def test_a_gateway_that_stood_still_or_died_is_excused_and_no_other() -> None:
    at = REVOKED + 100_000_000
    for node, fair in (("gateway", True), ("elsewhere", False)):
        tale = revoked()
        tale.add(Resumed, 0, node=node, t=at)
        assert (dropped(tale, at + BOUND) == []) is fair
        tale = revoked()
        tale.add(Crashed, 1, "", node=node, t=at)
        tale.add(Ended, node="run", t=HOUR)
        assert (said(tale) == []) is fair


def test_a_session_that_ends_for_its_token_puts_the_promise_to_the_test() -> None:
    tale = Tale()
    tale.add(SessionOpened, "b1", 1, HOUR, node="gateway")
    tale.add(SessionDropped, "b1", 1, "idle", node="gateway")
    assert asked(tale) == 0
    tale.add(SessionOpened, "b1", 2, HOUR, node="gateway")
    tale.add(SessionDropped, "b1", 2, "token", node="gateway")
    assert asked(tale) == 1
