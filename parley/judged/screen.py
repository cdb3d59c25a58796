"""What is said of a judged record, as a person reads it: the verdict, how much is wrong, each violation with its story, the
figures.

Requirements: V1, R1, R4.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

from rich.console import Console

from model.events import VOCABULARY, Connected, Persisted, Stored
from parley import exits
from parley.judged.again import Findings
from parley.judged.counts import (
    AWAY,
    DISORDER,
    FOREIGN,
    LATE,
    LOST,
    NEVER_SENT,
    NOT_AS_SENT,
    PENDING,
    REFUSED,
    TOO_EARLY,
    TWICE,
    Count,
    Place,
)
from parley.judged.times import Face
from parley.judged.verifying import Verified
from parley.record.clocks import Clock
from parley.record.reading import ALWAYS, OBSERVABLE
from parley.record.units import unit_of
from properties.base import Violation
from properties.catalogue import PROPERTIES
from properties.record_scope import RecordScope
from reports.metrics.definitions import unmeasured
from reports.metrics.table import Figure, breakdown, counted, lasting
from reports.text import terminal
from reports.text.markup import escape
from reports.text.narrative import line as told
from sim.printable import printable
from sim.verdicts import CLEAN, GOOD, HOLDS, MISSED, NOT_RECORDED, NOT_SHOWN, UNKNOWN, VACUOUS, VIOLATED, Verdict

FEW = 10
"""So many counts are printed, if not all are asked for."""


def show(console: Console, name: str, found: Verified, findings: Findings, *, every: bool, missing: bool) -> None:
    """Prints all that is said of a record of that name. `every`: no count is left out; `missing`: what each unknown promise
    lacks."""
    face = Face(found.first, found.last)
    verdict = verdict_line(found, findings)
    terminal.options(console, printable(name), _about(found, face))
    console.print(verdict)
    console.print()
    terminal.show_targets(console, found.targets)
    _counts(console, findings.counts, face, every=every)
    _clocks(console, found)
    _violations(console, found, findings, face)
    terminal.show_verdicts(console, _rows(found, missing, every))
    records = found.scope.records
    terminal.show_metrics(console, found.metrics, {} if records is None else unmeasured(records), segments(found))
    console.print(verdict)


def show_proven(console: Console, violation: Violation, lines: list[tuple[int, str]], *, last: bool) -> None:
    """Prints a violation that was just proven, with the lines that prove it. `last`: no more of its property are printed."""
    proof = [(number, printable(text)) for number, text in lines]
    terminal.show_violation(console, violation.property, printable(violation.message), 1, proof)
    if last:
        console.print(
            f"[dim]… more of {escape(violation.property)} are counted, and the end says how many[/]", soft_wrap=True
        )
    console.print()
    console.file.flush()


def show_untold(console: Console, found: Verified, told: Mapping[str, int]) -> None:
    """Prints how many violations of each property there are beyond those that were printed as they were proven."""
    more = {name: found.judge.count_of(name) - number for name, number in told.items()}
    if any(more.values()):
        console.print(
            "; ".join(f"… and {number:,} more of {name}" for name, number in more.items() if number), soft_wrap=True
        )
        console.print()


def segments(found: Verified) -> list[Figure]:
    """From the tap to the screen, by who was connected: nothing of a record that doesn't tell."""
    records = found.scope.records
    told = records is None or Connected in records
    return [row for row in breakdown(found.metrics) if told and row.name.startswith("tap_to_screen[segment=")]


def verdict_line(found: Verified, findings: Findings) -> str:
    """The verdict in one line, with rich markup: of what is violated the causes first."""
    held = sum(verdict.status in GOOD for verdict in found.verdicts)
    untested, unknown = len(found.names(VACUOUS)), len(found.names(UNKNOWN))
    rest = f"{untested} were not put to the test, {unknown} are unknown"
    stops = terminal.headline(
        {
            "violated": terminal.in_a_line(
                [cause.violation.property for cause in findings.causes],
                [violation.property for cause in findings.causes for violation in cause.follow],
            ),
            "target missed": [target.told for target in found.targets if target.status == MISSED],
            "not measured": [target.told for target in found.targets if target.status == UNKNOWN],
            "not shown": [verdict.property for verdict in found.verdicts if verdict.reason == NOT_SHOWN],
            "nothing judged": [] if exits.judged(found.verdicts) else [f"no property was put to the test: {rest}"],
        }
    )
    return stops or f"[bold green]PASS[/]  {counted(held, 'property')} hold; {rest}"


