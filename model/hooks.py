"""Hooks: what a component does when something happens, which a variant may override as it may a decision.

A decision is a question with an answer; a hook is a whole reaction. There are three kinds, and none needs a mark: methods that
`receives`, `writes` or `reads` of a component names for a payload; steps, which are public handlers that such a reaction goes
through; and the turns of a node's life in `LIFE`. Their names stay. A method whose name begins with an underscore is no hook.
"""

from __future__ import annotations

import inspect
from typing import Any, NamedTuple

from model.decisions import decisions_of
from sim.node import Node

LIFE: dict[str, str] = {
    "install": "it is set up, once: what it keeps over crashes",
    "boot": "a life of it begins: what a crash makes it forget",
    "end_life": "a life of it ends, by a crash or because the app goes to sleep",
    "connection_lost": "a connection ended at the other end",
    "connected_now": "the device has got a working connection",
    "disconnected_now": "the device has lost its connection, or given it up",
    "shown_now": "rows have appeared on the screen",
    "heard_of": "a digest tells more of a conversation: its mark and its receipts",
    "beaten": "a heartbeat has been sent",
    "suspend": "the app goes to sleep",
    "wake": "the app wakes up, if it slept",
    "notified": "a push notification has reached the device",
    "erase": "the app was wiped: everything durable goes",
    "log_in": "a user logs in",
    "log_out": "the user logs out",
    "lead": "the replica leads from now on",
    "let_go": "the replica does not lead any more",
    "used": "a place that was given out has its row",
    "forget": "it loses what it knows, and goes on",
}
"""The turns of a node's life, with what has happened then."""


OF_ALL = ("install", "boot", "end_life")
"""Those that all nodes have."""

KINDS = ("message", "step", "life")
"""The kinds of hooks, in the order in which they are listed."""


class Hook(NamedTuple):
    """A method that is called when something happens: `payload` names the type that comes, if it is one that does."""

    name: str
    method: Any
    kind: str
    """message, step or life."""
    payload: type | None = None

    @property
    def signature(self) -> str:
        """How it is called."""
        taken = list(inspect.signature(self.method).parameters.values())[1:]
        only_named = [f"*, {each.name}" if each.kind is each.KEYWORD_ONLY else each.name for each in taken]
        return f"{self.name}({', '.join(only_named)})"


def hooks_of(component: type) -> dict[str, Hook]:
    """The hooks of a component's class by name: what comes, in the order of its class; then steps, and turns of its life."""
    found: dict[str, Hook] = {}
    decided = decisions_of(component)
    for table in ("receives", "writes", "reads"):
        for payload, name in getattr(component, table, {}).items():
            known = found.get(name)
            found[name] = Hook(name, getattr(component, name), "message", None if known else payload)
    for name in _named(component):
        method = getattr(component, name)
        if name in decided or name in found or (name not in LIFE and hasattr(Node, name)):
            continue
        if name in LIFE and (name in OF_ALL or method is not getattr(Node, name, None)):
            found[name] = Hook(name, method, "life")
        elif name not in LIFE and name != "work" and inspect.isgeneratorfunction(method):
            found[name] = Hook(name, method, "step")
    return found


def _named(component: type) -> list[str]:
    """The public methods of a class, base classes first, in the order of the source."""
    names: dict[str, None] = {}
    for base in reversed(component.__mro__):
        names |= {name: None for name, value in vars(base).items() if inspect.isfunction(value) and name[0] != "_"}
    return list(names)
