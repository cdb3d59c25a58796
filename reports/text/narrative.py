"""A run told line by line: when, who, what. Used to explain a violation and to follow a walkthrough.

Requirements: R4.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from model import events as e
from sim import history as h
from sim.history import Event


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th … 11th … 21st."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def _types(capabilities: Sequence[str]) -> str:
    if "*" in capabilities:
        return "every payload type"
    return ", ".join(("text", *capabilities))


_FEW_NODES = 3
"""So many nodes are named; of more it is said how many they are."""


def _if(text: str, value: object) -> str:
    """The text, if what it is about was said: a client's record may leave it out."""
    return text if value else ""


def _off(ahead: int) -> str:
    """How far a clock is from the right time."""
    return f"{abs(ahead) / 1e6:g} s {'ahead' if ahead > 0 else 'behind'}"


def _none(place: int | str) -> int | str:
    """A place in a conversation; an opaque one that wasn't said is nothing."""
    return "nothing" if place == "" else place


def _at(x: Any) -> str:
    """A message and its place in a conversation; the message alone names it where the record says no place."""
    placed = x.seq and x.seq != x.message
    return f"{x.conversation} {x.seq} ({x.message})" if placed else f"{x.message} of {x.conversation}"


def _held(x: h.FaultStarted) -> str:
    """Whom a fault holds, in short: a few names, or how many there are."""
    links = sum(len(senders) * len(receivers) for senders, receivers in x.links)
    few = len(x.nodes) <= _FEW_NODES
    said = [", ".join(x.nodes) if few else f"{len(x.nodes):,} nodes"] if x.nodes else []
    said += [_count(links, "link")] if links else []
    return f": holds {' and '.join(said)}" if said else ""


