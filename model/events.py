"""The vocabulary of a chat history: what properties judge and reports read, and all that they know of the system.

Names: `conversation`, `device`, `user` are ids; `seq` is the server-assigned position in a conversation, counted
from 1; `message` is the client-made message_id; `send` is the intent of a person to send one message, which keeps
its name however often the device tries. Every event has `t` (µs), `node` and `cause` (see `sim/history.py`).
Events marked observable can be recorded by a client of a real system; the others happen inside the server.

Requirements: V1.
"""

from __future__ import annotations

from typing import Any, ClassVar, Union

from sim.history import (  # noqa: F401  (whoever reads a history finds all of its events here)
    EVENTS,
    ClockSet,
    Crashed,
    Ended,
    Event,
    Exhausted,
    FaultEnded,
    FaultStarted,
    Healed,
    LostForGood,
    MessageDelayed,
    MessageDuplicated,
    MessageLost,
    NodePlaced,
    Paused,
    QuorumLostForGood,
    Restarted,
    Resumed,
)


class Observable(Event):
    """An event that a client can record of itself."""

    observable: ClassVar[bool] = True
    is_kind: ClassVar[bool] = False


# --- the setting --------------------------------------------------------------------------------------------------


class ConversationOpened(Observable):
    """A conversation exists, with its members (user ids), from here on. `type`: direct or group.

    `presence`: its members show each other's presence.

    `head` messages were there before the history begins, stored, shown and acked on every device of every member.
    `receipts`: what a sender is shown of them: per person, pointers (up to which seq), or counts (how many people); '' if
    that is not known. `live`: they are shown at once, and not with the next digest only.

    `by`: the user who created it in the run, under `title`, at `created_at` µs by the store's clock; '' for one that was there.
    """

    conversation: str
    type: str
    members: tuple[str, ...]
    head: int = 0
    presence: bool = True
    receipts: str = ""
    live: bool = False
    by: str = ""
    title: str = ""
    created_at: int = 0


class ConversationRequested(Observable):
    """The device's user creates a conversation called `title`, with these members, the user first."""

    device: str
    conversation: str
    members: tuple[str, ...]
    title: str = ""


class DeviceRegistered(Observable):
    """`device` belongs to `user` and lives in `region`; `access` is its latency class (say wifi or mobile).

    Its app is of `app_version` and knows the payload types in `capabilities`; `*` stands for all there are.
    """

    device: str
    user: str
    region: str
    access: str
    app_version: str = ""
    capabilities: tuple[str, ...] = ("*",)


class PolicyDeclared(Event):
    """The deployment declares a limit, at the start of the run: `value` is what it allows, on average or at most.

    `policy`: sends of a user (a second, at each gateway), sends to a conversation (a second, at each instance of the service;
    `subject` is the conversation), no inbox rows from so many members on (a message to as many has none), clean-up of a device
    after so many µs of being stuck (and not before), or lag of a queue (µs, before an alarm is raised). `burst`: how many at
    once. Subject '' is whoever is not named.
    """

    policy: str
    subject: str
    value: int
    burst: int = 0


class Probed(Event):
    """The healed system has converged, and is put to the test: the apps on `asleep` are closed, and somebody writes to each of
    the `conversations`.

    Within `bound` µs whoever sleeps has been notified, and within as many again everything is as it was owed after healing.
    """

    bound: int
    asleep: tuple[str, ...]
    conversations: tuple[str, ...]


# --- a device sends -----------------------------------------------------------------------------------------------


class SendRequested(Observable):
    """A person sent a message: it is durable in the device's outbox. `number` counts this installation's sends from 1."""

    device: str
    conversation: str
    send: str
    number: int


class UploadAttempted(Observable):
    """The device uploads the attachment of a send under `ref`; `attempt` counts from 1."""

    device: str
    conversation: str
    send: str
    ref: str
    attempt: int


