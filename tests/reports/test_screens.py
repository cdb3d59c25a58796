"""From the tap to the screen: what never comes is as late as the run is long, and no delivery falls between two segments."""

from __future__ import annotations

import pytest
from support import SECOND, Tale, scenario

from faults.plan import ProtocolRef
from model import events as e
from parley.run import Run
from reports.metrics.definitions import DIMENSIONS, METRICS, SHARES, VALUES
from reports.metrics.measure import Metrics, measure, size_class
from reports.metrics.summary import asked_of, targets_of, unknown_part
from sim import history as h
from sim.history import Event


def told(*after: tuple[int, type[Event], tuple[object, ...]], ends: int = 500) -> Metrics:
    """Figures of a history in which ann's a1 taps at 10 s and the store commits at 11 s; b1 and b2 are bob's. Times in s."""
    tale = Tale()
    events: list[tuple[int, type[Event], tuple[object, ...]]] = [
        (1, e.Connected, ("a1", "g", 1)), (1, e.Connected, ("b1", "g", 1, "edge")),
        (10, e.SendRequested, ("a1", "c", "s1", 1)), (10, e.SendAttempted, ("a1", "c", "s1", "m1", 1)),
        (11, e.Persisted, ("c", 1, "m1", "ann", "a1")), *after, (ends, h.Ended, ()),
    ]  # fmt: skip
    for t, kind, fields in sorted(events, key=lambda each: each[0]):
        node = str(fields[0]) if kind not in (e.Persisted, e.MemberLeft, e.RowsRemoved, h.Ended) else "x"
        tale.add(kind, *(() if kind in (h.Crashed, h.LostForGood) else fields), t=t * SECOND, node=node)
    return measure(tale.events)


def shown(device: str, at: int, message: str = "m1", **more: object) -> tuple[int, type[Event], tuple[object, ...]]:
    return (at, e.Shown, (device, "c", 1, message, "ann", False, 0, "", False, bool(more.get("hidden"))))


