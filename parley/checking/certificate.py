"""What an enumeration of deviations certifies for each property, as text, as JSON, and as a gate.

Promise kept here: nothing is certified that was not tried. *None with ≤ n* stands for all sets of at most n deviations, in
runs of which one at least put the property to the test. It ends below k where

- another property breaks: sets that contain a breaking one are left out, so that nothing is known of them;
- the enumeration was interrupted;
- the property is one of presence, and sets that mix deviations of presence with others are left out (`docs/radius.md`).

A property that was never put to the test is certified for nothing.

Requirements: V5.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec
from rich.console import Console

from faults.plan import Plan
from faults.search.deviations import all_worded
from faults.search.enumeration import Enumeration
from parley import exits
from properties.base import Liveness
from properties.catalogue import CATALOGUE
from reports.metrics.table import counted
from sim.printable import printable

FAMILIES: dict[str, Literal["safety", "liveness"]] = {
    kind.name: "liveness" if issubclass(kind, Liveness) else "safety" for kind in CATALOGUE
}

PRESENCE = frozenset(kind.name for kind in CATALOGUE if kind.family == "presence")
"""Properties of which sets that mix deviations of presence with others are no test, as these sets are not tried."""

INCOMPLETE = "the enumeration is incomplete"

INDENT = 4 * " "

NAMED = 3
"""How many of the properties that break sooner are named."""


class Standing(msgspec.Struct, frozen=True):
    """What is known of a property.

    `verdict`: 'broken', by `least` deviations, with all known `sets` of that size in words; 'none': all sets of at most
    `tried` deviations were tried and none broke it; 'not judged': no run put it to the test. `short`: why `tried` is less
    than was asked for, or ''. `at_least`: whether there may be more sets of that size.
    """

    property: str
    family: Literal["safety", "liveness"]
    verdict: Literal["broken", "none", "not judged"]
    tried: int
    least: int | None = None
    sets: tuple[str, ...] = ()
    at_least: bool = False
    short: Literal["", "another breaks", "incomplete", "mixed sets"] = ""


class Certificate(msgspec.Struct, frozen=True):
    """An enumeration's result. `cut_at` and `cut_by`: the size of the smallest sets that were not enlarged, and what they
    break. `gate`: why the gate was not passed; nothing if it was, or if there was none. `broken`: what breaks within it."""

    scenario: str
    seed: int
    protocol: str
    k: int
    about: str
    complete: bool
    runs: int
    cut_at: int | None
    cut_by: tuple[str, ...]
    standings: tuple[Standing, ...]
    gate: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    never_ran: tuple[str, ...] = ()
    """What the variant overrides that ran in none of these runs: nothing is certified of that."""


def certificate(found: Enumeration, plan: Plan, gate: int | None = None) -> Certificate:
    """What an enumeration over a plan certifies; `gate`: of how many deviations none may break anything."""
    standings = tuple(_standing(found, name) for name in FAMILIES if found.about in ("", name))
    return Certificate(
        plan.scenario,
        plan.seed,
        plan.protocol.name,
        found.k,
        found.about,
        found.complete,
        found.runs(),
        found.cut_at,
        tuple(found.cut_by),
        standings,
        () if gate is None else tuple(_missed(found, standings, gate)),
        () if gate is None else tuple(each.property for each in _broken(found, standings, gate)),
        tuple(sorted(found.idle or ())),
    )


def _standing(found: Enumeration, name: str) -> Standing:
    family, tried = FAMILIES[name], found.tried()
    if name in found.least:
        smallest = found.least[name]
        least, words = len(smallest[0]), tuple(map(all_worded, smallest))
        return Standing(name, family, "broken", tried, least, words, least > tried)
    if name not in found.tested:
        return Standing(name, family, "not judged", tried)
    mixing = found.mixing()
    if tried < found.k:
        short: Literal["another breaks", "incomplete"] = "another breaks" if tried == found.cut_at else "incomplete"
        return Standing(name, family, "none", tried, short=short)
    if name in PRESENCE and mixing is not None:
        return Standing(name, family, "none", mixing - 1, short="mixed sets")
    return Standing(name, family, "none", tried)


def _asked(found: Enumeration, standings: Sequence[Standing]) -> list[Standing]:
    """What a gate is about: the property that is asked about, or else those of safety."""
    return [each for each in standings if found.about or each.family == "safety"]


def _broken(found: Enumeration, standings: Sequence[Standing], gate: int) -> list[Standing]:
    return [
        each
        for each in _asked(found, standings)
        if each.verdict == "broken" and each.least is not None and each.least <= gate
    ]


def _missed(found: Enumeration, standings: Sequence[Standing], gate: int) -> Iterator[str]:
    """Why a gate is not passed."""
    asked = _asked(found, standings)
    for each in _broken(found, standings, gate):
        yield f"{each.property} is broken by {_deviations(each.least or 0)}"
    short = [each for each in asked if each.verdict == "none" and each.tried < gate]
    cut = [each for each in short if each.short == "another breaks"]
    if cut:
        yield f"{counted(len(cut), 'property')} not tried beyond {found.cut_at}, where {_break(found.cut_by)}"
    if any(each.short == "incomplete" for each in short):
        yield INCOMPLETE
    if found.about and any(each.short == "mixed sets" for each in short):
        yield "sets that mix deviations of presence with others were not tried"
    if found.complete and all(each.verdict == "not judged" for each in asked):
        yield f"{found.about or 'no safety property'} was {'never' if found.about else 'ever'} put to the test"


def show(console: Console, given: Certificate, sets: int, replays: dict[str, str]) -> None:
    """The least number of deviations for each property, and the certificate for the others, by family."""
    for family in ("safety", "liveness"):
        standings = [each for each in given.standings if each.family == family]
        if standings:
            console.print(f"\n[bold]{family}[/]")
            _show_family(console, given, standings, sets, replays)


def show_idle(console: Console, given: Certificate) -> None:
    """What of a variant no run came to."""
    if given.never_ran:
        console.print(f"\n[bold yellow]never ran[/] in {_runs(given.runs)}, so that nothing of this is certified:")
        _indented(console, ", ".join(given.never_ran))


def _show_family(
    console: Console, given: Certificate, standings: Sequence[Standing], sets: int, replays: dict[str, str]
) -> None:
    broken = [each for each in standings if each.verdict == "broken"]
    for each in broken:
        assert each.least is not None
        count = f"{'at least ' if each.at_least else ''}{len(each.sets)} set{'' if len(each.sets) == 1 else 's'}"
        radius = f"{each.least}{' or less' if each.least > each.tried + 1 else ''}"
        console.print(f"[bold red]{each.property}[/]: radius {radius}, by {count}", soft_wrap=True)
        for words in each.sets[:sets]:
            _indented(console, words)
        if len(each.sets) > sets:
            _indented(console, f"and {len(each.sets) - sets} more (--sets)")
        console.print(f"{INDENT}{replays[each.property]}", markup=False, soft_wrap=True)
    others = "others: " if broken else ""
    rest = [each for each in standings if each.verdict == "none"]
    full = [each for each in rest if not each.short]
    if full:
        console.print(f"{others}{counted(len(full), 'property')}: none with ≤ {given.k}: {_runs(given.runs)}, complete")
    cut = [each for each in rest if each.short == "another breaks"]
    if cut:
        console.print(f"{others}{counted(len(cut), 'property')}: none with ≤ {cut[0].tried}, not tried beyond:")
        _indented(
            console,
            f"{_break(given.cut_by)} there, and sets that contain a breaking one are left out ({_runs(given.runs)}). "
            f"`--property NAME` tries all sets of at most {given.k} for one property, whatever else breaks.",
        )
    interrupted = [each for each in rest if each.short == "incomplete"]
    if interrupted:
        so_far = f"none with ≤ {interrupted[0].tried}" if interrupted[0].tried >= 0 else "none so far"
        console.print(
            f"{others}{counted(len(interrupted), 'property')}: {so_far}: {_runs(given.runs)} of those with ≤ {given.k}, "
            "[bold red]incomplete[/]"
        )
    apart = [each for each in rest if each.short == "mixed sets"]
    if apart:
        names = ", ".join(each.property for each in apart)
        console.print(
            f"not certified for {given.k}: {names}. None of the runs broke them, but sets that mix deviations of presence with "
            "others were not tried."
        )
    idle = [each for each in standings if each.verdict == "not judged"]
    if idle:
        console.print(
            f"{counted(len(idle), 'property')} had nothing to judge in {_runs(given.runs)}, so that nothing is known:"
        )
        _indented(console, ", ".join(each.property for each in idle))


def show_gate(console: Console, given: Certificate, gate: int) -> None:
    """Whether the gate was passed, by how many properties, and why not."""
    for missed in given.gate:
        console.print(f"[bold red]gate {gate}[/]: {missed}")
    if not given.gate:
        asked = [each for each in given.standings if given.about or each.family == "safety"]
        idle = sum(each.verdict == "not judged" for each in asked)
        apart = sum(each.short == "mixed sets" and each.tried < gate for each in asked)
        told = [f"gate {gate}: passed by {counted(len(asked) - idle - apart, 'property')}"]
        told += [f"{counted(idle, 'property')} had nothing to judge"] if idle else []
        told += [f"{counted(apart, 'property')} not certified for {given.k}"] if apart else []
        console.print("; ".join(told))


def exit_code(given: Certificate) -> int:
    """What it ends a command with: something breaks within the gate, it was interrupted, or not all of the gate was judged."""
    return exits.worst(
        (
            exits.BROKEN if given.broken else exits.PASS,
            exits.PASS if given.complete else exits.INTERRUPTED,
            exits.NO_PASS if any(missed != INCOMPLETE for missed in given.gate) else exits.PASS,
        )
    )


def _indented(console: Console, text: str) -> None:
    """Wrapped between words, property names being one: padding would leave blanks at the ends of lines."""
    lines = textwrap.fill(
        printable(text), console.width, initial_indent=INDENT, subsequent_indent=INDENT, break_on_hyphens=False
    )
    console.print(lines, markup=False, soft_wrap=True)


def _break(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{', '.join(names[:NAMED])}{more} break{'s' if len(names) == 1 else ''}"


def _runs(count: int) -> str:
    return f"{count} run{'' if count == 1 else 's'}"


def _deviations(count: int) -> str:
    return f"{count} deviation{'' if count == 1 else 's'}" if count else "the default schedule"
