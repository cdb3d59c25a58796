"""Loads a variant of the protocol from a file: `FILE.py` or `FILE.py:NAME`.

NAME may be a `Protocol` or a component class. Without it, the file's `PROTOCOL` is taken, or its only Protocol, or, if
it has none, all component classes that it defines together, under the file's name.
"""

from __future__ import annotations

import ast
import importlib.util
import inspect
import sys
import traceback
from functools import lru_cache
from importlib.abc import Loader
from pathlib import Path
from types import ModuleType

from faults.plan import ProtocolRef
from model.clobbers import Clobber, clobbers
from model.protocol import PROTOCOLS, REFERENCE, Protocol, VariantError, check, component_of, variant
from parley import bundled, supervised
from parley.checking import decision_contract
from parley.checking.decision_contract import watched
from parley.errors import BadInput
from parley.watchdog import bounds, watching
from sim.near import near
from sim.printable import hides, shown


@lru_cache(maxsize=64)
def load(spec: str) -> Protocol:
    """The protocol that `spec` names; '' is the reference. Raises BadInput."""
    if spec in PROTOCOLS or not spec:
        return PROTOCOLS[spec or "reference"]
    file = str(file_of(spec))
    name = spec[len(file) + 1 :]
    module = _import(Path(file))
    try:
        protocol = _choose(module, file, name)
        check(protocol)
    except VariantError as error:
        raise BadInput(f"{_at(error, Path(file))}: {error}") from None
    if hidden := hides(protocol.name):
        raise BadInput(f"{file}: name: expected one that can be printed, got one with {hidden!r}")
    return watched(protocol)


def reference_of(spec: str) -> ProtocolRef:
    """What a plan keeps of a protocol: its name and where it comes from."""
    return ProtocolRef(name=load(spec).name, file=spec)


def base_of(protocol: Protocol) -> str:
    """Return which of the protocols that come with Parley a variant is one of; '' if it is one itself."""
    if protocol.name in PROTOCOLS:
        return ""
    alike = (n for n, p in PROTOCOLS.items() if (p.sequencer, p.fan_out) == (protocol.sequencer, protocol.fan_out))
    return next(alike, "reference")


def _import(path: Path) -> ModuleType:
    if not path.is_file():
        raise BadInput(
            f"{path}: there is no such variant file, and no protocol of this name{near(str(path), PROTOCOLS)}"
        )
    spec = importlib.util.spec_from_file_location(f"parley_variant_{path.stem}", path)
    if spec is None or spec.loader is None or path.suffix != ".py":
        raise BadInput(f"{path}: expected a Python file")
    module = importlib.util.module_from_spec(spec)
    supervised.says(f"while {path} was read")
    writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    sys.modules[spec.name] = module
    try:
        with watching():
            _read(spec.loader, module)
    except VariantError as error:
        raise BadInput(f"{_at(error, path)}: {error}") from None
    except SyntaxError as error:
        raise BadInput(f"{path}:{error.lineno or 1}: {error.msg}") from None
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise BadInput(f"{path}:{line_in(error, path) or 1}: {type(error).__name__}: {said_by(error)}") from None
    finally:
        sys.dont_write_bytecode = writes
    return module


@bounds
def _read(loader: Loader, module: ModuleType) -> None:
    loader.exec_module(module)


def said_by(error: BaseException) -> str:
    """The text of an exception, which may be one of a variant's own that has none."""
    try:
        return " ".join(str(error).split())
    except Exception:
        return "it has no text"


def line_in(error: BaseException, path: Path) -> int:
    """The last line of a file that an exception passed through, or 0 if it did not."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno or 0 for frame in frames if Path(frame.filename).resolve() == path.resolve()]
    return lines[-1] if lines else 0


def _at(error: VariantError, path: Path) -> str:
    """Where a file is wrong, as file:line: where it defines what is to blame, or else where this came up, if that is in it."""
    found = line_in(error, path)
    if error.place:
        cls, name = error.place
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef) and node.name == cls:
                found = error.line or next((each.lineno for each in node.body if name in _defines(each)), found)
    return f"{path}:{found}" if found else f"{path}"


def _defines(node: ast.stmt) -> set[str]:
    """The names that a statement of a class's body gives to something."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}


