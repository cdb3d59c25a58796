"""The exit codes of all commands, what each says, and which one it is where several apply.

| code | it says |
|---|---|
| 0 | what was judged is as it should be |
| 1 | a promise is broken, or a target missed |
| 2 | the input can't be used |
| 3 | a mistake in Parley |
| 4 | no pass: nothing judged, what is owed not shown, a target not measured, a goal or a checkpoint not reached |
| 130 | interrupted (Ctrl-C, or SIGTERM, as CI systems send it): what was finished is kept |
| 141 | whoever read the output has gone |

Of several it is the first of 3, 1, 130, 4 and 0: a broken promise stays one, however the command ended. With 2 a command ends at
once.

Requirements: R1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import typer

from sim.verdicts import GOOD, MISSED, UNKNOWN, VACUOUS, VIOLATED, Verdict

if TYPE_CHECKING:
    from reports.metrics.summary import CampaignSummary

PASS = 0
BROKEN = 1
BAD_INPUT = 2
MISTAKE = 3
NO_PASS = 4
INTERRUPTED = 130
NO_READER = 141

SAYS = {
    PASS: "what was judged is as it should be",
    BROKEN: "a promise is broken, or a target missed",
    BAD_INPUT: "the input can't be used",
    MISTAKE: "a mistake in Parley",
    NO_PASS: "no pass: nothing judged, not shown, not measured, or a goal or checkpoint not reached",
    INTERRUPTED: "interrupted: what was finished is kept",
    NO_READER: "whoever read the output has gone",
}
"""What each code says, in a line."""

_FIRST = (MISTAKE, BROKEN, INTERRUPTED, NO_PASS, PASS)


def worst(codes: Iterable[int]) -> int:
    """The code that a command ends with where all of these apply; 0 if none does."""
    apply = {*codes}
    return next((code for code in _FIRST if code in apply), PASS)


_noted = PASS


def note(code: int) -> None:
    """Keeps what a command has found so far: a second Ctrl-C, while that is told, does not make nothing of it. 0 begins anew."""
    global _noted
    _noted = worst((_noted, code)) if code else PASS


def noted() -> int:
    """What the command has found so far."""
    return _noted


def of_status(status: str) -> int:
    """What a verdict that stops a pass ends a command with; 0 for one that does not."""
    if status in (VIOLATED, MISSED):
        return BROKEN
    return NO_PASS if status in (UNKNOWN, VACUOUS) else PASS


def judged(verdicts: Iterable[Verdict]) -> bool:
    """Whether anything was put to the test, and is known."""
    return any(verdict.status in (VIOLATED, *GOOD) for verdict in verdicts)


def of_verdicts(verdicts: Sequence[Verdict]) -> int:
    """What the verdicts of one history come to. That nothing was put to the test is no pass."""
    stops = (of_status(verdict.status) for verdict in verdicts if verdict.stops())
    return worst((*stops, PASS if judged(verdicts) else NO_PASS))


def of_campaign(campaign: CampaignSummary) -> int:
    """What a campaign comes to."""
    return worst((of_status(campaign.status), PASS if campaign.complete else INTERRUPTED))


def leave(*codes: int) -> None:
    """Ends the command, unless all is well."""
    code = worst(codes)
    if code != PASS:
        raise typer.Exit(code)
