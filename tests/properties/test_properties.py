"""Each property's minimal violating history and a legal near miss of it: a property that can't fail protects nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from client_cases import (
    badges_are_possible,
    badges_go_with_reading,
    cursors_go_forward,
    cursors_name_what_is_there,
    message_ids_are_not_reused,
    nothing_new_after_leaving,
    one_message_per_send,
    one_order_on_all_screens,
    only_members_are_accepted,
    own_messages_are_there,
    places_agree,
    questions_come_first,
    read_marks_go_forward,
    read_marks_name_what_was_shown,
    real_time_order_is_shown,
    refused_is_not_shown,
    senders_order_is_shown,
    what_came_before_is_shown,
    what_was_accepted_is_shown,
)
from support import Tale

from model.events import (
    AcceptSent,
    AckSent,
    ActiveDeviceChanged,
    AppUpdated,
    BlobFetched,
    BlobMissing,
    BlobStored,
    BlockAsked,
    BlockStored,
    CallRefused,
    Connected,
    ConversationOpened,
    ConversationRequested,
    CursorMoved,
    CursorStored,
    DeadLettered,
    DeliveryFailed,
    DeviceCleaned,
    DeviceRegistered,
    DeviceReturned,
    DeviceStuck,
    Disconnected,
    Enqueued,
    FailureAlert,
    FanOutChosen,
    GapOpened,
    GatewayDraining,
    HandedToNotification,
    HeadRead,
    HintEnded,
    HintTaken,
    InboxStored,
    IntruderAsked,
    LagAlarm,
    LagCleared,
    LastSeenStored,
    LeaderElected,
    LeaseExpired,
    LineJoined,
    LineLeft,
    ListRequested,
    ListShown,
    LoggedOut,
    MemberJoined,
    MemberLeft,
    NotificationAttempted,
    NotificationDelivered,
    NotificationDropped,
    NotificationIgnored,
    NotificationRejected,
    NotificationSent,
    NotificationShown,
    NotificationThrottled,
    PageShown,
    Persisted,
    PlaceholderReplaced,
    PolicyDeclared,
    PresenceChanged,
    PresenceShown,
    ProfileConfirmed,
    ProfileStored,
    Pushed,
    ReadByShown,
    ReadMarkMoved,
    ReadStored,
    ReceiptCountsShown,
    ReceiptsShown,
    RowLost,
    RowsRemoved,
    SendAccepted,
    SendAdmitted,
    SendAttempted,
    SendDeferred,
    SenderFlagged,
    SendHeldBack,
    SendRefused,
    SendRequested,
    SessionDropped,
    SessionOpened,
    SessionRegistered,
    Shown,
    Slept,
    StatusStored,
    Stored,
    SyncPageReceived,
    SyncRequested,
    TaskClosed,
    TaskLeased,
    TokenIssued,
    TokenRegistered,
    TokenRemoved,
    TokenRevoked,
    TurnedAway,
    Typed,
    TypingCleared,
    TypingShown,
    UnreadShown,
    UpgradeGranted,
    UpgradeTried,
    UploadAttempted,
    Viewed,
    Wiped,
)
from properties.base import Liveness, Property
from properties.catalogue import CATALOGUE, PROPERTIES
from properties.judge import Judge
from sim.history import ClockSet, Crashed, Ended, Exhausted, Healed, NodePlaced, Restarted
from sim.verdicts import HOLDS, UNKNOWN, VACUOUS, VIOLATED

pytestmark = pytest.mark.requirement("V1", "V3")

BOUND = 10_000_000


def sent(tale: Tale, message: str = "m1", device: str = "a1", send: str = "s1", attempt: int = 1) -> None:
    tale.add(SendAttempted, device, "c", send, message, attempt)


def committed(tale: Tale, seq: int = 1, message: str = "m1") -> int:
    sent(tale, message, send=f"s-{message}")
    return tale.add(Persisted, "c", seq, message, "ann", "a1", node="store")


def held(tale: Tale, device: str, seq: int = 1, message: str = "m1") -> int:
    return tale.add(Stored, device, "c", seq, message, "push")


def shown(tale: Tale, device: str, seq: int = 1, message: str = "m1", *, store: bool = True) -> int:
    if store:
        held(tale, device, seq, message)
    return tale.add(Shown, device, "c", seq, message, "ann")


def everywhere(tale: Tale, seq: int = 1, message: str = "m1", leave_out: str = "") -> None:
    """Delivered to, shown on and acked by every device, published and closed; `leave_out` names what is left out."""
    committed(tale, seq, message)
    if leave_out != "publish":
        tale.add(Enqueued, "c", seq, "service", node="queue")
    for device in ("a1", "b1", "b2"):
        held(tale, device, seq, message)
        if leave_out != f"cursor {device}":
            tale.add(CursorMoved, device, "c", seq)
        if leave_out != f"show {device}":
            shown(tale, device, seq, message, store=False)
        if leave_out != f"stored cursor {device}":
            tale.add(CursorStored, device, "c", seq, node="store")
    if leave_out != "badges":
        for device in ("b1", "b2"):
            tale.add(UnreadShown, device, "c", tale.unread + 1)
        tale.unread += 1
    if leave_out not in ("close", "publish"):
        tale.add(TaskClosed, "c", seq, "w1", node="queue")


def heal(tale: Tale, after: int = BOUND) -> None:
    tale.add(Healed, BOUND, node="run")
    tale.add(Ended, node="run", t=tale.now + after)


# --- one function a case: it tells the history; True stands for the violating one, False for the near miss ------------


def accepted_is_durable(tale: Tale, wrong: bool) -> None:
    if wrong:
        tale.add(AcceptSent, "c", 0, "m1", "a1", node="svc")
        committed(tale)
    else:
        committed(tale)
        tale.add(AcceptSent, "c", 0, "m1", "a1", node="svc")
        tale.add(SendAccepted, "a1", "c", "s1", "m1", 0)


def accepted_place_is_true(tale: Tale, wrong: bool) -> None:
    committed(tale, 1, "m1")
    committed(tale, 2, "m2")
    tale.add(AcceptSent, "c", 1, "m1", "a1", node="svc")
    tale.add(SendAccepted, "a1", "c", "s1", "m1", 2 if wrong else 1)


def one_row_per_message(tale: Tale, wrong: bool) -> None:
    committed(tale, 1, "m1")
    committed(tale, 2, "m1" if wrong else "m2")


def one_row_per_send(tale: Tale, wrong: bool) -> None:
    sent(tale, "m1", send="s1")
    tale.add(Persisted, "c", 1, "m1", "ann", "a1", node="store")
    sent(tale, "m2", send="s1" if wrong else "s2", attempt=2)
    tale.add(Persisted, "c", 2, "m2", "ann", "a1", node="store")


def accepted_send_has_its_row(tale: Tale, wrong: bool) -> None:
    """The new installation's first message goes out under the id of the old one's; a retry of one send may."""
    sent(tale, "m1", send="s1")
    tale.add(Persisted, "c", 1, "m1", "ann", "a1", node="store")
    if wrong:
        tale.add(Wiped, "a1", 2)
    sent(tale, "m1", send="t1" if wrong else "s1", attempt=1 if wrong else 2)
    tale.add(SendAccepted, "a1", "c", "t1" if wrong else "s1", "m1", 1)


def seq_is_unique(tale: Tale, wrong: bool) -> None:
    committed(tale, 1, "m1")
    committed(tale, 1 if wrong else 2, "m2")


def seq_has_no_hole(tale: Tale, wrong: bool) -> None:
    committed(tale, 1, "m1")
    committed(tale, 3 if wrong else 2, "m2")


def epochs_never_go_back(tale: Tale, wrong: bool) -> None:
    for seq, epoch in ((1, 1), (2, 2), (3, 1 if wrong else 2)):
        sent(tale, f"m{seq}", send=f"s{seq}")
        tale.add(Persisted, "c", seq, f"m{seq}", "ann", "a1", epoch, node="store")


def senders_order_is_kept(tale: Tale, wrong: bool) -> None:
    """Another device's later send may come between."""
    for number, send in ((1, "s1"), (2, "s2")):
        tale.add(SendRequested, "a1", "c", send, number)
        sent(tale, f"m{number}", send=send)
    tale.add(SendRequested, "b1", "c", "t9", 9)
    sent(tale, "m9", device="b1", send="t9")
    tale.add(Persisted, "c", 1, "m9", "bob", "b1", node="store")
    for seq, message in ((2, "m2"), (3, "m1")) if wrong else ((2, "m1"), (3, "m2")):
        tale.add(Persisted, "c", seq, message, "ann", "a1", node="store")


