"""Generated pages: written, or compared with what is there."""

from __future__ import annotations

import difflib
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
