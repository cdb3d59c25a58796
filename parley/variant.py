"""The door for variants: everything that a file with another answer imports. It stays, wherever the classes behind it move.

A variant subclasses a component's class and puts it in place with `variant`:

    from parley.variant import MessageStore, variant


    class NoDedupe(MessageStore):
        def find_duplicate(self, rows, append, at):
            return 0


    PROTOCOL = variant("no-dedupe", store=NoDedupe)

Here are the component classes, the kinds of sequencer and of fan-out, what the signatures of decisions name, the
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
from model.wire.client import Ack, Head, Heartbeat, Hello, Profile, PutBlob, Receipt, SyncPage, Token
from model.wire.delivery import Notification, Register, Session, Sessions, TokenUpdate
from model.wire.service import BlockUpdate, CursorUpdate, Send, SyncRead
from model.wire.store import Append, Appended, AppendRefused, LeaseIs, Page, ReadPage, Recipient, Segment
from sim.distributions import Constant, Distribution, Empirical, Exponential, LogNormal, Sampler, Uniform
from sim.draws import key
from sim.node import Unknown

__all__ = [
    "PROTOCOLS",
    "REFERENCE",
    "SWEPT",
    "Ack",
    "Among",
    "Append",
    "AppendRefused",
    "Appended",
    "BlobStore",
    "BlockUpdate",
    "Bucket",
    "Component",
    "Constant",
    "Content",
    "ConversationEntry",
    "ConversationTable",
    "CursorUpdate",
    "DedupeRow",
    "DeliveryQueue",
    "DeliveryWorker",
    "Device",
    "DeviceEntry",
    "Directory",
    "Distribution",
    "Draw",
    "Empirical",
    "Exponential",
    "FanOut",
    "Gateway",
    "GatewaySession",
    "Head",
    "Heartbeat",
    "Hello",
    "Hybrid",
    "Identity",
    "InboxEntry",
    "Index",
    "LeaseIs",
    "LeasedShard",
    "LocalConversation",
    "LogNormal",
    "Member",
    "Message",
    "MessageStore",
    "MessagingService",
    "Micros",
    "Notification",
    "NotificationService",
    "OnRead",
    "OnWrite",
    "Optimistic",
    "OutboxEntry",
    "OutboxRelay",
    "Ownership",
    "Page",
    "Place",
    "PresenceService",
    "Profile",
    "Protocol",
    "PushProvider",
    "PutBlob",
    "ReadPage",
    "Receipt",
    "Recipient",
    "Register",
    "Sampler",
    "Segment",
    "SegmentCache",
    "Send",
    "Seq",
    "Sequencer",
    "SequencerShard",
    "Session",
    "SessionRegistry",
    "Sessions",
    "StoreCounter",
    "SyncPage",
    "SyncRead",
    "Token",
    "TokenRow",
    "TokenUpdate",
    "Transaction",
    "Uniform",
    "Unit",
    "Unknown",
    "VariantError",
    "Wire",
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
