"""Compatibility: apps of different versions share a conversation, and the newer ones' messages stop nobody.

    1. an old app drops what it doesn't know: everything after it waits in front of the hole
    2. an old app tries to show what it doesn't know
    3. an app is updated, and the server goes on taking it for the old one
    4. an app is updated: the placeholder stays for ever, or the message comes up a second time at the end
    5. a poll has its question beside it as text, and an old app shows a placeholder for it all the same

Requirements: P16.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar

from model.events import (
    AppUpdated,
    Connected,
    CursorStored,
    DeviceRegistered,
    LoggedIn,
    LoggedOut,
    Persisted,
    PlaceholderReplaced,
    ProfileConfirmed,
    ProfileStored,
    RowsRemoved,
    Shown,
    Wiped,
)
from properties.base import Debt, Liveness, Property, Violation, sees
from properties.conversation import Held
from properties.ledger import LIVES, TURNS, Ledger

_TEXT = ("", -1)
"""The type of what is text, and no commit."""


class _Types(Property):
    """Which payload types there are in each conversation, and which ones each device knows."""

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._types: dict[str, dict[int, tuple[str, int]]] = {}
        self._capable: dict[str, tuple[str, ...]] = {}
        self.simpler: dict[str, dict[int, int]] = {}
        """By conversation and seq: the commit of a message that has a simpler form."""

    def knows(self, device: str, type: str) -> bool:
        capable = self._capable.get(device, ("*",))
        return type in capable or "*" in capable

    def typed(self, conversation: str, seq: int) -> tuple[str, int]:
        """The payload type of a message that is not text, and the index of its commit; ('', -1) for text."""
        return self._types.get(conversation, {}).get(seq, _TEXT)

    @sees(DeviceRegistered)
    def on_device(self, event: DeviceRegistered, index: int) -> None:
        self._capable[event.device] = event.capabilities

    @sees(Persisted)
    def on_persisted(self, event: Persisted, index: int) -> None:
        if event.type:
            self._types.setdefault(event.conversation, {}).setdefault(event.seq, (event.type, index))
        if event.simpler:
            self.simpler.setdefault(event.conversation, {}).setdefault(event.seq, index)

    @sees(AppUpdated)
    def on_capable(self, event: AppUpdated, index: int) -> None:
        self._capable[event.device] = event.capabilities


class UnknownTypesArePlaceholders(_Types):
    """What an app doesn't know appears as a placeholder; what it knows as what it is, once.

    Proof of a violation: a Shown of a payload type that the device doesn't know without `placeholder`, unless it is the simpler
    form that came with it, or of one that it knows with a placeholder; a PlaceholderReplaced for a type that it doesn't know, or
    where it shows no placeholder.
    """

    name: ClassVar[str] = "unknown-types-are-placeholders"
    family: ClassVar[str] = "compatibility"
    anomalies: ClassVar[tuple[str, ...]] = ("unreadable content",)
    rests_on = LIVES

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._placeholders: dict[Held, dict[int, None]] = {}

    @sees(Shown)
    def on_shown(self, event: Shown, index: int) -> None:
        held, types = self.ledger.here, self._types.get(event.conversation)
        type, row = types.get(event.seq, _TEXT) if types is not None else _TEXT
        if held is None or not (type or event.placeholder):
            return
        self.tested += 1
        if event.placeholder:
            self._placeholders.setdefault(held, {})[event.seq] = None
        known = not type or self.knows(event.device, type)
        if event.placeholder == known and not (event.simpler and event.seq in self.simpler.get(event.conversation, ())):
            what = "a placeholder" if event.placeholder else "content"
            self.violated(
                f"{event.device} showed {what} for {event.conversation} {event.seq}, a {type or 'text'}, "
                f"which it {'knows' if known else 'does not know'}",
                row,
                index,
            )

    @sees(PlaceholderReplaced)
    def on_replaced(self, event: PlaceholderReplaced, index: int) -> None:
        held = self.ledger.held.get((event.device, event.conversation))
        if held is None:
            return
        type, row = self.typed(event.conversation, event.seq)
        if self._placeholders.get(held, {}).pop(event.seq, self) is not None:
            self.violated(
                f"{event.device} shows {event.conversation} {event.seq} in place of a placeholder that isn't there",
                index,
            )
        elif type and not self.knows(event.device, type):
            self.violated(
                f"{event.device} shows the content of {event.conversation} {event.seq}, a {type}, which it does not know",
                row,
                index,
            )


class OldAppsGetWhatTheyCanShow(_Types):
    """An app that is too old for a message shows the simpler form that came with it; one that knows the type shows the whole.

    Proof of a violation: a Shown of a placeholder for a message that has a simpler form and was committed after the device had
    learned, on the connection that it has now, that the server knows its app (ProfileConfirmed); or a Shown of the simpler
    form of a type that the app knew when the message was committed.
    """

    name: ClassVar[str] = "old-apps-get-what-they-can-show"
    family: ClassVar[str] = "compatibility"
    anomalies: ClassVar[tuple[str, ...]] = ("unreadable content",)

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._confirmed: dict[str, int] = {}
        self._updated: dict[str, int] = {}

    @sees(Connected)
    def on_connected(self, event: Connected, index: int) -> None:
        self._confirmed.pop(event.device, None)

    @sees(ProfileConfirmed)
    def on_confirmed(self, event: ProfileConfirmed, index: int) -> None:
        self._confirmed[event.device] = index

    @sees(AppUpdated)
    def on_update(self, event: AppUpdated, index: int) -> None:
        self._updated[event.device] = index

    @sees(Shown)
    def on_shown(self, event: Shown, index: int) -> None:
        simpler = self.simpler.get(event.conversation)
        committed = simpler.get(event.seq) if simpler is not None else None
        if committed is None:
            return
        type, _ = self.typed(event.conversation, event.seq)
        if event.placeholder:
            confirmed = self._confirmed.get(event.device)
            if confirmed is not None and confirmed < committed:
                self.violated(
                    f"{event.device} shows a placeholder for {event.conversation} {event.seq}, a {type} that came with a simpler "
                    "form, although the server knew what its app can show",
                    confirmed,
                    committed,
                    index,
                )
        elif event.simpler:
            self.tested += 1
            if self.knows(event.device, type) and self._updated.get(event.device, -1) < committed:
                self.violated(
                    f"{event.device} shows the simpler form of {event.conversation} {event.seq}, a {type}, which it knows",
                    committed,
                    index,
                )


class UnknownTypesStopNobody(_Types, Liveness):
    """After healing, an app has passed what it doesn't know: it shows a placeholder there, and the store knows its cursor.

    Owed from the commit on, by each device that doesn't know the type, until it has shown the message and its stored cursor
    has reached it; and from an update on, by each placeholder of a type that the app knows by then, until its content is
    shown. Work: for each event constant, but for the devices of a conversation at the commit of a message that is not text,
    and the messages that are not text at a device's update or wipe.
    """

    name: ClassVar[str] = "unknown-types-stop-nobody"
    family: ClassVar[str] = "compatibility"
    anomalies: ClassVar[tuple[str, ...]] = ("permanent gap", "stale cursor")
    rests_on = TURNS
    optional = (RowsRemoved,)

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._unshown: dict[Held, dict[int, int]] = {}
        self._unacked: dict[Held, dict[int, int]] = {}
        self._placeholders: dict[Held, dict[int, int]] = {}
        self._outdated: dict[Held, dict[int, int]] = {}

    @sees(Persisted)
    def on_commit(self, event: Persisted, index: int) -> None:
        log = self.ledger.logs.get(event.conversation)
        if not event.type or log is None or log.rows[event.seq][1] != index:
            return
        for held in log.devices:
            if not self.knows(held.device, event.type):
                self.tested += 1
                if not held.has_shown(event.seq):
                    self._unshown.setdefault(held, {})[event.seq] = index
                if held.stored < event.seq:
                    self._unacked.setdefault(held, {})[event.seq] = index

    @sees(Shown)
    def on_shown(self, event: Shown, index: int) -> None:
        held = self.ledger.here
        if held is not None:
            _settle(self._unshown, held, event.seq)
            if event.placeholder and not event.hidden:
                self._placeholders.setdefault(held, {})[event.seq] = index

    @sees(CursorStored)
    def on_cursor(self, event: CursorStored, index: int) -> None:
        held = self.ledger.here
        if held is not None and held in self._unacked:
            for seq in [seq for seq in self._unacked[held] if seq <= event.to]:
                _settle(self._unacked, held, seq)

    @sees(AppUpdated)
    def on_update(self, event: AppUpdated, index: int) -> None:
        for held, placeholders in self._placeholders.items():
            if held.device != event.device:
                continue
            for seq, shown in placeholders.items():
                type = self.typed(held.log.name, seq)[0]
                if type and self.knows(event.device, type):
                    self._outdated.setdefault(held, {})[seq] = shown
                else:
                    _settle(self._outdated, held, seq)

    @sees(Wiped)
    def on_wiped(self, event: Wiped, index: int) -> None:
        """The new installation owes what is not text anew; the earlier one's placeholders are gone."""
        for held in self.ledger.renewed:
            assert held.older is not None
            for owed in (self._unshown, self._unacked, self._placeholders, self._outdated):
                owed.pop(held.older, None)
            for seq, (type, row) in self._types.get(held.log.name, {}).items():
                if held.access.reads(seq) and seq > held.log.removed and not self.knows(held.device, type):
                    self._unshown.setdefault(held, {})[seq] = row
                    self._unacked.setdefault(held, {})[seq] = row

    @sees(RowsRemoved)
    def on_removed(self, event: RowsRemoved, _: int) -> None:
        """What the store has removed is shown by nobody who has not got it."""
        for held in [held for held in self._unshown if held.log.name == event.conversation]:
            for seq in [seq for seq in self._unshown[held] if seq <= event.upto]:
                _settle(self._unshown, held, seq)

    @sees(PlaceholderReplaced)
    def on_replaced(self, event: PlaceholderReplaced, index: int) -> None:
        held = self.ledger.held.get((event.device, event.conversation))
        if held is not None:
            _settle(self._placeholders, held, event.seq)
            _settle(self._outdated, held, event.seq)

    def owed(self) -> int:
        return len(self._unshown) + len(self._unacked) + len(self._outdated)

    def missing(self) -> Iterator[Debt]:
        for owed, what in (
            (self._unshown, "never showed {}, the payload type of which it does not know"),
            (self._unacked, "has no stored cursor that passed {}, the payload type of which it does not know"),
            (self._outdated, "still shows a placeholder for {}, although its app knows the payload type by now"),
        ):
            for held, seqs in owed.items():
                for seq, index in seqs.items():
                    name = held.log.name
                    yield Debt(f"{held.device} {what.format(f'{name} {seq}')}", (index,), held.device, name)


