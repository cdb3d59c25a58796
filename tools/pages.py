"""Generated pages: written, or compared with what is there."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Collection
from pathlib import Path


def publish(path: Path, text: str, *, check: bool) -> int:
    """Writes a page, or (`check`) says with a diff whether it is stale. Returns the exit code."""
    text = text.rstrip() + "\n"
    old = path.read_text() if path.exists() else ""
    if not check:
        path.write_text(text)
        return 0
    if old == text:
        return 0
    diff = difflib.unified_diff(
        old.splitlines(), text.splitlines(), f"{path.name} as it is", f"{path.name} as generated", lineterm="", n=1
    )
    print("\n".join(list(diff)[:60]))
    print(f"{path} is stale: run `make docs`")
    return 1


def unmeasured(measured: Collection[str], everyone: Collection[str], command: str) -> str:
    """Which mutants a page's result does not have, as a line of the page, and on standard error; '' if it has all of them.

    It is no error: a mutant is written in a minute, and measured with all the others in half an hour.
    """
    late = sorted(set(everyone) - set(measured))
    if not late:
        return ""
    print(
        f"not measured yet, {len(late)} of {len(everyone)} mutants: {', '.join(late)}; run {command}", file=sys.stderr
    )
    return f"Not measured yet, for they are newer than the result: {', '.join(late)}."