SENTENCES: dict[type[Event], Callable[[Any], str]] = {
    h.Crashed: lambda x: f"dies at '{x.point}'" if x.point else "dies",
    h.Restarted: lambda x: f"starts again, life {x.incarnation}",
    h.LostForGood: lambda x: "is gone for good",
    h.QuorumLostForGood: lambda x: (
        f"most replicas of {x.partition} are gone for good: {', '.join(x.conversations)} with them"
    ),
    h.Paused: lambda x: "stands still",
    h.Resumed: lambda x: f"goes on, with {_count(x.deferred, 'thing')} waiting",
    h.MessageLost: lambda x: f"its {x.kind} to {x.to} is lost ({x.why})",
    h.MessageDuplicated: lambda x: f"its {x.kind} to {x.to} will arrive twice",
    h.MessageDelayed: lambda x: f"its {x.kind} to {x.to} is held up for {x.delay / 1e6:g} s",
    h.NodePlaced: lambda x: f"is a {x.role}{_if(f' of {x.cluster}', x.cluster)} in {x.region}",
    h.FaultStarted: lambda x: f"{'armed ' if x.armed else ''}{x.kind} strikes (fault {x.fault}){_held(x)}",
    h.ClockSet: lambda x: (
        (f"has a clock that is {_off(x.ahead)}" if x.ahead else "has a clock that is right")
        + _if(f", and gains {x.rate} µs a second", x.rate)
    ),
    h.FaultEnded: lambda x: f"{x.kind} is over (fault {x.fault})",
    e.Probed: lambda x: (
        f"the system has converged, and is probed: {_count(len(x.asleep), 'app')} closed, "
        f"{_count(len(x.conversations), 'message')} sent; {x.bound / 1e6:g} s to be notified"
    ),
    h.Healed: lambda x: f"every fault is healed, load stops; {x.bound / 1e6:g} s to converge",
    h.Exhausted: lambda x: f"gives the run up: {x.why}",
    h.Ended: lambda x: "the run ends",
    e.ConversationOpened: lambda x: (
        f"{x.conversation} is a {x.type} conversation of {', '.join(x.members)}"
        + (f" with {_count(x.head, 'message')}" if x.head else "")
        + _if(f", which {x.by} created as '{x.title}'", x.by)
    ),
    e.ConversationRequested: lambda x: (
        f"its user creates {x.conversation} as '{x.title}', with {', '.join(x.members[1:]) or 'nobody else'}"
    ),
    e.DeviceRegistered: lambda x: (
        f"{x.device} is a device of {x.user}" + _if(f" in {x.region}", x.region) + _if(f", on {x.access}", x.access)
    ),
    e.FanOutChosen: lambda x: (
        (
            f"fans {x.conversation} {x.seq} out on {x.strategy}"
            if x.strategy != "hybrid"
            else f"fans {x.conversation} {x.seq} out by push"
        )
        + f" to {_count(x.audience, 'member')}"
        + (", with inbox rows" if x.inbox else "")
    ),
    e.InboxStored: lambda x: f"puts {x.conversation} {x.seq} into {x.user}'s inbox",
    e.ListedInLog: lambda x: f"lists {x.conversation} {x.seq} in digests all the same ({x.why})",
    e.HeadHinted: lambda x: f"hints to {x.device} that {x.conversation} has {x.seq}",
    e.SegmentLoaded: lambda x: f"caches the newest messages of {x.conversation}, up to {x.head}",
    e.Counted: lambda x: f"counted {x.number:,} × {x.what}" + (f", {x.bytes:,} bytes" if x.bytes else ""),
    e.MemberJoined: lambda x: (
        (f"{x.by} added {x.user} to {x.conversation}" if x.by else f"{x.user} joined {x.conversation}")
        + _if(f" at {x.seq}", x.seq)
        + _if(f"; reads from {x.reads_from} on", x.reads_from)
    ),
    e.MemberLeft: lambda x: (
        (
            f"{x.user} left {x.conversation}"
            if x.by in ("", x.user)
            else f"{x.by} removed {x.user} from {x.conversation}"
        )
        + _if(f" at {x.seq}", x.seq)
    ),
    e.SendRequested: lambda x: f"its user sends {x.send} to {x.conversation}; it is in the outbox",
    e.UploadAttempted: lambda x: (
        f"uploads the attachment of {x.send or 'a send'}"
        + _if(f" as {x.ref}", x.ref)
        + (f", try {x.attempt}" if x.attempt > 1 else "")
    ),
    e.BlobStored: lambda x: f"stores {x.ref}, {x.size:,} bytes",
    e.BlobMissing: lambda x: f"has no {x.ref} for {x.device}",
    e.BlobFetched: lambda x: (
        f"has fetched {x.ref or 'what it is'}, the attachment of {x.conversation} {x.seq or ''}".rstrip()
    ),
    e.SendAttempted: lambda x: f"tries to send {x.message}" + (f", try {x.attempt}" if x.attempt > 1 else ""),
    e.SendAccepted: lambda x: (
        f"learns that {x.message} is accepted" + (f" as {x.conversation} {x.seq}" if x.seq else "")
    ),
    e.SendRefused: lambda x: f"learns that {x.message} is refused" + _if(f": {x.reason}", x.reason),
    e.SendDeferred: lambda x: f"is told to send {x.send or 'it'} again in {x.retry_after / 1e6:g} s",
    e.LineJoined: lambda x: f"has a {x.kind} wait behind {x.waiting:,} others" if x.waiting else f"has a {x.kind} wait",
    e.LineLeft: lambda x: f"serves what has waited for {x.waited / 1e6:g} s",
    e.TurnedAway: lambda x: f"is too busy for {x.message}: it would wait for {x.ahead / 1e6:g} s",
    e.SenderFlagged: lambda x: {
        "block": f"flags {x.user}, whose sends are blocked",
        "delay": f"flags {x.user}, whose sends are put off by {x.wait / 1e6:g} s",
    }.get(x.verdict, f"takes the flag from {x.user}"),
    e.SendAdmitted: lambda x: f"lets {x.message} of {x.device} pass",
    e.SendHeldBack: lambda x: (
        f"holds {x.message} of {x.device} back ({x.why})"
        + (f", for {x.retry_after / 1e6:g} s" if x.retry_after else ", for good")
    ),
    e.PolicyDeclared: lambda x: (
        f"declares for {x.policy}{_if(f' {x.subject}', x.subject)}: {x.value:,}"
        + _if(f", {x.burst:,} at once", x.burst)
    ),
    e.ConnectionRefused: lambda x: f"refuses a connection of {x.device} ({x.why})",
    e.CallRefused: lambda x: f"refuses a {x.kind} of one that calls itself {x.caller or 'nobody'}, and isn't",
    e.IntruderAsked: lambda x: f"is no part of the deployment, and sends {x.to} a {x.kind} as {x.claims}",
    e.TokenRevoked: lambda x: (
        f"revokes {x.token}, " + (f"by which {x.device} is connected" if x.device else "a token for connections")
    ),
    e.SessionOpened: lambda x: f"opens a session for {x.device}",
    e.UpgradeTried: lambda x: (
        f"asks {x.to} for a connection as {x.device}, with {x.token}: {x.subject}'s for {x.bearer}, "
        + ("" if x.sealed else "sealed by nobody, ")
        + (
            f"good for {(x.expires - x.t) / 1e6:g} s"
            if x.expires > x.t
            else f"expired {(x.t - x.expires) / 1e6:g} s ago"
        )
    ),
    e.UpgradeGranted: lambda x: f"has a connection to {x.by} as {x.device}, for {x.token}",
    e.Stored: lambda x: f"stores {_at(x)}" + _if(f", which came by {x.via}", x.via),
    e.Shown: lambda x: (
        f"shows {'a placeholder for ' if x.placeholder else 'the simpler form of ' if x.simpler else ''}{_at(x)}"
        + _if(f" from {x.sender}", x.sender)
    ),
    e.ShownAtTap: lambda x: f"shows its own {x.message} of {x.conversation} at the tap",
    e.PlaceholderReplaced: lambda x: f"shows what {_at(x)} is, in place of its placeholder",
    e.AppUpdated: lambda x: (
        f"has version {x.app_version or 'another'} of the app now, which knows {_types(x.capabilities)}"
    ),
    e.ProfileConfirmed: lambda x: "learns that the server knows what its app can show",
    e.ProfileStored: lambda x: (
        f"keeps that {x.device} has version {x.app_version}, which knows {_types(x.capabilities)}"
    ),
    e.DuplicateIgnored: lambda x: f"already has {_at(x)}" + _if(f", which came by {x.via}", x.via),
    e.CursorMoved: lambda x: f"moves its cursor of {x.conversation} to {x.to}",
    e.AckSent: lambda x: f"acks {x.conversation}" + _if(f" up to {x.upto}", x.upto),
    e.GapOpened: lambda x: f"got {x.conversation} {x.got} but has only up to {_none(x.have)}: it waits for the rest",
    e.GapFilled: lambda x: f"has {x.conversation} without a gap" + _if(f" up to {x.upto}", x.upto),
    e.SyncRequested: lambda x: f"asks for {x.conversation} after {_none(x.after)}" + _if(f" ({x.why})", x.why),
    e.ScrolledBack: lambda x: f"its user scrolls up in {x.conversation}, to what is above {x.before}",
    e.HistoryRequested: lambda x: f"asks for the page of {x.conversation} above {x.before}" + _if(f" ({x.why})", x.why),
    e.PageShown: lambda x: (
        f"shows {_count(len(x.messages), 'message')} of {x.conversation} above {x.before}"
        + _if(f", and a gap below, down to {x.have}", isinstance(x.have, int) and x.first - 1 > x.have)
    ),
    e.FinalRead: lambda x: (
        f"has read {x.conversation} to its end"
        + _if(f", and found {_count(len(x.messages), 'message')} more", x.messages)
    ),
    e.SyncPageReceived: lambda x: (
        f"gets {_count(x.count, 'message')} of {x.conversation}"
        + _if(f" after {x.after}", x.after != "")
        + _if(f"; the head is {x.head}", x.head != "")
    ),
    e.Connected: lambda x: (
        "is connected" + _if(f" through {x.gateway}", x.gateway) + _if(f" (connection {x.epoch})", x.epoch)
    ),
    e.ConnectFailed: lambda x: (
        "gives up a try to connect" + _if(f" to {x.gateway}", x.gateway) + _if(f" ({x.why})", x.why)
    ),
    e.Disconnected: lambda x: (
        "gives up its connection" + _if(f" to {x.gateway}", x.gateway) + _if(f" ({x.why})", x.why)
    ),
    e.Slept: lambda x: "falls asleep",
    e.Woke: lambda x: "wakes up" + _if(f", by {x.by}", x.by),
    e.NotificationShown: lambda x: (
        f"gets a notification for {x.conversation}"
        + (f", which says that {x.sender} has written" if x.sender else "")
        + (f"; its badge is {x.badge}" if x.badge >= 0 else "")
    ),
    e.NotificationIgnored: lambda x: f"gets a notification for {x.conversation}, for {x.user}, and shows nothing",
    e.TokenIssued: lambda x: f"is given the push token {x.token}",
    e.LoggedOut: lambda x: "is logged out: somebody else wants the handset",
    e.LoggedIn: lambda x: "is logged in again",
    e.Persisted: lambda x: (
        f"commits {x.message} of {x.sender}{f', a {x.kind},' if x.kind else ''} as {x.conversation} {x.seq}"
        + (f", with the attachment {x.payload_ref}" if x.payload_ref else "")
    ),
    e.FillerPersisted: lambda x: f"fills {x.conversation} {x.seq}, which nobody used",
    e.ShardOwned: lambda x: f"owns the conversations of {x.partition}, epoch {x.epoch}",
    e.OutcomeUnknown: lambda x: f"has no answer to its commit of {x.message}, and can't know what became of it",
    e.LeaderElected: lambda x: f"leads {x.partition}, term {x.term}",
    e.LeadershipLost: lambda x: f"leads {x.partition} no more, after term {x.term} ({x.why})",
    e.StaleRead: lambda x: f"answers a {x.read} from {_count(x.behind, 'commit')} ago",
    e.HeadRead: lambda x: f"says that the head of {x.conversation} is {x.head}",
    e.RowLost: lambda x: f"gives up {x.conversation} {x.seq} ({x.message or 'a filler'}), which was committed",
    e.WriteFenced: lambda x: f"refuses a write of epoch {x.epoch} to {x.conversation}: epoch {x.newer} owns it",
    e.DuplicateRecognised: lambda x: f"knows {x.message} already, as {x.conversation} {x.seq}",
    e.AcceptSent: lambda x: f"tells {x.device} that {x.message} is accepted" + (f" as {x.seq}" if x.seq else ""),
    e.Enqueued: lambda x: f"takes a delivery task for {x.conversation} {x.seq} from the {x.by}",
    e.LagAlarm: lambda x: f"raises an alarm: a task has waited for {x.lag / 1e6:g} s, and {x.waiting:,} wait",
    e.LagCleared: lambda x: "has caught up: the alarm is over",
    e.TaskLeased: lambda x: (
        f"leases the task of {x.conversation} {x.seq} to {x.worker}"
        + (f", for the {ordinal(x.attempt)} time" if x.attempt > 1 else "")
    ),
    e.LeaseExpired: lambda x: f"{x.worker}'s lease of {x.conversation} {x.seq} runs out",
    e.TaskReleased: lambda x: f"{x.worker} gives {x.conversation} {x.seq} back for {x.delay / 1e6:g} s",
    e.TaskClosed: lambda x: f"closes the task of {x.conversation} {x.seq}, done by {x.worker}",
    e.DeadLettered: lambda x: f"sets the task of {x.conversation} {x.seq} aside after {_count(x.attempts, 'lease')}",
    e.Pushed: lambda x: (
        f"pushes {x.conversation} {x.seq} to {x.device}" + (f", try {x.attempt}" if x.attempt > 1 else "")
    ),
    e.PushFailed: lambda x: f"could not push {x.conversation} {x.seq} to {x.device}: {x.why}",
    e.DeliveryConfirmed: lambda x: f"knows that {x.device} has {x.conversation} {x.seq} ({x.how})",
    e.HandedToNotification: lambda x: f"leaves {x.device} to the notification service, for {x.conversation} {x.seq}",
    e.DeliveryFailed: lambda x: f"gives up pushing {x.conversation} {x.seq} to {x.device}: {x.reason}",
    e.FailureAlert: lambda x: (
        f"raises an alert: {x.failures:,} {'delivery' if x.failures == 1 else 'deliveries'} given up in {x.conversation} "
        f"({x.reason})"
    ),
    e.CursorStored: lambda x: (
        f"stores {x.device}'s cursor of {x.conversation}: {x.to}"
        + (f", of installation {x.installation}" if x.installation > 1 else "")
    ),
    e.Wiped: lambda x: (
        "has lost all its data; its app is "
        + (f"installation {x.installation} from now on" if x.installation else "new")
    ),
    e.RowsRemoved: lambda x: (
        f"removes what is in {x.conversation}"
        + _if(f" up to {x.upto}", x.upto)
        + (f", which is older than {x.retention / 1e6:g} s" if x.retention else "")
    ),
    e.BackedUp: lambda x: "makes a backup of its database",
    e.Restored: lambda x: (
        "is restored from a backup"
        + (f" of {x.taken / 1e6:g} s" if x.taken >= 0 else "")
        + (f"; its app is installation {x.installation} from now on" if x.installation else "")
    ),
    e.DeviceStuck: lambda x: (
        f"reports {x.device} as stuck in {x.conversation}: something waits, and no ack for {x.limit / 1e6:g} s"
    ),
    e.DeviceCleaned: lambda x: (
        f"gives up what it kept of {x.device} in {x.conversation}, which was stuck for {x.after / 1e6:g} s"
    ),
    e.DeviceReturned: lambda x: f"hears from {x.device} again in {x.conversation}: it is no longer stuck",
    e.StatusStored: lambda x: (
        f"writes that {x.conversation} {x.first}"
        + (f" to {x.last} are" if x.last > x.first else " is")
        + f" {x.status} for {x.who}"
    ),
    e.BlockAsked: lambda x: f"blocks {x.blocked}" if x.on else f"no longer blocks {x.blocked}",
    e.BlockStored: lambda x: (
        f"hides what {x.blocked} writes from {x.user} from now on"
        if x.on
        else f"hides {x.blocked} from {x.user} no longer"
    ),
    e.Viewed: lambda x: f"is looked at, {x.conversation} up to {_none(x.upto)}",
    e.ReadMarkMoved: lambda x: f"has {x.conversation} read up to {x.to}" + _if(f", by {x.by}", x.by),
    e.UnreadShown: lambda x: f"shows {x.unread} unread in {x.conversation}",
    e.ReceiptsShown: lambda x: (
        f"shows {x.conversation} delivered to one device up to {_none(x.to_one)}, to all up to "
        f"{_none(x.to_all)}, read up to {_none(x.read)}"
    ),
    e.ReadByShown: lambda x: f"shows {x.conversation} read by {x.user} up to {x.to}",
    e.ReceiptCountsShown: lambda x: (
        f"shows {x.conversation}{_if(f' {x.seq}', x.seq)} delivered to {x.delivered} others, read by {x.read}"
    ),
    e.ListRequested: lambda x: "its user opens the list of conversations, and it asks for it",
    e.ListShown: lambda x: (
        "shows the list: "
        + (
            ", ".join(f"{c} to {n}, {u} unread" for c, n, u in zip(x.conversations, x.newest, x.unread, strict=False))
            or "nothing"
        )
    ),
    e.ReadStored: lambda x: f"stores {x.user}'s read mark of {x.conversation}: {x.to}",
    e.PresenceShown: lambda x: f"shows {x.user} as {'online' if x.online else 'offline'}",
    e.LastSeenShown: lambda x: f"shows that {x.user} was seen last at {x.at / 1e6:g} s",
    e.Typed: lambda x: f"has its user typing in {x.conversation}",
    e.TypingShown: lambda x: f"shows that {x.user} is typing in {x.conversation}",
    e.TypingCleared: lambda x: f"no longer shows that {x.user} is typing in {x.conversation}",
    e.PresenceChanged: lambda x: f"takes {x.user} for {'online' if x.online else 'offline'}",
    e.LastSeenStored: lambda x: f"keeps that {x.user} was seen last at {x.at / 1e6:g} s",
    e.TokenRegistered: lambda x: f"keeps the push token {x.token} for {x.device} of {x.user}",
    e.TokenRemoved: lambda x: f"forgets the push token {x.token} of {x.device} ({x.why})",
    e.HintTaken: lambda x: f"is to wake {x.device} for {x.conversation}",
    e.NotificationAttempted: lambda x: (
        f"asks the provider to notify {x.device} of {x.conversation}"
        + (f", try {x.attempt}" if x.attempt > 1 else "")
        + (f"; {x.badge} unread up to {x.upto}" if x.badge >= 0 else "")
    ),
    e.NotificationRejected: lambda x: f"learns that a notification to {x.device}'s token {x.token} is refused: {x.why}",
    e.NotificationThrottled: lambda x: f"is told to try {x.device} again in {x.retry_after / 1e6:g} s",
    e.HintEnded: lambda x: f"is done with the hint to {x.device} for {x.conversation} ({x.how})",
    e.NotificationSent: lambda x: (
        f"takes a notification for {x.device}" + (", in place of one pending" if x.collapsed else "")
    ),
    e.NotificationDropped: lambda x: f"loses a notification for {x.device}",
    e.NotificationDelivered: lambda x: f"hands a notification of {x.conversation} for {x.device} to its handset",
    e.NotificationDelayed: lambda x: f"holds a notification for {x.device} up for {x.delay / 1e6:g} s",
    e.SessionRegistered: lambda x: (
        f"knows that {x.device}{_if(f' of {x.user}', x.user)} is at {x.gateway}"
        + (f", since {x.connected_at / 1e6:g} s" if x.connected_at >= 0 else "")
    ),
    e.ActiveDeviceChanged: lambda x: (
        f"takes {x.device} for {x.user}'s active device" if x.device else f"knows of no active device of {x.user}"
    ),
    e.GatewayDraining: lambda x: f"is to be stopped in {x.grace / 1e6:g} s, and has {_count(x.sessions, 'device')}",
    e.GatewayDrained: lambda x: "has no devices any more, and can be stopped",
    e.SessionDropped: lambda x: f"gives up the connection of {x.device} ({x.why})",
    e.SessionRemoved: lambda x: f"forgets that {x.device} was at {x.gateway}",
}
"""What each kind of event says of its node."""

