"""Mutated files of each kind, in forked children with limits: nothing may come of them but a verdict or one line.

    PYTHONPATH=tests python -m fuzzing COUNT      # so many of each kind, 200 of each by the command; `make fuzz` takes 10,000

Most are read, and run if they can be, in children that take twenty-five each; what goes wrong is named by its number.
"""

from __future__ import annotations

import inspect
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hostility import End, ended, forked
from support import ROOT

from model.decisions import decisions_of
from model.protocol import REFERENCE

KINDS = {"scenario": ".toml", "plan": ".json", "history": ".jsonl", "variant": ".py"}
BATCH = 25
NASTY: tuple[Any, ...] = (
    None, True, 0, -1, 1, 2**31, 2**53, 2**53 + 1, 2**64, -(2**63), 10**30, 1e300, -0.0, "", "x" * 2000, "\x1b[31m", "a\nb",
    "\u202e", "\x00", "*", "../x", [], {}, [[]], [[[[[[]]]]]], "9" * 400, "alice-phone", "no-such", ["*"],
)  # fmt: skip
ANSWERS = (
    "None", "True", "-1", "0", "1", "2**53", "10**5000", "-(10**30)", "1e308", "''", "'\\x1b[31m'", "'x' * 10**6", "[]", "()",
    "{}", "object()", "(_ for _ in ()).throw(GeneratorExit)", "[1] * 10**6", "1 / 0", "lambda: 0", "float('nan')", "b'x'",
    "__import__('os')._exit(0)", "__import__('sys').exit(1)", "(lambda f: f(f))(lambda f: f(f))", "bytes(1 << 44)",
    "__import__('os').abort()",
)  # fmt: skip


def corpus(kind: str) -> list[bytes]:
    """Files from which others are made: what was accepted, and what once went wrong."""
    folders = {
        "scenario": ("scenarios/stories",),
        "plan": ("tests/compat/plans",),
        "history": ("tests/compat/histories",),
    }
    files = [path for folder in folders[kind] for path in sorted((ROOT / folder).iterdir())]
    files += sorted((ROOT / "tests" / "cases" / "hostile").iterdir())
    return [path.read_bytes() for path in files if path.suffix == KINDS[kind] and path.stat().st_size < 30_000]


def _somewhere(value: Any, draw: random.Random) -> tuple[Any, Any]:
    """A place in plain data: what holds it, and its key."""
    holder, key = value, None
    while isinstance(value, dict | list) and value:
        holder, key = value, draw.choice(list(value) if isinstance(value, dict) else range(len(value)))
        value = holder[key]
        if draw.random() < 0.3:
            break
    return holder, key


def _changed(value: Any, draw: random.Random) -> None:
    for _ in range(draw.randint(1, 3)):
        holder, key = _somewhere(value, draw)
        if key is None:
            return
        how = draw.random()
        if how < 0.6:
            holder[key] = draw.choice(NASTY)
        elif how < 0.75:
            del holder[key]
        elif how < 0.85 and isinstance(holder, dict):
            holder[str(draw.choice(NASTY))] = holder.pop(key)
        elif isinstance(holder, list):
            holder.append(holder[key])
        elif isinstance(holder[key], int):
            holder[key] = holder[key] * draw.choice((-1, 10, 1000, 10**6))


def _bytes(data: bytes, draw: random.Random) -> bytes:
    made = bytearray(data)
    for _ in range(draw.randint(1, 6)):
        at = draw.randrange(len(made) + 1)
        made[at : at + draw.choice((0, 1, 1, 20))] = bytes(
            draw.choices((0, 27, 34, 92, 123, 125, 255, 57, 10), k=draw.randint(0, 3))
        )
    return bytes(made)


