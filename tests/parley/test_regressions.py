"""Plans that once broke a protocol that comes with Parley pass now, and still break a protocol that decides as it did then."""

from __future__ import annotations

import pytest
from support import ROOT

from faults import plan as plans
from model.content import Message
from model.decisions import overrides_private
from model.device.device import Device, LocalConversation
from model.events import TokenIssued
from model.membership import Member
from model.protocol import Protocol, variant
from model.servers.gateway import Gateway, GatewaySession
from model.servers.notification import NotificationService
from model.servers.presence import PresenceService
from model.servers.sequencer import LeasedShard
from model.servers.service import MessagingService
from model.servers.shard import SequencerShard
from model.servers.worker import DeliveryWorker
from model.store.store import MessageStore
from model.store.tables import ConversationTable
from model.wire.client import Head, SyncPage
from model.wire.service import BlockUpdate
from model.wire.store import Append, AppendRefused, Recipient
from parley import variants
from parley.runner import execute
from sim.network import Connection
from sim.node import Node

PLANS = sorted((ROOT / "properties" / "regressions").glob("*.json"))


class CountsFromOne(DeliveryWorker):
    """Numbers its deliveries from 1 in every life."""

    @overrides_private
    def boot(self) -> None:
        super().boot()
        self._next_delivery = 1


class TakesWhatThereIs(Gateway):
    """The first digest of a connection is like any other."""

    def asks_afresh(self, session: GatewaySession) -> bool:
        return False


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


class TakesConflictsForUse(SequencerShard):
    """Takes a place for used whose filler was refused, unless it is said to come too early."""

    def is_used(self, seq: int, refused: AppendRefused) -> bool:
        return refused.why != "early"


class GoesByTheWallClock(PresenceService):
    """Keeps until when a user is online by a clock that can be set."""

    uptime = Node.now


class BelievesOldNews(PresenceService):
    """Takes whatever a gateway says for news of the connection that the device has now."""

    def is_of_now(self, known: int, told: int) -> bool:
        return True


class WaitsToTheMicrosecond(NotificationService):
    """Waits as long as the provider says, by its own clock."""

    def throttled_wait(self, retry_after: int) -> int:
        return retry_after


class TriesAgainToTheMicrosecond(Device):
    """Waits as long as it is told to, by its own clock."""

    def wait_after(self, retry_after: int) -> int:
        return retry_after


class DeafWhenPaused(Device):
    """Tells the service of a new token only if the app runs in the moment in which the platform gives it."""

    @overrides_private
    def _given(self, token: str, version: int) -> None:
        self.push_token, self.push_version = token, version
        self.emit(TokenIssued, self.name, token)
        if self.life.running:
            self._announce()


class GoesByInboxesAlone(MessagingService):
    """Lists nothing that should be in an inbox if the inbox is not there."""

    def lists_log(self, inbox: bool) -> bool:
        return False


class WaitsForEveryPartition(MessagingService):
    """Says nothing of a block before all partitions have answered."""

    def tells_of_block(self, answered: int, partitions: int) -> bool:
        return answered == partitions


class LeavesBlocksToDevices(MessagingService):
    """Takes it for granted that the device which wished it tells every partition."""

    def levels_blocks(self, told: dict[str, tuple[BlockUpdate, ...]]) -> bool:
        return False


class GoesByTheSendersClock(DeliveryWorker):
    """Reckons a message's age from the time that its sender's clock said."""

    def abandons(self, message: Message, recipient: Recipient) -> str:
        return "expired" if self.now - message.sent_at > self.time_to_live else ""


class TakesTheBlockedForWaiting(MessageStore):
    """Takes a device for stuck that lacks nothing but what its user has blocked."""

    @overrides_private
    @staticmethod
    def _waits_for(table: ConversationTable, member: Member, user: str, cursor: int) -> int:
        return member.next_span(cursor)[0]


class GivesUpWhoIsBack(DeliveryWorker):
    """Goes by the store alone in who is stuck, though a gateway has the device's connection."""

    def spares(self, reason: str, connected_for: int) -> bool:
        return False

    def tells_all_the_same(self, reason: str) -> bool:
        return False


class TellsNobodyWhoIsStuck(DeliveryWorker):
    """Says nothing to a connected device that is taken for stuck, once it has been connected for a while."""

    def tells_all_the_same(self, reason: str) -> bool:
        return False


class LooksOnce(DeliveryWorker):
    """Takes it that who has no session at the first push has none at the third."""

    def looks_again(self) -> bool:
        return False


