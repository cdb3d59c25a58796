"""Results that are kept in a file, of which a page is made, and what takes long enough to be done in several processes.

Requirements: V5.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from joblib import Parallel, delayed

from parley.errors import BadInput

T = TypeVar("T")


def formatted(result: object) -> bytes:
    """A result as JSON, a field a line."""
    return msgspec.json.format(msgspec.json.encode(result), indent=1) + b"\n"


def resumed(file: Path, kind: type[T]) -> T | None:
    """What an earlier command left; None if it left nothing. Raises BadInput for what is no such file."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=kind)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        raise BadInput(f"--resume: {file}: {getattr(error, 'strerror', None) or error}") from None


def in_order(work: Callable[..., T], todo: Sequence[tuple[Any, ...]], jobs: int) -> Iterator[T]:
    """What `work` makes of each, in order, as soon as it is there: in this process, or in `jobs` others."""
    if jobs == 1 or len(todo) < 2:
        for each in todo:
            yield work(*each)
    else:
        parallel = Parallel(n_jobs=jobs, return_as="generator", batch_size=1, initializer=deaf)
        yield from parallel(delayed(work)(*each) for each in todo)


def deaf() -> None:
    """Leaves an interruption to the process that began this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
