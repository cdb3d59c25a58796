"""An MQTT broker, mosquitto unless another is named: a topic a conversation, and a session that lasts for each device.

Everything goes at QoS 1: the broker's PUBACK accepts, and what comes for a device that is away waits in its session. There is no
archive: what the session has lost, nobody can read again. A device has read its queue to the end when something comes back that
it said to itself, for a broker delivers in order.

Requirements: V1.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable
from typing import Any, ClassVar

from parley.record.recorders.adapter import HOST, Adapter, Arrived, Connection, Message, Seat
from parley.record.recorders.process import until

TOPIC = "chat/"
ASKED = "asked/"
"""What a device says to itself, behind everything that waits for it."""


class Mqtt(Adapter):
    """mosquitto, with its persistence switched on, no limit to what waits, and everything else as it comes."""

    kind: ClassVar[str] = "mqtt"
    program: ClassVar[str] = "mosquitto"
    module: ClassVar[str] = "aiomqtt"

    def command(self, program: str) -> list[str]:
        file = self.home / "mosquitto.conf"
        lines = (
            f"listener {self.port} {HOST}",
            "allow_anonymous true",
            "user root",  # else one started by root gives up its rights, and can't write here
            "persistence true",
            f"persistence_location {self.data}/",
            "max_queued_messages 0",  # no limit: it drops what is above it, as it is told to
            *self.settings,
        )
        file.write_text("\n".join(lines) + "\n")
        return [program, "-c", str(file)]

    async def save(self, signal_server: Callable[[int], None]) -> None:
        file = self.data / "mosquitto.db"
        before = file.stat().st_mtime_ns if file.exists() else 0
        signal_server(signal.SIGUSR1)
        await until(lambda: file.exists() and file.stat().st_mtime_ns != before, 2)

    async def connect(self, seat: Seat, arrived: Arrived) -> Connection:
        client = self.client.Client(HOST, self.port, identifier=seat.device, clean_session=False, timeout=2)
        await client.__aenter__()
        connection = _Connection(client, self.client.MqttError, seat, arrived)
        try:
            topics = [(TOPIC + conversation, 1) for conversation in seat.conversations]
            await client.subscribe([*topics, (ASKED + seat.device, 1)])
        except BaseException:
            await connection.close()
            raise
        return connection


class _Connection(Connection):
    def __init__(self, client: Any, error: type[Exception], seat: Seat, arrived: Arrived) -> None:
        self._client = client
        self._error = error
        self._seat = seat
        self._arrived = arrived
        self._answers: dict[str, asyncio.Event] = {}
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> str:
        """Until the connection is gone, and all that it had brought has been taken."""
        try:
            async for message in self._client.messages:
                if message.topic.value.startswith(ASKED):
                    answer = self._answers.get(message.payload.decode())
                    if answer is not None:
                        answer.set()
                else:
                    self._arrived(Message.unpacked(message.payload), "")
        except self._error as error:
            return str(error)
        return "closed"

    async def send(self, message: Message) -> str:
        await self._client.publish(TOPIC + message.conversation, message.packed(), qos=1)
        return ""

    async def lost(self) -> str:
        return await asyncio.shield(self._reading)

    async def read_to_end(self) -> None:
        name = str(self._seat.kept.setdefault("asked", 0))
        self._seat.kept["asked"] += 1
        answer = self._answers[name] = asyncio.Event()
        await self._client.publish(ASKED + self._seat.device, name, qos=1)
        await answer.wait()

    async def close(self) -> None:
        with contextlib.suppress(self._error):
            await self._client.__aexit__(None, None, None)
        await asyncio.wait([self._reading], timeout=2)
        self._reading.cancel()
