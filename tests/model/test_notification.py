"""Push tokens, hints, and the provider: who is woken, for whom, how often, and what is given up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from support import PAIR, SECOND, VARIANTS, of, plan, scenario

from faults.injector import Injector
from faults.kinds import (
    Crash,
    DelayPush,
    DisablePush,
    DropAt,
    DropPush,
    Fault,
    Partition,
    Pause,
    RotateToken,
    Sleep,
    SwitchAccount,
    ThrottlePush,
)
from faults.plan import Plan, PlanError, check
from model import events as e
from model.deployment import Deployment
from model.protocol import REFERENCE, Protocol, variant
from model.servers.notification import NotificationService
from model.servers.provider import PushProvider
from model.topology import ConversationSpec, TopologySpec
from model.wire.delivery import Notification, Notify, TokenUpdate
from model.wire.routes import KINDS, ROUTES
from parley import variants
from parley.campaign import run_all
from parley.run import Outcome, Run
from sim.distributions import Constant
from sim.history import Event

pytestmark = pytest.mark.requirement("C10", "P8", "F7", "D7")

ASLEEP = Sleep(device="bob-phone", at=2 * SECOND, duration=230 * SECOND)


def run(
    *faults: Fault, sends: tuple[tuple[int, str], ...] = ((20 * SECOND, "alice-phone"),), protocol: Protocol = REFERENCE
) -> Outcome:
    return Run(plan(*faults, sends=sends, duration=240 * SECOND), protocol).execute()


def held(*faults: Fault, **more: Any) -> list[Event]:
    """The history of a run in which everything held."""
    outcome = run(*faults, **more)
    assert outcome.violations == []
    assert outcome.converged_after is not None
    return outcome.history


# --- tokens -------------------------------------------------------------------------------------------------------------


def test_each_device_registers_its_token_when_it_connects_through_its_gateway() -> None:
    history = held()
    issued = {x.device: x.token for x in of(history, e.TokenIssued)}
    kept = {x.device: (x.user, x.token) for x in of(history, e.TokenRegistered)}
    assert kept == {
        "alice-phone": ("alice", issued["alice-phone"]),
        "bob-phone": ("bob", issued["bob-phone"]),
        "bob-laptop": ("bob", issued["bob-laptop"]),
    }
    assert len(of(history, e.TokenRegistered)) == 3, "the same registration again changes nothing"


@pytest.mark.parametrize("lost", ["RegisterToken", "TokenUpdate", "TokenStored", "TokenKept"])
def test_a_lost_registration_is_sent_again(lost: str) -> None:
    """Also a lost answer: and then the second one is harmless."""
    a, b = ROUTES[KINDS[lost]]
    struck = DropAt(kind=lost, a=(f"kind:{a}",), b=(f"kind:{b}",))
    history = held(struck, Pause(node="bob-laptop", at=0, duration=1))
    assert len(of(history, e.TokenRegistered)) == 3
    assert not of(history, e.TokenRemoved)


def test_a_rotated_token_replaces_the_row() -> None:
    history = held(RotateToken(device="bob-phone", at=10 * SECOND))
    first, second = [x.token for x in of(history, e.TokenIssued, device="bob-phone")]
    assert [x.token for x in of(history, e.TokenRegistered, device="bob-phone")] == [first, second]
    assert [(x.token, x.why) for x in of(history, e.TokenRemoved)] == [(first, "replaced")]


def test_an_app_that_does_not_run_registers_its_new_token_when_it_next_connects() -> None:
    """Until then its hints are for an invalid token: given up, once, and never tried again."""
    rotated = RotateToken(device="bob-phone", at=4 * SECOND, asleep=200 * SECOND)
    sends = ((20 * SECOND, "alice-phone"), (120 * SECOND, "alice-phone"))
    history = held(rotated, sends=sends)
    first, second = [x.token for x in of(history, e.TokenIssued, device="bob-phone")]
    assert [x.token for x in of(history, e.NotificationAttempted, device="bob-phone")] == [first]
    assert [(x.token, x.why) for x in of(history, e.TokenRemoved)] == [(first, "invalid")]
    assert [x.how for x in of(history, e.HintEnded, device="bob-phone")] == ["invalid", "no token"]
    assert not of(history, e.Woke, device="bob-phone", by="notification")
    (again,) = of(history, e.TokenRegistered, device="bob-phone", token=second)
    assert again.t > 204 * SECOND


def test_a_token_that_rotates_while_a_hint_is_under_way_gets_the_hint() -> None:
    """The provider's 'invalid' arrives when the new token is already registered: the hint goes there."""
    deployment = Deployment(PAIR, 1)
    deployment.env.run_until(5 * SECOND)
    service = deployment.network.of_kind(NotificationService)[0]
    device = deployment.devices["bob-phone"]
    old = device.push_token
    row = service.rows["bob-phone"]
    device.rotate_token()
    deployment.env.run_until(6 * SECOND)
    assert service.rows["bob-phone"].token == device.push_token != old
    service.rows["bob-phone"] = row  # the old row, as of the moment at which the hint was sent
    row.token = old
    service.on_notify(Notify(("bob-phone",), "talk", "alice", 1), None)  # type: ignore[arg-type]
    service.rows["bob-phone"] = type(row)(device.push_token, "bob", device.push_version)
    deployment.env.run_until(7 * SECOND)
    history = deployment.history
    assert [x.token for x in of(history, e.NotificationAttempted)] == [old, device.push_token]
    assert [x.how for x in of(history, e.HintEnded)] == ["taken"]


