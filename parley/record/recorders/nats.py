"""NATS JetStream: a subject a conversation, in one stream that keeps everything, and durable consumers that know who read what.

The stream's answer to a publish accepts, and says the place. A message's id is its `Nats-Msg-Id`, by which the server recognises
what is sent again. A consumer gives out one message at a time, and the next when that one is acked: with more on their way, one
whose ack is lost would come again behind its successors.

Requirements: V1.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from parley.record.recorders.adapter import HOST, Adapter, Arrived, Connection, Message, Seat, first_of

STREAM = "chat"
ACK_WAIT = 2.0
"""Seconds until what was not acked is given out again."""


class Nats(Adapter):
    """nats-server with JetStream in files, and everything else as it comes."""

    kind: ClassVar[str] = "nats"
    program: ClassVar[str] = "nats-server"
    module: ClassVar[str] = "nats"
    package: ClassVar[str] = "nats-py"

    def command(self, program: str) -> list[str]:
        file = self.home / "nats.conf"
        lines = (f"listen: {HOST}:{self.port}", f'jetstream {{ store_dir: "{self.data}" }}', *self.settings)
        file.write_text("\n".join(lines) + "\n")
        return [program, "-c", str(file)]

    async def _client(self, **callbacks: Any) -> Any:
        return await self.client.connect(
            f"nats://{HOST}:{self.port}", allow_reconnect=False, connect_timeout=2, ping_interval=1, **callbacks
        )

    async def set_up(self, seats: Sequence[Seat], members: Mapping[str, tuple[str, ...]]) -> None:
        client = await self._client()
        await client.jetstream().add_stream(name=STREAM, subjects=[f"{STREAM}.*"])
        await client.close()

    async def connect(self, seat: Seat, arrived: Arrived) -> Connection:
        gone = asyncio.Event()

        async def closed() -> None:
            gone.set()

        client = await self._client(closed_cb=closed)
        connection = _Connection(client, self.client, gone, arrived)
        try:
            for conversation in seat.conversations:
                await connection.follow(seat.device, conversation)
        except BaseException:
            await connection.close()
            raise
        return connection


class _Connection(Connection):
    def __init__(self, client: Any, library: Any, gone: asyncio.Event, arrived: Arrived) -> None:
        self._client = client
        self._stream = client.jetstream(timeout=2)
        self._library = library
        self._gone = gone
        self._arrived = arrived
        self._consumers: list[Any] = []
        self._reading: list[asyncio.Task[None]] = []

    async def follow(self, device: str, conversation: str) -> None:
        """Reads on in a conversation from where the device's consumer is."""
        config = self._library.js.api.ConsumerConfig(ack_wait=ACK_WAIT, max_ack_pending=1)
        consumer = await self._stream.pull_subscribe(
            f"{STREAM}.{conversation}", durable=f"{device}_{conversation}", stream=STREAM, config=config
        )
        self._consumers.append(consumer)
        self._reading.append(asyncio.create_task(self._read(consumer)))

    async def _read(self, consumer: Any) -> None:
        while not self._gone.is_set():
            with contextlib.suppress(TimeoutError):
                for got in await consumer.fetch(1, timeout=1):
                    self._arrived(Message.unpacked(got.data), str(got.metadata.sequence.stream))
                    await got.ack()

    async def send(self, message: Message) -> str:
        told = await self._stream.publish(
            f"{STREAM}.{message.conversation}", message.packed(), headers={"Nats-Msg-Id": message.id}
        )
        return str(told.seq)

    async def lost(self) -> str:
        await first_of(self._gone.wait(), *self._reading)
        return "reset"

    async def read_to_end(self) -> None:
        for consumer in self._consumers:
            while True:
                info = await consumer.consumer_info()
                if not info.num_pending and not info.num_ack_pending:
                    break
                await asyncio.sleep(0.05)

    async def close(self) -> None:
        for reading in self._reading:
            reading.cancel()
        await asyncio.gather(*self._reading, return_exceptions=True)
        with contextlib.suppress(Exception):
            async with asyncio.timeout(1):
                await self._client.close()