_SAYS = {
    LOST: "lacks {count} of {of}",
    NEVER_SENT: "shows {count} that nobody sent",
    TOO_EARLY: "shows {count} before they were sent, by these clocks",
    NOT_AS_SENT: "shows {count} otherwise than they were sent",
    FOREIGN: "shows {count} that are not for its user",
    REFUSED: "shows, or was told of, what had been refused, {times}",
    TWICE: "shows again, {times}, what it has shown, among {messages}",
    DISORDER: "shows {count} of {of} out of their order",
    LATE: "shows {count} of {of} later than targets ask for, though it was connected",
    AWAY: "has not shown {count} of {of} so far, and is away at the end",
    PENDING: "has not shown {count} of {of} so far, and its time is not up",
}
"""What is said of a device, by the kind of its count."""


def _counts(console: Console, counts: list[Count], face: Face, *, every: bool) -> None:
    """How much is wrong: a line for each device and kind."""
    if not counts:
        return
    shown = counts if every else counts[:FEW]
    terminal.show_hanging(
        console, [(_mark(each), f"[bold]{escape(printable(each.device))}[/] {_says(each, face)}") for each in shown]
    )
    if len(shown) < len(counts):
        console.print(f"[dim]… and {counted(len(counts) - len(shown), 'more line')} (--all shows them)[/]")
    console.print()


def _mark(count: Count) -> str:
    return f"[{'yellow' if count.kind in (AWAY, PENDING) else 'bold red'}]{count.kind}[/]"


def _says(count: Count, face: Face) -> str:
    says = _SAYS.get(count.kind, "{times}")
    text = says.format(
        count=f"{count.count:,}",
        of=f"{count.of:,}",
        messages=counted(count.of, "message"),
        times="once" if count.count == 1 else f"{count.count:,} times",
    )
    first, last = count.first, count.last
    if first is None or last is None:
        return text
    if count.count == 1:
        return escape(printable(f"{text}: {_place(first, face, named=True)}"))
    among = f", in {counted(count.conversations, 'conversation')}" if count.conversations > 1 else ""
    between = f"from {_place(first, face, named=count.conversations > 1)} to {_place(last, face, named=True)}"
    return escape(printable(f"{text}, {between}{among}"))


def _place(place: Place, face: Face, *, named: bool) -> str:
    where = f" of {place.conversation}" if named and place.conversation else ""
    return f"{place.message}{where} ({face.short(place.t)}, line {place.line:,})".lstrip()


def _agreement(found: Verified) -> Iterator[tuple[str, str]]:
    """How well clocks agree, where they do."""
    if found.corrected:
        allowed = f"; clocks may still be {lasting(found.scope.skew)} apart" if found.scope.skew else ""
        right = ", ".join(clock.device for clock in found.clocks if clock.correctable)
        yield (
            "corrected",
            f"the clock of {right}{allowed}" if right else "none: no clock is off by more than messages take",
        )
    agree = [clock for clock in found.clocks if not clock.bound and not clock.wrong]
    if len(agree) > 1:
        most = max(clock.uncertainty for clock in agree)
        yield "agreement", f"the clocks of {counted(len(agree), 'device')} agree, give or take {lasting(most)}"


def _clocks(console: Console, found: Verified) -> None:
    """Whose clock is off, and what is shown before it was sent by that."""
    rows = [
        ("[bold yellow]clock[/]", escape(printable(said)))
        for clock in found.clocks
        if (said := clock_says(clock, found))
    ]
    for each in found.turned[:FEW]:
        whose = (
            f"probably by the clock of {each.whose}" if each.whose else "nobody can tell by whose clock, if it is one"
        )
        lines = f"sent in line {found.line(each.sent):,}, shown in line {found.line(each.shown):,}"
        sending = "it was sent" if each.count == 1 else "they were sent"
        told_ = (
            f"{each.device} shows {counted(each.count, 'message')} of {each.sender} before {sending}, by up to "
            f"{lasting(each.by)} ({each.message} of {each.conversation}, {lines}): {whose}"
        )
        rows.append(("[bold yellow]turned[/]", escape(printable(told_))))
    if len(found.turned) > FEW:
        more = counted(len(found.turned) - FEW, "more pair")
        rows.append(("", f"[dim]… and of {more} of devices (--json has all)[/]"))
    if not found.corrected and any(clock.correctable for clock in found.clocks):
        rows.append(("", "--correct-clocks judges the record as if these clocks were right"))
    if rows:
        terminal.show_hanging(console, rows)
        console.print()


