"""Datagrams arrive twice.

Requirements: F3.
"""

from __future__ import annotations

from faults.kit import Fate, OneOnLinks, OnMessages, SomeOnLinks, kind


class _ComesTwice(OnMessages):
    def befall(self, fate: Fate, draw: int) -> None:
        fate.copies = 2


@kind("duplication")
class Duplication(_ComesTwice, SomeOnLinks):
    """Datagrams arrive twice."""

    armed_form = "duplicate_at"
    ordered_too = False


@kind("duplicate_at")
class DuplicateAt(_ComesTwice, OneOnLinks):
    """That message arrives twice, if it is a datagram."""

    everyday = True
