"""The base of all kinds of fault, and how a class becomes one.

A kind of fault is *when* and *what*. What it does is an effect on a node, on messages, or on whatever its `begin` touches of
the `Site`. When is at a time, unless a class of `faults.when` makes it armed. `at` is the time, or from when on it waits.

A fault that would change nothing when its time comes does not strike: it leaves no FaultStarted, counts for nothing, and has
nothing to end. A node is down for as long as any fault that took it down, and ends with the last of them:

    1. a crash, or a pause, of a node that is dead changes nothing, however long it would last
    2. a crash of a paused node ends the pause with the life that was paused; the pause's end finds another life and does nothing
    3. a pause of a paused node changes nothing: the first one's end is the end
    4. of two faults that took one device down, a push having woken it in between, say, the one that ends last brings it back
    5. a wiped or rotated app stays down for its own time, and for that of the sleep that it was in

A push, an account that moves to another handset, and the healing start an app that a fault holds down: it is not locked.

A class with fields is an ordinary class until `kind` turns it into a frozen msgspec.Struct: structs can't have two bases with
fields, and *when × what* needs two. The fields of the bases come first, the last base's before the first's.

Requirements: F1, F3.
"""

from __future__ import annotations

import inspect
import typing
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, dataclass_transform

import msgspec
from xxhash import xxh3_64_intdigest

from faults.aims import Aims
from faults.codec import written
from faults.fields import There, Time, Wrong, held, listed
from faults.order import ORDER
from faults.site import End, Held, Site, holding
from sim.draws import Picker
from sim.node import Node
from sim.registry import Registry, RegistryError

_encode = msgspec.json.Encoder().encode

if TYPE_CHECKING:
    from msgspec import Struct as _Struct
else:

    class _Struct:
        """Takes the words that a struct's class takes."""

        def __init_subclass__(cls, **_: Any) -> None:
            super().__init_subclass__()


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Fault(_Struct, frozen=True, kw_only=True):
    """What all faults have: when they begin, or from when on they are armed, in µs."""

    at: Time = 0

    armed: ClassVar[bool] = False
    """Whether it waits for its point, or for its message."""
    requirement: ClassVar[str] = ""
    everyday: ClassVar[bool] = False
    """Whether a campaign that names no kinds uses it: the rest of the atlas is for those that ask for it."""
    armed_form: ClassVar[str] = ""
    """The kind that does the same at a named point, if it is not called by the same name with '_at'."""

    # --- what it does ----------------------------------------------------------------------------------------------

    @abstractmethod
    def begin(self, site: Site) -> End | None:
        """Puts the fault into effect; returns what ends it, or None if nothing is left to end."""
        raise NotImplementedError

    def idle(self, site: Site) -> bool:
        """Whether it would change nothing if it struck now: then it does not."""
        return False

    def lasts(self) -> int:
        """How long the fault is on, in µs; 0 for one that is over at once."""
        return next((int(getattr(self, name)) for name, holds in held(type(self)).items() if holds.lasts), 0)

    def lasting(self) -> bool:
        """Whether it goes on after it has struck, until its end or the healing."""
        return self.lasts() > 0

    def holds(self, site: Site, node: Node | None = None) -> Held:
        """Whom it is about to strike; `node`: the one at which an armed fault has found its point.

        By its fields, unless a kind says it: the nodes that they name or select, and the replicas of store partitions.
        """
        found = [site.node(name) for _, name in self.nodes()]
        found += [replica for _, name in self.partitions() for replica in site.replicas(name)]
        found += [each for _, selectors in self.selectors() for each in site.selected(selectors)]
        return holding(dict.fromkeys(found))

    def sends(self, devices: Mapping[str, str], conversations: Mapping[str, Sequence[str]]) -> dict[str, int]:
        """How many messages it makes each user send; given the users of devices, and the first members of conversations."""
        return {}

    # --- how it is drawn -------------------------------------------------------------------------------------------

    @classmethod
    def draw(cls, pick: Picker, aims: Aims) -> Fault:
        """One at random. The order of the choices is part of what a seed means: it stays as it is."""
        return cls(**cls.aim(pick, aims), at=aims.when(pick), **cls.how(pick, aims))

    @classmethod
    def aim(cls, pick: Picker, aims: Aims) -> dict[str, Any]:
        """The fields that say where it strikes; drawn before its time."""
        raise NotImplementedError

    @classmethod
    def how(cls, pick: Picker, aims: Aims) -> dict[str, Any]:
        """All other fields; drawn after its time."""
        return {}

    # --- what makes it valid ---------------------------------------------------------------------------------------

    def wrong(self, there: There) -> Iterator[Wrong]:
        """What it names and the topology lacks, or what makes it pointless there. By its fields, unless a kind adds to it."""
        for field, holds in held(type(self)).items():
            if holds.check is not None:
                yield from holds.check(field, getattr(self, field), there)

    def nodes(self) -> list[tuple[str, str]]:
        """The nodes it names, as (field, name)."""
        marks = held(type(self)).items()
        return [named for field, holds in marks if holds.node for named in listed(field, getattr(self, field))]

    def partitions(self) -> list[tuple[str, str]]:
        """The store partitions it names, as (field, name)."""
        return [(field, getattr(self, field)) for field, holds in held(type(self)).items() if holds.partition]

    def selectors(self) -> list[tuple[str, tuple[str, ...]]]:
        """The selectors it uses, as (field, selectors)."""
        marks = ((field, holds.select, getattr(self, field)) for field, holds in held(type(self)).items())
        return [
            (field, value if isinstance(value, tuple) else (f"{before}{value}",))
            for field, before, value in marks
            if before is not None
        ]

    # --- what it is ------------------------------------------------------------------------------------------------

    def identity(self) -> int:
        """A number that stands for this fault in draws: from what it is, not from its place in the plan.

        A field that is said to be what it is anyway makes no difference: a plan is written without it.
        """
        return xxh3_64_intdigest(_encode(written(self)))


