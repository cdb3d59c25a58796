"""What a command writes: into pipes and devices, through links, over regular files only, and into a folder of its own."""

from __future__ import annotations

import os
import signal
import stat
import threading
import time
from pathlib import Path

import pytest
from support import begun
from support import parley as command

from parley import files
from parley.errors import BadInput

pytestmark = pytest.mark.requirement("V5", "N8")


def test_a_pipe_is_written_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe, came = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: came.append(pipe.read_bytes()))
    reader.start()
    time.sleep(0.2)
    assert command("run", "plain", "--history", str(pipe), monkeypatch=monkeypatch) == 0
    reader.join(10)
    assert came[0].startswith(b'{"parley_history":1')
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    with pytest.raises(BadInput, match="pipe: No such device"):
        files.write(pipe, b"that nobody reads")


def test_a_link_is_followed_and_a_mode_kept(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_bytes(b"old")
    real.chmod(0o640)
    link.symlink_to(real)
    files.write(link, b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "real"]


def test_a_device_stays_one() -> None:
    files.write(Path("/dev/null"), b"gone")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    with pytest.raises(BadInput, match="/dev/full: No space left on device"):
        files.write(Path("/dev/full"), b"x")


@pytest.mark.parametrize("given", [("check", "ci", "--out", "/proc/none"), ("run", "w1", "--history", "/proc/none/x")])
def test_where_nothing_can_be_written_nothing_is_run(
    given: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("parley.run.Run.execute", lambda _: pytest.fail("a run"))
    assert command(*given, monkeypatch=monkeypatch) == 2
    assert "/proc/none: nothing can be written there: " in capsys.readouterr().err


def test_two_campaigns_do_not_share_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    one = ("check", "plain", "--out", str(out))
    with begun("check", "ci", "--seeds", "100000", "--jobs", "1", "--out", str(out)) as other:
        deadline = time.monotonic() + 60
        while not out.exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        time.sleep(0.5)
        assert command(*one, monkeypatch=monkeypatch) == 2
        other.send_signal(signal.SIGINT)
        other.communicate(timeout=30)
    assert command(*one, monkeypatch=monkeypatch) == 0


def test_a_folder_that_was_tried_in_vain_is_not_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files.writable_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()
    files.release()
    assert not (tmp_path / "a").exists()