def _settle(owed: dict[Held, dict[int, int]], held: Held, seq: int) -> None:
    seqs = owed.get(held)
    if seqs is not None and seqs.pop(seq, None) is not None and not seqs:
        del owed[held]


class ProfilesConverge(Liveness):
    """After healing, the store's profile of every device is that of its app as it is now.

    Owed from each AppUpdated on, until a ProfileStored of that version and those payload types; not while nobody is logged
    in, for then the app does not run.
    """

    name: ClassVar[str] = "profiles-converge"
    family: ClassVar[str] = "compatibility"
    anomalies: ClassVar[tuple[str, ...]] = ("non-convergence",)

    def __init__(self, ledger: Ledger, report: Callable[[Violation], None]) -> None:
        super().__init__(ledger, report)
        self._app: dict[str, tuple[tuple[str, tuple[str, ...]], int]] = {}
        self._stored: dict[str, tuple[str, tuple[str, ...]]] = {}
        self._at: dict[str, str] = {}
        """By device: the node where its profile was stored last."""
        self._away: dict[str, None] = {}
        self._open: dict[str, None] = {}

    def _compare(self, device: str) -> None:
        app = self._app.get(device)
        if app is None or device in self._away or self._stored.get(device) == app[0]:
            self._open.pop(device, None)
        else:
            self._open[device] = None

    @sees(AppUpdated)
    def on_update(self, event: AppUpdated, index: int) -> None:
        self.tested += 1
        self._app[event.device] = ((event.app_version, event.capabilities), index)
        self._compare(event.device)

    @sees(ProfileStored)
    def on_stored(self, event: ProfileStored, _: int) -> None:
        self._stored[event.device] = (event.app_version, event.capabilities)
        self._at[event.device] = event.node
        self._compare(event.device)

    @sees(LoggedOut)
    def on_logged_out(self, event: LoggedOut, _: int) -> None:
        self._away[event.device] = None
        self._compare(event.device)

    @sees(LoggedIn)
    def on_logged_in(self, event: LoggedIn, _: int) -> None:
        self._away.pop(event.device, None)
        self._compare(event.device)

    def owed(self) -> int:
        return len(self._open)

    def missing(self) -> Iterator[Debt]:
        for device in self._open:
            (version, _), index = self._app[device]
            stored = self._stored.get(device)
            what = f"has it as {stored[0] or 'no version'}" if stored else "has no profile of it"
            said = f"{device} is of version {version}, and the store {what}"
            yield Debt(said, (index,), device, replica=self._at.get(device, ""), profile=device)
