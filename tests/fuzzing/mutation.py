"""Makes files that are nearly right: of each kind, seed and number always the same one.

Most changes keep a file's form, so that every other file is taken and run; others put in values that nothing should have, or
change single bytes. Files are small, so that a run takes milliseconds; one in twelve is not.
"""

from __future__ import annotations

import gzip
import inspect
import json
import random
import tomllib
from collections.abc import Iterator
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any

from support import ROOT

from model.decisions import decisions_of, settings_of
from model.protocol import REFERENCE

KINDS = {"scenario": ".toml", "plan": ".json", "history": ".jsonl", "variant": ".py"}

FOLDERS = {
    "scenario": ("scenarios/stories", "tests/compat/scenarios", "scenarios"),
    "plan": ("tests/compat/plans", "properties/regressions"),
    "history": ("tests/compat/histories", "tests/cases/histories"),
}
EVERY = ("tests/cases/hostile", "tests/cases/found")
"""What once went wrong, of each kind."""

SMALL = {"scenario": 4_000, "plan": 2_500, "history": 8_000}
"""Files of at most so many bytes are small, but campaigns, which draw much from few lines."""

VERSIONS = ("format", "parley_plan", "parley_history")
"""Fields of which another value is always refused."""

GENTLE = 0.65
"""How often a file is changed gently."""

LARGEST = 80_000
LARGE = 0.08
"""How often a file is made of one that is not small."""

SLOW = ("w4", "crowd", "costs", "days")
"""Names of what takes more than a second as it is: one in a hundred."""

STORIES = ("plain", "plain", "plain", "plain", "reading", "presence", "push", "members", "sharded", "payloads")

NASTY: tuple[Any, ...] = (
    None, True, 0, -1, 1, 2**31, 2**53, 2**53 + 1, 2**64, -(2**63), 10**30, 1e300, -0.0, "", "x" * 2000, "\x1b[31m", "a\nb",
    "\u202e", "\x00", "*", "../x", [], {}, [[]], [[[[[[]]]]]], "9" * 400, "alice-phone", "no-such", ["*"], {"": 0},
)  # fmt: skip
ANSWERS = (
    "None", "True", "-1", "0", "1", "2**53", "10**5000", "-(10**30)", "1e308", "''", "'\\x1b[31m'", "'x' * 10**6", "[]", "()",
    "{}", "object()", "(_ for _ in ()).throw(GeneratorExit)", "[1] * 10**6", "1 / 0", "lambda: 0", "float('nan')", "b'x'",
    "__import__('os')._exit(0)", "__import__('sys').exit(1)", "(lambda f: f(f))(lambda f: f(f))", "bytes(1 << 44)",
    "__import__('os').abort()",
)  # fmt: skip
TURNED = (
    "not x",
    "-x",
    "x + 1",
    "x * 0",
    "(x, x)",
    "[x]",
    "str(x)",
    "x[:0]",
    "type(x)()",
    "None if x else x",
    "x or 1",
    "sorted(x)",
)
"""What is made of the answer that the reference gives."""


@lru_cache
def corpus(kind: str) -> tuple[tuple[bytes, ...], tuple[bytes, ...], tuple[bytes, ...]]:
    """Files from which others are made: what is small, what is not, and what is slow."""
    small: list[bytes] = []
    large: list[bytes] = []
    slow: list[bytes] = []
    for folder in (*FOLDERS[kind], *EVERY):
        for path in sorted((ROOT / folder).glob(f"*{KINDS[kind]}")):
            data = path.read_bytes()
            if len(data) > LARGEST:
                continue
            fast = len(data) <= SMALL[kind] and b"[campaign]" not in data
            of_a_sort = slow if any(name in path.stem for name in SLOW) else small if fast else large
            of_a_sort.append(data)
    return tuple(small), tuple(large), tuple(slow) or tuple(large)


def _chosen(kind: str, draw: random.Random) -> bytes:
    small, large, slow = corpus(kind)
    return draw.choice(small if draw.random() > LARGE else large if draw.random() > LARGE else slow)


