"""Calls are carried out and never answered.

Requirements: F3.
"""

from __future__ import annotations

from faults.kit import (
    Aims,
    Any,
    Choices,
    End,
    Fate,
    LinksForAWhile,
    MessageKinds,
    OneOnLinks,
    OnMessages,
    Picker,
    Site,
    kind,
    names_of,
)


class _NoAnswer(OnMessages):
    def befall(self, fate: Fate, draw: int) -> None:
        fate.unanswered = True


@kind("unanswered")
class Unanswered(_NoAnswer, LinksForAWhile):
    """Calls from a to b are carried out and never answered, of the request `kinds` if given: not even after the healing.

    Each caller sees a time-out, and what it asked for has happened.
    """

    kinds: MessageKinds = ()
    one_way: bool = True

    def begin(self, site: Site) -> End | None:
        kinds = self.kinds

        def mute(payload: Any, number: int, ordered: bool, fate: Fate) -> None:
            if not kinds or any(name in kinds for name in names_of(payload)):
                self.befall(fate, 0)

        return site.lay(self.covers(site), mute)

    @classmethod
    def how(cls, pick: Picker, aims: Aims) -> Choices:
        return {"duration": aims.a_while(pick)}


@kind("unanswered_at")
class UnansweredAt(_NoAnswer, OneOnLinks):
    """That call is carried out and never answered: a fault without an end. `kind` is that of the request."""
