"""`parley renew`: what plans say that they show, written anew.

Requirements: V5, V7.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from msgspec.structs import replace

from faults.plan import Expectation, encode
from parley import exits, variants
from parley.console import ProtocolOption, TrustOption, out_console
from parley.files import write
from parley.replaying import read_plan
from parley.runner import execute
from sim.printable import printable


def command(
    plans: Annotated[list[Path], typer.Argument(metavar="PLAN...", help="Plan files, as failed runs leave them.")],
    protocol: ProtocolOption = "",
    trust: TrustOption = False,
    verdict_too: Annotated[bool, typer.Option(help="Also where other properties are violated than it says.")] = False,
) -> None:
    """Runs plans and writes what they show into them: the digest, after a release that records more than the last one.

    A plan that violates other properties than it says is left as it is, and the exit code is 1.
    """
    console = out_console()
    changed = False
    for path in plans:
        plan, spec = read_plan(path, protocol, trust=trust)
        outcome = execute(plan, variants.load(spec))
        said, shows = plan.expect, Expectation(violates=outcome.violated(), digest=outcome.digest())
        if said is not None and {*said.violates} != {*shows.violates} and not verdict_too:
            changed = True
            told = f"not renewed: it says that it violates {_listed(said)}, and violates {_listed(shows)}"
        elif said == shows:
            told = "as it says"
        else:
            write(path, encode(replace(plan, expect=shows)))
            told = f"renewed: violates {_listed(shows)}, digest {shows.digest[:12]}"
        console.print(printable(f"{path}  {told}"), markup=False, soft_wrap=True)
    exits.leave(exits.BROKEN if changed else exits.PASS)


def _listed(expectation: Expectation) -> str:
    return ", ".join(expectation.violates) or "nothing"