_MARKED = (
    h.Crashed,
    h.LostForGood,
    h.QuorumLostForGood,
    h.Paused,
    h.MessageLost,
    h.MessageDuplicated,
    h.MessageDelayed,
    h.FaultStarted,
    e.NotificationDropped,
    e.NotificationDelayed,
    e.Wiped,
    e.IntruderAsked,
    e.UpgradeTried,
)
_ALWAYS = (
    h.Crashed, h.Restarted, h.LostForGood, h.QuorumLostForGood, h.Paused, h.Resumed,
    h.FaultStarted, h.FaultEnded, h.Healed, e.Probed, e.Slept, e.Woke, e.Disconnected,
    e.LoggedOut, e.LoggedIn, e.Wiped, e.Restored,
)  # fmt: skip
_SETTING = (h.NodePlaced, e.ConversationOpened, e.DeviceRegistered)


PROOF, PROOF_AT = "»", 13
"""The mark of a line of a story that proves the violation, and at which column it stands."""


def seconds(t: int) -> str:
    """A time in µs as seconds, for a column."""
    return f"{t / 1e6:12.6f}"


def sentence(event: Event) -> str:
    """What an event says of its node."""
    return SENTENCES[type(event)](event)


def line(event: Event, *, proof: bool = False, at: Callable[[int], str] = seconds) -> str:
    """One event: its time, as `at` prints it, node, sentence; faults are marked with '!', evidence with '»'."""
    mark = PROOF if proof else "!" if isinstance(event, _MARKED) else " "
    return f"{at(event.t)} {mark} {event.node:<16} {sentence(event)}"


