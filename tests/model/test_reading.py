"""Reading, badges and receipts: what a person is told of what others, and their own other devices, have seen."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from support import SECOND, of, plan

from faults import kinds
from faults.plan import Plan, Read
from model import events as e
from model.protocol import variant
from model.store.store import MessageStore
from parley.run import Run
from sim.history import Event

pytestmark = pytest.mark.requirement("P9", "P10")

SENDS = ((5 * SECOND, "alice-phone"), (6 * SECOND, "alice-phone"), (7 * SECOND, "bob-laptop"))


def made(*faults: Any, reads: tuple[tuple[int, str], ...] = (), duration: int = 80 * SECOND) -> Plan:
    sends = plan(*faults, sends=SENDS, duration=duration)
    actions = tuple(Read(at=at, device=device, conversation="talk") for at, device in reads)
    return msgspec.structs.replace(sends, workload=tuple(sorted(sends.workload + actions, key=lambda a: a.at)))


def run(*faults: Any, reads: tuple[tuple[int, str], ...] = (), duration: int = 80 * SECOND) -> list[Event]:
    outcome = Run(made(*faults, reads=reads, duration=duration)).execute()
    assert outcome.violations == []
    return outcome.history


def last(history: list[Event], kind: type[Any], device: str) -> Any:
    return of(history, kind, device=device)[-1]


def test_a_badge_counts_what_others_sent_and_nobody_read() -> None:
    history = run()
    assert [x.unread for x in of(history, e.UnreadShown, device="bob-phone")] == [1, 2]
    assert [x.unread for x in of(history, e.UnreadShown, device="alice-phone")] == [1]


@pytest.mark.requirement("D3")
def test_reading_on_one_device_clears_the_badge_of_the_other() -> None:
    history = run(reads=((10 * SECOND, "bob-phone"),))
    assert last(history, e.UnreadShown, "bob-phone").unread == 0
    other = of(history, e.ReadMarkMoved, device="bob-laptop")
    assert [(x.to, x.by) for x in other] == [(3, "another device")]
    assert last(history, e.UnreadShown, "bob-laptop").unread == 0
    assert [x.to for x in of(history, e.ReadStored, user="bob")] == [3]


def test_a_mark_that_got_lost_is_sent_again_after_the_next_digest() -> None:
    history = run(kinds.DropAt(kind="ReadMark", a=("*",), b=("*",)), reads=((10 * SECOND, "bob-phone"),))
    stored = of(history, e.ReadStored, user="bob")
    assert [x.to for x in stored] == [3]
    assert stored[0].t > 30 * SECOND


def test_an_old_mark_that_comes_late_changes_nothing() -> None:
    """A store that kept the last mark instead of the largest would fall back: the property sees it."""

    class KeepsLast(MessageStore):
        def merge_read(self, stored: int, marked: int) -> int:
            return marked

    late = kinds.DelayAt(kind="ReadUpdate", a=("*",), b=("kind:store",), delay=30 * SECOND)
    reads = ((5_500_000, "bob-phone"), (10 * SECOND, "bob-laptop"))
    history = run(late, reads=reads)
    assert [x.to for x in of(history, e.ReadStored, user="bob")] == [3]
    outcome = Run(made(late, reads=reads), variant("keeps-last", store=KeepsLast)).execute()
    assert "read-marks-only-move-forward" in outcome.violated()


def test_the_sender_sees_delivered_to_one_to_all_and_read() -> None:
    away = kinds.Sleep(device="bob-phone", at=2 * SECOND, duration=60 * SECOND)
    deaf = kinds.DropPush(duration=200 * SECOND)
    history = run(away, deaf, reads=((10 * SECOND, "bob-laptop"),), duration=200 * SECOND)
    told = [(x.to_one, x.to_all, x.read) for x in of(history, e.ReceiptsShown, device="alice-phone")]
    assert (3, 0, 3) in told, "one of Bob's devices has it all, and Bob has read it there"
    assert told[-1] == (3, 3, 3), "at last both have it"
