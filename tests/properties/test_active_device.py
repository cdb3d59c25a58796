"""The active device is there: what the registry says of itself, and what is so after healing."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from judging import debt, proofs
from support import PAIR, SECOND, Tale, deploy, of, plan

from faults import kinds
from model import events as e
from model.events import ActiveDeviceChanged, Connected, Disconnected, SessionRegistered, SessionRemoved, Slept
from model.wire.delivery import Register, Unregister
from parley.run import Run
from sim.history import Crashed, Ended, FaultStarted, Healed

pytestmark = pytest.mark.requirement("P14", "C8", "D4")


def judged(tale: Tale) -> tuple[list[tuple[int, ...]], list[str]]:
    """The evidence of what was violated, and what is owed."""
    return proofs(tale, "active-device-is-there"), debt(tale, "active-device-is-there")


def there(*devices: str, connected: bool = True) -> Tale:
    tale = Tale()
    for device in devices:
        if connected:
            tale.add(Connected, device, "g", 1)
        tale.add(SessionRegistered, device, "g", 1, node="registry")
    return tale


def active(tale: Tale, user: str, device: str) -> int:
    return tale.add(ActiveDeviceChanged, user, device, node="registry")


def test_the_active_device_has_a_session_and_is_the_user_s() -> None:
    tale = there("b1")
    active(tale, "bob", "b1")
    assert judged(tale) == ([], [])
    other = active(tale, "bob", "b2")
    assert judged(tale)[0] == [(other,)]
    tale = there("b1")
    wrong = active(tale, "ann", "b1")
    assert judged(tale)[0] == [(wrong,)]
    active(tale, "ann", "")
    assert judged(tale)[0] == [(wrong,)]


@pytest.mark.parametrize(
    "next_one",
    [(SessionRegistered, "a1", "g", 1), (SessionRemoved, "b2", "g", 1), (ActiveDeviceChanged, "ann", ""), (Ended,)],
)
def test_who_loses_the_active_device_gets_another_one_at_once(next_one: tuple[Any, ...]) -> None:
    for removed, wrong in (("b1", True), ("b2", False)):
        tale = there("b1", "b2")
        active(tale, "bob", "b1")
        gone = tale.add(SessionRemoved, removed, "g", 1, node="registry")
        at = tale.add(next_one[0], *next_one[1:], node="registry")
        assert judged(tale)[0] == ([(gone, at)] if wrong else [])
    tale = there("b1", "b2")
    active(tale, "bob", "b1")
    tale.add(SessionRemoved, "b1", "g", 1, node="registry")
    active(tale, "bob", "b2")
    tale.add(next_one[0], *next_one[1:], node="registry")
    assert judged(tale)[0] == []


def test_a_session_that_was_removed_is_none() -> None:
    tale = there("b1", "b2")
    tale.add(SessionRemoved, "b2", "g", 1, node="registry")
    wrong = active(tale, "bob", "b2")
    assert judged(tale)[0] == [(wrong,)]


def test_what_a_registry_knew_that_died_is_not_known() -> None:
    for node, forgotten in (("registry", True), ("g", False)):
        tale = there("b1", "b2")
        active(tale, "bob", "b2")
        tale.add(Crashed, 1, "", node=node)
        tale.add(Disconnected, "b2", "g", 1, "reset")
        assert judged(tale)[1] == ([] if forgotten else ["b2 is bob's active device, and b1 is connected"])
        again = active(tale, "bob", "b1")
        assert judged(tale)[0] == ([(again,)] if forgotten else [])


def test_what_may_have_been_wiped_is_not_known() -> None:
    for kind, forgotten in (("wipe_cache", True), ("wipe_cache_at", True), ("freeze_cache", False)):
        tale = there("b1", "b2")
        active(tale, "bob", "b2")
        tale.add(SessionRemoved, "b2", "g", 1, node="registry")
        tale.add(FaultStarted, 1, kind, False)
        tale.add(Disconnected, "b2", "g", 1, "reset")
        assert bool(judged(tale)[1]) is not forgotten
        active(tale, "bob", "b1")
        assert judged(tale) == ([], []), "it may have been another cache: what it knew it may know"


def test_it_is_owed_to_who_is_connected() -> None:
    tale = there("b1", "b2")
    active(tale, "bob", "b2")
    tale.add(Slept, "b2")
    assert judged(tale)[1] == ["b2 is bob's active device, and b1 is connected"]
    tale.add(Crashed, 1, "", node="b1")
    assert judged(tale)[1] == []
    tale.add(Connected, "b1", "g", 2)
    active(tale, "bob", "")
    assert judged(tale)[1] == ["bob has no active device, and b1 is connected"]
    proof = active(tale, "bob", "b2")
    tale.add(Healed, 1)
    tale.add(Ended, t=tale.now + 10)
    assert judged(tale)[0] == [(proof, proof + 2)]
    active(tale, "bob", "b1")
    assert judged(tale)[1] == []


def test_of_whom_nothing_was_said_nothing_is_owed() -> None:
    assert judged(there("b1")) == ([], [])
    tale = there("b1", connected=False)
    active(tale, "bob", "b1")
    assert judged(tale) == ([], [])


# --- the registry --------------------------------------------------------------------------------------------------------


def test_the_device_that_connected_last_is_the_active_one() -> None:
    deployment = deploy(topology=PAIR)
    registry: Any = deployment.nodes["registry"]
    registry.boot()
    del deployment.history[:]
    registry.on_register(Register("bob-phone", "gateway-1", 1, "bob", 5), None)
    registry.on_register(Register("bob-laptop", "gateway-1", 1, "bob", 7), None)
    registry.on_register(Register("bob-phone", "gateway-1", 1, "bob", 5), None)
    registry.on_register(Register("alice-phone", "gateway-1", 1, "alice", 9), None)
    registry.on_unregister(Unregister("bob-laptop", "gateway-1", 1), None)
    registry.on_unregister(Unregister("bob-phone", "gateway-1", 1), None)
    told = [(each.user, each.device) for each in of(deployment.history, e.ActiveDeviceChanged)]
    assert told == [
        ("bob", "bob-phone"),
        ("bob", "bob-laptop"),
        ("alice", "alice-phone"),
        ("bob", "bob-phone"),
        ("bob", ""),
    ]
    registry.forget()
    registry.on_register(Register("bob-phone", "gateway-1", 2, "bob", 9), None)
    assert of(deployment.history, e.ActiveDeviceChanged)[-1].device == "bob-phone"


def test_a_device_of_which_nobody_tells_any_more_is_found_out_by_another_one() -> None:
    """Bob's phone, which connected last, is closed, and the gateways die that would have said so."""
    down = kinds.Crash(node="gateway-1", at=3 * SECOND, down=SECOND, silent=True)
    base = plan(
        kinds.Sleep(device="bob-phone", at=2 * SECOND, duration=380 * SECOND),
        down,
        msgspec.structs.replace(down, node="gateway-2"),
        sends=(),
        duration=390 * SECOND,
    )
    outcome = Run(base).execute()
    assert outcome.violations == []
    before = [each for each in outcome.history if each.t < 380 * SECOND]
    known = [each.device for each in of(before, e.ActiveDeviceChanged, user="bob")]
    assert known == ["bob-laptop", "bob-phone", "bob-laptop"]
    assert not of(before, e.SessionRemoved, device="bob-phone")
