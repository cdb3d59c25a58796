"""Figures that can be checked by arithmetic, pages that are the same bytes, sentences for every event."""

from __future__ import annotations

import html.parser
import re

import pytest
from support import SECOND, Tale, plan, scenario

from faults import kinds
from faults.plan import ProtocolRef
from model import events as e
from model.events import VOCABULARY
from parley.campaign import run_all
from parley.run import Run
from reports.metrics import summary as summaries
from reports.metrics.definitions import METRICS, RATES, Metric
from reports.metrics.measure import Connections, Meter, Metrics, measure, percentile
from reports.metrics.table import counted, figures, human, rates
from reports.pages.html import render
from reports.text.narrative import SENTENCES, story
from sim import history as h
from sim.registry import RegistryError


def history() -> Tale:
    """m1: requested at 100 ms, durable at 150, on b1 (online) at 180; b2 connects at 400 and has it at 430."""
    tale = Tale()
    ms = 1_000
    tale.add(e.Connected, "a1", "g", 1, t=10 * ms)
    tale.add(e.Connected, "b1", "g", 1, "edge", t=20 * ms)
    tale.add(e.SendRequested, "a1", "c", "s1", 1, t=100 * ms)
    tale.add(e.SendAttempted, "a1", "c", "s1", "m1", 1, t=100 * ms)
    tale.add(e.SendAttempted, "a1", "c", "s1", "m1", 2, t=120 * ms)
    tale.add(e.Persisted, "c", 1, "m1", "ann", "a1", t=150 * ms, node="store")
    tale.add(e.Enqueued, "c", 1, "service", t=160 * ms, node="queue")
    tale.add(e.TaskLeased, "c", 1, "w", 1, 3, t=167 * ms, node="queue")
    tale.add(e.Pushed, "b1", "c", 1, 1, t=170 * ms, node="w")
    tale.add(e.Pushed, "b1", "c", 1, 2, t=175 * ms, node="w")
    tale.add(e.Stored, "b1", "c", 1, "m1", "push", t=180 * ms)
    tale.add(e.DuplicateIgnored, "b1", "c", 1, "m1", "push", t=185 * ms)
    tale.add(e.Stored, "a1", "c", 1, "m1", "accept", t=190 * ms)
    tale.add(h.Healed, 1_000, t=300 * ms, node="run")
    tale.add(e.Connected, "b2", "g", 2, t=400 * ms)
    tale.add(e.Stored, "b2", "c", 1, "m1", "sync", t=430 * ms)
    tale.add(e.CursorStored, "b2", "c", 1, t=450 * ms, node="store")
    tale.add(h.Ended, t=3_600_000 * ms, node="run")
    return tale


@pytest.mark.requirement("R1", "R2")
def test_every_figure_of_a_known_history() -> None:
    metrics = measure(history().events)
    assert metrics.samples == {
        "connect_tries": [1, 1, 1],
        "connect_tries[phase=calm]": [1, 1, 1],
        "send_tries": [2],
        "send_tries[phase=calm]": [2],
        "send_to_persisted": [50_000],
        "send_to_persisted[phase=calm]": [50_000],
        "queue_depth": [3],
        "queue_depth[phase=calm]": [3],
        "queue_lag": [7_000],
        "queue_lag[phase=calm]": [7_000],
        "send_to_delivered": [80_000],
        "send_to_delivered[region=eu]": [80_000],
        "send_to_delivered[access=wifi]": [80_000],
        "send_to_delivered[cluster=edge]": [80_000],
        "send_to_delivered[type=direct]": [80_000],
        "send_to_delivered[size=2]": [80_000],
        "send_to_delivered[phase=calm]": [80_000],
        "offline_sync_lag": [30_000],
        "offline_sync_lag[region=eu]": [30_000],
        "offline_sync_lag[access=wifi]": [30_000],
        "offline_sync_lag[type=direct]": [30_000],
        "offline_sync_lag[size=2]": [30_000],
        "offline_sync_lag[phase=calm]": [30_000],
        "convergence": [150_000],
    }
    told = {rate.title: rate.value for rate in rates(metrics)}
    assert told == {
        "reconnects per device-hour": "0.25",
        "duplicates ignored": "25.00%",
        "send attempts repeated": "50.00%",
        "tries per connect": "1.00",
        "tries per send": "—",
        "pushes repeated": "50.00%",
        "delivered by sync": "50.00%",
        "deliveries given up": "0.00%",
        "queue depth, mean": "3.00",
        "presence shown wrongly": "100.00%",
    }


