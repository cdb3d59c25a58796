"""`parley verify`: other people's histories are judged as one's own, and nothing in a file makes it fall over."""

from __future__ import annotations

import codecs
import gzip
import io
import json
import random
import re
import sys
from pathlib import Path
from typing import Any, get_type_hints

import msgspec
import pytest
import typer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import ROOT, VARIANTS, Tale, scenario

from benchmarks import verify as benchmark
from model.events import VOCABULARY, SendAccepted
from model.protocol import REFERENCE
from parley import variants
from parley.commands.verify import Verified, command, verify
from parley.errors import BadInput
from parley.record import reading as histories
from parley.record.observing import observed
from parley.record.reading import Reader
from parley.run import Outcome
from parley.runner import execute
from properties.catalogue import CATALOGUE
from properties.judge import Judge
from properties.record_scope import RecordScope
from reports.metrics.measure import measure
from reports.text import narrative
from sim.history import jsonl
from sim.verdicts import HOLDS, UNKNOWN, VIOLATED
from tools import judging

pytestmark = pytest.mark.requirement("V1")

OBSERVABLE_NAMES = {kind.__name__ for kind in histories.OBSERVABLE}
HEADER = {"parley_history": 1, "records": "observable", "ids": "opaque"}
FULL = b'{"parley_history":1,"records":"all"}\n'


def ran(name: str, seed: int, spec: str = "") -> Outcome:
    return execute(scenario(name).plan(seed, variants.reference_of(spec)), variants.load(spec))


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    return execute(scenario("ci").plan(3, variants.reference_of("")), REFERENCE)


def example() -> bytes:
    """The complete little example of docs/history-format.md."""
    page = (ROOT / "docs" / "history-format.md").read_text()
    return page.split("```jsonl\n")[1].split("```")[0].encode()


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def lines(*events: dict[str, Any], header: dict[str, Any] = HEADER) -> bytes:
    return b"".join(json.dumps(line).encode() + b"\n" for line in (header, *events))


def chat(*events: dict[str, Any], **header: Any) -> bytes:
    """Ann's phone and Bob's in one conversation, and then these events, a millisecond each unless they say when.

    A header that lists what is recorded promises, beside that, that nobody is wiped, joins or leaves.
    """
    if isinstance(header.get("records"), list):
        header["records"] = [*header["records"], "Wiped", "MemberJoined", "MemberLeft"]
    known = [{"event": "DeviceRegistered", "t": 0, "device": f"{who}-phone", "user": who} for who in ("ann", "bob")]
    conversation = {"event": "ConversationOpened", "t": 0, "conversation": "c", "members": ["ann", "bob"]}
    timed = [{"t": 1_000 * at, "conversation": "c", **event} for at, event in enumerate(events, 1)]
    return lines(*known, conversation, *timed, header={**HEADER, **header})


def sends(message: str, who: str = "ann", **more: Any) -> list[dict[str, Any]]:
    request = {"event": "SendRequested", "device": f"{who}-phone", "send": f"s-{message}", **more}
    return [request, {**request, "event": "SendAttempted", "message": message}]


def shows(message: str, who: str = "bob", **more: Any) -> dict[str, Any]:
    return {"event": "Shown", "device": f"{who}-phone", "message": message, **more}


def statuses(found: Verified) -> dict[str, str]:
    return {verdict.property: verdict.status for verdict in found.verdicts}


def violated(found: Verified) -> set[str]:
    return {violation.property for violation in found.violations}


# --- the same as a simulated run -------------------------------------------------------------------------------------


def test_a_whole_history_gets_the_verdicts_and_the_figures_of_its_run(outcome: Outcome, tmp_path: Path) -> None:
    found = verify(written(tmp_path / "h.jsonl", FULL + b"".join(jsonl(outcome.history))))
    assert found.verdicts == outcome.verdicts
    assert found.metrics == measure(outcome.history)
    assert found.events == len(outcome.history)


STRIPPED = (
    *(("ci", "", seed) for seed in range(1, 9)), ("churn", "", 1), ("w3", "", 1),
    *(("ci", name, seed) for seed in (4, 8) for name in (
        "ack_before_persist", "by_sender", "counter_restarts", "cursor_first", "highest_cursor", "mark_falls_back",
        "newest_shown_first", "no_dedupe", "pipelined_outbox", "refuses_retries", "repeated_push_moves_back", "sync_mixes_up",
        "sync_skips",
    )),
    ("churn", "removed_member_gets_more", 2), ("churn", "forgets_members_only", 3), ("ci", "read_before_shown", 2),
    ("ci", "badge_below_zero", 1),
)  # fmt: skip


def test_what_clients_observe_of_a_run_gets_the_same_verdicts(tmp_path: Path) -> None:
    """Of what can be judged from it at all; and it is enough to see what is wrong with most of these protocols."""
    caught: dict[str, set[str]] = {}
    for name, mutant, seed in STRIPPED:
        run = ran(name, seed, str(VARIANTS / f"{mutant}.py") if mutant else "")
        whole = {verdict.property: verdict.status for verdict in run.verdicts}
        found = verify(written(tmp_path / "h.jsonl", b"".join(observed(run.history))))
        judged = {verdict.property: verdict.status for verdict in found.verdicts if not verdict.why}
        assert len(judged) >= 20
        assert judged == {name: whole[name] for name in judged}, (name, mutant, seed)
        if VIOLATED in judged.values():
            caught.setdefault(mutant, set()).update(name for name, status in judged.items() if status == VIOLATED)
    assert "" not in caught
    assert len(caught) >= 8, caught


