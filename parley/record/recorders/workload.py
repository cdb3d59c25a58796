"""What is to happen in a record: who writes when, who is away when, and what becomes of the server. Drawn from a seed.

Requirements: V1.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from parley.errors import BadInput

NAMES = ("ann", "bob", "cy", "dee", "eve", "finn", "gus", "hal", "ida", "joe")
HANDSETS = ("phone", "laptop", "tablet", "desk")
WORDS = (
    "yes",
    "no",
    "tomorrow at ten",
    "who has the key?",
    "on my way",
    "see above",
    "thanks",
    "the train is late",
    "ok",
)

FAULTS = {
    "kill": "kill -9, and started again from what is on its disk",
    "pause": "stopped (SIGSTOP) and continued (SIGCONT), unaware",
    "restart": "asked to end, and started again",
    "rollback": "killed, and started again from an older copy of its data",
}
DOWN = {"kill": 1.0, "pause": 3.0, "restart": 0.5, "rollback": 1.0}
"""For how many seconds the server is not there. A pause outlasts the patience of a sender, so that it tries again."""
OLDER = 3.0
"""How many seconds before a rollback the copy is made to which it returns."""
EDGE = 1.5
"""Whom a fault finds away has been away for so many seconds, and returns so many after it."""


@dataclass(frozen=True)
class ServerFault:
    """What becomes of the server, `at` so many seconds."""

    kind: str
    at: float

    @property
    def begins(self) -> float:
        """When it begins to matter: a rollback when the copy is made."""
        return max(0.0, self.at - OLDER) if self.kind == "rollback" else self.at

    @property
    def ends(self) -> float:
        return self.at + DOWN[self.kind]


@dataclass(frozen=True)
class Write:
    """A person writes, `at` so many seconds."""

    at: float
    device: str
    conversation: str
    text: str


@dataclass(frozen=True)
class Workload:
    """All that happens. `members` are users by conversation, `away` spans of seconds by device."""

    seconds: float
    user_of: dict[str, str]
    members: dict[str, tuple[str, ...]]
    writes: tuple[Write, ...]
    away: dict[str, tuple[tuple[float, float], ...]]
    faults: tuple[ServerFault, ...]


def fault(text: str, seconds: float) -> ServerFault:
    """Of `kind@seconds`, or of a kind alone, which strikes in the middle. Raises BadInput."""
    kind, _, at = text.partition("@")
    if kind not in FAULTS:
        raise BadInput(f"--fault {text}: expected one of {', '.join(FAULTS)}, as in kill@5")
    try:
        when = float(at) if at else seconds / 2
    except ValueError:
        raise BadInput(f"--fault {text}: expected seconds after the @, as in {kind}@5") from None
    if not 0 < when < seconds:
        raise BadInput(f"--fault {text}: expected a time within the {seconds:g} seconds of --seconds")
    return ServerFault(kind, when)


def drawn(
    *, seed: int, seconds: float, messages: int, users: int, devices: int, faults: Sequence[ServerFault]
) -> Workload:
    """A workload: a group of all users and a conversation of each of the first pairs; each device is away now and then.

    Somebody is away while the server is disturbed: what is lost then is what nobody had fetched yet.
    """
    draw = random.Random(f"parley record {seed}")
    people = NAMES[:users]
    user_of = {f"{user}-{HANDSETS[number]}": user for user in people for number in range(devices)}
    members = {"all": people} | {f"{one}-{other}": (one, other) for one, other in list(combinations(people, 2))[:3]}
    writes = []
    for _ in range(messages):
        device = draw.choice(list(user_of))
        within = [name for name, group in members.items() if user_of[device] in group]
        writes.append(Write(draw.uniform(0, seconds), device, draw.choice(within), draw.choice(WORDS)))
    away: dict[str, list[tuple[float, float]]] = {
        device: [(start, start + draw.uniform(0.05, 0.2) * seconds)]
        for device in user_of
        for start in [draw.uniform(0.1, 0.7) * seconds]
    }
    for each in faults:
        away[draw.choice(list(user_of))].append((max(0.0, each.begins - EDGE), each.ends + EDGE))
    return Workload(
        seconds,
        user_of,
        members,
        tuple(sorted(writes, key=lambda write: write.at)),
        {device: tuple(sorted(spans)) for device, spans in away.items()},
        tuple(sorted(faults, key=lambda each: each.at)),
    )
