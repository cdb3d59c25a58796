"""What a kind of server is to a recorder: how it is started, and how one device connects, sends and receives.

An adapter for another server is a class of about a hundred lines: see `mqtt.py`. It writes no event. Who writes, who is away,
what is tried again and what goes into the record is the same for all (`recording.py`).

Requirements: V1.
"""

from __future__ import annotations

import asyncio
import importlib
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import msgspec

from parley.errors import BadInput

HOST = "127.0.0.1"
"""All traffic stays on this machine."""


class Refused(Exception):
    """The server said that it will never take a message; the text says why."""


class Message(msgspec.Struct, frozen=True):
    """What one device sends: `id` is made by its app, and is the same at each try. `sender` is a user."""

    conversation: str
    id: str
    sender: str
    text: str

    def packed(self) -> bytes:
        """As the servers carry it that carry bytes."""
        return msgspec.json.encode(self)

    @staticmethod
    def unpacked(data: bytes) -> Message:
        """Of what `packed` made."""
        return msgspec.json.decode(data, type=Message)


Arrived = Callable[[Message, str], None]
"""To be called with each message that the server delivers, also for the second time, and also a device's own.

The other one is its place in the conversation, the server's id of it; '' where the server has none.
"""


@dataclass(frozen=True)
class Seat:
    """A device, as an adapter sees it. `kept` is for the adapter: what the app keeps on its disk between connections."""

    device: str
    user: str
    conversations: tuple[str, ...]
    kept: dict[str, Any] = field(default_factory=dict)


class Connection(ABC):
    """A working connection of one device."""

    @abstractmethod
    async def send(self, message: Message) -> str:
        """Returns when the server has said that it has the message, and its place, as in `Arrived`.

        Raises Refused if it never will. Whatever else it raises says that nobody knows: it is sent again, under the same id.
        """

    def held(self, message: Message) -> str | None:
        """The place of a message of the device's own of which the app has seen that the server has it; None if it has not.

        Then it is not tried again, though no answer came. Of use where a server takes what is tried twice for two messages.
        """
        return None

    @abstractmethod
    async def lost(self) -> str:
        """Waits until the connection is gone, and says why."""

    @abstractmethod
    async def read_to_end(self) -> None:
        """Returns when everything that the server has for the device has gone to `Arrived`.

        By waiting for it, or by reading the archive. Raises if it can't be known.
        """

    @abstractmethod
    async def close(self) -> None:
        """Ends it, if it is not gone. Whatever the server thinks that the app has must have gone to `Arrived` then."""


class Adapter(ABC):
    """One kind of server. It is made once for a record, with the folder in which the server keeps everything."""

    kind: ClassVar[str]
    """Its name in the command."""
    program: ClassVar[str]
    """The server's binary."""
    module: ClassVar[str]
    """The module of the client library."""
    package: ClassVar[str] = ""
    """What has to be installed for it, if that is called otherwise."""

    def __init__(self, home: Path, port: int, settings: Sequence[str]) -> None:
        """`home`: an empty folder. `settings`: lines that the user adds to the server's configuration."""
        self.home = home
        self.port = port
        self.settings = tuple(settings)
        self.data = home / "data"
        """What is put back by a rollback: all that the server keeps."""
        self.data.mkdir()
        try:
            self.client: Any = importlib.import_module(self.module)
        except ImportError as error:
            raise BadInput(
                f"recording {self.kind} needs the library {self.module} ({error}): "
                f"pip install {self.package or self.module}"
            ) from None

    @abstractmethod
    def command(self, program: str) -> list[str]:
        """Writes the configuration, and says how the server is started in the foreground."""

    async def set_up(self, seats: Sequence[Seat], members: Mapping[str, tuple[str, ...]]) -> None:
        """Makes what must be there before the first device connects: streams, accounts. `members`: of conversations."""
        return

    @abstractmethod
    async def connect(self, seat: Seat, arrived: Arrived) -> Connection:
        """A connection of that device, which from here on gets what it missed and what is new. Raises if there is none."""

    async def save(self, signal: Callable[[int], None]) -> None:
        """Has the server write what it only keeps in memory, where it can be asked to, before its folder is copied."""
        return


async def first_of(*waiting: Awaitable[Any]) -> int:
    """Waits until one of them is done, ends the others, and says which it was, counted from 0."""
    tasks = [asyncio.ensure_future(each) for each in waiting]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return next(number for number, task in enumerate(tasks) if task.done())
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
