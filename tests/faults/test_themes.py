"""Themes: what a seed does with force, how a factor scales what the protocol says, and what they reach."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from support import SECOND, Tale, plan, scenario

from faults import plan as plans
from faults.fault import name_of
from faults.generate import Campaign
from faults.plan import PlanError, check
from faults.shrink import steps
from faults.themes import HOURS, THEMES, scaled
from model import events as e
from model.protocol import REFERENCE, left_alone, variant
from model.servers.service import MessagingService
from parley.campaign import run_all
from parley.run import Run
from parley.scenario import BUNDLED, Scenario, read
from properties import goals
from sim.history import Event

pytestmark = pytest.mark.requirement("V11")

CAMPAIGNS = [read(path) for path in sorted(BUNDLED.glob("*.toml"))]


def drawn(name: str, theme: str, seeds: int = 40) -> list[plans.Plan]:
    """Plans of a bundled campaign that all have one theme."""
    its = scenario(name)
    assert its.campaign is not None
    themed = msgspec.structs.replace(its.campaign, themes=(theme,), themed=1.0)
    return [msgspec.structs.replace(its, campaign=themed).plan(seed) for seed in range(1, seeds + 1)]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", ["ci", "nightly"])
def test_a_plan_of_a_theme_does_a_few_things_with_force(name: str, theme: str) -> None:
    its = THEMES[theme]
    known = its.kinds or Campaign(kinds=("*",)).choice()
    for made in drawn(name, theme):
        check(made)
        assert made.theme == theme
        used = {name_of(fault) for fault in made.faults}
        away = {"sleep", "disable_push"}
        assert used <= {*known, *away}
        assert len(used - away) <= (its.few or len(set(its.kinds)))
        assert len(made.faults) >= its.faults[0]
        for path, value in its.settings.items():
            assert (made.scaled[path], made.settings.get(path)) == (value, None)


def test_some_seeds_have_a_theme_and_others_have_the_campaign_s_own_mix() -> None:
    its = scenario("ci").campaign
    assert its is not None
    themes = [its.theme_of(seed) for seed in range(1, 201)]
    assert set(themes[:30]) == {*THEMES, ""}
    assert 0.5 < sum(theme != "" for theme in themes) / len(themes) < 0.7
    assert themes[7] == scenario("ci").plan(8).theme
    assert not msgspec.structs.replace(its, themed=0.0).theme_of(8)
    assert not msgspec.structs.replace(its, themes=()).theme_of(8)


def test_a_theme_s_lead_is_in_each_of_its_plans() -> None:
    assert all(
        any(name_of(fault) == "refuse_login" for fault in made.faults) or len(made.faults) < 8
        for made in drawn("ci", "refused log-ins")
    )


def test_a_campaign_names_themes_that_there_are() -> None:
    with pytest.raises(ValueError, match=r"themes\[1\]: there is no theme 'full page' \(did you mean 'full pages'"):
        Campaign(themes=("*", "full page"))
    with pytest.raises(ValueError, match="factor: expected more than 0, got 0"):
        Campaign(factor=0)
    with pytest.raises(ValueError, match="lasting: expected 0 <= least <= most"):
        Campaign(lasting=(5, 1))
    with pytest.raises(ValueError, match="themed: expected a probability"):
        Campaign(themed=2.0)


# --- what a factor scales ------------------------------------------------------------------------------------------


def test_a_factor_multiplies_what_the_reference_says_of_hours() -> None:
    assert scaled(1) == {}
    assert scaled(1 / 60)["service.dedupe_retention"] == 24 * 60 * SECOND
    assert set(scaled(2)) == set(HOURS)


@pytest.mark.parametrize("its", [each for each in CAMPAIGNS if each.campaign is not None], ids=lambda each: each.name)
def test_a_retry_is_known_for_longer_than_any_plan_of_a_campaign_goes_on(its: Scenario) -> None:
    """A device tries until it is answered, so that the plan's end is the end of its tries."""
    assert its.campaign is not None
    factors = {1.0, *(THEMES[name].factor for name in its.campaign.themes_drawn())}
    default = REFERENCE.service.dedupe_retention
    least = min(scaled(its.campaign.factor * each).get("service.dedupe_retention", default) for each in factors)
    assert int(least) > its.duration + its.bound + its.tail


def test_what_a_variant_has_set_is_left_as_it_is() -> None:
    class Short(MessagingService):
        dedupe_retention = 120 * SECOND

    class Same(MessagingService):
        dedupe_retention = MessagingService.dedupe_retention

    factor = {"service.dedupe_retention": 7, "device.token_lifetime": 9}
    assert left_alone(REFERENCE, factor) == factor
    for cls in (Short, Same):
        assert left_alone(variant("short", service=cls), factor) == {"device.token_lifetime": 9}


