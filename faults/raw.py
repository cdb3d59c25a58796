"""What of a stranger's file is refused before it is a plan or a scenario: what no such file needs, and what would do harm.

A file is read up to a size and for a time. In it nothing is nested deeply, no number is beyond what every JSON reader holds, and
no name hides anything: it is printed, and is part of paths and of lines of text. What is wrong is said with the path in it.

Requirements: V5, N8.
"""

from __future__ import annotations

import errno
import json
import os
import re
import select
import stat
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from sim.printable import hides, printable

MOST_BYTES = 4 << 20
"""A plan or a scenario has at most so many: the largest that come with Parley have a hundredth of that, and TOML takes a second
for each million."""

PATIENCE = 10.0
"""So many seconds without a byte, and a pipe is given up."""

DEEPEST = 40
"""Plans and scenarios are nested less than ten deep."""

LARGEST = 1 << 53
"""As in histories: the largest whole number that every JSON reader holds. In µs it is 285 years."""

LONGEST_NAME = 1_000
LONGEST_TEXT = 1_000_000
PROSE = ("about", "body", "says", "source")
"""Fields that hold text of several lines, not names."""


class Unusable(ValueError):
    """What a file can't hold. The text begins with the path in it."""


def read_bytes(path: Path, most: int = MOST_BYTES) -> bytes:
    """A file's bytes; of a pipe, what comes until it ends. Raises OSError, or Unusable for what does not come to an end."""
    fd = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    try:
        piped = stat.S_ISFIFO(os.fstat(fd).st_mode)
        found = bytearray()
        while len(found) <= most:
            if piped and not _comes(fd):
                raise Unusable(f"$: expected an end, and for {PATIENCE:g} s nothing came")
            try:
                some = os.read(fd, 1 << 16)
            except OSError as error:
                if error.errno in (errno.EAGAIN, errno.EWOULDBLOCK):
                    continue
                raise
            if not some:
                return bytes(found)
            found += some
    finally:
        os.close(fd)
    raise Unusable(f"$: expected at most {most:,} bytes, got more")


def _comes(fd: int) -> bool:
    """Whether something is there to be read, or the end, before patience is."""
    waiting = select.poll()
    waiting.register(fd, select.POLLIN)
    return bool(waiting.poll(PATIENCE * 1000))


def of_json(data: bytes) -> Any:
    """JSON as plain data. Raises Unusable."""

    def lenient(text: str) -> Any:
        return json.loads(text, parse_int=_number)

    return _plain(data, msgspec.json.decode, lenient)


def of_toml(data: bytes) -> Any:
    """TOML as plain data. Raises Unusable."""
    return _plain(data, msgspec.toml.decode, tomllib.loads)


def _plain(data: bytes, decode: Callable[[bytes], Any], lenient: Callable[[str], Any]) -> Any:
    try:
        raw = decode(data)
    except RecursionError:
        path = _short(_path_of_what_is_deep(data.decode(errors="replace")))
        raise Unusable(f"{path}: expected at most {DEEPEST} levels, got more than Python can read") from None
    except (ValueError, OverflowError, msgspec.MsgspecError) as error:
        raise Unusable(_where(data, lenient, error)) from None
    for wrong in _wrong(raw):
        raise Unusable(wrong)
    return raw


def _where(data: bytes, lenient: Callable[[str], Any], error: Exception) -> str:
    """What a decoder stumbled over, with its path if a more patient one finds it."""
    if isinstance(error, UnicodeDecodeError) or "utf-8" in str(error).lower():
        try:
            data.decode()
        except UnicodeDecodeError as wrong:
            line = data.count(b"\n", 0, wrong.start) + 1
            path = _path_of(data, lenient, lambda value: isinstance(value, str) and "\ufffd" in value)
            return f"{path}: expected UTF-8, got the byte 0x{data[wrong.start]:02x} in line {line}"
    if "out of range" in str(error) or "integer string conversion" in str(error):
        path = _path_of(data, lenient, lambda value: isinstance(value, _Long))
        return f"{path}: expected a number of at most 2 to the 53rd, got one of more digits than can be read"
    return f"$: {error}"


