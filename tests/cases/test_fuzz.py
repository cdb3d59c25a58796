"""A few mutated files of each kind: `make fuzz` tries ten thousand."""

from __future__ import annotations

import pytest
from fuzzing import KINDS, fuzz, mutated

pytestmark = pytest.mark.requirement("N8")


def test_nothing_comes_of_mutated_files_but_verdicts_and_single_lines() -> None:
    told: list[str] = []
    assert (fuzz(20, 8, told.append), told) == ({}, [])


@pytest.mark.parametrize("kind", KINDS)
def test_a_number_always_makes_the_same_file(kind: str) -> None:
    assert mutated(kind, 7) == mutated(kind, 7) != mutated(kind, 8)
