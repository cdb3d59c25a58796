"""The list of conversations on a device: what is newest in each, and how much is unread, as the server says (P10, P11).

Promise kept here: what is shown was so when the server answered. What may fail: the answer is lost, and it is asked again
as long as the list is open and the device is connected. The list is for looking at: no mark, cursor or badge moves by it.

Requirements: C1, P10, P11.
"""

from __future__ import annotations

from model.decisions import setting
from model.device.blocks import Blocks
from model.events import ListRequested, ListShown
from model.wire.client import ConversationList, ListRequest
from sim.network import Connection
from sim.state import Marks


class ListOfConversations(Blocks):
    """Asks for the list, and shows it."""

    marks = Marks(durable="lists_opened", volatile="_list_open")

    list_timeout = setting(5_000_000, unit="µs", why="How long a list may take before it is asked for again.")

    def install(self) -> None:
        super().install()
        self.lists_opened = 0

    def boot(self) -> None:
        self._list_open = 0
        """The number of the list that was asked for and is not there; 0: none."""
        super().boot()

    def open_list(self) -> None:
        """The user looks at the list of conversations."""
        self.lists_opened += 1
        self._list_open = self.lists_opened
        self.emit(ListRequested, self.name, self.lists_opened)
        self._ask_for_list(self.lists_opened)

    def _ask_for_list(self, number: int) -> None:
        if number == self._list_open:
            self.after(self.list_timeout, self._ask_for_list, number)
            marks = tuple((name, local.read) for name, local in self.database.items() if local.read)
            self.transmit(ListRequest(self.name, number, marks))

    def on_conversation_list(self, listed: ConversationList, connection: Connection) -> None:
        self.last_heard = self.now
        if listed.number != self._list_open:
            return
        self._list_open = 0
        entries = listed.entries
        names, newest, unread, read = (
            tuple(entry.conversation for entry in entries),
            tuple(entry.newest for entry in entries),
            tuple(entry.unread for entry in entries),
            tuple(entry.read for entry in entries),
        )
        self.emit(ListShown, self.name, listed.number, names, newest, unread, read)
