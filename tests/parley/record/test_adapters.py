"""An adapter of one's own: the whole one on the page works, and what does not fit is told before a server starts."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from support import ROOT, parley

from parley.commands.record import adapter_of, own_mistakes
from parley.errors import BadInput
from parley.record.recorders.adapter import Message, Seat

pytestmark = pytest.mark.requirement("V1", "R7")

PAGE = (ROOT / "docs" / "judging-your-system.md").read_text()
(EXAMPLE,) = [code for part in PAGE.split("```python\n")[1:] if "(Adapter):" in (code := part.split("```")[0])]
GOOD = """
from parley.record.recorders.adapter import Adapter, Connection
class Line(Connection):
    async def send(self, message): return ""
    async def lost(self): return ""
    async def read_to_end(self): pass
    async def close(self): pass
class Mine(Adapter):
    kind = "mine"; program = "sh"; module = "json"
    def command(self, program): return [program]
    async def connect(self, seat, arrived): return Line()
"""


class Gone(Exception):
    pass


class Server:
    """As much of a Redis, and of its client, as the example uses."""

    def __init__(self) -> None:
        self.streams: dict[str, list[tuple[bytes, dict[bytes, bytes]]]] = {}
        self.up = True

    def client(self, **_: Any) -> Server:
        return self

    async def ping(self) -> None:
        if not self.up:
            raise Gone("connection refused")

    async def xadd(self, stream: str, fields: dict[str, bytes]) -> bytes:
        entries = self.streams.setdefault(stream, [])
        entries.append((f"7-{len(entries) + 1}".encode(), {name.encode(): value for name, value in fields.items()}))
        return entries[-1][0]

    async def xread(
        self, held: dict[str, str], block: int
    ) -> list[tuple[bytes, list[tuple[bytes, dict[bytes, bytes]]]]]:
        await asyncio.sleep(0.001)
        await self.ping()
        after = {stream: int(entry.split("-")[1]) for stream, entry in held.items()}
        new = [(stream.encode(), self.streams.get(stream, [])[number:]) for stream, number in after.items()]
        return [each for each in new if each[1]]

    async def xrevrange(self, stream: str, count: int) -> list[tuple[bytes, dict[bytes, bytes]]]:
        return self.streams.get(stream, [])[-count:]

    async def aclose(self) -> None:
        return


def test_the_adapter_on_the_page_sends_reads_on_and_says_that_it_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server()
    library, inside = ModuleType("redis"), ModuleType("redis.asyncio")
    inside.Redis = server.client  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "redis", library)
    monkeypatch.setitem(sys.modules, "redis.asyncio", inside)
    file = tmp_path / "redis_streams.py"
    file.write_text(EXAMPLE)
    adapter = adapter_of(f"{file}:Redis")(tmp_path, 1234, ("appendonly yes",))
    assert adapter.command("redis-server") == ["redis-server", str(tmp_path / "redis.conf")]
    assert "appendonly yes" in (tmp_path / "redis.conf").read_text()
    came: list[tuple[str, str]] = []

    def arrived(at: str) -> Callable[[Message, str], None]:
        return lambda message, _: came.append((at, message.id))

    async def one_after_the_other() -> None:
        ann, bob = Seat("ann-phone", "ann", ("c",)), Seat("bob-phone", "bob", ("c",))
        connections = [await adapter.connect(seat, arrived(seat.device)) for seat in (ann, bob)]
        await connections[0].send(Message("c", "m1", "ann", "hello"))
        for connection in connections:
            await connection.read_to_end()
        assert sorted(came) == [("ann-phone", "m1"), ("bob-phone", "m1")]
        await connections[1].close()
        await connections[0].send(Message("c", "m2", "ann", "again"))
        again = await adapter.connect(bob, arrived("bob-phone"))
        await again.read_to_end()
        assert [message for at, message in came if at == "bob-phone"] == ["m1", "m2"]
        server.up = False
        assert await again.lost() == "connection refused"
        with pytest.raises(Gone):
            await adapter.connect(bob, arrived("bob-phone"))
        for connection in (connections[0], again):
            await connection.close()

    asyncio.run(one_after_the_other())


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("class Mine(Adapter)", "class Mine", "Mine: expected a class that derives from"),
        ("class Mine(Adapter)", "class Other(Adapter)", "there is no class 'Mine' in it; there is Other"),
        ('kind = "mine"; ', "", "Mine.kind: expected a string"),
        (
            "    def command",
            "    def start",
            "Mine.command: it is missing; expected def command(self, program: str)",
        ),
        ("command(self, program)", "command(self)", "and not command(self)"),
        (
            "async def connect",
            "def connect",
            "Mine.connect: expected async def connect(self, seat: Seat, arrived: Arrived)",
        ),
        ("(self, seat, arrived)", "(self, device)", "Mine.connect: expected async def connect"),
        (
            "    async def close",
            "    async def end",
            "Line.close: it is missing; expected async def close(self) -> None",
        ),
        (
            "send(self, message)",
            "send(self, conversation, message)",
            "Line.send: expected async def send(self, message: ",
        ),
        ("class Line", "class Line(", "can't be imported: SyntaxError"),
    ],
)
def test_what_does_not_fit_is_told_with_file_class_and_method(
    old: str, new: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It was a traceback, and exit code 3: as if Parley were broken."""
    file = tmp_path / "mine.py"
    file.write_text(GOOD)
    assert adapter_of(f"{file}:Mine").__name__ == "Mine"
    assert old in GOOD
    file.write_text(GOOD.replace(old, new, 1))
    assert parley("record", f"{file}:Mine", "--out", str(tmp_path / "r.jsonl"), monkeypatch=monkeypatch) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"parley: {file}: ")
    assert says in line


def test_more_than_is_asked_for_fits_if_it_has_defaults(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(GOOD.replace("command(self, program)", "command(self, program, *, fast=False)"))
    assert adapter_of(f"{file}:Mine").__name__ == "Mine"


def test_what_an_adapter_raises_is_told_with_its_line_and_what_parley_raises_is_not_hidden(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(GOOD.replace("return [program]", "return [1 / 0]"))
    adapter = adapter_of(f"{file}:Mine")(tmp_path, 1, ())
    with (
        pytest.raises(BadInput, match=r"mine.py: line 10, in command: ZeroDivisionError"),
        own_mistakes(f"{file}:Mine"),
    ):
        adapter.command("sh")
    with pytest.raises(KeyError), own_mistakes(f"{file}:Mine"):
        raise KeyError("ours")