def test_an_older_registration_that_comes_late_changes_nothing() -> None:
    deployment = Deployment(PAIR, 1)
    deployment.env.run_until(5 * SECOND)
    service, device = deployment.network.of_kind(NotificationService)[0], deployment.devices["bob-phone"]
    old = TokenUpdate("bob-phone", "bob", device.push_token, device.push_version, True)
    device.rotate_token()
    deployment.env.run_until(6 * SECOND)
    service.on_token_update(old, None)  # type: ignore[arg-type]
    assert service.rows["bob-phone"].token == device.push_token


def test_tokens_and_hints_survive_a_crash_of_the_service() -> None:
    crash = Crash(node="notification", at=60 * SECOND, down=SECOND)
    cut = Partition(a=("notification",), b=("provider",), at=10 * SECOND, duration=80 * SECOND)
    history = held(ASLEEP, crash, cut)
    (taken,) = of(history, e.HintTaken, device="bob-phone")
    (ended,) = of(history, e.HintEnded, device="bob-phone")
    assert taken.t < crash.at < ended.t
    assert ended.how == "taken"
    assert of(history, e.Woke, device="bob-phone", by="notification")


# --- what the provider says ---------------------------------------------------------------------------------------------


def test_hints_carry_no_body() -> None:
    """By type: nothing that a hint is made of has a place for one (P8)."""
    for kind in (Notify, Notification, e.NotificationShown, e.HintTaken):
        assert not {"body", "message"} & set(kind.__struct_fields__)
    names = {"device", "user", "conversation", "sender", "token", "seq", "badge", "name_bytes", "platform"}
    assert set(Notification.__struct_fields__) == names


def test_a_throttled_hint_waits_as_long_as_the_provider_says_and_a_quarter_more() -> None:
    throttle = ThrottlePush(devices=("bob-phone",), at=0, duration=60 * SECOND, retry_after=25 * SECOND)
    history = held(ASLEEP, throttle)
    attempts = [x.t for x in of(history, e.NotificationAttempted, device="bob-phone")]
    told = [x.t for x in of(history, e.NotificationThrottled, device="bob-phone")]
    assert len(told) == len(attempts) - 1 >= 1
    assert [later - earlier for earlier, later in zip(told, attempts[1:], strict=False)] == [31_250_000] * len(told)
    assert of(history, e.HintEnded, device="bob-phone", how="taken")


def test_the_provider_takes_a_burst_and_then_one_in_three_minutes() -> None:
    deployment = Deployment(PAIR, 1)
    provider = deployment.network.of_kind(PushProvider)[0]
    token = deployment.devices["bob-phone"].push_token
    hint = Notification("bob-phone", "bob", "talk", "alice", token)
    waits = [provider._wait(hint) for _ in range(22)]
    assert waits == [0] * 20 + [180 * SECOND] * 2, "refused ones take nothing"
    deployment.env.run_until(180 * SECOND)
    assert [provider._wait(hint), provider._wait(hint)] == [0, 180 * SECOND]


def test_a_user_who_disabled_notifications_gets_none_and_keeps_the_token() -> None:
    history = held(ASLEEP, DisablePush(devices=("bob-phone",), at=0, duration=100 * SECOND), sends=(
        (20 * SECOND, "alice-phone"), (120 * SECOND, "alice-phone"),
    ))  # fmt: skip
    assert [x.how for x in of(history, e.HintEnded, device="bob-phone")] == ["disabled", "taken"]
    assert not of(history, e.TokenRemoved)
    (woke,) = of(history, e.Woke, device="bob-phone", by="notification")
    assert woke.t > 120 * SECOND


def test_a_delayed_notification_comes_later_by_so_much() -> None:
    delay = DelayPush(devices=("bob-phone",), at=0, duration=240 * SECOND, delay=30 * SECOND)
    prompt, late = (of(held(ASLEEP, *more), e.NotificationShown, device="bob-phone")[0].t for more in ((), (delay,)))
    assert late - prompt == 30 * SECOND
    assert of(held(ASLEEP, delay), e.NotificationDelayed, device="bob-phone", delay=30 * SECOND)