def test_no_seq_is_left_in_what_clients_observe(outcome: Outcome) -> None:
    events = [json.loads(line) for line in observed(outcome.history)][1:]
    assert {event["event"] for event in events} <= {kind.__name__ for kind in histories.OBSERVABLE}
    places = [(e, name) for e in events for name in e if histories.is_id(VOCABULARY[e["event"]], name)]
    assert all(isinstance(event[name], str) for event, name in places)
    assert all("cause" not in event for event in events)


def test_the_example_of_the_page_is_passed(tmp_path: Path) -> None:
    found = verify(written(tmp_path / "h.jsonl", example()))
    assert violated(found) == set()
    assert sum(status == HOLDS for status in statuses(found).values()) >= 12
    assert found.metrics.samples["send_to_delivered"] == [61_000 - 1_000]
    assert found.metrics.samples["send_to_accepted"] == [90_000, 82_000]
    assert found.metrics.counts["reconnects"] == 1


def test_judging_from_a_file_keeps_few_violations_and_counts_all(tmp_path: Path) -> None:
    events = [shows(f"m{n}") for n in range(40)]
    found = verify(written(tmp_path / "h.jsonl", chat(*events, records=["SendAttempted", "Shown"])))
    assert len([v for v in found.violations if v.property == "shown-was-sent"]) == 5
    assert found.judge.count_of("shown-was-sent") == 40


# --- what is known of a history ----------------------------------------------------------------------------------------


def test_every_property_says_what_it_needs() -> None:
    """None of them can be judged from a history that records nothing, and all from one that records everything."""
    nothing = RecordScope(records=frozenset())
    assert all(nothing.why_not(kind).startswith("needs ") for kind in CATALOGUE)
    assert not any(RecordScope().why_not(kind) for kind in CATALOGUE)


def test_what_is_not_recorded_is_not_judged_and_it_is_said_why(tmp_path: Path) -> None:
    """An exporter that writes no cursors and no requests is not told that they are wrong."""
    data = chat(*sends("m1")[1:], shows("m1"), records=["SendAttempted", "Shown"])
    found = verify(written(tmp_path / "h.jsonl", data))
    why = {verdict.property: verdict.why for verdict in found.verdicts}
    assert why["stored-before-shown"] == "needs Stored"
    assert why["real-time-order-is-shown"] == "needs SendAccepted"
    assert why["shown-is-true"] == "needs Persisted"
    assert statuses(found)["shown-once"] == HOLDS


def test_a_header_that_does_not_say_what_is_recorded_promises_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What comes is recorded, and of what doesn't come nothing is known: it is no proof that it did not happen."""
    shown = [*sends("m1"), shows("m1"), shows("m1")]
    assert violated(verify(written(tmp_path / "h.jsonl", chat(*shown)))) == {"shown-once", "stored-before-shown"}
    silent = chat(*shown).replace(b', "records": "observable"', b"")
    found = verify(written(tmp_path / "h.jsonl", silent))
    assert violated(found) == set()
    why = {verdict.property: verdict.why for verdict in found.verdicts}
    assert (why["shown-once"], why["stored-before-shown"]) == (
        "needs Wiped",
        "needs Stored, Wiped, MemberJoined, MemberLeft",
    )
    assert statuses(found)["shown-was-sent"] == HOLDS
    _, out = told(capsys, tmp_path / "h.jsonl")
    assert "3 kinds of event of which a line comes: the header doesn't say what would have come" in out


def judgeable(*records: str, **header: Any) -> set[str]:
    reader = Reader(io.BytesIO(lines(header={**HEADER, "records": list(records), **header})), "h")
    return {kind.name for kind in CATALOGUE if not reader.scope.why_not(kind)}


def test_the_page_says_what_can_be_judged_from_what() -> None:
    """Its numbers and its table are generated; the header that it shows promises what its first row is about."""
    page = judging.PAGE.read_text()
    assert page == judging.page()
    header = json.loads("".join(page.split("```json\n")[1].split("```")[0].split("\n")))
    assert header["records"] == [*judging.START]
    observable = [kind.__name__ for kind in histories.OBSERVABLE]
    start, more, most, seqs = (set(names) for _, names in judging.rows())
    assert start == judgeable(*judging.START)
    assert start | more == judgeable(*judging.START, *judging.MORE)
    assert start | more | most == judgeable(*observable)
    assert start | more | most | seqs == judgeable(*observable, ids="seq")
    assert f"| {len(start)}: " in page


def test_the_page_shows_what_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown = [shows("m1", "ann", sender="ann"), shows("m2", "ann", sender="ann")]
    shown += [{"event": "Connected", "device": "bob-phone"}, shows("m2", sender="ann")]
    data = chat(
        *sends("m1"),
        *sends("m2"),
        *shown,
        records=["SendRequested", "SendAttempted", "Shown", "Connected"],
    )
    _, out = told(capsys, written(tmp_path / "h.jsonl", data))
    page = (ROOT / "docs" / "judging-your-system.md").read_text()
    said = page.split("missed:\n\n```\n")[1].split("```")[0]
    assert said in "\n".join(each.rstrip() for each in out.splitlines()) + "\n"