@pytest.mark.requirement("R1")
def test_a_delivery_over_a_lost_connection_counts_apart() -> None:
    tale = Tale()
    tale.add(e.Connected, "b1", "g", 1)
    tale.add(e.SendRequested, "a1", "c", "s1", 1)
    tale.add(e.SendAttempted, "a1", "c", "s1", "m1", 1)
    sent = tale.now
    tale.add(e.Persisted, "c", 1, "m1", "ann", "a1", node="store")
    tale.add(e.Disconnected, "b1", "g", 1, "reset")
    tale.add(e.Connected, "b1", "g", 2)
    tale.add(e.Stored, "b1", "c", 1, "m1", "sync")
    metrics = measure(tale.events)
    assert metrics.samples["interrupted_delivery"] == [tale.now - sent + 1_000]
    assert "send_to_delivered" not in metrics.samples


def committed() -> Tale:
    """m1 of a1, committed at 100 ms; what devices do before and after is the test's."""
    tale = Tale()
    tale.add(e.SendRequested, "a1", "c", "s1", 1, t=50_000)
    tale.add(e.SendAttempted, "a1", "c", "s1", "m1", 1, t=50_000)
    tale.add(e.Persisted, "c", 1, "m1", "ann", "a1", t=100_000, node="store")
    return tale


@pytest.mark.requirement("R1", "R2")
def test_a_device_that_was_away_and_came_twice_is_offline_and_its_time_away_does_not_count() -> None:
    tale = committed()
    tale.add(e.Connected, "b1", "g", 1, t=200_000)
    tale.add(e.Disconnected, "b1", "g", 1, "reset", t=230_000)
    tale.add(e.Connected, "b1", "g", 2, t=9_000_000)
    tale.add(e.Stored, "b1", "c", 1, "m1", "sync", t=9_004_000)
    metrics = measure(tale.events)
    assert metrics.samples["offline_sync_lag"] == [30_000 + 4_000]
    assert "interrupted_delivery" not in metrics.samples


@pytest.mark.requirement("R1", "R2")
@pytest.mark.parametrize("loss", ["disconnected", "slept", "crashed"])
def test_a_device_that_had_the_message_in_its_hands_when_its_connection_went_counts_as_interrupted(loss: str) -> None:
    tale = Tale()
    tale.add(e.Connected, "b1", "g", 1, t=20_000)
    tale.events += committed().events[len(tale.events) - 1 :]
    if loss == "disconnected":
        tale.add(e.Disconnected, "b1", "g", 1, "reset", t=140_000)
    elif loss == "slept":
        tale.add(e.Slept, "b1", t=140_000)
    else:
        tale.add(h.Crashed, 1, "", t=140_000, node="b1")
    tale.add(e.Stored, "b1", "c", 1, "m1", "push", t=141_000)
    assert measure(tale.events).samples["interrupted_delivery"] == [91_000]


@pytest.mark.requirement("R1")
def test_a_second_copy_of_a_message_is_no_second_delivery_time() -> None:
    tale = Tale()
    tale.add(e.Connected, "b1", "g", 1, t=20_000)
    tale.events += committed().events[len(tale.events) - 1 :]
    tale.add(e.Stored, "b1", "c", 1, "m1", "push", t=180_000)
    tale.add(e.Stored, "b1", "c", 1, "m1", "push", t=99_000_000)
    metrics = measure(tale.events)
    assert metrics.samples["send_to_delivered"] == [130_000]
    assert metrics.counts["deliveries"] == 2
    assert metrics.counts["deliveries by push"] == 1


@pytest.mark.requirement("R1")
def test_offline_lag_needs_no_send_and_a_device_that_never_connected_has_none() -> None:
    tale = Tale()
    tale.add(e.Persisted, "c", 1, "m1", "ann", "a1", t=100_000, node="store")
    tale.add(e.Stored, "b1", "c", 1, "m1", "sync", t=150_000)
    tale.add(e.Connected, "b2", "g", 1, t=200_000)
    tale.add(e.Stored, "b2", "c", 1, "m1", "sync", t=260_000)
    samples = measure(tale.events).samples
    assert samples.pop("connect_tries") == [1]
    assert {name: values for name, values in samples.items() if "[" not in name} == {"offline_sync_lag": [60_000]}


