"""How a device shows its company: who is online, and who is typing (P14, G3).

Promise kept here: what is shown lapses by itself when nothing confirms it. Nothing of it is stored.

Requirements: C1, P14, G3.
"""

from __future__ import annotations

from model.decisions import Micros, decision, setting
from model.device.read_marks import ReadMarks
from model.events import LastSeenShown, PresenceShown, Typed, TypingCleared, TypingShown
from model.wire.client import Digest, PresenceFrame, Typing, TypingFrame
from sim.network import Connection
from sim.node import Timer
from sim.state import Marks


class PresenceView(ReadMarks):
    """Other people, as the device shows them."""

    marks = Marks(volatile="seen_online seen_last typists", aside="_digest_as_of _told_as_of")

    typing_ttl = setting(
        30_000_000, unit="µs", why="How long 'is typing' stays without being confirmed.", source="Synapse: typing 30 s"
    )

    def boot(self) -> None:
        super().boot()
        self.seen_online: dict[str, bool] = {}
        self.seen_last: dict[str, int] = {}
        self._digest_as_of = 0
        self._told_as_of: dict[str, int] = {}
        """As of when a frame has told of a user, in µs by the presence service's count; others are as of the digest."""
        self.typists: dict[tuple[str, str], Timer] = {}

    # --- decisions ---------------------------------------------------------------------------------------------------

    @decision
    def shows_typing_for(self) -> Micros:
        """How long, in µs, 'is typing' is shown without being confirmed (P14).

        Variant::

            def shows_typing_for(self):
                return 1 << 50
        """
        return self.typing_ttl

    @decision
    def takes_presence(self, shown: bool, told: bool) -> bool:
        """What the device shows of a user, when it showed `shown` and is told `told` (P14): what it is told.

        Variant::

            def takes_presence(self, shown, told):
                return shown or told
        """
        return told

    @decision
    def is_older(self, known: Micros, told: Micros) -> bool:
        """Whether what is told of a user as of `told` is older than what is known as of `known` (P14): then it is ignored.

        A digest waits for the stores, and a frame does not: what was asked first may arrive last.

        Variant::

            def is_older(self, known, told):
                return False
        """
        return told < known

    # --- presence ----------------------------------------------------------------------------------------------------

    def on_digest(self, digest: Digest, connection: Connection) -> None:
        super().on_digest(digest, connection)
        if digest.online is None or not self.life.running or self.is_older(self._digest_as_of, digest.as_of):
            return
        self._digest_as_of = digest.as_of
        seen = dict(digest.seen)
        for user in self.directory.company_of[self.user]:
            if not self.is_older(self._told_as_of.get(user, 0), digest.as_of):
                self._sees(user, user in digest.online, seen.get(user, 0))

    def on_presence(self, frame: PresenceFrame, connection: Connection) -> None:
        self.last_heard = self.now
        for sighting in frame.sightings:
            known = max(self._digest_as_of, self._told_as_of.get(sighting.user, 0))
            if not self.is_older(known, frame.as_of):
                self._told_as_of[sighting.user] = frame.as_of
                self._sees(sighting.user, sighting.online, sighting.seen)

    def _sees(self, user: str, online: bool, seen: int) -> None:
        shown = self.seen_online.get(user, False)
        now = self.takes_presence(shown, online)
        if now != shown:
            self.seen_online[user] = now
            self.emit(PresenceShown, self.name, user, now)
        if not now and seen > self.seen_last.get(user, 0):
            self.seen_last[user] = seen
            self.emit(LastSeenShown, self.name, user, seen)

    # --- typing ------------------------------------------------------------------------------------------------------

    def type_in(self, conversation: str) -> None:
        """The user types."""
        self.emit(Typed, self.name, conversation)
        self.transmit(Typing(self.name, conversation))

    def on_typing(self, frame: TypingFrame, connection: Connection) -> None:
        self.last_heard = self.now
        typist = (frame.conversation, frame.user)
        timer = self.typists.get(typist)
        if timer is None:
            self.emit(TypingShown, self.name, *typist)
        else:
            timer.cancel()
        self.typists[typist] = self.after(self.shows_typing_for(), self._typing_over, typist)

    def _typing_over(self, typist: tuple[str, str]) -> None:
        del self.typists[typist]
        self.emit(TypingCleared, self.name, *typist)

    def disconnected_now(self) -> None:
        """What is shown of others is not known any more."""
        super().disconnected_now()
        for typist, timer in list(self.typists.items()):
            timer.cancel()
            self._typing_over(typist)
