"""`parley replay`: a plan from a file, run again.

Requirements: V5.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from parley.commands.single_run import HistoryOption, ObservableOption, StoryOption, show_run
from parley.console import ProtocolOption, TrustOption
from parley.replaying import read_plan


def command(
    plan: Annotated[Path, typer.Argument(help="A plan file, as a failed run leaves it.")],
    protocol: ProtocolOption = "",
    trust: TrustOption = False,
    history: HistoryOption = None,
    observable: ObservableOption = False,
    story: StoryOption = False,
) -> None:
    """Runs a plan again. Says whether it shows what it showed when it was written."""
    loaded, spec = read_plan(plan, protocol, trust=trust)
    show_run(loaded, spec, history=history, tell=story, observable=observable)