class SendAttempted(Observable):
    """The device handed the message to its connection under the id `message`; `attempt` counts from 1.

    `content` is a digest of all that a person sees of it: text, sender, time, type and attachment ('': not said).
    """

    device: str
    conversation: str
    send: str
    message: str
    attempt: int
    content: str = ""


class SendAccepted(Observable):
    """The device learned that its message was accepted as `seq` (0: accepted without saying where)."""

    device: str
    conversation: str
    send: str
    message: str
    seq: int


class SendRefused(Observable):
    """The device learned that its message was finally refused, and gives it up."""

    device: str
    conversation: str
    send: str
    message: str
    reason: str


# --- a device receives --------------------------------------------------------------------------------------------


class SendDeferred(Observable):
    """The device learned that too much is being sent, and tries again in `retry_after` µs at the earliest."""

    device: str
    conversation: str
    send: str
    retry_after: int


class Stored(Observable):
    """The message is durable in the device's local database.

    `via`: push, sync, history (a page that was read backwards), accept (its own send's answer) or backup (see Restored).
    """

    device: str
    conversation: str
    seq: int
    message: str
    via: str


class Shown(Observable):
    """The message appeared on the device's screen, below all that was shown before. `sender` is a user id.

    With `placeholder` it holds its place there, and says no more than that there is something newer than the app.
    `stored_at` is the time of its row, µs by the store's clock; 0 if that is not said. `content` is a digest of all that is seen
    of it, made as that of its SendAttempted ('': not said, or a placeholder). With `simpler` it is the simpler form, as text,
    that its sender gave along for apps that don't know its type.
    With `hidden` nothing is seen of it, and its place is passed: its user had blocked its sender.
    """

    device: str
    conversation: str
    seq: int
    message: str
    sender: str
    placeholder: bool = False
    stored_at: int = 0
    content: str = ""
    simpler: bool = False
    hidden: bool = False


class ShownAtTap(Observable):
    """The device shows its own user's message at the tap, before it is accepted: its place among others is not settled.

    A Shown of the message says that it is, if the app puts it into its place then. Without one it stays where it is, and is not
    compared with the order in which other screens have it. Where ids are numbers, the Shown is due.
    """

    device: str
    conversation: str
    message: str


class PlaceholderReplaced(Observable):
    """Where the device showed a placeholder it shows the message's content now, at the same place.

    `content` is a digest of it, as in Shown.
    """

    device: str
    conversation: str
    seq: int
    message: str
    content: str = ""


class BlobFetched(Observable):
    """The device has fetched the attachment `ref` of a message that it shows."""

    device: str
    conversation: str
    seq: int
    ref: str


class DuplicateIgnored(Observable):
    """The device already held what arrived `via` push, sync or accept, and did not show it again."""

    device: str
    conversation: str
    seq: int
    message: str
    via: str


class CursorMoved(Observable):
    """The device's durable delivered cursor became `to`: it claims to hold all of seq 1..to."""

    device: str
    conversation: str
    to: int


class AckSent(Observable):
    """The device told the server that it holds all of seq 1..upto."""

    device: str
    conversation: str
    upto: int


class GapOpened(Observable):
    """The device got `got` while it holds only up to `have`: it waits in the gap buffer."""

    device: str
    conversation: str
    have: int
    got: int


class GapFilled(Observable):
    """What the gap buffer waited for has come; the device now holds up to `upto`."""

    device: str
    conversation: str
    upto: int


class SyncRequested(Observable):
    """The device asks for what follows `after`; `why`: connect, digest, gap, hint, page (the next one) or retry.

    `head`: the highest seq of which it has heard by then, in a digest or otherwise; 0 if it has heard of none, or doesn't say.
    """

    device: str
    conversation: str
    after: int
    why: str
    head: int = 0


class ScrolledBack(Observable):
    """The device's user scrolled up in a conversation, to see what is above `before`, the topmost seq on the screen."""

    device: str
    conversation: str
    before: int


