"""What shrinking and blame are given: somebody who knows when a plan fails in the way that is looked for.

Requirements: V6.
"""

from __future__ import annotations

from collections.abc import Callable

from faults.plan import Plan

Oracle = Callable[[Plan], int | None]
"""When, in µs, a plan fails; None if it does not. What it raises ends the asking."""
