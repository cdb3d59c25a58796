"""What a protocol decides, made visible: every decision is one small method or setting with a name and a reason.

`@decision` marks a method of a component that a variant may override; its docstring says what the reference does and
why, and ends with a `Variant::` block: another answer, that runs as written. `setting` is a decision that is a plain
value, with its unit, its reason and its source. `docs/decisions.md` is generated from these marks, and a variant that
overrides something that is not there is refused by them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

SWEPT = "swept: no published figure; vary it"


def decision(method: F) -> F:
    """Marks a method as a decision of the protocol."""
    method.__decision__ = True  # type: ignore[attr-defined]
    return method


class Setting:
    """What is known of a setting: its reference value, unit, reason, source, and the values it may take, if few."""

    def __init__(self, default: Any, unit: str, why: str, source: str, choices: tuple[Any, ...]) -> None:
        self.default = default
        self.unit = unit
        self.why = why
        self.source = source
        self.choices = choices

    def __set_name__(self, owner: type, name: str) -> None:
        """Puts the plain value in the class, so that reading a setting costs nothing, and keeps what is known beside it."""
        known = dict(owner.__dict__.get("__settings__", {}))
        known[name] = self
        setattr(owner, "__settings__", known)  # noqa: B010  (a class attribute that mypy need not know)
        setattr(owner, name, self.default)


def setting(default: T, *, unit: str, why: str, source: str = SWEPT, choices: tuple[T, ...] = ()) -> T:
    """Declares a setting in a class body. Its value there and in a variant is a plain value of the same type."""
    return cast(T, Setting(default, unit, why, source, choices))


def decisions_of(component: type) -> dict[str, Callable[..., Any]]:
    """The decision methods of a component class, base classes first, in the order of the source."""
    found: dict[str, Callable[..., Any]] = {}
    for base in reversed(component.__mro__):
        found |= {name: value for name, value in vars(base).items() if getattr(value, "__decision__", False)}
    return found


def settings_of(component: type) -> dict[str, Setting]:
    """The settings of a component class, base classes first, in the order of the source."""
    found: dict[str, Setting] = {}
    for base in reversed(component.__mro__):
        found.update(vars(base).get("__settings__", {}))
    return found