class HistoryRequested(Observable):
    """The device asks for the page that ends right below `before`; `why`: newest (nothing is above it), or scroll."""

    device: str
    conversation: str
    before: int
    why: str


class PageShown(Observable):
    """A page of history appeared, right above `before`: `messages`, oldest first, at `seqs`; its lowest place is `first`.

    `contents` are digests of what is seen of each, as in Shown. The device holds `have` below the page, and nothing in between:
    if that is not `first` - 1, there is a gap, and its user sees one. Without messages, nothing is above
    `before`, unless `first` is below it, where only fillers were, and there is a gap. `why`: newest or scroll.
    """

    device: str
    conversation: str
    before: int
    first: int
    seqs: tuple[int, ...]
    messages: tuple[str, ...]
    contents: tuple[str, ...]
    have: int
    why: str


class FinalRead(Observable):
    """The device has read what the server keeps of the conversation, to its end: what it lacks of that, it lost.

    What was there and is on its screen is a Shown or a PageShown before this; `messages` are those that were there and are not on
    its screen. `began`: when it asked for the last of it (µs by its own clock; -1: at this very moment). What was
    accepted later stays owed, until it reads again.
    """

    device: str
    conversation: str
    messages: tuple[str, ...] = ()
    began: int = -1


class SyncPageReceived(Observable):
    """A page of `count` messages after `after` arrived; `head` is the conversation's highest seq as the server knew it."""

    device: str
    conversation: str
    after: int
    count: int
    head: int


# --- reading, receipts, badges ---------------------------------------------------------------------------------------


class BlockAsked(Observable):
    """The user of the device blocks another user, or no longer if it is not `on`: the `ask`-th such wish of this installation."""

    device: str
    blocked: str
    on: bool
    ask: int


class Viewed(Observable):
    """The user of the device looked at the conversation, and what the screen showed then reached up to seq `upto`."""

    device: str
    conversation: str
    upto: int


class ReadMarkMoved(Observable):
    """The device holds its user to have read all of seq 1..to; `by`: this device, another one of the user, or a backup."""

    device: str
    conversation: str
    to: int
    by: str


class UnreadShown(Observable):
    """The badge of the conversation on the device became `unread`: messages of others above the read mark."""

    device: str
    conversation: str
    unread: int


class ReceiptsShown(Observable):
    """The device shows up to which seq other members' devices have everything (one of them, all of them), and all read."""

    device: str
    conversation: str
    to_one: int
    to_all: int
    read: int


class ReadByShown(Observable):
    """The device shows that `user`, another member, has read all of seq 1..to."""

    device: str
    conversation: str
    user: str
    to: int


class ReceiptCountsShown(Observable):
    """The device shows of the message at `seq`, its user's newest one, how many others it reached, and how many read it.

    `delivered` and `read` count people: one who has it on any device counts once.
    """

    device: str
    conversation: str
    seq: int
    delivered: int
    read: int


class ListRequested(Observable):
    """The user opened the list of conversations on the device, and the app asks the server for it; `number` counts from 1."""

    device: str
    number: int


class ListShown(Observable):
    """The device shows the list that it asked for under `number`: all conversations of its user in which there is something.

    For each of the `conversations`, in the same order: the `newest` seq, and how many messages up to there are `unread`: those
    of others above the mark `read`.
    """

    device: str
    number: int
    conversations: tuple[str, ...]
    newest: tuple[int, ...]
    unread: tuple[int, ...]
    read: tuple[int, ...]


# --- company ---------------------------------------------------------------------------------------------------------


class PresenceShown(Observable):
    """The device shows `user`, who shares a conversation with its own, as online or not."""

    device: str
    user: str
    online: bool


class LastSeenShown(Observable):
    """The device shows that `user`, who is not online, was seen last at `at` (µs)."""

    device: str
    user: str
    at: int


class Typed(Observable):
    """The device's user types something in the conversation."""

    device: str
    conversation: str


class TypingShown(Observable):
    """The device shows that `user` is typing."""

    device: str
    conversation: str
    user: str


