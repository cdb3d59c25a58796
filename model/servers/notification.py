"""The notification service (C10): keeps the devices' push tokens, and asks the provider to wake who could not be reached.

Promises kept here: a hint that was taken over is handed to the provider, or given up for a stated reason; a token belongs
to one device, and is not used any more once the provider has called it invalid (P8). None of it carries a message: a hint
names conversation and sender, moves no cursor, and nothing but latency changes when every one of them is lost.

Durable: tokens and hints. What may fail: an answer of the provider is lost, and the same hint is handed over twice, which
collapses; a registration is lost or late.

    1. a token rotates while a hint for the old one is on its way: 'invalid', and the hint goes to the new one
    2. a registration that was held up arrives after a newer one: its version is older, it changes nothing
    3. a user logs out and the service never hears of it; another user's device registers the same token: the row moves

Requirements: C10, P8, D7.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from msgspec.structs import replace

from model.component import Component
from model.decisions import Micros, decision, setting
from model.events import (
    HintEnded,
    HintTaken,
    NotificationAttempted,
    NotificationRejected,
    NotificationThrottled,
    TokenRegistered,
    TokenRemoved,
)
from model.platform import PAYLOAD_LIMITS
from model.wire.delivery import Done, Notification, Notify, PushAnswer, TokenStored, TokenUpdate
from model.wire.store import CleanUp
from sim.network import Call
from sim.node import Unknown
from sim.state import Marks

Key = tuple[str, str]
"""A hint's name: device and conversation."""


@dataclass(slots=True)
class TokenRow:
    """A device's push token ('' if it has none now), its user, the version of the registration, and the platform (D7).

    `at`: when it was registered last (µs).
    """

    marks = Marks(aside="at")

    token: str
    user: str
    version: int
    platform: str = "fcm"
    at: int = 0


@dataclass(slots=True)
class Hint:
    """A device is to be woken: by whose message, since when (µs), how often asked for, and tried how often so far.

    `seq` is the highest one that it was asked for; up to there the user had `unread` messages above the read mark `read`.
    """

    marks = Marks(aside="number")

    sender: str
    since: int
    seq: int
    unread: int = -1
    read: int = 0
    number: int = 1
    attempts: int = 0
    not_before: int = 0


