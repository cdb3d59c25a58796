"""Parley in scripts and notebooks: run a scenario, judge its history, or make tables of it.

    import parley

    outcome = parley.simulate("w1")
    print(outcome.violated(), outcome.digest())
    deliveries = parley.tables.deliveries(outcome.history)
    verdicts = parley.judge(parley.read_history("history.jsonl"))

Everything that a script needs is an attribute of this package: see `parley/scripting.py`. What extends Parley has doors of its
own: `parley.variant`, `parley.property` and `parley.fault`.

Requirements: X6.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parley.names import clash

if TYPE_CHECKING:
    from parley.scripting import History, Outcome, judge, open_scenario, read_history, simulate, tables

__all__ = ["History", "Outcome", "judge", "open_scenario", "read_history", "simulate", "tables"]

if Path(sys.argv[0] if sys.argv else "").name not in ("-m", "parley", "parley.exe"):  # the command tells it in one line
    wrong = clash()
    if wrong is not None:
        raise ImportError(wrong)


def __getattr__(name: str) -> Any:
    """What a script needs, imported when it is asked for: the command does without pandas."""
    if name in __all__:
        return getattr(import_module("parley.scripting"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
