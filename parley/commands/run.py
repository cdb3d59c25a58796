"""`parley run`: one scenario under one seed.

Requirements: R1.
"""

from __future__ import annotations

from typing import Annotated

import typer

from parley import variants
from parley.commands.single_run import HistoryOption, ObservableOption, StoryOption, show_run
from parley.console import LARGEST_SEED, ProtocolOption
from parley.scenario import find, read


def command(
    scenario: Annotated[str, typer.Argument(help="A scenario file, or the name of a bundled scenario.")],
    seed: Annotated[
        int | None, typer.Option(min=0, max=LARGEST_SEED, help="The seed; none: the scenario's own.")
    ] = None,
    protocol: ProtocolOption = "",
    history: HistoryOption = None,
    observable: ObservableOption = False,
    story: StoryOption = False,
) -> None:
    """Runs one scenario under one seed: its plan, the verdict, the figures, and the history's digest."""
    loaded = read(find(scenario), variants.load(protocol))
    chosen = loaded.seed if seed is None else seed
    plan = loaded.plan(chosen, variants.reference_of(protocol))
    show_run(plan, protocol, history=history, tell=story, observable=observable, scenario=loaded)
