"""Asks runs for the shrinker, and writes down what it leaves: the plan, and a test with named milestones.

Requirements: V6, R4.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from faults.plan import Expectation, Plan, ProtocolRef, encode
from faults.shrink import shrinker as shrinking
from faults.wording import counted
from model.protocol import PROTOCOLS, Protocol
from model.topology import TopologyError
from parley import campaign as campaigns
from parley import variants
from parley.errors import BadInput
from parley.files import write
from parley.run import Outcome, Run
from parley.scenario import Checkpoint
from parley.watchdog import Hung, watching
from properties.base import Violation
from properties.catalogue import CATALOGUE
from properties.load import NoLivelock
from reports.text.narrative import SENTENCES
from sim.history import Event, FaultStarted
from sim.near import near


class CandidateError(Exception):
    """A run of a plan that was made smaller broke down: the plan, and why."""

    def __init__(self, plan: Plan, why: BadInput | campaigns.InternalError) -> None:
        super().__init__(f"{why} (in a smaller plan, of {counted(plan)})")
        self.plan = plan
        self.why = why


@dataclass(frozen=True)
class Oracle:
    """Answers when a plan violates one property. One with which its protocol can do nothing, say without a shard, does not.

    Whatever else comes up in a run is a mistake, of the variant or of the simulator, and raises CandidateError.
    """

    protocol: Protocol
    property: str
    patience: int = 0
    """After how many callbacks a run is given up as endless, which takes long to see; 0: as every run is."""

    def __call__(self, plan: Plan) -> int | None:
        run = None
        try:
            with watching(bool(plan.protocol.file)):
                run = Run(plan, self.protocol)
                return run.seek(self.property, self.patience)
        except TopologyError:
            return None
        except (Exception, SystemExit, Hung) as error:
            raise CandidateError(plan, campaigns.explained(error, plan, run.now if run else 0)) from None


PATIENCE = 40_000
"""Callbacks of a run that looks for an endless one. A plan of the bundled campaigns takes up to about 10,000."""


@dataclass(frozen=True)
class Small:
    """A shrunk plan with its expectation, what it showed, and how it was come by."""

    before: Plan
    plan: Plan
    outcome: Outcome
    violation: Violation
    runs: int
    minimal: bool
    holds_under: str
    """The protocol without the variant's decisions, if it keeps every promise on this plan; else ''."""
    interrupted: bool = False


def chosen(path: Path, plan: Plan, spec: str, name: str) -> str:
    """The property that is to stay violated: `name`, or the first that the plan violates. Raises BadInput if it does not."""
    known = [kind.name for kind in CATALOGUE]
    if name and name not in known:
        raise BadInput(f"--property: there is no property {name!r}{near(name, known)}")
    _, outcome = campaigns.execute(plan, variants.load(spec))
    violated = outcome.violated()
    if not violated:
        raise BadInput(f"{path}: this plan violates nothing under the protocol {variants.load(spec).name!r}")
    if name and name not in violated:
        raise BadInput(f"{path}: this plan does not violate {name!r}; it violates {', '.join(violated)}")
    return name or violated[0]


def oracle(protocol: Protocol, name: str) -> Oracle:
    """Who to ask for violations of this property. What does not end is looked for with less patience, and verified later."""
    return Oracle(protocol, name, PATIENCE if name == NoLivelock.name else 0)


def base_of(protocol: Protocol) -> str:
    """Which of the protocols that come with Parley a variant is one of; '' if it is one itself."""
    if protocol.name in PROTOCOLS:
        return ""
    alike = (n for n, p in PROTOCOLS.items() if (p.sequencer, p.fan_out) == (protocol.sequencer, protocol.fan_out))
    return next(alike, "reference")


def named_by(path: Path) -> str:
    """The property that the name of a shrunk plan's file ends in; '' if it ends in none."""
    _, _, name = path.stem.rpartition(".")
    return name if name in {kind.name for kind in CATALOGUE} else ""


def shrink(
    plan: Plan,
    spec: str,
    name: str,
    *,
    budget: int = shrinking.BUDGET,
    keep: bool = False,
    on_run: Callable[[int, Plan], None] = lambda *_: None,
) -> Small:
    """The smallest plan found that still violates the property `name` under the protocol of `spec`.

    Ctrl-C raises KeyboardInterrupt, or, with `keep`, ends it early, unless nothing smaller was found yet.
    """
    protocol = variants.load(spec)
    reference = ProtocolRef(name=protocol.name, file=spec)
    before = replace(plan, protocol=reference)
    found, interrupted = _smallest(before, oracle(protocol, name), budget, keep, on_run)
    _, outcome = campaigns.execute(found.plan, protocol)
    if name not in outcome.violated():  # it would have ended after all
        if interrupted:
            raise KeyboardInterrupt
        found, interrupted = _smallest(before, Oracle(protocol, name), budget, keep, on_run)
        _, outcome = campaigns.execute(found.plan, protocol)
    expect = Expectation(violates=outcome.violated(), digest=outcome.digest())
    violation = next(violation for violation in outcome.violations if violation.property == name)
    base = base_of(protocol)
    holds = base if base and not campaigns.execute(found.plan, PROTOCOLS[base])[1].violations else ""
    plan = replace(found.plan, expect=expect)
    return Small(before, plan, outcome, violation, found.runs, found.minimal, holds, interrupted)


