"""Imports of the first layout go on working, and each file that has some is told once, in a warning that is never an error."""

import importlib
import re
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from support import ROOT

from model.moved import LENT, MODULES, RENAMED, MovedWarning, old_imports, place

GONE = """\
from model.reader import Reader
from model.store import MessageStore, decision
from model.wire import Append
from model.worker import *
"""
"""Old imports of each kind: a renamed name, one of what is a package now, one that it had imported itself, all of a module."""


def ran(tmp_path: Path, source: str) -> tuple[dict[str, object], list[warnings.WarningMessage]]:
    """What a file's globals are after it ran, and its warnings, under a filter that makes errors of warnings."""
    file = tmp_path / "theirs.py"
    file.write_text(source)
    space: dict[str, object] = {"__name__": "theirs"}
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("error")
        exec(compile(source, str(file), "exec"), space)
    return space, told


def test_an_old_name_is_what_it_is_at_its_new_place(tmp_path: Path) -> None:
    space, _ = ran(tmp_path, GONE)
    for name, module, now in [
        ("Reader", "model.device.read_marks", "ReadMarks"),
        ("MessageStore", "model.store.store", "MessageStore"),
        ("decision", "model.decisions", "decision"),
        ("Append", "model.wire.store", "Append"),
        ("DeliveryWorker", "model.servers.worker", "DeliveryWorker"),
    ]:
        assert space[name] is getattr(importlib.import_module(module), now)


def test_a_file_is_told_once_of_all_its_old_imports(tmp_path: Path) -> None:
    _, told = ran(tmp_path, GONE)
    assert [(each.category, Path(each.filename).name) for each in told] == [(MovedWarning, "theirs.py")]
    text = str(told[0].message)
    for was, now in [
        ("model.reader.Reader", "model.device.read_marks.ReadMarks"),
        ("model.store.MessageStore", "parley.variant.MessageStore"),
        ("model.store.decision", "parley.variant.decision"),
        ("model.wire.Append", "parley.variant.Append"),
        ("model.worker.*", "model.servers.worker and parley.variant"),
    ]:
        assert f"{was} is now {now}" in text
    assert text.endswith("; the old names work for this release")


def test_every_file_is_told(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        assert len(ran(tmp_path / name, "import model.service\nmodel.service.MessagingService\n")[1]) == 1


def test_a_filter_that_ignores_the_warning_is_respected(tmp_path: Path) -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("ignore", MovedWarning)
        exec(compile("from model.queue import DeliveryQueue", str(tmp_path / "quiet.py"), "exec"), {})
    assert told == []


def test_new_places_are_used_without_a_word(tmp_path: Path) -> None:
    source = (
        "from model.store import tables\nfrom model.store.store import MessageStore\nfrom model.wire import client\n"
    )
    space, told = ran(tmp_path, source + "import model.device\nfrom model.protocol import *\n")
    assert told == []
    assert getattr(space["tables"], "__name__", "") == "model.store.tables"


@pytest.mark.parametrize("module", ["model.store", "model.worker", "model.component"])
def test_a_name_that_never_was_is_an_error(module: str) -> None:
    with pytest.raises(ImportError, match="NoSuchThing"):
        exec(f"from {module} import NoSuchThing", {})


def test_what_is_no_public_name_is_not_looked_for(tmp_path: Path) -> None:
    with pytest.raises(ImportError, match="_Rows"):
        exec("from model.store import _Rows", {})
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("model.no_such_module")


def test_the_table_names_what_there_is() -> None:
    for home in {*LENT, *(home for homes in MODULES.values() for home in homes)}:
        importlib.import_module(home)
    for name, (module, now) in RENAMED.items():
        assert place("model.store", name) == (module, now)
        assert hasattr(importlib.import_module(module), now)


def test_parley_itself_and_its_pages_use_no_old_place() -> None:
    sources = {
        path: path.read_text()
        for folder in ("model", "sim", "faults", "properties", "reports", "parley", "tools", "benchmarks", "tests")
        for path in (ROOT / folder).rglob("*.py")
        if path != Path(__file__) and not {"compat", "hostile"} & {*path.parts}
    }
    assert len(sources) > 250
    for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        sources[page] = "\n".join(re.findall(r"^\s*((?:from|import) model[^\n#]*)$", page.read_text(), re.MULTILINE))
    assert {path: found for path, source in sources.items() if (found := dict(old_imports(source)))} == {}


def test_a_command_tells_in_one_line_however_many_processes_read_the_file(tmp_path: Path) -> None:
    file = tmp_path / "theirs.py"
    file.write_text(GONE + "\n\nclass Mine(DeliveryWorker):\n    slots = 8\n")
    command = [sys.executable, "-W", "error", "-m", "parley", "check", "ci", "--seeds", "4", "--jobs", "2"]
    done = subprocess.run(
        [*command, "--protocol", str(file), "--out", str(tmp_path / "out")],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    assert [line.partition(": ")[0] for line in done.stderr.splitlines()] == [str(file)]
    assert "model.worker.* is now model.servers.worker" in done.stderr


def test_under_pytest_the_warning_is_shown_and_fails_nothing(tmp_path: Path) -> None:
    (tmp_path / "test_theirs.py").write_text(GONE + "\n\ndef test_it():\n    assert DeliveryWorker\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-W", "error", "-p", "no:cacheprovider", "test_theirs.py"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "MovedWarning: model.reader.Reader is now" in done.stdout
    assert "1 passed, 1 warning" in done.stdout
