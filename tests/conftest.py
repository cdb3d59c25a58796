"""What holds for all tests."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def no_width(monkeypatch: pytest.MonkeyPatch) -> None:
    """Output is as wide as it is without a terminal: xdist tells its workers how wide that of the person is."""
    monkeypatch.delenv("COLUMNS", raising=False)