@lru_cache
def _fields(kind: str) -> dict[str, list[Any]]:
    """What each field has in the files of a kind: put into another file, it is of the right form."""
    found: dict[str, list[Any]] = {}
    for data in corpus(kind)[0]:
        try:
            for holder, key in _places(
                [_read(kind, line) for line in (data.split(b"\n") if kind == "history" else [data]) if line]
            ):
                if isinstance(holder, dict):
                    found.setdefault(key, []).append(holder[key])
        except (ValueError, RecursionError):
            continue
    return found


def _read(kind: str, data: bytes) -> Any:
    return tomllib.loads(data.decode()) if kind == "scenario" else json.loads(data)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """All that holds something in plain data, with the key."""
    todo = [value]
    while todo:
        holder = todo.pop()
        for key in list(holder) if isinstance(holder, dict) else range(len(holder)):
            yield holder, key
            if isinstance(holder[key], dict | list):
                todo.append(holder[key])


def _somewhere(value: Any, draw: random.Random) -> tuple[Any, Any]:
    """A place in plain data, high or low."""
    holder, key = value, None
    while isinstance(value, dict | list) and value:
        holder, key = value, draw.choice(list(value) if isinstance(value, dict) else range(len(value)))
        value = holder[key]
        if draw.random() < 0.2:
            break
    return holder, key


