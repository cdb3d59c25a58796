"""Drawings, page and terminal: the same bytes for the same runs, nothing cut off, nothing kept silent."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ElementTree
from typing import Any

import msgspec
import pytest
from rich.console import Console
from support import Tale, scenario

from faults.plan import ProtocolRef
from model import events as e
from parley.run import Run
from reports.metrics.definitions import METRICS
from reports.metrics.measure import Metrics
from reports.metrics.summary import (
    Asked,
    CampaignSummary,
    Coverage,
    FailedRun,
    Failure,
    Passed,
    ScenarioSummary,
    encode,
    targets,
)
from reports.pages import figures as draw
from reports.pages.html import render
from reports.text import terminal
from sim import history as h

SVG = "{http://www.w3.org/2000/svg}"


def campaign(*, failing: bool = False) -> CampaignSummary:
    """A made-up campaign: every number below follows from it by arithmetic."""
    metrics = Metrics(
        {
            "send_to_persisted": [1_000 * n for n in range(1, 101)],
            "send_to_delivered": [2_000 * n for n in range(1, 101)],
            "send_to_delivered[region=eu]": [2_000 * n for n in range(1, 101)],
            "offline_sync_lag": [0, 30_000, 5_000_000],
            "queue_lag": [0] * 98 + [5_000, 90_000],
            "queue_depth": [0] * 95 + [1, 2, 3, 20, 40],
            "convergence": [0, 0, 0, 12_000_000],
        },
        {"messages": 100, "deliveries": 200, "deliveries by push": 90, "deliveries by sync": 10, "device µs": 1},
    )
    failure = Failure("shown-once", "b1 showed m1 [c 1] twice, <b>and</b> " + "again " * 30)
    return CampaignSummary(
        protocol="reference",
        scenarios=[
            ScenarioSummary("w9", "A walk", 1, 1, False, runs=1, checkpoints=[Passed("it is there", 1_500_000)]),
            ScenarioSummary(
                "ci", "Random faults", 1, 4, True, runs=4, failed=int(failing), metrics=metrics, digest="ab" * 32,
                targets={"send_to_delivered_p99": 198_000, "send_to_persisted_p50": 49_999, "queue_depth_max": 40},
            ),
        ],
        statuses={"shown-once": {"violated": 1, "holds": 4} if failing else {"holds": 5}},
        promises={"shown-once": "A device shows a message once."},
        goals={"a duplicate was ignored": 7, "a lease expired": 0},
        faults={"crash": 3, "drop_push": 0},
        failed_runs=[FailedRun("ci", 3, (failure,), (), "plans/ci-3.json")] if failing else [],
    )  # fmt: skip


def drawings() -> dict[str, str | None]:
    samples = campaign().metrics.samples
    history = Run(scenario("w3").plan(5, ProtocolRef())).execute().history
    return {
        "cdf": draw.cdf({"a": samples["send_to_persisted"], "b": samples["send_to_delivered"]}, "time"),
        "tail": draw.tail({"a": samples["queue_lag"]}, "time"),
        "bars": draw.bars({"this & that": 3, "never <so>": 0}, "times"),
        "histogram": draw.histogram(samples["queue_depth"], "tasks"),
        "timeline": draw.timeline(history),
        "heat": draw.heat({"store:committed": {"crash_at": 12_345, "pause_at": 0}, "<b>": {"pause_at": 1}}, "struck"),
    }


@pytest.mark.requirement("R3")
def test_drawings_are_the_same_bytes_parse_and_can_be_read_aloud() -> None:
    once, twice = drawings(), drawings()
    assert once == twice
    for name, svg in once.items():
        assert svg is not None
        assert "<dc:date>" not in svg
        root = ElementTree.fromstring(svg)
        assert root.tag == f"{SVG}svg", name
        assert root.get("role") == "img"
        assert root.get("aria-label")
    bars = ElementTree.fromstring(once["bars"] or "")
    assert bars.get("aria-label") == "times: this & that 3, never <so> 0"


@pytest.mark.requirement("R3")
def test_all_drawings_are_equally_wide_so_that_their_letters_are_equally_large() -> None:
    widths = {ElementTree.fromstring(svg or "").get("width") for svg in drawings().values()}
    assert widths == {"518.4pt"}


@pytest.mark.requirement("R3")
def test_nothing_is_drawn_of_nothing() -> None:
    assert draw.cdf({"a": [], "b": [1]}, "x") is None
    assert draw.bars({}, "x") is None
    assert draw.histogram([], "x") is None
    assert draw.timeline([]) is None
    assert draw.heat({}, "x") is None
    assert draw.heat({"a": {}}, "x") is None


@pytest.mark.requirement("V4")
def test_a_heat_map_tells_never_from_can_not_be() -> None:
    svg = drawings()["heat"]
    texts = _texts(svg)
    assert {"store:committed", "<b>", "crash_at", "pause_at", "12k", "0", "1"} <= set(texts)
    assert texts.count("0") == 1, "the pair that can't be has no number"
    assert "struck: 2 of 3 pairs reached" in (svg or "")


@pytest.mark.requirement("V4")
def test_the_page_shows_what_was_covered() -> None:
    told = campaign()
    assert "Coverage:" not in render(told, {"w9": "", "ci": ""})
    told.coverage = Coverage({"store:committed": {"crash_at": 0}}, {"crash_at": {"SENT": 0, "ACCEPTED": 0}})
    told.coverage.add({("ACCEPTED", "store:committed", "crash_at"): 2, ("SENT", "Persisted", "reset"): 1})
    page = render(told, {"w9": "", "ci": ""})
    assert "Coverage: crash points" in page
    assert "1 of 1 pairs reached" in page
    assert "2 of 3 pairs reached" in page
    assert b'"crash_at": {' in encode(told)


def _texts(svg: str | None) -> list[str]:
    return ["".join(element.itertext()) for element in ElementTree.fromstring(svg or "").iter(f"{SVG}text")]


@pytest.mark.requirement("R3", "R4")
def test_a_timeline_has_a_lane_for_each_fault_each_node_that_died_and_each_device() -> None:
    history = Run(scenario("w3").plan(5, ProtocolRef())).execute().history
    texts = _texts(draw.timeline(history))
    lanes = ["crash at", "drop at", "gateway-3", "alice-phone", "bob-phone"]
    assert [text for text in texts if text in lanes] == lanes
    assert {"fault", "connected", "down or still", "healed"} <= set(texts)
    few = draw.timeline(history, devices=["bob-phone"])
    assert "alice-phone" not in _texts(few)
    assert "more not drawn" in (few or "")


@pytest.mark.requirement("R3")
def test_a_timeline_s_spans_are_those_of_the_events() -> None:
    tale = Tale()
    for kind, t in ((1, 1_000_000), (2, 2_000_000), (3, 3_000_000)):
        tale.add(h.FaultStarted, kind, "loss" if kind != 3 else "reset", False, t=t, node="faults")
    tale.add(h.FaultEnded, 1, "loss", t=4_000_000, node="faults")
    tale.add(e.Connected, "b1", "g", 1, t=5_000_000)
    tale.add(h.Crashed, 1, "", t=6_000_000, node="b1")
    tale.add(h.Restarted, 2, t=7_000_000, node="b1")
    tale.add(e.Connected, "b1", "g", 2, t=8_000_000)
    tale.add(h.Paused, t=8_500_000, node="store")
    tale.add(h.Healed, 1, t=9_000_000, node="run")
    tale.add(h.Ended, t=10_000_000, node="run")
    scene = draw._Scene(tale.events)
    assert scene.faults == {"loss": [(1.0, 4.0), (2.0, 9.0)], "reset": [(3.0, 3.0)]}
    assert scene.up == {"b1": [(5.0, 6.0), (8.0, 10.0)]}
    assert scene.down == {"b1": [(6.0, 7.0)], "store": [(8.5, 10.0)]}
    assert scene.healed == 9.0


@pytest.mark.requirement("R1", "R3")
def test_targets_are_judged_on_their_own_scenario_s_runs() -> None:
    found = {target.name: (target.value, target.met) for target in targets(campaign())}
    assert found == {
        "send_to_delivered_p99": (198_000, True),
        "send_to_persisted_p50": (50_000, False),
        "queue_depth_max": (40, True),
    }


@pytest.mark.requirement("R1", "R3")
@pytest.mark.parametrize("name", ["send_to_nowhere_p99", "queue_lag", "queue_lag_p98", "interrupted_delivery_p99"])
def test_a_target_that_nothing_was_measured_for_is_not_met(name: str) -> None:
    summary = campaign()
    summary.scenarios[1].targets = {name: 1}
    (target,) = targets(summary)
    assert target.met is None
    assert "1 of 1 target not met" in render(summary, {"w9": "x", "ci": "y"})
    assert "not measured" in _told(summary, 100)


@pytest.mark.requirement("R2", "R3")
def test_on_a_narrow_page_every_cell_of_a_target_says_what_it_is() -> None:
    page = render(campaign(), {"w9": "x", "ci": "y"})
    table = page.partition("<h2>Targets</h2>")[2].partition("</table>")[0]
    rows = table.count("<tr><td>")
    assert rows == len(targets(campaign())) > 0
    for column in ("scenario", "asked", "measured", "verdict", "from"):
        assert table.count(f'data-is="{column}"') == rows
    assert ".stacked td[data-is]::before { content: attr(data-is)" in page


@pytest.mark.requirement("R1", "R7")
def test_a_target_of_too_few_runs_is_told_in_grey_as_not_judged() -> None:
    summary = campaign()
    assert "too few runs" not in render(summary, {"w9": "x", "ci": "y"})
    for each in summary.scenarios:
        each.held = False
    page = render(summary, {"w9": "x", "ci": "y"})
    assert '<span class="soft">3 targets not judged: too few runs.</span>' in page
    assert "met.</span>" not in page
    assert page.count('<td class="n soft" data-is="verdict">not judged: too few runs</td>') == 3


@pytest.mark.requirement("R1")
def test_every_figure_has_its_definition_and_the_page_tells_it() -> None:
    page = render(campaign(), {"w9": "x", "ci": "y"})
    assert METRICS
    for metric in METRICS.values():
        assert metric.title in page
        assert metric.definition in page


@pytest.mark.requirement("V4", "V11")
def test_what_can_t_be_compared_by_its_answers_says_in_how_many_runs_it_made_a_difference() -> None:
    some = campaign(failing=True)
    some.asked = {
        "gateway.on_push": Asked(9, None, 5, 3),
        "gateway.on_ack": Asked(9, None),
        "store.orders": Asked(9, 2),
    }
    told = _told(some, 100)
    assert "a difference in 3 of 5 runs compared" in told
    assert "not compared: runs failed" in told
    some.failed_runs = []
    assert "not compared: runs failed" not in _told(some, 100)


@pytest.mark.requirement("R3", "V4")
def test_the_page_says_what_was_never_reached_and_never_fired() -> None:
    page = render(campaign(), {"w9": "x", "ci": "y"}, timelines={"One run": draw.timeline(_short())})
    assert "Never reached, and not demanded of these runs: a lease expired." in page
    assert "Demanded: none of these" in page
    some = campaign()
    some.demanded_goals = ["a lease expired"]
    assert "Never reached, and demanded: a lease expired." in render(some, {"w9": "x", "ci": "y"})
    assert "Never fired: drop_push." in page
    assert "<h3>One run</h3>" in page
    assert page.count("<svg") == 7


def _short() -> list[h.Event]:
    tale = Tale()
    tale.add(h.Ended, t=1_000_000, node="run")
    return tale.events


@pytest.mark.requirement("R3")
def test_a_timeline_without_anything_to_draw_leaves_no_heading() -> None:
    assert "<h3>Empty</h3>" not in render(campaign(), {"w9": "x", "ci": "y"}, timelines={"Empty": None})


@pytest.mark.requirement("R3", "R7")
def test_page_and_verdict_are_the_same_bytes() -> None:
    commands = {"w9": "x", "ci": "y"}
    assert render(campaign(failing=True), commands) == render(campaign(failing=True), commands)
    assert encode(campaign()) == encode(campaign())
    decoded = msgspec.json.decode(encode(campaign()))
    assert [target["met"] for target in decoded["targets"]] == [False, True, True], "what is missed first"


@pytest.mark.requirement("R3")
def test_messages_can_not_become_markup() -> None:
    page = render(campaign(failing=True), {"w9": "x", "ci": "y"})
    assert "<b>and</b>" not in page
    assert "&lt;b&gt;and&lt;/b&gt;" in page
    assert "m1 [c 1] twice" in _told(campaign(failing=True), 120)


def _told(summary: CampaignSummary, width: int, *, terminal_like: bool = False) -> str:
    buffer = io.StringIO()
    colours: Any = "standard" if terminal_like else "auto"
    console = Console(file=buffer, width=width, highlight=False, force_terminal=terminal_like, color_system=colours)
    terminal.show_campaign(console, summary)
    return buffer.getvalue()


@pytest.mark.requirement("R1")
@pytest.mark.parametrize("width", [80, 100, 120])
def test_a_log_has_no_colour_codes_and_no_line_is_too_long(width: int) -> None:
    for summary in (campaign(), campaign(failing=True)):
        told = _told(summary, width)
        assert "\x1b" not in told
        assert max(map(len, told.splitlines())) <= width
        # A figure's line is one line, even at 80 columns.
        assert any(line.startswith("send → delivered, interrupted  ") for line in told.splitlines())
    assert "\x1b" in _told(campaign(), width, terminal_like=True)


@pytest.mark.requirement("R1")
def test_a_terminal_tells_the_verdict_last_and_a_long_message_under_itself() -> None:
    lines = _told(campaign(failing=True), 80).rstrip().splitlines()
    assert lines[-1].startswith("VIOLATED  shown-once — 1 of 5 runs of protocol reference")
    first = next(i for i, line in enumerate(lines) if line.startswith("  violated  shown-once: "))
    assert lines[first + 1].startswith(" " * 12)
    assert lines[first + 1].strip()
    assert any(line.split() == ["never", "fired", "drop_push"] for line in lines)