def test_opaque_ids_are_told_apart_and_no_more(tmp_path: Path) -> None:
    shown = [shows("m1", seq="zz"), shows("m2", seq="aa"), shows("m1", "ann", seq="zz"), shows("m2", "ann", seq="bb")]
    data = chat(*sends("m1"), *sends("m2"), *shown)
    found = verify(written(tmp_path / "h.jsonl", data))
    assert violated(found) == {"places-agree", "stored-before-shown"}
    (violation,) = [v for v in found.violations if v.property == "places-agree"]
    assert violation.message == "ann-phone has m2 of c as bb, and it is aa elsewhere"
    assert [index + 2 for index in violation.evidence] == [10, 12]
    numbered = [{**event, "seq": 7 + n % 2} if event["event"] == "Shown" else event for n, event in enumerate(shown)]
    assert "shown-in-order" in violated(
        verify(written(tmp_path / "n.jsonl", chat(*sends("m1"), *sends("m2"), *numbered, ids="seq")))
    )


@pytest.mark.parametrize(("gaps", "expected"), [(False, {"shown-in-order", "one-order-on-all-screens"}), (True, set())])
def test_gaps_are_legal_where_they_are_declared(gaps: bool, expected: set[str], tmp_path: Path) -> None:
    events = [*(e for n in (1, 2, 3) for e in sends(f"m{n}")), *(shows(f"m{n}", seq=n) for n in (1, 2, 3)),
              shows("m1", "ann", seq=1), shows("m3", "ann", seq=3)]  # fmt: skip
    records = ["SendRequested", "SendAttempted", "Shown"]
    found = verify(written(tmp_path / "h.jsonl", chat(*events, ids="seq", gaps=gaps, records=records)))
    assert violated(found) == expected


def test_going_back_is_wrong_where_gaps_are_declared_too(tmp_path: Path) -> None:
    events = [
        *sends("m1"),
        *sends("m2"),
        shows("m1", seq=4),
        shows("m2", seq=9),
        shows("m2", "ann", seq=9),
        shows("m1", "ann", seq=4),
    ]
    records = ["SendRequested", "SendAttempted", "Shown"]
    found = verify(written(tmp_path / "h.jsonl", chat(*events, ids="seq", gaps=True, records=records)))
    assert {"shown-in-order", "one-order-on-all-screens", "senders-order-is-shown"} == violated(found)


@pytest.mark.parametrize(("skew", "expected"), [(0, {"real-time-order-is-shown"}), (50_000, set())])
def test_clocks_are_compared_up_to_their_skew(skew: int, expected: set[str], tmp_path: Path) -> None:
    """Bob's send is 20 ms after Ann's accept, by two clocks that may be 50 ms apart."""
    accepted = {"event": "SendAccepted", "device": "ann-phone", "send": "s-m1", "message": "m1", "t": 10_000}
    events: list[dict[str, Any]] = [*sends("m1"), accepted, *sends("m2", "bob", t=30_000)]
    events += [shows("m2", t=40_000), shows("m1", t=40_000)]
    records = ["SendRequested", "SendAttempted", "SendAccepted", "Shown"]
    found = verify(written(tmp_path / "h.jsonl", chat(*events, skew=skew, records=records)))
    assert violated(found) == expected


@pytest.mark.parametrize(("late", "expected"), [(30_000, set()), (90_000, {"shown-was-sent"})])
def test_a_message_may_be_shown_before_it_is_sent_by_what_clocks_are_apart(
    late: int, expected: set[str], tmp_path: Path
) -> None:
    events = [shows("m1", t=10_000), *sends("m1", t=10_000 + late), shows("m1", "ann", t=200_000)]
    records = ["SendRequested", "SendAttempted", "Shown"]
    if expected:
        events.insert(1, {**shows("m0", "ann", t=70_000)})
    found = verify(written(tmp_path / "h.jsonl", chat(*events, skew=50_000, records=records)))
    assert violated(found) == expected


@pytest.mark.parametrize("before", [[], ["m0"]])
def test_what_is_shown_before_it_is_sent_by_clocks_that_differ_has_its_place(before: list[str], tmp_path: Path) -> None:
    """Bob's clock is ahead of Ann's: by the lines he has m1, and answers it, before she sends it; m0 was sent by nobody."""
    events: list[dict[str, Any]] = [
        *(shows(message, t=100_000) for message in before),
        shows("m1", t=110_000), *sends("m2", "bob", t=111_000), shows("m2", t=112_000),
        *sends("m1", t=120_000), shows("m1", "ann", t=125_000), shows("m2", "ann", t=126_000),
        *sends("m3", "bob", t=300_000), shows("m3", t=310_000), shows("m3", "ann", t=320_000),
    ]  # fmt: skip
    records = ["SendRequested", "SendAttempted", "Shown"]
    found = verify(written(tmp_path / "h.jsonl", chat(*events, skew=50_000, records=records)))
    assert violated(found) == ({"shown-was-sent"} if before else set())
    assert statuses(found)["one-order-on-all-screens"] == statuses(found)["questions-come-first"] == HOLDS


