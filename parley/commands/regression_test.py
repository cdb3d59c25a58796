"""What `parley shrink` leaves: the small plan, and a pytest test that names the milestones on its way to the violation.

Requirements: V6, R4.
"""

from __future__ import annotations

import json
import textwrap
from pathlib import Path

from faults.plan import encode
from faults.wording import counted
from model.protocol import REFERENCE
from parley.commands.shrunk_plan import Small
from parley.files import write
from parley.replaying import again
from parley.scenario import Checkpoint
from properties.base import Violation
from reports.text.narrative import SENTENCES
from sim.history import Event, FaultStarted
from sim.printable import printable


def files(path: Path, folder: Path | None, name: str) -> tuple[Path, Path]:
    """Where the shrunk plan and its test go: beside the plan, unless a folder is given. A shrunk plan keeps its names."""
    stem = path.stem.removesuffix(f".{name}")
    where = folder or path.parent
    test = "".join(c if c.isalnum() else "_" for c in f"test_{stem}_{name}")
    return where / f"{stem}.{name}.json", where / f"{test}.py"


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

Replay it: {replay}
"""

from pathlib import Path

from parley.campaign import pass_checkpoints
from parley.replaying import replay
from parley.scenario import Checkpoint

PLAN = Path(__file__).with_name({file})
PROTOCOL = {protocol}  # the plan runs no code by itself; a variant that is not found from here is looked for above this file
PROPERTY = {property}
MENDED = False  # True once the protocol is mended: from then on the promise has to hold on this plan

MILESTONES = [
{milestones}
]


def {test}() -> None:
    outcome = replay(PLAN, PROTOCOL)
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
        title=_in_docstring(title),
        story=_in_docstring(small.violation.message + "."),
        replay=_in_docstring(again("replay", file, plan.protocol.file)),
        file=_literal(file),
        protocol=_literal(plan.protocol.file or REFERENCE.name),
        property=_literal(name),
        milestones="\n".join(listed),
        test=f"test_{name.replace('-', '_')}",
    )
    if small.holds_under:
        source += _HOLDS.format(test=f"test_{name.replace('-', '_')}", base=_literal(small.holds_under))
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
    """A value as Python, in double quotes. No text ends the literal that it is in, and none of it is invisible."""
    if not isinstance(value, str):
        return repr(value)
    return printable(json.dumps(value, ensure_ascii=False))


def _in_docstring(text: str) -> str:
    """Text of a plan within a docstring: it can't end it, and what would be an escape there is none."""
    return textwrap.fill(printable(text), 110).replace("\\", "\\\\").replace('"', '\\"')
