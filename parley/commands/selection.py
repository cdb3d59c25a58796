"""Which scenarios a command runs, and under which seeds: what `check`, `pushes` and `costs` share.

Requirements: V5.
"""

from __future__ import annotations

from collections.abc import Sequence

from model.protocol import REFERENCE, Protocol
from parley.errors import BadInput
from parley.scenario import Scenario, find, read


def read_all(names: Sequence[str], protocol: Protocol = REFERENCE) -> list[Scenario]:
    """The scenarios for a protocol, in the order given. Raises BadInput if two have the same name."""
    loaded = [read(find(name), protocol) for name in names]
    called = [each.name for each in loaded]
    if len(set(called)) != len(called):
        raise BadInput(f"two of these scenarios have the same name: {', '.join(called)}")
    return loaded


def seeds_of(loaded: Sequence[Scenario], seeds: int | None, first_seed: int) -> list[tuple[Scenario, Sequence[int]]]:
    """Each scenario with its seeds: those of its campaign, or its own one."""
    chosen: list[tuple[Scenario, Sequence[int]]] = []
    for each in loaded:
        if each.campaign is None:
            chosen.append((each, [each.seed]))
        else:
            chosen.append((each, range(first_seed, first_seed + (seeds or each.campaign.seeds))))
    return chosen