def test_the_order_of_what_waited_for_its_sending_is_judged(tmp_path: Path) -> None:
    """By the lines Bob has both before Ann sends them, and he has them the wrong way round."""
    events = [shows("m2", t=10_000), shows("m1", t=11_000), *sends("m1", t=20_000), *sends("m2", t=21_000)]
    events += [shows("m1", "ann", t=30_000), shows("m2", "ann", t=30_000)]
    records = ["SendRequested", "SendAttempted", "Shown"]
    found = verify(written(tmp_path / "h.jsonl", chat(*events, skew=50_000, records=records)))
    assert violated(found) == {"senders-order-is-shown", "one-order-on-all-screens"}
    wrong = next(v for v in found.violations if v.property == "senders-order-is-shown")
    assert set(wrong.evidence) == {3, 4, 5, 7}, "lines, in whatever turn they were judged"


def test_a_join_is_never_judged_before_the_line_that_introduces_whose_it_is(tmp_path: Path) -> None:
    """Tom's phone is registered while other lines wait for joins; he joins, and has the message by a clock that is behind."""
    events: list[dict[str, Any]] = [
        *sends("m1", t=100_000), shows("m1", t=110_000), shows("m1", "ann", t=110_000),
        {"event": "DeviceRegistered", "device": "tom-phone", "user": "tom", "t": 120_000},
        shows("m1", "tom", t=150_000), {"event": "MemberJoined", "user": "tom", "t": 160_000},
    ]  # fmt: skip
    for skew, expected in ((50_000, set()), (0, {"nothing-new-after-leaving"})):
        data = chat(*events, skew=skew, records=["SendRequested", "SendAttempted", "Shown"])
        assert violated(verify(written(tmp_path / "h.jsonl", data))) == expected


@pytest.mark.parametrize(("skew", "late", "wrong"), [(50_000, 50_000, 0), (50_000, 160_000, 1), (0, 1_000, 1)])
def test_a_member_by_a_later_line_is_one_where_sends_are_not_recorded(
    skew: int, late: int, wrong: int, tmp_path: Path
) -> None:
    """The seqs say that Tom may read it; his phone's clock is behind that of whoever wrote that he joined."""
    events: list[dict[str, Any]] = [
        {"event": "DeviceRegistered", "device": "tom-phone", "user": "tom", "t": 0},
        shows("m4", "tom", seq=4, t=400_000), shows("m4", seq=4, t=400_000 + late),
        {"event": "MemberJoined", "user": "tom", "seq": 3, "reads_from": 4, "t": 400_000 + late},
    ]  # fmt: skip
    found = verify(written(tmp_path / "h.jsonl", chat(*events, skew=skew, records=["Shown"], ids="seq")))
    assert ("shown-to-members" in violated(found)) == bool(wrong)


def with_clocks(history: list[Any], skew: int, luck: random.Random, ids: str = "opaque") -> bytes:
    """What clients observe, each device's lines (and those of joins and leaves) by a clock of its own, in the order of time."""
    header, *events = [json.loads(line) for line in observed(history)]
    if ids == "seq":
        header["ids"] = ids
        events = [json.loads(line) for line in jsonl(history) if json.loads(line)["event"] in OBSERVABLE_NAMES]
    ahead: dict[str, int] = {}
    for event in events:
        kind, whose = event["event"], event.get("device") or event.get("node", "")
        if kind in ("Healed", "Ended"):
            event["t"] += skew
        elif kind not in ("DeviceRegistered", "ConversationOpened"):
            event["t"] += ahead.setdefault(whose, luck.randint(0, skew))
    return lines(*sorted(events, key=lambda event: int(event["t"])), header={**header, "skew": skew})


@pytest.mark.parametrize("ids", ["opaque", "seq"])
@pytest.mark.parametrize("skew", [50_000, 1_000_000])
@pytest.mark.parametrize(("name", "seed"), [("ci", 3), ("churn", 3), ("churn", 10)])
def test_a_run_told_by_clocks_that_differ_is_no_worse(
    name: str, seed: int, skew: int, ids: str, tmp_path: Path
) -> None:
    """Members come and go meanwhile: lines of what they do stand before those of joins and leaves on which it rests."""
    history = ran(name, seed).history
    for turn in range(3):
        found = verify(written(tmp_path / "h.jsonl", with_clocks(history, skew, random.Random(turn), ids)))
        assert violated(found) == set()
        assert {"nothing-new-after-leaving", "only-members-are-accepted"} <= set(found.names(HOLDS))


@pytest.mark.parametrize(
    ("name", "mutant", "seed", "property"),
    [
        ("churn", "removed_member_gets_more", 2, "nothing-new-after-leaving"),
        ("churn", "forgets_members_only", 3, "only-members-are-accepted"),
        ("ci", "read_before_shown", 2, "read-marks-name-what-was-shown"),
        ("ci", "badge_below_zero", 1, "badges-are-possible"),
        ("ci", "badge_counts_own", 1, "badges-are-possible"),
    ],
)
def test_what_is_wrong_is_seen_by_clocks_that_differ(
    name: str, mutant: str, seed: int, property: str, tmp_path: Path
) -> None:
    history = ran(name, seed, str(VARIANTS / f"{mutant}.py")).history
    found = verify(written(tmp_path / "h.jsonl", with_clocks(history, 50_000, random.Random(1))))
    assert property in violated(found)


