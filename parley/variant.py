"""The door for variants: everything that a file with another answer imports. It stays, wherever the classes behind it move.

A variant subclasses a component's class and puts it in place with `variant`:

    from parley.variant import MessageStore, variant


    class NoDedupe(MessageStore):
        def find_duplicate(self, rows, append, at):
            return 0


    PROTOCOL = variant("no-dedupe", store=NoDedupe)

Here are the component classes, the kinds of sequencer and of fan-out, what the signatures of decisions and hooks name, the
distributions of settings, what marks further decisions and settings, and `replace`, which makes a payload anew with some
fields changed. Times are integer µs.

Requirements: V3.
"""

from __future__ import annotations

from msgspec.structs import replace

from model.component import Component
from model.content import Content, Message
from model.decisions import SWEPT, Among, Draw, Index, Micros, Seq, Unit, action, decision, overrides_private, setting
from model.device.database import LocalConversation, OutboxEntry, Transaction
from model.device.device import Device
from model.directory import ConversationEntry, DeviceEntry, Directory
from model.fan_out import FanOut, Hybrid, OnRead, OnWrite
from model.membership import Member
from model.protocol import PROTOCOLS, REFERENCE, Protocol, VariantError, variant
from model.security import Bucket, Identity, credential, issue
from model.servers.blobs import BlobStore
from model.servers.gateway import Gateway, GatewaySession
from model.servers.notification import NotificationService, TokenRow
from model.servers.presence import PresenceService
from model.servers.provider import PushProvider
from model.servers.queue import DeliveryQueue
from model.servers.registry import SessionRegistry
from model.servers.relay import OutboxRelay
from model.servers.segment_cache import SegmentCache
from model.servers.sequencer import LeasedShard, Optimistic, Place, Sequencer, StoreCounter
from model.servers.service import MessagingService
from model.servers.shard import Ownership, SequencerShard
from model.servers.worker import DeliveryWorker
from model.store.store import MessageStore
from model.store.tables import ConversationTable, DedupeRow, InboxEntry
from model.wire.base import Wire
from model.wire.client import (
    Ack,
    Block,
    BlockKept,
    ConversationList,
    Digest,
    GetBlob,
    Goodbye,
    Head,
    HeadHint,
    Heartbeat,
    Hello,
    Listed,
    ListRequest,
    LiveReceipts,
    Pong,
    PresenceFrame,
    Profile,
    ProfileKept,
    PushMessage,
    PutBlob,
    ReadMark,
    Receipt,
    Refused,
    RegisterToken,
    Resume,
    SendMessage,
    SendResult,
    Sighting,
    SyncPage,
    SyncRequest,
    Token,
    TokenKept,
    Typing,
    TypingFrame,
    Welcome,
)
from model.wire.delivery import (
    Complete,
    LeaseRequest,
    Lookup,
    Notification,
    Notify,
    Publish,
    Push,
    PushHint,
    PushResult,
    Register,
    Release,
    Session,
    Sessions,
    TokenUpdate,
    Unregister,
)
from model.wire.replication import Entry, Forwarded, Replicate, Replicated, RequestVote, Vote
from model.wire.service import (
    BlockUpdate,
    CursorUpdate,
    DigestRequest,
    LastSeen,
    ListRead,
    PresenceBeat,
    PresenceGone,
    PresenceNotice,
    ProfileUpdate,
    ReadUpdate,
    ReceiptNotice,
    ReceiptsMoved,
    Send,
    SyncRead,
    TypingNotice,
    TypingStarted,
    WhoIsOnline,
)
from model.wire.store import (
    AcquireLease,
    Allocate,
    Append,
    Appended,
    AppendRefused,
    CleanUp,
    DeadLetter,
    InboxMark,
    LeaseIs,
    MarkPublished,
    Page,
    PlaceUsed,
    ReadHead,
    ReadHeads,
    ReadList,
    ReadPage,
    ReadRecipients,
    ReadSegment,
    Recipient,
    RecordFailures,
    Segment,
    Sweep,
    Unpublished,
    WriteInbox,
)
from sim.distributions import Constant, Distribution, Empirical, Exponential, LogNormal, Sampler, Uniform
from sim.draws import key
from sim.network import Call, Connection
from sim.node import UNKNOWN, Steps, Timer, Unknown

