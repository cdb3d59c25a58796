"""Which campaign puts a decision to the test: measured over the bundled ones, kept in `docs/decisions.json`.

A campaign asks a decision, and would notice another answer only where that answer differs. So what is counted, in runs of
the reference, is how often each decision was asked, and how often the other answer that `docs/decisions.md` shows for it
would have been a different one.

Requirements: V3, V4.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from reports.summary import Asked

FILE = Path(__file__).parent.parent / "docs" / "decisions.json"


class Trials(msgspec.Struct):
    """Of each decision ('store.readable'), what was asked in so many seeds of each campaign."""

    seeds: int
    decisions: dict[str, dict[str, Asked]]

    def of(self, decision: str) -> list[tuple[str, Asked]]:
        """The campaigns that put a decision to the test, the one that does it most first."""
        asked = [(name, each) for name, each in self.decisions.get(decision, {}).items() if tested(each)]
        return sorted(asked, key=lambda pair: (-tested(pair[1]), pair[0]))


def tested(asked: Asked) -> int:
    """How often another answer would have been noticed; of what can't be compared, how often it was asked."""
    return asked.times if asked.different is None else asked.different


def read() -> Trials:
    """What was measured; nothing, where the pages are not installed."""
    return msgspec.json.decode(FILE.read_bytes(), type=Trials) if FILE.exists() else Trials(0, {})


def remarks(asked: dict[str, Asked], ran: Sequence[str]) -> list[str]:
    """For each overridden decision that the campaigns which `ran` did not put to the test: that, and which one would."""
    trials = read()
    told = []
    for name, each in asked.items():
        if tested(each):
            continue
        others = [scenario for scenario, _ in trials.of(name) if scenario not in ran][:3]
        said = f"was asked {each.times:,} times, and never answered otherwise than the reference would have"
        said = said if each.times else "was never asked here"
        told.append(f"{name} {said}" + (f"; try {', '.join(others)}" if others else ""))
    return told
