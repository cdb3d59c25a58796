"""What an old app may show: a placeholder where the server could not know better, a simpler form where there is one."""

from __future__ import annotations

import judging
import pytest
from judging import judged
from support import Tale

from model.events import (
    AppUpdated,
    Connected,
    DeviceRegistered,
    Persisted,
    ProfileConfirmed,
    SendAttempted,
    Shown,
    Stored,
)
from properties.base import Liveness
from sim.verdicts import VACUOUS

pytestmark = pytest.mark.requirement("V1", "V3")

OLD = "old-apps-get-what-they-can-show"
PLACEHOLDERS = "unknown-types-are-placeholders"


def said(tale: Tale, name: str = OLD) -> list[str]:
    return judging.said(tale, name)


def old(tale: Tale) -> None:
    tale.add(DeviceRegistered, "b1", "bob", "eu", "wifi", "1.0", ("sticker",))


def commit(tale: Tale, seq: int, type: str = "poll", simpler: bool = True) -> None:
    tale.add(SendAttempted, "a1", "c", f"s{seq}", f"m{seq}", 1)
    tale.add(Persisted, "c", seq, f"m{seq}", "ann", "a1", 0, "", "", type, 0, simpler, node="store")


def show(tale: Tale, seq: int, form: str = "", device: str = "b1") -> None:
    tale.add(Stored, device, "c", seq, f"m{seq}", "push")
    how = (form == "placeholder", 0, "", form == "simpler")
    tale.add(Shown, device, "c", seq, f"m{seq}", "ann", *how)


def test_before_the_server_knows_the_app_a_placeholder_is_all_there_is() -> None:
    tale = Tale()
    old(tale)
    commit(tale, 1)
    show(tale, 1, "placeholder")
    commit(tale, 2)
    tale.add(ProfileConfirmed, "b1")
    show(tale, 2, "placeholder")
    assert said(tale) == []
    commit(tale, 3)
    show(tale, 3, "placeholder")
    assert len(said(tale)) == 1
    assert said(tale)[0].startswith("b1 shows a placeholder for c 3, a poll that came with a simpler form")


def test_what_was_known_of_an_app_is_known_of_its_connection_alone() -> None:
    tale = Tale()
    old(tale)
    tale.add(ProfileConfirmed, "b1")
    tale.add(Connected, "b1", "g", 2)
    commit(tale, 1)
    show(tale, 1, "placeholder")
    assert said(tale) == []


def test_a_simpler_form_is_wrong_for_who_knew_the_type_when_it_was_sent_and_right_for_who_has_learned_it_since() -> (
    None
):
    tale = Tale()
    old(tale)
    commit(tale, 1)
    tale.add(AppUpdated, "b1", "2.0", ("*",))
    show(tale, 1, "simpler")
    assert said(tale) == []
    commit(tale, 2)
    show(tale, 2, "simpler")
    assert said(tale) == ["b1 shows the simpler form of c 2, a poll, which it knows"]


def test_without_a_simpler_form_nothing_is_judged() -> None:
    tale = Tale()
    old(tale)
    tale.add(ProfileConfirmed, "b1")
    commit(tale, 1, simpler=False)
    show(tale, 1, "placeholder")
    status = next(v.status for v in judged(tale).verdicts() if v.property == OLD)
    assert status == VACUOUS


def test_a_simpler_form_that_nobody_sent_is_content_that_the_app_can_not_know() -> None:
    tale = Tale()
    old(tale)
    commit(tale, 1)
    show(tale, 1, "simpler")
    assert said(tale, PLACEHOLDERS) == []
    commit(tale, 2, simpler=False)
    show(tale, 2, "simpler")
    assert said(tale, PLACEHOLDERS) == ["b1 showed content for c 2, a poll, which it does not know"]


@pytest.mark.parametrize(("version", "placeholder", "hidden"), [("2.0", False, False), ("1.0", True, True)])
def test_only_placeholders_that_are_seen_are_outdated(version: str, placeholder: bool, hidden: bool) -> None:
    tale = Tale()
    tale.add(AppUpdated, "b1", version, ("poll",) if version == "2.0" else ())
    commit(tale, 1)
    tale.add(Stored, "b1", "c", 1, "m1", "push")
    tale.add(Shown, "b1", "c", 1, "m1", "ann", placeholder, 0, "", False, hidden)
    tale.add(AppUpdated, "b1", "3.0", ("poll",))
    stops = next(prop for prop in judged(tale).properties if prop.name == "unknown-types-stop-nobody")
    assert isinstance(stops, Liveness)
    assert [debt.message for debt in stops.missing() if "placeholder" in debt.message] == []