def shown_in_order(tale: Tale, wrong: bool) -> None:
    """The order is kept through a crash and a restart of the app."""
    for seq in (1, 2, 3):
        committed(tale, seq, f"m{seq}")
    shown(tale, "b1", 1, "m1")
    tale.add(Crashed, 1, "", node="b1")
    tale.add(Restarted, 2, node="b1")
    held(tale, "b1", 2, "m2")
    if not wrong:
        shown(tale, "b1", 2, "m2", store=False)
    shown(tale, "b1", 3, "m3")


def shown_is_true(tale: Tale, wrong: bool) -> None:
    committed(tale, 1, "m1")
    sent(tale, "m2", send="s2")
    shown(tale, "b1", 1, "m2" if wrong else "m1")


def stored_is_true(tale: Tale, wrong: bool) -> None:
    """Another message than was committed at that seq, though never shown."""
    committed(tale, 1, "m1")
    committed(tale, 2, "m2")
    held(tale, "b1", 1, "m2" if wrong else "m1")


def shown_was_sent(tale: Tale, wrong: bool) -> None:
    if wrong:
        tale.add(Persisted, "c", 1, "m1", "ann", "a1", node="store")
    else:
        committed(tale)
    shown(tale, "b1")


def shown_is_what_was_sent(tale: Tale, wrong: bool) -> None:
    """A second try may go out with another attachment, and either may be shown."""
    tale.add(SendAttempted, "a1", "c", "s1", "m1", 1, "one")
    tale.add(SendAttempted, "a1", "c", "s1", "m1", 2, "two")
    held(tale, "b1")
    tale.add(Shown, "b1", "c", 1, "m1", "ann", False, 0, "other" if wrong else "one")


def shown_once(tale: Tale, wrong: bool) -> None:
    committed(tale)
    shown(tale, "b1")
    tale.add(Crashed, 1, "", node="b1")
    tale.add(Restarted, 2, node="b1")
    shown(tale, "b1" if wrong else "b2")


def stored_before_shown(tale: Tale, wrong: bool) -> None:
    committed(tale)
    shown(tale, "b1", store=not wrong)


def shown_to_members(tale: Tale, wrong: bool) -> None:
    committed(tale)
    held(tale, "z1" if wrong else "b1")


def page(tale: Tale, before: int, seqs: tuple[int, ...], have: int, why: str = "scroll", device: str = "b1") -> int:
    messages = tuple(f"m{seq}" for seq in seqs)
    first = seqs[0] if seqs else before
    return tale.add(PageShown, device, "c", before, first, seqs, messages, ("",) * len(seqs), have, why)


def history_pages_are_whole(tale: Tale, wrong: bool) -> None:
    for seq in (1, 2, 3):
        committed(tale, seq, f"m{seq}")
    page(tale, 4, (1, 3) if wrong else (1, 2, 3), 0, "newest")


def history_pages_are_in_order(tale: Tale, wrong: bool) -> None:
    """The app may be killed in between: what is on the screen then begins anew."""
    for seq in (1, 2, 3):
        committed(tale, seq, f"m{seq}")
    page(tale, 4, (3,), 2)
    page(tale, 4 if wrong else 3, (2, 3) if wrong else (2,), 1)
    tale.add(Slept, "b1")
    page(tale, 4, (3,), 2)


def gaps_are_known(tale: Tale, wrong: bool) -> None:
    for seq in (1, 2, 3):
        committed(tale, seq, f"m{seq}")
    held(tale, "b1", 1, "m1")
    held(tale, "b1", 3, "m3")
    page(tale, 4, (3,), 2 if wrong else 1, "newest")


def device_cursor_is_sound(tale: Tale, wrong: bool) -> None:
    """1 and 3 are held: the cursor may be 1, and 3 only once 2 is there."""
    for seq in (1, 2, 3):
        committed(tale, seq, f"m{seq}")
    held(tale, "b1", 1, "m1")
    held(tale, "b1", 3, "m3")
    if not wrong:
        held(tale, "b1", 2, "m2")
    tale.add(CursorMoved, "b1", "c", 3)


def device_cursor_is_monotone(tale: Tale, wrong: bool) -> None:
    for seq in (1, 2):
        committed(tale, seq, f"m{seq}")
        held(tale, "b1", seq, f"m{seq}")
    tale.add(CursorMoved, "b1", "c", 2)
    tale.add(Crashed, 1, "", node="b1")
    tale.add(Restarted, 2, node="b1")
    tale.add(CursorMoved, "b1", "c", 1 if wrong else 2)


def ack_is_sound(tale: Tale, wrong: bool) -> None:
    committed(tale, 1, "m1")
    committed(tale, 2, "m2")
    held(tale, "b1", 1, "m1")
    tale.add(AckSent, "b1", "c", 2 if wrong else 1)


def stored_cursor_is_sound(tale: Tale, wrong: bool) -> None:
    committed(tale, 1, "m1")
    held(tale, "b1" if not wrong else "b2", 1, "m1")
    tale.add(CursorStored, "b1", "c", 1, node="store")


def stored_cursor_is_monotone(tale: Tale, wrong: bool) -> None:
    for seq in (1, 2):
        committed(tale, seq, f"m{seq}")
        held(tale, "b1", seq, f"m{seq}")
    tale.add(CursorStored, "b1", "c", 2, node="store")
    tale.add(CursorStored, "b1", "c", 1 if wrong else 2, node="store")


def read_marks_only_move_forward(tale: Tale, wrong: bool) -> None:
    """Through a restart of the app, on the device."""
    for seq in (1, 2):
        committed(tale, seq, f"m{seq}")
        shown(tale, "b1", seq, f"m{seq}")
    tale.add(ReadMarkMoved, "b1", "c", 2, "this device")
    tale.add(Crashed, 1, "", node="b1")
    tale.add(Restarted, 2, node="b1")
    tale.add(ReadMarkMoved, "b1", "c", 1 if wrong else 2, "another device")


def read_was_shown(tale: Tale, wrong: bool) -> None:
    """Shown on one of the user's devices is enough."""
    committed(tale, 1, "m1")
    if not wrong:
        shown(tale, "b2", 1, "m1")
    tale.add(ReadStored, "bob", "c", 1, node="store")


def receipts_are_true(tale: Tale, wrong: bool) -> None:
    """'To all' needs both of Bob's devices."""
    committed(tale, 1, "m1")
    held(tale, "b1")
    if not wrong:
        held(tale, "b2")
    tale.add(ReceiptsShown, "a1", "c", 1, 1, 0)


def receipted(tale: Tale, form: str = "per person", live: bool = False) -> None:
    """A conversation 'x' that shows receipts, in which Ann's message is in the store, and on b1."""
    tale.add(ConversationOpened, "x", "direct", ("ann", "bob"), 0, True, form, live)
    tale.add(Connected, "a1", "gw", 1)
    tale.add(Persisted, "x", 1, "mx", "ann", "a1", node="store", t=tale.now + 6_000_000)
    tale.add(CursorStored, "b1", "x", 1, node="store")


def receipts_come_in_time(tale: Tale, wrong: bool) -> None:
    receipted(tale, live=True)
    tale.add(ReceiptsShown, "a1", "x", 1, 0, 0, t=tale.now + 5_000_000 + wrong)
    tale.add(Ended, node="run", t=tale.now + 1)


def read_by_is_true(tale: Tale, wrong: bool) -> None:
    tale.add(ReadStored, "bob", "c", 1, node="store")
    tale.add(ReadByShown, "a1", "c", "bob", 2 if wrong else 1)


def views_are_followed(tale: Tale, wrong: bool) -> None:
    """On both of Bob's devices, and in the store."""
    tale.add(Viewed, "b1", "c", 1)
    tale.add(ReadMarkMoved, "b1", "c", 1, "this device")
    tale.add(ReadStored, "bob", "c", 1, node="store")
    if not wrong:
        tale.add(ReadMarkMoved, "b2", "c", 1, "another device")
    heal(tale)


def receipts_are_shown(tale: Tale, wrong: bool) -> None:
    receipted(tale)
    tale.add(ReadStored, "bob", "x", 1, node="store")
    tale.add(ReceiptsShown, "a1", "x", 1, 0, 1)
    if not wrong:
        tale.add(ReadByShown, "a1", "x", "bob", 1)
    heal(tale)