class StopsAtAPageThatWasOvertaken(Device):
    """Asks for the next page only if this one has brought something."""

    def on_sync_page(self, page: SyncPage, connection: Connection) -> None:
        self.reception(page.conversation).asked = self.conversation(page.conversation).cursor
        super().on_sync_page(page, connection)


class AsksOnceForTheFirstDigest(Device):
    """Waits for the next heartbeat if the first digest of a connection does not come."""

    @overrides_private
    def _digest_due(self, epoch: int) -> None:
        pass


class WaitsForOneGap(Device):
    """Fetches the first gap, and leaves one that is behind it to the next digest."""

    @overrides_private
    def _next_gap(self, name: str, missing: int) -> None:
        pass


THEN: dict[str, tuple[Protocol, str]] = {
    "caught-up-unheard": (variant("compares-cursors", device=ComparesCursors), "stored-cursors-reach-the-head"),
    "connected-while-pushes-went-out": (variant("takes-what-there-is", gateway=TakesWhatThereIs), "live-in-time"),
    "first-digest-lost": (variant("asks-once", device=AsksOnceForTheFirstDigest), "repaired-in-time"),
    "gap-behind-a-gap": (variant("waits-for-one-gap", device=WaitsForOneGap), "live-in-time"),
    "given-up-while-it-came-back": (variant("gives-up-who-is-back", worker=GivesUpWhoIsBack), "live-in-time"),
    "registry-forgot-meanwhile": (variant("looks-once", worker=LooksOnce), "repaired-in-time"),
    "stuck-a-moment-too-long": (variant("tells-nobody-who-is-stuck", worker=TellsNobodyWhoIsStuck), "repaired-in-time"),
    "page-overtaken-by-pushes": (variant("stops-at-a-page", device=StopsAtAPageThatWasOvertaken), "repaired-in-time"),
    "stuck-by-what-was-blocked": (
        variant("takes-the-blocked-for-waiting", store=TakesTheBlockedForWaiting, worker=GivesUpWhoIsBack),
        "live-in-time",
    ),
    "first-digest-from-behind": (variant("takes-what-there-is", gateway=TakesWhatThereIs), "repaired-in-time"),
    "refused-then-accepted": (variant("forgets-refusals", store=ForgetsRefusals), "senders-order-is-kept"),
    "block-half-kept": (variant("leaves-blocks-to-devices", service=LeavesBlocksToDevices), "blocks-are-kept"),
    "block-beside-a-lost-partition": (
        variant("waits-for-every-partition", service=WaitsForEveryPartition),
        "blocks-are-kept",
    ),
    "expired-by-the-senders-clock": (variant("by-senders-clock", worker=GoesByTheSendersClock), "expired-is-old"),
    "presence-clock": (variant("goes-by-the-wall-clock", presence=GoesByTheWallClock), "presence-converges"),
    "late-goodbye": (variant("believes-old-news", presence=BelievesOldNews), "connected-is-online"),
    "deferred-by-a-fast-clock": (
        variant("to-the-microsecond", device=TriesAgainToTheMicrosecond),
        "retry-after-is-respected",
    ),
    "inbox-gone-for-good": (variant("inboxes-alone", service=GoesByInboxesAlone), "every-device-shows-everything"),
    "throttled-by-a-fast-clock": (
        variant("waits-to-the-microsecond", notification=WaitsToTheMicrosecond),
        "throttling-is-respected",
    ),
    "stuck-without-quorum": (variant("counts-without-quorum", store=CountsTheTimeWithoutAQuorum), "stuck-is-silent"),
    "filler-conflict": (
        variant("conflict-is-use", shard=TakesConflictsForUse, sequencer=LeasedShard),
        "every-send-is-answered",
    ),
    "token-rotated-while-paused": (variant("deaf-when-paused", device=DeafWhenPaused), "tokens-converge"),
    "stale-push-result": (variant("counts-from-one", worker=CountsFromOne), "closed-when-done"),
}


def test_every_plan_has_its_variant() -> None:
    assert [path.stem for path in PLANS] == sorted(THEN)


@pytest.mark.requirement("V5", "C7", "P4", "C9", "P14", "F2", "P7", "P11")
@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.stem)
def test_the_protocol_passes_and_the_old_decision_fails(path: object) -> None:
    file = ROOT / "properties" / "regressions" / getattr(path, "name", "")
    plan = plans.read(file)
    outcome = execute(plan, variants.load(plan.protocol.file))
    assert outcome.violations == []
    protocol, name = THEN[file.stem]
    before = execute(plan, protocol)
    assert name in before.violated()
