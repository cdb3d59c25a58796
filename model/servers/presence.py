"""The presence service (C9): who is online, who is typing, who was last seen when (P14).

Promise kept here: presence and typing converge to the truth once the network is calm (G3). All of it is soft state with a
time to live: a beat that is missed lets it lapse, a beat that comes brings it back, and nothing is lost with the node but
what the next beats tell again. Last-seen is written to the store, asynchronously: a lost write costs one old time.

    1. a gateway dies with its connections: nobody says that they are gone, the entries lapse
    2. a phone flaps between two networks: each loss is followed by a connect within the grace, and nothing changes
    3. one of a user's two devices goes: the user stays online
    4. a gateway notices late that a connection is dead: its device has long been back by another one, and stays online

Requirements: C9, P14, G3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from model.component import Component
from model.decisions import Micros, decision, setting
from model.events import PresenceChanged
from model.wire.delivery import Lookup, Sessions
from model.wire.service import LastSeen, Online, PresenceBeat, PresenceGone, TypingNotice, TypingStarted, WhoIsOnline
from model.wire.store import ReadRecipients, Recipient, Recipients
from sim.network import Call
from sim.node import Unknown
from sim.state import Marks, only_looks


@dataclass(slots=True)
class Entry:
    """A device as the presence service knows it."""

    marks = Marks(aside="epoch")

    until: int
    """Until when it counts as online, in µs of the node's uptime."""
    epoch: int
    """The number of the connection that it was heard by."""


class PresenceService(Component):
    """One node; everything it knows is volatile."""

    kind: ClassVar[str] = "presence"
    receives: ClassVar[dict[type, str]] = {
        PresenceBeat: "on_beat",
        PresenceGone: "on_gone",
        WhoIsOnline: "on_who_is_online",
        TypingStarted: "on_typing",
    }
    points: ClassVar[tuple[str, ...]] = ("heard",)
    marks = Marks(volatile="until online")

    time_to_live = setting(
        60_000_000,
        unit="µs",
        why="How long a device counts as online after its last heartbeat: a little over one interval.",
    )
    grace = setting(
        30_000_000,
        unit="µs",
        why="How long a lost connection may stay lost before its user counts as offline.",
        source="Synapse: online to away after 30 s",
    )
    typing_threshold = setting(100, unit="devices", why="Above so many devices nobody is told who types.")
    lookup_timeout = setting(1_000_000, unit="µs", why="After this a look-up of sessions is given up.")

    def boot(self) -> None:
        self.until: dict[str, dict[str, Entry]] = {}
        """By user and device: until when the device counts as online."""
        self.online: dict[str, None] = {}

    def forget(self) -> None:
        """Loses everything, and goes on: a fault."""
        self.until.clear()
        self.online.clear()

    # --- decisions ---------------------------------------------------------------------------------------------------

    @decision
    def until_after_beat(self, now: Micros) -> Micros:
        """Until when a device counts as online that was heard at `now` (P14), by a clock that never jumps.

        Variant::

            def until_after_beat(self, now):
                return now + 10 * 3600 * 1_000_000
        """
        return now + self.time_to_live

    @decision
    def until_after_loss(self, until: Micros, now: Micros) -> Micros:
        """Until when a device counts as online whose connection was lost at `now` (P14): for a grace.

        Without it, each change of network is two changes of presence for everybody who watches.

        Variant::

            def until_after_loss(self, until, now):
                return now
        """
        return min(until, now + self.grace)

    @decision
    def is_of_now(self, known: int, told: int) -> bool:
        """Whether to believe what a gateway tells of a device's connection `told`, when connection `known` was the last heard.

        A device counts its connections. A gateway may notice that one of them is dead long after the device has come back by
        another one: that says nothing of the device.

        Variant::

            def is_of_now(self, known, told):
                return True
        """
        return told >= known

    @decision
    def shown_to(self, typist: str, members: Sequence[Recipient]) -> Sequence[str]:
        """The devices that are told that a user types (P14, P13): those of the other members, if the user is one.

        In a large group nobody is told: it would be more traffic than the messages.

        Variant::

            def shown_to(self, typist, members):
                return [member.device for member in members]
        """
        if len(members) > self.typing_threshold or all(member.user != typist for member in members):
            return ()
        return [member.device for member in members if member.user != typist]

    # --- what gateways tell ------------------------------------------------------------------------------------------

    def on_beat(self, beat: PresenceBeat, source: None) -> None:
        self.point("heard", self._heard, beat)

    def _heard(self, beat: PresenceBeat) -> None:
        known = self.until.get(beat.user, {}).get(beat.device)
        if known is None or self.is_of_now(known.epoch, beat.epoch):
            self._set(beat.user, beat.device, Entry(self.until_after_beat(self.uptime), beat.epoch))

    def on_gone(self, gone: PresenceGone, source: None) -> None:
        known = self.until.get(gone.user, {}).get(gone.device)
        if known is not None and self.is_of_now(known.epoch, gone.epoch):
            until = self.until_after_loss(known.until, self.uptime)
            self._set(gone.user, gone.device, Entry(until, max(known.epoch, gone.epoch)))

    def _set(self, user: str, device: str, entry: Entry) -> None:
        self.until.setdefault(user, {})[device] = entry
        if user not in self.online:
            self.online[user] = None
            self.emit(PresenceChanged, user, True)
        self.after(max(0, entry.until - self.uptime), self._lapse, user)

    @only_looks
    def _lapse(self, user: str) -> None:
        if user in self.online and all(entry.until <= self.uptime for entry in self.until[user].values()):
            del self.online[user]
            del self.until[user]
            self.emit(PresenceChanged, user, False)
            self.cast_store(self.directory.stores[0], LastSeen(user, self.now))

    # --- what is asked -----------------------------------------------------------------------------------------------

    def on_who_is_online(self, who: WhoIsOnline, call: Call) -> None:
        self.reply(call, Online(tuple(user for user in who.users if user in self.online)))

    # --- typing: passed on, never kept -------------------------------------------------------------------------------

    def on_typing(self, typing: TypingStarted, source: None) -> None:
        """Asks who the members are now, then where they are connected, then tells their gateways."""
        store = self.directory.store_for(typing.conversation)
        self.ask_store(store, ReadRecipients(typing.conversation, 0), self.lookup_timeout, self._members, typing)

    def _members(self, found: Recipients | Unknown, typing: TypingStarted) -> None:
        if isinstance(found, Recipients):
            devices = self.shown_to(typing.user, found.recipients)
            if devices:
                self.ask(self.directory.registry, Lookup(tuple(devices)), self.lookup_timeout, self._typing, typing)

    def _typing(self, found: Sessions | Unknown, typing: TypingStarted) -> None:
        if isinstance(found, Sessions):
            by_gateway: dict[str, list[str]] = {}
            for session in found.sessions:
                by_gateway.setdefault(session.gateway, []).append(session.device)
            for gateway, devices in by_gateway.items():
                self.cast(gateway, TypingNotice(typing.conversation, typing.user, tuple(devices)))
