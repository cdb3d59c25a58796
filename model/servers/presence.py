"""The presence service (C9): who is online, who is typing, who was last seen when (P14).

Promise kept here: presence and typing converge to the truth once the network is calm (G3). All of it is soft state with a
time to live: a beat that is missed lets it lapse, a beat that comes brings it back, and nothing is lost with the node but
what the next beats tell again. Who watches is told of a change at once, by a frame; one that is lost is made up for by the
watcher's next digest. Last-seen is written to the store, asynchronously: a lost write costs one old time.

    1. a gateway dies with its connections: nobody says that they are gone, the entries lapse
    2. a phone flaps between two networks: each loss is followed by a connect within the grace, and nothing changes
    3. one of a user's two devices goes: the user stays online
    4. a gateway notices late that a connection is dead: its device has long been back by another one, and stays online

Requirements: C9, P14, G3.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from model.component import Component
from model.decisions import Micros, decision, setting
from model.events import PresenceChanged
from model.wire.client import PresenceFrame, Sighting
from model.wire.delivery import Lookup, Sessions
from model.wire.service import (
    LastSeen,
    Online,
    PresenceBeat,
    PresenceGone,
    PresenceNotice,
    TypingNotice,
    TypingStarted,
    WhoIsOnline,
)
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
    heard: int
    """When it was heard last, in µs of the node's uptime."""
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
    marks = Marks(volatile="until online changed last_seen")

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
    gather = setting(
        1_000_000, unit="µs", why="How long changes of presence are gathered before those who watch are told."
    )
    live_threshold = setting(
        100,
        unit="devices",
        why="A change is told at once to no more devices than so many; to others, by their digests.",
    )
    typing_threshold = setting(100, unit="devices", why="Above so many devices nobody is told who types.")
    lookup_timeout = setting(1_000_000, unit="µs", why="After this a look-up of sessions is given up.")

    def boot(self) -> None:
        self.until: dict[str, dict[str, Entry]] = {}
        """By user and device: until when the device counts as online."""
        self.online: dict[str, None] = {}
        self.last_seen: dict[str, int] = {}
        """When those were heard last (µs, by this node's clock) who have gone in this life."""
        self.changed: dict[str, None] = {}
        """Of whom those who watch are still to be told."""

    def forget(self) -> None:
        """Loses everything, and goes on: a fault."""
        self.until.clear()
        self.online.clear()
        self.last_seen.clear()

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
    def as_of(self) -> Micros:
        """The position that presence carries, in digests and frames (P14): for how long this node has run, which only grows.

        A device takes what has the higher one, and is told by two ways that overtake each other. The time of day may be set back:
        then all that is told for so long is taken for old.

        Variant::

            def as_of(self):
                return self.now
        """
        return self.uptime

    @decision
    def told_live(self, user: str, watching: Sequence[str]) -> Sequence[str]:
        """The devices that are told at once that a user came or went, given those that watch (P14): all, if they are few.

        A frame costs each of them some bytes, gathered with what else changed within a second. Without it a device would
        learn by its next heartbeat, up to a minute later. In a large company frames would be more than the messages.

        Variant::

            def told_live(self, user, watching):
                return ()
        """
        return watching if len(watching) <= self.live_threshold else ()

    @decision
    def seen_last(self, heard: Micros, now: Micros) -> Micros:
        """What is kept as the time at which a user was seen last (P14): when a device of theirs was heard last.

        Not `now`, when their last entry lapses: nothing has been heard of them for a minute then.

        Variant::

            def seen_last(self, heard, now):
                return now
        """
        return heard

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
            self._set(beat.user, beat.device, Entry(self.until_after_beat(self.uptime), self.uptime, beat.epoch))

    def on_gone(self, gone: PresenceGone, source: None) -> None:
        known = self.until.get(gone.user, {}).get(gone.device)
        if known is not None and self.is_of_now(known.epoch, gone.epoch):
            until = self.until_after_loss(known.until, self.uptime)
            heard = max(known.heard, self.uptime - gone.silent)
            self._set(gone.user, gone.device, Entry(until, heard, max(known.epoch, gone.epoch)))

    def _set(self, user: str, device: str, entry: Entry) -> None:
        self.until.setdefault(user, {})[device] = entry
        if user not in self.online:
            self.online[user] = None
            self.last_seen.pop(user, None)
            self.emit(PresenceChanged, user, True)
            self._change(user)
        self.after(max(0, entry.until - self.uptime), self._lapse, user)

    @only_looks
    def _lapse(self, user: str) -> None:
        if user in self.online and all(entry.until <= self.uptime for entry in self.until[user].values()):
            del self.online[user]
            heard = max(entry.heard for entry in self.until.pop(user).values())
            self.emit(PresenceChanged, user, False)
            at = self.seen_last(max(0, self.now - (self.uptime - heard)), self.now)
            self.last_seen[user] = at
            self.cast_store(self.directory.stores[0], LastSeen(user, at))
            self._change(user)

    # --- what is asked, and told ---------------------------------------------------------------------------------------

    def on_who_is_online(self, who: WhoIsOnline, call: Call) -> None:
        self.reply(call, Online(tuple(user for user in who.users if user in self.online), self.as_of()))

    def _change(self, user: str) -> None:
        """Has those told who watch the user, with whatever else changes until then."""
        if not self.changed:
            self.after(self.gather, self._find_watchers)
        self.changed[user] = None

    def _find_watchers(self, _: None) -> None:
        users, self.changed = self.changed, {}
        watched: dict[str, list[str]] = {}
        for user in users:
            devices_of = self.directory.devices_of
            company = [device for other in self.directory.company_of[user] for device in devices_of[other]]
            for device in self.told_live(user, company):
                watched.setdefault(device, []).append(user)
        if watched:
            self.ask(self.directory.registry, Lookup(tuple(watched)), self.lookup_timeout, self._tell_watchers, watched)

    def _tell_watchers(self, found: Sessions | Unknown, watched: dict[str, list[str]]) -> None:
        if isinstance(found, Sessions):
            as_of = self.as_of()
            for gateway, devices in found.by_gateway().items():
                frames = (PresenceFrame(device, self._sightings(watched[device]), as_of) for device in devices)
                self.cast(gateway, PresenceNotice(tuple(frames)))

    def _sightings(self, users: Iterable[str]) -> tuple[Sighting, ...]:
        return tuple(Sighting(user, user in self.online, self.last_seen.get(user, 0)) for user in users)

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
            for gateway, devices in found.by_gateway().items():
                self.cast(gateway, TypingNotice(typing.conversation, typing.user, tuple(devices)))
