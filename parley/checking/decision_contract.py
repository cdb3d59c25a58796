"""What a variant answers when it is asked to decide: held to the decision's signature where it enters, and counted.

Only what a variant overrides is watched: the reference costs nothing. A wrong answer is an error at the variant's own
method, and not at the line of the model that could do nothing with it. The counts say whether a campaign put a decision to
the test: how often it was asked, and how often it answered otherwise than the protocol that it was made of would have.

What a variant overrides besides decisions, hooks and private steps, is counted as well, with what it adds: code that never
ran was not put to the test. What such a method answers can't be compared, as to ask the reference's would do it twice. So
whether it makes a difference is told by a run without it (`without`), and so it is with a setting.

Requirements: V3, V4, V11.
"""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from model.decisions import Among, Unit, decisions_of, settings_of
from model.protocol import Protocol
from reports.metrics.summary import Asked
from sim.printable import shown

Fits = Callable[[Any], bool]


class WrongAnswer(Exception):
    """A decision answered what it may not: `file` and `line` are of its method."""

    def __init__(self, method: Callable[..., Any], answer: Any, expected: str) -> None:
        code = method.__code__
        super().__init__(f"{method.__qualname__} returned {shown(answer)}: expected {expected}")
        self.file: str = code.co_filename
        self.line: int = code.co_firstlineno


class Counted:
    """One overridden decision: its method, how often it was asked, and what it answered last."""

    __slots__ = ("answer", "comparable", "different", "line", "name", "times")

    def __init__(self, name: str, method: Callable[..., Any], comparable: bool) -> None:
        self.name = name
        self.line: int = method.__code__.co_firstlineno
        self.comparable = comparable
        self.clear()

    def clear(self) -> None:
        """Forgets what was asked."""
        self.times = self.different = 0
        self.answer: Any = None


class Tally:
    """The overridden decisions of one protocol, by component and name, with what was asked since `clear`."""

    def __init__(self) -> None:
        self.asked: dict[str, Counted] = {}
        self.last: Counted | None = None
        """Which decision answered last: for an error that comes up after it."""
        self.shadowing = False

    def clear(self) -> None:
        """Forgets what was asked."""
        self.last, self.shadowing = None, False
        for counted in self.asked.values():
            counted.clear()


def tally_of(protocol: Protocol) -> Tally | None:
    """What was asked of a variant that `watched` has made; None of another protocol."""
    return next((found for cls in protocol.components().values() if (found := getattr(cls, _TALLY, None))), None)


def clear(protocol: Protocol) -> None:
    """Forgets what was asked so far."""
    tally = tally_of(protocol)
    if tally is not None:
        tally.clear()


def counts(protocol: Protocol) -> dict[str, Asked]:
    """How often each overridden decision was asked since the tally was cleared; empty if there is none."""
    tally = tally_of(protocol)
    asked = tally.asked if tally else {}
    return {name: Asked(each.times, each.different if each.comparable else None) for name, each in asked.items()}


def never_ran(protocol: Protocol) -> frozenset[str]:
    """The methods of a variant that have not run since the tally was cleared."""
    tally = tally_of(protocol)
    return frozenset(name for name, each in tally.asked.items() if not each.times) if tally else frozenset()


def own_of(cls: type) -> type:
    """The component's class of the model that a variant's class is made from."""
    return next(base for base in cls.__mro__ if base.__module__.startswith("model."))


def methods_of(cls: type) -> dict[str, Callable[..., Any]]:
    """The methods that a variant's class has beyond the model's, its own decisions included, by name."""
    own = own_of(cls)
    names = dict.fromkeys(name for base in cls.__mro__ if base not in own.__mro__ for name in vars(base))
    found = {name: inspect.getattr_static(cls, name) for name in reversed(names) if not name.startswith("__")}
    return {name: method for name, method in found.items() if inspect.isfunction(method)}


def settings_changed(protocol: Protocol) -> list[str]:
    """The settings to which a variant gives another value, as 'component.setting'."""
    return [
        f"{component}.{name}"
        for component, cls in protocol.components().items()
        if not cls.__module__.startswith("model.")
        for name in settings_of(own_of(cls))
        if getattr(cls, name) != getattr(own_of(cls), name)
    ]


def overrides(protocol: Protocol, name: str) -> bool:
    """Whether the model has a method or setting of this name ('component.name'), too."""
    component, _, attribute = name.partition(".")
    return hasattr(own_of(protocol.components()[component]), attribute)


def without(protocol: Protocol, name: str) -> Protocol:
    """The protocol with one method or setting ('component.name') as the model has it."""
    component, _, attribute = name.partition(".")
    cls = protocol.components()[component]
    described = {"__module__": cls.__module__, "__qualname__": cls.__qualname__, "__doc__": cls.__doc__}
    plain = type(cls.__name__, (cls,), {attribute: inspect.getattr_static(own_of(cls), attribute), **described})
    changed: dict[str, Any] = {component: plain}
    return replace(protocol, name=protocol.name, **changed)


def watched(protocol: Protocol) -> Protocol:
    """The protocol with each decision that a variant overrides held to its signature, and all its methods counted."""
    tally = Tally()
    classes: dict[str, type] = {}
    for component, cls in protocol.components().items():
        own = own_of(cls)
        decisions = decisions_of(own)
        methods = {} if cls is own else methods_of(cls)
        watches = {
            name: _watch(f"{component}.{name}", methods[name], getattr(own, name), tally)
            for name in decisions
            if name in methods
        }
        watches |= {
            name: _count(f"{component}.{name}", method, tally)
            for name, method in methods.items()
            if name not in decisions
        }
        if watches:
            described = {"__module__": cls.__module__, "__qualname__": cls.__qualname__, "__doc__": cls.__doc__}
            classes[component] = type(cls.__name__, (cls,), {**watches, **described, _TALLY: tally})
    return replace(protocol, name=protocol.name, **classes)


