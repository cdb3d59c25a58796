"""Presence and typing: soft state that follows the truth, lapses by itself, and doesn't flap."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from support import PAIR, SECOND, deploy, first_caught, of, plan

from faults import kinds
from faults.plan import Plan, Type
from model import events as e
from model.wire.client import Digest, PresenceFrame, Sighting
from model.wire.service import PresenceBeat, PresenceGone
from parley.run import Run
from sim import history as h
from sim.history import Event

pytestmark = pytest.mark.requirement("P14", "C9", "G3")


def made(*faults: Any, types: tuple[tuple[int, str], ...] = (), duration: int = 200 * SECOND) -> Plan:
    base = plan(*faults, sends=(), duration=duration)
    actions = tuple(Type(at=at, device=device, conversation="talk") for at, device in types)
    return msgspec.structs.replace(base, workload=actions)


def run(*faults: Any, types: tuple[tuple[int, str], ...] = (), duration: int = 200 * SECOND) -> list[Event]:
    outcome = Run(made(*faults, types=types, duration=duration)).execute()
    assert outcome.violations == []
    return outcome.history


def test_who_connects_is_shown_as_online_to_everybody_in_the_conversation() -> None:
    history = run(duration=80 * SECOND)
    shown = {(x.device, x.user): x.online for x in of(history, e.PresenceShown)}
    assert shown == {("alice-phone", "bob"): True, ("bob-phone", "alice"): True, ("bob-laptop", "alice"): True}


def test_a_user_with_another_device_stays_online() -> None:
    history = run(kinds.Sleep(device="bob-phone", at=10 * SECOND, duration=180 * SECOND))
    assert [x.online for x in of(history, e.PresenceChanged, user="bob") if x.t < 190 * SECOND] == [True]


def test_missed_heartbeats_degrade_to_offline_and_the_store_keeps_when() -> None:
    """Alice's only device falls silent, without a goodbye: her entry lapses a little over one heartbeat later."""
    history = run(kinds.Sleep(device="alice-phone", at=60 * SECOND, duration=200 * SECOND), duration=280 * SECOND)
    off = next(x for x in of(history, e.PresenceChanged, user="alice") if not x.online)
    assert 60 * SECOND < off.t < 125 * SECOND
    (stored,) = of(history, e.LastSeenStored)
    assert stored.user == "alice"
    assert off.t - 61 * SECOND < stored.at < 60 * SECOND, "when her last heartbeat came, not when it was noticed"
    assert {(x.device, x.at) for x in of(history, e.LastSeenShown)} == {
        ("bob-phone", stored.at),
        ("bob-laptop", stored.at),
    }
    seen = of(history, e.PresenceShown, user="alice", device="bob-laptop")
    assert [x.online for x in seen][:2] == [True, False]
    assert seen[-1].online, "and comes back with her"


def test_a_network_that_flaps_changes_nobody_s_presence() -> None:
    resets = [kinds.Reset(device="alice-phone", at=(20 + 12 * i) * SECOND) for i in range(8)]
    history = run(*resets)
    assert len(of(history, e.Connected, device="alice-phone")) >= 5
    assert [x.online for x in of(history, e.PresenceChanged, user="alice")] == [True]


def test_a_presence_service_that_forgets_everything_is_told_again_by_heartbeats() -> None:
    history = run(kinds.Crash(node="presence", at=30 * SECOND, down=SECOND))
    assert of(history, h.Restarted, node="presence")
    again = [x for x in of(history, e.PresenceChanged, online=True) if x.t > 31 * SECOND]
    assert {x.user for x in again} == {"alice", "bob"}


def test_typing_is_shown_to_the_others_and_expires() -> None:
    history = run(types=((20 * SECOND, "alice-phone"), (30 * SECOND, "alice-phone")), duration=100 * SECOND)
    assert [(x.device, x.t) for x in of(history, e.Typed)] == [
        ("alice-phone", 20 * SECOND),
        ("alice-phone", 30 * SECOND),
    ]
    shown = of(history, e.TypingShown)
    assert {(x.device, x.user) for x in shown} == {("bob-phone", "alice"), ("bob-laptop", "alice")}
    cleared = of(history, e.TypingCleared, device="bob-laptop")
    assert len(cleared) == 1, "typing on is one showing"
    assert 59 * SECOND < cleared[0].t < 62 * SECOND, "30 s after it was last confirmed"


