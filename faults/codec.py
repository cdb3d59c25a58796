"""What is written of a plan or of a part of it, and so what makes it the same as another one.

Requirements: V5, V7.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec


def written(value: Any) -> Any:
    """A value as builtins, without the fields that are what they would be anyway, where these are omitted.

    msgspec omits a text or a number with a fraction only if it is the very object that the default is. In a plan that was
    drawn, came from another process or from a file, it is another one.
    """
    return _without_defaults(value, msgspec.to_builtins(value))


def _without_defaults(value: Any, plain: Any) -> Any:
    """What is written of a value, given all of it as builtins."""
    if isinstance(value, msgspec.Struct):
        omitted = _omitted(type(value))
        return {
            key: _without_defaults(getattr(value, key, None), item)
            for key, item in plain.items()
            if key not in omitted or getattr(value, key) != omitted[key]
        }
    if isinstance(value, list | tuple):
        return [_without_defaults(its, item) for its, item in zip(value, plain, strict=True)]
    if isinstance(value, dict):
        return {key: _without_defaults(value[key], item) for key, item in plain.items()}
    return plain


@cache
def _omitted(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """The defaults that a struct omits, by field."""
    if not kind.__struct_config__.omit_defaults:
        return {}
    fields = msgspec.structs.fields(kind)
    return {field.name: field.default for field in fields if field.default is not msgspec.NODEFAULT}
