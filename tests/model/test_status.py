"""Small conversations also store a status for each message; both forms say the same."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from support import SECOND, of, plan

from faults import kinds
from faults.plan import Plan, Read
from model import events as e
from model.protocol import REFERENCE, Protocol, variant
from model.store.store import MessageStore
from parley.run import Run
from reports.metrics.measure import measure
from sim.history import Event

pytestmark = pytest.mark.requirement("P9")

SENDS = tuple((at * SECOND, "alice-phone") for at in (5, 6, 7))


def made(*faults: Any) -> Plan:
    sends = plan(*faults, sends=SENDS, duration=80 * SECOND)
    read = Read(at=20 * SECOND, device="bob-laptop", conversation="talk")
    return msgspec.structs.replace(sends, workload=(*sends.workload, read))


def run(*faults: Any, protocol: Protocol = REFERENCE) -> list[Event]:
    outcome = Run(made(*faults), protocol).execute()
    assert outcome.violations == []
    return outcome.history


def rows(history: list[Event], who: str, status: str) -> list[int]:
    return [n for x in of(history, e.StatusStored, who=who, status=status) for n in range(x.first, x.last + 1)]


def test_each_message_has_a_row_for_each_device_that_has_it_and_each_user_who_read_it() -> None:
    history = run()
    for device in ("alice-phone", "bob-phone", "bob-laptop"):
        assert rows(history, device, "delivered") == [1, 2, 3]
    assert rows(history, "bob", "read") == [1, 2, 3]
    assert rows(history, "alice", "read") == []


def test_a_device_that_was_away_gets_all_its_rows_with_one_ack() -> None:
    history = run(
        kinds.Sleep(device="bob-phone", at=2 * SECOND, duration=40 * SECOND), kinds.DropPush(duration=80 * SECOND)
    )
    written = of(history, e.StatusStored, who="bob-phone", status="delivered")
    assert [(x.first, x.last) for x in written] == [(1, 3)]


def test_rows_are_written_once_whatever_comes_twice_and_after_a_wipe() -> None:
    twice = kinds.Duplication(a=("*",), b=("*",), at=2 * SECOND, duration=70 * SECOND, probability=1.0)
    history = run(twice, kinds.Wipe(device="bob-phone", at=30 * SECOND, down=SECOND))
    assert rows(history, "bob-phone", "delivered") == [1, 2, 3]
    assert of(history, e.CursorStored, device="bob-phone", to=3, installation=2)


def test_a_large_conversation_derives_and_writes_nothing() -> None:
    class Small(MessageStore):
        status_threshold = 1

    history = run(protocol=variant("small", store=Small))
    assert not of(history, e.StatusStored)
    assert of(history, e.ReceiptsShown, device="alice-phone")[-1].read == 3, "receipts are derived all the same"


@pytest.mark.requirement("R6")
def test_the_rows_are_counted_as_writes() -> None:
    assert measure(run()).counts["status rows"] == 3 * 3 + 3
