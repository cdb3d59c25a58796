"""Every property of the catalogue, over random plans, on the reference or on the variant that `--protocol` names.

One test a property; the plans are run once, for all of them. One that no plan put to the test is skipped as vacuous.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from properties.catalogue import CATALOGUE, family_mark


@pytest.mark.requirement("V1", "V2")
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(kind.name, id=f"{kind.family}:{kind.name}", marks=getattr(pytest.mark, family_mark(kind.family)))
        for kind in CATALOGUE
    ],
)
@pytest.mark.fast
def test_property(name: str, judge_property: Callable[[str], None]) -> None:
    """No plan violates it."""
    judge_property(name)