def _path_of(data: bytes, lenient: Callable[[str], Any], found: Callable[[Any], bool]) -> str:
    try:
        raw = lenient(data.decode(errors="replace"))
    except (ValueError, RecursionError):
        return "$"
    return next((path for path, value, _ in _values(raw) if found(value)), "$")


_TOKEN = re.compile(
    r"""("(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[\w.-]+)\s*[:=]\s*(?=[\[{])|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[\[\]{},]"""
)
"""In JSON or TOML: the key of what opens behind it, or a text, or what opens, parts or closes."""

_TABLE = re.compile(r"^\[+([\w.-]+)\]+\s*$", re.MULTILINE)
"""In TOML: what begins a table."""


def _path_of_what_is_deep(text: str) -> str:
    """The path of the first thing in so many others that no decoder reads it."""
    names: list[str] = []
    places: list[int] = []
    """Of all that is open: what it is called in what holds it, and how many things came before in it."""
    key = ""
    for token in _TOKEN.finditer(text):
        found = token.group()
        if token.group(1):
            key = f".{token.group(1)}".replace('"', "")
        elif found in "[{":
            names.append(key or (f"[{places[-1]}]" if places else ""))
            places.append(0)
            key = ""
            if len(names) > DEEPEST:
                tables = _TABLE.findall(text, 0, token.start())
                return f"${'.'.join(['', *tables[-1:]])}{''.join(names)}"
        elif found in "]}" and names:
            names.pop()
            places.pop()
        elif found == "," and places:
            places[-1] += 1
    return "$"


class _Long:
    """A number that is too long to be one."""


def _number(digits: str) -> int | _Long:
    return int(digits) if len(digits) < 100 else _Long()


def _values(raw: Any) -> Iterator[tuple[str, Any, int]]:
    """Everything in plain data with its path and depth, keys among it; nothing below what is too deep."""
    todo: list[tuple[str, Any, int]] = [("$", raw, 0)]
    while todo:
        path, value, depth = todo.pop()
        yield path, value, depth
        if depth > DEEPEST:
            continue
        if isinstance(value, dict):
            for key in value:
                yield path, _Key(key), depth
            todo.extend((f"{path}.{key}", each, depth + 1) for key, each in reversed(value.items()))
        elif isinstance(value, list):
            todo.extend((f"{path}[{i}]", value[i], depth + 1) for i in range(len(value) - 1, -1, -1))


class _Key(str):
    """A key, whose path is that of what has it."""


def _wrong(raw: Any) -> Iterator[str]:
    for path, value, depth in _values(raw):
        if depth > DEEPEST:
            yield f"{_short(path)}: expected at most {DEEPEST} levels, got more"
        elif isinstance(value, str):
            if text := _of_text(path, value):
                yield f"{path}: {text}"
        elif isinstance(value, int) and abs(value) > LARGEST:
            yield f"{path}: expected a number of at most 2 to the 53rd, got {_shown(value)}"
        elif isinstance(value, float) and abs(value) > LARGEST:
            yield f"{path}: expected a number of at most 2 to the 53rd, got {value}"


def _short(path: str) -> str:
    return path if len(path) <= 80 else f"{path[:80]}…"


def _shown(value: int) -> str:
    return f"{value}" if abs(value) < 10**30 else "one of more than 30 digits"


def _of_text(path: str, value: str) -> str:
    """What is wrong with a text; '' if nothing is."""
    prose = path.rpartition(".")[2] in PROSE and not isinstance(value, _Key)
    most = LONGEST_TEXT if prose else LONGEST_NAME
    if len(value) > most:
        return f"expected a text of at most {most:,} characters, got {len(value):,}"
    hidden = hides(value.replace("\n", "").replace("\t", "") if prose else value)
    if hidden:
        what = "a key" if isinstance(value, _Key) else "a text"
        return f"expected {what} that can be printed, got one with {printable(hidden)}: '{printable(value[:60])}'"
    return ""


def as_file_name(name: str) -> str:
    """What is wrong with a name that becomes part of a file's; '' if nothing is."""
    if not name or set(name) & set("/\\\0") or name in (".", "..") or len(name.encode(errors="replace")) > 100:
        return f"expected a name of at most 100 bytes that can be part of a file's, got {name[:60]!r}"
    return ""
