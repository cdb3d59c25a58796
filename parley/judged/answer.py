"""What is said of a judged record, as a machine reads it: `parley verify --json`, and as JUnit for a CI system.

Times are integer µs, as they are in the record. Lines count from 1, the header's.

Requirements: V1, R1, R4.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import msgspec
from msgspec.structs import replace

from parley import exits
from parley.judged.again import Findings
from parley.judged.counts import Count
from parley.judged.screen import segments
from parley.judged.times import Face
from parley.judged.verifying import Verified
from parley.record.clocks import Clock, Turned
from parley.record.reading import ALWAYS
from reports.metrics.definitions import unmeasured
from reports.metrics.summary import Target
from reports.metrics.table import Figure, figures, rates
from reports.text.narrative import sentence
from sim.printable import printable
from sim.verdicts import MISSED, NOT_MEASURED, NOT_SHOWN, UNKNOWN, VACUOUS, VIOLATED, stops


class Line(msgspec.Struct, frozen=True):
    """A line of the record: its number, its time, who says it, and what it says. `proof`: it proves the violation."""

    line: int
    t: int
    node: str
    text: str
    proof: bool


class Promise(msgspec.Struct, frozen=True):
    """A property, and what is known of it: `violated`, `holds`, `clean`, `vacuous` (nothing put it to the test) or `unknown`.

    `reason`: of an unknown one `not recorded`, or `not shown`, which is no pass; `why`: what is missing for a verdict; `bound`:
    within what it is clean. `tested`: how often it was put to the test. `violations`: how many there are, of which `message`
    says the first, and `story` what led to it. `follows`: the violated property that this comes from; '' for none.
    """

    name: str
    family: str
    status: str
    reason: str
    why: str
    bound: str
    tested: int
    violations: int
    message: str
    follows: str
    story: list[Line]


class Record(msgspec.Struct, frozen=True):
    """What was judged. `kinds`: what its header says it records, or of what a line comes if it doesn't (`said`); none:
    everything.

    `first` and `last`: the times from the first thing that happened to the last one. `cut_off`: the number of a last line that
    was not written to its end, or 0. `unanswered`: messages whose sender got no answer, of which `recovered` were shown all the
    same; `unobserved`: messages accepted, and shown nowhere. `corrected`: it was
    judged as if its clocks were right.
    """

    kinds: list[str] | None
    said: bool
    ids: str
    gaps: bool
    skew: int
    events: int
    devices: int
    conversations: int
    first: int
    last: int
    cut_off: int
    unanswered: int
    recovered: int
    unobserved: int
    corrected: bool


class Rate(msgspec.Struct, frozen=True):
    """A rate, as it is printed, and what it is of."""

    title: str
    value: str
    of: str


class Answer(msgspec.Struct, frozen=True):
    """All that is said of a record. `verdict`: `pass`, `violated`, `target missed`, `not shown`, `not measured` or `nothing
    judged`; `code`: what the command exits with.

    `figures`: in the unit that each says; none of what the record has no figures of.
    """

    parley_verify: int
    file: str
    verdict: str
    code: int
    record: Record
    targets: list[Target]
    counts: list[Count]
    clocks: list[Clock]
    turned: list[Turned]
    properties: list[Promise]
    figures: list[Figure]
    rates: list[Rate]


def answer(name: str, found: Verified, findings: Findings) -> Answer:
    """What is said of a record of that name."""
    scope = found.scope
    records = scope.records
    unknown, recovered, unobserved = found.outcomes()
    lacking = {} if records is None else unmeasured(records)
    causes = {violation.property: (violation, cause.violation) for violation, cause in findings.every()}
    promises = []
    for verdict in found.verdicts:
        violation, cause = causes.get(verdict.property, (None, None))
        promises.append(
            Promise(
                verdict.property,
                verdict.family,
                verdict.status,
                verdict.reason,
                verdict.why,
                verdict.bound,
                verdict.tested,
                found.judge.count_of(verdict.property),
                violation.message if violation else "",
                cause.property if cause is not None and cause is not violation else "",
                _story(found, findings, verdict.property, violation.evidence if violation else ()),
            )
        )
    return Answer(
        1,
        name,
        verdict_of(found),
        code(found),
        Record(
            None if records is None else sorted(kind.__name__ for kind in records - {*ALWAYS}),
            found.said,
            "opaque" if scope.opaque else "seq",
            scope.gaps,
            scope.skew,
            found.events,
            found.devices,
            found.conversations,
            found.first,
            found.last,
            found.cut_off,
            unknown,
            recovered,
            unobserved,
            found.corrected,
        ),
        found.targets,
        findings.counts,
        found.clocks,
        [replace(each, sent=found.line(each.sent), shown=found.line(each.shown)) for each in found.turned],
        promises,
        [figure for figure in (*figures(found.metrics), *segments(found)) if figure.name not in lacking],
        [Rate(rate.title, rate.value, rate.of) for rate in rates(found.metrics) if rate.title not in lacking],
    )


def verdict_of(found: Verified) -> str:
    """The verdict in a word or two."""
    if found.names(VIOLATED):
        return VIOLATED
    if any(target.status == MISSED for target in found.targets):
        return MISSED
    if any(verdict.reason == NOT_SHOWN for verdict in found.verdicts):
        return NOT_SHOWN
    if any(target.status == UNKNOWN for target in found.targets):
        return NOT_MEASURED
    return "pass" if exits.judged(found.verdicts) else "nothing judged"


def code(found: Verified) -> int:
    """What the command ends with."""
    return exits.worst(
        (exits.of_verdicts(found.verdicts), *(exits.of_status(target.status) for target in found.targets))
    )


def _story(found: Verified, findings: Findings, name: str, evidence: tuple[int, ...]) -> list[Line]:
    story = findings.stories.get(name, {})
    return [
        Line(found.line(index), event.t, event.node, sentence(event), index in evidence)
        for index, event in story.items()
    ]


def as_json(answer: Answer) -> bytes:
    """One document, a field a line. It holds nothing that a terminal would obey."""
    text = msgspec.json.format(msgspec.json.encode(answer), indent=1).decode()
    return _OBEYED.sub(lambda found: f"\\u{ord(found.group()):04x}", text).encode() + b"\n"


_OBEYED = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
"""What a terminal would obey, and JSON need not escape."""


def as_junit(answer: Answer, says: str) -> bytes:
    """A test case for each property. One that is violated is a failure, with its story; what was not shown is an error.

    What isn't recorded, or wasn't put to the test, was skipped. `says` is the verdict in a line: it is the message of a case of
    its own, which is an error if nothing was judged.
    """
    face = Face(answer.record.first, answer.record.last)
    suites = ET.Element("testsuites", name="parley verify")
    suite = ET.SubElement(suites, "testsuite", name=printable(answer.file), time="0")
    numbers = {"failure": 0, "error": 0, "skipped": 0}
    for promise in answer.properties:
        case = ET.SubElement(suite, "testcase", classname=printable(promise.family), name=promise.name, time="0")
        if promise.status == VIOLATED:
            tag, kind, message = "failure", str(VIOLATED), promise.message
        elif stops(promise.status, promise.reason):
            tag, kind, message = "error", promise.reason, promise.why
        elif promise.status in (VACUOUS, "unknown"):
            tag, kind, message = (
                "skipped",
                promise.reason or VACUOUS,
                promise.why or "nothing in the record put it to the test",
            )
        else:
            continue
        numbers[tag] += 1
        child = ET.SubElement(case, tag, message=printable(message), type=kind)
        if tag == "failure":
            child.text = "\n".join(_told(line, face) for line in promise.story)
    for target in answer.targets:
        case = ET.SubElement(suite, "testcase", classname="targets", name=printable(target.name), time="0")
        if target.met is None or not target.met:
            tag = "error" if target.met is None else "failure"
            numbers[tag] += 1
            ET.SubElement(case, tag, message=printable(target.told), type=target.reason or target.status)
    case = ET.SubElement(suite, "testcase", classname="verdict", name="something was judged", time="0")
    if answer.verdict == "nothing judged":
        numbers["error"] += 1
        ET.SubElement(case, "error", message=printable(says), type=answer.verdict)
    for element in (suites, suite):
        element.set("tests", str(len(answer.properties) + len(answer.targets) + 1))
        element.set("failures", str(numbers["failure"]))
        element.set("errors", str(numbers["error"]))
        element.set("skipped", str(numbers["skipped"]))
    ET.indent(suites, " ")
    document: bytes = ET.tostring(suites, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _told(line: Line, face: Face) -> str:
    return printable(f"line {line.line:<8,} {face(line.t)} {'»' if line.proof else ' '} {line.node:<16} {line.text}")
