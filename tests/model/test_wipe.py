"""A device that lost everything is another installation: it begins from nothing and ends with everything."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from support import PAIR, SECOND, of, plan

from faults import kinds
from faults.plan import Read
from model import events as e
from model.device.device import Device
from model.protocol import REFERENCE, Protocol, variant
from model.store.store import MessageStore
from parley.run import Outcome, Run
from sim.history import Event, MessageLost

pytestmark = pytest.mark.requirement("P10", "F8")

SENDS = (
    (5 * SECOND, "alice-phone"),
    (6 * SECOND, "bob-phone"),
    (7 * SECOND, "bob-laptop"),
    (8 * SECOND, "alice-phone"),
)
LATER = ((40 * SECOND, "bob-phone"), (41 * SECOND, "alice-phone"))
WIPE = kinds.Wipe(device="bob-phone", at=20 * SECOND, down=5 * SECOND)


def outcome(*faults: Any, protocol: Protocol = REFERENCE, head: int = 0, sends: Any = SENDS + LATER) -> Outcome:
    talk = msgspec.structs.replace(PAIR.conversations[0], head=head)
    topology = msgspec.structs.replace(PAIR, conversations=(talk,))
    return Run(plan(*faults, sends=sends, topology=topology, duration=90 * SECOND), protocol).execute()


def run(*faults: Any, **more: Any) -> list[Event]:
    found = outcome(*faults, **more)
    assert found.violations == []
    return found.history


def test_a_wiped_device_gets_everything_back_what_it_sent_itself_included() -> None:
    history = run(WIPE)
    wiped = of(history, e.Wiped)
    assert [(x.device, x.installation, x.t) for x in wiped] == [("bob-phone", 2, 20 * SECOND)]
    since = [x for x in of(history, e.Shown, device="bob-phone") if x.t > wiped[0].t]
    assert [x.seq for x in since] == [1, 2, 3, 4, 5, 6]
    assert [x.via for x in of(history, e.Stored, device="bob-phone", seq=2)] == ["accept", "sync"]


@pytest.mark.requirement("G4")
def test_a_wiped_device_gets_back_what_was_there_before_the_run() -> None:
    history = run(WIPE, head=45)
    since = [x.seq for x in of(history, e.Shown, device="bob-phone") if x.t > 20 * SECOND]
    assert since == list(range(1, 52)), "in three pages, and what was sent meanwhile"


@pytest.mark.requirement("P6", "D6")
def test_the_store_s_cursor_is_the_new_installation_s_from_its_first_word_on() -> None:
    history = run(WIPE)
    told = [(x.installation, x.to) for x in of(history, e.CursorStored, device="bob-phone")]
    assert told.index((2, 0)) > told.index((1, 4))
    assert [to for installation, to in told if installation == 2] == [0, 4, 5, 6]


@pytest.mark.requirement("P6", "D6")
def test_an_ack_of_the_earlier_installation_that_comes_late_changes_nothing() -> None:
    late = kinds.DelayAt(
        kind="CursorUpdate", a=("*",), b=("kind:store",), at=7_500_000, nth=2, delay=40 * SECOND
    )  # of 4
    history = run(*(msgspec.structs.replace(late, nth=nth) for nth in (1, 2, 3)), WIPE, sends=SENDS)
    told = [(x.installation, x.to) for x in of(history, e.CursorStored, device="bob-phone")]
    assert (1, 4) not in told or told.index((1, 4)) < told.index((2, 0))
    assert told[-1] == (2, 4)

    class TakesAll(MessageStore):
        def outdated(self, known: int, acking: int) -> bool:
            return False

        def begins_anew(self, known: int, acking: int) -> bool:
            return acking != known

    found = outcome(
        *(msgspec.structs.replace(late, nth=nth) for nth in (1, 2, 3)),
        WIPE,
        sends=SENDS,
        protocol=variant("takes-all", store=TakesAll),
    )
    assert "stored-cursor-is-monotone" in found.violated()


@pytest.mark.requirement("P1", "P2")
def test_messages_of_the_new_installation_are_new() -> None:
    history = run(WIPE)
    ids = [x.message for x in of(history, e.Persisted, device="bob-phone")]
    assert len(ids) == len(set(ids)) == 2
    assert [x.number for x in of(history, e.SendRequested, device="bob-phone")] == [1, 1]

    class Restarts(Device):
        def message_id(self, entry: Any, attempt: int) -> str:
            return f"{self.name}:{entry.number}"

    found = outcome(WIPE, protocol=variant("restarts", device=Restarts))
    assert "accepted-send-has-its-row" in found.violated()
    assert len(of(found.history, e.Persisted, device="bob-phone")) == 1, "the second one is lost"


@pytest.mark.requirement("P1")
def test_what_waited_in_the_outbox_is_lost_and_nothing_else() -> None:
    cut = kinds.Partition(a=("bob-phone",), b=("kind:gateway",), at=10 * SECOND, duration=20 * SECOND)
    sends = (*SENDS, (15 * SECOND, "bob-phone"), (16 * SECOND, "alice-phone"), *LATER)
    history = run(cut, WIPE, sends=sends)
    asked = of(history, e.SendRequested, device="bob-phone")
    answered = {x.send for x in of(history, e.SendAccepted, device="bob-phone")}
    assert [x.send in answered for x in asked] == [True, False, True]
    assert of(history, MessageLost, why="partition")


@pytest.mark.requirement("P9")
def test_read_marks_come_back_from_the_store() -> None:
    made = plan(WIPE, sends=SENDS + LATER, duration=90 * SECOND)
    read = Read(at=15 * SECOND, device="bob-laptop", conversation="talk")
    workload = tuple(sorted((*made.workload, read), key=lambda action: action.at))
    found = Run(msgspec.structs.replace(made, workload=workload)).execute()
    assert found.violations == []
    marks = of(found.history, e.ReadMarkMoved, device="bob-phone")
    assert [(x.to, x.by) for x in marks if x.t > 20 * SECOND] == [(4, "another device")]
    badges = [x.unread for x in of(found.history, e.UnreadShown, device="bob-phone") if x.t > 20 * SECOND]
    assert badges[-1] == 1, "what Alice sent after he had read"


def test_a_device_can_be_wiped_again_and_while_it_sleeps() -> None:
    asleep = kinds.Sleep(device="bob-phone", at=50 * SECOND, duration=20 * SECOND)
    again = kinds.Wipe(device="bob-phone", at=55 * SECOND, down=SECOND)
    history = run(WIPE, asleep, again)
    assert [x.installation for x in of(history, e.Wiped)] == [2, 3]
    assert [x.seq for x in of(history, e.Shown, device="bob-phone") if x.t > 55 * SECOND] == [1, 2, 3, 4, 5, 6]
