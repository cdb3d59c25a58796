"""Text of others as it is printed: nothing in it moves a cursor, sets a colour, begins a line or turns the order of letters.

A name, a title or the text of an exception may come from a stranger's file. What is escaped is shown as Python writes it in a
text, `\\x1b` for an escape; letters of every script, and what joins them, stay as they are.

Requirements: N8.
"""

from __future__ import annotations

import re
from typing import Any

_ORDER = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""What turns the order in which letters are shown."""

_HIDDEN = re.compile(f"[\x00-\x1f\x7f-\x9f\u2028\u2029{_ORDER}\ufeff\ud800-\udfff]")
_HIDDEN_IN_LINES = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029{_ORDER}\ufeff\ud800-\udfff]")


def printable(text: str) -> str:
    """The text on one line, without anything that a terminal would obey."""
    return _HIDDEN.sub(_escaped, text)


def printable_lines(text: str) -> str:
    """The same of text that is known to be made of lines: line feeds and tabs stay."""
    return _HIDDEN_IN_LINES.sub(_escaped, text)


def hides(text: str) -> str:
    """The first character of a text that is not shown as it is; '' if there is none."""
    found = _HIDDEN.search(text)
    return found.group() if found else ""


def shown(value: Any) -> str:
    """A variant's value as it is told: with its type, where the text of it does not say that."""
    try:
        text = " ".join(repr(value).split())
    except Exception:  # it is the variant's, which may say anything, or a number of thousands of digits
        return f"what can't be shown, of type {type(value).__name__}"
    text = text if len(text) <= 80 else f"{text[:77]}…"
    plain = isinstance(value, bool | int | str | float | tuple | list | None)
    return text if plain else f"a {type(value).__name__}, {text}"


def _escaped(match: re.Match[str]) -> str:
    code = ord(match.group())
    short = {9: "\\t", 10: "\\n", 13: "\\r"}.get(code)
    return short or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")
