"""A name that there is not: the error says which ones are near, or else which there are."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

MOST = 120
"""Of more names than these, not all are listed."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """' (did you mean 'crash' or 'crash_at'?)': up to three of the names that are known, only one of them if it is very near."""
    names = list(known)
    close = [repr(each) for each in get_close_matches(name, names, 1, 0.9) or get_close_matches(name, names)]
    return f" (did you mean {' or '.join(filter(None, (', '.join(close[:-1]), close[-1])))}?)" if close else ""


def near(name: str, known: Iterable[str]) -> str:
    """What to add to 'there is no x': the nearest names, or, where none is near, those that there are, if they can be listed."""
    names = list(known)
    if (meant := did_you_mean(name, names)) or not 0 < len(names) <= MOST:
        return meant
    return f"; there {'is' if len(names) == 1 else 'are'} {', '.join(names)}"


def nearest(name: str, known: Iterable[str]) -> str:
    """The one of the known names that is most like it; '' if none is."""
    return next(iter(get_close_matches(name, list(known), 1)), "")