def _change(whole: Any, kind: str, draw: random.Random, gentle: bool) -> None:
    """Changes one thing in plain data; if gently, then so that it may still be taken."""
    holder, key = _somewhere(whole, draw)
    if key is None or (gentle and key in VERSIONS):
        return
    value, how = holder[key], draw.uniform(0.25 if gentle else 0, 1)
    if how < 0.15:
        holder[key] = deepcopy(draw.choice(NASTY))
    elif how < 0.25:
        del holder[key]
    elif how < 0.3 and isinstance(holder, dict) and not gentle:
        holder[str(draw.choice(NASTY))] = holder.pop(key)
    elif how < 0.5 and isinstance(value, int) and not isinstance(value, bool):
        near = (value + 1, value - 1, value // 2, value + draw.randrange(1000), value * 2, 0)
        far = (-value, value * 10, value * 1000, value * 10**6, value + 2**32)
        holder[key] = draw.choice(near if gentle else far)
    elif how < 0.7:
        alike = [(h, k) for h, k in _places(whole) if type(h[k]) is type(value) and not isinstance(value, dict | list)]
        if alike:
            other, at = draw.choice(alike)
            holder[key], other[at] = other[at], (value if draw.random() < 0.3 else other[at])
    elif how < 0.85 and isinstance(holder, dict):
        holder[key] = deepcopy(draw.choice(_fields(kind).get(key, [value])))
    elif isinstance(holder, list):
        other = draw.randrange(len(holder))
        if draw.random() < 0.5:
            holder.insert(other, deepcopy(value))
        else:
            holder[key], holder[other] = holder[other], value


def _bytes(data: bytes, draw: random.Random) -> bytes:
    made = bytearray(data)
    for _ in range(draw.randint(1, 6)):
        at = draw.randrange(len(made) + 1)
        made[at : at + draw.choice((0, 1, 1, 20))] = bytes(
            draw.choices((0, 27, 34, 92, 123, 125, 255, 57, 10), k=draw.randint(0, 3))
        )
    return bytes(made)


def toml(value: Any) -> str:
    """Plain data as TOML, its tables in a line. TOML has no null: it becomes a text."""
    if isinstance(value, dict):
        return (
            "{"
            + ", ".join(f"{json.dumps(f'{key}', ensure_ascii=False)} = {toml(each)}" for key, each in value.items())
            + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return "'null'" if value is None else json.dumps(value, ensure_ascii=False)


def _scenario(data: bytes, draw: random.Random) -> bytes:
    plain, gentle = tomllib.loads(data.decode()), draw.random() < GENTLE
    for _ in range(draw.choice((1, 1, 2, 4))):
        _change(plain, "scenario", draw, gentle)
    return "".join(f"{json.dumps(key, ensure_ascii=False)} = {toml(value)}\n" for key, value in plain.items()).encode(
        errors="replace"
    )


def _plan(data: bytes, draw: random.Random) -> bytes:
    plain, gentle = json.loads(data), draw.random() < GENTLE
    for _ in range(draw.choice((1, 1, 2, 4))):
        _change(plain, "plan", draw, gentle)
    return json.dumps(plain).encode()


def _at_the_time_of(one: bytes, other: bytes) -> bytes:
    """A line of a history as if it had happened when another did."""
    plain, at = json.loads(other), json.loads(one)
    return json.dumps(plain | {"t": at["t"]} if "t" in at and "t" in plain else plain).encode()


def _history(data: bytes, draw: random.Random) -> bytes:
    lines, gentle = data.rstrip(b"\n").split(b"\n"), draw.random() < GENTLE
    for _ in range(draw.choice((1, 1, 2, 4))):
        at, other, how = draw.randrange(len(lines)), draw.randrange(len(lines)), draw.random()
        if how < 0.1 and len(lines) > 1:
            del lines[at]
        elif how < 0.2:
            lines.insert(other, _at_the_time_of(lines[other], lines[at]) if gentle else lines[at])
        elif how < 0.35:
            first, second = lines[at], lines[other]
            lines[at] = _at_the_time_of(first, second) if gentle else second
            lines[other] = _at_the_time_of(second, first) if gentle else first
        else:
            plain = json.loads(lines[at])
            _change(plain, "history", draw, gentle)
            lines[at] = json.dumps(plain).encode()
    whole = b"\n".join(lines) + b"\n"
    if draw.random() < 0.05:
        whole = gzip.compress(whole, 1, mtime=0)
        return whole if draw.random() < 0.3 else _bytes(whole, draw)
    return whole


def _variant(draw: random.Random) -> bytes:
    lines = ["from model.protocol import REFERENCE, variant"]
    chosen = draw.sample(list(REFERENCE.components().items()), draw.choice((1, 1, 1, 1, 2)))
    for i, (component, cls) in enumerate(chosen):
        settings, decisions, how = list(settings_of(cls)), list(decisions_of(cls)), draw.random()
        lines.append(f"B{i} = REFERENCE.components()[{component!r}]")
        if (how < 0.15 and settings) or not decisions:
            name, value = draw.choice(settings or ["boot"]), draw.choice(ANSWERS)
        else:
            name = draw.choice(decisions)
            given = ", ".join(inspect.signature(getattr(cls, name)).parameters)
            answer = draw.choice(ANSWERS)
            if how < 0.5:
                answer = f"(lambda x: {draw.choice(TURNED)})(B{i}.{name}({given}))"
            value = f"lambda {given}: {answer}"
        lines.append(f"C{i} = type('C{i}', (B{i},), {{'__module__': __name__, {name!r}: {value}}})")
    given = ", ".join(f"{component}=C{i}" for i, (component, _) in enumerate(chosen))
    name = "x" if draw.random() > 0.03 else draw.choice(("", "a/b", "\x1b[31m", "x" * 10_000, "*"))
    lines.append(f"PROTOCOL = variant({name!r}, {given})")
    if draw.random() < 0.03:
        lines.append(f"PROTOCOL = {draw.choice(ANSWERS)}")
    whole = "\n".join(lines).encode() + b"\n"
    return _bytes(whole, draw) if draw.random() < 0.05 else whole


MAKERS = {"scenario": _scenario, "plan": _plan, "history": _history}


def mutated(kind: str, number: int, seed: int = 1) -> bytes:
    """The file of this number: always the same."""
    draw = random.Random(f"{seed} {kind} {number}")
    if kind == "variant":
        return _variant(draw)
    data = _chosen(kind, draw)
    if draw.random() < 0.15:
        return _bytes(data, draw)
    try:
        return MAKERS[kind](data, draw)
    except (ValueError, RecursionError, AttributeError, TypeError):
        return _bytes(data, draw)


def arguments(kind: str, number: int, file: Path, seed: int = 1) -> tuple[str, ...]:
    """The command that takes a file of this kind; one in five tells more, or takes it by another command."""
    draw = random.Random(f"{seed} {kind} {number} arguments")
    more = draw.random() < 0.2
    if kind == "variant":
        story = ROOT / "scenarios" / "stories" / f"{draw.choice(STORIES)}.toml"
        return ("run", str(story), "--protocol", str(file), *(("--story",) if more else ()))
    if kind == "history":
        other = (("lint",), ("verify", "--all", "--missing"), ("verify", "--json"), ("verify", "--correct-clocks"))
        return (*(draw.choice(other) if more else ("verify",)), str(file))
    return ({"scenario": "run", "plan": "replay"}[kind], str(file), *(("--story",) if more else ()))
