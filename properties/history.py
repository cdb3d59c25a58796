"""History as people read it: a page is whole, pages follow one another upwards, and a gap is known as one.

    1. a page that is read backwards leaves out a message: whoever scrolls never learns of it
    2. the screen shows the newest page of a conversation, and right below it what was there a month ago, as if nothing was left
    3. a conversation that somebody creates begins without one of those who were named, or begins twice
    4. scrolling up brings the same page again and again

Requirements: P21.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, NamedTuple

from model.events import (
    AppUpdated,
    ConversationOpened,
    ConversationRequested,
    FillerPersisted,
    LoggedIn,
    LoggedOut,
    PageShown,
    Persisted,
    Slept,
    Wiped,
    Woke,
)
from properties.base import Property, Violation, sees
from properties.ledger import HOLDINGS, ROWS, TURNS, Ledger
from properties.time import Clocks
from sim.history import Crashed, Restarted


class HistoryPagesAreWhole(Property):
    """A page of history has everything that its reader may see between its first place and what is on the screen.

    Proof of a violation: a PageShown whose `seqs` are not those of all rows from `first` up to right below `before` that are for
    its user, but for those that policy has removed; or one of no message and no filler, or that ends in no gap, although
    there is such a row.
    """

    name: ClassVar[str] = "history-pages-are-whole"
    family: ClassVar[str] = "history"
    anomalies: ClassVar[tuple[str, ...]] = ("skip", "membership leak")
    rests_on = (*ROWS, *TURNS)
    gapless = True

    @sees(PageShown)
    def on_page(self, event: PageShown, index: int) -> None:
        held = self.ledger.held.get((event.device, event.conversation))
        if held is None:
            return
        self.tested += 1
        log, access = held.log, held.access
        ends_in_a_gap = (
            event.have + 1 < event.first < event.before
        )  # which its user sees, be it that the page had fillers alone
        first = event.first if event.seqs or ends_in_a_gap else 1
        due = [
            seq
            for seq in range(first, event.before)
            if (seq <= log.base or seq in log.rows) and seq not in log.fillers and access.reads(seq)
        ]
        if log.removed:
            due = [seq for seq in due if seq > log.removed or seq in event.seqs]
        if due != list(event.seqs):
            missing = sorted({*due} - {*event.seqs})
            foreign = sorted({*event.seqs} - {*due})
            what = (
                f"lacks {missing[0]}"
                if missing
                else f"has {foreign[0]}, which is not for it"
                if foreign
                else "is mixed up"
            )
            self.violated(
                f"{event.device} shows a page of {event.conversation} above {event.before} that {what}", index
            )


class HistoryPagesAreInOrder(Property):
    """Pages of history follow one another upwards, and each place has what was committed there.

    Proof of a violation: a PageShown by scrolling that does not end right above what the one before it began with, in the same
    life of the app; or with another message at a seq than was committed there.
    """

    name: ClassVar[str] = "history-pages-are-in-order"
    family: ClassVar[str] = "history"
    anomalies: ClassVar[tuple[str, ...]] = ("order divergence",)
    rests_on = (Persisted, FillerPersisted)

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._tops: dict[str, dict[str, tuple[int, int]]] = {}
        """By device and conversation: the topmost seq on the screen, and the event of its page."""

    @sees(PageShown)
    def on_page(self, event: PageShown, index: int) -> None:
        self.tested += 1
        tops = self._tops.setdefault(event.device, {})
        top = tops.get(event.conversation)
        if top is not None and event.why == "scroll" and event.before != top[0]:
            self.violated(
                f"{event.device} shows what is above {event.conversation} {event.before}, and {top[0]} was on top",
                top[1],
                index,
            )
        tops[event.conversation] = (event.first, index)
        log = self.ledger.logs.get(event.conversation)
        for seq, message in zip(event.seqs, event.messages, strict=False):
            row = log.rows.get(seq) if log is not None else None
            if row is not None and row[0] != message:
                what = f"{event.conversation} {seq}, where {row[0]} is"
                self.violated(f"{event.device} shows {message} as {what}", row[1], index)
                break

    @sees(Slept, Woke, Wiped, AppUpdated, LoggedOut, LoggedIn)
    def on_another_life(self, event: Slept | Woke | Wiped | AppUpdated | LoggedOut | LoggedIn, _: int) -> None:
        self._tops.pop(event.device, None)

    @sees(Crashed, Restarted)
    def on_restart(self, event: Crashed | Restarted, _: int) -> None:
        self._tops.pop(event.node, None)


class GapsAreKnown(Property):
    """A device that shows a page knows what is missing below it.

    Proof of a violation: a PageShown with a `have` above the highest place below the page that the device holds.
    """

    name: ClassVar[str] = "gaps-are-known"
    family: ClassVar[str] = "history"
    anomalies: ClassVar[tuple[str, ...]] = ("skip",)
    rests_on = HOLDINGS

    @sees(PageShown)
    def on_page(self, event: PageShown, index: int) -> None:
        held = self.ledger.held.get((event.device, event.conversation))
        if held is None or not event.seqs:
            return
        skips = held.access.skips
        below = min(skips.get(held.upto, held.upto), event.first - 1)
        have = max(below, max((seq for seq in held.beyond if seq < event.first), default=0))
        if have < event.first - 1:
            self.tested += 1
            if event.have > have:
                self.violated(
                    f"{event.device} shows a page of {event.conversation} from {event.first} on as if it had what is below from "
                    f"{event.have} on; it has {have}",
                    index,
                )


class _Asked(NamedTuple):
    """Who shall be in a conversation, under which title; when that was asked, in µs, and the event."""

    users: frozenset[str]
    title: str
    t: int
    evidence: int


class ConversationsBeginAsAsked(Clocks):
    """A conversation that is created in the run begins once, as one of its members asked: with these members, and this title.

    Proof of a violation: a ConversationOpened `by` somebody of whom there was no ConversationRequested with these members and
    this title; one of a conversation that is there; or one whose `created_at` is after it, or before the first request of that
    user, by more than servers' clocks were off until then.
    """

    name: ClassVar[str] = "conversations-begin-as-asked"
    family: ClassVar[str] = "history"
    anomalies: ClassVar[tuple[str, ...]] = ("phantom",)
    rests_on = (ConversationOpened,)

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._asked: dict[tuple[str, str], list[_Asked]] = {}
        """By conversation and user."""
        self._there: dict[str, int] = {}

    @sees(ConversationRequested)
    def on_asked(self, event: ConversationRequested, index: int) -> None:
        user = self.ledger.user_of.get(event.device, "")
        self._asked.setdefault((event.conversation, user), []).append(
            _Asked(frozenset(event.members), event.title, event.t, index)
        )

    @sees(ConversationOpened)
    def on_opened(self, event: ConversationOpened, index: int) -> None:
        before = self._there.setdefault(event.conversation, index)
        if before != index:
            self.violated(f"{event.conversation} begins, and is there", before, index)
        if not event.by:
            return
        self.tested += 1
        asked = self._asked.get((event.conversation, event.by), [])
        if not any((each.users, each.title) == (frozenset(event.members), event.title) for each in asked):
            what = f"{event.conversation} begins as '{event.title}' with {', '.join(event.members)}"
            self.violated(f"{what}: {event.by} did not ask for that", *(each.evidence for each in asked), index)
            return
        self.catch_up(event.t)
        if not asked[0].t + self.behind <= event.created_at <= event.t + self.ahead:
            self.violated(
                f"{event.conversation} is said to be created at {event.created_at / 1e6:g} s, and was at {event.t / 1e6:g} s",
                asked[0].evidence,
                index,
            )
