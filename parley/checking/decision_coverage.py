"""Which campaign puts a decision to the test: measured over the bundled ones, kept in `parley/measured/decisions.json`.

A campaign asks a decision, and would notice another answer only where that answer differs. So what is counted, in runs of
the reference, is how often each decision was asked, and how often the other answer that `docs/decisions.md` shows for it
would have been a different one.

Requirements: V3, V4.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from model.decisions import decisions_of, settings_of
from model.protocol import REFERENCE
from parley import bundled
from parley.scenario import BUNDLED, Scenario, read
from reports.metrics.summary import Asked

FILE = bundled.folder("measured") / "decisions.json"


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


def measured() -> Trials:
    """What was measured."""
    return msgspec.json.decode(FILE.read_bytes(), type=Trials)


def measured_with(scenario: Scenario) -> str:
    """The protocol that a campaign's decisions are counted with: `leased`, if there are sequencer shards to be used."""
    return "leased" if scenario.topology.core.shards else "reference"


def _has_shards(scenario: str) -> bool:
    return read(BUNDLED / f"{scenario}.toml").topology.core.shards > 0


def remarks(asked: dict[str, Asked], ran: Sequence[str], *, leased: bool) -> list[str]:
    """For each method or setting of a variant that the campaigns which `ran` did not put to the test: that, and which one would.

    `leased`: whether the variant has a sequencer of shards. Without one nothing ever asks a shard, and what was counted
    with one need not be so. With one it can be run only on campaigns that have shards, and others are not named.
    """
    trials = measured()
    known = {f"{part}.{name}" for part, cls in REFERENCE.components().items() for name in decisions_of(cls)}
    changed = {f"{part}.{name}" for part, cls in REFERENCE.components().items() for name in settings_of(cls)}
    told = []
    for name, each in asked.items():
        if tested(each):
            continue
        of_shards = not leased and name.startswith("shard.")
        others = [scenario for scenario, _ in trials.of(name) if of_shards or scenario not in ran]
        others = [scenario for scenario in others if not leased or _has_shards(scenario)][:3]
        said = "was never asked here" if name in known else "never ran here"
        if each.times and name in known:
            said = f"was asked {each.times:,} times, and never answered otherwise than the reference would have"
        elif each.times:
            said = f"made no difference: the same runs without it are the same ({each.times:,} were tried)"
            if name not in changed:
                said = f"ran {each.times:,} times, and made no difference: some runs were done without it, and are the same"
        tries = f"try {', '.join(others)}" if others else ""
        if of_shards:
            said += ", as only a leased sequencer asks it: put sequencer=LeasedShard into the variant"
            tries = f", and {tries}" if tries else ""
        elif tries:
            counted = {measured_with(read(BUNDLED / f"{scenario}.toml")) for scenario in others}
            tries = f"; {tries}" + " (counted with a leased sequencer)" * (not leased and counted == {"leased"})
        told.append(f"{name} {said}{tries}")
    return told