def name_of(fault: Fault) -> str:
    """The fault's kind, as it is written in a plan."""
    return str(fault.__struct_config__.tag)


def check_probability(fault: Fault, field: str) -> None:
    """Raises ValueError, which begins with the field's name, for what is none, or for a fault that never happens."""
    if not 0 < getattr(fault, field) <= 1:
        raise ValueError(f"{field}: expected a probability above 0 and at most 1, got {getattr(fault, field)}")


def check_least(fault: Fault, **least: int) -> None:
    """Raises ValueError, which begins with the field's name, for one below its least value."""
    for field, value in least.items():
        if getattr(fault, field) < value:
            raise ValueError(f"{field}: expected at least {value}, got {getattr(fault, field)}")


# --- how a class becomes a kind --------------------------------------------------------------------------------------

F = TypeVar("F", bound=Fault)

KINDS: Registry[type[Fault]] = Registry("fault", ORDER, "ORDER of faults/order.py")
"""All kinds, by the name that they have in a plan, in the order in which they are drawn."""


def kind(name: str, *, order: tuple[str, ...] = ()) -> Callable[[type[F]], type[F]]:
    """Registers a class as the kind of fault that plans call `name`.

    `order`: the fields' order in a plan, if it is not that of the bases. Raises RegistryError if there is such a kind already,
    if it has no place in faults/order.py, if it does nothing, if it can't be drawn, or if it does not say whom it strikes.
    """

    def register(cls: type[F]) -> type[F]:
        _check_what(cls, name)
        struct = _struct(cls, name, order)
        _check_draw(cls, struct, name)
        _check_held(cls, struct, name)
        KINDS.add(name, struct, cls.__module__)
        return struct

    return register


def _struct(cls: type[F], name: str, order: tuple[str, ...]) -> type[F]:
    """The class as a struct that has it as its base."""
    types = typing.get_type_hints(cls, include_extras=True)
    declared = [each for base in reversed(cls.__mro__) for each in inspect.get_annotations(base)]
    fields = [
        (each, types[each], getattr(cls, each)) if hasattr(cls, each) else (each, types[each])
        for each in order or dict.fromkeys(declared)
        if typing.get_origin(types[each]) is not ClassVar
    ]
    made = msgspec.defstruct(
        cls.__name__,
        fields,
        bases=(cls, msgspec.Struct),
        module=cls.__module__,
        namespace={"__doc__": cls.__doc__, "__qualname__": cls.__qualname__},
        frozen=True,
        kw_only=True,
        forbid_unknown_fields=True,
        omit_defaults=True,
        tag_field="fault",
        tag=name,
    )
    return typing.cast("type[F]", made)


def _check_what(cls: type[Fault], name: str) -> None:
    """Raises RegistryError for a kind that does not say what it does, or which requirement it is for."""
    begins = next(base for base in cls.__mro__ if "begin" in vars(base))
    ready_made = begins.__module__ in ("faults.fault", "faults.where", "faults.when")
    missing = [
        each
        for base in (begins.__mro__ if ready_made else ())
        for each, value in vars(base).items()
        if hasattr(value, "__isabstractmethod__") and getattr(cls, each) is value
    ]
    missing += [] if cls.requirement else ["requirement"]
    if missing:
        raise RegistryError(f"{cls.__module__}: the fault {name!r} has no {' and no '.join(missing)}")


def _check_held(cls: type[Fault], struct: type[Fault], name: str) -> None:
    """Raises RegistryError for a kind that does not say whom it strikes."""
    fields = held(struct).values()
    if cls.holds is Fault.holds and not any(each.node or each.partition or each.select is not None for each in fields):
        raise RegistryError(
            f"{cls.__module__}: the fault {name!r} has no holds, and no field that names or selects nodes: "
            "give it a method holds, which returns whom it strikes"
        )


def _check_draw(cls: type[Fault], struct: type[Fault], name: str) -> None:
    """Raises RegistryError for a kind of which no draw can make one."""
    by = {each: next(base for base in cls.__mro__ if each in vars(base)) for each in ("draw", "aim", "how")}
    if by["draw"] is Fault and by["aim"] is Fault:
        raise RegistryError(
            f"{cls.__module__}: the fault {name!r} has no draw: give it a classmethod draw, or aim and how"
        )
    if by["draw"] is Fault and by["how"] is Fault:
        aimed = {each for base in by["aim"].__mro__ for each in inspect.get_annotations(base)}
        fields = msgspec.structs.fields(struct)
        missing = [field.name for field in fields if field.required and field.name not in aimed]
        if missing:
            raise RegistryError(
                f"{cls.__module__}: the fault {name!r} has no draw for {', '.join(missing)}: give it a classmethod how"
            )


def drawn(name: str, pick: Picker, aims: Aims) -> Fault:
    """A fault of a kind, at random. Raises RegistryError, which names the kind, if what is drawn for its fields makes none."""
    try:
        return KINDS[name].draw(pick, aims)
    except TypeError as error:
        raise RegistryError(f"{KINDS.where(name)}: what the fault {name!r} draws does not make one: {error}") from error