def receipt_counts_are_right(tale: Tale, wrong: bool) -> None:
    """Two devices of one person count once; that nobody has read it yet is nothing to show."""
    receipted(tale, "counts")
    tale.add(CursorStored, "b2", "x", 1, node="store")
    if not wrong:
        tale.add(ReceiptCountsShown, "a1", "x", 1, 1, 0)
    heal(tale)


def badges_are_right(tale: Tale, wrong: bool) -> None:
    """Ann's own message counts for Bob's two devices and not for hers; one of his is not up to date."""
    everywhere(tale, leave_out="badges")
    tale.add(UnreadShown, "b1", "c", 1)
    if not wrong:
        tale.add(UnreadShown, "b2", "c", 1)
    heal(tale)


def read_marks_converge(tale: Tale, wrong: bool) -> None:
    everywhere(tale, leave_out="badges")
    tale.add(ReadMarkMoved, "b1", "c", 1, "this device")
    tale.add(ReadStored, "bob", "c", 1, node="store")
    if not wrong:
        tale.add(ReadMarkMoved, "b2", "c", 1, "another device")
    heal(tale)


def receipts_only_move_forward(tale: Tale, wrong: bool) -> None:
    """What was delivered stays delivered on the screen; after a restart of the app it is learned anew."""
    everywhere(tale)
    tale.add(ReceiptsShown, "a1", "c", 1, 1, 0)
    if not wrong:
        tale.add(Crashed, 0, "", node="a1")
    tale.add(ReceiptsShown, "a1", "c", 1, 0, 0)


def badges_follow_the_screen(tale: Tale, wrong: bool) -> None:
    """Ann's own is not counted, a join is not, what is read is taken away; and the last badge counts what was read."""
    for seq in (1, 2, 3):
        committed(tale, seq, f"m{seq}")
        shown(tale, "b1", seq, f"m{seq}")
    tale.add(UnreadShown, "b1", "c", 3)
    tale.add(ReadMarkMoved, "b1", "c", 2, "another device")
    tale.add(UnreadShown, "b1", "c", 3 if wrong else 1)


def lists_are_true(tale: Tale, wrong: bool) -> None:
    """Two of Ann's are unread when Bob opens the list, one by the inbox, one by the log; a third one comes meanwhile."""
    for seq in (1, 2):
        committed(tale, seq, f"m{seq}")
    tale.add(InboxStored, "bob", "c", 1, node="store")
    tale.add(FanOutChosen, "c", 2, "hybrid", False, 2, node="store")
    tale.add(ListRequested, "b1", 1)
    committed(tale, 3, "m3")
    tale.add(InboxStored, "bob", "c", 3, node="store")
    tale.add(ListShown, "b1", 1, ("c",), (3,), (1 if wrong else 2,), (0,))


def no_hint_of_what_was_read(tale: Tale, wrong: bool) -> None:
    """Of 2 when 1 is read; the other device does not know yet that it was."""
    for seq in (1, 2):
        committed(tale, seq, f"m{seq}")
    tale.add(ReadMarkMoved, "b1", "c", 1, "another device")
    tale.add(NotificationShown, "b2", "c", "bob", "t2", 1)
    tale.add(NotificationShown, "b1", "c", "bob", "t1", 1 if wrong else 2)


def blocked_is_not_shown(tale: Tale, wrong: bool) -> None:
    """What was committed before the block is shown as ever."""
    committed(tale, 1, "m1")
    tale.add(BlockStored, "bob", "ann", True, "b1", 1, 1, ("c",), node="store")
    committed(tale, 2, "m2")
    shown(tale, "b1", 1, "m1")
    held(tale, "b1", 2, "m2")
    tale.add(Shown, "b1", "c", 2, "m2", "ann", False, 0, "", False, not wrong)


def blocks_are_kept(tale: Tale, wrong: bool) -> None:
    """For every conversation."""
    tale.add(ConversationOpened, "x", "direct", ("ann", "bob"))
    tale.add(BlockAsked, "b1", "ann", True, 1)
    tale.add(BlockStored, "bob", "ann", True, "b1", 1, 1, ("c",), node="store-1")
    if not wrong:
        tale.add(BlockStored, "bob", "ann", True, "b1", 1, 1, ("x",), node="store-2")
    heal(tale)


def nothing_before_the_commit(tale: Tale, wrong: bool) -> None:
    committed(tale, 1, "m1")
    tale.add(Enqueued, "c", 1, "service", node="queue")
    tale.add(Pushed, "b1", "c", 2 if wrong else 1, 1, node="w1")
    committed(tale, 2, "m2")


def presence_does_not_flap(tale: Tale, wrong: bool) -> None:
    """Offline 20 s later, to the µs; and at once, if the node has died in between."""
    tale.add(PresenceChanged, "ann", True, node="presence")
    tale.add(PresenceChanged, "bob", True, node="presence")
    tale.add(Crashed, 1, "", node="presence")
    tale.add(PresenceChanged, "ann", False, node="presence")
    tale.add(PresenceChanged, "ann", True, node="presence")
    tale.add(PresenceChanged, "ann", False, node="presence", t=tale.now + 20_000_000 - wrong)


def connected_is_online(tale: Tale, wrong: bool) -> None:
    """Of Bob's phone nothing was heard for longer than an entry lives, to the µs; its gateway was up all the while."""
    tale.add(Restarted, 2, node="g")
    tale.add(Connected, "b1", "g", 1)
    tale.add(PresenceChanged, "bob", False, node="presence", t=tale.now + 65_000_000 - (not wrong))


def watched(tale: Tale, device: str = "b1", user: str = "ann") -> None:
    """The device is connected and known to the registry, and shows the user as online, whom the service takes for it."""
    tale.add(PresenceChanged, user, True, node="presence")
    tale.add(Connected, device, "g", 1)
    tale.add(SessionRegistered, device, "g", 1, node="registry")
    tale.add(PresenceShown, device, user, True)


def offline_is_shown(tale: Tale, wrong: bool) -> None:
    """Ann's only app is closed, and 65 s later Bob has to see it, to the µs."""
    watched(tale)
    tale.add(Slept, "a1")
    tale.add(PresenceShown, "b1", "ann", False, t=tale.now + 65_000_000 + wrong)


def presence_is_shown_in_time(tale: Tale, wrong: bool) -> None:
    """Ann comes while Bob is there, and is shown as online in time, or a µs too late."""
    tale.add(Connected, "b1", "g", 1)
    tale.add(PresenceShown, "b1", "ann", False)
    tale.add(Connected, "a1", "g", 1)
    tale.add(PresenceShown, "a1", "bob", True)
    late = tale.now - 1_000 + 30_000_000 + wrong
    tale.add(PresenceShown, "b1", "ann", True, t=late)


def last_seen_is_the_last_activity(tale: Tale, wrong: bool) -> None:
    """Ann's last message may arrive 5 s after her app was closed, to the µs."""
    tale.add(Connected, "a1", "g", 1)
    tale.add(Slept, "a1")
    last = tale.now + 5_000_000
    tale.add(PresenceChanged, "ann", False, node="presence", t=60_000_000)
    tale.add(LastSeenStored, "ann", last + wrong, node="store")


def typing_is_shown(tale: Tale, wrong: bool) -> None:
    """Ann types, and 5 s later Bob's phone has to show it, to the µs."""
    for device in ("a1", "b1"):
        tale.add(Connected, device, "g", 1)
        tale.add(SessionRegistered, device, "g", 1, node="registry")
    tale.add(Typed, "a1", "c", t=tale.now + 2_000_000)
    tale.add(TypingShown, "b1", "c", "ann", t=tale.now + 5_000_000 + wrong)


def active_device_is_there(tale: Tale, wrong: bool) -> None:
    """Bob's laptop is gone, and his phone is the active device, or nothing was said."""
    for device in ("b1", "b2"):
        tale.add(Connected, device, "g", 1)
        tale.add(SessionRegistered, device, "g", 1, node="registry")
        tale.add(ActiveDeviceChanged, "bob", device, node="registry")
    tale.add(Disconnected, "b2", "g", 1, "reset")
    if not wrong:
        tale.add(ActiveDeviceChanged, "bob", "b1", node="registry")
    heal(tale)


