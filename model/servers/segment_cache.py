"""The cache of newest segments (P12): the last rows of each conversation, so that a crowd that syncs reads the store once.

Promise kept here: none. It may be lost at any time, and what it has may be old: a reader names the place that it has heard
of, and a segment that does not reach it is loaded anew. Its members are those at the segment's own last row, so that it
hands out to nobody what the store would not.

    1. a thousand devices hear of row 9 at once: the first one makes the cache load it, the others wait for that load
    2. a user left by row 10: the segment that ends at 9 still knows the user, who may read 9
    3. a user joined by row 10 and has heard of it: a segment that ends at 9 is too old for that user

Requirements: P12, F6.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from model.component import Component
from model.decisions import decision, setting
from model.events import SegmentLoaded
from model.wire.store import NoPage, Page, ReadPage, ReadSegment, Segment
from sim.network import Call
from sim.node import Unknown
from sim.state import Marks


@dataclass(slots=True)
class _Loading:
    """A load of a segment that is under way, and who waits for it."""

    waiting: list[tuple[ReadPage, Call]] = field(default_factory=list)


class SegmentCache(Component):
    """One cache node. Everything it knows is volatile."""

    kind: ClassVar[str] = "cache"
    receives: ClassVar[dict[type, str]] = {ReadPage: "on_read_page"}
    points: ClassVar[tuple[str, ...]] = ("loaded",)
    marks = Marks(volatile="segments _loading")

    rows = setting(50, unit="rows", why="How many of the newest rows of a conversation are kept.")
    timeout = setting(500_000, unit="µs", why="After this a load is given up, and readers go to the store themselves.")

    def boot(self) -> None:
        self.segments: dict[str, Segment] = {}
        self._loading: dict[str, _Loading] = {}

    def forget(self) -> None:
        """Loses everything, and goes on: a fault."""
        self.segments.clear()

    @decision
    def serves(self, segment: Segment, read: ReadPage) -> bool:
        """Whether a segment is new enough, and long enough, for a read (P12): if it reaches the place that is named.

        It must also begin where the page does, be it read forwards or backwards: what is older has to come from the store.

        Variant::

            def serves(self, segment, read):
                return True
        """
        first = segment.rows[0].seq if segment.rows else segment.head + 1
        if read.before:
            below, until = segment.readable_below(
                read.user, read.before
            )  # which may be far below, of an earlier membership
            begins = min(max(1, read.before - read.limit), max(below, until - read.limit + 1))
            return segment.head >= read.before - 1 and first <= begins
        return segment.head >= read.heard and first <= read.after + 1

    @decision
    def merged(self, held: Segment | None, loaded: Segment) -> Segment:
        """The segment that is kept when one was `loaded`, given the one that was `held`, if any (P12): the loaded one.

        It is whole. Who joins the two has a hole between them, where the one ends before the other begins, and counts rows from
        there as if there were none. It costs a longer read of the store now and then.

        Variant::

            def merged(self, held, loaded):
                if held is None:
                    return loaded
                rows = {row.seq: row for row in (*held.rows, *loaded.rows)}
                return replace(loaded, rows=tuple(rows[seq] for seq in sorted(rows)))
        """
        return loaded

    def on_read_page(self, read: ReadPage, call: Call) -> None:
        segment = self.segments.get(read.conversation)
        if segment is not None and self.serves(segment, read):
            self._answer(segment, read, call)
            return
        loading = self._loading.get(read.conversation)
        if loading is None:
            loading = self._loading[read.conversation] = _Loading()
            store = self.directory.store_for(read.conversation)
            self.ask_store(
                store, ReadSegment(read.conversation, self.rows), self.timeout, self._loaded, read.conversation
            )
        loading.waiting.append((read, call))

    def _loaded(self, found: Segment | Unknown, conversation: str) -> None:
        if isinstance(found, Segment):
            self.segments[conversation] = self.merged(self.segments.get(conversation), found)
            self.emit(SegmentLoaded, conversation, found.head)
        self.point("loaded", self._serve, conversation)

    def _serve(self, conversation: str) -> None:
        segment = self.segments.get(conversation)
        for read, call in self._loading.pop(conversation, _Loading()).waiting:
            if segment is not None and self.serves(segment, read):
                self._answer(segment, read, call)
            else:
                self.reply(call, NoPage())

    def _answer(self, segment: Segment, read: ReadPage, call: Call) -> None:
        start = segment.rows[0].seq if segment.rows else 0
        if read.before:
            first, until = segment.readable_below(read.user, read.before)
            first = max(first, until - read.limit + 1)
        else:
            first, last = segment.readable(read.user, read.after)
            until = min(last, first + read.limit - 1)
        rows = segment.rows[first - start : until - start + 1] if first >= start and until >= first else ()
        self.count("cache read", 1, 0)
        self.reply(call, Page(rows, first, segment.head_for(read.user)))
