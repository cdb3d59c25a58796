"""A process that was forked from one which has workers has workers of its own."""

from __future__ import annotations

import pytest
from hostility import forked

from parley.parallel import in_order

TODO = [(-1,), (-2,), (-3,)]


@pytest.mark.requirement("V5")
def test_a_copy_of_a_process_with_workers_starts_its_own() -> None:
    assert list(in_order(abs, TODO, 2)) == [1, 2, 3]
    end = forked(lambda: print(list(in_order(abs, TODO, 2))), seconds=60)
    assert (end.code, end.out, end.err) == (0, "[1, 2, 3]\n", "")
