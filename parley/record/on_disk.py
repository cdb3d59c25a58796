"""A history from standard input, kept where it can be read more than once.

Requirements: V1, N8.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from parley.errors import BadInput
from parley.record.reading import MOST, Reader, open_history
from sim.limits import LIFT, beyond

NAME = "standard input"
BLOCK = 1 << 20
TRIED = 4 << 20
"""So many bytes are tried before more is kept: of what is no history, and has no end, no disk is filled."""
MOST_BYTES = 1 << 30
"""Some seven million lines. They are kept twice where temporary files go to memory."""


@contextmanager
def on_disk(history: Path) -> Iterator[tuple[Path, str]]:
    """Where a history can be read again, and what to call it: `-` is standard input, of which a copy is kept until then.

    Raises BadInput for what is no history, or does not come to an end.
    """
    if str(history) != "-":
        yield history, str(history)
        return
    with tempfile.NamedTemporaryFile(prefix="parley-", suffix=".jsonl") as kept:
        try:
            _copy(sys.stdin.buffer, kept, Path(kept.name))
        except OSError as error:
            raise BadInput(
                f"{NAME}: a copy can't be kept in {tempfile.gettempdir()}: {error.strerror or error}"
            ) from None
        yield Path(kept.name), NAME


def _copy(stream: IO[bytes], kept: IO[bytes], path: Path) -> None:
    """Keeps all of it, or as much as says what is wrong with it."""
    copied = kept.write(stream.read(TRIED))
    kept.flush()
    if copied < TRIED or not _is_fine(path):
        return
    while block := stream.read(BLOCK):
        copied += kept.write(block)
        if beyond(copied, MOST_BYTES):
            raise BadInput(f"{NAME}: expected an end within {MOST_BYTES:,} bytes, got more; {LIFT} takes any number")
    kept.flush()


def _is_fine(path: Path) -> bool:
    """Whether more of it is worth reading. Raises BadInput if it is no history at all."""
    with open_history(path) as stream:
        reader = Reader(stream, NAME)
        for _ in reader:
            pass
    return len(reader.problems) < MOST
