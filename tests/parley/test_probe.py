"""The probe: who sleeps, who writes, and what a run shows that could not tell it before."""

from __future__ import annotations

import msgspec
import pytest
from support import plan, scenario

from faults.kinds import DropPush
from faults.plan import ProtocolRef
from model import events as e
from model.device.device import Device
from model.protocol import REFERENCE, Protocol, variant
from parley.run import Outcome, Run
from sim.history import Event, Healed

pytestmark = pytest.mark.requirement("V9", "G6")

SECOND = 1_000_000


def ran(*faults: object, protocol: Protocol = REFERENCE, probe: bool = True, name: str = "", seed: int = 1) -> Outcome:
    made = scenario(name).plan(seed, ProtocolRef()) if name else plan(*faults)  # type: ignore[arg-type]
    return Run(msgspec.structs.replace(made, parley_plan=2, probe=probe), protocol).execute()


def of(outcome: Outcome, kind: type[Event]) -> list[object]:
    return [event for event in outcome.history if type(event) is kind]


def test_half_of_each_conversation_sleeps_and_one_writes_to_each() -> None:
    outcome = ran(name="ci")
    (probed,) = (event for event in outcome.history if isinstance(event, e.Probed))
    healed = next(event for event in outcome.history if isinstance(event, Healed))
    assert outcome.violations == []
    assert probed.t == healed.t + (outcome.converged_after or 0)
    opened = {event.conversation for event in outcome.history if isinstance(event, e.ConversationOpened)}
    assert set(probed.conversations) == opened
    after = outcome.history[outcome.history.index(probed) :]
    slept = [event.device for event in after if isinstance(event, e.Slept) and event.t == probed.t]
    assert slept == list(probed.asleep)
    assert 2 <= len(slept) <= 3
    sent = [event for event in after if isinstance(event, e.SendRequested)]
    assert sorted(event.conversation for event in sent) == sorted(opened)
    assert not {event.device for event in sent} & set(slept)
    assert {event.device for event in after if isinstance(event, e.Woke)} == set(slept)


def test_who_sleeps_is_woken_by_the_notification_and_shows_it() -> None:
    outcome = ran()
    woke = [event for event in outcome.history if isinstance(event, e.Woke)]
    assert [event.by for event in woke] == ["notification"] * len(woke)
    assert woke
    shown = [event for event in outcome.history if isinstance(event, e.Shown) and event.device == woke[0].device]
    assert shown[-1].t >= woke[0].t
    assert outcome.violations == []


def test_where_pushes_are_lost_for_good_the_user_opens_the_app() -> None:
    outcome = ran(DropPush(at=0, duration=SECOND, for_good=True))
    woke = [event for event in outcome.history if isinstance(event, e.Woke)]
    assert [event.by for event in woke] == ["user"] * len(woke)
    assert woke
    assert not of(outcome, e.NotificationShown)
    assert outcome.violations == []
    last = {event.device: event.seq for event in outcome.history if isinstance(event, e.Shown)}
    assert len(set(last.values())) == 1


def test_a_plan_without_a_probe_is_not_probed() -> None:
    assert not of(ran(probe=False), e.Probed)
    assert not plan().probe


def test_what_has_failed_is_not_probed() -> None:
    outcome = ran(protocol=variant("deaf", device=Deaf))
    assert outcome.violations
    assert not of(outcome, e.Probed)


class Deaf(Device):
    def on_digest(self, digest: object, connection: object) -> None:
        """Never learns of anything that was not pushed."""

    def on_push(self, push: object, connection: object) -> None:
        """Nor of what was."""


class StaysAsleep(Device):
    def wake(self, by: str) -> None:
        if by != "notification":
            super().wake(by)


def test_an_app_that_nothing_wakes_is_told_of() -> None:
    outcome = ran(protocol=variant("stays-asleep", device=StaysAsleep))
    assert outcome.violated() == ("sleepers-are-notified",)


def test_looking_for_one_violation_finds_what_the_whole_run_finds() -> None:
    made = msgspec.structs.replace(plan(), probe=True)
    protocol = variant("stays-asleep", device=StaysAsleep)
    whole, sought = Run(made, protocol), Run(made, protocol)
    outcome = whole.execute()
    at, proof = sought.seek("sleepers-are-notified"), outcome.violations[0].evidence[-1]
    assert at == outcome.history[proof].t
    assert sought.history[: proof + 1] == outcome.history[: proof + 1]


def test_a_probe_is_the_same_each_time() -> None:
    assert ran(name="ci", seed=5).digest() == ran(name="ci", seed=5).digest()