__all__ = [
    "PROTOCOLS",
    "REFERENCE",
    "SWEPT",
    "UNKNOWN",
    "Ack",
    "AcquireLease",
    "Allocate",
    "Among",
    "Append",
    "AppendRefused",
    "Appended",
    "BlobStore",
    "Block",
    "BlockKept",
    "BlockUpdate",
    "Bucket",
    "Call",
    "CleanUp",
    "Complete",
    "Component",
    "Connection",
    "Constant",
    "Content",
    "ConversationEntry",
    "ConversationList",
    "ConversationTable",
    "CursorUpdate",
    "DeadLetter",
    "DedupeRow",
    "DeliveryQueue",
    "DeliveryWorker",
    "Device",
    "DeviceEntry",
    "Digest",
    "DigestRequest",
    "Directory",
    "Distribution",
    "Draw",
    "Empirical",
    "Entry",
    "Exponential",
    "FanOut",
    "Forwarded",
    "Gateway",
    "GatewaySession",
    "GetBlob",
    "Goodbye",
    "Head",
    "HeadHint",
    "Heartbeat",
    "Hello",
    "Hybrid",
    "Identity",
    "InboxEntry",
    "InboxMark",
    "Index",
    "LastSeen",
    "LeaseIs",
    "LeaseRequest",
    "LeasedShard",
    "ListRead",
    "ListRequest",
    "Listed",
    "LiveReceipts",
    "LocalConversation",
    "LogNormal",
    "Lookup",
    "MarkPublished",
    "Member",
    "Message",
    "MessageStore",
    "MessagingService",
    "Micros",
    "Notification",
    "NotificationService",
    "Notify",
    "OnRead",
    "OnWrite",
    "Optimistic",
    "OutboxEntry",
    "OutboxRelay",
    "Ownership",
    "Page",
    "Place",
    "PlaceUsed",
    "Pong",
    "PresenceBeat",
    "PresenceFrame",
    "PresenceGone",
    "PresenceNotice",
    "PresenceService",
    "Profile",
    "ProfileKept",
    "ProfileUpdate",
    "Protocol",
    "Publish",
    "Push",
    "PushHint",
    "PushMessage",
    "PushProvider",
    "PushResult",
    "PutBlob",
    "ReadHead",
    "ReadHeads",
    "ReadList",
    "ReadMark",
    "ReadPage",
    "ReadRecipients",
    "ReadSegment",
    "ReadUpdate",
    "Receipt",
    "ReceiptNotice",
    "ReceiptsMoved",
    "Recipient",
    "RecordFailures",
    "Refused",
    "Register",
    "RegisterToken",
    "Release",
    "Replicate",
    "Replicated",
    "RequestVote",
    "Resume",
    "Sampler",
    "Segment",
    "SegmentCache",
    "Send",
    "SendMessage",
    "SendResult",
    "Seq",
    "Sequencer",
    "SequencerShard",
    "Session",
    "SessionRegistry",
    "Sessions",
    "Sighting",
    "Steps",
    "StoreCounter",
    "Sweep",
    "SyncPage",
    "SyncRead",
    "SyncRequest",
    "Timer",
    "Token",
    "TokenKept",
    "TokenRow",
    "TokenUpdate",
    "Transaction",
    "Typing",
    "TypingFrame",
    "TypingNotice",
    "TypingStarted",
    "Uniform",
    "Unit",
    "Unknown",
    "Unpublished",
    "Unregister",
    "VariantError",
    "Vote",
    "Welcome",
    "WhoIsOnline",
    "Wire",
    "WriteInbox",
    "action",
    "credential",
    "decision",
    "issue",
    "key",
    "overrides_private",
    "replace",
    "setting",
    "variant",
]
