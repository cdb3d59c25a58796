"""Reads EDN, the notation in which Jepsen writes what a test did: forms one after the other, or all in one vector.

A tag is left out and its value kept, for Jepsen writes tags that only its own programs know. Nothing in a file is evaluated.

Requirements: V1, N8.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from parley.errors import BadInput

DEEPEST = 100
"""How deep forms may be in each other."""
LONGEST = 1 << 24
"""Characters of a string that goes on over lines."""
LONGEST_NUMBER = 40
"""Characters of a number."""

_TOKEN = re.compile(
    r"""(?P<space>[\s,]+|;[^\n]*)|(?P<open>\#\{|[\[({])|(?P<close>[\])}])|(?P<string>"(?:[^"\\]|\\.)*")"""
    r"""|(?P<discard>\#_)|(?P<tag>\#[^\s,;()\[\]{}"]+)|(?P<atom>[^\s,;()\[\]{}"#]+)""",
    re.DOTALL,
)
_CLOSES = {"[": "]", "(": ")", "{": "}", "#{": "}"}
_SAID = {"nil": None, "true": True, "false": False}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


class Keyword(str):
    """A name as `:ok`, without its colon."""

    __slots__ = ()


class Set(tuple[Any, ...]):
    """The members of a set, in the order in which they are written."""

    __slots__ = ()


def forms(lines: Iterable[str], name: str) -> Iterator[Any]:
    """The forms of a file, whose lines or pieces are given; of one vector or list, what is in it.

    Raises BadInput, with the line's number.
    A map is a dict, a vector or list a tuple, a set a Set, a keyword a Keyword.
    """
    stack: list[tuple[str, list[Any]]] = []
    discards: list[int] = []
    """How deep each `#_` was that still wants its form."""
    inside = False
    rest = ""
    number = 0
    for number, line in enumerate(chain(lines, ("\n",)), 1):
        text = rest + line
        if len(text) > LONGEST:
            raise BadInput(f"{name}: line {number}: expected at most {LONGEST:,} characters in a text or a name")
        rest = ""
        at = 0
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None:
                if text[at] == '"':
                    rest = text[at:]
                    break
                raise BadInput(f"{name}: line {number}: expected EDN, got {text[at : at + 20]!r}")
            kind, token = match.lastgroup, match.group()
            if match.end() == len(text) and kind in ("atom", "tag"):
                rest = token  # it may go on
                break
            at = match.end()
            if kind in ("space", "tag"):
                continue
            if kind == "discard":
                discards.append(len(stack))
                continue
            if kind == "open":
                if not stack and not inside and token in "[(" and not discards:
                    inside = True
                    continue
                if len(stack) >= DEEPEST:
                    raise BadInput(f"{name}: line {number}: expected at most {DEEPEST} forms in each other")
                stack.append((token, []))
                continue
            if kind == "close":
                if not stack and inside and token in "])":
                    inside = False
                    continue
                if not stack or _CLOSES[stack[-1][0]] != token:
                    raise BadInput(f"{name}: line {number}: {token!r} closes nothing")
                value = _made(*stack.pop(), name, number)
            elif kind == "string":
                value = re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), token[1:-1], flags=re.DOTALL)
            else:
                value = _atom(token, name, number)
            if discards and discards[-1] == len(stack):
                discards.pop()
            elif stack:
                stack[-1][1].append(value)
            else:
                yield value
    if stack or rest or inside:
        raise BadInput(f"{name}: line {number - 1}: it ends inside a form: the file is not whole")


def _made(opened: str, parts: list[Any], name: str, number: int) -> Any:
    if opened == "{":
        if len(parts) % 2:
            raise BadInput(f"{name}: line {number}: a map has a key without a value")
        return {_key(key): value for key, value in zip(parts[::2], parts[1::2], strict=True)}
    return Set(parts) if opened == "#{" else tuple(parts)


def _key(key: Any) -> Any:
    try:
        hash(key)
    except TypeError:
        return str(key)
    return key


def _atom(token: str, name: str, number: int) -> Any:
    if token[0] == ":":
        return Keyword(token[1:])
    if token in _SAID:
        return _SAID[token]
    if token[0].isdigit() or (token[0] in "+-" and token[1:2].isdigit()):
        for kind, suffix in ((int, "N"), (float, "M")):
            try:
                if len(token) <= LONGEST_NUMBER:
                    return kind(token.rstrip(suffix))
            except ValueError:
                continue
        raise BadInput(f"{name}: line {number}: expected a number, got {token[:LONGEST_NUMBER]!r}")
    return token