@pytest.mark.parametrize("kind", ["Crashed", "Restarted"])
def test_who_crashed_or_is_back_has_to_be_said(kind: str, tmp_path: Path) -> None:
    """All other events of clients have a `device`: whoever writes that here, too, would be told of ghosts."""
    data = chat(*sends("m1"), {"event": kind, "device": "bob-phone"}, records="observable")
    with pytest.raises(BadInput, match=rf"line 7: {kind}: \$\.node: expected the device"):
        verify(written(tmp_path / "h.jsonl", data))
    data = chat(*sends("m1"), {"event": kind, "node": "bob-phone"}, records="observable")
    assert verify(written(tmp_path / "h.jsonl", data)).events == 6


@pytest.mark.parametrize("ending", [(), (("Healed", 30_000), ("Ended", 100_000_000))])
def test_what_waits_at_the_end_for_a_sending_is_judged_all_the_same(
    ending: tuple[tuple[str, int], ...], tmp_path: Path
) -> None:
    events: list[dict[str, Any]] = [*sends("m1", t=1_000), shows("m1", "ann", t=2_000)]
    events += [shows("m9", t=20_000), shows("m1", t=21_000), shows("m1", t=22_000)]
    events += [{"event": kind, "t": t, **({"bound": 10_000} if kind == "Healed" else {})} for kind, t in ending]
    records = ["SendRequested", "SendAttempted", "Shown"]
    encoded = chat(*events, skew=50_000, records=records)
    found = verify(
        written(tmp_path / "h.jsonl", encoded.replace(b'"conversation":"c","event":"Healed"', b'"event":"Healed"'))
    )
    assert "shown-once" in violated(found)
    assert "what-was-accepted-is-shown" not in violated(found)


def test_sends_of_unknown_outcome_are_counted(tmp_path: Path) -> None:
    data = chat(*sends("m1"), *sends("m2"), *sends("m3"), shows("m1"), unanswered=True)
    found = verify(written(tmp_path / "h.jsonl", data))
    assert found.outcomes() == (3, 1, 0)
    assert statuses(found)["every-send-is-answered"] == UNKNOWN
    assert "sends may stay unanswered" in {verdict.why for verdict in found.verdicts}


@pytest.mark.parametrize("over", [False, True])
def test_what_has_to_happen_at_last_is_unknown_until_the_record_says_that_it_is_over(
    over: bool, tmp_path: Path
) -> None:
    end: list[dict[str, Any]] = [{"event": "Healed", "bound": 500}, {"event": "Ended"}] if over else []
    accepted = {"event": "SendAccepted", "device": "ann-phone", "message": "m1", "send": "s-m1"}
    events: list[dict[str, Any]] = [
        {"event": "Connected", "device": "bob-phone"},
        *sends("m1"),
        accepted,
        {"event": "Stored", "device": "ann-phone", "message": "m1"},
        shows("m1", "ann"),
        *end,
    ]
    found = verify(written(tmp_path / "h.jsonl", chat(*events)))
    assert statuses(found)["what-was-accepted-is-shown"] == (VIOLATED if over else UNKNOWN)


# --- lines that can't be used ----------------------------------------------------------------------------------------------


