"""How a device shows its company: who is online, and who is typing (P14, G3).

Promise kept here: what is shown lapses by itself when nothing confirms it. Nothing of it is stored.

Requirements: C1, P14, G3.
"""

from __future__ import annotations

from model.decisions import Micros, decision, setting
from model.device.read_marks import ReadMarks
from model.events import PresenceShown, TypingCleared, TypingShown
from model.wire.client import Digest, Typing, TypingFrame
from sim.network import Connection
from sim.node import Timer
from sim.state import Marks


class PresenceView(ReadMarks):
    """Other people, as the device shows them."""

    marks = Marks(volatile="seen_online typists")

    typing_ttl = setting(
        30_000_000, unit="µs", why="How long 'is typing' stays without being confirmed.", source="Synapse: typing 30 s"
    )

    def boot(self) -> None:
        super().boot()
        self.seen_online: dict[str, bool] = {}
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
        """What the device shows of a user, when it showed `shown` and a digest says `told` (P14): what it is told.

        Variant::

            def takes_presence(self, shown, told):
                return shown or told
        """
        return told

    # --- presence ----------------------------------------------------------------------------------------------------

    def on_digest(self, digest: Digest, connection: Connection) -> None:
        super().on_digest(digest, connection)
        if digest.online is None or not self.life.running:
            return
        for user in self.directory.company_of[self.user]:
            shown = self.seen_online.get(user, False)
            now = self.takes_presence(shown, user in digest.online)
            if now != shown:
                self.seen_online[user] = now
                self.emit(PresenceShown, self.name, user, now)

    # --- typing ------------------------------------------------------------------------------------------------------

    def type_in(self, conversation: str) -> None:
        """The user types."""
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