class TypingCleared(Observable):
    """The device no longer shows that `user` is typing."""

    device: str
    conversation: str
    user: str


# --- a device's life ----------------------------------------------------------------------------------------------


class Connected(Observable):
    """The device has a working connection, through `gateway`; in a simulated run `epoch` counts each try to get one.

    `cluster` is that of the gateway; '' if the record doesn't say.
    """

    device: str
    gateway: str
    epoch: int
    cluster: str = ""


class ConnectFailed(Observable):
    """The device gave up its try number `epoch` to get a connection, which it never had; `why`: refused, timeout, or as of a
    Disconnected."""

    device: str
    gateway: str
    epoch: int
    why: str


class ConnectionRefused(Event):
    """A gateway refused a connection in the name of `device`; `why`: expired, forged, revoked, another's, not checked, or
    draining.

    The last two say nothing of the token: whoever checks it does not answer, or the gateway is about to be stopped.
    """

    device: str
    why: str


class CallRefused(Event):
    """The node refused a message of payload `kind` from one that calls itself `caller` and is not of the deployment."""

    caller: str
    kind: str


class IntruderAsked(Event):
    """A foreign node, under the name `claims`, asked `to` for something about `conversation`, by a payload of `kind`."""

    claims: str
    to: str
    kind: str
    conversation: str


class TokenRevoked(Event):
    """The issuer revoked the access token that is called `token` here: every gateway knows so from now on.

    `device`: the one that has a session by it, if it is one of its own.
    """

    token: str
    device: str = ""


class SessionOpened(Event):
    """The gateway opened a session for connection `epoch` of the device, by a token that is good until `expires` µs."""

    device: str
    epoch: int
    expires: int


class UpgradeTried(Event):
    """Somebody asked gateway `to` for a connection in the name of `device`, and showed the access token called `token`.

    It says that it is `subject`'s, for the device `bearer`, until `expires` µs; `sealed`: its issuer has said so.
    """

    device: str
    to: str
    token: str
    subject: str
    bearer: str
    expires: int
    sealed: bool


class UpgradeGranted(Event):
    """The gateway `by` opened the connection in the name of `device` for which `token` was shown."""

    device: str
    by: str
    token: str


class Disconnected(Observable):
    """The device gave up connection `epoch`; `why`: reset, refused, timeout, closed, or draining (it was sent elsewhere)."""

    device: str
    gateway: str
    epoch: int
    why: str


class Slept(Observable):
    """The device's app was suspended: no connection, no code, its database kept."""

    device: str


class Woke(Observable):
    """The device's app runs again; `by`: user, notification or healing."""

    device: str
    by: str


class AppUpdated(Observable):
    """The device's app is of another version from now on, and knows the payload types in `capabilities` (`*`: all)."""

    device: str
    app_version: str
    capabilities: tuple[str, ...]


class ProfileConfirmed(Observable):
    """An app that doesn't know every payload type has learned, on this connection, that the server knows what it can show."""

    device: str


class Wiped(Observable):
    """The device lost its local database, outbox and cursors; its app is the `installation`-th one from now on (1: first).

    What it held, showed and acked before is an earlier installation's; what waited in its outbox is lost.
    """

    device: str
    installation: int


class BackedUp(Observable):
    """A copy of the device's local database was made, with what waits in its outbox: a later Restored returns to it."""

    device: str


class Restored(Wiped):
    """The device's local database is again what it was at `taken` µs (-1: not said); its app is the `installation`-th one.

    It is a Wiped, and what the backup holds follows it, as if it came anew: each row as a Stored by backup, then cursors and
    read marks, and a Shown for each row when the app opens. What waited in the backup's outbox waits again, under the ids that
    it had.
    """

    taken: int = -1


