"""What is wrong with a plan or a scenario: the path in the file first, then what was expected, or what may have been meant.

msgspec says what does not fit and where. It does not know what else a field or a kind could have been called, nor which field
a fault's own check is about: these begin with the field's name (`rate: expected …`), which becomes the last step of the path.

Requirements: V5.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
from msgspec import inspect

from sim.near import near

CALLED = {"do": "action"}
"""What the value of a field that says which kind it is is called, if not by the field's name."""


def located(error: msgspec.ValidationError, raw: Any, kind: type) -> str:
    """The error in one line: `$.faults[2].node: expected …`. `raw`: what was to be a `kind`, as plain data."""
    text, _, path = str(error).partition(" - at ")
    path = path.strip("`") or "$"
    if own := re.match(r"([a-z_]+(?:\[\d+\])?): ", text):
        return f"{path}.{own[1]}: {text[own.end() :]}"
    if value := re.fullmatch(r"Invalid value '(.*)'", text, re.DOTALL):
        parent, _, field = path.rpartition(".")
        what = CALLED.get(field, field)
        return f"{path}: there is no {what} {value[1]!r}{near(value[1], _tags(_type_at(kind, raw, parent)[0]))}"
    if unknown := re.fullmatch(r"Object contains unknown field `(.*)`", text, re.DOTALL):
        name = unknown[1]
        return f"{path}: there is no field {name!r} here{near(name, _fields(*_type_at(kind, raw, path)))}"
    return f"{path}: {text[:1].lower()}{text[1:]}"


def _type_at(kind: type, raw: Any, path: str) -> tuple[inspect.Type, Any]:
    """What was expected at a path, and what is there; Any where that can't be told."""
    there: inspect.Type = inspect.type_info(kind)
    for field, index in re.findall(r"\.(\w+)|\[(\d+|\.\.\.)\]", path):
        if field:
            there = next((each.type for each in _struct(there, raw) if each.encode_name == field), inspect.AnyType())
            raw = raw.get(field) if isinstance(raw, dict) else None
        elif isinstance(there, inspect.DictType):  # whose keys a path does not say
            there, raw = there.value_type, None
        else:
            there = getattr(there, "item_type", inspect.AnyType())
            raw = raw[int(index)] if isinstance(raw, list) and index.isdigit() and int(index) < len(raw) else None
    return there, raw


def _structs(there: inspect.Type) -> list[inspect.StructType]:
    every = there.types if isinstance(there, inspect.UnionType) else (there,)
    return [each for each in every if isinstance(each, inspect.StructType)]


def _struct(there: inspect.Type, raw: Any) -> tuple[inspect.Field, ...]:
    """The fields of the struct that was expected; of several, of the one that the data says it is."""
    structs = _structs(there)
    if len(structs) > 1:
        structs = [each for each in structs if isinstance(raw, dict) and raw.get(each.tag_field) == each.tag]
    return structs[0].fields if structs else ()


def _fields(there: inspect.Type, raw: Any) -> list[str]:
    return [field.encode_name for field in _struct(there, raw)]


def _tags(there: inspect.Type) -> list[str]:
    return [str(each.tag) for each in _structs(there)]
