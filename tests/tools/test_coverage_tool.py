"""The coverage page can't claim what nothing cites: a mark is found, or it is an error; it is never passed over."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools import coverage, pages

KNOWN = {"P1": "Send", "P2": "Accept", "G1": "At least once", "W1": "Walkthrough"}

CODE = '''\
"""A module.

Requirements: P1.
"""

class Device:
    """A class."""

    def receive(self) -> None:
        """A method, with an escaped \\
        line end.

        Requirements: P1, P2."""
'''

TEST = '''\
"""A test file whose prose says Requirements: G1. in passing."""
import pytest

pytestmark = [pytest.mark.requirement("P1"), pytest.mark.slow]

@pytest.mark.requirement("P2")
class TestAccept:
    pytestmark = pytest.mark.requirement("W1")

    @pytest.mark.parametrize("n", [pytest.param(1, marks=pytest.mark.requirement("G1"))])
    def test_again(self, n: int) -> None: ...

def helper() -> None: ...
'''


def project(root: Path, **files: str) -> Path:
    """A project of these files; a name's `__` is a slash, its last `_` the dot."""
    for name, text in files.items():
        stem, _, suffix = name.replace("__", "/").rpartition("_")
        path = root / f"{stem}.{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_marks_are_found_wherever_they_may_stand(tmp_path: Path) -> None:
    root = project(
        tmp_path,
        model__device_py=CODE,
        tests__deep__test_device_py=TEST,
        scenarios__w1_toml='# Requirements: W1.\ntitle = """\nRequirements: of a string, not a comment"""\n',
        tests__variants__wrong_py='"""Requirements: X9."""',
    )
    code, tests = coverage.collect(root, KNOWN)
    assert code == {
        "P1": ["model/device.py", "model/device.py:Device.receive"],
        "P2": ["model/device.py:Device.receive"],
        "G1": [],
        "W1": ["scenarios/w1.toml"],
    }
    assert tests == {id: ["tests/deep/test_device.py::TestAccept::test_again"] for id in KNOWN}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("model__a_py", '"""A.\n\nRequirements: P1, Z9.\n"""', "model/a.py:3: there is no requirement Z9"),
        ("scenarios__a_toml", "seed = 1\n# Requirements: Z9.", "scenarios/a.toml:2: there is no requirement Z9"),
        (
            "tests__test_a_py",
            'import pytest\n@pytest.mark.requirement("Z9")\ndef test_a(): ...',
            "tests/test_a.py:2: there is no requirement Z9",
        ),
        (
            "tests__test_a_py",
            "import pytest\nID = 'P1'\npytestmark = pytest.mark.requirement(ID)\ndef test_a(): ...",
            "tests/test_a.py:3: a requirement is cited by its id as a string",
        ),
        ("model__a_py", '"""A.\n\nRequirements: P1, P2\n"""', "model/a.py:3: not of the form"),
        ("model__a_py", '"""A.\n\nRequirements: P1,P2.\n"""', "model/a.py:3: not of the form"),
        ("model__a_py", 'def f():\n    """F.\n\n    Requirements: p1.\n    """', "model/a.py:4: not of the form"),
    ],
)
def test_a_wrong_mark_is_an_error_with_file_and_line(tmp_path: Path, name: str, text: str, message: str) -> None:
    with pytest.raises(coverage.CoverageError, match="^" + re.escape(message)):
        coverage.collect(project(tmp_path, **{name: text}), KNOWN)


def test_the_status_follows_from_what_was_found() -> None:
    page = coverage.page(
        KNOWN,
        code={"P1": ["model/a.py"], "P2": ["model/a.py"], "G1": [], "W1": []},
        tests={"P1": ["tests/test_a.py::test_a"], "P2": [], "G1": ["tests/test_a.py::test_a"], "W1": []},
    )
    assert "| P1 | Send | code and test | `model/a.py` | `test_a.py::test_a` |" in page
    assert "| P2 | Accept | code only | `model/a.py` |  |" in page
    assert "| G1 | At least once | test only |  | `test_a.py::test_a` |" in page
    assert "| W1 | Walkthrough | — |  |  |" in page
    assert "4 requirements: 1 code and test, 1 code only, 1 test only, 1 not there yet." in page


def test_the_requirements_page_has_every_id_once() -> None:
    text = (coverage.ROOT / "docs" / "requirements.md").read_text()
    last = {"G": 6, "C": 11, "D": 10, "P": 23, "W": 5, "F": 10, "V": 12, "X": 6, "R": 10, "N": 9}
    expected = [f"{letter}{number}" for letter, end in last.items() for number in range(1, end + 1)]
    assert re.findall(r"^\| ([A-Z]\d+) \|", text, re.MULTILINE) == expected
    assert list(coverage.requirements(text)) == expected


def test_a_stale_page_is_refused_with_its_diff_and_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "coverage.md"
    assert pages.publish(path, "as it was", check=False) == 0
    assert pages.publish(path, "as it was", check=True) == 0
    assert pages.publish(path, "as it is", check=True) == 1
    shown = capsys.readouterr().out
    assert "-as it was\n+as it is" in shown
    assert "make docs" in shown
    assert path.read_text() == "as it was\n"
