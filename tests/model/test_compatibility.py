"""Apps of several versions in one conversation: what is too new for one is stored, held a place for, and acked."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
import pytest
from support import PAIR, SECOND, of, plan

from faults import kinds
from faults.plan import Plan, PlanError, Send, Update, check
from model import events as e
from model.device.device import Device
from model.protocol import REFERENCE, Protocol, variant
from parley.run import Outcome, Run
from sim.history import Event

pytestmark = pytest.mark.requirement("P16")

OLD = msgspec.structs.replace(
    PAIR,
    devices=tuple(
        msgspec.structs.replace(device, app_version="1.0", capabilities=("sticker",))
        if device.name == "bob-phone"
        else device
        for device in PAIR.devices
    ),
)
"""Bob's phone has an old app that knows stickers, and no polls."""

SENDS = (
    Send(at=5 * SECOND, device="alice-phone", conversation="talk", type="poll"),
    Send(at=6 * SECOND, device="alice-phone", conversation="talk", type="sticker"),
    Send(at=7 * SECOND, device="bob-laptop", conversation="talk"),
)


def made(*faults: Any, actions: tuple[Any, ...] = (), duration: int = 60 * SECOND) -> Plan:
    workload = tuple(sorted(SENDS + actions, key=lambda action: action.at))
    return msgspec.structs.replace(plan(*faults, topology=OLD, duration=duration), workload=workload)


def outcome(*faults: Any, protocol: Protocol = REFERENCE, **more: Any) -> Outcome:
    return Run(made(*faults, **more), protocol).execute()


def run(*faults: Any, **more: Any) -> list[Event]:
    found = outcome(*faults, **more)
    assert found.violations == []
    return found.history


def screen(history: list[Event], device: str) -> list[tuple[int, bool]]:
    return [(x.seq, x.placeholder) for x in of(history, e.Shown, device=device)]


def test_a_type_that_an_app_does_not_know_is_stored_shown_as_a_placeholder_and_acked() -> None:
    history = run()
    assert screen(history, "bob-phone") == [(1, True), (2, False), (3, False)]
    assert screen(history, "bob-laptop") == [(1, False), (2, False), (3, False)]
    assert [x.type for x in of(history, e.Persisted)] == ["poll", "sticker", ""]
    assert of(history, e.CursorStored, device="bob-phone", to=1), "acked at once, not with what follows"


def test_an_updated_app_shows_the_content_at_the_same_place_and_nothing_twice() -> None:
    history = run(actions=(Update(at=30 * SECOND, device="bob-phone", app_version="2.0"),))
    assert screen(history, "bob-phone") == [(1, True), (2, False), (3, False)]
    replaced = of(history, e.PlaceholderReplaced)
    assert [(x.device, x.seq) for x in replaced] == [("bob-phone", 1)]
    assert replaced[0].t >= 30 * SECOND


def test_an_app_that_is_updated_while_it_sleeps_shows_the_content_when_it_wakes() -> None:
    asleep = kinds.Sleep(device="bob-phone", at=20 * SECOND, duration=20 * SECOND)
    deaf = kinds.DropPush(duration=60 * SECOND)
    history = run(asleep, deaf, actions=(Update(at=30 * SECOND, device="bob-phone", app_version="2.0"),))
    assert [x.t for x in of(history, e.PlaceholderReplaced)] == [40 * SECOND]


def test_nobody_sends_what_the_own_app_does_not_know() -> None:
    action = Send(at=8 * SECOND, device="bob-phone", conversation="talk", type="poll")
    history = run(actions=(action,))
    assert not of(history, e.SendRequested, device="bob-phone")


@pytest.mark.requirement("D7")
def test_the_store_keeps_what_each_device_is_and_learns_of_an_update() -> None:
    history = run(actions=(Update(at=30 * SECOND, device="bob-phone", app_version="2.0"),))
    told = [(x.app_version, x.capabilities) for x in of(history, e.ProfileStored, device="bob-phone")]
    assert told == [("1.0", ("sticker",)), ("2.0", ("*",))]
    assert len(of(history, e.ProfileStored, device="bob-laptop")) == 1