class NotificationService(Component):
    """Takes devices over from the delivery workers and hands hints to the push provider."""

    kind: ClassVar[str] = "notification"
    receives: ClassVar[dict[type, str]] = {Notify: "on_notify", TokenUpdate: "on_token_update", CleanUp: "on_clean_up"}
    points: ClassVar[tuple[str, ...]] = ("taken", "registered")
    marks = Marks(durable="rows newest holders invalid hints")

    provider_timeout = setting(2_000_000, unit="µs", why="After this the outcome of a call to the provider is unknown.")
    retry_first = setting(
        1_000_000, unit="µs", why="First pause before a retry; it doubles.", source="Synapse httppusher: 1 s doubling"
    )
    retry_limit = setting(
        60_000_000,
        unit="µs",
        why="Longest pause before a retry (Synapse: 1 h): a healed system is to be at rest within five minutes.",
    )
    throttle_margin = setting(
        25,
        unit="%",
        why="Added to the time that the provider says to wait, for it is measured by a clock that may run fast.",
    )
    give_up_after = setting(
        86_400_000_000, unit="µs", why="A hint older than this is dropped.", source="Synapse httppusher: 24 h"
    )

    def install(self) -> None:
        self.rows: dict[str, TokenRow] = {}
        self.newest: dict[str, int] = {}
        """By token: the newest version under which it was registered or given up."""
        self.holders: dict[str, dict[str, None]] = {}
        """By token: the devices that have it in their row. More than one only if a decision lets two rows keep it."""
        self.invalid: dict[str, None] = {}
        """Tokens that the provider called invalid. None of them ever becomes valid again."""
        self.hints: dict[Key, Hint] = {}

    def boot(self) -> None:
        for hint, its in self.hints.items():
            self.after(max(0, its.not_before - self.now), self._send, hint)

    # --- decisions ---------------------------------------------------------------------------------------------------

    @decision
    def takes_registration(self, row: TokenRow | None, update: TokenUpdate) -> bool:
        """Whether a device's registration replaces what is kept for it (P8): if it is not older.

        A rotated token is why devices register again: an existing row is no reason to ignore it. Registrations come late
        and out of order, so that the platform's version decides and not the order of arrival.

        Variant::

            def takes_registration(self, row, update):
                return row is None
        """
        return (row is None or update.version >= row.version) and update.version >= self.newest.get(update.token, 0)

    @decision
    def loses_token(self, other: str, row: TokenRow, update: TokenUpdate) -> bool:
        """Whether device `other`, which has the token that another device registers, loses it (P8): yes.

        A token is one app on one handset, and whoever registered it last is logged in there. Its last user may have
        logged out without our hearing of it, and is not to be notified there.

        Variant::

            def loses_token(self, other, row, update):
                return False
        """
        return True

    @decision
    def gives_token_up(self, why: str) -> bool:
        """Whether a token is given up for good that the provider does not take hints for, `why`: invalid or disabled (P8).

        An invalid token never becomes valid again; trying it again is wasted, and providers punish it. Notifications
        that the user has disabled may be enabled again: only this hint is given up.

        Variant::

            def gives_token_up(self, why):
                return False
        """
        return why == "invalid"

    @decision
    def retry_delay(self, attempt: int) -> Micros:
        """How long to wait, in µs, before the provider is tried for the `attempt`-th time again (from 1).

        Variant::

            def retry_delay(self, attempt):
                return 1_000_000
        """
        return int(min(self.retry_limit, self.retry_first << min(attempt - 1, 20)))

    @decision
    def throttled_wait(self, retry_after: Micros) -> Micros:
        """How long to wait, in µs, when the provider says to try again in `retry_after` (P8): so long, and a margin.

        The wait is measured by this node's clock and judged by the provider's. Without the margin, one whose clock gains
        is back too early.

        Variant::

            def throttled_wait(self, retry_after):
                return retry_after
        """
        return retry_after + retry_after * self.throttle_margin // 100

    @decision
    def retries_without_answer(self) -> bool:
        """Whether a hint is tried again when the provider did not answer (P8): yes; a second one collapses with the first.

        Variant::

            def retries_without_answer(self):
                return False
        """
        return True

    @decision
    def badge(self, unread: int, hints: int) -> int:
        """The number of unread messages that a push shows (P8, P10): as many as the store counted (`unread`; -1: none told).

        The store alone knows what was read on other devices. To count here how often this hint was asked for (`hints`)
        starts from nothing with each hint, and counts messages that were read long ago.

        Variant::

            def badge(self, unread, hints):
                return hints
        """
        return unread

    @decision
    def name_that_fits(self, name: int, room: int) -> int:
        """How many bytes of the sender's display name, which has `name`, a push carries that has `room` bytes left (P8).

        A platform refuses what is too large, and then nobody is woken. The name is cut, never the conversation: without
        it the app can't tell what to open, and hints of different conversations would replace each other.

        Variant::

            def name_that_fits(self, name, room):
                return name
        """
        return max(0, min(name, room))

    # --- tokens ------------------------------------------------------------------------------------------------------

    def on_token_update(self, update: TokenUpdate, call: Call) -> None:
        row = self.rows.get(update.device)
        if update.token not in self.invalid and self.takes_registration(row, update):
            self._register(row, update)
        self.point("registered", self._registered, (update, call))

    def registered_before(self, update: TokenUpdate) -> None:
        """The token was registered before the run began."""
        self._register(None, update)

    def _register(self, row: TokenRow | None, update: TokenUpdate) -> None:
        device, token = update.device, update.token
        self.newest[token] = update.version
        for other in list(self.holders.get(token, ())):
            if other != device and self.loses_token(other, self.rows[other], update):
                self._forget(other, self.rows[other], "moved")
        if row is not None and row.token and (row.token != token or not update.active):
            self._forget(device, row, "replaced" if update.active else "logout")
        if update.active and (row is None or row.token != token):
            self.emit(TokenRegistered, device, update.user, token)
        if update.active:
            self.holders.setdefault(token, {})[device] = None
        token = token if update.active else ""
        self.rows[device] = TokenRow(token, update.user, update.version, update.platform, self.now)

    def _forget(self, device: str, row: TokenRow, why: str) -> None:
        self.emit(TokenRemoved, device, row.token, why)
        self.holders.get(row.token, {}).pop(device, None)
        row.token = ""

    def on_clean_up(self, clean_up: CleanUp, source: None) -> None:
        """Forgets the token of a device that has been stuck for long, if it has not registered since: it will when it is back."""
        row = self.rows.get(clean_up.device)
        if row is not None and row.token and self.now - row.at > clean_up.ago:
            self._forget(clean_up.device, row, "cleaned")

    def _registered(self, work: tuple[TokenUpdate, Call]) -> None:
        update, call = work
        self.reply(call, TokenStored(update.device, update.version))

    # --- hints -------------------------------------------------------------------------------------------------------

    def on_notify(self, notify: Notify, call: Call) -> None:
        self.count("notification", len(notify.devices), 0)
        new: list[Key] = []
        for i, device in enumerate(notify.devices):
            name = (device, notify.conversation)
            hint = self.hints.get(name)
            if hint is None:
                hint = self.hints[name] = Hint(notify.sender, self.now, notify.seq)
                new.append(name)
            else:
                hint.sender = notify.sender
                hint.number += 1
            if notify.seq >= hint.seq:
                hint.seq = notify.seq
                if notify.counts:
                    hint.unread, hint.read = notify.counts[i]
            self.emit(HintTaken, *name)
        self.point("taken", self._taken, (new, call))

    def _taken(self, work: tuple[list[Key], Call]) -> None:
        new, call = work
        self.reply(call, Done())
        for name in new:
            self._send(name)

    def _send(self, name: Key) -> None:
        hint = self.hints[name]
        device, conversation = name
        row = self.rows.get(device)
        if row is None or not row.token:
            self._end(name, "no token")
        elif self.now - hint.since >= self.give_up_after:
            self._end(name, "expired")
        else:
            hint.attempts += 1
            badge = self.badge(hint.unread, hint.number)
            bare = Notification(
                device, row.user, conversation, hint.sender, row.token, hint.seq, badge, platform=row.platform
            )
            room = PAYLOAD_LIMITS[row.platform] - bare.bytes
            name_bytes = self.directory.name_bytes.get(hint.sender, len(hint.sender))
            notification = replace(bare, name_bytes=self.name_that_fits(name_bytes, room))
            its = (badge, hint.seq, hint.read, notification.bytes, row.platform)
            self.emit(NotificationAttempted, device, conversation, row.token, hint.attempts, *its)
            asked = (name, row.token, hint.number)
            self.ask(self.directory.provider, notification, self.provider_timeout, self._answered, asked)

    def _answered(self, answer: PushAnswer | Unknown, asked: tuple[Key, str, int]) -> None:
        name, token, number = asked
        hint = self.hints[name]
        if isinstance(answer, Unknown):
            if self.retries_without_answer():
                self._again(name, hint, self.retry_delay(hint.attempts))
            else:
                self._end(name, "no answer")
        elif answer.result == "taken":
            if hint.number == number:
                self._end(name, "taken")
            else:
                self._send(name)  # there was another message meanwhile
        elif answer.result == "throttled":
            self.emit(NotificationThrottled, *name, answer.retry_after)
            self._again(name, hint, self.throttled_wait(answer.retry_after))
        else:
            self._rejected(name, hint, token, answer.result)

    def _rejected(self, name: Key, hint: Hint, token: str, why: str) -> None:
        self.emit(NotificationRejected, *name, token, why)
        row = self.rows[name[0]]
        if self.gives_token_up(why):
            self.invalid[token] = None
            if row.token == token:
                self._forget(name[0], row, why)
        if row.token and row.token != token:
            self._send(name)  # it rotated meanwhile
        elif why in ("disabled", "too large") or not row.token:
            self._end(name, why)
        else:
            self._again(name, hint, self.retry_delay(hint.attempts))

    def _again(self, name: Key, hint: Hint, wait: int) -> None:
        hint.not_before = self.now + wait
        self.after(wait, self._send, name)

    def _end(self, name: Key, how: str) -> None:
        del self.hints[name]
        self.emit(HintEnded, *name, how, self.give_up_after if how == "expired" else 0)