def refusal(path: Path, data: bytes) -> str:
    with pytest.raises(BadInput) as raised:
        verify(written(path / "h.jsonl", data))
    return str(raised.value).removeprefix(str(path / "h.jsonl"))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", ": it is empty"),
        (b"\n", ": line 1: "),
        (b"[]\n", ": line 1: Expected `object`, got `array`"),
        (b'{"event":"Healed"}\n', ": line 1: "),
        (b'{"parley_history":2}\n', ": line 1: $.parley_history: expected 1"),
        (b'{"parley_history":1,"skw":3}\n', ": line 1: Object contains unknown field `skw`"),
        (b'{"parley_history":1,"ids":"names"}\n', ': line 1: $.ids: expected "seq" or "opaque"'),
        (b'{"parley_history":1,"records":["Shwon"]}\n', ": line 1: $.records: there is no kind of event 'Shwon'"),
        (b'{"parley_history":1,"skew":-1}\n', ": line 1: Expected `int` >= 0 - at `$.skew`"),
        (chat(shows("m1", device="tom")), ": line 5: Shown: $.device: expected a DeviceRegistered of 'tom' before"),
        (chat(shows("m1", conversation="d")), ": line 5: Shown: $.conversation: expected a ConversationOpened of 'd'"),
        (chat({"event": "DeviceRegistered", "device": "ann-phone", "user": "ann"}), ": line 5: DeviceRegistered: $.device: "),
        (chat({"event": "ConversationOpened", "members": []}), ": line 5: ConversationOpened: $.conversation: 'c' is open"),
        (chat({"event": "Wiped", "device": "ann-phone", "installation": 1}), ": line 5: Wiped: $.installation: expected"),
        (chat(shows("m1", t=5_000), shows("m2", t=4_000)), ": line 6: $.t: time goes back by 1,000 µs; expected"),
        (chat(shows("m1", t=-1)), ": line 5: Shown: Expected `int` >= 0 - at `$.t`"),
        (chat(shows("m1", t=1.5)), ": line 5: Shown: Expected `int`, got `float` - at `$.t`"),
        (chat(shows("m1", seq=5)), ": line 5: Shown: Expected `str`, got `int` - at `$.seq`"),
        (chat({"event": "Shown", "device": "bob-phone"}), ": line 5: Shown: Object missing required field `message`"),
        (chat({"event": "Shwon"}), ": line 5: $.event: there is no kind of event 'Shwon'"),
        (chat({"event": "Persisted", "seq": 1}), ": line 5: $.event: Persisted is not among what the header's `records`"),
        (chat() + b"\xff\xfe\n", ": line 5: "),
        (chat() + b'{"event":"Shown","t":1,"device":"\xff"}\n', ": line 5: Shown: "),
        (chat() + b"{" + b" " * 3_000_000 + b"}\n", ": line 5: expected at most 1,048,576 bytes in a line"),
        (chat() + b"[" * 5_000 + b"\n", ": line 5: "),
        (chat() + b"nonsense\n" + b'{"event":"Shwon"}\n', ": 2 lines can't be used\n  line 5: "),
        (chat() + b"nonsense\n" * 1_000, ": at least 20 lines can't be used"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_by_its_line(data: bytes, says: str, tmp_path: Path) -> None:
    told = refusal(tmp_path, data)
    assert told.startswith(says)
    assert len(told) < 10_000


def test_a_last_line_that_was_not_written_to_its_end_is_left_out(tmp_path: Path) -> None:
    data = example()
    whole = verify(written(tmp_path / "whole.jsonl", data))
    assert whole.cut_off == 0
    assert verify(written(tmp_path / "unended.jsonl", data.rstrip())).cut_off == 0
    cut = verify(written(tmp_path / "cut.jsonl", data[:-20]))
    assert (cut.cut_off, cut.events) == (len(data.splitlines()), whole.events - 1)


def test_other_line_ends_empty_lines_and_gzip_are_read_alike(tmp_path: Path) -> None:
    data = example()
    expected = statuses(verify(written(tmp_path / "h.jsonl", data)))
    head, rest = data.split(b"\n", 1)
    for other in (data.replace(b"\n", b"\r\n"), head + b"\n\n \n" + rest, gzip.compress(data), codecs.BOM_UTF8 + data):
        assert statuses(verify(written(tmp_path / "o.jsonl", other))) == expected
    assert ": can't be read to its end: " in refusal(tmp_path, gzip.compress(data)[:-30])


def test_reading_in_blocks_loses_no_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, outcome: Outcome) -> None:
    data = FULL + b"".join(jsonl(outcome.history))
    for block in (1, 7, 4_096):
        monkeypatch.setattr(histories, "BLOCK", block)
        events = [
            (first + n, event)
            for first, some in Reader(io.BytesIO(data if block > 7 else example()), "h")
            for n, event in enumerate(some)
        ]
        assert [index for index, _ in events] == list(range(len(events)))
        assert len(events) == (len(outcome.history) if block > 7 else len(example().splitlines()) - 1)


# --- the command ---------------------------------------------------------------------------------------------------------------


def told(capsys: pytest.CaptureFixture[str], path: Path) -> tuple[int, str]:
    code = 0
    try:
        command(path)
    except typer.Exit as ended:
        code = ended.exit_code
    return code, capsys.readouterr().out