def written_over(error: BaseException, protocol: Protocol) -> Clobber | None:
    """What a variant has set of the model's own attributes, where an error came up at one of these; None if it did not."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    used = frames[-1].f_code.co_names if frames else ()
    for cls in protocol.components().values():
        for found in clobbers(cls, decision_contract.own_of(cls)):
            if found.attribute in used:
                return found
    return None


def last_line(error: BaseException) -> str:
    """Where an exception was raised, as file:line; a file of Parley's own is named from the folder that holds the packages."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    file, home = Path(frame.filename), Path(__file__).parent.parent
    return f"{file.relative_to(home) if file.is_relative_to(home) else '/'.join(file.parts[-2:])}:{frame.lineno}"


def file_of(spec: str) -> Path | None:
    """The file of a variant; None for a protocol that comes with Parley."""
    if not spec or spec in PROTOCOLS:
        return None
    return Path(spec if Path(spec).exists() else spec.partition(":")[0])


def bundled_spec(spec: str) -> str | None:
    """How a protocol that comes with Parley is loaded: by its name, or, a mutant, by its file; None: it is somebody else's.

    A mutant's file counts only where this installation has it: one of the same name in the current folder is somebody else's.
    """
    if not spec or spec in PROTOCOLS:
        return spec
    name = Path(spec.partition(":")[0])
    home = bundled.folder("mutants").resolve()
    for file in (name, home.parent.parent / name):
        if file.is_file() and file.resolve().is_relative_to(home):
            return spec if file == name else f"{home.parent.parent / spec}"
    return None


def _is_choice(value: object, module: ModuleType) -> bool:
    """Whether FILE.py:NAME may name it."""
    if inspect.isclass(value):
        return value.__module__ == module.__name__ and component_of(value) is not None
    return isinstance(value, Protocol) and value is not REFERENCE


def _choose(module: ModuleType, file: str, name: str) -> Protocol:
    stem = Path(file).stem.replace("_", "-")
    if name:
        chosen = getattr(module, name, None)
        if isinstance(chosen, Protocol):
            return chosen
        if inspect.isclass(chosen) and (component := component_of(chosen)):
            return variant(f"{stem}:{name}", **{component: chosen})
        there = [n for n, v in vars(module).items() if _is_choice(v, module)]
        got = f"there is no {name!r}" if chosen is None else f"{name!r} is neither a Protocol nor a component class"
        raise BadInput(f"{file}: {got}; there {'is' if len(there) == 1 else 'are'} {', '.join(there) or 'none'}")
    named = getattr(module, "PROTOCOL", None)
    if named is not None:
        if not isinstance(named, Protocol):
            raise BadInput(f"{file}: expected PROTOCOL to be a Protocol, got {shown(named)}")
        return named
    protocols = {n: v for n, v in vars(module).items() if isinstance(v, Protocol) and v is not REFERENCE}
    if len(protocols) == 1:
        return next(iter(protocols.values()))
    if protocols:
        raise BadInput(f"{file}: it has several protocols; choose one: " + ", ".join(f"{file}:{n}" for n in protocols))
    components: dict[str, type] = {}
    for cls in vars(module).values():
        if inspect.isclass(cls) and cls.__module__ == module.__name__ and (component := component_of(cls)):
            if component in components:
                raise BadInput(
                    f"{file}: {components[component].__name__} and {cls.__name__} both are a {component}; "
                    f"choose one with {file}:NAME"
                )
            components[component] = cls
    if not components:
        raise BadInput(f"{file}: expected a Protocol or a subclass of a component, found neither")
    return variant(stem, **components)
