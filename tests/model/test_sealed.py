"""Bodies are sealed: who is no device is refused by mypy, and when it runs."""

from __future__ import annotations

import copy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support import ROOT, SECOND, deploy, plan

from model import events as e
from model.sealed import EMPTY, Opener, Sealed, SealedError, fingerprint, opened
from parley import variants
from parley.runner import execute

pytestmark = pytest.mark.requirement("P15", "P20")

BODY: Any = Sealed("Are you up?")


class Device(Opener):
    """It may open bodies."""


@pytest.mark.parametrize(
    "look",
    [
        lambda: BODY.text,
        lambda: BODY.lower(),
        lambda: BODY.encode(),
        lambda: str(BODY),
        lambda: f"{BODY}",
        lambda: BODY + "!",
        lambda: "> " + BODY,
        lambda: "up" in BODY,
        lambda: list(BODY),
        lambda: BODY[0],
        lambda: BODY == "Are you up?",
        lambda: BODY < EMPTY,
        lambda: BODY.open("the service"),
    ],
)
def test_whoever_looks_into_a_body_is_told_that_it_is_sealed(look: Callable[[], object]) -> None:
    with pytest.raises(SealedError, match=r"bodies are sealed, and only devices can open them"):
        look()


def test_it_can_be_carried_kept_and_measured() -> None:
    assert BODY.open(Device()) == "Are you up?"
    assert len(BODY) == 11
    assert BODY
    assert not EMPTY
    assert copy.deepcopy(BODY) == BODY == Sealed("Are you up?") != Sealed("No")
    assert BODY != 3
    assert hash(BODY) == hash(Sealed("Are you up?"))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(BODY), type=Sealed) == BODY
    assert "up" not in repr(BODY)
    assert not hasattr(BODY, "comparable")


def test_a_device_shows_what_somebody_put_in_place_of_a_body() -> None:
    assert opened(BODY, Device()) == "Are you up?"
    assert opened("GARBLED", Device()) == "GARBLED"


def test_a_digest_is_of_every_column_that_is_seen() -> None:
    columns: list[Any] = ["text", "ann", 5, "", "", "poll", "blob:1"]
    first = fingerprint(*columns)
    assert len(first) == 16
    for place, other in enumerate(["texts", "bob", 6, "join", "carol", "", "blob:2"]):
        assert fingerprint(*columns[:place], other, *columns[place + 1 :]) != first
    assert fingerprint("a", "b", 0, "", "", "", "") != fingerprint("", "a\0b", 0, "", "", "", "")[:16]


PEEKS = """
from parley.variant import MessagingService, variant


class Peeks(MessagingService):
    def blocks(self, send):
        return "spam" if "lottery" in send.body else ""


PROTOCOL = variant("peeks", service=Peeks)
"""


def test_a_variant_that_reads_bodies_is_told_where(tmp_path: Path) -> None:
    file = tmp_path / "peeks.py"
    file.write_text(PEEKS)
    with pytest.raises(Exception, match="bodies are sealed"):
        execute(plan(), variants.load(str(file)))


def test_mypy_refuses_a_server_that_reads_a_body(tmp_path: Path) -> None:
    file = tmp_path / "peeks.py"
    file.write_text(
        "from model.content import Message\n"
        "from model.servers.service import MessagingService\n"
        "def spam(row: Message) -> bool:\n"
        "    return 'lottery' in row.body\n"
        "def shout(row: Message) -> str:\n"
        "    return row.body.upper()\n"
        "def peek(row: Message, service: MessagingService) -> str:\n"
        "    return row.body.open(service)\n"
        "def measure(row: Message) -> int:\n"
        "    return len(row.body)\n"
    )
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--no-error-summary",
        "--config-file",
        str(ROOT / "pyproject.toml"),
    ]
    done = subprocess.run([*command, str(file)], cwd=ROOT, capture_output=True, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if "peeks.py" in line]
    assert {int(line.split(":")[1]) for line in lines if ": error:" in line} == {4, 6, 8}, done.stdout


def test_what_a_device_sends_is_what_devices_show() -> None:
    deployment = deploy()
    deployment.devices["alice-phone"].send("talk", "Are you up?")
    deployment.env.run_until(20 * SECOND)
    sent = {x.content for x in deployment.history if isinstance(x, e.SendAttempted)}
    shown = {x.content for x in deployment.history if isinstance(x, e.Shown)}
    assert len(sent) == 1
    assert shown == sent