_TALLY = "__asked__"

LARGEST = 1 << 63
"""A number beyond it is no time, no count and no place, and can't be written down."""


def _watch(name: str, method: Callable[..., Any], original: Callable[..., Any], tally: Tally) -> Callable[..., Any]:
    """The method, whose answers are checked and counted; `original` says what may be answered, and what it would have."""
    hint, steps = answer_of(original)
    fits, expected = fitting(hint)
    among = next((each.argument for each in get_args(hint)[1:] if isinstance(each, Among)), "")
    choices = list(inspect.signature(original).parameters).index(among) - 1 if among else 0
    comparable = getattr(original, "__decision__", "answer") == "answer"
    counted = tally.asked[name] = Counted(name, method, comparable)

    @functools.wraps(method)
    def asked(self: Any, *args: Any) -> Any:
        answer = method(self, *args)
        if not fits(answer):
            raise WrongAnswer(method, answer, expected)
        if among and answer not in args[choices]:
            raise WrongAnswer(method, answer, f"one of its {among}, {shown(args[choices])}")
        if tally.shadowing:
            return answer
        tally.last = counted
        counted.answer = answer
        counted.times += 1
        if comparable:
            tally.shadowing = True
            try:
                other = original(self, *args)
                if other is not answer and other != answer and differ(answer, other):
                    counted.different += 1
            except Exception:
                counted.different += 1  # the other one can't even answer in the state that the variant is in
            tally.shadowing = False
        return answer

    @functools.wraps(method)
    def stepped(self: Any, *args: Any) -> Any:
        steps = method(self, *args)
        if not inspect.isgenerator(steps):
            raise WrongAnswer(method, steps, f"a generator (a `yield` in it makes it one) that returns {expected}")
        counted.times += 1
        answer = yield from steps
        if not fits(answer):
            raise WrongAnswer(method, answer, expected)
        return answer

    return stepped if steps else asked


def _count(name: str, method: Callable[..., Any], tally: Tally) -> Callable[..., Any]:
    """The method, which is counted."""
    counted = tally.asked[name] = Counted(name, method, False)

    @functools.wraps(method)
    def ran(self: Any, *args: Any, **named: Any) -> Any:
        if not tally.shadowing:
            counted.times += 1
        return method(self, *args, **named)

    return ran


def answer_of(decision: Callable[..., Any]) -> tuple[Any, bool]:
    """The type of what a decision may answer, and whether it takes steps to it."""
    hint = get_type_hints(decision, include_extras=True)["return"]
    steps = get_origin(hint) is Generator
    return (get_args(hint)[2] if steps else hint), steps


def differ(one: Any, other: Any) -> bool:
    """Whether two answers differ: sequences by what is in them."""
    if isinstance(one, Sequence) and isinstance(other, Sequence) and not isinstance(one, str):
        return list(one) != list(other)
    return bool(one != other)


def fitting(hint: Any) -> tuple[Fits, str]:
    """Whether a value is what a type hint says, and that in words."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is None or hint is type(None):
        return lambda _: True, "nothing"  # what is returned is not looked at
    if origin is Annotated:
        unit = next((found for found in arguments[1:] if isinstance(found, Unit)), None)
        if unit is None:
            return fitting(arguments[0])
        least = unit.least
        if least is None:
            return _is_whole, unit.says
        return lambda value: _is_whole(value) and value >= least, unit.says
    if origin is Literal:
        return lambda value: isinstance(value, str) and value in arguments, f"one of {', '.join(map(repr, arguments))}"
    if origin in (Union, types.UnionType):
        members = [fitting(each) for each in arguments if each is not type(None)]
        says = [said for _, said in members] + ["None"] * (type(None) in arguments)
        optional = type(None) in arguments
        return (
            lambda value: (optional and value is None) or any(fits(value) for fits, _ in members),
            " or ".join(says),
        )
    if origin is tuple and arguments[-1] is not Ellipsis:
        parts = [fitting(each)[0] for each in arguments]
        return (
            lambda value: (
                isinstance(value, tuple)
                and len(value) == len(parts)
                and all(fits(each) for fits, each in zip(parts, value, strict=True))
            ),
            f"a tuple of {len(parts)}: {', '.join(_short(each) for each in arguments)}",
        )
    if origin is not None:
        kind, (fits, _) = (tuple if origin is tuple else Sequence), fitting(arguments[0])
        return (
            lambda value: isinstance(value, kind) and not isinstance(value, str) and all(map(fits, value)),
            f"a {'tuple' if kind is tuple else 'sequence, say a list,'} of {_short(arguments[0])}",
        )
    if hint is bool:
        return lambda value: value is True or value is False, "True or False"
    if hint is int:
        return _is_whole, "a whole number of 64 bits"
    if hint is str:
        return lambda value: isinstance(value, str), "a text"
    return lambda value: isinstance(value, hint), f"a {hint.__name__}"


def _is_whole(value: Any) -> bool:
    """Whether it is a whole number that can be recorded: one of 64 bits."""
    whole = type(value) is int or (isinstance(value, int) and value is not True and value is not False)
    return whole and -LARGEST <= value < LARGEST


def _short(hint: Any) -> str:
    """What a type hint is called inside another."""
    if get_origin(hint) is Annotated:
        return next(found.says for found in get_args(hint)[1:] if isinstance(found, Unit)).rpartition("a ")[2]
    return {str: "texts", int: "whole numbers"}.get(hint, str(hint.__name__))