def test_a_run_goes_by_what_is_scaled_unless_the_scenario_says_otherwise() -> None:
    def lifetime(**more: object) -> int:
        run = Run(msgspec.structs.replace(plan(), scaled={"device.token_lifetime": 50 * SECOND}, **more))
        run.advance(SECOND)
        opened = [x for x in run.history if isinstance(x, e.SessionOpened)]
        return round((opened[0].expires - opened[0].t) / SECOND)

    assert lifetime() == 50
    assert lifetime(settings={"device.token_lifetime": 70 * SECOND}) == 70


def test_a_plan_with_a_setting_to_scale_that_there_is_not_is_refused() -> None:
    with pytest.raises(PlanError, match=r"\$\.scaled\.device\.token_life: device has no setting 'token_life'"):
        check(msgspec.structs.replace(plan(), scaled={"device.token_life": 1}))


def test_what_a_theme_says_is_taken_away_by_the_shrinker() -> None:
    made = msgspec.structs.replace(plan(), theme="full pages", scaled={"service.sync_page_size": 4})
    smaller = [each for each in steps.topologies(made) if steps.measure(each) < steps.measure(made)]
    assert any(not each.theme for each in smaller)
    assert any(not each.scaled for each in smaller)


# --- what is reached -----------------------------------------------------------------------------------------------


def fetch(tale: Tale, far: bool) -> None:
    tale.add(e.SyncRequested, "a1", "c", 0, "connect")
    if not far:
        tale.add(e.SyncPageReceived, "a1", "c", 0, 1, 1)
    tale.add(e.Disconnected, "a1", "g", 1, "reset")


def refused(tale: Tale, far: bool) -> None:
    tale.add(e.ConnectionRefused, "a1", "not checked", node="g", t=SECOND)
    if not far:
        tale.add(e.Connected, "a1", "g", 2)
    tale.add(e.ConnectionRefused, "a1", "not checked", node="g", t=61 * SECOND)


def tries(tale: Tale, far: bool) -> None:
    tale.add(e.Connected, "a1", "g", 1)
    tale.add(e.Connected, "a1", "g", 8 if far else 7)


def recognised(tale: Tale, far: bool) -> None:
    tale.add(e.Persisted, "c", 1, "m1", "ann", "a1", 0, node="store", t=SECOND)
    tale.add(e.DuplicateRecognised, "c", 1, "m1", node="store", t=61 * SECOND - (not far))


def came_back(tale: Tale, far: bool) -> None:
    tale.add(e.LeaderElected, "p", 1, node="s1")
    tale.add(e.SendAttempted, "a1", "c", "a1:1", "a1:1", 1, 0)
    if not far:
        tale.add(e.SendAccepted, "a1", "c", "a1:1", "a1:1", 1)
    tale.add(e.LeadershipLost, "p", 1, "no quorum", node="s1")
    tale.add(e.LeaderElected, "p", 2, node="s2")
    tale.add(e.LeaderElected, "p", 3, node="s1")
    tale.add(e.SendAttempted, "a1", "c", "a1:2" if not far else "a1:1", "m", 2, 0)


@pytest.mark.parametrize(
    ("name", "tell"),
    [
        (goals.FETCH_BROKE, fetch),
        (goals.REFUSED_FOR_LONG, refused),
        (goals.PAUSES_AT_THEIR_LONGEST, tries),
        (goals.RECOGNISED_LATE, recognised),
        (goals.LEADER_CAME_BACK, came_back),
    ],
)
def test_a_goal_of_a_theme_is_reached_by_what_it_says_and_not_by_less(name: str, tell: object) -> None:
    assert callable(tell)
    for far in (True, False):
        tale = Tale()
        tell(tale, far)
        history: list[Event] = tale.events
        assert goals.count(history, True)[name] == far


def test_a_campaign_whose_themes_come_nowhere_says_so() -> None:
    its = scenario("ci")
    assert its.campaign is not None
    quiet = msgspec.structs.replace(its.campaign, seeds=3, themes=("fetches that break",), themed=0.0)
    found = run_all([(msgspec.structs.replace(its, campaign=quiet), range(1, 4))], "", jobs=1)
    assert goals.FETCH_BROKE in found.missing_goals
    assert goals.LEADER_CAME_BACK not in found.missing_goals, "it draws no such theme"


def test_the_page_on_scenarios_says_what_each_theme_is() -> None:
    page = (Path(__file__).parents[2] / "docs" / "writing-scenarios.md").read_text()
    for name, theme in THEMES.items():
        assert f"| {name} | {theme.about} |" in page