def test_the_command_names_the_lines_that_prove_a_violation(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = chat(
        *sends("m1"), shows("m1", seq="$a"), shows("m1", seq="$a"), records=["SendRequested", "SendAttempted", "Shown"]
    )
    code, out = told(capsys, written(tmp_path / "h.jsonl", data))
    assert code == 1
    assert "shown-once: bob-phone showed m1 (c $a) twice" in out
    assert "line 8 " in out
    assert "shows c $a (m1)" in out
    assert out.rstrip().endswith("VIOLATED  shown-once")
    assert "needs Stored" in out


def test_the_verdict_and_what_is_violated_come_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = chat(*sends("m1"), shows("m1"), shows("m1"), records=["SendRequested", "SendAttempted", "Shown"])
    out = told(capsys, written(tmp_path / "h.jsonl", data))[1]
    blocks = [block for block in out.split("\n\n") if block.strip()]
    assert blocks[1].startswith("VIOLATED  shown-once")
    assert blocks[2].startswith("duplicated  bob-phone shows again, once, what it has shown")
    assert blocks[3].startswith("violated  shown-once: ")
    assert blocks[4].startswith("How it came to shown-once:")
    assert out.index("How it came") < out.index("unknown ") < out.index("figure ")


def test_what_is_unknown_is_told_in_few_lines_and_on_request_in_full(
    outcome: Outcome, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path / "h.jsonl", b"".join(observed(outcome.history)))
    few = [line for line in told(capsys, path)[1].splitlines() if line.startswith("unknown")]
    assert len(few) == 1
    assert "not recorded (--all names them)" in few[0]
    assert "need to know what happens inside the server" in few[0]
    command(path, every=True)
    named = " ".join(line for line in capsys.readouterr().out.splitlines() if line.startswith("unknown"))
    assert "needs epochs that count each try to connect: reconnects-are-spaced" in named
    assert "needs to know what happens inside the server: Persisted for" in named
    command(path, missing=True)
    full = [line for line in capsys.readouterr().out.splitlines() if line.startswith("unknown")]
    unknown = [verdict for verdict in verify(path).verdicts if verdict.status == UNKNOWN]
    assert len(full) == len(unknown)
    assert any("one-row-per-message needs Persisted" in line for line in full)


@pytest.mark.parametrize(
    "data",
    [
        b'{"parley_history": 1}\n',
        chat(),
        chat(records=["Slept"]),
        chat({"event": "Slept", "device": "ann-phone"}),
        chat({"event": "Connected", "device": "ann-phone"}, records=["Connected"]),
    ],
)
def test_a_history_that_puts_nothing_to_the_test_does_not_pass(
    data: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out = told(capsys, written(tmp_path / "h.jsonl", data))
    assert code == 4
    assert "NOTHING JUDGED  no property was put to the test" in out
    assert "PASS" not in out


def figures_in(out: str) -> dict[str, str]:
    """The second column of the tables of figures and rates, by the first."""
    rows = [re.split(r"  +", line.rstrip()) for line in out.splitlines()]
    return {row[0]: row[1] for row in rows if len(row) >= 2}


SEVEN = [*judging.START[:7]]


def test_a_figure_of_what_is_not_recorded_is_no_zero_and_it_is_said_what_it_needs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = {"event": "SendAccepted", "device": "ann-phone", "message": "m1", "send": "s-m1"}
    there = [{"event": "Connected", "device": "bob-phone"}]
    events = [*there, *sends("m1"), answer, *sends("m2"), shows("m1")]
    out = told(capsys, written(tmp_path / "h.jsonl", chat(*events, records=SEVEN)))[1]
    shown = figures_in(out)
    assert shown["send → persisted"] == shown["queue lag (enqueued → leased)"] == shown["pushes repeated"] == "—"
    assert shown["send → accepted"] == shown["send → delivered, online"] == "1"
    assert shown["send → delivered, interrupted"] == "0"
    assert "—  needs Persisted: send → persisted" in out
    assert "—  needs TaskLeased: queue depth when leased; queue depth, mean" in out
    assert "—  needs Pushed: pushes repeated" in out
    assert "showing it for storing it" in out
    without = [event for event in events if event not in there]
    out = told(capsys, written(tmp_path / "h.jsonl", chat(*without, records=SEVEN[:5])))[1]
    shown = figures_in(out)
    assert shown["send → delivered, online or not"] == "1"
    assert shown["send → delivered, online"] == shown["offline sync lag"] == "—"
    needs = "— needs Connected, Disconnected: catch-up → screen; send → delivered, interrupted; offline sync lag"
    assert needs in " ".join(out.split())


def test_what_clients_observe_gives_the_figures_of_the_run(outcome: Outcome, tmp_path: Path) -> None:
    """The very same where nothing goes wrong; else a device that came between a send and its commit counts as offline."""
    every = ("send_to_delivered", "interrupted_delivery", "offline_sync_lag")
    for history, same in ((ran("w1", 1).history, True), (outcome.history, False)):
        whole = measure(history).samples
        found = verify(written(tmp_path / "h.jsonl", b"".join(observed(history)))).metrics.samples
        assert found["send_to_accepted"] == whole["send_to_accepted"]
        assert sum(len(found.get(name, ())) for name in every) == sum(len(whole.get(name, ())) for name in every)
        if same:
            assert found["send_to_delivered"] == whole["send_to_delivered"]
            assert len(found["send_to_delivered"]) >= 4


def test_times_count_from_the_first_thing_that_happens(tmp_path: Path) -> None:
    """An exporter's clock counts from 1970, and may introduce devices at 0."""
    since = 1_700_000_000_000_000
    events: list[dict[str, Any]] = [{"event": "Connected", "device": "ann-phone", "t": since}]
    events.append({"event": "Connected", "device": "ann-phone", "t": since + 3_600_000_000})
    found = verify(written(tmp_path / "h.jsonl", chat(*events)))
    assert found.metrics.counts["device µs"] == 2 * 3_600_000_000


def test_a_repeated_attempt_is_one_although_nobody_counts_them(tmp_path: Path) -> None:
    found = verify(written(tmp_path / "h.jsonl", chat(*sends("m1"), sends("m1")[1], *sends("m2"))))
    assert (found.metrics.counts["send attempts"], found.metrics.counts["send retries"]) == (3, 1)


def test_what_an_exporter_leaves_out_leaves_no_hole_in_a_sentence() -> None:
    for kind in histories.OBSERVABLE:
        for opaque in (False, True):
            form = histories.form_of(kind, exported=True, opaque=opaque)
            given: dict[str, Any] = {"str": "x", "int": 7, "bool": False}
            required = {
                field.name: given.get(getattr(field.type, "__name__", ""), ("x",) if "tuple" in str(field.type) else 7)
                for field in msgspec.structs.fields(form)
                if field.required
            }
            text = narrative.line(histories.plain(form(**required)))[32:]
            assert text == text.rstrip(), kind
            assert not re.search(r"\(\)|  | ,|[,:]$| (by|in|to|from|as|after|through)$", text), (kind, text)


@pytest.mark.parametrize("name", VOCABULARY)
def test_what_may_be_left_out_has_a_value_of_its_own_kind(name: str) -> None:
    """A list whose `read` was left out was taken for one with the number 0, and ended with a traceback."""
    hints = get_type_hints(VOCABULARY[name])
    for field in msgspec.structs.fields(histories.form_of(VOCABULARY[name], exported=True, opaque=False)):
        if not field.required:
            assert msgspec.convert(msgspec.to_builtins(field.default), hints[field.name]) == field.default, field.name


def test_standard_input_is_judged_like_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(example())))
    code, out = told(capsys, Path("-"))
    assert (code, out.splitlines()[0]) == (0, "standard input")
    assert out.splitlines()[1:] == told(capsys, written(tmp_path / "h.jsonl", example()))[1].splitlines()[1:]


