"""The lifecycle of a message (P17): one table of states, what moves a message there, and what proves it.

A message has a state for each device of each recipient. Nobody stores states: a state is what the evidence says, and the
evidence only grows, so that a message never falls back (`docs/lifecycle.md` is drawn from this table).

The way is not always step by step: a sync can deliver what was never pushed, and a read mark can reach the store before
the ack of the same message does. So a state is the furthest one that has its evidence.

Requirements: P17.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from model.events import CursorStored, DeliveryFailed, Enqueued, Persisted, ReadStored
from sim.history import Event


class State(Enum):
    """Where a message is, for one device of a recipient."""

    SENT = "SENT"
    ACCEPTED = "ACCEPTED"
    ENQUEUED = "ENQUEUED"
    DELIVERED_TO_DEVICE = "DELIVERED_TO_DEVICE"
    READ_BY_USER = "READ_BY_USER"
    FAILED = "FAILED"


class Transition(NamedTuple):
    """A message in one of the states `before` comes to `after` by an event of kind `evidence`."""

    before: tuple[State, ...]
    after: State
    evidence: type[Event]
    moved_by: str
    meaning: str


TABLE: tuple[Transition, ...] = (
    Transition(
        (State.SENT,), State.ACCEPTED, Persisted, "service commit", "validated and ordered: message row and dedupe row"
    ),
    Transition((State.ACCEPTED,), State.ENQUEUED, Enqueued, "publish", "a delivery task exists"),
    Transition(
        (State.ACCEPTED, State.ENQUEUED, State.FAILED),
        State.DELIVERED_TO_DEVICE,
        CursorStored,
        "device ack, after a push or a sync",
        "the device holds it: its stored cursor is at or above the seq",
    ),
    Transition(
        (State.ACCEPTED, State.ENQUEUED, State.DELIVERED_TO_DEVICE, State.FAILED),
        State.READ_BY_USER,
        ReadStored,
        "read mark",
        "the user saw it: last_read_seq is at or above the seq",
    ),
    Transition(
        (State.ENQUEUED,),
        State.FAILED,
        DeliveryFailed,
        "policy: time to live, blocked",
        "push delivery was given up, with a failure row; a sync may still deliver it",
    ),
)


class Step(NamedTuple):
    """A state that a message reached for a device, when (µs), and the index of the event that proves it."""

    state: State
    at: int
    evidence: int


def steps(history: list[Event], conversation: str, seq: int, device: str, user: str) -> list[Step]:
    """The states that a message went through for one device of a user, in order, each with its evidence."""
    found: list[Step] = []
    state = State.SENT
    for index, event in enumerate(history):
        if getattr(event, "conversation", None) != conversation:
            continue
        for transition in TABLE:
            if (
                state in transition.before
                and isinstance(event, transition.evidence)
                and _concerns(event, seq, device, user)
            ):
                state = transition.after
                found.append(Step(state, event.t, index))
                break
    return found


def _concerns(event: Event, seq: int, device: str, user: str) -> bool:
    match event:
        case Persisted() | Enqueued():
            return event.seq == seq
        case CursorStored():
            return event.device == device and event.to >= seq
        case ReadStored():
            return event.user == user and event.to >= seq
        case DeliveryFailed():
            return event.device == device and event.seq == seq
    return False