def test_a_fifth_conversation_pushes_the_oldest_hint_out() -> None:
    class Slow(PushProvider):
        delay = Constant(50 * SECOND)  # type: ignore[assignment]

    deployment = Deployment(PAIR, 1, variant("slow", provider=Slow))
    provider = deployment.network.of_kind(PushProvider)[0]
    token = deployment.devices["bob-phone"].push_token
    for conversation in ("c1", "c2", "c3", "c4", "c1", "c5"):
        provider._take(Notification("bob-phone", "bob", conversation, "alice", token), "bob-phone")
    assert [x.conversation for x in of(deployment.history, e.NotificationDropped)] == ["c1"]
    deployment.env.run_until(60 * SECOND)
    assert sorted(x.conversation for x in of(deployment.history, e.NotificationShown)) == ["c2", "c3", "c4", "c5"]


def test_a_hint_is_given_up_after_a_day() -> None:
    """Tried less and less often, up to once a minute, and not for ever."""
    deployment = Deployment(PAIR, 1)
    Injector(deployment).schedule_fault(Partition(a=("notification",), b=("provider",), at=SECOND, duration=1 << 50))
    deployment.env.run_until(5 * SECOND)
    service = deployment.network.of_kind(NotificationService)[0]
    service.on_notify(Notify(("bob-phone",), "talk", "alice", 1), None)  # type: ignore[arg-type]
    name = ("bob-phone", "talk")
    deployment.env.run_until(300 * SECOND)
    assert of(deployment.history, e.NotificationAttempted)[-1].attempt == 10, "1, 2, 4 … 32 s, then a minute each"
    service.hints[name].since -= 86_400 * SECOND
    deployment.env.run_until(400 * SECOND)
    assert [x.how for x in of(deployment.history, e.HintEnded)] == ["expired"]
    assert service.hints == {}


# --- accounts -----------------------------------------------------------------------------------------------------------

SWITCH = SwitchAccount(device="bob-phone", to="alice-phone", at=40 * SECOND, duration=120 * SECOND)


def test_the_token_follows_whoever_is_logged_in_on_the_handset() -> None:
    history = held(SWITCH)
    token = of(history, e.TokenIssued, device="bob-phone")[0].token
    moves = [(x.device, x.user) for x in of(history, e.TokenRegistered, token=token)]
    assert moves == [("bob-phone", "bob"), ("alice-phone", "alice"), ("bob-phone", "bob")]
    assert of(history, e.TokenRemoved, device="bob-phone", token=token, why="logout")
    (out,), (back,) = of(history, e.LoggedOut), of(history, e.LoggedIn)
    assert not [x for x in of(history, e.Connected, device="bob-phone") if out.t < x.t < back.t]


def test_a_logout_that_gets_lost_is_made_good_by_the_next_registration_of_the_token() -> None:
    lost = DropAt(kind="RegisterToken", a=("bob-phone",), b=("kind:gateway",), at=30 * SECOND)
    history = held(SWITCH, lost)
    token = of(history, e.TokenIssued, device="bob-phone")[0].token
    assert of(history, e.TokenRemoved, device="bob-phone", token=token, why="moved")


def pending_when_the_account_changes(protocol: Protocol) -> Outcome:
    """A hint for Bob is pending when Alice logs in on his handset."""
    delay = DelayPush(at=0, duration=240 * SECOND, delay=60 * SECOND)
    asleep = Sleep(device="bob-phone", at=2 * SECOND, duration=38 * SECOND)
    return run(
        asleep, delay, SWITCH, sends=((20 * SECOND, "bob-laptop"), (21 * SECOND, "alice-phone")), protocol=protocol
    )


def test_a_hint_for_the_last_user_of_a_handset_is_not_shown_to_the_next() -> None:
    outcome = pending_when_the_account_changes(REFERENCE)
    assert outcome.violations == []
    assert of(outcome.history, e.NotificationIgnored, device="alice-phone", user="bob")
    wrong = pending_when_the_account_changes(variants.load(str(VARIANTS / "shows_any_hint.py")))
    assert "hints-reach-their-user" in wrong.violated()


def test_two_switches_do_not_mix() -> None:
    """The second one finds a device that takes part in the first, and does nothing."""
    history = held(SWITCH, SwitchAccount(device="bob-laptop", to="alice-phone", at=50 * SECOND, duration=10 * SECOND))
    assert len(of(history, e.LoggedOut)) == len(of(history, e.LoggedIn)) == 1


