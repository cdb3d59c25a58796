"""Plans that once broke the reference protocol pass now, and still break a protocol that decides as it did then."""

from __future__ import annotations

import pytest
from support import ROOT

from faults import plan as plans
from model.device import Device, LocalConversation
from model.notification import NotificationService
from model.presence import PresenceService
from model.protocol import REFERENCE, Protocol, variant
from model.store import ConversationTable, MessageStore
from model.wire import Append, Head
from model.worker import DeliveryWorker
from parley import campaign
from sim.node import Node

PLANS = sorted((ROOT / "properties" / "regressions").glob("*.json"))


class CountsFromOne(DeliveryWorker):
    """Numbers its deliveries from 1 in every life."""

    def boot(self) -> None:
        super().boot()
        self._next_delivery = 1


class ForgetsRefusals(MessageStore):
    """Asks the membership table alone, whatever was said before."""

    def refused_before(self, table: ConversationTable, append: Append) -> str:
        return ""


class ComparesCursors(Device):
    """Tells the store of a new installation only if the store's cursor is ahead of it."""

    def tells_store(self, local: LocalConversation, head: Head) -> bool:
        return head.cursor > local.cursor


class CountsTheTimeWithoutAQuorum(MessageStore):
    """Goes by the last ack alone, as if what waits had been there for the device all the while."""

    def is_stuck(self, last_ack_time: int, waiting_since: int, now: int) -> bool:
        return now - last_ack_time >= self.stuck_after


class GoesByTheWallClock(PresenceService):
    """Keeps until when a user is online by a clock that can be set."""

    uptime = Node.now


class WaitsToTheMicrosecond(NotificationService):
    """Waits as long as the provider says, by its own clock."""

    def throttled_wait(self, retry_after: int) -> int:
        return retry_after


THEN: dict[str, tuple[Protocol, str]] = {
    "caught-up-unheard": (variant("compares-cursors", device=ComparesCursors), "stored-cursors-reach-the-head"),
    "refused-then-accepted": (variant("forgets-refusals", store=ForgetsRefusals), "senders-order-is-kept"),
    "presence-clock": (variant("goes-by-the-wall-clock", presence=GoesByTheWallClock), "presence-converges"),
    "throttled-by-a-fast-clock": (
        variant("waits-to-the-microsecond", notification=WaitsToTheMicrosecond),
        "throttling-is-respected",
    ),
    "stuck-without-quorum": (variant("counts-without-quorum", store=CountsTheTimeWithoutAQuorum), "stuck-is-silent"),
    "stale-push-result": (variant("counts-from-one", worker=CountsFromOne), "closed-when-done"),
}


def test_every_plan_has_its_variant() -> None:
    assert [path.stem for path in PLANS] == sorted(THEN)


@pytest.mark.requirement("V5", "C7", "P4", "C9", "P14", "F2")
@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.stem)
def test_the_reference_passes_and_the_old_decision_fails(path: object) -> None:
    file = ROOT / "properties" / "regressions" / getattr(path, "name", "")
    plan = plans.read(file)
    _, outcome = campaign.execute(plan, REFERENCE)
    assert outcome.violations == []
    protocol, name = THEN[file.stem]
    _, before = campaign.execute(plan, protocol)
    assert name in before.violated()