class NotificationShown(Observable):
    """A push notification for `user` appeared on the device. It is a hint and carries no body.

    `user` and `token` are '' if the record doesn't say for whom it was, and to which token; `seq` is up to where it tells
    of something new, and 0 if it doesn't say. `badge` is the number of unread messages that it shows; -1 if it shows none.
    `sender` is the user id of who it says has written; '' if it names nobody, or the record doesn't say.
    """

    device: str
    conversation: str
    user: str = ""
    token: str = ""
    seq: int = 0
    badge: int = -1
    sender: str = ""


class NotificationIgnored(Observable):
    """A push notification for `user` reached the device, and the app shows nothing: it is for somebody else, or was read.

    `seq` is up to where it tells of something new; 0 if it doesn't say.
    """

    device: str
    conversation: str
    user: str
    token: str
    seq: int = 0


class TokenIssued(Observable):
    """The platform gave the app on the device a push token. The one that it had before is invalid from now on."""

    device: str
    token: str


class LoggedOut(Observable):
    """The device's user logged out, because another one wants the handset: the app runs no more in this name."""

    device: str


class LoggedIn(Observable):
    """The device's user logged in again."""

    device: str


# --- the server ---------------------------------------------------------------------------------------------------


class Persisted(Event):
    """Message row, dedupe row and outbox row were committed together: the message is durable as `seq`.

    `epoch` is the fencing epoch under which the place was given out; 0 if the sequencer has none. `kind` is '' for what a
    person wrote; a join or leave is followed by its MemberJoined or MemberLeft. `payload_ref` names the message's attachment,
    if it has one. `type` is the payload's type: '' for text, which every app knows; with `simpler` there is a form of it as
    text, for apps that don't know the type. `stored_at` is the row's time: when the
    store's clock was what, in µs, at the commit (0: not said).
    """

    conversation: str
    seq: int
    message: str
    sender: str
    device: str
    epoch: int = 0
    kind: str = ""
    payload_ref: str = ""
    type: str = ""
    stored_at: int = 0
    simpler: bool = False


class FanOutChosen(Event):
    """How the message is delivered: `strategy` (write, read or hybrid), and whether it gets an inbox row a recipient."""

    conversation: str
    seq: int
    strategy: str
    inbox: bool
    audience: int


class InboxStored(Event):
    """The inbox row of a message for a user is durable (D9)."""

    user: str
    conversation: str
    seq: int


class ListedInLog(Event):
    """Digests list the message by the log itself from now on, whatever is in the inboxes; `why`: dead letter."""

    conversation: str
    seq: int
    why: str


class HeadHinted(Event):
    """A worker told the gateway of an online device that there is something new, up to `seq`."""

    device: str
    conversation: str
    seq: int


class SegmentLoaded(Event):
    """The cache loaded the newest segment of a conversation, up to `head`."""

    conversation: str
    head: int


class Counted(Event):
    """What the run cost: so many of `what`, and their bytes. Written once, at the end."""

    what: str
    number: int
    bytes: int


class MemberJoined(Observable):
    """The row at `seq` made `user` a member, who may read what follows from `reads_from` on."""

    conversation: str
    seq: int
    user: str
    by: str
    reads_from: int


class MemberLeft(Observable):
    """The row at `seq` ended the membership of `user`, who may read up to `reads_to`."""

    conversation: str
    seq: int
    user: str
    by: str
    reads_to: int


class BlobStored(Event):
    """The object store has `ref`, `size` bytes long, durably and for the first time."""

    ref: str
    size: int


class BlobMissing(Event):
    """The object store has no `ref`, which the device wanted to fetch."""

    device: str
    ref: str


class RowsRemoved(Observable):
    """The store removed all rows of the conversation up to `upto`, by its policy: nobody is owed them from here on.

    Each was older than `retention` µs by the store's clock (0: not said). Who has one keeps it; who has not gets what follows.
    """

    conversation: str
    upto: int
    retention: int = 0


class FillerPersisted(Event):
    """`seq` was given out and never used: the sequencer filled it, so that nobody waits for it. It is never shown."""

    conversation: str
    seq: int
    epoch: int