def story(
    history: Sequence[Event], *, evidence: Sequence[int] = (), only_around: bool = False, absence: bool = False
) -> Iterator[str]:
    """The run, line by line. With `only_around`, what concerns the evidence: its messages, its devices' life, faults.

    With `absence`, the evidence proves that something has not happened in time: a last line says so. What led to the
    evidence is found by following causes; what else happened to the same seq of the same conversation, and to the same
    devices, is kept for context.
    """
    proof = frozenset(evidence)
    chosen = around(history, evidence) if only_around and evidence else None
    for index, event in enumerate(history):
        if isinstance(event, _SETTING) and only_around:
            continue
        if chosen is None or index in chosen:
            yield line(event, proof=index in proof)
    if absence and evidence:
        yield f"{seconds(history[max(evidence)].t)} {PROOF} {'':<16} what was promised was due before this"


def around(history: Sequence[Event], evidence: Sequence[int]) -> frozenset[int]:
    """The indices of what led to the evidence, of what else happened to its messages, and of faults; not empty."""
    concerns = subject(history, evidence)
    causes: set[int] = set()
    for proof in evidence:
        index = proof
        while index >= 0 and index not in causes:
            causes.add(index)
            index = history[index].cause
    return frozenset(i for i in range(max(evidence) + 1) if i in causes or i in evidence or concerns(history[i]))


def subject(history: Sequence[Event] | Mapping[int, Event], evidence: Sequence[int]) -> Callable[[Event], bool]:
    """Whether an event, of this history or another one, has to do with the messages and devices of the evidence."""
    seqs: set[tuple[str, int]] = set()
    ids: set[str] = set()
    devices: set[str] = set()
    for index in evidence:
        event = history[index]
        seq = getattr(event, "seq", None) or getattr(event, "to", None) or getattr(event, "upto", None)
        conversation = getattr(event, "conversation", None)
        if isinstance(seq, int) and conversation:
            seqs.add((conversation, seq))
        if hasattr(event, "message"):
            ids.add(event.message)
        if hasattr(event, "device"):
            devices.add(event.device)

    def concerns(event: Event) -> bool:
        if isinstance(event, _ALWAYS):
            return not hasattr(event, "device") or not devices or event.device in devices
        if getattr(event, "message", None) in ids:
            return not hasattr(event, "device") or event.device in devices or not isinstance(event, e.Observable)
        device = getattr(event, "device", None)
        place = (getattr(event, "conversation", None), getattr(event, "seq", None))
        return place in seqs and (device is None or device in devices)

    return concerns
