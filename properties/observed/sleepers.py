"""Who sleeps is woken: a notification comes for what is new, again and again.

    1. one notification comes for a conversation, and then no other, whatever is sent (matrix-org/synapse#12880)
    2. only the first of a user's devices is notified, or only of the first conversation

Requirements: G6, P8.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar, NamedTuple

from model.events import (
    BlockAsked,
    Connected,
    DeadLettered,
    DeliveryFailed,
    HintEnded,
    LoggedIn,
    LoggedOut,
    MemberJoined,
    MemberLeft,
    NotificationDelivered,
    NotificationDropped,
    NotificationIgnored,
    NotificationSent,
    NotificationShown,
    NotificationThrottled,
    Probed,
    SendAccepted,
    SendAttempted,
    Shown,
    Slept,
    TokenIssued,
    Wiped,
    Woke,
)
from properties.base import Debt, Liveness, Violation, sees
from properties.conversation import Held
from properties.ledger import LIVES, Ledger
from properties.sends import Sent
from sim.history import Crashed, Restarted

Key = tuple[str, str]
"""A device and a conversation."""


class _Due(NamedTuple):
    """A message that a sleeping device is to be told of: sent first at `t` (µs), accepted as `seq` by the event `accepted`."""

    t: int
    seq: int
    accepted: int


class SleepersAreNotified(Liveness):
    """Whoever sleeps is notified of what others send meanwhile: one notification for a conversation tells of all until then.

    Owed by a device whose app is asleep, for each message of others that is first tried while it sleeps and accepted, until a
    NotificationShown of that conversation, or until the app runs. It is no debt if the provider loses the notification, holds
    its sender off, or has no token for the app, if the hint is given up, if delivery is, if the user has logged out or left, or
    if the app has a new token that it could not register.

    When a run is probed, users open the apps that nothing woke, and that is too late: it is a violation if a debt is as old as
    the probe's bound by then, and the provider has not taken the notification; or if one was shown, and its app did not run.

    A record of another system seldom says what its provider lost, which nobody promises that it won't. There, two messages
    of which nothing came are owed, and one alone is not; and only what no other device of the user shows. What was sent
    `patience` before the app woke was due, too.
    """

    name: ClassVar[str] = "sleepers-are-notified"
    family: ClassVar[str] = "push"
    anomalies: ClassVar[tuple[str, ...]] = ("notification missing",)
    numbers = False
    gapless = True
    rests_on = (SendAttempted, Shown, *LIVES, MemberJoined)
    optional = (
        BlockAsked, Connected, Crashed, DeadLettered, DeliveryFailed, HintEnded, LoggedIn, LoggedOut, NotificationDropped,
        NotificationDelivered, NotificationIgnored, NotificationSent, NotificationThrottled, Probed, Restarted, TokenIssued,
    )  # fmt: skip

    patience: ClassVar[int] = 300_000_000
    """µs: fifteen times what a provider takes on average, in records of which nobody knows what was wrong meanwhile."""
    least: ClassVar[int] = 2
    """So many messages without a notification are no accident, in a record of another system."""

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._asleep: dict[str, tuple[int, int]] = {}
        """Since when (µs) each app sleeps, and by which event."""
        self._out: dict[str, None] = {}
        """Devices whose user has logged out."""
        self._unregistered: dict[str, None] = {}
        """Devices whose app was given a token in its sleep, and has not been connected since."""
        self._due: dict[Key, dict[str, _Due]] = {}
        self._told: dict[Key, int] = {}
        """Until when (µs) a device was told of a conversation, or could not be told."""
        self._told_to: dict[Key, int] = {}
        """Up to which seq it was."""
        self._lost = -1
        """When a provider died last, with all that was pending (µs)."""
        self._providers: dict[str, None] = {}
        self._pending: dict[Key, None] = {}
        """What a provider has taken, and neither delivered nor lost so far."""
        self._probed: Probed | None = None
        self._shown: dict[str, int] = {}
        """By app that sleeps in a probe: the event of a notification that it was shown and that did not wake it yet."""
        self._blocked: dict[Key, None] = {}
        """Which user has ever blocked which."""

    # --- who sleeps ----------------------------------------------------------------------------------------------------

    @sees(Slept)
    def on_slept(self, event: Slept, index: int) -> None:
        if event.device not in self._out and event.device not in self._unregistered:
            self._asleep[event.device] = (event.t, index)

    @sees(Wiped)
    def on_wiped(self, event: Wiped, index: int) -> None:
        self._awake(event.device, event.t, index)

    @sees(Woke)
    def on_woke(self, event: Woke, index: int) -> None:
        device, probed = event.device, self._probed
        shown = self._shown.pop(device, -1)
        if probed is not None and event.by == "user" and device in self._asleep:
            if shown >= 0:
                self.violated(f"{device} was shown a notification, and its app did not run", shown, index)
            for key, due in self._due.items():
                if key[0] == device and key not in self._pending and event.t - probed.t >= probed.bound:
                    self.violated(self._text(key, due), *(its.accepted for its in due.values()), index)
        self._awake(device, event.t, index)

    @sees(Probed)
    def on_probed(self, event: Probed, _: int) -> None:
        self._probed = event

    @sees(Restarted)
    def on_restarted(self, event: Restarted, index: int) -> None:
        self._awake(event.node, event.t, index)

    @sees(Crashed)
    def on_crashed(self, event: Crashed, index: int) -> None:
        if event.node in self._asleep:
            self._awake(event.node, event.t, index)
        elif event.node in self._providers:
            self._lost = event.t
            self._due.clear()
            self._pending.clear()

    @sees(LoggedOut)
    def on_logged_out(self, event: LoggedOut, index: int) -> None:
        self._out[event.device] = None
        self._awake(event.device, event.t, index)

    @sees(LoggedIn)
    def on_logged_in(self, event: LoggedIn, _: int) -> None:
        self._out.pop(event.device, None)

    @sees(TokenIssued)
    def on_token(self, event: TokenIssued, index: int) -> None:
        if event.device in self._asleep:
            self._unregistered[event.device] = None
            self._awake(event.device, event.t, index)

    @sees(Connected)
    def on_connected(self, event: Connected, _: int) -> None:
        self._unregistered.pop(event.device, None)

    def _awake(self, device: str, t: int, index: int) -> None:
        """The app runs, or can't be told anything any more: nothing is owed from now on."""
        if self._asleep.pop(device, None) is None:
            return
        its = [key for key in self._due if key[0] == device]
        if its and self.ledger.exported:
            due = {(key, message): due for key in its for message, due in self._left(key).items()}
            late = {which: due for which, due in due.items() if due.t + self.patience < t}
            if len(late) >= self.least:
                conversations = ", ".join(dict.fromkeys(conversation for (_, conversation), _ in late))
                what = f"{device} slept, and was not notified of {len(late)} messages in {conversations}"
                self.violated(what, *(each.accepted for each in late.values()), index)
        for key in its:
            del self._due[key]

    # --- what is due ---------------------------------------------------------------------------------------------------

    @sees(BlockAsked)
    def on_block(self, event: BlockAsked, _: int) -> None:
        self._blocked[self.ledger.user_of.get(event.device, ""), event.blocked] = None

    @sees(SendAccepted)
    def on_accepted(self, event: SendAccepted, index: int) -> None:
        sent, log = self.ledger.message, self.ledger.logs.get(event.conversation)
        if sent is None or log is None:
            return
        sender = self.ledger.user_of.get(sent.request.device, "")
        for device, (since, slept) in self._asleep.items():
            if slept > sent.index or since + self.ledger.skew > sent.t:
                continue
            held = self.ledger.held.get((device, log.name))
            if held is not None and self._concerns(held, sent, event.seq, sender):
                self.tested += 1
                self._due.setdefault((device, log.name), {})[sent.message] = _Due(sent.t, event.seq, index)

    def _concerns(self, held: Held, sent: Sent, seq: int, sender: str) -> bool:
        """Whether the device's user is to be told of the message, and may not have been told of it yet."""
        key, access = (held.device, held.log.name), held.access
        if not access.member or access.user == sender or (access.user, sender) in self._blocked:
            return False
        if sent.t <= max(access.joined_t, self._told.get(key, -1), self._lost) + self.ledger.skew:
            return False
        return not seq or self.ledger.opaque or seq > self._told_to.get(key, 0)

    @sees(NotificationShown)
    def on_shown(self, event: NotificationShown, index: int) -> None:
        key = (event.device, event.conversation)
        self._told_to[key] = max(event.seq, self._told_to.get(key, 0))
        self._excused(key, event.t)
        if self._probed is not None and event.device in self._asleep:
            self._shown[event.device] = index

    @sees(DeliveryFailed, HintEnded, NotificationDropped, NotificationIgnored, NotificationThrottled)
    def on_excuse(
        self,
        event: DeliveryFailed | HintEnded | NotificationDropped | NotificationIgnored | NotificationThrottled,
        _: int,
    ) -> None:
        if not isinstance(event, HintEnded) or event.how != "taken":
            self._excused((event.device, event.conversation), event.t)

    @sees(NotificationSent)
    def on_sent(self, event: NotificationSent, _: int) -> None:
        self._providers[event.node] = None
        self._pending[event.device, event.conversation] = None

    @sees(NotificationDelivered, NotificationDropped)
    def on_pending_no_more(self, event: NotificationDelivered | NotificationDropped, _: int) -> None:
        self._pending.pop((event.device, event.conversation), None)

    @sees(MemberLeft)
    def on_left(self, event: MemberLeft, _: int) -> None:
        for device in self.ledger.devices_of.get(event.user, ()):
            self._excused((device, event.conversation), event.t)

    @sees(DeadLettered)
    def on_dead_letter(self, event: DeadLettered, _: int) -> None:
        log = self.ledger.logs.get(event.conversation)
        for held in log.devices if log is not None else ():
            self._excused((held.device, event.conversation), event.t)

    def _excused(self, key: Key, t: int) -> None:
        self._told[key] = t
        self._due.pop(key, None)

    # --- what is left --------------------------------------------------------------------------------------------------

    def _left(self, key: Key) -> dict[str, _Due]:
        """What a device is to be told of in a conversation, and no other device of its user shows."""
        due = self._due[key]
        if not self.ledger.exported:
            return due
        device, conversation = key
        others = self.ledger.devices_of.get(self.ledger.user_of.get(device, ""), ())
        helds = [self.ledger.held[other, conversation] for other in others if other != device]
        return {message: its for message, its in due.items() if not any(message in held.first for held in helds)}

    def _provable(self) -> dict[Key, dict[str, _Due]]:
        due = {key: left for key in self._due if (left := self._left(key))}
        if not self.ledger.exported:
            return due
        count: dict[str, int] = {}
        for (device, _), left in due.items():
            count[device] = count.get(device, 0) + len(left)
        return {key: left for key, left in due.items() if count[key[0]] >= self.least}

    def owed(self) -> int:
        return len(self._provable()) if self.ledger.exported else len(self._due)

    def missing(self) -> Iterator[Debt]:
        for (device, conversation), left in self._provable().items():
            what = self._text((device, conversation), left)
            yield Debt(what, tuple(its.accepted for its in left.values()), device, conversation)

    def _text(self, key: Key, due: dict[str, _Due]) -> str:
        device, conversation = key
        return f"{device} sleeps, and no notification told it of {', '.join(due)} in {conversation}"
