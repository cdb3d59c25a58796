"""Devices that were cleaned up: what they owe when they are back, and when a clean-up was too early."""

from __future__ import annotations

import judging
import pytest
from support import Tale

from model.events import (
    Connected,
    CursorMoved,
    CursorStored,
    DeviceCleaned,
    DeviceReturned,
    DeviceStuck,
    LoggedOut,
    PolicyDeclared,
    Stored,
    TokenIssued,
    TokenRegistered,
    TokenRemoved,
)

pytestmark = pytest.mark.requirement("V1", "V3")

WHOLE = "cleaned-devices-come-back-whole"
TOKENS = "tokens-converge"
MONOTONE = "stored-cursor-is-monotone"


def debt(tale: Tale, name: str = WHOLE) -> list[str]:
    return judging.debt(tale, name)


def said(tale: Tale, name: str = WHOLE) -> list[str]:
    return judging.said(tale, name)


def declared(tale: Tale, after: int, policy: str = "clean-up of a device after so many µs of being stuck") -> None:
    tale.add(PolicyDeclared, policy, "", after, node="parley")


def stuck(tale: Tale, device: str = "b1") -> None:
    tale.add(DeviceStuck, device, "c", 0, node="store")


def cleaned(tale: Tale, device: str = "b1") -> None:
    tale.add(DeviceCleaned, device, "c", 5_000_000, node="store")


def test_a_clean_up_is_as_late_as_declared_or_too_early_by_a_microsecond() -> None:
    for early in (0, 1):
        tale = Tale()
        declared(tale, 5_000_000)
        declared(tale, 9_000_000, "another policy")
        stuck(tale)
        tale.add(DeviceCleaned, "b1", "c", 5_000_000, node="store", t=tale.now + 5_000_000 - early)
        told = "b1 is cleaned up in c after 5 s of being stuck, and not after 5 s"
        assert said(tale) == ([told] if early else [])


def test_who_is_not_stuck_or_no_longer_is_not_to_be_cleaned_up() -> None:
    tale = Tale()
    cleaned(tale)
    assert said(tale) == ["b1 is cleaned up in c after 0 s of being stuck, and not after 0 s"]
    tale = Tale()
    stuck(tale)
    tale.add(DeviceReturned, "b1", "c", node="store")
    cleaned(tale)
    assert len(said(tale)) == 1
    tale = Tale()
    stuck(tale, "b2")
    cleaned(tale)
    assert len(said(tale)) == 1


def test_a_cursor_of_the_device_in_that_conversation_pays() -> None:
    tale = Tale()
    stuck(tale)
    cleaned(tale)
    tale.add(CursorStored, "b2", "c", 0, node="store")
    tale.add(CursorStored, "b1", "d", 0, node="store")
    assert debt(tale) == ["b1 was cleaned up in c, and the store has no cursor of it again"]
    tale.add(CursorStored, "b1", "c", 0, node="store")
    assert debt(tale) == []


def test_a_token_is_owed_from_the_next_connection_on_and_only_if_it_was_removed_for_that() -> None:
    tale = Tale()
    tale.add(TokenRemoved, "b2", "t2", "invalid", node="notification")
    tale.add(TokenRemoved, "b1", "t1", "cleaned", node="notification")
    tale.add(Connected, "b2", "g", 2)
    assert debt(tale) == []
    tale.add(Connected, "b1", "g", 2)
    assert debt(tale) == ["b1 was cleaned up and is back, and its push token is not known again"]
    tale.add(TokenRegistered, "b2", "bob", "t2", node="notification")
    assert len(debt(tale)) == 1
    tale.add(TokenRegistered, "b1", "bob", "t1", node="notification")
    assert debt(tale) == []


def test_who_logs_out_owes_no_token_and_neither_does_who_registered_before_connecting() -> None:
    tale = Tale()
    tale.add(TokenRemoved, "b1", "t1", "cleaned", node="notification")
    tale.add(Connected, "b1", "g", 2)
    tale.add(LoggedOut, "b1")
    assert debt(tale) == []
    tale.add(TokenRemoved, "b1", "t1", "cleaned", node="notification")
    tale.add(TokenRegistered, "b1", "bob", "t1", node="notification")
    tale.add(Connected, "b1", "g", 3)
    assert debt(tale) == []


def test_a_removed_token_is_not_missed_while_its_device_is_away() -> None:
    tale = Tale()
    tale.add(TokenIssued, "b1", "t1")
    tale.add(TokenRegistered, "b1", "bob", "t1", node="notification")
    tale.add(TokenRemoved, "b1", "t1", "cleaned", node="notification")
    assert debt(tale, TOKENS) == []
    tale.add(Connected, "b1", "g", 2)
    assert len(debt(tale, TOKENS)) == 1
    tale.add(TokenRegistered, "b1", "bob", "t1", node="notification")
    assert debt(tale, TOKENS) == []


def test_a_cursor_that_was_given_up_begins_anew_and_goes_forward_from_there() -> None:
    tale = Tale()
    for seq in (1, 2, 3):
        tale.add(Stored, "b1", "c", seq, f"m{seq}", "push")
    tale.add(CursorMoved, "b1", "c", 3)
    tale.add(CursorStored, "b1", "c", 3, node="store")
    cleaned(tale)
    tale.add(CursorStored, "b1", "c", 1, node="store")
    tale.add(CursorStored, "b1", "c", 2, node="store")
    assert said(tale, MONOTONE) == []
    tale.add(CursorStored, "b1", "c", 1, node="store")
    assert said(tale, MONOTONE) == ["the store's cursor of b1 in c moved back from 2 to 1"]


def test_what_a_history_begins_with_is_a_report_too() -> None:
    tale = Tale()
    tale.events.clear()
    stuck(tale)
    cleaned(tale)
    assert said(tale) == []