def clock_says(clock: Clock, found: Verified) -> str:
    """What is said of a clock that is off; '' of one that is not, as far as anybody can tell."""
    off = f"{lasting(abs(clock.offset))} {'ahead of' if clock.offset > 0 else 'behind'} most others"
    if clock.bound == "unsteady":
        return f"{clock.device}'s lines go with no steady clock: it was set meanwhile, or some lines are out of place"
    if clock.bound == "most" and clock.offset > 1_000_000:
        return f"{clock.device} shows everything at least {lasting(clock.offset)} late: its clock is ahead by that, or it is slow"
    if not clock.wrong:
        return ""
    if clock.bound:
        return f"{clock.device} is at least {off}"
    others = [
        each.device for each in found.clocks if each.group == clock.group and not each.bound and each is not clock
    ]
    if len(others) == 1:
        off = f"{off.removesuffix('most others')}{others[0]}, and nobody can tell whose clock is right"
    drifts = (
        f"; it gains {clock.drift:g} µs a second ({clock.drift_least:g} to {clock.drift_most:g})" if clock.drift else ""
    )
    return f"{clock.device} is {off}, give or take {lasting(clock.uncertainty)}{drifts}"


def _violations(console: Console, found: Verified, findings: Findings, face: Face) -> None:
    """Each cause with the lines that prove it, and what follows from it; then how it came to each."""
    lines = findings.lines
    for violation, follow in findings.causes:
        terminal.show_violation(
            console,
            violation.property,
            printable(violation.message),
            found.judge.count_of(violation.property),
            [
                (found.line(index), printable(told(lines[index], at=face)))
                for index in violation.evidence
                if index in lines
            ],
        )
        terminal.show_follow(console, [each.property for each in follow])
        for each in follow:
            console.print(f"    {each.property}: {printable(each.message)}", markup=False, soft_wrap=True)
        console.print()
    before: dict[tuple[int, ...], str] = {}
    for violation, _ in findings.every():
        story = findings.stories.get(violation.property)
        if not story:
            continue
        same = before.setdefault(tuple(story), violation.property)
        if same != violation.property:
            console.print(
                f"How it came to {violation.property}: by the lines that led to {same}.", markup=False, soft_wrap=True
            )
            console.print()
            continue
        console.print(f"How it came to {violation.property}:")
        for index, event in story.items():
            text = printable(told(event, proof=index in violation.evidence, at=face))
            console.print(f"  line {found.line(index):<8,} {text}", markup=False, soft_wrap=True)
        console.print()


def _about(found: Verified, face: Face) -> list[tuple[str, str]]:
    scope = found.scope
    kinds = "everything"
    if scope.records is not None:
        kinds = counted(len(scope.records - {*ALWAYS}), "kind") + " of event"
    if scope.records == OBSERVABLE:
        kinds += ": all that a client can observe"
    if not found.said:
        kinds += " of which a line comes: the header doesn't say what would have come"
    ids = "opaque" if scope.opaque else "numbers" + (", with gaps" if scope.gaps else "")
    about = [
        ("records", kinds),
        ("ids", ids + (", gaps allowed" if scope.opaque and scope.gaps else "")),
        (
            "events",
            f"{found.events:,}, of {counted(found.devices, 'device')} in {counted(found.conversations, 'conversation')}",
        ),
    ]
    if found.events:
        about.append(("times", face.span()))
    about += _agreement(found)
    if scope.skew:
        about.append(("clocks", f"up to {lasting(scope.skew)} apart, and so may be figures between two devices"))
    unit = unit_of(found.first, found.last)
    if unit is not None:
        about.append(
            ("unit", f"times look like {unit[0]} since 1970, and are taken for µs: multiply them by {unit[1]:,}")
        )
    if found.cut_off:
        about.append(("cut off", f"line {found.cut_off:,} was not written to its end, and is left out"))
    unknown, recovered, unobserved = found.outcomes()
    if unknown:
        some = f"{recovered:,} of which appeared all the same (recovered)"
        about.append(("unanswered", f"{counted(unknown, 'message')}, {some}"))
    if unobserved:
        about.append(("unobserved", f"{counted(unobserved, 'message')} accepted, and shown nowhere so far"))
    if scope.records is not None and Persisted not in scope.records:
        stands = "the sending of a message stands for its commit"
        if Stored not in scope.records:
            stands += ", and showing it for storing it"
        about.append(("figures", stands))
    return about


