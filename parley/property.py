"""The door for properties: everything that a file with a promise of one's own imports. It stays, whatever moves behind it.

A property is a class with a name and a family. It sees one event at a time, and says which events prove a violation:

    from parley.property import Property, events, sees


    class ConversationsAreShort(Property):
        "No conversation has more than three messages."

        name = "conversations-are-short"
        family = "policy"

        @sees(events.Persisted)
        def on_commit(self, event, index):
            self.tested += 1
            if event.seq > 3:
                self.violated(f"{event.conversation} has message {event.seq}", index)

`Judge([ConversationsAreShort])` judges histories by it. A promise that something will have happened subclasses `Liveness`;
one that has to wait where clocks differ subclasses `Deferred`. What many properties ask of a history is in `self.ledger`.
Here are also the kinds of event (`events`, and those of any simulation), what the ledger keeps, and what says which events
it needs (`LIVES`, `TURNS`, `HOLDINGS`, `SCREENS`, `ROWS`). Times are integer µs.

How a property of Parley's own is registered is told in `properties/catalogue.py`.

Requirements: V1.
"""

from __future__ import annotations

from model import events
from properties.access import OPEN, Access
from properties.base import Debt, Liveness, Property, Violation, sees
from properties.calm import AT_ONCE, Calm, InCalm
from properties.conversation import Held, Log
from properties.deferred import Deferred
from properties.judge import Judge
from properties.ledger import HOLDINGS, LIVES, ROWS, SCREENS, TURNS, Ledger
from properties.reaching import Reaching
from properties.record_scope import RecordScope
from properties.sends import Request, Sent
from properties.time import Clocks
from properties.timeliness import Row, Timely, Ways
from sim.history import (
    ClockSet,
    Crashed,
    Ended,
    Event,
    Exhausted,
    FaultEnded,
    FaultStarted,
    Healed,
    LostForGood,
    MessageDelayed,
    MessageDuplicated,
    MessageLost,
    NodePlaced,
    Paused,
    QuorumLostForGood,
    Restarted,
    Resumed,
)
from sim.verdicts import HOLDS, UNKNOWN, VACUOUS, VIOLATED, Verdict

__all__ = [
    "AT_ONCE",
    "HOLDINGS",
    "HOLDS",
    "LIVES",
    "OPEN",
    "ROWS",
    "SCREENS",
    "TURNS",
    "UNKNOWN",
    "VACUOUS",
    "VIOLATED",
    "Access",
    "Calm",
    "ClockSet",
    "Clocks",
    "Crashed",
    "Debt",
    "Deferred",
    "Ended",
    "Event",
    "Exhausted",
    "FaultEnded",
    "FaultStarted",
    "Healed",
    "Held",
    "InCalm",
    "Judge",
    "Ledger",
    "Liveness",
    "Log",
    "LostForGood",
    "MessageDelayed",
    "MessageDuplicated",
    "MessageLost",
    "NodePlaced",
    "Paused",
    "Property",
    "QuorumLostForGood",
    "Reaching",
    "RecordScope",
    "Request",
    "Restarted",
    "Resumed",
    "Row",
    "Sent",
    "Timely",
    "Verdict",
    "Violation",
    "Ways",
    "events",
    "sees",
]