class OutcomeUnknown(Event):
    """The service got no answer to its commit of `message`: it may have happened, or not, or may happen yet."""

    conversation: str
    message: str


class LeaderElected(Event):
    """The replica leads store partition `partition` in `term`; the first term's leader is there by configuration."""

    partition: str
    term: int


class LeadershipLost(Event):
    """The replica, which led the partition in `term`, gives up; `why`: it saw a newer term, or it hears no quorum."""

    partition: str
    term: int
    why: str


class StaleRead(Event):
    """The replica answered a `read` that may be stale, and `behind` entries that were committed are not in its tables."""

    partition: str
    read: str
    behind: int


class HeadRead(Event):
    """A replica answered a question of `asked` µs for what must not be stale: the head is `head`, the members are as of it.

    It is what a sequencer recovers from, and what a delivery goes out by. Only a replicated partition tells.
    """

    conversation: str
    head: int
    asked: int


class RowLost(Event):
    """The replica gave up the row at `seq`, which had been committed: the log of its new leader does not have it."""

    conversation: str
    seq: int
    message: str


class ShardOwned(Event):
    """A sequencer got the lease of `partition` under fencing epoch `epoch`."""

    partition: str
    epoch: int


class WriteFenced(Event):
    """The store refused a write of `epoch`, because `newer` owns the partition by now."""

    conversation: str
    epoch: int
    newer: int


class DuplicateRecognised(Event):
    """A retried send was recognised and answered with its first `seq`."""

    conversation: str
    seq: int
    message: str


class LineJoined(Event):
    """A request of payload `kind` has to wait until a server of the node is free, behind `waiting` others.

    `ticket` is its number among those that waited in this life of the node.
    """

    ticket: int
    kind: str
    waiting: int


class LineLeft(Event):
    """It is the turn of the request that joined the line as `ticket`: it has waited `waited` µs, and is served."""

    ticket: int
    waited: int


class TurnedAway(Event):
    """The node is too busy for a send, which would have waited for `ahead` µs; `kind` is its payload. It is told when to come."""

    kind: str
    conversation: str
    message: str
    ahead: int


class SenderFlagged(Event):
    """Whoever watches for abuse has flagged a user: every instance of the service knows so from now on.

    `verdict`: block (what the user sends is refused for good), delay (it is put off by `wait` µs), or allow (no more flag).
    """

    user: str
    verdict: str
    wait: int


class SendAdmitted(Event):
    """A send passed the limits of this node, and goes on; `where`: gateway, or core (an instance of the service)."""

    device: str
    conversation: str
    message: str
    where: str


class SendHeldBack(Event):
    """The node does not take a send now, and tells the device to try again in `retry_after` µs (0: never).

    `why`: user rate (at a gateway), conversation rate (in the core), busy (too many wait), or abuse (as the policy says).
    """

    device: str
    conversation: str
    message: str
    why: str
    retry_after: int


class AcceptSent(Event):
    """The service told the sender's device that `message` is accepted as `seq` (0: not said)."""

    conversation: str
    seq: int
    message: str
    device: str


class Enqueued(Event):
    """A delivery task for the message is durable in the queue; `by`: service, duplicate, relay or fan-out.

    `task` is its number in this partition (the event's node); `user` for whom it is, '' for every recipient.
    """

    conversation: str
    seq: int
    by: str
    task: int = 0
    user: str = ""


class LagAlarm(Event):
    """A task has waited in the queue for `lag` µs, too long, and `waiting` tasks wait there. An alert."""

    lag: int
    waiting: int


class LagCleared(Event):
    """The queue has caught up: its alarm is over, and `waiting` tasks wait there."""

    waiting: int


class TaskLeased(Event):
    """`worker` took the task; `attempt` counts the leases of this task from 1. `depth` tasks wait in this partition."""

    conversation: str
    seq: int
    worker: str
    attempt: int
    depth: int
    task: int = 0
    user: str = ""


