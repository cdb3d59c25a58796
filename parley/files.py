"""Files that are written whole or not at all, and results that are kept in one, of which a page is made.

Requirements: V5.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path
from typing import TypeVar

import msgspec

from parley.errors import BadInput

T = TypeVar("T")


def write(path: Path, data: bytes) -> None:
    """Writes a file whole or not at all. Raises BadInput if it can't be written there.

    A link is followed, and what is no regular file, say a pipe or a device, is written into: only a regular file is replaced.
    """
    try:
        path = path.resolve() if path.is_symlink() else path
        if path.exists() and not path.is_file():
            _write_into(path, data)
            return
        partial = path.with_name(f".{path.name}.{os.getpid()}")
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            partial.write_bytes(data)
            if path.exists():
                shutil.copymode(path, partial)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror or error}") from None


def _write_into(path: Path, data: bytes) -> None:
    """Writes to a pipe or a device. Raises OSError: of a pipe that nobody reads at once, and not after waiting for ever."""
    fd = os.open(path, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0))
    os.set_blocking(fd, True)
    with open(fd, "wb") as stream:
        stream.write(data)


def writable(folder: Path) -> None:
    """Tries, before hours of work are done, whether something can be written to the folder. Raises BadInput if not."""
    made: list[Path] = []
    try:
        made = _make(folder)
        tried = folder / f".parley.{os.getpid()}"
        tried.touch()
        tried.unlink()
    except OSError as error:
        raise BadInput(f"{folder}: nothing can be written there: {error.strerror or error}") from None
    finally:
        _unmake(made)


_held: dict[Path, tuple[int, list[Path]]] = {}
"""The folders that the command which is running has to itself: what holds each, and the folders that were made for it."""


def writable_folder(out: Path) -> None:
    """Takes a folder for what a command leaves, until `release`. Raises BadInput if nothing can be written there.

    So that two commands don't mix or remove each other's files, a folder that another one has is refused.
    """
    if out.exists() and not out.is_dir():
        raise BadInput(f"{out}: expected a folder for the report")
    writable(out)
    if out.resolve() in _held:
        return
    made = _make(out)
    fd = os.open(out, os.O_RDONLY)
    _held[out.resolve()] = fd, made
    try:
        import fcntl
    except ImportError:  # without it, nobody can tell
        return
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise BadInput(f"{out}: another command is writing there: expected another --out") from None
    except OSError:  # a file system without locks
        return


def release() -> None:
    """Gives back the folders that the command had; one that was made for it and is empty goes."""
    for fd, made in _held.values():
        os.close(fd)
        _unmake(made)
    _held.clear()


def _make(folder: Path) -> list[Path]:
    """Makes a folder and those above it; returns those that were not there, the innermost first."""
    missing = [each for each in (folder, *folder.absolute().parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return missing


def _unmake(made: list[Path]) -> None:
    """Removes folders again that were made, and in which there is nothing."""
    with contextlib.suppress(OSError):
        for each in made:
            each.rmdir()


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
