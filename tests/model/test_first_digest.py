"""The first digest of a connection says what is so now; where nobody leads, it says what a follower knows."""

from __future__ import annotations

import msgspec
import pytest
from support import PAIR, SECOND, of, plan

from faults import kinds
from model import events as e
from model.topology import CoreSpec
from parley.run import Run
from sim.history import LostForGood

pytestmark = pytest.mark.requirement("G5", "P7")

REPLICATED = msgspec.structs.replace(PAIR, core=CoreSpec(region="eu", stores=1, replicas=3, queues=1, caches=1))


def test_only_the_first_digest_of_a_connection_is_asked_of_the_leader() -> None:
    history = Run(plan(sends=(), topology=REPLICATED, duration=200 * SECOND)).execute().history
    assert of(history, LostForGood) == []
    sends = tuple((t * SECOND, "alice-phone") for t in range(3, 190, 4))
    busy = Run(plan(sends=sends, topology=REPLICATED, duration=200 * SECOND)).execute().history
    stale = [x.t for x in of(busy, e.StaleRead, read="ReadHeads")]
    assert all(t > 40 * SECOND for t in stale)


def test_without_a_leader_who_connects_hears_what_a_follower_knows() -> None:
    faults = (
        kinds.Sleep(device="bob-phone", at=3 * SECOND, duration=17 * SECOND),
        kinds.LoseQuorum(partition="store-1", at=15 * SECOND, down=30 * SECOND),
    )
    history = Run(plan(*faults, topology=REPLICATED, duration=60 * SECOND, seed=3)).execute().history
    (connected, *_) = [x.t for x in of(history, e.Connected, device="bob-phone") if x.t > 20 * SECOND]
    (shown,) = of(history, e.Shown, device="bob-phone")
    assert connected < shown.t < connected + 5 * SECOND
