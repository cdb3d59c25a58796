"""How large the input of a run may be: what a computer of 1 GiB and a person who waits can bear. An option lifts all of it.

Requirements: N8.
"""

from __future__ import annotations

_lifted = False

LIFT = "--no-limits"
"""The option of every command that lifts them."""


def lift(lifted: bool = True) -> None:
    """Takes input of any size from now on, in this process."""
    global _lifted
    _lifted = lifted


def beyond(value: float, most: float) -> bool:
    """Whether a size is larger than allowed."""
    return value > most and not _lifted
