"""Files that are written whole or not at all, and results that are kept in one, of which a page is made.

Requirements: V5.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypeVar

import msgspec

from parley.errors import BadInput

T = TypeVar("T")


def write(path: Path, data: bytes) -> None:
    """Writes a file whole or not at all. Raises BadInput if it can't be written there."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            partial.write_bytes(data)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror or error}") from None


def writable(folder: Path) -> None:
    """Raises BadInput, before hours of work are done, if nothing could be written to the folder."""
    existing = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    if not os.access(existing, os.W_OK) or not existing.is_dir():
        raise BadInput(f"{folder}: nothing can be written there")


def writable_folder(out: Path) -> None:
    """Raises BadInput if nothing can be written to the folder."""
    if out.exists() and not out.is_dir():
        raise BadInput(f"{out}: expected a folder for the report")
    writable(out)


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
