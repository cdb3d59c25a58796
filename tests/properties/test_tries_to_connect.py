"""How often a device tries to connect: from which event on tries are counted, and when nobody knows how many there were."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from judging import judged
from support import SECOND, Tale

from model.events import Connected, Disconnected, Slept, Wiped, Woke
from sim.history import Crashed, Restarted

pytestmark = pytest.mark.requirement("V11", "F8")


def connected(tale: Tale, epoch: int, t: int) -> None:
    tale.add(Connected, "a1", "g", epoch, t=t * SECOND)


def woken(tale: Tale) -> None:
    connected(tale, 1, 1)
    tale.add(Slept, "a1", t=2 * SECOND)
    tale.add(Woke, "a1", "user", t=10 * SECOND)
    connected(tale, 21, 49)


def started_again(tale: Tale) -> None:
    connected(tale, 1, 1)
    tale.add(Crashed, 1, "", node="a1", t=2 * SECOND)
    tale.add(Restarted, 2, node="a1", t=10 * SECOND)
    connected(tale, 21, 49)


def woken_without_a_connection(tale: Tale) -> None:
    """What the app before had tried is in the number, too."""
    connected(tale, 1, 1)
    tale.add(Disconnected, "a1", "g", 1, "reset", t=2 * SECOND)
    tale.add(Slept, "a1", t=9 * SECOND)
    tale.add(Woke, "a1", "user", t=10 * SECOND)
    connected(tale, 21, 49)


def woken_twice(tale: Tale) -> None:
    connected(tale, 1, 1)
    tale.add(Slept, "a1", t=2 * SECOND)
    tale.add(Woke, "a1", "user", t=3 * SECOND)
    tale.add(Slept, "a1", t=9 * SECOND)
    tale.add(Woke, "a1", "user", t=10 * SECOND)
    connected(tale, 21, 49)


def wiped(tale: Tale) -> None:
    connected(tale, 1, 1)
    tale.add(Wiped, "a1", 2, t=2 * SECOND)
    tale.add(Woke, "a1", "user", t=10 * SECOND)
    connected(tale, 21, 49)


@pytest.mark.parametrize(
    ("tell", "status"),
    [
        (woken, "violated"),
        (started_again, "violated"),
        (woken_without_a_connection, "vacuous"),
        (woken_twice, "vacuous"),
        (wiped, "vacuous"),
    ],
)
def test_tries_are_counted_where_their_number_is_known(tell: Callable[[Tale], None], status: str) -> None:
    tale = Tale()
    tell(tale)
    statuses = {verdict.property: verdict.status for verdict in judged(tale).verdicts()}
    assert statuses["reconnects-are-spaced"] == status
