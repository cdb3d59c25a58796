"""A history from standard input, kept where it can be read more than once.

Requirements: V1.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def on_disk(history: Path) -> Iterator[tuple[Path, str]]:
    """Where a history can be read again, and what to call it: `-` is standard input, of which a copy is kept until then."""
    if str(history) != "-":
        yield history, str(history)
        return
    with tempfile.NamedTemporaryFile(prefix="parley-", suffix=".jsonl") as kept:
        shutil.copyfileobj(sys.stdin.buffer, kept)
        kept.flush()
        yield Path(kept.name), "standard input"