def retry_after_is_respected(tale: Tale, wrong: bool) -> None:
    """Another send may go out meanwhile, and this one when the time is over, to the µs."""
    sent(tale, "m1", send="s1")
    tale.add(SendDeferred, "a1", "c", "s1", 5_000_000)
    over = tale.now + 5_000_000
    sent(tale, "m2", send="s2")
    tale.add(SendAttempted, "a1", "c", "s1", "m1", 2, t=over - wrong)


def rate_limits_bite(tale: Tale, wrong: bool) -> None:
    """Two at once, and one that a clock may be wrong by; half a second later one more was earned, by a clock twice as fast."""
    tale.add(PolicyDeclared, "sends of a user", "", 1, 2, node="parley")
    tale.add(SendHeldBack, "a1", "c", "m0", "user rate", 1_000_000, node="gateway")
    began = tale.now
    for number in range(3):
        tale.add(SendAdmitted, "a1", "c", f"m{number}", "gateway", node="gateway", t=began)
    tale.add(SendAdmitted, "a1", "c", "m3", "gateway", node="gateway", t=began + 500_000 - wrong)


def lag_raises_an_alarm(tale: Tale, wrong: bool) -> None:
    """Three times the limit, to the µs; one that waited for longer, behind an alarm; and one while the queue was down."""
    tale.add(PolicyDeclared, "lag of a queue", "", 1_000_000, node="parley")
    tale.add(Enqueued, "c", 1, "service", 1, node="queue")
    tale.add(TaskLeased, "c", 1, "w", 1, 0, 1, node="queue", t=tale.now + 3_000_000 - (not wrong))
    tale.add(Enqueued, "c", 2, "service", 2, node="queue")
    tale.add(LagAlarm, 1_000_000, 1, node="queue", t=tale.now + 1_000_000)
    tale.add(TaskLeased, "c", 2, "w", 1, 0, 2, node="queue", t=tale.now + 9_000_000)
    tale.add(LagCleared, 0, node="queue")
    tale.add(Enqueued, "c", 3, "service", 3, node="queue")
    tale.add(Restarted, 2, node="queue", t=tale.now + 9_000_000)
    tale.add(TaskLeased, "c", 3, "w", 1, 0, 3, node="queue")


def line_is_served(tale: Tale, wrong: bool) -> None:
    """Two get their turn, and one was lost in a crash; of the next life's first one the turn comes, or not."""
    for ticket in (1, 2, 3):
        tale.add(LineJoined, ticket, "Publish", 0, node="queue")
    for ticket in (1, 2):
        tale.add(LineLeft, ticket, 5_000, node="queue")
    tale.add(Crashed, 1, "", node="queue")
    tale.add(LineJoined, 1, "Publish", 0, node="queue")
    if not wrong:
        tale.add(LineLeft, 1, 5_000, node="queue")
    heal(tale)


def turned_away_is_told(tale: Tale, wrong: bool) -> None:
    """The node says so itself, unless it dies; another node, or of another message, is no answer."""
    tale.add(TurnedAway, "Send", "c", "m1", 400_000, node="messaging-1")
    tale.add(SendHeldBack, "a1", "c", "m1", "busy", 1_000_000, node="messaging-2" if wrong else "messaging-1")
    tale.add(TurnedAway, "Send", "c", "m2", 400_000, node="messaging-2")
    tale.add(Crashed, 1, "", node="messaging-2")
    heal(tale)


def reconnects_are_spaced(tale: Tale, wrong: bool) -> None:
    """Twenty tries in forty seconds, to the µs."""
    tale.add(Connected, "a1", "g", 1)
    tale.add(Disconnected, "a1", "g", 1, "reset")
    tale.add(Connected, "a1", "g", 21, t=tale.now + 40_000_000 - wrong)


def stops_are_gentle(tale: Tale, wrong: bool) -> None:
    """Of two devices, both are elsewhere when the gateway is stopped, or only one is."""
    for device in ("a1", "b1"):
        tale.add(SessionOpened, device, 1, 1 << 40, node="g")
    tale.add(GatewayDraining, 2_000_000, 2, node="g")
    for device in ("a1",) if wrong else ("a1", "b1"):
        tale.add(SessionDropped, device, 1, "draining", node="g")
    tale.add(Crashed, 1, "", node="g", t=tale.now + 3_000_000)


def profiles_converge(tale: Tale, wrong: bool) -> None:
    """b1's app is a new one; that of b2 is, too, but nobody is logged in there."""
    tale.add(AppUpdated, "b1", "2.0", ("*",))
    tale.add(ProfileStored, "b1", "1.0" if wrong else "2.0", ("*",), node="store")
    tale.add(LoggedOut, "b2")
    tale.add(AppUpdated, "b2", "2.0", ("*",))
    heal(tale)


def senders_are_members(tale: Tale, wrong: bool) -> None:
    """Ann leaves by row 2. What she sent is accepted as 3, or as 1."""
    if not wrong:
        committed(tale)
    tale.add(Persisted, "c", 2, "m2", "ann", "a1", 0, "leave", node="store")
    tale.add(MemberLeft, "c", 2, "ann", "ann", 2, node="store")
    if wrong:
        committed(tale, 3, "m1")


def membership_takes_turns(tale: Tale, wrong: bool) -> None:
    """Zoe joins, leaves, and joins again; or joins twice."""
    tale.add(MemberJoined, "c", 1, "zoe", "ann", 1, node="store")
    if not wrong:
        tale.add(MemberLeft, "c", 2, "zoe", "ann", 2, node="store")
    tale.add(MemberJoined, "c", 3, "zoe", "ann", 3, node="store")


def heads_stay_inside(tale: Tale, wrong: bool) -> None:
    """Bob left by row 1, of which he is told; row 2 is nothing to him."""
    tale.add(MemberLeft, "c", 1, "bob", "ann", 1, node="store")
    committed(tale, 2, "m2")
    tale.add(SyncPageReceived, "b1", "c", 1, 0, 2 if wrong else 1)


def sender_is_authentic(tale: Tale, wrong: bool) -> None:
    sent(tale, "m1")
    tale.add(Persisted, "c", 1, "m1", "bob" if wrong else "ann", "a1", node="store")


def poll(tale: Tale, seq: int = 1) -> None:
    """A poll is committed; b2's app knows stickers only."""
    tale.add(AppUpdated, "b2", "1.0", ("sticker",))
    sent(tale, "m1")
    tale.add(Persisted, "c", seq, "m1", "ann", "a1", 0, "", "", "poll", node="store")


def unknown_types_are_placeholders(tale: Tale, wrong: bool) -> None:
    """An update makes content of the placeholder, once, where it is."""
    poll(tale)
    shown(tale, "b1")
    held(tale, "b2")
    tale.add(Shown, "b2", "c", 1, "m1", "ann", True)
    tale.add(AppUpdated, "b2", "2.0", ("*",))
    tale.add(PlaceholderReplaced, "b2", "c", 1, "m1")
    if wrong:
        tale.add(PlaceholderReplaced, "b2", "c", 1, "m1")


def old_apps_get_what_they_can_show(tale: Tale, wrong: bool) -> None:
    """A poll that has a text beside it, on a phone whose app the server knows; then one that has none."""
    tale.add(DeviceRegistered, "b1", "bob", "eu", "wifi", "1.0", ())
    tale.add(ProfileConfirmed, "b1")
    for seq, simpler in ((1, True), (2, False)):
        sent(tale, f"m{seq}", send=f"s-m{seq}")
        tale.add(Persisted, "c", seq, f"m{seq}", "ann", "a1", 0, "", "", "poll", 0, simpler, node="store")
        held(tale, "b1", seq, f"m{seq}")
        placeholder = wrong or not simpler
        tale.add(Shown, "b1", "c", seq, f"m{seq}", "ann", placeholder, 0, "", not placeholder)


def sleepers_are_notified(tale: Tale, wrong: bool) -> None:
    """Both of Bob's devices sleep; the notification that comes is of what Ann has sent."""
    for device in ("b1", "b2"):
        tale.add(Slept, device)
    sent(tale)
    committed(tale)
    tale.add(SendAccepted, "a1", "c", "s1", "m1", 1)
    for device in ("b1",) if wrong else ("b1", "b2"):
        tale.add(NotificationShown, device, "c", "bob", "t1", 1)
    heal(tale)


def unknown_types_stop_nobody(tale: Tale, wrong: bool) -> None:
    """Shown as a placeholder, and passed by the stored cursor."""
    poll(tale)
    held(tale, "b2")
    tale.add(Shown, "b2", "c", 1, "m1", "ann", True)
    if not wrong:
        tale.add(CursorStored, "b2", "c", 1, node="store")
    heal(tale)


