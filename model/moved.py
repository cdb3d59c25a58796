"""Where modules and names of the first layout are now; serves their old imports, with one warning for each importing file.

`MODULES` and `RENAMED` are the whole table. A finder at the head of `sys.meta_path`, which importing `model` puts there,
answers for every module in `MODULES`. A module that is gone is stood in for by an empty one. A module that is still there
(`model.store` is a package now) is loaded as ever, and then asked only for names that it does not have. In both cases the
module's `__getattr__` looks a name up in the table, for `from … import *` too.

A file's first use of an old place gives one `MovedWarning`, which tells all old imports of that file. It respects filters
that ignore it. A filter that turns warnings into errors (`-W error`, pytest's `filterwarnings = error`) would raise it: then
it is given again under a filter of its own, so that it is shown and raises nothing. An old import stays a working import.

The old places work for this release. Parley itself uses none of them.
"""

from __future__ import annotations

import ast
import importlib
import linecache
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cache, partial
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import FrameType, ModuleType
from typing import Any

MODULES: dict[str, tuple[str, ...]] = {
    "model.app": ("model.device.app",),
    "model.attacher": ("model.device.attachments",),
    "model.blobs": ("model.servers.blobs",),
    "model.client": ("model.device.database",),
    "model.company": ("model.device.presence_view",),
    "model.component": (),
    "model.decisions": (),
    "model.deployment": (),
    "model.device": ("model.device.device",),
    "model.device_tables": ("model.store.device_tables", "model.store.tables"),
    "model.directory": (),
    "model.election": ("model.store.election",),
    "model.events": (),
    "model.fan_out": (),
    "model.gateway": ("model.servers.gateway",),
    "model.intruder": ("model.servers.intruder",),
    "model.lifecycle": (),
    "model.membership": (),
    "model.notification": ("model.servers.notification",),
    "model.outbox": ("model.device.outbox",),
    "model.presence": ("model.servers.presence",),
    "model.protocol": (),
    "model.provider": ("model.servers.provider",),
    "model.queue": ("model.servers.queue",),
    "model.reader": ("model.device.read_marks",),
    "model.receiver": ("model.device.receiver",),
    "model.registrar": ("model.device.push_token",),
    "model.registry": ("model.servers.registry",),
    "model.relay": ("model.servers.relay",),
    "model.replica": ("model.store.raft",),
    "model.security": (),
    "model.segments": ("model.servers.segment_cache",),
    "model.sequencer": ("model.servers.sequencer",),
    "model.service": ("model.servers.service",),
    "model.shard": ("model.servers.shard",),
    "model.store": ("model.store.store", "model.store.reads", "model.store.tables"),
    "model.syncer": ("model.device.syncer",),
    "model.topology": (),
    "model.wire": (
        "model.wire.base", "model.wire.client", "model.wire.service", "model.wire.delivery", "model.wire.store",
        "model.wire.replication", "model.wire.routes", "model.content",
    ),
    "model.worker": ("model.servers.worker",),
}  # fmt: skip
"""Old module to the modules among which its names are now; none, for one that has stayed and may only have lost a name."""

RENAMED: dict[str, tuple[str, str]] = {
    "Attacher": ("model.device.attachments", "Attachments"),
    "Client": ("model.device.database", "Database"),
    "Company": ("model.device.presence_view", "PresenceView"),
    "Reader": ("model.device.read_marks", "ReadMarks"),
    "Registrar": ("model.device.push_token", "PushToken"),
}
"""Old name to module and new name. No other module ever had one of these names for something else."""

LENT: tuple[str, ...] = (
    "model.events", *MODULES["model.wire"], "model.decisions", "model.component", "model.content", "model.directory",
    "model.security", "model.membership", "model.fan_out", "model.topology", "model.protocol", *MODULES["model.store"],
    "model.store.raft", "model.store.device_tables", "model.device.device", "model.device.app", "model.device.syncer",
    "model.device.database", "sim.history", "sim.network", "sim.node",
    "sim.draws", "sim.distributions",
)  # fmt: skip
"""Where names are found that an old module did not define but had imported itself, and so offered all the same."""


DOOR = "parley.variant"
"""Where what variants need stays from now on. A name, that is looked up when a file is told: nothing here imports it before."""


class MovedWarning(FutureWarning):
    """A file imports from where something was in an earlier release. Shown once a file, and never an error."""


def place(old: str, name: str) -> tuple[str, str]:
    """The module that has what `old` called `name`, and its name there. Raises AttributeError if `old` had no such name."""
    if name in RENAMED:
        return RENAMED[name]
    for home in (*MODULES[old], *LENT):
        if name in (there := vars(importlib.import_module(home))):
            origin = getattr(there[name], "__module__", home)
            own = origin in sys.modules and vars(sys.modules[origin]).get(name) is there[name]
            return (origin if own else home), name
    raise AttributeError(f"module {old!r} has no attribute {name!r}")