def seconds(metrics: Metrics, **where: str) -> list[int]:
    return sorted(value // SECOND for value in metrics.values("tap_to_screen", where))


@pytest.mark.requirement("R1", "R2")
def test_a_delivery_that_never_came_counts_until_the_end_of_the_run() -> None:
    metrics = told(shown("b1", 12))
    assert seconds(metrics, segment="live") == [2]
    assert seconds(metrics, segment="offline") == [490], "b2 was never there, and still it was due there"
    assert seconds(told(), segment="live") == [490], "nobody says that a dead live path is something else than live"
    assert seconds(told(shown("b1", 12), ends=60)) == [2, 50]


@pytest.mark.requirement("R1")
def test_what_is_committed_nowhere_counts_too_unless_it_was_refused() -> None:
    again = (20, e.SendRequested, ("a1", "c", "s2", 2))
    tried = (20, e.SendAttempted, ("a1", "c", "s2", "m2", 1))
    both = shown("b1", 12), shown("b2", 12)
    assert seconds(told(*both, again, tried)) == [2, 2, 480, 480]
    assert seconds(told(*both, again, tried, (30, e.SendRefused, ("a1", "c", "s2", "m2", "no member")))) == [2, 2]
    assert seconds(told(*both, again, tried, (30, e.Wiped, ("a1", 2)))) == [2, 2]
    assert seconds(told(*both, again, (30, h.LostForGood, ("a1",)))) == [2, 2]


@pytest.mark.requirement("R1")
@pytest.mark.parametrize(
    "excuse",
    [
        [(20, e.MemberLeft, ("c", 2, "bob", "ann", 1))],
        [(20, e.LoggedOut, ("b1",)), (20, e.LoggedOut, ("b2",))],
        [(20, h.LostForGood, ("b1",)), (20, h.LostForGood, ("b2",))],
        [(20, e.RowsRemoved, ("c", 1))],
    ],
)
def test_who_left_is_logged_out_or_lost_is_owed_nothing_nor_is_what_was_removed(
    excuse: list[tuple[int, type[Event], tuple[object, ...]]],
) -> None:
    assert seconds(told(*excuse)) == []
    assert seconds(told(shown("b1", 12), *excuse)) == [2], "what came before that came"


@pytest.mark.requirement("R1")
def test_who_comes_back_is_owed_again() -> None:
    assert seconds(told((20, e.LoggedOut, ("b1",)), (30, e.LoggedIn, ("b1",)), shown("b2", 12))) == [2, 490]


@pytest.mark.requirement("R1")
def test_a_second_showing_is_no_delivery_and_a_hidden_one_is_none_that_anybody_waits_for() -> None:
    assert seconds(told(shown("b1", 12), shown("b1", 40), shown("b2", 13), shown("b2", 50))) == [2, 3]
    assert seconds(told(shown("b1", 12, hidden=True), shown("b2", 13))) == [3]


@pytest.mark.requirement("R2")
def test_segments_follow_the_connection() -> None:
    away = (5, e.Disconnected, ("b1", "g", 1, "reset"))
    assert seconds(told(away, (6, e.Connected, ("b1", "g", 2)), shown("b1", 12)), segment="reconnected") == [2]
    assert seconds(told((12, e.Disconnected, ("b1", "g", 1, "reset")), shown("b1", 80)), segment="interrupted") == [70]
    back = told(away, (70, e.Connected, ("b1", "g", 2)), shown("b1", 80), shown("b2", 12))
    assert seconds(back, segment="offline") == [2, 70]
    assert [value // SECOND for value in back.values("catch_up_to_screen")] == [10], (
        "it counts from when it is connected"
    )


@pytest.mark.requirement("R2")
def test_phases_are_before_during_and_after_a_fault() -> None:
    def phase(started: int, ended: int, at: int, ends: int = 900) -> list[str]:
        faults = (started, h.FaultStarted, (0, "loss", False)), (ended, h.FaultEnded, (0, "loss"))
        metrics = told(*faults, shown("b1", at), shown("b2", at), ends=ends)
        assert sum(len(values) for name, values in metrics.samples.items() if "[fault=loss" in name) in (0, 2)
        return sorted({cell[1 + list(DIMENSIONS).index("phase")] for cell in metrics.cells})

    assert phase(13, 14, 12) == ["calm"], "it begins when all is delivered"
    assert phase(3, 4, 12) == ["after"]
    assert phase(3, 11, 12) == phase(11, 50, 12) == phase(3, 50, 12) == ["faults"]


@pytest.mark.requirement("R1", "R2")
@pytest.mark.parametrize("name", ["ci", "push"])
def test_each_dimension_s_parts_add_up_to_the_whole(name: str) -> None:
    metrics = Metrics({}, {}, {})
    for seed in range(1, 6):
        metrics.merge(measure(Run(scenario(name).plan(seed, ProtocolRef())).execute().history))
    for figure in ("tap_to_screen", "catch_up_to_screen"):
        whole = sorted(metrics.values(figure))
        assert whole
        for place, dimension in enumerate(DIMENSIONS, 1):
            parts = {cell[place] for cell in metrics.cells if cell[0] == figure}
            assert dimension == "cluster" or "?" not in parts, "of a device that never was connected"
            assert sorted(v for part in parts for v in metrics.values(figure, {dimension: part})) == whole
    for figure in METRICS:
        phases = [value for phase in VALUES["phase"] for value in metrics.values(figure, {"phase": phase})]
        assert figure == "convergence" or sorted(phases) == sorted(metrics.values(figure)), figure
    for share in SHARES.values():
        for count in (share.part, share.whole):
            counts = [metrics.counts.get(f"{count}[phase={phase}]", 0) for phase in VALUES["phase"]]
            assert sum(counts) == metrics.counts[count] > 0, count
            assert sum(map(bool, counts)) > 1, "calm and faulted time are apart"


@pytest.mark.requirement("R1")
def test_tries_are_counted_and_not_successes_alone() -> None:
    metrics = told(
        *((20 + n, e.ConnectFailed, ("b2", "g", n, "refused")) for n in range(1, 5)),
        (30, e.Connected, ("b2", "g", 5)),
        *((40 + n, e.ConnectFailed, ("b1", "g", n, "timeout")) for n in range(2, 5)),
    )
    assert sorted(metrics.samples["connect_tries"]) == [1, 1, 3, 5]
    asked = {"tries_per_connect": 3_400_000, "connect_tries_max": 4, "send_tries_max": 1}
    assert [(each.value, each.met) for each in targets_of("s", asked, metrics)] == [
        (5, False),
        (3_333_334, True),
        (1, True),
    ], "what is missed comes first"


@pytest.mark.requirement("R1", "R2")
def test_tries_and_lag_are_of_the_phase_of_all_the_time_that_they_took() -> None:
    metrics = told(
        *((20 + n, e.ConnectFailed, ("b2", "g", n, "refused")) for n in range(1, 4)),
        (24, h.FaultStarted, (0, "loss", False)),
        (25, e.Connected, ("b2", "g", 4)),
        (26, e.SendAccepted, ("a1", "c", "s1", "m1", 1)),
        (27, h.FaultEnded, (0, "loss")),
        (28, e.Disconnected, ("b2", "g", 4, "reset")),
        (29, e.Connected, ("b2", "g", 5)),
        (40, e.ConnectFailed, ("b1", "g", 6, "timeout")),
        ends=60,
    )
    tries = {phase: metrics.values("connect_tries", {"phase": phase}) for phase in VALUES["phase"]}
    assert tries == {"calm": [1, 1], "faults": [4], "after": [1, 1], "probe": []}
    asked = {f"{share}[phase={phase}]": 1 for share in ("tries_per_connect", "tries_per_send") for phase in tries}
    assert {each.name: each.value for each in targets_of("s", asked, metrics)} == {
        "tries_per_connect[phase=calm]": 1_000_000,
        "tries_per_connect[phase=faults]": 4_000_000,
        "tries_per_connect[phase=after]": 2_000_000,
        "tries_per_connect[phase=probe]": None,
        "tries_per_send[phase=calm]": None,
        "tries_per_send[phase=faults]": 1_000_000,
        "tries_per_send[phase=after]": None,
        "tries_per_send[phase=probe]": None,
    }


@pytest.mark.requirement("R1", "R2")
@pytest.mark.parametrize("dimension", VALUES)
def test_a_value_that_a_dimension_does_not_have_is_refused_by_name(dimension: str) -> None:
    for value in VALUES[dimension]:
        assert unknown_part(f"tap_to_screen_p99[{dimension}={value}]") == ""
    assert unknown_part(f"tap_to_screen_p99[{dimension}={value}x]").startswith(f"there is no {dimension} '{value}x'")


@pytest.mark.requirement("R1", "R2")
def test_regions_clusters_and_access_are_those_of_the_topology_where_there_is_one() -> None:
    for dimension in ("region", "cluster", "access"):
        name = f"tap_to_screen_p99[{dimension}=moon]"
        assert unknown_part(name) == "", "a record of another system has its own"
        assert unknown_part(name, {dimension: ["moon"]}) == ""
        assert unknown_part(name, {dimension: ["earth"]}) == f"there is no {dimension} 'moon'; there is earth"


@pytest.mark.requirement("R2")
def test_the_sizes_that_targets_can_name_are_those_that_are_measured() -> None:
    sizes = [size_class(members) for members in (1, 2, 3, 10, 11, 100, 101, 1_000, 1_001, 50_000)]
    assert tuple(dict.fromkeys(sizes)) == VALUES["size"]


@pytest.mark.requirement("R1")
def test_a_target_names_the_part_that_it_is_of() -> None:
    assert asked_of("tap_to_screen_p99") == ("tap_to_screen", "p99", {})
    assert asked_of("tap_to_screen_p50[segment=live,phase=calm]") == (
        "tap_to_screen",
        "p50",
        {"segment": "live", "phase": "calm"},
    )
    assert asked_of("queue_lag_p99[phase=calm]") == ("queue_lag", "p99", {"phase": "calm"})
    assert asked_of("tries_per_send") == ("tries_per_send", "", {})
    assert asked_of("tries_per_send[phase=faults]") == ("tries_per_send", "", {"phase": "faults"})
    for name in (
        "tap_to_screen", "taps_p99", "tap_to_screen_p98", "tap_to_screen_p99[]", "tap_to_screen_p99[segment]",
        "tap_to_screen_p99[segment=]", "tap_to_screen_p99[wind=calm]", "tap_to_screen_p99[phase=calm,phase=calm]",
        "convergence_p99[phase=calm]", "send_to_accepted_p99[region=eu]", "tries_per_send_p99", "queue_lag",
        "tries_per_send[segment=live]", "tries_per_send[phase=]",
    ):  # fmt: skip
        assert asked_of(name) is None, name
    (target,) = targets_of("s", {"tap_to_screen_max[segment=live,type=direct]": 1 * SECOND}, told(shown("b1", 12)))
    assert (target.title, target.value, target.met) == ("tap → screen, live, type direct, max", 2 * SECOND, False)
    (target,) = targets_of("s", {"tap_to_screen_max[segment=reconnected]": 1}, told())
    assert (target.value, target.met) == (None, None)