def mutated(kind: str, number: int) -> bytes:
    """The file of this number: always the same."""
    draw = random.Random(f"{kind} {number}")
    if kind == "variant":
        component, cls = draw.choice(list(REFERENCE.components().items()))
        names = list(decisions_of(cls)) or ["boot"]
        body = f"from model.protocol import REFERENCE, variant\nB = REFERENCE.components()[{component!r}]\n"
        answer = draw.choice(ANSWERS)
        name = draw.choice(names)
        given = ", ".join(inspect.signature(getattr(cls, name)).parameters)
        made = f"C = type('C', (B,), {{'__module__': __name__, {name!r}: lambda {given}: {answer}}})\n"
        return f"{body}{made}PROTOCOL = variant('x', {component}=C)\n".encode()
    data = draw.choice(corpus(kind))
    if draw.random() < 0.4:
        return _bytes(data, draw)
    try:
        if kind == "plan":
            plain = json.loads(data)
            _changed(plain, draw)
            return json.dumps(plain).encode()
        if kind == "history":
            lines = data.split(b"\n")
            at = draw.randrange(len(lines))
            plain = json.loads(lines[at])
            _changed(plain, draw)
            lines[at] = json.dumps(plain).encode()
            return b"\n".join(lines)
    except (ValueError, RecursionError, AttributeError, TypeError):
        return _bytes(data, draw)
    text = data.decode(errors="replace").split("\n")
    at = draw.choice([i for i, line in enumerate(text) if "=" in line] or [0])
    text[at] = f"{text[at].partition('=')[0]} = {json.dumps(draw.choice(NASTY))}"
    return "\n".join(text).encode()


def arguments(kind: str, file: Path) -> tuple[str, ...]:
    """The command that takes a file of this kind."""
    if kind == "variant":
        return ("run", str(ROOT / "scenarios" / "stories" / "plain.toml"), "--protocol", str(file))
    return ({"scenario": "run", "plan": "replay", "history": "verify"}[kind], str(file))


def by_command(kind: str, number: int, folder: Path) -> str:
    """What goes wrong with a file by the command; '' if nothing does."""
    file = folder / f"f{number}{KINDS[kind]}"
    file.write_bytes(mutated(kind, number))
    end = ended(*arguments(kind, file), seconds=30)
    file.unlink()
    return end.wrong()


def in_a_batch(kind: str, numbers: range, folder: Path) -> End:
    """How a child ends that takes these files one after the other."""

    def all_of_them() -> None:
        from parley import cli

        for number in numbers:
            file = folder / f"b{number}{KINDS[kind]}"
            file.write_bytes(mutated(kind, number))
            sys.argv = ["parley", *arguments(kind, file)]
            try:
                cli.main()
            except SystemExit as exit:
                if exit.code == 3:
                    raise
            finally:
                file.unlink(missing_ok=True)

    return forked(all_of_them, seconds=60)


def fuzz(count: int, commands: int, tell: Callable[[str], None] = print) -> Counter[str]:
    """So many of each kind, the first by the command. Tells of each that goes wrong; returns how many went wrong, by how."""
    found: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for kind in KINDS:
            single = list(range(min(count, commands)))
            for first in range(len(single), count, BATCH):
                some = range(first, min(first + BATCH, count))
                end = in_a_batch(kind, some, folder)
                if end.code != 0 or end.wrong():
                    single += some
            for number in single:
                if wrong := by_command(kind, number, folder):
                    found[wrong] += 1
                    tell(f"{kind} {number}: {wrong}")
    return found


if __name__ == "__main__":
    asked, began = int(sys.argv[1]), time.monotonic()
    wrong = fuzz(asked, 200)
    kinds = ("a traceback", "a hang", "a raw control character", "over 1 GiB")
    rest = sum(wrong.values()) - sum(wrong[kind] for kind in kinds)
    print(
        f"{asked:,} of each kind, {min(asked, 200)} of each by the command, in {time.monotonic() - began:.0f} s: "
        f"{wrong['a traceback']} tracebacks, {wrong['a hang']} hangs, {wrong['a raw control character']} raw control characters, "
        f"{wrong['over 1 GiB']} runs over 1 GiB, {rest} other"
    )
    sys.exit(1 if wrong else 0)
