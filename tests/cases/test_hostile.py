"""Files and command lines that want to do harm: each is refused in one line, within seconds and a GiB, or runs and does none.

`tests/cases/hostile/` holds the files; of each kind there is another one here, so that what is mended is the kind.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hostility import ended
from support import ROOT, begun

from faults import raw
from parley.record import on_disk

pytestmark = pytest.mark.requirement("N8")

FOLDER = ROOT / "tests" / "cases" / "hostile"
PLAN = json.loads((FOLDER / "nul-scenario.json").read_text()) | {"scenario": "x"}
STORY = (ROOT / "scenarios" / "stories" / "plain.toml").read_text()

FILES = {
    "badutf8.json": "$.faults[0].node: expected UTF-8, got the byte 0x90 in line 15",
    "big5000.json": "$.seed: expected a number of at most 2 to the 53rd",
    "deep.json": "$.x[0][0][0][0]",
    "deep.toml": "$.x[0][0][0][0]",
    "esc-dev.toml": "$.topology.devices[1].name: expected a text that can be printed, got one with \\x1b",
    "esc-header-key.jsonl": "line 1: Object contains unknown field `k\\x1b[31m`",
    "esc-key.json": "$: expected a key that can be printed",
    "esc-name.toml": "$.name: expected a text that can be printed",
    "esc-title.toml": "$.title: expected a text that can be printed",
    "ln300.json": "$.topology.latency.wifi.p99: expected a number of at most 2 to the 53rd",
    "nl-name.toml": "$.name: expected a text that can be printed, got one with \\n",
    "nul-scenario.json": "$.scenario: expected a text that can be printed, got one with \\x00",
    "pdur.json": "$.duration: expected a number of at most 2 to the 53rd",
    "pop100000.toml": "$.topology.populations[0].count: expected at most 60,000 devices in all, got 100,003; --no-limits",
    "queues-1e6.toml": "$.topology.core.queues: expected at most 1,000 of them, got 1,000,000; --no-limits",
    "services-2e9.json": "$.topology.core.services: expected at most 1,000 of them",
    "huge_cursor.py": "huge_cursor.py:9: D.next_cursor returned what can't be shown, of type int",
    "osexit.py": "ended itself with code 0 (while ",
    "raise_base.py": "raise_base.py:2: B: x",
    "ret_genexit.py": "ret_genexit.py:10: GeneratorExit:",
    "segv_in_run.py": "was ended by SIGSEGV (in scenario ci, seed 1): expected a variant that only answers",
    "systemexit_of_its_own.py": "systemexit_of_its_own.py:5: Gone: 0",
    "killed_by_itself_in_run.py": "was ended by SIGKILL (in scenario ci, seed 1)",
    "osexit_in_run.py": "ended itself with code 1 (in scenario ci, seed 1)",
    "all_memory.py": "all_memory.py:6: MemoryError",
    "no_text.py": "no_text.py:6: Mute: it has no text",
    "esc_text.py": "esc_text.py:1: ValueError: one\\x1b]0;PWN\\x07\\x1b[31m\\u202etwo three",
    "esc_protocol.py": "name: expected one that can be printed",
    "digits_in_a_list.py": "digits_in_a_list.py:",
}
"""What is said of each file."""

ONE = ("--seeds", "1", "--jobs", "1", "--out")


def command(path: Path, out: Path) -> tuple[str, ...]:
    """The command that takes such a file."""
    if path.suffix == ".py":
        return ("check", "ci", "--protocol", str(path), *ONE, str(out))
    return ({".toml": "run", ".json": "replay", ".jsonl": "verify"}[path.suffix], str(path))


def test_each_file_has_its_verdict() -> None:
    assert sorted(FILES) == sorted(path.name for path in FOLDER.iterdir() if path.is_file())


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_refused(name: str, tmp_path: Path) -> None:
    end = ended(*command(FOLDER / name, tmp_path / "out"))
    assert end.refused(FILES[name]) == ""
    if not name.startswith(("osexit", "segv", "killed")):
        assert str(FOLDER / name) in end.err
    assert not list(tmp_path.glob("out/**/*")), "nothing is left"


def plan(**fields: object) -> bytes:
    """A plan with these fields."""
    return json.dumps({**PLAN, **fields}).encode()


def topology(**fields: object) -> bytes:
    """A plan whose topology has these fields."""
    return plan(topology={**PLAN["topology"], **fields})


def core(**fields: object) -> bytes:
    """A plan whose core has these fields."""
    return topology(core={**PLAN["topology"]["core"], **fields})


def story(find: str, put: str) -> bytes:
    """A story with something put in the place of something else."""
    assert find in STORY
    return STORY.replace(find, put, 1).encode(errors="surrogateescape")


HEADER = b'{"parley_history":1,"records":"observable","ids":"opaque"}\n'
POPULATION = '\n[[topology.populations]]\nname = "p{0}"\ncount = {1}\nregion = "eu"\nconversations = ["talk"]\n'

MADE: dict[str, tuple[str, bytes, str]] = {
    "keys within keys": ("a.json", b'{"a":' * 3000 + b"1" + b"}" * 3000, "expected at most 40 levels"),
    "a deep place in a list": ("a.json", b'{"a":[1,{"b":"[[["},{"c":[' + b"[" * 5000, "a.json: $.a[2].c[0][0]"),
    "a deep place in a table": ("a.toml", b"format = 1\n[topology.core]\nx = [1, " + b"[" * 5000,
                                "$.topology.core.x[1][0]"),
    "fifty levels": ("a.json", plan(x=[[[[[json.loads("[" * 50 + "]" * 50)]]]]]), "expected at most 40 levels"),
    "tables within tables": ("a.toml", b"format = 1\nx." + b"a." * 5000 + b"b = 1\n", "expected at most 40 levels"),
    "bad UTF-8 in a scenario": ("a.toml", story('name = "plain"', 'name = "pl\udc90ain"'), "expected UTF-8, got the byte 0x90"),
    "a bad byte outside of a text": ("a.json", b'{"parley_plan": \xff}', "$: JSON is malformed: invalid character"),
    "5,000 digits in a scenario": (
        "a.toml",
        story("format = 1", "format = 1\nseed = " + "9" * 5000),
        "a.toml: not TOML: ",
    ),
    "a minus and 5,000 digits": ("a.json", plan().replace(b"229", b"-" + b"9" * 5000), "$.seed: expected a number"),
    "1e300": ("a.json", topology(latency={"wifi": {"distribution": "constant", "value": 1e300}}), "latency.wifi.value: "),
    "no number": ("a.toml", story("bound = 300_000_000", "bound = inf"), "$.bound: expected a number of at most"),
    "a right-to-left name": ("a.json", topology(users=["alice", "bo\u202eb"]), "$.topology.users[1]: expected a text"),
    "a C1 title": ("a.toml", story('title = "', 'title = "\x9b31m'), "$.title: expected a text that can be printed"),
    "a separator of lines": ("a.json", plan(scenario="a\u2028PASS"), "$.scenario: expected a text that can be printed"),
    "a key of two lines": ("a.toml", story("format = 1", 'format = 1\n"x\\nPASS" = 1'), "expected a key that can be printed"),
    "a name that is a path": ("a.json", plan(scenario="../../x"), "$.scenario: expected a name of at most 100 bytes"),
    "a name of a million letters": ("a.json", plan(scenario="x" * 10**6), "$.scenario: expected a text of at most 1,000"),
    "a year": ("a.json", plan(duration=31_536_000_000_000), "$.duration: expected at most "),
    "a bound of a century": ("a.json", plan(bound=3_153_600_000_000_000), "$.duration: expected at most "),
    "two populations": ("a.toml", (STORY + POPULATION.format(1, 40_000) + POPULATION.format(2, 40_000)).encode(),
                        "$.topology.populations[1].count: expected at most 60,000 devices in all, got 80,00"),
    "replicas of stores": ("a.json", core(stores=1000, replicas=1000), "$.topology.core: expected at most 1,000 inner nodes"),
    "a head": ("a.json", topology(conversations=[{"name": "work", "members": ["alice", "bob"], "head": 10**15}]),
               "$.topology.conversations[0].head: expected at most 100,000"),
    "a campaign of a billion sends": ("a.toml", STORY.split("[[workload]]")[0].encode() + b"[campaign]\nsends = [1, 9000000]\n",
                                      "$.campaign.sends: expected at most 10,000"),
    "too large a file": ("a.json", b" " * (raw.MOST_BYTES + 1), "$: expected at most 4,194,304 bytes, got more"),
    "a deep line": ("a.jsonl", HEADER + b"[" * 100_000 + b"\n", "line 2: "),
    "a key of a line": ("a.jsonl", HEADER + b'{"event":"Ended","t":"\\u001b[31m\\n"}\n', "line 2: "),
    "an event that is none": ("a.jsonl", HEADER + b'{"event":"x\\u001b]0;PWN\\u0007","t":1}\n', "line 2: "),
    "5,000 digits of a line": ("a.jsonl", HEADER + b'{"event":"Ended","t":' + b"9" * 5000 + b"}\n", "line 2: "),
    "a bomb": ("a.jsonl", gzip.compress(HEADER + b"[" + b" " * (20 << 20)), "line 2: "),
}  # fmt: skip


@pytest.mark.parametrize("what", MADE)
def test_a_sibling_is_refused(what: str, tmp_path: Path) -> None:
    name, data, said = MADE[what]
    file = tmp_path / name
    file.write_bytes(data)
    end = ended(*command(file, tmp_path / "out"))
    assert end.refused(said) == ""
    assert str(file) in end.err


@pytest.mark.parametrize("what", ["run", "replay", "verify"])
def test_what_has_no_end_is_given_up(what: str, tmp_path: Path) -> None:
    assert ended(what, "/dev/zero").refused("/dev/zero") == ""
    if what != "verify":
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        short: Callable[[], None] = lambda: setattr(raw, "PATIENCE", 0.2)  # noqa: E731
        assert ended(what, str(pipe), prepare=short).refused("expected an end, and for 0.2 s nothing came") == ""


class _Endless(io.RawIOBase):
    """A stream that says the same for ever, after it has said something."""

    def __init__(self, first: bytes, always: bytes) -> None:
        self._first, self._always = first, always * (1 << 16)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        some = (self._first or self._always)[: len(buffer)]
        self._first = b""
        buffer[: len(some)] = some
        return len(some)


@pytest.mark.parametrize(
    ("first", "always", "said"),
    [
        (b"", b"{}\n", "standard input: line 1: Object missing required field `parley_history`"),
        (b"", b"\0", "standard input: line 1: JSON is malformed"),
        (
            HEADER,
            b'{"event":"Ended","t":5}\n',
            "standard input: expected an end within 6,000,000 bytes, got more; --no-limits",
        ),
    ],
    ids=["lines", "nothing", "a history"],
)
def test_a_pipe_that_has_no_end_is_given_up(first: bytes, always: bytes, said: str) -> None:
    def prepare() -> None:
        on_disk.MOST_BYTES = 6_000_000
        sys.stdin = io.TextIOWrapper(io.BufferedReader(_Endless(first, always)))

    for command in ("verify", "lint"):
        assert ended(command, "-", prepare=prepare, seconds=60).refused(said) == ""


def test_a_pipe_of_what_can_not_be_used_is_not_read_to_its_end() -> None:
    def prepare() -> None:
        sys.stdin = io.TextIOWrapper(io.BufferedReader(_Endless(HEADER, b"{}\n")))

    end = ended("verify", "-", prepare=prepare, seconds=60)
    assert (end.code, end.err.splitlines()[0]) == (2, "parley: standard input: at least 20 lines can't be used")


@pytest.mark.parametrize("option", ["--seeds", "--first-seed", "--jobs"])
@pytest.mark.parametrize("value", ["1e30", str(10**30), "nan", "-1"])
def test_numbers_of_a_command_line(option: str, value: str) -> None:
    end = ended("check", "ci", option, value)
    assert end.code == 2
    assert end.wrong() == ""


def test_text_may_have_lines_and_every_script(tmp_path: Path) -> None:
    """What is refused is what hides, and not what is foreign: a body may have lines, and a name joined letters."""
    joined = "\N{WOMAN}\N{ZERO WIDTH JOINER}\N{PERSONAL COMPUTER} می\N{ZERO WIDTH NON-JOINER}خواهم 漢字"
    file = tmp_path / "a.json"
    talk = {"name": joined, "members": ["alice", "bob"]}
    send = {"do": "send", "at": 0, "device": "alice-phone", "conversation": joined, "body": "two\nlines\tand more"}
    file.write_bytes(plan(workload=[send], faults=[], topology={**PLAN["topology"], "conversations": [talk]}))
    end = ended("replay", str(file), "--story")
    assert (end.code, end.wrong()) == (0, "")
    assert joined in end.out


def test_limits_can_be_lifted(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(core(workers=1_001))
    assert (
        ended("replay", str(file)).refused("core.workers: expected at most 1,000 of them, got 1,001; --no-limits") == ""
    )
    end = ended("replay", str(file), "--no-limits", seconds=60)
    assert end.code in (0, 1, 4)


def test_a_worker_that_a_variant_ends_is_told(tmp_path: Path) -> None:
    """In a process that works for a campaign, too."""
    arguments = (
        "--protocol",
        str(FOLDER / "osexit_in_run.py"),
        "--seeds",
        "8",
        "--jobs",
        "2",
        "--out",
        str(tmp_path / "o"),
    )
    with begun("check", "ci", *arguments) as process:
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, "")
    assert err.startswith("parley: a process that worked ended by itself, or was ended: ")
    assert err.count("\n") == 1
