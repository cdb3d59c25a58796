"""The page of mutated checkers can't claim what was not measured: a checker that has changed since is named.

Requirements: V3.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import checkers
from tools.checkers import Row

pytestmark = pytest.mark.requirement("V3")

CHECKER = '''\
"""A module."""

class Checker:
    """What it promises."""

    limit = 5
    """Why 5."""

    def sees(self, event):
        return event.seq < self.limit
'''


@pytest.fixture
def checker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A module of checkers, the only one."""
    path = tmp_path / "only.py"
    path.write_text(CHECKER)
    monkeypatch.setattr(checkers, "PROPERTIES", tmp_path)
    monkeypatch.setattr(checkers, "mutated", lambda: ["only"])
    return path


def test_what_a_checker_says_of_itself_may_change_and_what_it_does_may_not(checker: Path) -> None:
    measured = checkers.hash_of("only")
    for said in ('"""A module."""', '"""What it promises."""', '"""Why 5."""'):
        checker.write_text(CHECKER.replace(said, '"""Said in\n    two lines."""'))
        assert checkers.hash_of("only") == measured
    checker.write_text(CHECKER.replace("class Checker", "import where_it_moved\n\n\n@registered\nclass Checker"))
    assert checkers.hash_of("only") == measured
    checker.write_text(CHECKER.replace("<", "<="))
    assert checkers.hash_of("only") != measured


@pytest.mark.parametrize(
    ("changed", "survive", "says"),
    [
        (False, 0, []),
        (True, 0, ["only has changed since it was measured"]),
        (False, 2, ["2 mutations of only survive"]),
    ],
)
def test_a_result_is_wrong_if_a_checker_has_changed_or_something_survives(
    checker: Path, changed: bool, survive: int, says: list[str]
) -> None:
    rows = {"only": Row(checkers.hash_of("only"), 9, 9 - survive, 0, survive)}
    if changed:
        checker.write_text(CHECKER.replace("5", "6"))
    assert checkers.stale(rows) + checkers.survivors(rows) == says


def test_a_module_that_was_never_measured_makes_the_result_wrong(checker: Path) -> None:
    assert checkers.stale({}) == ["only was never measured"]


def test_the_strict_check_fails_for_an_unmeasured_module_and_any_check_names_it(
    checker: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(checkers, "PAGE", tmp_path / "page.md")
    monkeypatch.setattr(checkers, "RESULT", tmp_path / "result.json")
    for known, code in (("only", 0), ("another", 1)):
        checkers.write({known: Row(checkers.hash_of("only"), 9, 8, 1, 0)})
        assert checkers.main(check=False) == 0
        assert checkers.main(check=True, strict=True) == code
        assert checkers.main(check=True) == 0
    assert capsys.readouterr().out.count("only was never measured") == 2


def test_any_check_fails_for_a_mutation_that_survives(
    checker: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkers, "PAGE", tmp_path / "page.md")
    monkeypatch.setattr(checkers, "RESULT", tmp_path / "result.json")
    checkers.write({"only": Row(checkers.hash_of("only"), 9, 8, 0, 1)})
    assert checkers.main(check=False) == 0
    assert checkers.main(check=True) == 1


def test_the_totals_are_the_first_thing_that_the_page_says(checker: Path) -> None:
    page = checkers.page({"only": Row("x", 1200, 1190, 8, 2), "gone": Row("x", 5, 5, 0, 0)})
    first = next(line for line in page.splitlines() if line and not line.startswith(("#", "<!--")))
    assert first == "**1,200 mutations of 1 of 1 modules of checkers: 1,190 killed, 8 equivalent, 2 survive.**"
