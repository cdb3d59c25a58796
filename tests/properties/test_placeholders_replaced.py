"""A placeholder is no end, where an app that knows no more shows what it stands for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from judging import debt, said, status, times_tested
from support import ROOT, Tale, scenario

from faults.plan import ProtocolRef, Update
from model.events import (
    AppUpdated,
    Connected,
    DeviceRegistered,
    Disconnected,
    LoggedOut,
    MemberJoined,
    MemberLeft,
    PlaceholderReplaced,
    SendAttempted,
    Shown,
    Slept,
    Wiped,
)
from parley.commands.verify import verify
from parley.run import Run
from properties.judge import HOLDS, VACUOUS, VIOLATED
from sim.history import Crashed, Ended, Healed, Restarted

pytestmark = pytest.mark.requirement("P16", "P23", "V1", "V3")

NAME = "placeholders-are-replaced"
CASES = ROOT / "tests" / "cases" / "histories"


def told(*known: tuple[str, ...]) -> Tale:
    """Ann's a1 has sent m1; Bob's b1 and b2 know these payload types."""
    tale = Tale()
    for device, types in zip(("b1", "b2"), known, strict=False):
        tale.add(DeviceRegistered, device, "bob", "eu", "wifi", "1.0", types)
    tale.add(SendAttempted, "a1", "c", "s1", "m1", 1)
    return tale


def show(tale: Tale, device: str, form: str = "", message: str = "m1") -> None:
    how = {"placeholder": (True,), "simpler": (False, 0, "", True), "hidden": (False, 0, "", False, True)}
    how["hidden placeholder"] = (True, 0, "", False, True)
    tale.add(Shown, device, "c", int(message[1:]), message, "ann", *how.get(form, ()))


@pytest.mark.parametrize("name", ["placeholder-for-ever", "placeholder-after-an-update"])
def test_a_record_in_which_placeholders_stay_is_no_pass(name: str) -> None:
    found = verify(CASES / f"{name}.jsonl")
    assert [verdict.property for verdict in found.verdicts if verdict.status == VIOLATED] == [NAME]


def test_a_record_in_which_each_of_them_is_replaced_passes(tmp_path: Path) -> None:
    lines = (CASES / "placeholder-after-an-update.jsonl").read_text().splitlines()
    replaced = {
        "event": "PlaceholderReplaced",
        "t": 10_200_000,
        "device": "handset",
        "conversation": "room",
        "message": "k2",
    }
    record = tmp_path / "replaced.jsonl"
    record.write_text("\n".join([*lines[:-2], json.dumps(replaced), *lines[-2:]]) + "\n")
    found = {verdict.property: verdict.status for verdict in verify(record).verdicts}
    assert found[NAME] == HOLDS
    assert VIOLATED not in found.values()


@pytest.mark.parametrize("first", ["placeholder", "content"])
def test_the_content_may_be_seen_before_the_placeholder_or_after_it(first: str) -> None:
    tale = told()
    for device, form in (("b2", "placeholder"), ("b1", ""))[:: 1 if first == "placeholder" else -1]:
        show(tale, device, form)
    assert debt(tale, NAME) == ["b2 still shows a placeholder for m1 of c, which others show in full"]
    tale.add(PlaceholderReplaced, "b2", "c", 1, "m1")
    assert debt(tale, NAME) == []
    assert times_tested(tale, NAME) == 1


def test_what_is_replaced_on_one_device_can_be_had_on_another() -> None:
    tale = told()
    show(tale, "b1", "placeholder")
    show(tale, "b2", "placeholder")
    assert debt(tale, NAME) == []
    tale.add(PlaceholderReplaced, "b1", "c", 1, "m1")
    assert debt(tale, NAME) == ["b2 still shows a placeholder for m1 of c, which others show in full"]


@pytest.mark.parametrize(
    ("mine", "theirs", "owes"),
    [
        (("*",), ("*",), True),
        (("*",), ("sticker",), True),
        (("sticker",), ("sticker",), True),
        (("sticker", "poll"), ("poll",), True),
        (("sticker",), ("*",), False),
        (("sticker",), ("sticker", "poll"), False),
    ],
)
def test_an_app_that_knows_no_more_must_show_it(mine: tuple[str, ...], theirs: tuple[str, ...], owes: bool) -> None:
    tale = told(theirs, mine)
    show(tale, "b1")
    show(tale, "b2", "placeholder")
    assert len(debt(tale, NAME)) == owes


def test_what_an_update_makes_an_app_know_is_owed_from_then_on() -> None:
    tale = told(("*",), ("sticker",))
    show(tale, "b1")
    show(tale, "b2", "placeholder")
    show(tale, "b1", message="m2")
    assert debt(tale, NAME) == []
    tale.add(AppUpdated, "b2", "2.0", ("*",))
    assert len(debt(tale, NAME)) == 1
    tale.add(AppUpdated, "b2", "1.0", ("sticker",))
    assert debt(tale, NAME) == []


@pytest.mark.parametrize("form", ["simpler", "hidden", "hidden placeholder"])
@pytest.mark.parametrize("first", [True, False])
def test_a_simpler_form_and_what_is_hidden_show_nobody_the_content(form: str, first: bool) -> None:
    tale = told()
    for device, how in (("b1", form), ("b2", "placeholder"))[:: 1 if first else -1]:
        show(tale, device, how)
    assert debt(tale, NAME) == []
    assert status(tale, NAME) == VACUOUS


def test_a_placeholder_that_becomes_the_simpler_form_is_none_any_more() -> None:
    tale = told()
    show(tale, "b1")
    show(tale, "b2", "placeholder")
    show(tale, "b2", "simpler")
    assert debt(tale, NAME) == []


@pytest.mark.parametrize(
    "gone",
    [
        (Disconnected, "b2", "gateway", 1, "closed"),
        (Slept, "b2"),
        (Crashed, 1, ""),
        (LoggedOut, "b2"),
    ],
)
def test_who_is_away_owes_nothing_until_it_is_back(gone: tuple[object, ...]) -> None:
    tale = told()
    show(tale, "b1")
    show(tale, "b2", "placeholder")
    kind, *fields = gone
    tale.add(kind, *fields, node="b2")  # type: ignore[arg-type]
    tale.add(Crashed, 1, "", node="store")
    assert debt(tale, NAME) == []
    tale.add(Restarted, 2, node="b2")
    tale.add(Connected, "b2", "gateway", 2)
    assert len(debt(tale, NAME)) == 1


def test_a_wipe_takes_placeholders_along_and_what_comes_again_counts_anew() -> None:
    tale = told()
    show(tale, "b2", "placeholder")
    tale.add(Wiped, "b2", 2)
    show(tale, "b1")
    assert debt(tale, NAME) == []
    show(tale, "b2", "placeholder")
    assert len(debt(tale, NAME)) == 1
    tale.add(Wiped, "b2", 3)
    assert debt(tale, NAME) == []
    show(tale, "b2")
    assert debt(tale, NAME) == []


def test_who_has_left_owes_nothing() -> None:
    tale = told()
    show(tale, "b1")
    show(tale, "b2", "placeholder")
    tale.add(MemberLeft, "c", 2, "bob", "bob", 2, node="store")
    assert debt(tale, NAME) == []
    tale.add(MemberJoined, "c", 3, "bob", "ann", 3, node="store")
    assert debt(tale, NAME) == []


def test_two_placeholders_in_one_conversation_are_two_debts() -> None:
    tale = told()
    for message in ("m1", "m2"):
        show(tale, "b1", message=message)
        show(tale, "b2", "placeholder", message)
    assert len(debt(tale, NAME)) == 2
    tale.add(PlaceholderReplaced, "b2", "c", 1, "m1")
    assert debt(tale, NAME) == ["b2 still shows a placeholder for m2 of c, which others show in full"]
    tale.add(Healed, 10, node="run")
    tale.add(Ended, node="run", t=tale.now + 10)
    assert len(said(tale, NAME)) == 1


def test_a_device_of_nobody_and_a_replacement_of_nothing_say_nothing() -> None:
    tale = told()
    show(tale, "z1", "placeholder")
    tale.add(PlaceholderReplaced, "z1", "c", 1, "m1")
    tale.add(PlaceholderReplaced, "b1", "c", 1, "m1")
    assert debt(tale, NAME) == []


def test_the_reference_replaces_what_an_update_makes_known() -> None:
    plan = scenario("old_apps").plan(1, ProtocolRef())
    assert any(isinstance(action, Update) for action in plan.workload)
    outcome = Run(plan).execute()
    assert {verdict.property: verdict.status for verdict in outcome.verdicts}[NAME] == HOLDS
