"""How a person reads back: the newest page first where a lot is missing, and older ones by scrolling, page above page.

Promise kept here: a page is whole, and what is missing between it and what was there before is known as a gap. What may fail: a
page is lost, and asked for again while the device is connected; the app is killed, and with it the screen, not the database.

What is fetched this way lies in the `window` of the local database, above a gap. The delivered cursor stays below the gap: it
says what is held from the beginning on. When the backlog, or scrolling, has closed the gap, the window is taken in like a page.

    1. a new device in a conversation of 500: it shows 481 to 500, and fetches 1 to 480 from the other end
    2. its user scrolls up meanwhile: 461 to 480 come by themselves, and the gap ends at 460
    3. the backlog has come to 460: what is in the window follows without being fetched again

Requirements: C1, P7, P21.
"""

from __future__ import annotations

from collections.abc import Sequence

from model.content import Message
from model.decisions import Seq, decision, setting
from model.device.database import LocalConversation
from model.device.syncer import Syncer
from model.events import HistoryRequested, PageShown, ScrolledBack, Stored
from model.wire.client import SyncPage, SyncRequest
from sim.network import Connection
from sim.node import Timer
from sim.state import Marks


class Scroller(Syncer):
    """Keeps how far up the screen shows a conversation, and fetches what is above."""

    marks = Marks(volatile="tops fetching_back asked_newest")

    far_behind = setting(
        60,
        unit="messages",
        why="A device that lacks more than so many, three pages of the archive, shows the newest page first. Swept.",
    )
    screenful = setting(
        20, unit="messages", why="How many messages come on the screen at once when its user scrolls up."
    )

    def boot(self) -> None:
        self.tops: dict[str, int] = {}
        """By conversation: the topmost seq on the screen."""
        self.fetching_back: dict[str, tuple[int, str, Timer]] = {}
        """By conversation: the page that is on its way, above which seq, and why."""
        self.asked_newest: dict[str, None] = {}
        super().boot()

    def connected_now(self) -> None:
        self.asked_newest.clear()
        super().connected_now()

    def disconnected_now(self) -> None:
        super().disconnected_now()
        for _, _, timer in self.fetching_back.values():
            timer.cancel()
        self.fetching_back.clear()

    # --- decisions ---------------------------------------------------------------------------------------------------

    @decision
    def newest_first(self, held: Seq, heard: Seq) -> bool:
        """Whether a device that holds nothing above `held` shows the newest page first; it heard of `heard` (P21).

        Its user wants to see what is said now. What lies between comes afterwards, and until then there is a gap.

        Variant::

            def newest_first(self, held, heard):
                return False
        """
        return heard - held > self.far_behind

    @decision
    def fills_gap(self, local: LocalConversation) -> bool:
        """Whether the device fetches what is missing below its newest page without being asked (P21): always, and to the end.

        It holds the whole history then, also without a connection. An app that is short of space would wait for its user to
        scroll, and could not say that it holds everything up to its cursor until then.

        Variant::

            def fills_gap(self, local):
                return not local.window
        """
        return True

    @decision
    def holds_below(self, local: LocalConversation, first: Seq) -> Seq:
        """The highest seq below `first` that the device holds; what is between the two is a gap, and shown as one (P21).

        Variant::

            def holds_below(self, local, first):
                return first - 1
        """
        return max(min(local.cursor, first - 1), max((seq for seq in local.window if seq < first), default=0))

    # --- the newest page first ---------------------------------------------------------------------------------------

    def sync(self, name: str, why: str) -> None:
        """Takes in what is here by now; asks for the newest page if a lot is missing, and then for the rest."""
        local, reception = self.conversation(name), self.reception(name)
        if local.window:
            self._close_gap(name, local)
            if not self.life.running or (why == "page" and local.cursor >= reception.heard):
                return
        held = max(local.window, default=local.cursor)
        if name not in self.asked_newest and self.connected and self.newest_first(held, reception.heard):
            self.asked_newest[name] = None
            self._fetch_back(name, reception.heard + 1, "newest")
        elif self.fetching_back.get(name, (0, ""))[1] != "newest" and self.fills_gap(local):
            super().sync(name, why)

    def _close_gap(self, name: str, local: LocalConversation) -> None:
        """Takes in what the window has right above the cursor."""
        rows: list[Message] = []
        while (row := local.window.get(local.cursor + 1 + len(rows))) is not None:
            rows.append(row)
        if rows:
            self.take(rows, "history")
        for seq in [seq for seq in local.window if seq <= local.cursor]:
            del local.window[seq]

    # --- scrolling ---------------------------------------------------------------------------------------------------

    def scroll_back(self, name: str) -> None:
        """The user scrolls up: the page above what is on the screen appears, from the database or from the server."""
        local = self.conversation(name)
        before = self.tops.get(name) or max(local.shown, max(local.window, default=0)) + 1
        self.emit(ScrolledBack, self.name, name, before)
        rows: list[Message] = []
        while len(rows) < self.screenful:
            seq = before - 1 - len(rows)
            row = local.rows.get(seq) if seq <= local.cursor else local.window.get(seq)
            if row is None:
                break
            rows.append(row)
        if rows:
            self._show_page(name, before, rows[::-1], "scroll")
        elif before > 1:
            self._fetch_back(name, before, "scroll")

    def _fetch_back(self, name: str, before: int, why: str) -> None:
        if self.connected and name not in self.fetching_back:
            timer = self.after(self.sync_timeout, self._fetch_back_again, name)
            self.fetching_back[name] = (before, why, timer)
            self.emit(HistoryRequested, self.name, name, before, why)
            heard = self.reception(name).heard
            self.transmit(SyncRequest(self.name, name, 0, min(heard, before - 1), before))

    def _fetch_back_again(self, name: str) -> None:
        before, why, _ = self.fetching_back.pop(name)
        if why == "newest":
            self.sync(name, "retry")  # the rest does not wait for it
        else:
            self._fetch_back(name, before, why)

    def on_sync_page(self, page: SyncPage, connection: Connection) -> None:
        if page.before:
            self._on_page_back(page)
        else:
            super().on_sync_page(page, connection)

    def _on_page_back(self, page: SyncPage) -> None:
        self.last_heard = self.now
        name = page.conversation
        before, why, timer = self.fetching_back.get(name, (0, "", None))
        if before != page.before or timer is None:
            return  # asked for twice, and answered before
        timer.cancel()
        del self.fetching_back[name]
        local = self.conversation(name)
        self._hear(name, page.head)
        for row in page.messages:
            if row.seq > local.cursor and row.seq not in local.window:
                local.window[row.seq] = row
                self.emit(Stored, self.name, name, row.seq, row.message, "history")
        self._show_page(name, before, page.messages, why)
        if why == "newest":
            self.sync(name, "page")
        elif local.window:
            self._close_gap(name, local)

    def _show_page(self, name: str, before: int, rows: Sequence[Message], why: str) -> None:
        """A page appears, right above `before`."""
        seen = [row for row in rows if row.kind != "filler"]
        first = rows[0].seq if rows else before
        self.tops[name] = first
        self.emit(
            PageShown,
            self.name,
            name,
            before,
            first,
            tuple(row.seq for row in seen),
            tuple(row.message for row in seen),
            tuple(self.seen(row, row.sender) if self._shows(row) else "" for row in seen),
            self.holds_below(self.conversation(name), first),
            why,
        )

    def _shows(self, row: Message) -> bool:
        return not self.is_hidden(row) and (not row.payload or self.renders(row) == "content")