def placeholders_are_replaced(tale: Tale, wrong: bool) -> None:
    """Two apps that know as much: one shows the content, the other one a placeholder, and then the content, too."""
    sent(tale, "m1")
    tale.add(Shown, "b1", "c", 1, "m1", "ann")
    tale.add(Shown, "b2", "c", 1, "m1", "ann", True)
    if not wrong:
        tale.add(PlaceholderReplaced, "b2", "c", 1, "m1")
    heal(tale)


def intruders_have_no_effect(tale: Tale, wrong: bool) -> None:
    sent(tale, "m1")
    asked = tale.add(IntruderAsked, "messaging-1", "store", "Append", "c", node="intruder-1")
    tale.add(CallRefused, "messaging-1", "Append", cause=asked, node="store")
    tale.add(Persisted, "c", 1, "m1", "ann", "a1", cause=asked if wrong else -1, node="store")


def sessions_need_a_token(tale: Tale, wrong: bool) -> None:
    """A stolen token is revoked after it was used, or before; a gateway's clock is behind by five minutes, at most."""
    if wrong:
        tale.add(TokenRevoked, "stolen", node="parley")
    until = tale.now + 10_000_000
    tale.add(UpgradeTried, "b1", "gateway", "stolen", "bob", "b1", until, True, node="intruder-1")
    tale.add(UpgradeGranted, "b1", "gateway", "stolen", node="intruder-1")
    tale.add(TokenRevoked, "stolen", node="parley")


def sessions_end_with_their_token(tale: Tale, wrong: bool) -> None:
    """A session by a revoked token ends in time, to the µs; another device's goes on."""
    for device in ("b1", "b2"):
        tale.add(SessionOpened, device, 1, 3_600_000_000, node="gateway")
    tale.add(TokenRevoked, "the token of b1", "b1", node="parley")
    tale.add(SessionDropped, "b1", 1, "token", node="gateway", t=tale.now + 150_000_000 + wrong)


def abuse_policy_is_kept(tale: Tale, wrong: bool) -> None:
    """Put off for three seconds, of which a fast clock may leave one; and of a blocked user, what was admitted before."""
    tale.add(SendAdmitted, "a1", "c", "m1", "core", node="messaging-1")
    tale.add(SenderFlagged, "ann", "block", 0, node="parley")
    committed(tale, 1, "m1")
    tale.add(SenderFlagged, "ann", "delay", 3_000_000, node="parley")
    tale.add(SendHeldBack, "a1", "c", "m2", "abuse", 3_000_000, node="messaging-1")
    tale.add(SendAdmitted, "a1", "c", "m2", "core", node="messaging-1", t=tale.now + 1_000_000 - wrong)


def stuck_is_silent(tale: Tale, wrong: bool) -> None:
    """Silent for a second since it was sent something; not since it acked last."""
    committed(tale, 1, "m1")
    held(tale, "b1")
    tale.add(CursorStored, "b1", "c", 1, node="store")
    tale.now += 5_000_000
    committed(tale, 2, "m2")
    tale.now += 500_000 if wrong else 1_000_000
    tale.add(DeviceStuck, "b1", "c", 1_000_000, node="store")


def statuses_agree(tale: Tale, wrong: bool) -> None:
    """A cursor that moves by two, and a row for each of them."""
    everywhere(tale, 1, "m1")
    everywhere(tale, 2, "m2", leave_out="stored cursor b1")
    tale.add(CursorStored, "b1", "c", 2, node="store")
    for device in ("a1", "b1", "b2"):
        tale.add(StatusStored, "c", device, "delivered", 2 if wrong and device == "b1" else 1, 2, node="store")
    heal(tale)


def stuck_devices_return(tale: Tale, wrong: bool) -> None:
    tale.add(DeviceStuck, "b1", "c", 0, node="store")
    if not wrong:
        tale.add(DeviceReturned, "b1", "c", node="store")
    heal(tale)


def dated(tale: Tale, stored_at: int = 0, seq: int = 1, message: str = "m1") -> int:
    """A row that carries a time; 0: that of its commit."""
    sent(tale, message, send=f"s-{message}")
    at = stored_at or tale.now + tale.tick
    return tale.add(Persisted, "c", seq, message, "ann", "a1", 0, "", "", "", at, node="store")


def removed_is_old(tale: Tale, wrong: bool) -> None:
    """Kept for ten seconds, to the µs."""
    sent(tale, "m1")
    tale.add(Persisted, "c", 1, "m1", "ann", "a1", 0, "", "", "", tale.now, node="store")
    tale.add(RowsRemoved, "c", 1, 10_000_000, node="store", t=tale.now + 10_000_000 - 1_000 - wrong)


def rows_carry_the_stores_time(tale: Tale, wrong: bool) -> None:
    """A store that is 3 s behind may date a row 3 s back, and no more; the screen shows what the row says."""
    tale.now = 10_000_000
    tale.add(ClockSet, -3_000_000, 0, node="store")
    first = tale.now + tale.tick
    at = first - 3_000_000 - (1 if wrong else 0)
    dated(tale, at)
    held(tale, "b1")
    tale.add(Shown, "b1", "c", 1, "m1", "ann", False, at)


def conversations_begin_as_asked(tale: Tale, wrong: bool) -> None:
    tale.add(ConversationRequested, "a1", "trip", ("ann", "bob"), "Rome")
    members = ("ann",) if wrong else ("ann", "bob")
    fields = ("direct", members, 0, False, "", False, "ann", "Rome", tale.now + tale.tick)
    tale.add(ConversationOpened, "trip", *fields, node="store")


def expired_is_old(tale: Tale, wrong: bool) -> None:
    """Of two seconds: a clock that is one ahead takes what is one old for as old as that."""
    dated(tale)
    tale.add(ClockSet, 1_000_000, 0, node="store")
    tale.now += 990_000 if wrong else 1_000_000
    tale.add(DeliveryFailed, "b1", "c", 1, "expired", 2_000_000, node="store")


def outlived_is_not_pushed(tale: Tale, wrong: bool) -> None:
    """It may grow too old in a worker's hands, and not before."""
    dated(tale)
    tale.now += 2_000_000 if wrong else 1_990_000
    tale.add(TaskLeased, "c", 1, "w1", 1, 0, node="queue")
    tale.now += 10_000
    tale.add(Pushed, "b1", "c", 1, 1, 2_000_000, node="w1")


def cleaned_devices_come_back_whole(tale: Tale, wrong: bool) -> None:
    """The cursor is there again, and the token; or the token isn't."""
    tale.add(PolicyDeclared, "clean-up of a device after so many µs of being stuck", "", 5_000_000, node="parley")
    tale.add(DeviceStuck, "b1", "c", 0, node="store")
    tale.now += 5_000_000
    tale.add(DeviceCleaned, "b1", "c", 5_000_000, node="store")
    tale.add(TokenRemoved, "b1", "t1", "cleaned", node="notification")
    tale.add(Connected, "b1", "gateway", 2)
    tale.add(CursorStored, "b1", "c", 1, node="store")
    if not wrong:
        tale.add(TokenRegistered, "b1", "bob", "t1", node="notification")
    heal(tale)


def closed_when_done(tale: Tale, wrong: bool) -> None:
    committed(tale)
    tale.add(Enqueued, "c", 1, "service", node="queue")
    held(tale, "b1")
    if not wrong:
        tale.add(HandedToNotification, "b2", "c", 1, node="w1")
    tale.add(TaskClosed, "c", 1, "w1", node="queue")


def open_when_leased(tale: Tale, wrong: bool) -> None:
    """A second task of the same message, from the relay, may be leased after the first was closed."""
    committed(tale)
    tale.add(Enqueued, "c", 1, "service", node="queue")
    if not wrong:
        tale.add(Enqueued, "c", 1, "relay", 2, node="queue")
    for device in ("b1", "b2"):
        held(tale, device)
    tale.add(TaskLeased, "c", 1, "w1", 1, 0, node="queue")
    tale.add(TaskClosed, "c", 1, "w1", node="queue")
    tale.add(TaskLeased, "c", 1, "w2", 1, 0, 0 if wrong else 2, node="queue")


def backlog_is_served(tale: Tale, wrong: bool) -> None:
    """A worker that has done its first task takes the next one ten seconds after it came, or a moment before."""
    for task in (1, 2):
        tale.add(Enqueued, "c", task, "service", task, node="q", t=1_000_000 * task)
        tale.add(
            TaskLeased, "c", task, "w", 1, 0, task, node="q", t=1_000_000 if task == 1 else 12_000_000 - (not wrong)
        )
        tale.add(TaskClosed, "c", task, "w", task, node="q")


