"""The messaging service (C3): accepts sends, moves cursors, answers syncs. Several stateless instances.

Promises kept here: an accepted message is durable, has one seq, and will be delivered (P1, P2). What may fail: the
instance dies at any step; the store or the queue gives no answer. Whatever is left half done is found again by the
client's retry (same message_id) or by the outbox relay.

Requirements: C3, P1, P2, P6, P7, G1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from msgspec.structs import replace

from model.component import Component
from model.content import Message
from model.decisions import Micros, Rate, Seq, Size, action, decision, setting
from model.directory import Directory
from model.events import AcceptSent, OutcomeUnknown, SendAdmitted, SendHeldBack
from model.security import Bucket
from model.servers.sequencer import Place, Sequencer
from model.serving import TurnsAway
from model.wire.base import Wire
from model.wire.client import (
    BlockKept,
    ConversationList,
    Digest,
    Head,
    Listed,
    ProfileKept,
    Receipt,
    SendResult,
    SyncPage,
)
from model.wire.delivery import Lookup, Publish, Published, Sessions
from model.wire.service import (
    BlockIs,
    BlockUpdate,
    CursorUpdate,
    DigestRequest,
    ListRead,
    Online,
    ProfileUpdate,
    ReadUpdate,
    ReceiptNotice,
    ReceiptsMoved,
    Send,
    SyncRead,
    WhoIsOnline,
)
from model.wire.store import (
    Append,
    Appended,
    AppendRefused,
    Heads,
    InboxMark,
    Listing,
    MarkPublished,
    NoPage,
    Page,
    ReadHeads,
    ReadList,
    ReadPage,
)
from sim.network import Call, Network
from sim.node import UNKNOWN, Steps, Unknown
from sim.state import Marks

BLOCKED = -1
"""What is kept of a user whose sends are refused for good."""


class MessagingService(TurnsAway, Component):
    """One instance. Everything it knows is volatile."""

    kind: ClassVar[str] = "service"
    receives: ClassVar[dict[type, str]] = {
        Send: "on_send",
        CursorUpdate: "on_cursor_update",
        ReadUpdate: "on_read_update",
        DigestRequest: "on_digest_request",
        SyncRead: "on_sync_read",
        ListRead: "on_list_read",
        ProfileUpdate: "on_profile_update",
        ReceiptsMoved: "on_receipts_moved",
        BlockUpdate: "on_block_update",
    }
    served: ClassVar[dict[type[Wire], str]] = {
        Send: "send_cost",
        **dict.fromkeys((CursorUpdate, ReadUpdate, DigestRequest, SyncRead), "request_cost"),
    }
    refused: ClassVar[tuple[type[Wire], ...]] = (Send,)
    points: ClassVar[tuple[str, ...]] = (
        "received",
        "authorised",
        "sequenced",
        "persisted",
        "published",
        "acknowledged",
    )
    marks = Marks(durable="flagged", volatile="put_off sequencer", aside="buckets _sequencer_kind")

    accept_after = setting(
        "published",
        unit="step",
        why="After which step of a send the sender is told that it is accepted.",
        source="P1: persist, publish, then acknowledge",
        choices=("received", "persisted", "published"),
    )
    dedupe_retention = setting(
        24 * 3600 * 1_000_000,
        unit="µs",
        why="How long the store remembers a message_id.",
        source="Synapse: 24 h in the database",
    )
    sync_page_size = setting(
        20,
        unit="messages",
        why="How many messages one sync page holds at most.",
        source="Prosody: archive page of 20",
    )
    send_cost = setting(200, unit="µs of one core", why="CPU time of accepting one message.")
    request_cost = setting(20, unit="µs of one core", why="CPU time of anything else that is asked.")
    concurrency = setting(4, unit="cores", why="How many requests an instance works on at once.")
    store_timeout = setting(1_000_000, unit="µs", why="After this the outcome of a store call is unknown.")
    queue_timeout = setting(1_000_000, unit="µs", why="After this the outcome of a publish is unknown.")

    def __init__(
        self, network: Network, name: str, region: str, directory: Directory, sequencer: type[Sequencer]
    ) -> None:
        self._sequencer_kind = sequencer
        super().__init__(network, name, region, directory)

    conversation_rate = setting(
        50, unit="sends/s", why="How many sends to one conversation an instance takes on average, if it is a small one."
    )
    conversation_burst = setting(
        100, unit="sends", why="How many sends to one conversation an instance takes at once, if it is a small one."
    )
    fan_out_budget = setting(
        100_000,
        unit="deliveries/s",
        why="How many members' devices an instance lets one conversation keep busy: a large group may send less often.",
    )

    def install(self) -> None:
        self.flagged: dict[str, int] = {}
        """By user who is flagged for abuse: for how many µs a send is put off, or BLOCKED: configuration, kept over restarts."""

    def boot(self) -> None:
        self.buckets: dict[str, Bucket] = {}
        self.put_off: dict[str, int] = {}
        """By message that the abuse policy put off: since when, by the instance's uptime."""
        self.sequencer = self._sequencer_kind(self)

    # --- decisions -------------------------------------------------------------------------------------------------

    @decision
    def dedupe_key(self, send: Send) -> tuple[str, ...]:
        """What makes two sends the same message: conversation, sender and the client's message_id (P2, D5). () is never.

        The id is made once by the device and kept over retries, so it alone says what is a retry. The sender is part
        of the key because ids of different people are not compared with each other.

        Variant::

            def dedupe_key(self, send):
                return (send.conversation, send.message, str(send.attempt))
        """
        return (send.conversation, send.sender, send.message)

    @decision
    def members_only(self, send: Send) -> bool:
        """Whether the commit itself checks that the sender is a member (P1, P13).

        Membership must hold at the moment of sequencing: a check made earlier can be overtaken by a leave.

        Variant::

            def members_only(self, send):
                return False
        """
        return True

    @decision
    def publishes_duplicate(self, outcome: Appended) -> bool:
        """Whether a recognised retry is published again (P2): yes, if it isn't known that the first try was published.

        The first try may have died between persist and publish. A task too many is harmless: devices dedupe.

        Variant::

            def publishes_duplicate(self, outcome):
                return True
        """
        return not outcome.published

    @decision
    def page(self, after: Seq, rows: Sequence[Message]) -> Sequence[Message]:
        """What a sync page returns, given the rows that follow `after`, in order, at most a page of them (P7).

        All of them: a page that leaves something out makes the device wait for what never comes, or skip it.

        Variant::

            def page(self, after, rows):
                return rows[:1]
        """
        return rows

    @decision
    def page_first(self, read: SyncRead, page: Page) -> Seq:
        """What a page says of the hole before its rows (P7, P13): it begins at the first seq that the user may read there.

        Who comes back to a conversation may not read what was said meanwhile, and passes it over for good. A page that begins
        where it was asked for says that there is nothing between, and its reader waits for what will never come.

        Variant::

            def page_first(self, read, page):
                return read.after + 1
        """
        return page.first

    @decision
    def page_head(self, read: SyncRead, page: Page) -> Seq:
        """What a page says of what follows it (P7): up to the highest seq that the user may read, there is more to ask for.

        One that says only where it ends is right for who is up to date, and the end of the way for who has been away for
        long: the next page comes when the next digest says what is behind.

        Variant::

            def page_head(self, read, page):
                return page.messages[-1].seq if page.messages else read.after
        """
        return page.head

    @decision
    def lists_log(self, inbox: bool) -> bool:
        """Whether a digest lists conversations by their logs (P7, P11, G5): if there is no `inbox` that says what is new by now.

        An inbox is an index, in a partition of its own. When that is gone, what is in the logs is still there and due. Nor is it
        asked for the first digest of a connection: its rows are written after the pushes, which may take a worker 15 s, and who
        connects meanwhile is neither pushed to nor listed.

        Variant::

            def lists_log(self, inbox):
                return False
        """
        return not inbox

    @decision
    def asks_cache(self, read: SyncRead) -> bool:
        """Whether a sync is read from the cache of newest segments first, if there is one (P12): always.

        Variant::

            def asks_cache(self, read):
                return False
        """
        return True

    @decision
    def cursor_to_store(self, update: CursorUpdate) -> Seq:
        """The cursor that a device's ack of `upto` asks the store to keep (P6).

        Variant::

            def cursor_to_store(self, update):
                return update.upto - 1
        """
        return update.upto

    @action
    def conversation_wait(self, bucket: Bucket) -> Micros:
        """How long, in µs, before a conversation takes another send here; 0 takes it (P12, P15): by a token bucket.

        Variant::

            def conversation_wait(self, bucket):
                return 0
        """
        return bucket.take(self.uptime)

    @decision
    def rate_for(self, members: Size) -> Rate:
        """How many sends a second a conversation of so many members may take here, at least 1 (P12, P15): by its size.

        What a send costs is its deliveries. So a small conversation may take `conversation_rate`, and a large one no more
        than what keeps its deliveries within `fan_out_budget`: 50,000 members, two sends a second.

        Variant::

            def rate_for(self, members):
                return self.conversation_rate
        """
        return max(1, min(self.conversation_rate, self.fan_out_budget // max(1, members)))

    def limit_of(self, conversation: str) -> tuple[int, int]:
        """The limit of a conversation that is kept here."""
        known = self.directory.conversations.get(conversation)
        return self.limit_at(self.rate_for(len(known.members) if known else 1))

    def declared_limit(self, conversation: str) -> tuple[int, int]:
        """What the deployment's settings make of it, whatever a variant decides: by this it is judged."""
        members = self.directory.conversations[conversation].members
        return self.limit_at(MessagingService.rate_for(self, len(members)))

    def limit_at(self, rate: int) -> tuple[int, int]:
        """A rate with its burst: sends a second on average, and sends at once, in proportion."""
        return rate, max(1, self.conversation_burst * rate // max(1, self.conversation_rate))

    @decision
    def blocks(self, send: Send) -> str:
        """The abuse policy's reason to refuse a send for good, or '' (P15): who is flagged. It sees who sends, never the body.

        It is for the commit to refuse it, with whatever else it checks: a retry of what was accepted before the sender was
        flagged is told so.

        Variant::

            def blocks(self, send):
                return "abuse" if send.sender == "bob" else ""
        """
        return "abuse" if self.flagged.get(send.sender) == BLOCKED else ""

    @decision
    def delays(self, send: Send) -> Micros:
        """For how many µs the abuse policy puts a send off; 0 lets it pass (P15): until its time has come, by this instance.

        An instance that has not seen the send before begins anew.

        Variant::

            def delays(self, send):
                return 0 if send.attempt > 2 else 1_000_000
        """
        wait = self.flagged.get(send.sender, 0)
        return max(0, self.put_off.setdefault(send.message, self.uptime) + wait - self.uptime) if wait > 0 else 0

    def _bucket(self, conversation: str) -> Bucket:
        found = self.buckets.get(conversation)
        if found is None:
            found = self.buckets[conversation] = Bucket(*self.limit_of(conversation), self.uptime)
        return found

    # --- send (P1) -------------------------------------------------------------------------------------------------

    def on_send(self, send: Send, call: Call) -> None:
        self.spawn(self.accept(send, call))

    def accept(self, send: Send, call: Call) -> Steps:
        """The send path, from top to bottom; each `yield` is a place where the instance may die."""
        yield self.step("received")
        if self.accept_after == "received":
            self.answer(send, 0, call)
        wait, why = self.conversation_wait(self._bucket(send.conversation)), "conversation rate"
        if not wait:
            wait, why = self.delays(send), "abuse"
        if wait:
            self.hold_back(send, why, wait, call)
            return
        refusal = self.authorise(send)
        if refusal:
            self.reply(call, SendResult(send.conversation, send.message, 0, refusal))
            return
        self.emit(SendAdmitted, send.device, send.conversation, send.message, "core")
        yield self.step("authorised")

        outcome = yield from self.persist(send)
        if isinstance(outcome, Unknown):
            return  # perhaps it is durable: the client's retry will tell
        if isinstance(outcome, AppendRefused):
            if outcome.retry_after:
                self.hold_back(send, "busy", outcome.retry_after, call)
            else:
                self.reply(call, SendResult(send.conversation, send.message, 0, outcome.why))
            return
        yield self.step("persisted")
        if self.accept_after == "persisted":
            self.answer(send, outcome.seq, call, outcome.stored_at)

        if not outcome.duplicate or self.publishes_duplicate(outcome):
            yield from self.publish(send, outcome)
        yield self.step("published")
        if self.accept_after == "published":
            self.answer(send, outcome.seq, call, outcome.stored_at)
        yield self.step("acknowledged")

    @decision
    def authorise(self, send: Send) -> str:
        """A reason to refuse a send for good, or '' (P1). Asked before anything is written; membership is not asked here.

        The conversation must exist. Whether the sender is a member is for the commit to say (`members_only`).

        Variant::

            def authorise(self, send):
                return "too long" if len(send.body) > 1000 else ""
        """
        return "" if send.conversation in self.directory.conversations else "no such conversation"

    def persist(self, send: Send) -> Steps:
        """Commits message, dedupe row and outbox row together; returns Appended, AppendRefused or UNKNOWN.

        What `blocks` it is asked once, and told to the store: that refuses it for good, unless it was committed before.
        """
        refusal = self.blocks(send)
        place: Place | None = None
        while True:
            if place is None:
                place = yield from self.sequencer.place(send)
                if place is None:
                    return UNKNOWN
                yield self.step("sequenced")
            append = Append(
                content=send.content,
                sender=send.sender,
                device=send.device,
                dedupe_key=self.dedupe_key(send),
                retention=self.dedupe_retention,
                seq=place.seq,
                epoch=place.epoch,
                members_only=self.members_only(send),
                refusal=refusal,
            )
            outcome = yield self.call_store(self.directory.store_for(send.conversation), append, self.store_timeout)
            if isinstance(outcome, Unknown):
                self.emit(OutcomeUnknown, send.conversation, send.message)
            if isinstance(outcome, Appended) and not outcome.duplicate:
                self.sequencer.used(send, place)
            if not isinstance(outcome, AppendRefused) or outcome.final or outcome.retry_after:
                if refusal and isinstance(outcome, AppendRefused) and outcome.why == refusal:
                    self.emit(SendHeldBack, send.device, send.conversation, send.message, "abuse", 0)
                return outcome
            place = yield from self.sequencer.lost(send, place, outcome.why, outcome.head)

    def publish(self, send: Send, outcome: Appended) -> Steps:
        """Puts the delivery task into the queue; if that is not known to have worked, the outbox row stays for the relay."""
        message = Message.of(
            send.content,
            seq=outcome.seq,
            sender=send.sender,
            device=send.device,
            audience=outcome.audience,
            stored_at=outcome.stored_at,
        )
        task = Publish(message, "duplicate" if outcome.duplicate else "service")
        response = yield self.call(self.directory.queue_for(message), task, self.queue_timeout)
        if isinstance(response, Published):
            self.cast_store(self.directory.store_for(send.conversation), MarkPublished(send.conversation, outcome.seq))

    def answer_busy(self, payload: Send, source: Call, wait: int) -> None:
        self.hold_back(payload, "busy", wait, source)

    def hold_back(self, send: Send, why: str, wait: int, call: Call) -> None:
        """Tells the sender's device to try again in `wait` µs."""
        self.emit(SendHeldBack, send.device, send.conversation, send.message, why, wait)
        self.reply(call, SendResult(send.conversation, send.message, 0, "", wait))

    def answer(self, send: Send, seq: int, call: Call, stored_at: int = 0) -> None:
        """Tells the sender's device that its message is accepted as `seq` (0: without saying where), with its row's time."""
        self.emit(AcceptSent, send.conversation, seq, send.message, send.device)
        self.reply(call, SendResult(send.conversation, send.message, seq, stored_at=stored_at))

    # --- cursors, digests and sync (P6, P7) ------------------------------------------------------------------------

    def on_cursor_update(self, update: CursorUpdate, call: Call | None) -> None:
        upto = self.cursor_to_store(update)
        if upto != update.upto:
            update = CursorUpdate(update.device, update.conversation, upto, update.installation)
        self.cast_store(self.directory.store_for(update.conversation), update)

    def on_read_update(self, update: ReadUpdate, call: Call | None) -> None:
        self.cast_store(self.directory.store_for(update.conversation), update)
        if self.directory.fan_out.lists_from() != "log":
            self.cast_store(
                self.directory.inbox_for(update.user), InboxMark(update.user, update.conversation, update.upto)
            )

    def on_list_read(self, read: ListRead, call: Call) -> None:
        """Asks whom the policy names; answers when all have answered. Without one of them there is no list: it is asked again."""
        source = self.directory.fan_out.lists_from()
        stores = (self.directory.inbox_for(read.user),) if source == "inbox" else self.directory.stores
        gathered = _Lists(read, call, len(stores))
        ask = ReadList(read.device, read.user, read.number, source, read.marks)
        for store in stores:
            self.ask_store(store, ask, self.store_timeout, self._on_listing, gathered)

    def _on_listing(self, answer: Listing | Unknown, gathered: _Lists) -> None:
        if isinstance(answer, Unknown):
            return
        gathered.missing -= 1
        gathered.inbox |= {entry.conversation: entry for entry in answer.inbox}
        gathered.log |= {entry.conversation: entry for entry in answer.log}
        if not gathered.missing:
            entries = {**gathered.inbox, **gathered.log}
            self.count("list", 1, 32 * len(entries))
            listed = tuple(entries[name] for name in sorted(entries))
            self.reply(gathered.call, ConversationList(gathered.read.device, gathered.read.number, listed))

    @decision
    def tells_of_block(self, answered: int, partitions: int) -> bool:
        """Whether a device is told what became of a wish about another user, if so many partitions have answered (P17).

        If any has: a wish that lost against another learns of it, and is counted on, even if one partition is gone for good.

        Variant::

            def tells_of_block(self, answered, partitions):
                return answered == partitions
        """
        return answered > 0

    @decision
    def levels_blocks(self, told: dict[str, tuple[BlockUpdate, ...]]) -> bool:
        """Whether partitions that differ in whom a user blocks, as a digest shows, are brought the newest wish (P23).

        Always: the device that wished it may have been wiped before each had it, and nobody else knows of it.

        Variant::

            def levels_blocks(self, told):
                return False
        """
        return any(told.values())

    def on_block_update(self, update: BlockUpdate, call: Call) -> None:
        """Has every partition take it in, and says what those have that answer: until all have it, the device asks again."""
        answers: list[BlockIs | Unknown] = []
        for store in self.directory.stores:
            self.ask_store(store, update, self.store_timeout, self._on_block_is, (update, call, answers))

    def _on_block_is(self, answer: BlockIs | Unknown, asked: tuple[BlockUpdate, Call, list[BlockIs | Unknown]]) -> None:
        update, call, answers = asked
        answers.append(answer)
        known = [answer for answer in answers if isinstance(answer, BlockIs)]
        partitions = len(self.directory.stores)
        if len(answers) == partitions and self.tells_of_block(len(known), partitions):
            newest, kept = max(answer.number for answer in known), all(answer.kept for answer in known)
            alike = all(answer == known[0] for answer in known)
            everywhere = len(known) == len(answers)
            self.reply(call, BlockKept(update.device, update.blocked, update.number, newest, kept, alike, everywhere))

    def on_receipts_moved(self, moved: ReceiptsMoved, call: Call | None) -> None:
        """Tells the connected devices of those whom it concerns; who is not connected sees it with the next digest."""
        of_device: dict[str, list[Receipt]] = {}
        for user, receipt in moved.told:
            for device in self.directory.devices_of[user]:
                of_device.setdefault(device, []).append(receipt)
        lookup = Lookup(tuple(of_device))
        self.ask(self.directory.registry, lookup, self.store_timeout, self._on_connected, of_device)

    def _on_connected(self, found: Sessions | Unknown, of_device: dict[str, list[Receipt]]) -> None:
        if isinstance(found, Sessions):
            for gateway, devices in found.by_gateway().items():
                self.cast(gateway, ReceiptNotice(tuple((device, tuple(of_device[device])) for device in devices)))

    def on_profile_update(self, update: ProfileUpdate, call: Call) -> None:
        store = self.directory.store_of(update.profile.device)
        self.ask_store(store, update, self.store_timeout, self._on_profile_kept, call)

    def _on_profile_kept(self, answer: ProfileKept | Unknown, call: Call) -> None:
        if isinstance(answer, ProfileKept):
            self.reply(call, answer)

    def on_digest_request(self, request: DigestRequest, call: Call) -> None:
        """Asks every store partition; answers when all have answered or timed out, with what is known then."""
        gathered = _Gathering(request.device, call, len(self.directory.stores) + 1, request.fresh)
        who = WhoIsOnline(request.device, self.directory.company_of[request.user])
        self.ask(self.directory.presence, who, self.store_timeout, self._on_online, gathered)
        read = ReadHeads(request.device, request.user, request.fresh)
        inbox = self.directory.inbox_for(request.user)
        for store in self.directory.stores:
            self.ask_store(store, read, self.store_timeout, self._on_heads, (gathered, store, store == inbox, read))

    def _on_heads(self, answer: Heads | Unknown, asked: tuple[_Gathering, str, bool, ReadHeads]) -> None:
        gathered, store, has_inbox, read = asked
        if read.fresh and not isinstance(answer, Heads):  # nobody leads: what a follower has is better than nothing
            old = replace(read, fresh=False)
            self.ask_store(store, old, self.store_timeout, self._on_heads, (gathered, store, has_inbox, old))
            return
        gathered.missing -= 1
        if isinstance(answer, Heads):
            gathered.heads += zip(answer.heads, answer.logs, strict=True)
            gathered.seen += answer.seen
            gathered.blocks[store] = answer.blocks
            if has_inbox:
                gathered.inbox = dict(answer.inbox)
        self._digest(gathered)

    def _on_online(self, answer: Online | Unknown, gathered: _Gathering) -> None:
        gathered.missing -= 1
        if isinstance(answer, Online):
            gathered.online, gathered.as_of = answer.users, answer.as_of
        self._digest(gathered)

    def _level_blocks(self, told: dict[str, tuple[BlockUpdate, ...]]) -> None:
        """Brings the newest of whom a user blocks to partitions without it: the device that wished it may be wiped by now."""
        newest: dict[str, BlockUpdate] = {}
        for update in (update for updates in told.values() for update in updates):
            if update.rank > newest.setdefault(update.blocked, update).rank:
                newest[update.blocked] = update
        for update in newest.values():
            for store, updates in told.items():
                if update not in updates:
                    self.cast_store(store, update)

    def _digest(self, gathered: _Gathering) -> None:
        if not gathered.missing:
            if self.levels_blocks(gathered.blocks):
                self._level_blocks(gathered.blocks)
            inbox = gathered.inbox or {}
            by_log = self.lists_log(gathered.inbox is not None and not gathered.fresh)
            heads = tuple(
                head
                if (seq := log if by_log else inbox.get(head.conversation, 0)) <= head.head
                else replace(head, head=seq)
                for head, log in sorted(gathered.heads, key=lambda pair: pair[0].conversation)
            )
            self.count("digest", 1, 0)
            self.reply(gathered.call, Digest(gathered.device, heads, gathered.online, gathered.as_of, gathered.seen))

    def on_sync_read(self, read: SyncRead, call: Call) -> None:
        page = ReadPage(read.conversation, read.user, read.after, self.sync_page_size, read.heard, read.before)
        cache = self.directory.cache_for(read.conversation)
        if cache and self.asks_cache(read):
            self.ask(cache, page, self.store_timeout, self._on_cached, (read, call, page))
        else:
            self._read_store(page, (read, call))

    def _on_cached(self, answer: Page | NoPage | Unknown, asked: tuple[SyncRead, Call, ReadPage]) -> None:
        read, call, page = asked
        if isinstance(answer, Page):
            self._on_page(answer, (read, call))
        else:
            self._read_store(page, (read, call))

    def _read_store(self, page: ReadPage, asked: tuple[SyncRead, Call]) -> None:
        self.ask_store(self.directory.store_for(page.conversation), page, self.store_timeout, self._on_page, asked)

    def _on_page(self, answer: Page | Unknown, asked: tuple[SyncRead, Call]) -> None:
        read, call = asked
        if isinstance(answer, Page):
            messages = tuple(row.as_told(read.user) for row in self.page(read.after, answer.messages))
            self.count("page rows", len(messages), sum(message.bytes for message in messages))
            found = (messages, self.page_head(read, answer), self.page_first(read, answer), read.before)
            self.reply(call, SyncPage(read.device, read.conversation, read.after, *found))


class _Gathering:
    """A digest in the making: answers of store partitions, until none is missing."""

    __slots__ = ("as_of", "blocks", "call", "device", "fresh", "heads", "inbox", "missing", "online", "seen")

    def __init__(self, device: str, call: Call, missing: int, fresh: bool) -> None:
        self.device = device
        self.call = call
        self.missing = missing
        self.fresh = fresh
        self.heads: list[tuple[Head, int]] = []
        """Each with the head of the log."""
        self.inbox: dict[str, int] | None = None
        """What the user's inbox lists; None if it could not be read."""
        self.online: tuple[str, ...] | None = None
        self.as_of = 0
        self.seen: tuple[tuple[str, int], ...] = ()
        self.blocks: dict[str, tuple[BlockUpdate, ...]] = {}
        """By store partition: whom the user blocks."""


class _Lists:
    """A list of conversations in the making: answers of store partitions, until none is missing."""

    __slots__ = ("call", "inbox", "log", "missing", "read")

    def __init__(self, read: ListRead, call: Call, missing: int) -> None:
        self.read = read
        self.call = call
        self.missing = missing
        self.inbox: dict[str, Listed] = {}
        self.log: dict[str, Listed] = {}