@pytest.mark.requirement("D7")
@pytest.mark.parametrize("lost", ["Profile", "ProfileUpdate", "ProfileKept"])
def test_a_profile_that_got_lost_is_told_again(lost: str) -> None:
    history = run(*(kinds.DropAt(kind=lost, a=("*",), b=("*",), nth=n) for n in (1, 2, 3)), duration=120 * SECOND)
    assert {x.device for x in of(history, e.ProfileStored)} == {"alice-phone", "bob-phone", "bob-laptop"}


@pytest.mark.requirement("D7")
def test_an_old_profile_that_comes_late_changes_nothing() -> None:
    late = kinds.DelayAt(kind="ProfileUpdate", a=("*",), b=("kind:store",), nth=1, delay=20 * SECOND)
    update = Update(at=2 * SECOND, device="bob-phone", app_version="2.0")
    only = msgspec.structs.replace(OLD, devices=OLD.devices[1:2], conversations=())
    workload = msgspec.structs.replace(made(late), topology=only, workload=(update,))
    found = Run(workload).execute()
    assert [x.app_version for x in of(found.history, e.ProfileStored)] == ["2.0"]


def test_an_app_that_leaves_out_what_it_does_not_know_is_caught() -> None:
    class LeavesOut(Device):
        def renders(self, row: Any) -> Literal["content", "placeholder", ""]:
            return "content" if self.knows(row) else ""

    found = outcome(protocol=variant("leaves-out", device=LeavesOut))
    assert "unknown-types-stop-nobody" in found.violated()


def test_a_placeholder_that_stays_after_the_update_is_caught() -> None:
    class Keeps(Device):
        def renders(self, row: Any) -> Literal["content", "placeholder", ""]:
            return "placeholder" if row.payload == "poll" and self.name == "bob-phone" else "content"

    update = Update(at=30 * SECOND, device="bob-phone", app_version="2.0")
    found = outcome(protocol=variant("keeps", device=Keeps), actions=(update,))
    assert "unknown-types-stop-nobody" in found.violated()


def test_an_update_of_a_device_that_is_not_there_is_refused() -> None:
    with pytest.raises(PlanError, match=r"workload\[3\]\.device"):
        check(made(actions=(Update(at=30 * SECOND, device="nobody", app_version="2.0"),)))


# --- a simpler form -------------------------------------------------------------------------------------------------


def poll(second: int, simpler: bool = True) -> Send:
    return Send(at=second * SECOND, device="alice-phone", conversation="talk", type="poll", simpler=simpler)


@pytest.mark.requirement("D7")
def test_an_old_app_is_sent_the_simpler_form_by_push_and_by_sync() -> None:
    """The first one is pushed, the second is fetched by the app that was asleep; the laptop shows the poll."""
    asleep = kinds.Sleep(device="bob-phone", at=15 * SECOND, duration=20 * SECOND)
    history = run(asleep, kinds.DropPush(duration=60 * SECOND), actions=(poll(10), poll(20)))
    shown = [(x.seq, x.placeholder, x.simpler) for x in of(history, e.Shown, device="bob-phone")]
    assert shown == [(1, True, False), (2, False, False), (3, False, False), (4, False, True), (5, False, True)]
    assert not any(x.simpler or x.placeholder for x in of(history, e.Shown, device="bob-laptop"))


def test_a_simpler_form_stays_after_an_update_and_the_next_poll_is_whole() -> None:
    update = Update(at=20 * SECOND, device="bob-phone", app_version="2.0")
    history = run(actions=(poll(10), update, poll(40)))
    assert [(x.seq, x.simpler) for x in of(history, e.Shown, device="bob-phone")][-2:] == [(4, True), (5, False)]
    assert [x.seq for x in of(history, e.PlaceholderReplaced, device="bob-phone")] == [1]
