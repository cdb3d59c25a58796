"""The state of a deployment at an instant, as one number: what its nodes hold and what is under way, times aside.

The deviation search asks whether two runs have come to the same state, so that what can go wrong from there on need be
tried in one of them only. A state is, for every node: whether it runs, its attributes (durable and volatile), its
handlers with the line that each waits at and their local variables, its calls under way, its timers that are armed, and
the messages on their way to it.

What is left out, and so taken for equal:

- every time (an integer of a second or more): when a timer is due, when something was last heard;
- ties, and what classes mark as no state of theirs (`sim/state.py`): numbers that only give things a name, how full a rate
  limit is, which of several instances is asked next, which worker is the first in line;
- what expired and is only not cleared away yet: cancelled timers, polls that were answered, answers that nobody awaits;
- what the history says of the past. Properties compare with the past; what they remember (what was shown, stored,
  acked, read, who leads) is what nodes hold as well.

Two runs with the same number here differ at most in when things happen. That is an assumption where a promise hangs on a
time: a second lost heartbeat in a row is not told from a first one.

Requirements: V5.
"""

from __future__ import annotations

import dis
from collections import deque
from collections.abc import Iterable, ValuesView
from enum import Enum
from functools import lru_cache
from types import CodeType, GeneratorType, MethodType
from typing import Any

import msgspec
import simpy
from xxhash import xxh3_64_intdigest

from sim.draws import Draws
from sim.environment import Environment
from sim.network import Link, Network
from sim.node import Node
from sim.state import marked

_A_TIME = 1_000_000
"""An integer of so much or more is a time."""


def fingerprint(network: Network) -> int:
    """The state of all nodes of a network now, as 64 bits."""
    under_way: dict[str, list[str]] = {name: [] for name in network.nodes}
    for then, arg in network.env.scheduled():
        owner: Any = getattr(then, "__self__", None)
        means = owner.under_way(then, arg) if hasattr(owner, "under_way") else [("", (_named(then), arg))]
        for node, what in means:
            under_way.setdefault(node, []).append(_canon(what, set()))
    parts = [f"{name}:{_of_node(node)}:{sorted(under_way.pop(name))}" for name, node in network.nodes.items()]
    return xxh3_64_intdigest("\n".join((*parts, str(sorted(under_way.items())))).encode())


def _named(then: object) -> str:
    return getattr(then, "__name__", "")


def _of_node(node: Node) -> str:
    seen: set[int] = set()
    return ";".join(f"{name}={_canon(value, seen)}" for name, value in sorted(node.comparable().items()))


def _canon(value: Any, seen: set[int]) -> str:
    """Text that is the same for what is the same, times aside."""
    if value is None or isinstance(value, bool | str | bytes | float):
        return repr(value)
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, int):
        return "t" if abs(value) >= _A_TIME else str(value)
    if isinstance(value, Node):
        return f"<{value.name}>"
    if isinstance(value, type):
        return value.__name__
    if isinstance(value, MethodType):
        owner = value.__self__
        return f"{owner.name if isinstance(owner, Node) else type(owner).__name__}.{value.__name__}"
    if isinstance(value, Environment | Network | Draws | Link):
        return ""
    if id(value) in seen:
        return "…"
    seen.add(id(value))
    try:
        return _canon_whole(value, seen)
    finally:
        seen.discard(id(value))


def _canon_whole(value: Any, seen: set[int]) -> str:
    if hasattr(value, "comparable"):
        return f"{type(value).__name__}{_canon(value.comparable(), seen)}"
    match value:
        case dict():
            full = ((k, v) for k, v in value.items() if not isinstance(v, dict | list | tuple) or v)
            return f"{sorted(f'{_canon(k, seen)}:{_canon(v, seen)}' for k, v in full)}"
        case set() | frozenset() | ValuesView():
            return f"{sorted(_canon(v, seen) for v in value)}"
        case list() | tuple() | deque():
            if hasattr(value, "_fields"):
                return _fields(value, value._fields, seen)
            return f"[{','.join(_canon(v, seen) for v in value)}]"
        case msgspec.Struct():
            return _fields(value, value.__struct_fields__, seen)
        case GeneratorType():
            return _frames(value, seen)
        case simpy.Resource():
            return f"{value.count}+{len(value.queue)}"
        case simpy.events.Event():
            return "event"
    slots = [slot for cls in type(value).__mro__ for slot in getattr(cls, "__slots__", ())]
    return _fields(value, sorted({*slots, *getattr(value, "__dict__", ())}), seen)


def _fields(value: Any, names: Iterable[str], seen: set[int]) -> str:
    aside = marked(type(value), "aside")
    shown = ",".join(f"{n}={_canon(getattr(value, n, None), seen)}" for n in names if n not in aside)
    return f"{type(value).__name__}({shown})"


@lru_cache(maxsize=4096)
def _live(code: CodeType, at: int) -> frozenset[str]:
    """The local variables that code may still read when it goes on after the instruction at offset `at`."""
    instructions = list(dis.get_instructions(code))
    place = {instruction.offset: i for i, instruction in enumerate(instructions)}
    return frozenset(name for name in code.co_varnames if _reads(instructions, place, place.get(at, -1) + 1, name))


def _reads(instructions: list[dis.Instruction], place: dict[int, int], start: int, name: str) -> bool:
    """Whether a way from `start` on reads the variable before it is set."""
    todo, been = [start], set[int]()
    while todo:
        i = todo.pop()
        if i in been or i >= len(instructions):
            continue
        been.add(i)
        here = instructions[i]
        named = here.argval if isinstance(here.argval, tuple) else (here.argval,)
        if here.opname.startswith("LOAD_FAST") and name in named:
            return True
        if here.opname.startswith("STORE_FAST") and name in named:
            continue
        if here.opcode in dis.hasjrel or here.opcode in dis.hasjabs:
            todo.append(place[here.argval])
        if not here.opname.startswith(("RETURN_", "RAISE_", "RERAISE", "JUMP_")) or "_IF_" in here.opname:
            todo.append(i + 1)
    return False


def _frames(generator: GeneratorType[Any, Any, Any], seen: set[int]) -> str:
    """Where a handler waits, and its local variables: of the generator and of those that it waits for."""
    text = ""
    at: Any = generator
    while isinstance(at, GeneratorType):
        frame = at.gi_frame
        if frame is None:
            break
        counts = _live(frame.f_code, frame.f_lasti) - marked(type(frame.f_locals.get("self")), "local_aside")
        local = sorted((k, v) for k, v in frame.f_locals.items() if k in counts)
        text += f"{frame.f_code.co_name}@{frame.f_lasti}{[f'{k}={_canon(v, seen)}' for k, v in local]}"
        at = at.gi_yieldfrom
    return text
