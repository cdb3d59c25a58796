"""Tables for pandas and diagrams for Mermaid: the history's own facts, and nothing that was not in it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from support import SECOND, Tale, plan, scenario

from faults.plan import ProtocolRef
from model import events as e
from parley.run import Run
from reports.exports.mermaid import sequence
from reports.metrics import frames
from reports.metrics.definitions import DIMENSIONS, METRICS
from reports.metrics.measure import Metrics, measure
from reports.metrics.table import breakdown, figures
from reports.text.narrative import line, ordinal
from sim import history as h


def tale() -> Tale:
    """m1 reaches b1, which was there, and b2, which came later."""
    told = Tale()
    told.add(e.Connected, "b1", "g", 1, t=20_000)
    told.add(e.SendRequested, "a1", "c", "s1", 1, t=100_000)
    sent = told.add(e.SendAttempted, "a1", "c", "s1", "m1", 1, t=100_000)
    told.add(h.FaultStarted, 0, "loss", False, t=101_000, node="faults")
    told.add(h.MessageLost, "Push", "b2", "loss", t=140_000, node="w")
    row = told.add(e.Persisted, "c", 1, "m1", "ann", "a1", t=150_000, node="store", cause=sent)
    told.add(e.Stored, "b1", "c", 1, "m1", "push", t=180_000, cause=row)
    told.add(e.Shown, "b1", "c", 1, "m1", "ann", t=180_000, cause=row + 1)
    told.add(e.CursorMoved, "b1", "c", 1, t=180_000, cause=row + 2)
    told.add(e.Connected, "b2", "g", 1, t=400_000)
    told.add(e.Stored, "b2", "c", 1, "m1", "sync", t=430_000)
    return told


@pytest.mark.requirement("R7")
def test_a_row_of_deliveries_has_the_times_and_the_segment() -> None:
    frame = frames.deliveries(tale().events)
    columns = ["device", "via", "requested", "persisted", "stored", "latency", "online", "segment", "region", "type"]
    assert frame[columns].to_dict("split")["data"] == [
        ["b1", "push", 100_000, 150_000, 180_000, 80_000, True, "online", "eu", "direct"],
        ["b2", "sync", 100_000, 150_000, 430_000, 330_000, False, "offline", "eu", "direct"],
    ]


@pytest.mark.requirement("R7", "R1")
def test_tables_and_figures_agree_on_real_runs() -> None:
    for seed in range(1, 8):
        history = Run(scenario("ci").plan(seed, ProtocolRef())).execute().history
        senders = {(x.conversation, x.seq): x.device for x in history if isinstance(x, e.Persisted)}
        frame = frames.deliveries(history)
        sent_by = [senders[key] for key in zip(frame["conversation"], frame["seq"], strict=True)]
        others = frame[frame["device"] != pd.Series(sent_by, index=frame.index)]
        samples = measure(history).samples
        for segment, name in (("online", "send_to_delivered"), ("interrupted", "interrupted_delivery")):
            assert sorted(others[others["segment"] == segment]["latency"]) == sorted(samples.get(name, []))


@pytest.mark.requirement("R7", "R2")
def test_tables_of_figures_are_the_figures_themselves() -> None:
    metrics = measure(Run(scenario("ci").plan(2, ProtocolRef())).execute().history)
    frame = frames.samples(metrics)
    assert list(frame.columns) == ["figure", "value", "unit", *DIMENSIONS]
    for name, metric in METRICS.items():
        rows = frame[frame["figure"] == name]
        assert sorted(rows["value"]) == sorted(metrics.values(name))
        assert set(rows["unit"]) <= {metric.unit}
    live = frame[(frame["figure"] == "tap_to_screen") & (frame["segment"] == "live") & (frame["phase"] == "calm")]
    assert sorted(live["value"]) == sorted(metrics.values("tap_to_screen", {"segment": "live", "phase": "calm"}))
    calm = frame[(frame["figure"] == "queue_lag") & (frame["phase"] == "calm")]
    assert sorted(calm["value"]) == sorted(metrics.values("queue_lag", {"phase": "calm"}))
    tidy = frames.figures(metrics)
    parts = [*DIMENSIONS, "fault"]
    assert list(tidy.columns) == ["figure", "title", "unit", *parts, "count", "p50", "p95", "p99", "max"]
    assert set(tidy["figure"]) <= METRICS.keys(), "no name has a dimension inside"
    live = tidy[(tidy["figure"] == "tap_to_screen") & (tidy["segment"] == "live")]
    assert list(live["count"]) == [len(metrics.values("tap_to_screen", {"segment": "live"}))]
    assert list(tidy[tidy[parts].isna().all(axis=1)]["figure"]) == list(METRICS)
    table = tidy.set_index("title")
    for row in figures(metrics) + breakdown(metrics):
        assert [table.loc[row.title, column] for column in ("figure", "unit", "count")] == [
            row.name.partition("[")[0],
            row.unit,
            row.count,
        ]
    assert list(table["p99"].dropna()) == [row.p99 for row in figures(metrics) + breakdown(metrics) if row.count]
    assert list(frames.samples(Metrics({}, {}, {})).columns) == list(frame.columns)


@pytest.mark.requirement("R7")
def test_what_is_not_in_the_history_is_empty_and_not_invented() -> None:
    told = Tale()
    told.add(e.Stored, "b1", "c", 7, "m", "sync")
    row = frames.deliveries(told.events).iloc[0]
    assert row[["requested", "persisted", "latency", "online", "segment"]].isna().all()


@pytest.mark.requirement("R7")
def test_an_empty_history_has_the_same_columns() -> None:
    full, empty = frames.deliveries(tale().events), frames.deliveries([])
    assert list(empty.columns) == list(full.columns)
    assert list(empty.dtypes) == list(full.dtypes)
    assert list(frames.events([]).columns) == ["event", "t", "node", "cause"]
    assert len(empty) == len(frames.events([])) == 0


@pytest.mark.requirement("R7")
@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_a_run_s_tables_are_written_and_read_again(tmp_path: Path, ending: str) -> None:
    history = Run(plan()).execute().history
    for name, frame in (("events", frames.events(history)), ("deliveries", frames.deliveries(history))):
        path = tmp_path / f"{name}.{ending}"
        frames.write(frame, path)
        read = pd.read_parquet(path) if ending == "parquet" else pd.read_csv(path, index_col=0, low_memory=False)
        assert list(read.columns) == list(frame.columns)
        assert len(read) == len(frame) > 0
    with pytest.raises(ValueError, match="ends with"):
        frames.write(frame, tmp_path / "x.xlsx")


@pytest.mark.requirement("R7")
def test_a_diagram_has_an_arrow_where_the_cause_was_elsewhere_and_a_note_where_it_was_not() -> None:
    told = tale()
    row = next(i for i, event in enumerate(told.events) if isinstance(event, e.Persisted))
    assert sequence(told.events, start=row - 4, stop=row + 4) == (
        "sequenceDiagram\n"
        "    participant n0 as a1\n"
        "    participant n1 as w\n"
        "    participant n2 as b2\n"
        "    participant n3 as store\n"
        "    participant n4 as b1\n"
        "    Note over n0: 0.100 s  its user sends s1 to c#59; it is in the outbox<br/>tries to send m1\n"
        "    Note over n0,n4: 0.101 s  ⚡ loss strikes (fault 0)\n"
        "    n1--xn2: 0.140 s  its Push to b2 is lost (loss)\n"
        "    n0->>n3: 0.150 s  commits m1 of ann as c 1\n"
        "    n3->>n4: 0.180 s  stores c 1 (m1), which came by push\n"
        "    Note over n4: 0.180 s  shows c 1 (m1) from ann<br/>moves its cursor of c to 1\n"
    )


@pytest.mark.requirement("R7", "R4")
def test_a_counterexample_s_diagram_is_about_its_evidence_and_marks_it() -> None:
    told = tale()
    stored = next(i for i, event in enumerate(told.events) if isinstance(event, e.Stored))
    text = sequence(told.events, evidence=[stored])
    assert "» stores c 1" in text
    assert "commits m1" in text
    assert "b2" not in text
    assert text.count("»") == 1


@pytest.mark.requirement("R7")
def test_a_long_diagram_keeps_its_end_and_says_what_it_left_out() -> None:
    history = Run(plan(sends=((5 * SECOND, "alice-phone"),))).execute().history
    text = sequence(history, limit=20)
    setting = sum(isinstance(event, e.ConversationOpened | e.DeviceRegistered) for event in history)
    assert f"{len(history) - setting - 20:,} earlier events left out" in text
    assert text.rstrip().endswith("the run ends")
    assert text == sequence(history, limit=20)


@pytest.mark.requirement("R7")
@pytest.mark.parametrize("name", ["a;b", "a#b", "<b>", "a\nb"])
def test_names_can_not_break_a_diagram(name: str) -> None:
    told = Tale()
    told.add(e.Slept, name)
    body = sequence(told.events).splitlines()
    assert len(body) == 3
    assert body[1].startswith("    participant n0 as ")
    assert not set("<>") & set(body[1])
    assert ";" not in body[1].replace("#59;", "").replace("#35;", "").replace("#60;", "").replace("#62;", "")


@pytest.mark.requirement("R7")
def test_a_diagram_of_nothing_is_still_a_diagram() -> None:
    assert sequence([]) == "sequenceDiagram\n    participant n0 as run\n"


@pytest.mark.requirement("R4")
def test_numbers_are_told_as_a_person_would() -> None:
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 102, 111)] == [
        "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd", "111th",
    ]  # fmt: skip
    assert line(e.TaskLeased(0, "q", -1, "c", 1, "w", 2, 0)).endswith("to w, for the 2nd time")
    assert line(h.Resumed(0, "q", -1, 1)).endswith("goes on, with 1 thing waiting")
    assert line(e.SyncPageReceived(0, "b", -1, "b", "c", 4, 2, 6)).endswith(
        "gets 2 messages of c after 4; the head is 6"
    )
