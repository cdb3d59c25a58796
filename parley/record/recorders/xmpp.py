"""XMPP with its archive, Prosody unless another is named: a room a conversation, and what was missed is read from the archive.

A room says a message back to whoever sent it, under the id that the archive has for it: that accepts. A device joins its rooms,
and reads on in the archive from the last id that it holds, before it shows what is new; if the archive does not know that id any
more, from the beginning. A room takes a message that is sent again for another one: what the device has found in the archive it
does not send again, and what is there twice is shown once. Lines of `--config` go to the rooms' component.

Requirements: V1.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, ClassVar

from parley.record.recorders.adapter import HOST, Adapter, Arrived, Connection, Message, Seat, first_of

DOMAIN = "localhost"
ROOMS = f"rooms.{DOMAIN}"
PAGE = 50
_OWN = "own "
PLUGINS = ("xep_0045", "xep_0059", "xep_0313", "xep_0359")
"""Rooms, pages, the archive, and the archive's ids."""


class Xmpp(Adapter):
    """Prosody with its own storage, which anybody may log in to, and rooms that keep everything."""

    kind: ClassVar[str] = "xmpp"
    program: ClassVar[str] = "prosody"
    module: ClassVar[str] = "slixmpp"

    def command(self, program: str) -> list[str]:
        file = self.home / "prosody.cfg.lua"
        lines = (
            f'interfaces = {{ "{HOST}" }}',
            f"c2s_ports = {{ {self.port} }}",
            'modules_enabled = { "saslauth", "disco", "ping" }',
            'modules_disabled = { "s2s", "tls" }',
            "s2s_ports, s2s_direct_tls_ports, c2s_direct_tls_ports, component_ports = {}, {}, {}, {}",
            "c2s_require_encryption, allow_unencrypted_plain_auth = false, true",
            'authentication, insecure_open_authentication = "insecure", "Yes please, I know what I\'m doing!"',
            f'data_path, pidfile = "{self.data}", "{self.home}/prosody.pid"',
            'run_as_root, daemonize, storage, log = true, false, "internal", { warn = "*console" }',
            f'VirtualHost "{DOMAIN}"',
            f'Component "{ROOMS}" "muc"',
            'modules_enabled = { "muc_mam" }',
            "muc_log_by_default, muc_log_presences, muc_room_default_persistent = true, false, true",
            "muc_room_locking, muc_room_default_history_length = false, 0",
            'archive_expires_after = "never"',
            *self.settings,
        )
        file.write_text("\n".join(lines) + "\n")
        return [program, "--config", str(file), "-F"]

    async def connect(self, seat: Seat, arrived: Arrived) -> Connection:
        client = self.client.ClientXMPP(f"{seat.user}@{DOMAIN}/{seat.device}", "any")
        client.enable_plaintext, client.enable_starttls, client.enable_direct_tls = True, False, False
        client.plugin["feature_mechanisms"].unencrypted_plain = True
        for plugin in PLUGINS:
            client.register_plugin(plugin)
        connection = _Connection(client, self.client, seat, arrived)
        try:
            await connection.open(self.port)
        except BaseException:
            await connection.close()
            raise
        return connection


class _Connection(Connection):
    def __init__(self, client: Any, library: Any, seat: Seat, arrived: Arrived) -> None:
        self._client = client
        self._library = library
        self._seat = seat
        self._arrived = arrived
        self._gone: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._answers: dict[str, asyncio.Future[str]] = {}
        self._early: dict[str, list[tuple[Message, str]]] = {}
        """What comes live to a room while what was missed is still being read, by conversation."""
        client.add_event_handler("disconnected", self._on_gone)
        client.add_event_handler("failed_auth", self._on_gone)
        client.add_event_handler("groupchat_message", self._on_message)
        client.add_event_handler("groupchat_message_error", self._on_error)

    async def open(self, port: int) -> None:
        """Logs in, joins the rooms and reads what was missed."""
        started = asyncio.Event()
        self._client.add_event_handler("session_start", lambda _: started.set())
        self._client.connect(HOST, port)
        if await first_of(started.wait(), self.lost()):
            raise ConnectionError(self._gone.result())
        self._client.send_presence()
        for conversation in self._seat.conversations:
            self._early[conversation] = []
            await self._client["xep_0045"].join_muc_wait(
                _room(conversation, self._library), self._seat.device, maxstanzas=0
            )
            await self._catch_up(conversation)
            for message, place in self._early.pop(conversation):
                self._take(message, place)

    def _take(self, message: Message, place: str) -> None:
        self._seat.kept[message.conversation] = place
        if message.sender == self._seat.user:
            self._seat.kept.setdefault(_OWN + message.id, place)
        self._arrived(message, place)

    async def _catch_up(self, conversation: str) -> None:
        """Reads on in the archive from the last id that the device holds, to its end."""
        complete = False
        while not complete:
            rsm = {"max": PAGE}
            after = self._seat.kept.get(conversation)
            if after:
                rsm["after"] = after
            try:
                page = await self._client["xep_0313"].retrieve(
                    jid=_room(conversation, self._library), rsm=rsm, timeout=2
                )
            except self._library.exceptions.IqError as error:
                if error.condition != "item-not-found" or not after:
                    raise
                del self._seat.kept[conversation]
                continue
            for result in page["mam"]["results"]:
                held = result["mam_result"]
                self._take(Message.unpacked(held["forwarded"]["stanza"]["body"].encode()), held["id"])
            complete = page["mam_fin"].xml.get("complete") == "true"

    def _on_message(self, stanza: Any) -> None:
        if not stanza["body"]:
            return
        message, place = Message.unpacked(stanza["body"].encode()), stanza["stanza_id"]["id"]
        if message.conversation in self._early:
            self._early[message.conversation].append((message, place))
        else:
            self._take(message, place)
        answer = self._answers.pop(message.id, None)
        if answer is not None and not answer.done():
            answer.set_result(place)

    def _on_error(self, stanza: Any) -> None:
        answer = self._answers.pop(stanza["id"], None)
        if answer is not None and not answer.done():
            answer.set_exception(ConnectionError(stanza["error"]["condition"]))

    def _on_gone(self, why: Any) -> None:
        if not self._gone.done():
            self._gone.set_result(str(why or "reset"))

    async def send(self, message: Message) -> str:
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._answers[message.id] = answer
        stanza = self._client.make_message(
            mto=_room(message.conversation, self._library), mbody=message.packed().decode(), mtype="groupchat"
        )
        stanza["id"] = message.id
        stanza.send()
        return await answer

    def held(self, message: Message) -> str | None:
        place: str | None = self._seat.kept.get(_OWN + message.id)
        return place

    async def lost(self) -> str:
        return await asyncio.shield(self._gone)

    async def read_to_end(self) -> None:
        for conversation in self._seat.conversations:
            await self._catch_up(conversation)

    async def close(self) -> None:
        self._client.del_event_handler("disconnected", self._client.reconnect)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                await self._client.disconnect(wait=0.5)
        self._client.cancel_connection_attempt()
        self._client.abort()


def _room(conversation: str, library: Any) -> Any:
    return library.JID(f"{conversation}@{ROOMS}")