def one_lease_is_no_end(tale: Tale, wrong: bool) -> None:
    """Given up after the second worker failed, too; or after the first."""
    tale.add(Enqueued, "c", 1, "service", node="queue")
    for attempt in (1,) if wrong else (1, 2):
        tale.add(TaskLeased, "c", 1, f"w{attempt}", attempt, 0, node="queue")
        tale.add(LeaseExpired, "c", 1, f"w{attempt}", node="queue")
    tale.add(DeadLettered, "c", 1, 1 if wrong else 2, node="queue")


def inbox_is_for_members(tale: Tale, wrong: bool) -> None:
    committed(tale)
    tale.add(InboxStored, "zoe" if wrong else "bob", "c", 1, node="store")


def no_rows_for_large_groups(tale: Tale, wrong: bool) -> None:
    """The first message is written for each recipient, the second one not: the group has grown."""
    committed(tale)
    tale.add(FanOutChosen, "c", 1, "hybrid", True, 2, node="store")
    tale.add(FanOutChosen, "c", 2, "hybrid", False, 3, node="store")
    tale.add(InboxStored, "bob", "c", 2 if wrong else 1, node="store")


def hot_groups_pay_no_rows(tale: Tale, wrong: bool) -> None:
    """Two members are as many as are declared, or one too few."""
    tale.add(PolicyDeclared, "no inbox rows from so many members on", "", 2 if wrong else 3, node="parley")
    committed(tale)
    tale.add(InboxStored, "bob", "c", 1, node="store")
    if not wrong:
        tale.add(Persisted, "c", 2, "m2", "ann", "a1", 0, "join", node="store")


def inbox_is_complete(tale: Tale, wrong: bool) -> None:
    everywhere(tale)
    tale.add(FanOutChosen, "c", 1, "hybrid", True, 2, node="store")
    tale.add(InboxStored, "ann", "c", 1, node="store")
    if not wrong:
        tale.add(InboxStored, "bob", "c", 1, node="store")
    heal(tale)


def attached(tale: Tale, ref: str = "blob1", *, store: bool = True) -> None:
    """Ann sends a message with an attachment, which is uploaded before."""
    tale.add(UploadAttempted, "a1", "c", "s-m1", ref, 1)
    if store:
        tale.add(BlobStored, ref, 1_000, node="objects")
    sent(tale, "m1", send="s-m1")
    tale.add(Persisted, "c", 1, "m1", "ann", "a1", 0, "", ref, node="store")


def attachments_are_there(tale: Tale, wrong: bool) -> None:
    """A blob that nobody's message refers to may be missing."""
    attached(tale)
    tale.add(BlobMissing, "b1", "blob1" if wrong else "blob2", node="objects")


def one_blob_per_attachment(tale: Tale, wrong: bool) -> None:
    """Two tries under one ref make one blob, and another send's is another one."""
    for attempt, ref in enumerate(("blob1", "blob9" if wrong else "blob1"), 1):
        tale.add(UploadAttempted, "a1", "c", "s1", ref, attempt)
    tale.add(UploadAttempted, "a1", "c", "s2", "blob2", 1)
    for ref in ("blob1", "blob2", *(("blob9",) if wrong else ())):
        tale.add(BlobStored, ref, 1_000, node="objects")


def notifications_prove_nothing(tale: Tale, wrong: bool) -> None:
    committed(tale)
    hint = tale.add(NotificationShown, "b1", "c")
    row = tale.add(Stored, "b1", "c", 1, "m1", "sync")
    tale.add(CursorMoved, "b1", "c", 1, cause=hint if wrong else row)


def hints_reach_their_user(tale: Tale, wrong: bool) -> None:
    """Ann is logged out of the handset, and Bob is in, when a notification for her arrives."""
    tale.add(NotificationShown, "b1", "c", "bob", "t1")
    if wrong:
        tale.add(NotificationShown, "b1", "c", "ann", "t1")
    else:
        tale.add(NotificationIgnored, "b1", "c", "ann", "t1")


def only_members_are_notified(tale: Tale, wrong: bool) -> None:
    """Bob leaves at 2; a notification of what he may read still comes."""
    committed(tale, 1)
    tale.add(MemberLeft, "c", 2, "bob", "ann", 2)
    committed(tale, 3, "m3")
    tale.add(NotificationShown, "b1", "c", "bob", "t1", 3 if wrong else 1)


def notifications_name_who_wrote(tale: Tale, wrong: bool) -> None:
    """Ann has written; what somebody else has written comes later."""
    committed(tale)
    tale.add(NotificationShown, "b1", "c", "bob", "t1", 1, 1, "zoe" if wrong else "ann")
    committed(tale, 2, "m2")


def what_arrives_is_shown(tale: Tale, wrong: bool) -> None:
    """What is read on the other device, or is for somebody else, may be ignored."""
    committed(tale, 1)
    committed(tale, 2, "m2")
    tale.add(ReadMarkMoved, "b2", "c", 1, "b2")
    for user in ("ann", "bob"):
        tale.add(NotificationDelivered, "b1", "c", "t1", node="apns")
        tale.add(NotificationIgnored, "b1", "c", user, "t1", 2 if wrong else 1)
    tale.add(Ended, node="run")


def notified_in_time(tale: Tale, wrong: bool) -> None:
    """Both of Bob's devices are away; the provider has a notification for the one at once, for the other in half a minute."""
    for node, role in (("w", "worker"), ("svc", "notification"), ("apns", "provider")):
        tale.add(NodePlaced, "eu", "", role, node=node)
    committed(tale)
    late = tale.now + 30_000_000 + wrong
    tale.add(NotificationSent, "b1", "c", False, "t1", node="apns")
    tale.add(NotificationSent, "b2", "c", False, "t2", node="apns", t=late)
    tale.add(Ended, node="run", t=late + 1)


def only_who_should_is_handed_over(tale: Tale, wrong: bool) -> None:
    """What is read when the worker has the task already may come too late."""
    committed(tale)
    tale.add(HintTaken, "b1", "c", node="svc")
    if wrong:
        tale.add(ReadStored, "bob", "c", 1, node="store")
    tale.add(TaskLeased, "c", 1, "w", 1, 0, 1, node="queue")
    tale.add(ReadStored, "bob", "c", 1, node="store")
    tale.add(HandedToNotification, "b1", "c", 1, node="w")


def handed_over_is_taken(tale: Tale, wrong: bool) -> None:
    """The hint that was taken is of an earlier message, or of this one."""
    tale.add(HintTaken, "b1", "c", node="svc")
    committed(tale)
    if not wrong:
        tale.add(HintTaken, "b1", "c", node="svc")
    tale.add(HandedToNotification, "b1", "c", 1, node="w")


def hints_end_for_a_reason(tale: Tale, wrong: bool) -> None:
    """The provider had it before it was asked for once more, or after."""
    tale.add(HintTaken, "b1", "c", node="svc")
    tale.add(NotificationAttempted, "b1", "c", "t1", 1, node="svc")
    tale.add(NotificationSent, "b1", "c", False, "t1", node="apns")
    tale.add(HintTaken, "b1", "c", node="svc")
    if not wrong:
        tale.add(NotificationAttempted, "b1", "c", "t1", 2, node="svc")
        tale.add(NotificationSent, "b1", "c", True, "t1", node="apns")
    tale.add(HintEnded, "b1", "c", "taken", node="svc")


def one_hint_pending(tale: Tale, wrong: bool) -> None:
    """Another conversation, another token, a collapse, and a provider that died are no second one."""
    tale.add(NotificationSent, "b1", "c", False, "t1", node="apns")
    tale.add(NotificationSent, "b2", "c", False, "t2", node="apns")
    tale.add(NotificationSent, "b1", "c", True, "t1", node="apns")
    if not wrong:
        tale.add(Crashed, 1, "", node="apns")
    tale.add(NotificationSent, "b1", "c", False, "t1", node="apns")
    tale.add(NotificationDropped, "b1", "c", "t1", node="apns")
    tale.add(NotificationSent, "b1", "c", False, "t1", node="apns")


