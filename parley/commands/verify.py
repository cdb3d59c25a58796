"""`parley verify`: judges the history of any system, and tells of it (`parley/judged/`).

Requirements: V1, V2, R1, R4.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from model.events import VOCABULARY, Persisted, Stored
from parley import exits
from parley.console import out_console
from parley.judged.verifying import Verified as Verified
from parley.judged.verifying import printable
from parley.judged.verifying import verify as verify
from parley.record.on_disk import on_disk
from parley.record.reading import ALWAYS, OBSERVABLE, Reader, open_history, plain
from properties.catalogue import PROPERTIES
from properties.causes import causes
from properties.record_scope import RecordScope
from reports.metrics.definitions import unmeasured
from reports.metrics.table import counted
from reports.text import terminal
from reports.text.narrative import line as told
from reports.text.narrative import subject
from sim.history import Event
from sim.verdicts import CLEAN, GOOD, HOLDS, NOT_RECORDED, NOT_SHOWN, UNKNOWN, VACUOUS, VIOLATED, Verdict

AROUND = 40
"""How many lines of what led to a violation are told."""


def lines_at(path: Path, wanted: Mapping[int, None]) -> dict[int, Event]:
    """The events at these indices, read again, their ids as they are in the file."""
    return dict(_again(path, lambda index, _: index in wanted, max(wanted, default=-1)))


def leading_to(path: Path, evidence: Mapping[int, Event]) -> dict[int, Event]:
    """The last events, up to the evidence and with it, that have to do with its messages and devices."""
    concerns = subject(evidence, tuple(evidence))
    found = _again(path, lambda index, event: index in evidence or concerns(event), max(evidence))
    return dict(deque(found, AROUND)) | dict(evidence)


def _again(path: Path, wanted: Callable[[int, Event], bool], last: int) -> Iterator[tuple[int, Event]]:
    with open_history(path) as stream:
        for first, block in Reader(stream, str(path)):
            if first > last:
                return
            for index, event in enumerate(block[: last + 1 - first], first):
                if wanted(index, event):
                    yield index, plain(event)


def command(
    history: Annotated[Path, typer.Argument(help="A history as JSON Lines, plain or gzip; - for standard input.")],
    missing: Annotated[
        bool, typer.Option("--missing", help="Say of each promise that is unknown what the history lacks for it.")
    ] = False,
) -> None:
    """Judges a history of any system: which promises it keeps, which it breaks and where, and which it can't tell of."""
    with on_disk(history) as (path, name):
        _report(path, name, missing)


def _report(path: Path, name: str, missing: bool) -> None:
    found = verify(path, name)
    console = out_console()
    verdict = _verdict(found)
    terminal.options(console, printable(name), _about(found))
    console.print(verdict)
    console.print()
    if found.violations:
        _tell(console, path, found)
    terminal.show_verdicts(console, _rows(found, missing))
    records = found.scope.records
    terminal.show_metrics(console, found.metrics, {} if records is None else unmeasured(records))
    console.print(verdict)
    exits.leave(exits.of_verdicts(found.verdicts))


def _verdict(found: Verified) -> str:
    """The verdict in one line, with rich markup."""
    held = sum(verdict.status in GOOD for verdict in found.verdicts)
    untested, unknown = len(found.names(VACUOUS)), len(found.names(UNKNOWN))
    rest = f"{untested} were not put to the test, {unknown} are unknown"
    stops = terminal.headline(
        {
            "violated": found.names(VIOLATED),
            "not shown": [verdict.property for verdict in found.verdicts if verdict.reason == NOT_SHOWN],
            "nothing judged": [] if exits.judged(found.verdicts) else [f"no property was put to the test: {rest}"],
        }
    )
    return stops or f"[bold green]PASS[/]  {counted(held, 'property')} hold; {rest}"


def _tell(console: Console, path: Path, found: Verified) -> None:
    """Each cause with the lines that prove it, and what follows from it; then how it came to the first of them."""
    with open_history(path) as stream:
        every = ((first + i, event) for first, block in Reader(stream, str(path)) for i, event in enumerate(block))
        roots = causes(found.violations, every)
    evidence = lines_at(path, dict.fromkeys(index for cause in roots for index in cause.violation.evidence))
    for violation, follow in roots:
        terminal.show_violation(
            console,
            violation.property,
            printable(violation.message),
            found.judge.count_of(violation.property),
            [(index + 2, printable(told(evidence[index]))) for index in violation.evidence if index in evidence],
        )
        terminal.show_follow(console, [each.property for each in follow])
        for each in follow:
            console.print(f"    {each.property}: {printable(each.message)}", markup=False, soft_wrap=True)
        console.print()
    worst = roots[0].violation
    if worst.evidence:
        proof = {index: evidence[index] for index in worst.evidence if index in evidence}
        console.print(f"How it came to {worst.property}:")
        for index, event in sorted(leading_to(path, proof).items()):
            text = printable(told(event, proof=index in proof))
            console.print(f"  line {index + 2:<8,} {text}", markup=False, soft_wrap=True)
        console.print()


def _about(found: Verified) -> list[tuple[str, str]]:
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
    if scope.skew:
        about.append(("clocks", f"up to {scope.skew / 1e6:g} s apart, and so may be figures between two devices"))
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


def _rows(found: Verified, missing: bool) -> Iterator[tuple[str, int, str, str]]:
    """Properties by verdict. Those that are unknown by what would help: in few lines, or (`missing`) each with all it needs."""
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
    for why, lacking in sorted(grouped.items(), key=lambda group: group[0] in (INSIDE, MORE)):
        if missing:
            for name, kinds in lacking.items():
                yield UNKNOWN, 1, f"{name} needs {', '.join(kinds)}" if kinds else f"{name}: {why}", ""
        elif why == INSIDE and lacking:
            most = Counter(kind for kinds in lacking.values() for kind in kinds).most_common()
            some = ", ".join(f"{kind} for {number}" for kind, number in most[:4])
            more = f", {len(most) - 4} more kinds" if len(most) > 4 else ""
            yield UNKNOWN, len(lacking), why, f"{some}{more} (--missing says which for which)"
        elif why == MORE and lacking:
            by: dict[tuple[str, ...], list[str]] = {}
            for name, kinds in lacking.items():
                by.setdefault(kinds, []).append(name)
            told = "; ".join(f"{', '.join(kinds)} for {', '.join(names)}" for kinds, names in by.items())
            yield UNKNOWN, len(lacking), why, told
        elif lacking:
            yield UNKNOWN, len(lacking), why, ", ".join(lacking)
    if found.scope.records is not None:
        never = sorted(kind.__name__ for kind in found.scope.records - found.came - {*ALWAYS})
        if never:
            yield "no line", len(never), "recorded, says the header, so that it did not happen", ", ".join(never)


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