@pytest.mark.requirement("R1")
def test_a_history_without_anything_has_no_figures_and_no_errors() -> None:
    metrics = measure([])
    assert metrics.samples == {}
    assert {figure.count for figure in figures(metrics)} == {0}
    assert {rate.value for rate in rates(metrics)} == {"—"}


@pytest.mark.requirement("R1")
def test_percentiles_are_nearest_rank() -> None:
    values = list(range(1, 101))
    assert [percentile(values, p) for p in (50, 95, 99, 100)] == [50, 95, 99, 100]
    assert percentile([7], 50) == percentile([7], 99) == 7
    assert percentile([1, 2], 50) == 1
    assert percentile([], 50) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "—"), (0, "0 µs"), (999, "999 µs"), (1_500, "1.50 ms"), (81_234, "81.2 ms"), (999_000, "999 ms"),
     (9_994, "9.99 ms"), (9_996, "10.0 ms"), (99_960, "100 ms"), (999_499, "999 ms"), (999_999, "1.00 s"),
     (3_400_000, "3.40 s"), (100_000_000, "100 s"), (150_000_000, "2 min 30 s")],
)  # fmt: skip
def test_times_read_well(value: int | None, text: str) -> None:
    assert human(value, "µs") == text


@pytest.mark.requirement("R1")
def test_merged_metrics_are_those_of_all_runs() -> None:
    one, two = measure(history().events), measure(history().events)
    one.merge(two)
    assert one.samples["send_to_persisted"] == [50_000, 50_000]
    assert one.counts["sends"] == 2
    assert {figure.name: figure.count for figure in figures(one)}["send_to_persisted"] == 2


class Page(html.parser.HTMLParser):
    """Finds what a self-contained page must not have, and whether its tags are balanced."""

    void = frozenset({"meta", "br", "hr", "img", "link", "input"})

    def __init__(self) -> None:
        super().__init__()
        self.outside: list[str] = []
        self.stack: list[str] = []
        self.unbalanced: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("src", "href") and value and not value.startswith(("#", "data:")):
                self.outside.append(value)
        if tag not in self.void:
            self.stack.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        if not self.stack or self.stack.pop() != tag:
            self.unbalanced.append(tag)


@pytest.mark.requirement("R3")
def test_the_report_is_one_self_contained_page_with_verdict_figures_and_commands() -> None:
    found = run_all([(scenario("w3"), [5]), (scenario("ci"), range(1, 11))], "", jobs=1)
    commands = {"w3": "parley run w3 --seed 5", "ci": "parley check ci --seeds 10"}
    text = render(found, commands)
    assert text == render(found, commands)
    page = Page()
    page.feed(text)
    assert page.outside == []
    assert page.unbalanced == []
    assert not re.search(r"url\((?!#)", text)
    assert (
        text.index("<strong>Pass</strong>")
        < text.index("Service levels")
        < text.index("<svg")
        < text.index("How to get")
    )
    for command in commands.values():
        assert command in text
    for name in found.statuses:
        assert name in text
    assert text.count("<svg") >= 5
    assert "message 1042 is durable" in text


@pytest.mark.requirement("R3", "R7")
def test_a_failing_campaign_says_so_first_and_in_its_verdict_file() -> None:
    from support import VARIANTS

    found = run_all([(scenario("ci"), range(1, 4))], str(VARIANTS / "close_on_push.py"), jobs=1)
    text = render(found, {"ci": "x"})
    assert text.index("<strong>Violated</strong>") < text.index("Service levels")
    assert "parley replay plans/close-on-push-ci-1.json" in text
    failures = text[text.index("<h2>Failures") : text.index("<h2>Service levels")]
    assert failures.count("parley replay") == 1, "one property: its first run; the other runs are folded away"
    assert failures.index("<details>") < failures.index("ci, seed 2")
    assert "parley replay a/out/plans/close-on-push-ci-1.json" in render(found, {"ci": "x"}, folder="a/out")
    verdict = summaries.verdict(found)
    assert not verdict.ok
    assert verdict.violated == ["closed-when-done"]


@pytest.mark.requirement("R4")
def test_every_event_has_its_sentence() -> None:
    untold = sorted(kind.__name__ for kind in set(VOCABULARY.values()) ^ SENTENCES.keys())
    assert untold == [], "each kind of event has one sentence in reports/text/narrative.py"


