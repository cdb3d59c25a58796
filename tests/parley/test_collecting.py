"""Garbage is not looked for while a run goes on, and is afterwards."""

from __future__ import annotations

import gc

import pytest
from support import plan

from model.protocol import REFERENCE
from parley.errors import InternalError
from parley.run import Run
from parley.runner import drive, execute


@pytest.mark.requirement("N1")
def test_garbage_is_collected_when_a_run_is_over() -> None:
    seen: list[bool] = []
    execute(plan(), REFERENCE, lambda _: seen.append(gc.isenabled()))
    assert seen == [False]
    assert gc.isenabled()


@pytest.mark.requirement("N1")
def test_a_run_that_fails_and_one_of_who_collects_none_leave_it_as_it_was() -> None:
    def fail(_: Run) -> None:
        raise RuntimeError("no")

    with pytest.raises(InternalError):
        drive(plan(), REFERENCE, fail)
    assert gc.isenabled()
    gc.disable()
    try:
        execute(plan(), REFERENCE)
        assert not gc.isenabled()
    finally:
        gc.enable()
