"""What the payloads that hooks take hold: a row for each, with every field and its unit, for docs/writing-variants.md.

What a payload is stands in its docstring; what a field of it is, by its name, in `MEANS`, and where one name means several
things, in `OF_ONE`. A field that neither knows is an error.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from model import content
from model.hooks import hooks_of
from model.protocol import REFERENCE
from model.wire import client, replication

NESTED: tuple[type[msgspec.Struct], ...] = (
    content.Message,
    content.Content,
    client.Head,
    client.Receipt,
    client.Sighting,
    client.Listed,
    client.Token,
    replication.Entry,
)
"""What stands in a field of a payload, and has fields itself."""

MEANS: dict[str, str] = {
    "active": "whether it is in use",
    "after": "seq",
    "age": "µs",
    "ago": "µs",
    "alike": "whether",
    "app_version": "text",
    "as_of": "µs, by the presence service's own count",
    "ask": "number of the wish",
    "at": "µs",
    "attempt": "number of the try, from 1",
    "audience": "number of members at this place",
    "badge": "number of messages",
    "before": "seq; 0: not given",
    "before_term": "term of the entry there",
    "blocked": "user",
    "body": "sealed: only devices read it",
    "by": "who publishes",
    "candidate": "replica",
    "capabilities": "payload types; `*`: all",
    "committed": "number of entries",
    "connected_at": "µs, by the gateway's clock",
    "content": "`Content`",
    "conversation": "name",
    "counts": "(seq of the user's newest message, how many others have it, how many have read it)",
    "cursor": "seq",
    "cursors": "(conversation, seq, seq) each",
    "dedupe_key": "texts; empty: no dedupe",
    "delay": "µs",
    "delivered_to_all": "seq",
    "delivered_to_one": "seq",
    "delivery": "number by which a worker tells its pushes apart",
    "device": "name",
    "devices": "names",
    "entries": "`Listed` each",
    "epoch": "number of the device's connection, from 1",
    "everywhere": "whether",
    "expires": "µs, by the issuer's clock",
    "first": "seq",
    "follower": "replica",
    "found": "(conversation, device, seq of its cursor) each",
    "frames": "`PresenceFrame` each",
    "fresh": "whether",
    "gateway": "node",
    "granted": "whether",
    "head": "seq",
    "heads": "`Head` each",
    "heard": "seq",
    "hidden": "users who are not to see it",
    "hidden_from": "users who are not to see it",
    "installation": "number of the app's installation, from 1",
    "issuer": "who issued it",
    "kept": "whether",
    "kind": "'' for what a person wrote, or join, leave, create, filler",
    "last_term": "term",
    "leader": "replica",
    "length": "number of entries",
    "limit": "number of rows",
    "marks": "(conversation, seq of the read mark) each",
    "members": "users",
    "members_only": "whether only a member may send",
    "message": "message id",
    "messages": "`Message` each, in order",
    "name_bytes": "bytes",
    "newest": "number",
    "number": "number of the request",
    "on": "whether",
    "online": "whether",
    "overdue": "(conversation, device, µs that it has been stuck) each",
    "owner": "node",
    "payload": "type of the body; '': text",
    "payload_ref": "blob; '': none",
    "platform": "`fcm` or `apns`",
    "profile": "`Profile`",
    "read": "seq of the read mark",
    "read_by": "(user, seq) each",
    "read_by_all": "seq",
    "reason": "text",
    "receipts": "`Receipt` each",
    "ref": "blob",
    "refusal": "why it is refused, if it is; ''",
    "refused": "why; '': it is not",
    "removed": "(conversation, seq) each",
    "result": "`acked`, or why not: say `no connection`",
    "retention": "µs that the dedupe row is kept",
    "retry_after": "µs; 0: not said",
    "rows": "number of rows",
    "seal": "number",
    "seen": "µs; 0: not known",
    "sender": "user",
    "sent_at": "µs, by the sender's clock",
    "seq": "seq",
    "sightings": "`Sighting` each",
    "silent": "µs",
    "simpler": "whether a simpler form comes with it",
    "simplified": "whether it is the simpler form alone",
    "size": "bytes",
    "source": "inbox, log or both",
    "stored_at": "µs, by the store's clock; 0: not said",
    "subject": "user whom it is about",
    "taken": "whether",
    "term": "number of the leader's term, from 1",
    "to": "replica",
    "token": "the app's push token",
    "told": "(user, `Receipt`) each",
    "ttl": "µs",
    "unread": "number of messages",
    "upto": "seq",
    "user": "name",
    "users": "names",
    "version": "number, which only grows",
    "voter": "replica",
    "why": "text",
    "worker": "node",
    "write": "the payload that is written",
}
"""By the name of a field: what it is, and its unit."""

OF_ONE: dict[str, str] = {
    "Append.epoch": "number of the sequencer's epoch; 0: none",
    "Append.seq": "seq; 0: the next one",
    "Complete.token": "number of the lease",
    "DeadLetter.user": "name; '': all recipients",
    "Digest.online": "users; None: not known",
    "Digest.seen": "(user, µs) each",
    "Hello.token": "`Token`",
    "Notification.seq": "seq; 0: not said",
    "Notification.badge": "number of unread messages; -1: not said",
    "Notify.counts": "(number of unread messages, seq of the read mark) for each device",
    "Publish.message": "`Message`",
    "Push.message": "`Message`",
    "PushMessage.message": "`Message`",
    "ReadRecipients.seq": "seq; 0: now",
    "ReceiptNotice.told": "(device, its `Receipt`s) each",
    "Release.token": "number of the lease",
    "Replicate.before": "number of entries",
    "Replicate.entries": "`Entry` each",
    "Replicated.upto": "number of entries",
    "SendResult.seq": "seq; 0: not said",
    "Token.subject": "user",
    "Entry.at": "µs, by the leader's clock",
}
"""Where the name of a field does not say it: by type and field."""


def fields(kind: type[msgspec.Struct]) -> Iterator[tuple[str, str]]:
    """The fields of a type, each with what it is. Raises KeyError for one of which nothing is said."""
    for field in msgspec.structs.fields(kind):
        yield field.name, OF_ONE.get(f"{kind.__name__}.{field.name}") or MEANS[field.name]


def taken() -> dict[type[Any], list[str]]:
    """The payloads that hooks take, each with its hooks, as component.hook."""
    found: dict[type[Any], list[str]] = {}
    for component, cls in REFERENCE.components().items():
        named = {name: hook for name, hook in hooks_of(cls).items() if hook.kind == "message"}
        for table in ("receives", "writes", "reads"):
            for payload, name in getattr(cls, table, {}).items():
                if name in named:
                    found.setdefault(payload, []).append(f"{component}.{name}")
    return found


def rows() -> Iterator[str]:
    """A row for each payload, in the order of the components that take them, and for what stands in their fields."""
    for payload, hooks in taken().items():
        only = [hook for hook in hooks if not hook.endswith((".on_write", ".on_read"))] or hooks
        yield row(payload, ", ".join(f"`{hook}`" for hook in only))
    for kind in NESTED:
        yield row(kind, "in others")


def row(kind: type[msgspec.Struct], where: str) -> str:
    """What a type is, where it comes, and what its fields are."""
    says = re.sub(r" \([A-Z]\d+\)", "", " ".join((inspect.getdoc(kind) or "").split())).replace("|", "\\|")
    held = "; ".join(f"`{name}`: {what}" for name, what in fields(kind))
    return f"| `{kind.__name__}` | {where} | {says} | {held} |"