@pytest.mark.requirement("R4")
def test_a_whole_run_can_be_told() -> None:
    told: set[type] = set()
    for seed in range(1, 6):
        outcome = Run(scenario("ci").plan(seed, ProtocolRef())).execute()
        lines = list(story(outcome.history))
        assert len(lines) == len(outcome.history)
        told |= {type(event) for event in outcome.history}
    assert len(told) > 35


@pytest.mark.requirement("R4")
def test_a_counterexample_s_story_is_about_its_evidence() -> None:
    from support import VARIANTS

    from parley import variants

    broken = plan(
        kinds.DropAt(kind="SendResult", a=("*",), b=("alice-phone",)),
        sends=tuple((t * SECOND, d) for t in (3, 5, 7, 9) for d in ("alice-phone", "bob-laptop")),
    )
    outcome = Run(broken, variants.load(str(VARIANTS / "no_dedupe.py"))).execute()
    first = outcome.violations[0]
    lines = list(story(outcome.history, evidence=first.evidence, only_around=True))
    assert len(lines) < len(outcome.history) / 4
    assert sum("»" in line for line in lines) == len(first.evidence)
    assert "drop_at strikes" in "\n".join(lines)
    assert "commits alice-phone:1 of alice" in lines[-1]


@pytest.mark.requirement("R1", "R2")
def test_a_connection_counts_from_its_first_instant_and_not_in_its_last() -> None:
    connections = Connections()
    connections.read(e.Connected(100, "b", -1, "b", "g", 1))
    assert connections.segment("b", 100) == "online"
    assert connections.segment("b", 99) == "offline"
    connections.read(e.Disconnected(200, "b", -1, "b", "g", 1, "reset"))
    assert connections.segment("b", 200) == "offline"
    assert connections.segment("b", 199) == connections.segment("b", 100) == "interrupted"
    connections.read(e.Connected(300, "b", -1, "b", "g", 2))
    assert connections.connected_time("b", 150, 310) == 50 + 10
    assert connections.connected_time("b", 200, 310) == 10
    assert connections.connected_time("never", 0, 310) is None


@pytest.mark.requirement("R1")
def test_a_share_is_never_more_than_all_and_one_is_no_plural() -> None:
    """Duplicates are no part of the deliveries: a device may ignore more of them than it stored messages."""
    shown = {
        rate.title: rate for rate in rates(Metrics({}, {"deliveries": 2, "duplicates ignored": 6, "send attempts": 1}))
    }
    assert shown["duplicates ignored"].value == "75.00%"
    assert shown["duplicates ignored"].of == "6 of 8 arrivals, deliveries and duplicates"
    assert shown["send attempts repeated"].of == "0 of 1 send attempt"
    assert [counted(n, "delivery") for n in (0, 1, 2_000)] == ["0 deliveries", "1 delivery", "2,000 deliveries"]


@pytest.mark.parametrize(
    ("title", "unit", "definition", "lacks"),
    [("x", "", "", "unit and no definition"), ("x", "µs", "", "definition"), ("", "µs", "so and so", "title")],
)
def test_a_metric_that_does_not_say_what_it_is_is_named(title: str, unit: str, definition: str, lacks: str) -> None:
    with pytest.raises(RegistryError, match=f"^metric 'x' has no {lacks}$"):
        Metric("x", title, unit, definition, needs=())


def test_a_metric_that_does_not_say_what_it_needs_is_named() -> None:
    with pytest.raises(RegistryError, match=r"^metric 'x' has no needs$"):
        Metric("x", "title", "µs", "so and so")


def test_a_sample_that_nobody_defines_is_named() -> None:
    meter = Meter()
    meter.metrics.samples["queue_lags"] = [1]
    with pytest.raises(RegistryError, match=r"there is no metric 'queue_lags' \(did you mean 'queue_lag'"):
        meter.finish(1, 1)


def test_a_rate_says_which_events_it_needs() -> None:
    assert [rate.title for rate in rates(Metrics({}, {}))] == list(RATES)


def test_every_metric_is_measured_in_some_run() -> None:
    """Of a few seeds of random faults; a metric that no run measures is named."""
    found = [measure(Run(scenario("ci").plan(seed, ProtocolRef())).execute().history) for seed in range(1, 6)]
    assert [name for name in METRICS if not any(metrics.values(name) for metrics in found)] == []
