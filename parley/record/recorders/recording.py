"""Runs a workload against a real server, and writes down what the apps did and showed: the same for every kind of server.

An app keeps an outbox and what it has shown, and both outlast its connections. It sends one message at a time, in the order in
which its user wrote, tries again under the same id until the server says that it has it, and shows what arrives once. All apps
are in this process: there is one clock, and the lines are in its order.

Requirements: V1.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import IO, Any

import msgspec
import xxhash

from parley.errors import BadInput
from parley.record.recorders.adapter import Adapter, Connection, Message, Refused, Seat, first_of
from parley.record.recorders.process import ServerProcess, put_back, until
from parley.record.recorders.workload import ServerFault, Workload

PATIENCE = 2.0
"""Seconds that a device waits for an answer before it tries again."""
CONNECTING = 6.0
"""Seconds that it waits for a connection, with what has to be read before it can be used."""
AGAIN = 0.25
"""Seconds between two tries to connect."""
BOUND = 8.0
"""Seconds that the server has to converge, once everything is over."""
SERVER = "server"
"""The name of the server in faults."""

RECORDS = (
    "SendRequested", "SendAttempted", "SendAccepted", "SendRefused", "Shown", "DuplicateIgnored", "FinalRead",
    "Connected", "Disconnected", "Crashed", "Restarted", "Slept", "LoggedOut", "Wiped", "Restored", "MemberJoined",
    "MemberLeft", "RowsRemoved",
)  # fmt: skip
"""What is written when it happens. From Crashed on nothing does: no app dies or is installed again, nobody joins."""


class Log:
    """The record, written as it happens. Times are µs since it was opened."""

    def __init__(self, stream: IO[bytes], about: str) -> None:
        self._stream = stream
        self._since = time.monotonic_ns()
        self._encode = msgspec.json.Encoder().encode
        self.lines = 0
        self._over = False
        self._write({"parley_history": 1, "ids": "opaque", "records": RECORDS, "about": about})

    def _write(self, line: dict[str, Any]) -> None:
        self._stream.write(self._encode(line) + b"\n")

    def now(self) -> int:
        """µs since it was opened."""
        return (time.monotonic_ns() - self._since) // 1000

    def note(self, event: str, device: str = "", **fields: Any) -> None:
        """A line of now; `device` where it happened, if on one."""
        if self._over:
            return
        where = {"device": device} if device else {}
        self._write({"event": event, "t": self.now(), **where, **fields})
        self.lines += 1

    def end(self) -> None:
        """Nothing that comes later is part of it."""
        self.note("Ended")
        self._over = True


def digest(message: Message) -> str:
    """Of what a person sees of a message."""
    return xxhash.xxh32_hexdigest(f"{message.sender}: {message.text}".encode())


def _placed(place: str) -> dict[str, str]:
    return {"seq": place} if place else {}


class Device:
    """An app on a handset: connected unless it is away, with an outbox and what it has shown."""

    def __init__(self, seat: Seat, adapter: Adapter, log: Log) -> None:
        self.seat = seat
        self.connection: Connection | None = None
        self.trouble = "it was always away"
        """Why it is not connected."""
        self._adapter = adapter
        self._log = log
        self._outbox: deque[Message] = deque()
        self._tries: dict[str, int] = {}
        self._written = 0
        self._shown: set[str] = set()
        self.online = False
        self._present = asyncio.Event()
        self._absent = asyncio.Event()
        self._something = asyncio.Event()

    def come(self) -> None:
        self._present.set()
        self._absent.clear()

    def go(self) -> None:
        self._present.clear()
        self._absent.set()

    def write(self, conversation: str, text: str) -> None:
        """Its user sends a message. It is in the outbox, connected or not."""
        self._written += 1
        message = Message(conversation, f"{self.seat.device}:{self._written}", self.seat.user, text)
        self._log.note("SendRequested", self.seat.device, conversation=conversation, send=message.id)
        self._outbox.append(message)
        self._something.set()

    async def run(self) -> None:
        """Connects whenever its user is there, until it is cancelled."""
        while True:
            await self._present.wait()
            try:
                async with asyncio.timeout(CONNECTING):
                    connection = await self._adapter.connect(self.seat, self._arrived)
            except Exception as error:
                self.trouble = str(error) or type(error).__name__
                self._offline("reset")
                await asyncio.sleep(AGAIN)
                continue
            if not isinstance(connection, Connection):
                name = type(self._adapter).__name__
                raise BadInput(
                    f"{name}.connect: expected it to return a Connection, and not {type(connection).__name__}"
                )
            why = "closed"
            try:
                self.connection = connection
                self._connected()
                if await first_of(self._absent.wait(), connection.lost(), self._send_all(connection)):
                    why = "reset"
            finally:
                self.connection = None
                await self._close(connection)
                self._offline(why)

    async def _close(self, connection: Connection) -> None:
        """Closes it. One that can't be closed is left to itself: the device goes on."""
        try:
            async with asyncio.timeout(CONNECTING):
                await connection.close()
        except Exception as error:
            self.trouble = f"the last one could not be closed: {str(error) or type(error).__name__}"

    def _connected(self) -> None:
        if not self.online:
            self.online = True
            self._log.note("Connected", self.seat.device)

    def _offline(self, why: str) -> None:
        if self.online:
            self.online = False
            self._log.note("Disconnected", self.seat.device, why=why)

    def _arrived(self, message: Message, place: str) -> None:
        self._connected()  # what waited may be faster than the answer
        what = {"conversation": message.conversation, "message": message.id, **_placed(place)}
        if message.id in self._shown:
            self._log.note("DuplicateIgnored", self.seat.device, **what)
            return
        self._shown.add(message.id)
        self._log.note("Shown", self.seat.device, **what, sender=message.sender, content=digest(message))

    async def read_to_end(self) -> None:
        """The last thing that it does. Where it can't be known that there is no more, nothing is said."""
        began = self._log.now()
        try:
            async with asyncio.timeout(CONNECTING):
                if self.connection is None:
                    return
                await self.connection.read_to_end()
        except Exception as error:
            self.trouble = str(error) or type(error).__name__
            return
        for conversation in self.seat.conversations:
            self._log.note("FinalRead", self.seat.device, conversation=conversation, began=began)

    async def _send_all(self, connection: Connection) -> None:
        """One after the other, as long as the connection works."""
        while True:
            while not self._outbox:
                self._something.clear()
                await self._something.wait()
            message = self._outbox[0]
            which = {"conversation": message.conversation, "send": message.id, "message": message.id}
            try:
                place = connection.held(message)
                if place is None:
                    attempt = self._tries[message.id] = self._tries.get(message.id, 0) + 1
                    what = digest(message)
                    self._log.note("SendAttempted", self.seat.device, **which, attempt=attempt, content=what)
                    async with asyncio.timeout(PATIENCE):
                        place = await connection.send(message)
            except Refused as refused:
                self._log.note("SendRefused", self.seat.device, **which, reason=str(refused))
            except TimeoutError:
                continue
            except Exception as error:
                self.trouble = str(error) or type(error).__name__
                return
            else:
                self._log.note("SendAccepted", self.seat.device, **which, **_placed(place))
            self._outbox.popleft()