def test_a_logged_out_device_stays_out_whatever_wakes_it() -> None:
    asleep = Sleep(device="bob-phone", at=30 * SECOND, duration=20 * SECOND)
    history = held(SWITCH, asleep)
    (out,), (back,) = of(history, e.LoggedOut), of(history, e.LoggedIn)
    assert not [x for x in of(history, e.Woke, device="bob-phone") if out.t <= x.t < back.t]


def test_a_switch_needs_devices() -> None:
    with pytest.raises(PlanError, match=r"faults\[0\].to: expected a device, but 'store-1' is a store"):
        check(plan(msgspec.structs.replace(SWITCH, to="store-1"), duration=240 * SECOND))


# --- nothing is lost on our side ----------------------------------------------------------------------------------------


def test_a_service_that_forgets_unanswered_hints_is_caught(tmp_path: Path) -> None:
    away = Crash(node="provider", at=10 * SECOND, down=60 * SECOND)
    wrong = run(ASLEEP, away, protocol=variants.load(str(VARIANTS / "forgets_hints.py")))
    assert "every-hint-ends" in wrong.violated()
    history = held(ASLEEP, away)
    assert of(history, e.HintEnded, device="bob-phone", how="taken")


def test_a_campaign_around_push_notifications_finds_nothing() -> None:
    found = run_all([(scenario("push"), range(1, 46))], "", jobs=1)
    assert found.failed_runs == []
    untested = {name for name, statuses in found.statuses.items() if not statuses.get("holds")}
    assert not untested & {name for name, family in found.families.items() if family == "push"}


def test_whatever_the_provider_does_everything_converges() -> None:
    """Everything at once: only latency may suffer."""
    talks = (*PAIR.conversations, ConversationSpec(name="more", members=("bob", "alice")))
    topology = msgspec.structs.replace(PAIR, conversations=talks)
    faults = (
        ASLEEP,
        RotateToken(device="bob-phone", at=30 * SECOND),
        DisablePush(at=60 * SECOND, duration=20 * SECOND),
        ThrottlePush(at=90 * SECOND, duration=60 * SECOND, retry_after=20 * SECOND),
        DropPush(at=150 * SECOND, duration=90 * SECOND, for_good=True),
        SwitchAccount(device="bob-laptop", to="alice-phone", at=100 * SECOND, duration=50 * SECOND),
    )
    sends = tuple((t * SECOND, "alice-phone") for t in range(10, 230, 10))
    outcome = Run(plan(*faults, sends=sends, duration=240 * SECOND, topology=topology)).execute()
    assert outcome.violations == []
    assert outcome.converged_after is not None


def over(topology: TopologySpec) -> Plan:
    """Bob's phone sleeps through a message of Alice's, on this topology."""
    return plan(ASLEEP, sends=((20 * SECOND, "alice-phone"),), duration=240 * SECOND, topology=topology)


# --- what a push carries ------------------------------------------------------------------------------------------------


@pytest.mark.requirement("P8", "P10")
def test_a_name_that_is_too_long_is_cut_and_the_phone_is_woken() -> None:
    topology = msgspec.structs.replace(PAIR, name_bytes={"alice": 5_000})
    history = Run(over(topology), REFERENCE).execute().history
    assert [x.bytes for x in of(history, e.NotificationAttempted, device="bob-phone")] == [4_096]
    assert of(history, e.Woke, device="bob-phone", by="notification")

    class Uncut(NotificationService):
        def name_that_fits(self, name: int, room: int) -> int:
            return name

    uncut = variant("uncut", notification=Uncut)
    history = Run(over(topology), uncut).execute().history
    assert [x.how for x in of(history, e.HintEnded, device="bob-phone")] == ["too large"]
    assert not of(history, e.Woke, device="bob-phone", by="notification")


@pytest.mark.requirement("P8", "P10")
def test_a_badge_is_what_the_store_has_counted_and_grows_with_what_waits() -> None:
    sends = tuple((at * SECOND, "alice-phone") for at in (20, 21, 22))
    outcome = Run(plan(ASLEEP, DropPush(duration=60 * SECOND), sends=sends), REFERENCE).execute()
    attempted = of(outcome.history, e.NotificationAttempted, device="bob-phone")
    assert [(x.badge, x.upto, x.read) for x in attempted] == [(1, 1, 0), (2, 2, 0), (3, 3, 0)]
    assert outcome.violations == []


@pytest.mark.requirement("P8")
def test_a_phone_says_whose_pushes_reach_it() -> None:
    devices = (*PAIR.devices[:1], msgspec.structs.replace(PAIR.devices[1], platform="apns"), *PAIR.devices[2:])
    topology = msgspec.structs.replace(PAIR, devices=devices)
    history = Run(over(topology), REFERENCE).execute().history
    assert {x.platform for x in of(history, e.NotificationAttempted, device="bob-phone")} == {"apns"}
