"""The record of a run: typed events, in the order in which they happened, each linked to the event that caused it.

A history is the only thing that a property or a report may read. An event's index in the history is its identity;
`cause` is the index of the event that led to it (a message's sending, a timer's setting, the previous step of the
same handler), or -1. Together with the order of one node's own events this makes happens-before a graph.

Times are integer microseconds of simulated time. `digest` is the identity of the run: SHA-256 over the JSON Lines
form, so two histories are equal exactly if their bytes are.

Requirements: V1, V7, R7.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

import msgspec

from sim.registry import Registry

EVENTS: Registry[type[Event]] = Registry("kind of event")
"""All kinds of event by name, in the order of their definition: a kind is registered by being defined."""


class Event(msgspec.Struct, tag=True, tag_field="event", gc=False):
    """What every event has: when (µs), at which node, and the index of the event that caused it (-1: none)."""

    t: int
    node: str
    cause: int

    # True for what a client, rather than the server, can see of itself: the subset that an outside system can record.
    observable: ClassVar[bool] = False

    is_kind: ClassVar[bool] = True
    """False in a class that only serves others: a base of kinds, or a form of one."""

    def __init_subclass__(cls) -> None:
        """Registers a kind of event. One that a variant file or a script makes for itself is not in the vocabulary."""
        if vars(cls).get("is_kind", True) and "." in cls.__module__:
            EVENTS.add(cls.__name__, cls, cls.__module__)


class Crashed(Event):
    """The node died: nothing of it runs, and only its durable state is left. `point` names an armed crash point."""

    incarnation: int
    point: str


class Restarted(Event):
    """The node runs again, from its durable state alone, as `incarnation`."""

    incarnation: int


class LostForGood(Event):
    """The node is dead and never comes back, not even when all is healed."""


class QuorumLostForGood(Event):
    """Most `replicas` of a store `partition` are lost for good: of its `conversations` nothing can be committed or read.

    Nor can the profile be written of the `devices` whose profiles it holds. The evidence is the LostForGood of each; this
    names which of them count.
    """

    partition: str
    replicas: tuple[str, ...]
    conversations: tuple[str, ...]
    devices: tuple[str, ...] = ()


class Paused(Event):
    """The node stands still, unaware: what arrives or expires waits until it resumes."""


class Resumed(Event):
    """A paused node runs on, `deferred` callbacks late."""

    deferred: int


class MessageLost(Event):
    """A message of `kind` from `node` to `to` never arrives; `why` says what took it.

    `why`: loss, partition, armed, ambiguous, unanswered, frozen, down, or reset.
    """

    kind: str
    to: str
    why: str


class MessageDuplicated(Event):
    """A message of `kind` from `node` to `to` arrives twice."""

    kind: str
    to: str


class MessageDelayed(Event):
    """A message of `kind` from `node` to `to` is `delay` µs late, so that later ones overtake it."""

    kind: str
    to: str
    delay: int


class ClockSet(Event):
    """The node's own clock is `ahead` µs ahead of the run's time from here on (negative: behind), and gains `rate` µs a second.

    Clocks of which there is no such event are right.
    """

    ahead: int
    rate: int


Links = tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
"""Directions between nodes, as groups: each one from every node of the first to every other node of the second."""


class NodePlaced(Event):
    """The server `node` of the deployment stands in `region`; its `role` is the kind of its component (say gateway).

    `cluster` is the group of equals that it belongs to: the gateway cluster, or the store partition that it has a replica
    of; '' in other roles. Devices have DeviceRegistered.
    """

    region: str
    cluster: str
    role: str


class FaultStarted(Event):
    """Fault number `fault` of the plan takes effect; `kind` is its name in the plan, `armed` whether it waited for a point.

    `nodes` are the names of those that it holds, each with all that enters or leaves it, and `links` the directions between
    nodes on which it concerns messages: pairs of a group of senders and a group of receivers. None of either: the record does
    not say. `lasting`: it is on until FaultEnded, or Healed; otherwise it is over as soon as it has struck.
    """

    fault: int
    kind: str
    armed: bool
    nodes: tuple[str, ...] = ()
    links: Links = ()
    lasting: bool = True


class FaultEnded(Event):
    """Fault number `fault` of the plan ceases by itself, before the general healing; `nodes` and `links` as it held them."""

    fault: int
    kind: str
    nodes: tuple[str, ...] = ()
    links: Links = ()


class Healed(Event):
    """Every fault is over and load has stopped: from here on the system owes convergence within `bound` µs."""

    bound: int


class Exhausted(Event):
    """The run was given up: time stood still, or so much happened that it would not have ended; `why` says which."""

    why: str


class Ended(Event):
    """The run is over. What is still outstanding now, `bound` µs or more after healing, is a violation."""


def jsonl(events: Iterable[Event]) -> Iterator[bytes]:
    """Each event as one line of JSON, newline included."""
    encode = msgspec.json.Encoder().encode
    for event in events:
        yield encode(event) + b"\n"


def digest(events: Iterable[Event]) -> str:
    """SHA-256 (hex) over the JSON Lines form of `events`."""
    sha = hashlib.sha256()
    encode = msgspec.json.Encoder().encode
    buffer = bytearray()
    for event in events:
        buffer += encode(event)
        buffer += b"\n"
        if len(buffer) > 1 << 20:
            sha.update(buffer)
            buffer.clear()
    sha.update(buffer)
    return sha.hexdigest()


def first_difference(ours: Sequence[Any], theirs: Sequence[Any]) -> int | None:
    """Index of the first event in which two histories differ, or None if they are equal."""
    for index, (a, b) in enumerate(zip(ours, theirs, strict=False)):
        if a != b:
            return index
    return None if len(ours) == len(theirs) else min(len(ours), len(theirs))