class LeaseExpired(Event):
    """The worker did not finish in time: the task can be taken by another."""

    conversation: str
    seq: int
    worker: str
    task: int = 0


class TaskReleased(Event):
    """The worker gave the task back, to be tried again after `delay` µs."""

    conversation: str
    seq: int
    worker: str
    delay: int
    task: int = 0


class TaskClosed(Event):
    """The queue removed the task: delivery of this message is done as far as the pipeline is concerned."""

    conversation: str
    seq: int
    worker: str
    task: int = 0
    user: str = ""


class DeadLettered(Event):
    """The queue gave the task up after `attempts` leases and keeps it aside, with an alert."""

    conversation: str
    seq: int
    attempts: int
    task: int = 0
    user: str = ""


class Pushed(Event):
    """A worker sent the message towards a device's connection; `attempt` counts within the worker's lease, from 1.

    `ttl`: for how many µs from its row's time the message is pushed at all (0: not said).
    """

    device: str
    conversation: str
    seq: int
    attempt: int
    ttl: int = 0


class PushFailed(Event):
    """A push came to nothing; `why`: no session, no connection, or no ack."""

    device: str
    conversation: str
    seq: int
    why: str


class DeliveryConfirmed(Event):
    """A worker learned that the device holds the message: by its ack, or from its stored cursor."""

    device: str
    conversation: str
    seq: int
    how: str


class HandedToNotification(Event):
    """The notification service took over waking the device for messages up to `seq`."""

    device: str
    conversation: str
    seq: int


class DeliveryFailed(Event):
    """Push delivery to the device was given up by policy, with a failure row; `reason`: expired, stuck, blocked. An alert.

    `ttl`: for how many µs from its row's time an expired message would have been pushed (0: not said).
    """

    device: str
    conversation: str
    seq: int
    reason: str
    ttl: int = 0


class FailureAlert(Event):
    """The store raises an alert: in the conversation `failures` deliveries were given up for `reason`, untold until now.

    `reason` is that of the DeliveryFailed; 'dead letter' for a task that the queue gave up, of which a ListedInLog tells.
    """

    conversation: str
    reason: str
    failures: int


class CursorStored(Event):
    """The store's delivered cursor of the device became `to`, by an ack of its `installation`-th installation."""

    device: str
    conversation: str
    to: int
    installation: int = 1


class DeviceStuck(Event):
    """The store reports the device: something waits for it, and it has not acked for `limit` µs or more.

    Until it returns, nobody pushes to it, wakes it, or waits for it before a message counts as delivered to all.
    """

    device: str
    conversation: str
    limit: int


class DeviceCleaned(Event):
    """The store gave up its rows of a device that had been stuck for `after` µs, its cursor first of all.

    Its push token and its session are given up too, unless it has connected since. Whatever it acks next is taken.
    """

    device: str
    conversation: str
    after: int


class DeviceReturned(Event):
    """A device that was reported as stuck has acked again: it is treated like any other."""

    device: str
    conversation: str


class StatusStored(Event):
    """The store wrote status rows: the messages from `first` to `last` are `status` for `who`.

    `status`: delivered (`who` is a device) or read (`who` is a user). A row each.
    """

    conversation: str
    who: str
    status: str
    first: int
    last: int


class BlockStored(Event):
    """From here on, what `blocked` writes in these conversations is hidden from `user`; or no longer, if it is not `on`.

    It was asked for on `device`, as its `ask`-th wish. Of two wishes about the same user, the one with the higher `number`
    holds.
    """

    user: str
    blocked: str
    on: bool
    device: str
    ask: int
    number: int
    conversations: tuple[str, ...]


class ReadStored(Event):
    """The store's read mark of the user became `to`."""

    user: str
    conversation: str
    to: int


class ProfileStored(Event):
    """The store's profile of the device became this: the version of its app, and the payload types that it knows."""

    device: str
    app_version: str
    capabilities: tuple[str, ...]


