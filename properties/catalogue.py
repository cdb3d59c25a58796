"""The catalogue: every property, in the order in which they are judged and reported. `docs/properties.md` is made from it.

Requirements: V1, V3.
"""

from __future__ import annotations

from properties import (
    completeness,
    cursors,
    durability,
    fan_out,
    hints,
    idempotence,
    load,
    membership,
    presence,
    queueing,
    reading,
    replication,
    screen,
    security,
    sequencing,
)
from properties.base import Property

CATALOGUE: tuple[type[Property], ...] = (
    durability.AcceptedIsDurable,
    durability.AcceptedPlaceIsTrue,
    idempotence.OneRowPerMessage,
    idempotence.OneRowPerSend,
    sequencing.SeqIsUnique,
    sequencing.SeqHasNoHole,
    sequencing.EpochsNeverGoBack,
    sequencing.SendersOrderIsKept,
    replication.CommittedRowsStay,
    replication.HeadReadsAreFresh,
    replication.OneLeaderPerTerm,
    screen.ShownInOrder,
    screen.ShownIsTrue,
    screen.StoredIsTrue,
    screen.ShownWasSent,
    screen.ShownOnce,
    screen.StoredBeforeShown,
    screen.ShownToMembers,
    cursors.DeviceCursorIsSound,
    cursors.DeviceCursorIsMonotone,
    cursors.AckIsSound,
    cursors.StoredCursorIsSound,
    cursors.StoredCursorIsMonotone,
    reading.ReadMarksOnlyMoveForward,
    reading.ReadWasShown,
    reading.ReceiptsAreTrue,
    reading.ReceiptsOnlyMoveForward,
    membership.SendersAreMembers,
    membership.MembershipTakesTurns,
    security.SenderIsAuthentic,
    queueing.ClosedWhenDone,
    queueing.OpenWhenLeased,
    fan_out.InboxIsForMembers,
    fan_out.NoRowsForLargeGroups,
    hints.NotificationsProveNothing,
    load.NoLivelock,
    completeness.EveryDeviceShowsEverything,
    completeness.DeviceCursorsReachTheHead,
    completeness.StoredCursorsReachTheHead,
    reading.BadgesAreRight,
    reading.ReadMarksConverge,
    presence.PresenceConverges,
    presence.TypingEnds,
    completeness.EverySendIsAnswered,
    completeness.EveryMessageIsPublished,
    completeness.EveryTaskEnds,
    fan_out.InboxIsComplete,
)

PROPERTIES: dict[str, type[Property]] = {kind.name: kind for kind in CATALOGUE}
