"""Text of others within rich's markup: neither markup nor a new line, whatever is in it.

Requirements: R4, N8.
"""

from __future__ import annotations

import rich.markup

from sim.printable import printable


def escape(text: str) -> str:
    """The text as it is, on one line; what a terminal would obey is spelled out."""
    return rich.markup.escape(printable(text))