class PresenceChanged(Event):
    """The presence service takes the user for online, or for offline."""

    user: str
    online: bool


class LastSeenStored(Event):
    """The store keeps `at` (µs) as the time at which the user, who went offline, was heard last."""

    user: str
    at: int


class TokenRegistered(Event):
    """The notification service keeps `token` for the device of `user`, durably."""

    device: str
    user: str
    token: str


class TokenRemoved(Event):
    """The notification service keeps the device's token no longer; `why`: invalid, replaced, moved, logout or cleaned."""

    device: str
    token: str
    why: str


class HintTaken(Event):
    """The notification service has durably noted that the device is to be woken for the conversation."""

    device: str
    conversation: str


class NotificationAttempted(Event):
    """The notification service asks the provider to notify the device, for the `attempt`-th time for this hint.

    `badge`: how many messages up to `upto` it says are unread, counted by the store from the read mark `read`; -1 if it
    doesn't say. `bytes`: the size of the payload (0: not recorded), which goes to a `platform`: fcm or apns.
    """

    device: str
    conversation: str
    token: str
    attempt: int
    badge: int = -1
    upto: int = 0
    read: int = 0
    bytes: int = 0
    platform: str = ""


class NotificationRejected(Event):
    """The notification service learned that the provider won't take it; `why`: the token is invalid, the user has disabled
    notifications (disabled), or the payload is too large."""

    device: str
    conversation: str
    token: str
    why: str


class NotificationThrottled(Event):
    """The notification service learned that it sends too much to the device: again in `retry_after` µs."""

    device: str
    conversation: str
    retry_after: int


class HintEnded(Event):
    """The notification service is done with the hint.

    `how`: taken (by the provider), invalid or no token (nothing to send it to), disabled (by the user), too large, or expired.
    `ttl`: for how many µs an expired one would have been tried (0: not said).
    """

    device: str
    conversation: str
    how: str
    ttl: int = 0


class NotificationSent(Event):
    """The push provider took a notification for the device; `collapsed`: it replaced one still pending."""

    device: str
    conversation: str
    collapsed: bool
    token: str = ""


class NotificationDropped(Event):
    """The push provider lost the notification, silently."""

    device: str
    conversation: str
    token: str = ""


class NotificationDelivered(Event):
    """The push provider handed the notification for `device` to the handset that has the token: the app shows or ignores it."""

    device: str
    conversation: str
    token: str


class NotificationDelayed(Event):
    """The push provider holds the notification up, for `delay` µs more than it would."""

    device: str
    conversation: str
    delay: int


class SessionRegistered(Event):
    """The session registry learned that the device of `user` is connected to `gateway`, since `connected_at`.

    `connected_at` is in µs by the gateway's clock; -1, and '' for the user, if that isn't recorded.
    """

    device: str
    gateway: str
    epoch: int
    user: str = ""
    connected_at: int = -1


class ActiveDeviceChanged(Event):
    """The session registry takes `device` for the one that its user has at hand; '' if it knows of none that is there."""

    user: str
    device: str


class SessionDropped(Event):
    """A gateway gave up a device's connection; `why`: idle (it was silent for too long), replaced, draining, reset …"""

    device: str
    epoch: int
    why: str


class GatewayDraining(Event):
    """A gateway is told that it will be stopped in `grace` µs; it has sessions of so many devices.

    From then on it lets nobody in, and sends these elsewhere (SessionDropped, draining). It is stopped by a Crashed.
    """

    grace: int
    sessions: int


class GatewayDrained(Event):
    """A gateway that is about to be stopped has no session any more."""


class SessionRemoved(Event):
    """The session registry forgot the device's connection."""

    device: str
    gateway: str
    epoch: int


VOCABULARY = EVENTS
"""All kinds of event, the simulation's own among them, by name."""

AnyEvent: Any = Union[tuple(VOCABULARY.values())]  # noqa: UP007  (made of what is registered)