INSIDE = "not recorded: needs to know what happens inside the server"
MORE = "not recorded: needs more of what a client can observe"


def _rows(found: Verified, missing: bool, every: bool) -> Iterator[tuple[str, int, str, str]]:
    """Properties by verdict. Those that are unknown by what would help: in one line, in a few (`every`), or (`missing`) each with
    all it needs."""
    for status in (VIOLATED, HOLDS, VACUOUS):
        names = found.names(status)
        if names:
            yield status, len(names), "not put to the test" if status == VACUOUS else "", ", ".join(names)
    for verdict in found.verdicts:
        if verdict.status == CLEAN:
            yield CLEAN, 1, verdict.bound, verdict.property
        elif verdict.reason == NOT_SHOWN:
            yield UNKNOWN, 1, f"{NOT_SHOWN}: {printable(verdict.why)}", verdict.property
    grouped: dict[str, dict[str, tuple[str, ...]]] = {INSIDE: {}, MORE: {}}
    for verdict in found.verdicts:
        if verdict.reason == NOT_RECORDED:
            why, kinds = _why(found.scope, verdict)
            grouped.setdefault(why, {})[verdict.property] = kinds
    if not (missing or every) and any(grouped.values()):
        by_number = sorted(grouped.items(), key=lambda group: -len(group[1]))
        because = [f"{len(lacking)} {_because(why, len(lacking))}" for why, lacking in by_number if lacking]
        yield UNKNOWN, sum(map(len, grouped.values())), f"{NOT_RECORDED} (--all names them)", ", ".join(because)
        grouped = {}
    for why, lacking in sorted(grouped.items(), key=lambda group: group[0] in (INSIDE, MORE)):
        if missing:
            for name, kinds in lacking.items():
                yield UNKNOWN, 1, f"{name} needs {', '.join(kinds)}" if kinds else f"{name}: {why}", ""
        elif why == INSIDE and lacking:
            most = Counter(kind for kinds in lacking.values() for kind in kinds).most_common()
            some = ", ".join(f"{kind} for {number}" for kind, number in most[:4])
            more = f", {len(most) - 4} more kinds" if len(most) > 4 else ""
            yield UNKNOWN, len(lacking), why, f"{some}{more} (--missing says which for which): {', '.join(lacking)}"
        elif why == MORE and lacking:
            by: dict[tuple[str, ...], list[str]] = {}
            for name, kinds in lacking.items():
                by.setdefault(kinds, []).append(name)
            told = "; ".join(f"{', '.join(kinds)} for {', '.join(names)}" for kinds, names in by.items())
            yield UNKNOWN, len(lacking), why, told
        elif lacking:
            yield UNKNOWN, len(lacking), why, ", ".join(lacking)
    if found.scope.records is not None:
        never = sorted(kind.__name__ for kind in found.promised - found.came)
        if never:
            yield "no line", len(never), "recorded, says the header, so that it did not happen", ", ".join(never)


def _because(why: str, number: int) -> str:
    """What is said of so many promises, of one that is not recorded: 'need to know …', 'needs to know …'."""
    reason = why.removeprefix(f"{NOT_RECORDED}: ")
    return reason if number == 1 else reason.replace("needs ", "need ", 1)


def _why(scope: RecordScope, verdict: Verdict) -> tuple[str, tuple[str, ...]]:
    """What stands in the way of a verdict that is unknown, and the kinds of event that would help, if any would."""
    prop = PROPERTIES[verdict.property]
    missing = tuple(scope.missing(prop))
    inside = tuple(kind for kind in missing if VOCABULARY[kind] not in OBSERVABLE)
    if inside:
        return INSIDE, missing
    if not missing:
        return f"{NOT_RECORDED}: {verdict.why}", ()
    never = replace(scope, records=None).why_not(prop)
    return (f"{NOT_RECORDED}: {never}", ()) if never else (MORE, missing)