def test_who_watches_is_told_at_once() -> None:
    """Long before the next digest: with what else has changed within a second, in one frame."""
    history = run(kinds.Sleep(device="alice-phone", at=60 * SECOND, duration=100 * SECOND))
    for changed in [x for x in of(history, e.PresenceChanged, user="alice") if x.t > 60 * SECOND]:
        shown = [x for x in of(history, e.PresenceShown, user="alice", online=changed.online) if x.t > changed.t]
        assert sorted(x.device for x in shown[:2]) == ["bob-laptop", "bob-phone"]
        assert all(x.t - changed.t < 2 * SECOND for x in shown[:2])
    (frames,) = of(history, e.Counted, what="presence frame")
    assert frames.number < 12


def told(online: bool, as_of: int, seen: int = 0) -> PresenceFrame:
    return PresenceFrame("bob-laptop", (Sighting("alice", online, seen),), as_of)


def asked(online: bool, as_of: int, *seen: tuple[str, int]) -> Digest:
    return Digest("bob-laptop", (), ("alice",) if online else (), as_of, seen)


def test_a_digest_that_was_asked_for_before_a_frame_changes_nothing() -> None:
    device = deploy(topology=PAIR).devices["bob-laptop"]
    connection: Any = None
    device.on_presence(told(True, 10 * SECOND), connection)
    device.on_digest(asked(False, 9 * SECOND), connection)
    assert device.seen_online["alice"]
    device.on_digest(asked(False, 11 * SECOND), connection)
    assert not device.seen_online["alice"]
    device.on_presence(told(True, 10 * SECOND), connection)
    assert not device.seen_online["alice"]
    device.on_presence(told(True, 12 * SECOND), connection)
    device.on_presence(told(False, 11 * SECOND), connection)
    assert device.seen_online["alice"]


def test_the_newest_time_is_shown_of_who_is_offline() -> None:
    device = deploy(topology=PAIR).devices["bob-laptop"]
    connection: Any = None
    device.on_digest(asked(True, 11 * SECOND, ("alice", 5)), connection)
    device.on_presence(told(False, 12 * SECOND, 7), connection)
    device.on_digest(asked(False, 13 * SECOND, ("alice", 6)), connection)
    device.on_digest(asked(False, 14 * SECOND, ("alice", 8)), connection)
    assert [x.at for x in of(device.history, e.LastSeenShown)] == [7, 8]


def test_last_seen_is_read_from_the_store_by_a_new_app() -> None:
    """Bob's laptop wakes when Alice has long been away: nobody tells it any more, and it shows when she was seen last."""
    history = run(
        kinds.Sleep(device="alice-phone", at=20 * SECOND, duration=170 * SECOND),
        kinds.Sleep(device="bob-laptop", at=21 * SECOND, duration=100 * SECOND),
    )
    (stored,) = of(history, e.LastSeenStored, user="alice")
    (shown,) = of(history, e.LastSeenShown, device="bob-laptop", user="alice")
    assert shown.at == stored.at
    assert 121 * SECOND < shown.t < 124 * SECOND


def test_a_device_that_sends_is_seen_between_two_heartbeats() -> None:
    """Alice types at 25 s and closes the app at 26 s: she was seen when she typed."""
    history = run(
        kinds.Sleep(device="alice-phone", at=26 * SECOND, duration=170 * SECOND), types=((25 * SECOND, "alice-phone"),)
    )
    (stored,) = of(history, e.LastSeenStored, user="alice")
    assert 25 * SECOND < stored.at < 26 * SECOND


def test_an_older_connection_says_nothing_of_the_device() -> None:
    presence: Any = deploy(topology=PAIR).nodes["presence"]
    presence.on_beat(PresenceBeat("alice", "alice-phone", 2), None)
    until = presence.until["alice"]["alice-phone"].until
    presence.on_gone(PresenceGone("alice", "alice-phone", 1, 0), None)
    assert presence.until["alice"]["alice-phone"].until == until
    presence.on_gone(PresenceGone("alice", "alice-phone", 2, 0), None)
    grace = presence.until["alice"]["alice-phone"].until
    assert grace < until
    presence.on_beat(PresenceBeat("alice", "alice-phone", 1), None)
    assert presence.until["alice"]["alice-phone"].until == grace
    presence.on_gone(PresenceGone("zoe", "zoe-phone", 1, 0), None)
    assert "zoe" not in presence.until


DEVICE = "from model.device.device import Device\nclass D(Device):\n"
WRONG = {
    "a device never believes that somebody came": (
        DEVICE + "    def takes_presence(self, shown, told):\n        return shown and told\n",
        "presence-converges",
    ),
    "typing stays for ever": (
        DEVICE + "    def shows_typing_for(self):\n        return 1 << 50\n",
        "typing-ends",
    ),
}


@pytest.mark.requirement("V3")
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_decision_about_presence_is_caught(name: str, tmp_path: Path) -> None:
    text, property = WRONG[name]
    file = tmp_path / "wrong.py"
    file.write_text(text)
    assert first_caught("ci", str(file), property)
