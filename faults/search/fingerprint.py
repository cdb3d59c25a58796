"""The state of a deployment at an instant, as one number: what its nodes hold and what is under way, times aside.

The deviation search asks whether two runs have come to the same state, so that what can go wrong from there on need be
tried in one of them only. A state is, for every node: whether it runs, its attributes (durable and volatile), its
handlers with the line that each waits at and their local variables, its calls under way, its timers that are armed, and
the messages on their way to it.

What is left out, and so taken for equal:

- every time (an integer of a second or more): when a timer is due, when something was last heard;
- ties, and the numbers that only give things a name: of calls, leases, offsets, polls, deliveries, and of a life;
- how full a rate limit is, which of several instances is asked next, and which worker is the first in line;
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
from collections.abc import Callable, Iterable
from enum import Enum
from functools import lru_cache
from types import CodeType, GeneratorType, MethodType
from typing import Any

import msgspec
import simpy
from xxhash import xxh3_64_intdigest

from sim.draws import Draws
from sim.environment import Environment
from sim.network import Call, Connection, Link, Network
from sim.node import Handler, Life, Node, Timer

_A_TIME = 1_000_000
"""An integer of so much or more is a time."""

_NUMBERS = frozenset(("token", "number", "offset", "delivery", "timestamp", "failures"))
"""Integers of these names only name things, or say which of several instances is asked next."""

_PLUMBING = frozenset(
    (
        *("network", "env", "history", "draws", "directory", "links", "watched", "dispatch", "entry", "count", "name"),
        *("key", "region", "skew", "cores", "buckets", "_allowance", "_tie", "_calls", "_next_delivery", "_next_token"),
        *("_next_offset", "_next_poll", "_poll_numbers", "_sample_interval", "_believed", "_woken_by", "_failures"),
    )
)
"""Attributes that are no state: the machinery, the configuration, running numbers, and how full a rate limit is."""

_LOOKS = frozenset(("_lapse", "_check_idle", "_lease_expired", "_poll_expired", "_connect_timeout"))
"""Timers that only look whether something is overdue by then; what they look at is part of the state."""

_BY_NUMBER = frozenset(("_leases", "_deliveries", "tasks", "dead_letters", "calls"))
"""Tables whose keys are running numbers: only their values count."""


def fingerprint(network: Network) -> int:
    """The state of all nodes of a network now, as 64 bits."""
    under_way: dict[str, list[str]] = {name: [] for name in network.nodes}
    for _, _, _, then, arg, _ in network.env._queue:
        for node, what in _pending(then, arg):
            under_way.setdefault(node, []).append(what)
    parts = [f"{name}:{_of_node(node)}:{sorted(under_way.pop(name))}" for name, node in network.nodes.items()]
    return xxh3_64_intdigest("\n".join((*parts, str(sorted(under_way.items())))).encode())


def describe(network: Network) -> dict[str, str]:
    """The same as text, for each node: for a person who wants to know in what two runs differ."""
    under_way: dict[str, list[str]] = {name: [] for name in network.nodes}
    for _, _, _, then, arg, _ in network.env._queue:
        for node, what in _pending(then, arg):
            under_way.setdefault(node, []).append(what)
    return {name: f"{_of_node(node)} {sorted(under_way[name])}" for name, node in network.nodes.items()}


def _pending(then: Callable[..., Any], arg: Any) -> Iterable[tuple[str, str]]:
    """What an entry of the heap means for which node, if it still means anything."""
    owner, name = getattr(then, "__self__", None), getattr(then, "__name__", "")
    if isinstance(owner, Node):
        if name == "_expire" and arg.then is not None and not arg.life.dead and arg.then.__name__ not in _LOOKS:
            yield owner.name, f"timer {_canon(arg, set())}"
    elif isinstance(owner, Network):
        if name == "_arrive" and not arg[1].dead:
            yield arg[0].name, f"message {_canon(arg[2], set())}"
        elif name == "_arrive_response" and arg[0].number in arg[0].life.calls:
            yield arg[0].caller.name, f"answer {_canon(arg[1], set())}"
    elif isinstance(owner, Connection):
        if not owner.broken:
            yield arg[0].name, f"{name} {_canon(arg[1], set())}"
    elif isinstance(owner, Environment):
        yield "", f"happens {type(arg).__name__}"
    else:
        yield "", f"{name} {_canon(arg, set())}"


def _of_node(node: Node) -> str:
    attributes = {k: v for k, v in sorted(vars(node).items()) if k not in _PLUMBING}
    if "_polls" in attributes:  # which worker is the first in line does not matter, nor polls that were answered
        live: set[int] = vars(node)["_poll_numbers"]
        attributes["_polls"] = frozenset(poll[0].worker for poll in attributes["_polls"] if poll[2] in live)
    seen: set[int] = set()
    return ";".join(f"{k}={_canon(v, seen, k)}" for k, v in attributes.items())


def _canon(value: Any, seen: set[int], name: str = "") -> str:
    """Text that is the same for what is the same, times and running numbers aside."""
    if value is None or isinstance(value, bool | str | bytes | float):
        return repr(value)
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, int):
        return "#" if name in _NUMBERS else "t" if abs(value) >= _A_TIME else str(value)
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
        return _canon_whole(value, seen, name)
    finally:
        seen.discard(id(value))


def _canon_whole(value: Any, seen: set[int], name: str) -> str:
    match value:
        case dict():
            if name in _BY_NUMBER:
                return f"{sorted(_canon(v, seen) for v in value.values())}"
            full = ((k, v) for k, v in value.items() if not isinstance(v, dict | list | tuple) or v)
            return f"{sorted(f'{_canon(k, seen)}:{_canon(v, seen, str(k))}' for k, v in full)}"
        case set() | frozenset():
            return f"{sorted(_canon(v, seen) for v in value)}"
        case list() | tuple() | deque():
            if hasattr(value, "_fields"):
                return _fields(value, value._fields, seen)
            return f"[{','.join(_canon(v, seen) for v in value)}]"
        case msgspec.Struct():
            return _fields(value, value.__struct_fields__, seen)
        case Life():
            state = "runs" if value.running else "dead" if value.dead else "paused"
            parts = (value.calls, [handler._generator for handler in value.handlers], value.connections, value.backlog)
            return f"{state} {' '.join(_canon(part, seen, 'calls' if part is value.calls else '') for part in parts)}"
        case Timer():
            return "over" if value.then is None else f"{_canon(value.then, seen)}({_canon(value.arg, seen)})"
        case Call():
            return f"from {value.caller.name}"
        case Connection():
            ends = (value.client.name, value._open[value.client], value.server.name, value._open[value.server])
            return f"{ends} {value.broken} {_canon(value.info, seen)}"
        case GeneratorType():
            return _frames(value, seen)
        case Handler():
            return "handler"
        case simpy.Resource():
            return f"{value.count}+{len(value.queue)}"
        case simpy.events.Event():
            return "event"
    slots = [slot for cls in type(value).__mro__ for slot in getattr(cls, "__slots__", ())]
    return _fields(value, sorted({*slots, *getattr(value, "__dict__", ())}), seen)


def _fields(value: Any, names: Iterable[str], seen: set[int]) -> str:
    shown = ",".join(
        f"{n}={_canon(getattr(value, n, None), seen, n)}" for n in names if n not in _PLUMBING or n == "name"
    )
    return f"{type(value).__name__}({shown})"


@lru_cache(maxsize=4096)
def _live(code: CodeType, at: int) -> frozenset[str]:
    """The local variables that code may still read when it goes on after the instruction at offset `at`."""
    instructions = list(dis.get_instructions(code))
    place = {instruction.offset: i for i, instruction in enumerate(instructions)}
    live = frozenset(code.co_varnames) - {"self", "call", "response"}
    return frozenset(name for name in live if _reads(instructions, place, place.get(at, -1) + 1, name))


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
        live = _live(frame.f_code, frame.f_lasti)
        its = sorted((k, v) for k, v in frame.f_locals.items() if k in live)
        text += f"{frame.f_code.co_name}@{frame.f_lasti}{[f'{k}={_canon(v, seen, k)}' for k, v in its]}"
        at = at.gi_yieldfrom
    return text
