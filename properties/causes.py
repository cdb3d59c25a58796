"""Of several broken promises, which one came first, and which follow from it.

One bug breaks many promises: a row that is lost is on no screen, in no badge, and no receipt comes for it. What is told first is
the violation that was there first in causal order, and beneath it those that it may have led to.

An event comes after another one if that is its cause, or came before it at the same node, or if there is such a way of several
steps. A violation is where its last piece of evidence is. What is still owed at the end comes after everything: of several of
those, the first is the one whose debt is the oldest. What did not come may be told before the end, where somebody looks, and by
no cause of its own: it comes after what went wrong with the same message while it was owed. Two violations of which neither comes
after the other are two causes.

    1. a seq is taken twice, and then a phone shows two messages at one place: the second follows from the first
    2. a seq is taken twice in one conversation, while a phone of another one shows a message twice: two causes
    3. a task is closed although a device was never told of its message; hours later its user opens the app, which was not woken:
       the second follows from the first
    4. a message is never published, and a device lacks it in the end: both are owed, and the older debt is told first

A record of another system has no causes, and its devices go on for hours: there, what follows from a violation is about a
message that is in its proof, too; or, if one of the two names no message, as a badge does, about the same conversation on the
same device.

    5. a phone shows m1 twice, and minutes later it turns out to lack m2: two causes
    6. a phone passes over m2, and it turns out to lack m2: the second follows from the first

Requirements: V1, R4.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from properties.base import Liveness, Property, Violation
from properties.timeliness import Timely
from sim.history import Ended, Event


class Cause(NamedTuple):
    """The first violation of a property, and those of other properties that come after it, in order."""

    violation: Violation
    follow: tuple[Violation, ...]


def causes(
    violations: Sequence[Violation], history: Iterable[tuple[int, Event]], *, recorded: bool = False
) -> list[Cause]:
    """The first violation of each property: those that no other one led to, each with what follows from it.

    `history`: the events with their indices, in order; of another system's record (`recorded`) those that there are. It is read
    up to the last violation, once.
    """
    first: dict[str, Violation] = {}
    for violation in violations:
        first.setdefault(violation.property, violation)
    ordered = sorted(first.values(), key=lambda violation: (_seen(violation), min(violation.evidence, default=0)))
    if len(ordered) < 2:
        return [Cause(violation, ()) for violation in ordered]
    after = (_About if recorded else _After)(ordered, history)
    roots: list[Violation] = []
    follow: list[list[Violation]] = []
    for violation in ordered:
        led = [number for number, root in enumerate(roots) if after(root, violation)]
        if led:
            follow[led[0]].append(violation)
        else:
            roots.append(violation)
            follow.append([])
    return [Cause(root, tuple(some)) for root, some in zip(roots, follow, strict=True)]


def _seen(violation: Violation) -> int:
    return violation.evidence[-1] if violation.evidence else -1


class _About:
    """Whether one violation is about what an earlier one is about: a message, or what a device has of a conversation."""

    def __init__(self, ordered: Sequence[Violation], history: Iterable[tuple[int, Event]]) -> None:
        wanted = {index for violation in ordered for index in violation.evidence}
        last = max(wanted, default=-1)
        self._messages: dict[int, frozenset[tuple[str, int | str]]] = {}
        self._places: dict[int, tuple[str, str]] = {}
        """By event that is evidence: whose screen it is about, and which conversation on it."""
        for index, event in history:
            if index > last:
                break
            if index in wanted:
                self._messages[index] = _messages(event)
                self._places[index] = (getattr(event, "device", "") or event.node, getattr(event, "conversation", ""))

    def __call__(self, root: Violation, other: Violation) -> bool:
        one, two = ({each for i in v.evidence for each in self._messages.get(i, ())} for v in (root, other))
        if one and two:
            return not one.isdisjoint(two)
        here, there = ({self._places[i] for i in v.evidence if i in self._places} for v in (root, other))
        return any(device and conversation for device, conversation in here & there)


class _After:
    """Whether one violation comes after another: a bit for each place of one, handed on along causes and nodes."""

    def __init__(self, ordered: Sequence[Violation], history: Iterable[tuple[int, Event]]) -> None:
        self._bit = {index: 1 << number for number, index in enumerate(dict.fromkeys(map(_seen, ordered)))}
        self._before: dict[int, int] = {}
        """By place of a violation: the bits of those before it, and its own."""
        self._about: dict[int, frozenset[tuple[str, int | str]]] = dict.fromkeys(
            (index for violation in ordered for index in violation.evidence), frozenset()
        )
        """By event that is evidence: the messages that it names, by their seq and by their id."""
        last, begins = max(self._bit), min(self._bit)
        marks: dict[int, int] = {}
        at_node: dict[str, int] = {}
        every = 0
        for index, event in history:
            if index > last:
                break
            if index in self._about:
                self._about[index] = _messages(event)
            own = self._bit.get(index, 0)
            every |= own
            mark = own
            if index > begins:
                mark |= every if isinstance(event, Ended) else marks.get(event.cause, 0) | at_node.get(event.node, 0)
            if mark:
                marks[index] = at_node[event.node] = mark
            if own:
                self._before[index] = mark

    def __call__(self, root: Violation, other: Violation) -> bool:
        return bool(self._bit[_seen(root)] & self._before.get(_seen(other), 0)) or self._while_owed(root, other)

    def _while_owed(self, root: Violation, other: Violation) -> bool:
        """Whether something went wrong with a message while the other violation's debt, of that message, was open."""
        awaited = (kind for base in (Liveness, Timely) for kind in _below(base))
        if other.property not in {kind.name for kind in awaited if hasattr(kind, "name")}:
            return False
        return min(other.evidence) < _seen(root) < _seen(other) and not self._named(root).isdisjoint(self._named(other))

    def _named(self, violation: Violation) -> frozenset[tuple[str, int | str]]:
        return frozenset().union(*(self._about[index] for index in violation.evidence))


def _below(kind: type[Property]) -> Iterator[type[Property]]:
    """All that is made of a class."""
    for each in kind.__subclasses__():
        yield each
        yield from _below(each)


def _messages(event: Event) -> frozenset[tuple[str, int | str]]:
    """The message that an event is about, as (conversation, seq) and (conversation, id), as far as it says so."""
    conversation = getattr(event, "conversation", "")
    names = (getattr(event, "seq", 0), getattr(event, "message", ""))
    return frozenset((conversation, name) for name in names if name) if conversation else frozenset()