def test_the_benchmark_fails_below_its_target() -> None:
    """At least a tenth of the speed of the plain loop, in less than 300 MiB."""
    assert benchmark.missed(10.0, [(300 << 10) - 1]) == []
    assert len(benchmark.missed(10.1, [0, 300 << 10])) == 2


# --- whatever comes ------------------------------------------------------------------------------------------------------------

NAMES = st.sampled_from(["ann-phone", "bob-phone", "ann", "bob", "c", "d", "m1", "m2", "", "\x1b[2J", "[red]"])
NUMBERS = st.sampled_from([0, 1, 2, 3, 4, 9, 1_000_000, 1 << 52, -1, 1 << 70])
WILD = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.floats(allow_nan=False) | NAMES | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)


@st.composite
def line(draw: st.DrawFn, kinds: tuple[str, ...], ids: str) -> dict[str, Any]:
    """An event with plausible fields, of which one may be anything."""
    kind = VOCABULARY[draw(st.sampled_from(kinds))]
    plausible: dict[str, Any] = {
        "int": st.sampled_from([0, 1, 1, 2, 3, 4, 9, 1_000_000, 1 << 52]), "bool": st.booleans(), "str": NAMES,
        "device": st.sampled_from(["ann-phone", "bob-phone"]), "conversation": st.just("c"),
        "message": st.sampled_from(["m1", "m2", "m3"]), "user": st.sampled_from(["ann", "bob", "tom"]), "cause": st.just(-1),
        "Links": st.just([]),
    }  # fmt: skip
    fields: dict[str, Any] = {"event": kind.__name__}
    hints = {
        name: hint for each in reversed(kind.__mro__) for name, hint in vars(each).get("__annotations__", {}).items()
    }
    for name in kind.__struct_fields__:
        hint = str(hints[name])
        if name != "t":
            opaque = ids == "opaque" and histories.is_id(kind, name)
            shape = name if name in plausible else "str" if opaque else hint
            fields[name] = draw(st.lists(NAMES, max_size=3) if "tuple" in shape else plausible[shape])
    if draw(st.integers(0, 150)) == 0:
        fields[draw(st.sampled_from(sorted(fields)))] = draw(WILD)
    return fields


USUAL = ("SendRequested", "SendAttempted", "SendAccepted", "SendRefused", "Shown", "Stored", "CursorMoved", "Wiped",
         "MemberLeft", "MemberJoined", "ReadMarkMoved", "Connected", "Disconnected", "Healed", "Ended")  # fmt: skip


@given(
    st.data(), st.sampled_from(["all", "observable"]), st.sampled_from(["seq", "opaque"]), st.sampled_from([0, 5_000])
)
@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
def test_nothing_in_a_file_makes_it_fall_over(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, records: str, ids: str, skew: int
) -> None:
    """It ends with a verdict or with BadInput, and what it prints can be printed."""
    more = {"node": "n", "cause": -1, "region": "", "access": "", "type": ""} if records == "all" else {}
    known = [json.loads(each) for each in chat().splitlines()[1:]]
    kinds = tuple(sorted(VOCABULARY if records == "all" else (kind.__name__ for kind in histories.OBSERVABLE)))
    kinds = tuple(kind for kind in kinds if kind not in ("DeviceRegistered", "ConversationOpened"))
    drawn = data.draw(st.lists(line(USUAL, ids) | line(kinds, ids), max_size=25))
    events = [*({**more, **each} for each in known), *({"t": 1_000 * at, **each} for at, each in enumerate(drawn))]
    encoded = lines(*events, header={"parley_history": 1, "records": records, "ids": ids, "skew": skew})
    if data.draw(st.integers(0, 20)) == 0:
        encoded += data.draw(st.binary(max_size=30))
    path = written(tmp_path_factory.getbasetemp() / "fuzz.jsonl", encoded)
    out = sys.stdout
    sys.stdout = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    try:
        command(path)
    except (BadInput, typer.Exit):
        pass
    finally:
        sys.stdout = out


def test_accepts_and_refusals_of_unknown_messages_are_no_mistake() -> None:
    tale = Tale()
    tale.add(SendAccepted, "a1", "c", "s1", "m1", 3)
    judge = Judge()
    judge.advance(tale.events)
    assert {v.property for v in judge.violations} <= {"accepted-is-durable", "accepted-place-is-true"}