class Recording:
    """One record of one server."""

    def __init__(self, adapter: Adapter, server: ServerProcess, workload: Workload, log: Log) -> None:
        self._adapter = adapter
        self._server = server
        self._workload = workload
        self._log = log
        within = {
            user: tuple(name for name, group in workload.members.items() if user in group)
            for user in workload.user_of.values()
        }
        self._devices = {
            name: Device(Seat(name, user, within[user]), adapter, log) for name, user in workload.user_of.items()
        }
        self._copies = adapter.home / "copies"

    async def run(self) -> None:
        """From the first connection to the end. Raises BadInput if the server does not start, or lets nobody in."""
        await self._server.start()
        work, log = self._workload, self._log
        for name, user in work.user_of.items():
            log.note("DeviceRegistered", name, user=user)
        for name, group in work.members.items():
            log.note("ConversationOpened", conversation=name, members=group)
        devices = self._devices.values()
        await self._adapter.set_up([device.seat for device in devices], work.members)
        running = [asyncio.create_task(device.run()) for device in devices]
        try:
            for device in devices:
                device.come()  # each is there once, so that the server knows it
            await self._all_connected()
            try:
                async with asyncio.TaskGroup() as happening:
                    for what in (self._write(), self._come_and_go(), self._disturb()):
                        happening.create_task(what)
            except ExceptionGroup as several:
                raise several.exceptions[0] from None
            for device in devices:
                device.come()
            await self._all_connected()
            log.note("Healed", bound=int(BOUND * 1e6))
            await asyncio.sleep(BOUND)
            await asyncio.gather(*(device.read_to_end() for device in devices))
            for device in devices:
                device.go()
            await until(lambda: not any(device.online for device in devices), CONNECTING)
            log.end()
        finally:
            for task in running:
                task.cancel()
            for result in await asyncio.gather(*running, return_exceptions=True):
                if isinstance(result, Exception):
                    raise result

    async def _all_connected(self) -> None:
        """Raises BadInput, with the reason, if one does not get a connection."""
        try:
            async with asyncio.timeout(4 * CONNECTING):
                while lacking := [device for device in self._devices.values() if device.connection is None]:
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise BadInput(f"{lacking[0].seat.device} gets no connection to the server: {lacking[0].trouble}") from None

    async def _at(self, seconds: float, since: float) -> None:
        await asyncio.sleep(max(0.0, since + seconds - time.monotonic()))

    async def _write(self) -> None:
        since = time.monotonic()
        for write in self._workload.writes:
            await self._at(write.at, since)
            self._devices[write.device].write(write.conversation, write.text)

    async def _come_and_go(self) -> None:
        since = time.monotonic()
        moves: list[tuple[float, str, int]] = []
        for device, spans in self._workload.away.items():
            for start, end in spans:
                moves += [(start, device, 1), (end, device, -1)]
        absences = dict.fromkeys(self._workload.away, 0)
        for at, device, by in sorted(moves):
            await self._at(min(at, self._workload.seconds), since)
            absences[device] += by
            if absences[device]:
                self._devices[device].go()
            else:
                self._devices[device].come()

    async def _disturb(self) -> None:
        since = time.monotonic()
        deeds: list[tuple[float, Callable[[], Any]]] = []
        for number, fault in enumerate(self._workload.faults):
            if fault.kind == "rollback":
                deeds.append((fault.begins, partial(self._copy, number)))
            deeds.append((fault.at, partial(self._strike, number, fault)))
        for at, deed in sorted(deeds, key=lambda each: each[0]):
            await self._at(at, since)
            await deed()

    async def _copy(self, number: int) -> None:
        await self._adapter.save(self._server.send)
        self._server.copy(self._adapter.data, self._copies / str(number))

    async def _strike(self, number: int, fault: ServerFault) -> None:
        self._log.note("FaultStarted", fault=number, kind=fault.kind, armed=False, nodes=(SERVER,), lasting=True)
        down = fault.ends - fault.at
        if fault.kind == "pause":
            self._server.pause()
            await asyncio.sleep(down)
            self._server.resume()
        else:
            if fault.kind == "restart":
                await self._server.stop()
            else:
                self._server.kill()
            if fault.kind == "rollback":
                put_back(self._copies / str(number), self._adapter.data)
            await asyncio.sleep(down)
            await self._server.start()
        self._log.note("FaultEnded", fault=number, kind=fault.kind, nodes=(SERVER,))