def throttling_is_respected(tale: Tale, wrong: bool) -> None:
    """Another device may be tried meanwhile, and this one when the time is over, to the µs."""
    tale.add(NotificationThrottled, "b1", "c", 5_000_000, node="svc")
    over = tale.now + 5_000_000
    tale.add(NotificationAttempted, "b2", "c", "t2", 1, node="svc")
    tale.add(NotificationAttempted, "b1", "c", "t1", 2, node="svc", t=over - wrong)


def pushes_fit_their_platform(tale: Tale, wrong: bool) -> None:
    """As large as may be, or larger by a byte; of another platform, or of no known size, nothing is known."""
    for platform, size in (("fcm", 4_096), ("pigeon", 9_000), ("", 9_000), ("apns", 4_097 if wrong else 4_096)):
        tale.add(NotificationAttempted, "b1", "c", "t1", 1, -1, 0, 0, size, platform, node="notification")


def badge_in_push_is_the_servers_count(tale: Tale, wrong: bool) -> None:
    """Ann wrote two, of which Bob has read one, and Bob wrote one."""
    committed(tale, 1, "m1")
    tale.add(ReadStored, "bob", "c", 1, node="store")
    committed(tale, 2, "m2")
    tale.add(SendAttempted, "b2", "c", "s-m3", "m3", 1)
    tale.add(Persisted, "c", 3, "m3", "bob", "b2", node="store")
    tale.add(NotificationAttempted, "b1", "c", "t1", 1, 2 if wrong else 1, 3, 1, node="notification")


def one_device_per_token(tale: Tale, wrong: bool) -> None:
    tale.add(TokenRegistered, "a1", "ann", "t1", node="svc")
    if not wrong:
        tale.add(TokenRemoved, "a1", "t1", "moved", node="svc")
    tale.add(TokenRegistered, "b1", "bob", "t1", node="svc")


def invalid_tokens_are_left_alone(tale: Tale, wrong: bool) -> None:
    """The device's new token may be tried, and one whose user has only disabled notifications."""
    for token, why in (("t1", "invalid"), ("t2", "disabled")):
        tale.add(NotificationAttempted, "b1", "c", token, 1, node="svc")
        tale.add(NotificationRejected, "b1", "c", token, why, node="svc")
    tale.add(NotificationAttempted, "b1", "c", "t1" if wrong else "t3", 2, node="svc")
    tale.add(NotificationAttempted, "b1", "c", "t2", 2, node="svc")


def no_livelock(tale: Tale, wrong: bool) -> None:
    if wrong:
        tale.add(Exhausted, "time stands still", node="run")
    tale.add(Ended, node="run")


def live_in_time(tale: Tale, wrong: bool) -> None:
    """Bob's phone is connected, and has 10 s, to the µs."""
    tale.add(NodePlaced, "eu", "edge", "gateway", node="g")
    tale.add(Connected, "b1", "g", 1)
    tale.add(Persisted, "c", 1, "m1", "ann", "a1", 0, "")
    tale.add(Shown, "b1", "c", 1, "m1", "ann", t=tale.now + 10_000_000 + wrong)
    tale.add(Ended)


def repaired_in_time(tale: Tale, wrong: bool) -> None:
    """Bob's phone connects after the commit, and has 30 s from then on, to the µs."""
    tale.add(NodePlaced, "eu", "edge", "gateway", node="g")
    tale.add(Persisted, "c", 1, "m1", "ann", "a1", 0, "")
    tale.add(Connected, "b1", "g", 1, t=tale.now + 20_000_000)
    tale.add(Shown, "b1", "c", 1, "m1", "ann", t=tale.now + 30_000_000 + wrong)
    tale.add(Ended)


def every_device_shows_everything(tale: Tale, wrong: bool) -> None:
    everywhere(tale, leave_out="show b2" if wrong else "")
    heal(tale)


def device_cursors_reach_the_head(tale: Tale, wrong: bool) -> None:
    everywhere(tale, leave_out="cursor b2" if wrong else "")
    heal(tale)


def stored_cursors_reach_the_head(tale: Tale, wrong: bool) -> None:
    everywhere(tale, leave_out="stored cursor a1" if wrong else "")
    heal(tale)


def committed_rows_stay(tale: Tale, wrong: bool) -> None:
    committed(tale)
    tale.add(LeaderElected, "store-1", 2, node="store-1.2")
    if wrong:
        tale.add(RowLost, "c", 1, "m1", node="store-1.1")


def head_reads_are_fresh(tale: Tale, wrong: bool) -> None:
    """Message 2 is committed; who asked before that may be told of 1 only."""
    committed(tale)
    index = committed(tale, 2, "m2")
    at = tale.events[index].t
    tale.add(HeadRead, "c", 1, at + 1 if wrong else at, node="store-1.1")
    tale.add(HeadRead, "c", 2, at + 1, node="store-1.2")


def heads_are_true(tale: Tale, wrong: bool) -> None:
    """A device has heard of what is there, or of one more."""
    committed(tale)
    tale.add(SyncRequested, "b1", "c", 0, "digest", 1 + wrong)


def one_leader_per_term(tale: Tale, wrong: bool) -> None:
    """Another replica, another partition, another term: each is legal without the others."""
    tale.add(LeaderElected, "store-1", 2, node="store-1.1")
    tale.add(LeaderElected, "store-2", 2, node="store-2.1")
    tale.add(LeaderElected, "store-1", 2 if wrong else 3, node="store-1.2")


def presence_converges(tale: Tale, wrong: bool) -> None:
    """Ann is connected, and both of Bob's devices have to show it; Bob is not."""
    tale.add(Connected, "a1", "g", 1)
    tale.add(PresenceShown, "b1", "ann", True)
    if not wrong:
        tale.add(PresenceShown, "b2", "ann", True)
    heal(tale)


def typing_ends(tale: Tale, wrong: bool) -> None:
    tale.add(TypingShown, "b1", "c", "ann")
    if not wrong:
        tale.add(TypingCleared, "b1", "c", "ann")
    heal(tale)


def typing_stays_inside(tale: Tale, wrong: bool) -> None:
    """Bob has left; up to 30 s later a signal may still arrive that was under way."""
    left = tale.now + tale.tick
    tale.add(MemberLeft, "c", 1, "bob", "ann", 1, node="store")
    tale.add(TypingShown, "b1", "c", "ann", t=left + 30_000_000 + wrong)


def typing_is_of_others(tale: Tale, wrong: bool) -> None:
    """Bob types on b1, and b2 says so; or a1."""
    tale.add(TypingShown, "b2" if wrong else "a1", "c", "bob")


def pages_are_no_older(tale: Tale, wrong: bool) -> None:
    """b1 has 1 and got 3; the page for what follows 1 knows of 3, or of no more than 2."""
    held(tale, "b1")
    tale.add(GapOpened, "b1", "c", 1, 3)
    tale.add(SyncRequested, "b1", "c", 1, "gap")
    tale.add(SyncPageReceived, "b1", "c", 1, 1, 2 if wrong else 3)


def attachments_are_fetched(tale: Tale, wrong: bool) -> None:
    """By both of Bob's devices, be it before it is shown; Ann's own has it already, and shows it too."""
    attached(tale)
    tale.add(BlobFetched, "b1", "c", 1, "blob1")
    tale.add(Enqueued, "c", 1, "service", node="queue")
    for device in ("a1", "b1", "b2"):
        held(tale, device)
        tale.add(CursorMoved, device, "c", 1)
        shown(tale, device, store=False)
        tale.add(CursorStored, device, "c", 1, node="store")
    for device in ("b1", "b2"):
        tale.add(UnreadShown, device, "c", 1)
    tale.add(TaskClosed, "c", 1, "w1", node="queue")
    if not wrong:
        tale.add(BlobFetched, "b2", "c", 1, "blob1")
    heal(tale)


def tokens_converge(tale: Tale, wrong: bool) -> None:
    """b1's token rotated; a1's user is logged out, and owes none."""
    tale.add(TokenIssued, "a1", "t0")
    tale.add(TokenIssued, "b1", "t1")
    tale.add(TokenRegistered, "b1", "bob", "t1", node="svc")
    tale.add(TokenIssued, "b1", "t2")
    if not wrong:
        tale.add(TokenRemoved, "b1", "t1", "replaced", node="svc")
        tale.add(TokenRegistered, "b1", "bob", "t2", node="svc")
    tale.add(LoggedOut, "a1")
    heal(tale)


