"""From the tap to the notification: which messages it is the first to tell of, and on whose device that counts."""

from __future__ import annotations

from typing import Any

import pytest
from support import Tale

from model import events as e
from reports.metrics.measure import Meter, measure
from sim.history import Crashed, Event, FaultStarted, Restarted

pytestmark = pytest.mark.requirement("R1", "G6")

MS = 1_000


def commit(tale: Tale, seq: int, t: int, device: str = "a1") -> None:
    """A message that was tapped `t` ms after the start, and committed 50 ms later."""
    tale.add(e.SendRequested, device, "c", f"s{seq}", seq, t=t * MS)
    tale.add(e.SendAttempted, device, "c", f"s{seq}", f"m{seq}", 1, t=t * MS)
    tale.add(e.Persisted, "c", seq, f"m{seq}", "", device, node="store", t=(t + 50) * MS)


def notify(tale: Tale, t: int, seq: int, device: str = "b1") -> None:
    tale.add(e.NotificationShown, device, "c", "bob", "t1", seq, t=t * MS)


def took(tale: Tale, phase: str = "") -> list[int]:
    """How long it took to tell, in ms."""
    name = f"tap_to_notification[phase={phase}]" if phase else "tap_to_notification"
    return [value // MS for value in measure(tale.events).samples.get(name, [])]


def test_a_notification_tells_of_all_that_is_new_up_to_its_seq_and_each_message_counts_once() -> None:
    tale = Tale()
    for seq, t in ((1, 100), (2, 200), (3, 300)):
        commit(tale, seq, t)
    notify(tale, 1_000, 2)
    assert took(tale) == [900, 800]
    notify(tale, 1_100, 2)
    notify(tale, 1_200, 3)
    notify(tale, 1_300, 3, "b2")
    assert took(tale) == [900, 800, 900, 1_200, 1_100, 1_000]


def test_one_that_does_not_say_up_to_where_tells_of_all_that_there_is() -> None:
    tale = Tale()
    commit(tale, 1, 100)
    commit(tale, 2, 200)
    notify(tale, 1_000, 0)
    assert took(tale) == [900, 800]


@pytest.mark.parametrize(
    "gone", [(e.Disconnected, "b1", "g", 1, "reset"), (e.Slept, "b1"), (Crashed, 1, "")], ids=lambda x: x[0].__name__
)
def test_only_on_a_device_that_was_away_since_the_commit(gone: tuple[Any, ...]) -> None:
    tale = Tale()
    commit(tale, 1, 100)
    tale.add(e.Connected, "b1", "g", 1, t=200 * MS)
    commit(tale, 2, 300)
    tale.add(*gone, node="b1", t=400 * MS)
    commit(tale, 3, 500)
    if gone[0] is Crashed:
        tale.add(Restarted, 2, node="b1", t=600 * MS)
    notify(tale, 1_000, 3)
    assert took(tale) == [500]
    tale.add(e.Connected, "b1", "g", 2, t=1_100 * MS)
    commit(tale, 4, 1_200)
    notify(tale, 1_300, 4)
    assert took(tale) == [500], "it is there"


def test_neither_ones_own_messages_count_nor_what_was_read() -> None:
    tale = Tale()
    commit(tale, 1, 100, "b2")
    commit(tale, 2, 200)
    commit(tale, 3, 300)
    tale.add(e.ReadMarkMoved, "b2", "c", 2, "b2", t=400 * MS)
    tale.add(e.ReadMarkMoved, "b2", "c", 1, "b2", t=401 * MS)
    tale.add(e.ReadMarkMoved, "a1", "c", 3, "a1", t=402 * MS)
    notify(tale, 1_000, 3)
    assert took(tale) == [700]


def test_it_is_kept_by_phase() -> None:
    tale = Tale()
    commit(tale, 1, 100)
    notify(tale, 200, 1)
    commit(tale, 2, 300)
    tale.add(FaultStarted, 1, "crash", False, node="run", t=400 * MS)
    notify(tale, 500, 2)
    assert (took(tale, "calm"), took(tale, "faults"), took(tale)) == ([100], [200], [100, 200])


def test_a_record_without_commits_has_it_and_one_without_connections_does_not() -> None:
    events: list[Event] = []
    tale = Tale()
    commit(tale, 1, 100)
    notify(tale, 1_000, 1)
    events = [event for event in tale.events if not isinstance(event, e.Persisted)]
    for connections, expected in ((True, [900 * MS]), (False, None)):
        meter = Meter(commits=False, connections=connections)
        for index, event in enumerate(events):
            sight = meter.sights.get(type(event))
            if sight is not None:
                sight(event, index)
        assert meter.finish(len(events), events[-1].t).samples.get("tap_to_notification") == expected
