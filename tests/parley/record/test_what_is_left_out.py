"""A kind of event that an exporter leaves out, and says so, makes verdicts unknown: never a false alarm.

Correct histories with joins, leaves, wipes and restarts in them, from which kinds are taken out: each one alone, and all but
those that a property says it needs. Nothing of what is left may be held against the system.
"""

from __future__ import annotations

import inspect
import re

import msgspec
import pytest
from support import scenario

from model import events as e
from model.events import VOCABULARY
from model.protocol import REFERENCE
from parley import variants
from parley.record.reading import ALWAYS, OBSERVABLE
from parley.runner import execute
from properties import ledger
from properties.base import Property
from properties.catalogue import CATALOGUE
from properties.judge import Judge
from properties.record_scope import RecordScope
from sim.history import Event
from sim.verdicts import UNKNOWN

pytestmark = pytest.mark.requirement("V1")

RUNS = (("armed", 3), ("armed", 5), ("churn", 1), ("churn", 2), ("handsets", 1))


@pytest.fixture(scope="module")
def histories() -> list[list[Event]]:
    runs = [execute(scenario(name).plan(seed, variants.reference_of("")), REFERENCE) for name, seed in RUNS]
    found = [outcome.history for outcome in runs]
    there = {type(event) for history in found for event in history}
    assert {e.Wiped, e.MemberJoined, e.MemberLeft, e.Slept, e.TypingShown, e.NotificationShown} <= there
    return found


def only(history: list[Event], records: frozenset[type[Event]]) -> list[Event]:
    """The events of these kinds, each with a cause that is among them, or none."""
    left: list[Event] = []
    place: dict[int, int] = {}
    for index, event in enumerate(history):
        if type(event) in records:
            place[index] = len(left)
            left.append(msgspec.structs.replace(event, cause=place.get(event.cause, -1)))
    return left


def violated(history: list[Event], records: frozenset[type[Event]]) -> set[str]:
    judge = Judge(scope=RecordScope(records=records, gaps=e.FillerPersisted not in records))
    judge.advance(only(history, records))
    return {violation.property for violation in judge.violations}


@pytest.mark.parametrize("base", ["everything", "observable"])
def test_leaving_out_any_one_kind_is_no_false_alarm(base: str, histories: list[list[Event]]) -> None:
    everything = frozenset(VOCABULARY.values())
    records = everything if base == "everything" else OBSERVABLE
    alarms = {}
    for history in histories:
        for kind in dict.fromkeys(type(event) for event in history):
            if kind in records and kind not in ALWAYS and (found := violated(history, records - {kind})):
                alarms[kind.__name__] = found
    assert alarms == {}


def test_each_property_can_do_with_what_it_says_that_it_needs(histories: list[list[Event]]) -> None:
    alarms = {}
    for needed in dict.fromkeys(frozenset(kind.needed()) for kind in CATALOGUE):
        records = needed | frozenset(ALWAYS)
        for history in histories:
            if found := violated(history, records):
                alarms[", ".join(sorted(kind.__name__ for kind in needed))] = found
    assert alarms == {}


RESTS_ON = {
    ("upto", "beyond", "holds", "lacks", "ever"): ledger.HOLDINGS,
    ("shown", "shown_index", "seen", "apart", "has_shown"): (e.Shown, *ledger.LIVES, *ledger.TURNS),
    ("first",): (e.Shown, *ledger.LIVES),
    ("cursor", "stored", "installation_of", "installation", "renewed", "older", "newer"): ledger.LIVES,
    ("order", "ranks", "place", "at"): ledger.SCREENS,
    ("access", "skips", "target", "members", "devices", "everyone"): ledger.TURNS,
    ("rows", "head"): (e.Persisted,),
    ("hidden", "blocked"): (e.BlockStored,),
}  # fmt: skip
"""What a property reads of the ledger, and the kinds of event that this comes from."""

HARMLESS: dict[tuple[str, str], str] = {
    ("refused-is-not-shown", "order"): "any place at all says that it was shown",
    ("refused-is-not-shown", "ranks"): "any place at all says that it was shown",
    ("one-message-per-send", "shown_index"): "of a request, not of a device",
    ("cursors-name-what-is-there", "order"): "what has no place may have been removed",
}


def reads(kind: type[Property]) -> set[str]:
    """The names that its source asks for, of whatever object but the event."""
    classes = [
        each for each in kind.__mro__ if each.__module__.startswith("properties.") and each.__name__ != "Property"
    ]
    source = "\n".join(inspect.getsource(each) for each in classes)
    return set(re.findall(r"(?<!\bevent)\.(\w+)", source))


def test_what_a_property_reads_of_the_ledger_it_needs_the_events_of() -> None:
    lacking = {}
    for kind in CATALOGUE:
        asked, needed = reads(kind), set(kind.needed()) | set(ALWAYS)
        for names, kinds in RESTS_ON.items():
            for name in asked & set(names):
                missing = [each.__name__ for each in kinds if each not in needed]
                if missing and (kind.name, name) not in HARMLESS:
                    lacking[kind.name, name] = missing
    assert lacking == {}


def test_an_unrecorded_wipe_join_or_leave_makes_verdicts_unknown() -> None:
    """... of what is kept by installation or by what a user may read."""
    for kind, names in ((e.Wiped, {"shown-once", "shown-in-order", "device-cursor-is-monotone", "every-send-is-answered",
                                   "senders-order-is-shown", "read-marks-only-move-forward"}),
                        (e.MemberJoined, {"shown-in-order", "one-order-on-all-screens", "device-cursor-is-sound"}),
                        (e.MemberLeft, {"shown-in-order", "one-order-on-all-screens", "ack-is-sound"})):  # fmt: skip
        judge = Judge(scope=RecordScope(records=OBSERVABLE - {kind}))
        unknown = {verdict.property: verdict.why for verdict in judge.verdicts() if verdict.status == UNKNOWN}
        assert {name for name in names if kind.__name__ in unknown.get(name, "")} == names