def record(adapter: Adapter, program: str, workload: Workload, out: Path, about: str) -> int:
    """Writes a record of the server, and says how many lines it has. The server has ended then, however it went.

    Raises BadInput if the server does not start, lets a device not in, or takes for ever.
    """
    server = ServerProcess(adapter.command(program), adapter.home, adapter.port)
    try:
        stream = out.open("wb", buffering=0)  # whoever follows it sees each line as it comes
    except OSError as error:
        raise BadInput(f"{out}: {error.strerror or error}") from None
    with stream, server.ended():
        log = Log(stream, about)

        async def all_of_it() -> None:
            asyncio.get_running_loop().set_exception_handler(_without_the_cancelled)
            recording = Recording(adapter, server, workload, log)
            async with asyncio.timeout(2 * workload.seconds + 120):
                await recording.run()

        logging.disable()  # client libraries complain of each connection that breaks, which is what it is about
        try:
            asyncio.run(all_of_it())
        except TimeoutError:
            raise BadInput(
                f"the record took more than twice its {workload.seconds:g} seconds, and was given up"
            ) from None
        finally:
            logging.disable(logging.NOTSET)
        return log.lines


def _without_the_cancelled(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """A connection that is given up half-way leaves callbacks of its library behind, which are no news."""
    if not isinstance(context.get("exception"), asyncio.CancelledError):
        loop.default_exception_handler(context)