def old_imports(source: str) -> Iterator[tuple[str, str]]:
    """Each old place that a Python source imports, with the new one. Raises SyntaxError."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module in MODULES and not node.level:
            for alias in node.names:
                yield from _moved(node.module, alias.name)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name in MODULES and _gone(alias.name):
                    yield alias.name, " and ".join(MODULES[alias.name])


def _moved(old: str, name: str) -> Iterator[tuple[str, str]]:
    """The old place of a name and its new one; nothing, if the old one is no old one or has no such name."""
    if name == "*":
        if _offers_all(old):
            yield f"{old}.*", " and ".join((*MODULES[old], DOOR))
    elif _gone(old) or (name not in vars(importlib.import_module(old)) and not _submodule(old, name)):
        with suppress(AttributeError):
            yield f"{old}.{name}", _stable(*place(old, name))


def _stable(module: str, name: str) -> str:
    """Where a file had better import a name from: the door for variants, if it has the name."""
    door = importlib.import_module(DOOR)
    return f"{DOOR if getattr(door, name, None) is getattr(sys.modules[module], name) else module}.{name}"


@cache
def _gone(old: str) -> bool:
    """Whether there is no module of this name any more."""
    return PathFinder.find_spec(old, sys.modules["model"].__path__) is None


def _offers_all(old: str) -> bool:
    """Whether `from … import *` is answered by the table: where nothing but a package, or nothing at all, has remained."""
    return _gone(old) or hasattr(importlib.import_module(old), "__path__")


def _submodule(old: str, name: str) -> bool:
    path = None if _gone(old) else getattr(sys.modules[old], "__path__", None)
    return path is not None and PathFinder.find_spec(f"{old}.{name}", path) is not None


def _served(old: str, name: str) -> Any:
    """The `__getattr__` of an old module: the value at the new place, which the importing file is told of."""
    if name == "__all__" and _offers_all(old):
        homes = [vars(importlib.import_module(home)) for home in (*MODULES[old], *LENT)]
        return sorted({each for names in homes for each in names if not each.startswith("_")} | {*RENAMED})
    if name.startswith("_") or _submodule(old, name):
        raise AttributeError(f"module {old!r} has no attribute {name!r}")
    module, now = place(old, name)
    _tell(f"{old}.{name}", _stable(module, now))
    return getattr(importlib.import_module(module), now)


_OURS = (__file__, importlib.__file__, "<frozen importlib")

_told: set[str] = set()


def _tell(old: str, new: str) -> None:
    """Gives the warning of the file that uses an old place, unless it has been told."""
    frame = _user()
    file = frame.f_code.co_filename
    if file in _told:
        return
    _told.add(file)
    try:
        found = dict(old_imports("".join(linecache.getlines(file, frame.f_globals)))) or {old: new}
    except SyntaxError:
        found = {old: new}
    listed = ", ".join(f"{was} is now {now}" for was, now in found.items())
    _warn(f"{listed}; the old names work for this release", file, frame.f_lineno)


def _user() -> FrameType:
    """The innermost frame that is neither of this file nor of the import system."""
    frame = sys._getframe()
    while frame.f_back and frame.f_code.co_filename.startswith(_OURS):
        frame = frame.f_back
    return frame


def _warn(text: str, file: str, line: int) -> None:
    try:
        warnings.warn_explicit(text, MovedWarning, file, line)
    except MovedWarning:
        with warnings.catch_warnings():
            warnings.simplefilter("always", MovedWarning)
            warnings.warn_explicit(text, MovedWarning, file, line)


class _StandIn(Loader):
    """Loads a module that is gone: empty, but for the names that the table serves."""

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        homes = MODULES[module.__name__]
        module.__doc__ = f"Now {' and '.join(homes)}."
        vars(module)["__getattr__"] = partial(_served, module.__name__)
        _tell(module.__name__, " and ".join(homes))


class _Serving(SourceFileLoader):
    """Loads a module that is still there, and lets the table serve the names that it does not have."""

    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        vars(module)["__getattr__"] = partial(_served, module.__name__)


class _Finder(MetaPathFinder):
    """Finds the modules of the table, and no other."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in MODULES:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None:
            return ModuleSpec(fullname, _StandIn(), origin="moved")
        if type(spec.loader) is SourceFileLoader:
            spec.loader = _Serving(fullname, spec.loader.path)
        return spec


def install() -> None:
    """Puts the finder before all others, once."""
    if not any(isinstance(each, _Finder) for each in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
