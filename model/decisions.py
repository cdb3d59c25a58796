"""What a protocol decides, made visible: every decision is one small method or setting with a name and a reason.

`@decision` marks a method of a component that a variant may override; its docstring says what the reference does and
why, and ends with a `Variant::` block: another answer, that runs as written. Its signature says what is asked and what
may be answered, with units: a variant's answers are held to it. `setting` is a decision that is a plain value, with its
unit, its reason and its source. `docs/decisions.md` is generated from these marks, and a variant that overrides something
that is not there is refused by them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, NamedTuple, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")


class Unit(NamedTuple):
    """What a whole number of a decision's signature means, in words, and the least that may be answered, if there is one."""

    says: str
    least: int | None = None


Micros = Annotated[int, Unit("a whole number of µs, at least 0", 0)]
"""A time by the node's clock, or how long."""

Seq = Annotated[int, Unit("a whole number: a seq")]
"""A place in a conversation, from 1 on; 0 is before the first."""

Size = Annotated[int, Unit("a whole number of members")]
"""How large a conversation is."""

Rate = Annotated[int, Unit("a whole number of sends a second, at least 1", 1)]
"""How often something may be done."""

Index = Annotated[int, Unit("a whole number of at least 0", 0)]
"""A number of things, or the place of one of them, counted from 0."""

Draw = Annotated[int, Unit("a whole number, uniform over [0, 2**64)")]
"""A random number that is made for this question alone."""


class Among(NamedTuple):
    """An answer that must be one of what the argument of this name holds."""

    argument: str


SWEPT = "swept: no published figure; vary it"


def decision(method: F) -> F:
    """Marks a method as a decision of the protocol. To ask it twice is to ask it once."""
    method.__decision__ = "answer"  # type: ignore[attr-defined]
    return method


def action(method: F) -> F:
    """Marks a decision that changes something, or takes time: asked twice, it would be done twice."""
    method.__decision__ = "action"  # type: ignore[attr-defined]
    return method


def overrides_private(method: F) -> F:
    """Marks a method of a variant that is meant to take the place of a private one of the class, whose name it has."""
    method.__overrides_private__ = True  # type: ignore[attr-defined]
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
        """Puts the plain value in the class, so that reading a setting costs nothing, and keeps what is known beside it.

        Within the model a setting is declared once along a line of classes; a variant may declare one anew. Raises TypeError.
        """
        declared = (base for base in owner.__mro__[1:] if name in vars(base).get("__settings__", {}))
        if owner.__module__.startswith(f"{__package__}.") and (first := next(declared, None)) is not None:
            places = " and in ".join(f"{cls.__module__}.{cls.__qualname__}" for cls in (first, owner))
            raise TypeError(f"setting {name!r} is declared twice, in {places}: give it another value by {name} = ...")
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
        found |= {name: value for name, value in vars(base).items() if hasattr(value, "__decision__")}
    return found


def settings_of(component: type) -> dict[str, Setting]:
    """The settings of a component class, base classes first, in the order of the source."""
    found: dict[str, Setting] = {}
    for base in reversed(component.__mro__):
        found.update(vars(base).get("__settings__", {}))
    return found
