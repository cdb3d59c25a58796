"""Parley is installed and run outside its checkout: through a source archive, a wheel, and an environment of its own.

Nothing is downloaded: the environment finds the libraries where those of this run are.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest
from support import ROOT

TOP = ("faults", "model", "parley", "properties", "reports", "sim")

CLOSE_ON_PUSH = """\
from parley.variant import DeliveryWorker, variant


class CloseOnPush(DeliveryWorker):
    def settles(self, result):
        return result in ("pushed", "acked")


PROTOCOL = variant("close-on-push", worker=CloseOnPush)
"""


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A command, without what this run's environment tells Python."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run([*map(str, command)], cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def built(kind: str, source: Path, out: Path) -> Path:
    """The archive that the build backend makes of a folder."""
    code = f"from setuptools import build_meta; print(build_meta.build_{kind}({str(out)!r}))"
    done = run(sys.executable, "-c", code, cwd=source)
    assert done.returncode == 0, done.stderr
    return out / done.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel that was made of a source archive of this checkout."""
    folder = tmp_path_factory.mktemp("build")
    ours = (*TOP, "scenarios", "pyproject.toml", "setup.py", "README.md", "LICENSE")
    (folder / "source").mkdir()
    for name in ours:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / "source" / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / "source")
    with tarfile.open(built("sdist", folder / "source", folder)) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    (unpacked,) = (folder / "unpacked").iterdir()
    return built("wheel", unpacked, folder)


@pytest.fixture(scope="module")
def scripts(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the commands of a fresh environment in which the wheel is installed."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home)
    (packages,) = home.glob("lib/python*/site-packages")
    (packages / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    pip = [sys.executable, "-m", "pip", "--python", str(home / "bin" / "python"), "--disable-pip-version-check"]
    done = run(*pip, "install", "--no-index", "--no-deps", wheel, cwd=home)
    assert done.returncode == 0, done.stderr
    return home / "bin"


def test_the_wheel_has_the_given_names_and_all_the_data(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0] for name in names if ".dist-info/" not in name} == {*TOP}
    for folder, there in [
        ("scenarios", "parley/scenarios"),
        ("properties/mutants", "properties/mutants"),
        ("properties/regressions", "properties/regressions"),
        ("parley/measured", "parley/measured"),
        ("reports/pages/templates", "reports/pages/templates"),
    ]:
        files = [path for path in (ROOT / folder).rglob("*") if path.suffix in (".toml", ".json", ".py", ".j2")]
        assert files
        assert [path for path in files if f"{there}/{path.relative_to(ROOT / folder)}" not in names] == []


def test_it_runs_in_an_empty_folder(scripts: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "close_on_push.py").write_text(CLOSE_ON_PUSH)
    told = {}
    commands: list[tuple[str, int, list[str | Path]]] = [
        ("run", 0, ["run", "w1"]),
        ("check", 0, ["check", "ci", "--seeds", "20"]),
        ("help", 0, ["mutants", "--help"]),
        ("mutant", 0, ["mutants", "--only", "close_on_push", "--jobs", "1"]),
        ("variant", 1, ["check", "handsets", "--seeds", "12", "--protocol", tmp_path / "close_on_push.py"]),
        ("radius", 2, ["radius", "no-such-story"]),
    ]
    for name, code, command in commands:
        done = run(scripts / "parley", *command, cwd=tmp_path / "empty")
        assert done.returncode == code, done.stderr + done.stdout
        told[name] = done.stdout + done.stderr
    assert told["run"] == run(sys.executable, "-m", "parley", "run", "w1", cwd=ROOT).stdout
    assert "20 runs" in told["check"]
    assert "close-on-push" in told["variant"]
    measured = "from parley.commands import minima; from parley.checking import decision_coverage; "
    counted = run(
        scripts / "python",
        "-c",
        measured + "print(len(minima.measured()), decision_coverage.measured().seeds)",
        cwd=tmp_path / "empty",
    )
    assert min(map(int, counted.stdout.split())) > 0


def test_a_package_of_the_users_own_is_told_by_name(scripts: Path, tmp_path: Path) -> None:
    """`python -m` looks in the current folder first, the command's script does not."""
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "__init__.py").write_text("raise SystemExit('theirs was imported')\n")
    for python in (scripts / "python", sys.executable):
        shadowed = run(python, "-m", "parley", "run", "w1", cwd=tmp_path)
        assert shadowed.returncode == 2
        assert shadowed.stderr.count("\n") == 1
        assert shadowed.stderr.startswith(f"parley: {tmp_path / 'model'}: expected Parley's package 'model'")
        assert shadowed.stdout == ""
    done = run(
        scripts / "parley", "check", "ci", "--seeds", "4", "--jobs", "2", "--out", tmp_path / "out", cwd=tmp_path
    )
    assert "theirs" not in done.stdout + done.stderr
    assert "4 runs" in done.stdout