def _smallest(
    plan: Plan, question: Oracle, budget: int, keep: bool, on_run: Callable[[int, Plan], None]
) -> tuple[shrinking.Shrunk, bool]:
    """What shrinking leaves, and whether it was interrupted."""
    shrinker = shrinking.Shrinker(plan, question, budget, on_run)
    first = shrinker.best
    try:
        return shrinker.shrink(), False
    except KeyboardInterrupt:
        if not keep or shrinker.best is first:
            raise
        return shrinking.Shrunk(shrinker.best, shrinker.runs, minimal=False), True


# --- files --------------------------------------------------------------------------------------------------------


def files(path: Path, folder: Path | None, name: str) -> tuple[Path, Path]:
    """Where the shrunk plan and its test go: beside the plan, unless a folder is given. A shrunk plan keeps its names."""
    stem = path.stem.removesuffix(f".{name}")
    where = folder or path.parent
    test = "".join(c if c.isalnum() else "_" for c in f"test_{stem}_{name}")
    return where / f"{stem}.{name}.json", where / f"{test}.py"


def broken(error: CandidateError, beside: Path) -> BadInput | campaigns.InternalError:
    """The error to end with when a run broke down on the way: it names the plan, which is written beside the failing one."""
    file = beside.with_name(f"{beside.stem}.broken.json")
    write(file, encode(error.plan))
    return type(error.why)(f"{error.why}\n{file}: the smaller plan, of {counted(error.plan)}, in which this came up")


def write_both(small: Small, plan: Path, test: Path) -> None:
    """Writes the plan and its test."""
    write(plan, encode(small.plan))
    write(test, a_test(small, plan.name).encode())


def milestones(history: list[Event], violation: Violation) -> list[Checkpoint]:
    """What a run has to pass on its way to the violation: each fault that strikes, and the events that prove it."""
    last = violation.evidence[-1]
    faults = [i for i, event in enumerate(history[: last + 1]) if isinstance(event, FaultStarted)]
    return [_checkpoint(history[i]) for i in sorted({*faults, *violation.evidence})]


def _checkpoint(event: Event) -> Checkpoint:
    where = {
        name: value
        for name in event.__struct_fields__
        if name not in ("t", "cause") and isinstance(value := getattr(event, name), str | int) and value != ""
    }
    if event.node in [value for name, value in where.items() if name != "node"]:
        del where["node"]
    who = "" if isinstance(event, FaultStarted) else f"{event.node} "
    return Checkpoint(says=who + SENTENCES[type(event)](event), event=type(event).__name__, where=dict(where))


_TEST = '''\
"""{title}

{story}

Replay it: parley replay {plan}
"""

from pathlib import Path

from parley.campaign import pass_checkpoints
from parley.replaying import replay
from parley.scenario import Checkpoint

PLAN = Path(__file__).with_name({file})
PROPERTY = {property}
MENDED = False  # True once the protocol is mended: from then on the promise has to hold on this plan

MILESTONES = [
{milestones}
]


def {test}() -> None:
    outcome = replay(PLAN)
    if MENDED:
        assert PROPERTY not in outcome.violated()
        return
    missed = [passed.says for passed in pass_checkpoints(MILESTONES, outcome.history) if passed.at is None]
    assert missed == []
    assert PROPERTY in outcome.violated()
'''

_HOLDS = """

def {test}_holds_without_the_variant() -> None:
    assert replay(PLAN, {base}).violations == []
"""


def a_test(small: Small, file: str) -> str:
    """The source of a pytest test that passes as long as the plan fails as it did, by the same milestones."""
    name, plan = small.violation.property, small.plan
    from_where = f"{plan.scenario}, seed {plan.seed}, in {counted(plan)}"
    title = f"{name}, violated by the protocol {plan.protocol.name}: {from_where}."
    listed = [_written(checkpoint) for checkpoint in milestones(small.outcome.history, small.violation)]
    source = _TEST.format(
        title=textwrap.fill(title, 110),
        story=textwrap.fill(small.violation.message + ".", 110),
        plan=file,
        file=json.dumps(file, ensure_ascii=False),
        property=json.dumps(name),
        milestones="\n".join(listed),
        test=f"test_{name.replace('-', '_')}",
    )
    if small.holds_under:
        source += _HOLDS.format(test=f"test_{name.replace('-', '_')}", base=json.dumps(small.holds_under))
    return source


def _written(checkpoint: Checkpoint) -> str:
    """A checkpoint as Python, as the formatter would lay it out."""
    fields = [f"{_literal(name)}: {_literal(value)}" for name, value in checkpoint.where.items()]
    where = f"where={{{', '.join(fields)}}},"
    if len(where) > 112:
        where = "where={\n" + "".join(f"            {field},\n" for field in fields) + "        },"
    says, event = _literal(checkpoint.says), _literal(checkpoint.event)
    return f"    Checkpoint(\n        says={says},\n        event={event},\n        {where}\n    ),"


def _literal(value: str | int) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)