def every_hint_ends(tale: Tale, wrong: bool) -> None:
    """Three hints: one has to wait for the provider, one is taken, of one there was no answer."""
    for conversation in ("c", "d", "e"):
        tale.add(HintTaken, "b1", conversation, node="svc")
    tale.add(NotificationThrottled, "b1", "c", 1_000_000_000, node="svc")
    tale.add(HintEnded, "b1", "d", "taken", node="svc")
    tale.add(HintEnded, "b1", "e", "no answer" if wrong else "invalid", node="svc")
    heal(tale)


def every_send_is_answered(tale: Tale, wrong: bool) -> None:
    tale.add(SendRequested, "a1", "c", "s1", 1)
    tale.add(SendRequested, "a1", "c", "s2", 2)
    tale.add(SendRefused, "a1", "c", "s1", "m1", "not a member")
    if not wrong:
        tale.add(SendRefused, "a1", "c", "s2", "m2", "not a member")
    heal(tale)


def every_message_is_published(tale: Tale, wrong: bool) -> None:
    everywhere(tale, leave_out="publish" if wrong else "")
    heal(tale)


def every_task_ends(tale: Tale, wrong: bool) -> None:
    """Two tasks of one message: each has to end, be it as a dead letter."""
    everywhere(tale)
    tale.add(Enqueued, "c", 1, "relay", 2, node="queue")
    if not wrong:
        tale.add(DeadLettered, "c", 1, 20, 2, node="queue")
    heal(tale)


def failures_raise_an_alert(tale: Tale, wrong: bool) -> None:
    """Two devices are given up, and one alert tells of both; or of one only."""
    committed(tale)
    for device in ("b1", "b2"):
        tale.add(DeliveryFailed, device, "c", 1, "expired", node="store")
    tale.add(FailureAlert, "c", "expired", 1 if wrong else 2, node="store")
    heal(tale)


CASES: dict[str, Callable[[Tale, bool], None]] = {
    f.__name__.replace("_", "-"): f
    for f in (
        accepted_is_durable, accepted_place_is_true, one_row_per_message, one_row_per_send,
        accepted_send_has_its_row, seq_is_unique,
        seq_has_no_hole, epochs_never_go_back,
        senders_order_is_kept,
        places_agree, refused_is_not_shown, one_message_per_send, message_ids_are_not_reused,
        committed_rows_stay, removed_is_old, rows_carry_the_stores_time,
        conversations_begin_as_asked, head_reads_are_fresh, heads_are_true, one_leader_per_term,
        shown_in_order, shown_is_true, stored_is_true,
        shown_was_sent, shown_is_what_was_sent, shown_once, stored_before_shown,
        shown_to_members,
        one_order_on_all_screens, real_time_order_is_shown, senders_order_is_shown, questions_come_first,
        own_messages_are_there, what_came_before_is_shown, history_pages_are_whole, history_pages_are_in_order, gaps_are_known,
        device_cursor_is_sound, device_cursor_is_monotone, ack_is_sound, stored_cursor_is_sound,
        stored_cursor_is_monotone, cursors_name_what_is_there, cursors_go_forward, read_marks_go_forward,
        read_marks_name_what_was_shown,
        read_marks_only_move_forward, read_was_shown, receipts_are_true, receipts_only_move_forward,
        receipts_come_in_time, read_by_is_true,
        badges_follow_the_screen, badges_are_possible, lists_are_true,
        no_hint_of_what_was_read, nothing_before_the_commit, senders_are_members,
        membership_takes_turns, blocked_is_not_shown, nothing_new_after_leaving, only_members_are_accepted, heads_stay_inside,
        sender_is_authentic, intruders_have_no_effect, sessions_need_a_token,
        sessions_end_with_their_token,
        abuse_policy_is_kept,
        unknown_types_are_placeholders, old_apps_get_what_they_can_show,
        stuck_is_silent, expired_is_old, outlived_is_not_pushed, closed_when_done,
        open_when_leased, one_lease_is_no_end, backlog_is_served,
        inbox_is_for_members, no_rows_for_large_groups, hot_groups_pay_no_rows, attachments_are_there, one_blob_per_attachment,
        notifications_prove_nothing, hints_reach_their_user, only_members_are_notified,
        notifications_name_who_wrote, what_arrives_is_shown, notified_in_time,
        only_who_should_is_handed_over, handed_over_is_taken, hints_end_for_a_reason, one_hint_pending, throttling_is_respected,
        pushes_fit_their_platform, badge_in_push_is_the_servers_count,
        one_device_per_token, invalid_tokens_are_left_alone, no_livelock,
        retry_after_is_respected,
        rate_limits_bite,
        lag_raises_an_alarm,
        reconnects_are_spaced,
        stops_are_gentle,
        presence_does_not_flap, connected_is_online, offline_is_shown, presence_is_shown_in_time,
        last_seen_is_the_last_activity,
        typing_is_shown, typing_stays_inside, typing_is_of_others, pages_are_no_older,
        live_in_time, repaired_in_time,
        every_device_shows_everything, what_was_accepted_is_shown, device_cursors_reach_the_head, stored_cursors_reach_the_head,
        badges_are_right, badges_go_with_reading,
        read_marks_converge, views_are_followed, blocks_are_kept, receipts_are_shown, receipt_counts_are_right,
        statuses_agree, stuck_devices_return,
        cleaned_devices_come_back_whole,
        presence_converges, active_device_is_there, typing_ends, attachments_are_fetched,
        tokens_converge, every_hint_ends, sleepers_are_notified,
        unknown_types_stop_nobody, placeholders_are_replaced, profiles_converge,
        every_send_is_answered, every_message_is_published, every_task_ends,
        line_is_served, turned_away_is_told,
        failures_raise_an_alert,
        inbox_is_complete,
    )
}  # fmt: skip


def judged(name: str, tale: Tale) -> tuple[str, Judge]:
    judge = Judge()
    judge.advance(tale.events)
    return next(v.status for v in judge.verdicts() if v.property == name), judge


def test_every_property_has_its_cases() -> None:
    assert list(CASES) == list(PROPERTIES)


@pytest.mark.parametrize("name", CASES)
def test_the_violating_history_is_caught_with_its_evidence(name: str) -> None:
    tale = Tale()
    CASES[name](tale, True)
    status, judge = judged(name, tale)
    assert status == VIOLATED
    violation = next(v for v in judge.violations if v.property == name)
    assert violation.message
    assert violation.evidence
    assert all(0 <= index < len(tale.events) for index in violation.evidence)


@pytest.mark.parametrize("name", CASES)
def test_the_near_miss_holds(name: str) -> None:
    tale = Tale()
    CASES[name](tale, False)
    status, judge = judged(name, tale)
    assert status == HOLDS, [v for v in judge.violations if v.property == name]


@pytest.mark.parametrize("name", CASES)
def test_without_anything_to_judge_it_is_vacuous(name: str) -> None:
    assert judged(name, Tale())[0] == VACUOUS


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("wrong", [True, False])
def test_judging_event_by_event_gives_the_same_verdicts(name: str, wrong: bool) -> None:
    tale = Tale()
    CASES[name](tale, wrong)
    at_once, step_by_step, growing = Judge(), Judge(), []
    at_once.advance(tale.events)
    for event in tale.events:
        growing.append(event)
        step_by_step.advance(growing)
    assert step_by_step.verdicts() == at_once.verdicts()


@pytest.mark.requirement("V2")
@pytest.mark.parametrize("kind", [kind for kind in CATALOGUE if issubclass(kind, Liveness)], ids=lambda kind: kind.name)
def test_what_is_owed_is_unknown_until_the_bound_is_over(kind: type[Property]) -> None:
    tale = Tale()
    CASES[kind.name](tale, True)
    del tale.events[-2:]
    heal(tale, after=BOUND - 1)
    status, judge = judged(kind.name, tale)
    assert status == UNKNOWN
    assert not judge.settled()


@pytest.mark.requirement("V2")
def test_the_judge_is_settled_when_nothing_is_owed() -> None:
    tale = Tale()
    judge = Judge()
    judge.advance(tale.events)
    assert judge.settled()
    committed(tale)
    judge.advance(tale.events)
    assert not judge.settled()
    other, judge = Tale(), Judge()
    everywhere(other)
    judge.advance(other.events)
    assert judge.settled()


def test_a_conversation_with_a_past_continues_from_it() -> None:
    """1041 messages were there: 1042 is the next, on the log, on the screen and in the cursors."""
    tale = Tale(head=1041)
    everywhere(tale, 1042)
    heal(tale)
    judge = Judge()
    judge.advance(tale.events)
    assert judge.violations == []
    assert judge.settled()
