"""Reads a history line by line: of a simulated run, or of any other system whose clients wrote down what they saw.

A line is checked as it is decoded, and what is wrong with it is said by its number. Nothing that comes in a file can do more
than that: every number has a bound, an event may only name a device and a conversation that were introduced, and time goes
back at most by what the clocks may be apart. What an exporter need not say is filled in here, and opaque ids become numbers,
so that a judge sees one vocabulary.

Requirements: V1, R7.
"""

from __future__ import annotations

import codecs
import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import IO, Annotated, Any, cast, get_type_hints

import msgspec
from msgspec import Meta

from model import events as e
from model.events import VOCABULARY, Observable
from parley.errors import BadInput
from properties.record_scope import RecordScope
from sim.history import (
    Crashed,
    Ended,
    Event,
    FaultEnded,
    FaultStarted,
    Healed,
    LostForGood,
    QuorumLostForGood,
    Restarted,
)
from sim.near import did_you_mean

LIMIT = 1 << 53
"""No number of a history is larger: it is what every JSON reader can hold."""
LONGEST_LINE = 1 << 20
ENDLESS = 64 << 20
"""After so many bytes, a line that is too long is one that never ends."""
BLOCK = 1 << 16
MOST = 20
"""After so many lines that can't be used, no more are read."""

EXPERIMENT: tuple[type[Event], ...] = (
    Crashed,
    Restarted,
    LostForGood,
    QuorumLostForGood,
    FaultStarted,
    FaultEnded,
    Healed,
    e.Probed,
    Ended,
)
"""What whoever runs an experiment on a system knows of it, beside what its clients see."""
ALWAYS: tuple[type[Event], ...] = (
    e.ConversationOpened,
    e.DeviceRegistered,
    FaultStarted,
    FaultEnded,
    Healed,
    e.Probed,
    Ended,
    LostForGood,
    QuorumLostForGood,
)
"""What every history says if it is so, and its header doesn't list: who is there, what was disturbed on purpose, when it is over,
what is lost for good."""
OBSERVABLE = frozenset({*(kind for kind in VOCABULARY.values() if kind.observable), *EXPERIMENT})
"""The client subset of the vocabulary."""

IDS = frozenset({"seq", "to", "upto", "have", "got", "after", "reads_from", "reads_to", "to_one", "to_all", "read"})
"""The fields that say a place in a conversation: numbers, or opaque ids."""

_OPTIONAL: dict[str, Any] = {
    "seq": 0, "number": 0, "attempt": 1, "send": "", "via": "", "sender": "", "region": "", "access": "", "type": "group",
    "gateway": "", "epoch": 0, "why": "", "by": "", "reason": "", "incarnation": 0, "point": "", "installation": 0,
    "reads_from": 0, "reads_to": 0, "have": 0, "upto": 0, "after": 0, "count": 0, "head": 0, "retry_after": 0,
    "to_one": 0, "to_all": 0, "read": 0, "ref": "", "app_version": "",
}  # fmt: skip
"""What an exporter may leave out, and what stands for it then. A `send` is its message then, an `id` of `Shown` its message."""


Check = Callable[[Any, int], None]


class Header(msgspec.Struct, forbid_unknown_fields=True):
    """The first line. Only `parley_history` must be there.

    `records`: "all", "observable" (the client subset), or a list of kinds; "": what comes of the client subset. `ids`: "seq" or
    "opaque". `gaps`: devices may leave something out of the order. `skew`: how far apart two devices' clocks may be, in µs.
    `unanswered`: sends may stay unanswered.
    """

    parley_history: int
    records: str | tuple[str, ...] = ""
    ids: str = "seq"
    gaps: bool = False
    skew: Annotated[int, Meta(ge=0, le=LIMIT)] = 0
    unanswered: bool = False
    about: str = ""
    scenario: str = ""
    seed: int = 0
    protocol: str = ""
    events: int = 0
    digest: str = ""


class Names:
    """Opaque ids and the numbers that stand for them: by conversation, in the order in which they first occur."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str], int] = {}
        self._names: dict[tuple[str, int], str] = {}
        self._last: dict[str, int] = {}

    def opened(self, conversation: str, head: int) -> None:
        """What is older than the history has the numbers up to `head`, and no names."""
        self._last[conversation] = head

    def number(self, conversation: str, name: str) -> int:
        """Of an id; 0 for ''."""
        if not name:
            return 0
        number = self._numbers.get((conversation, name))
        if number is None:
            number = self._last[conversation] = self._last.get(conversation, 0) + 1
            self._numbers[conversation, name] = number
            self._names[conversation, number] = name
        return number

    def name(self, conversation: str, number: int) -> str:
        """Of a number."""
        return self._names.get((conversation, number), str(number))


_BELOW_ZERO = ("unread", "expires", "ahead", "rate", "stored_at", "created_at")
"""Fields that may be below 0: a badge that is wrong, a token that had expired before the run began, and what clocks say."""


class Malformed(Exception):
    """A line that can't be used; the text says what was expected."""


@cache
def form_of(kind: type[Event], *, exported: bool, opaque: bool) -> type[Event]:
    """The kind as a line has it: the same fields, with bounds; `exported` by somebody, who may leave some of them out."""
    hints = get_type_hints(kind, include_extras=True)
    required: list[Any] = []
    optional: list[Any] = []
    defaults = dict(zip(reversed(kind.__struct_fields__), reversed(kind.__struct_defaults__), strict=False))
    for name in kind.__struct_fields__:
        hint = hints[name]
        if hint is int:
            least = -LIMIT if name in _BELOW_ZERO else -1 if name == "cause" else 0
            most = 10_000_000 if kind is e.ConversationOpened and name == "head" else LIMIT
            hint = Annotated[int, Meta(ge=least, le=most)]
        default = defaults.get(name, msgspec.NODEFAULT)
        if exported and name in ("node", "cause"):
            default = {"node": "", "cause": -1}[name]
        if exported and name == "presence":
            default = False
        if (
            exported
            and name in _OPTIONAL
            and default is msgspec.NODEFAULT
            and not (name == "send" and kind is e.SendRequested)
            and (name not in IDS or is_id(kind, name))
        ):
            default = _OPTIONAL[name]
        if opaque and is_id(kind, name):
            hint, default = str, ("" if default == 0 else msgspec.NODEFAULT)
        if default is msgspec.NODEFAULT:
            required.append((name, hint))
        else:
            optional.append((name, hint, default))
    made: Any = msgspec.defstruct(
        kind.__name__,
        [*required, *optional],
        bases=(kind,),
        namespace={"is_kind": False},
        tag=kind.__name__,
        tag_field="event",
        gc=False,
        kw_only=True,
    )
    form: type[Event] = made
    return form


@cache
def fields_of(kind: str) -> frozenset[str]:
    """The fields that a line of that kind may have; none if there is no such kind."""
    return frozenset({"event", *VOCABULARY[kind].__struct_fields__}) if kind in VOCABULARY else frozenset()


def is_id(kind: type[Event], name: str) -> bool:
    """Whether a field says a place in a conversation. What has been `read` may be a number of people, too."""
    if kind is e.ReceiptCountsShown and name == "read":
        return False
    return "conversation" in kind.__struct_fields__ and (name in IDS or (kind is e.SyncPageReceived and name == "head"))


class Reader:
    """One pass over a history. Iterating gives events, many at a time, with the index of the first: its line's number − 2.

    Raises BadInput if it is no history at all. A line that can't be used is left out, and is in `problems` with its number.
    `cut_off` is the number of a last line that was not written to its end, or 0.
    """

    def __init__(self, stream: IO[bytes], name: str) -> None:
        self.name = name
        self.problems: list[tuple[int, str]] = []
        self.cut_off = 0
        self._rest = self._blocks(stream)
        self._first = (2, b"")
        self.header = self._header()
        self.names = Names()
        self.scope = self._scope()
        self.kinds = self._forms()
        """The form of each kind, by the kind that it stands for."""
        self._decoder = msgspec.json.Decoder(_union(self.kinds.values()))
        self._latest = 0
        self._devices: dict[str, str] = {}
        self._conversations: dict[str, None] = {}
        self._asked: dict[str, None] = {}
        """Conversations that somebody has asked for."""
        self._sends: dict[str, int] = {}
        self._installations: dict[str, int] = {}
        self._epochs: dict[str, int] = {}
        self.checks = self._checks()
        """What to call with an event of each form before anything else: it fills in what is left out, or raises Malformed."""

    # --- lines -------------------------------------------------------------------------------------------------------

    def _blocks(self, stream: IO[bytes]) -> Iterator[tuple[int, bytes]]:
        """Whole lines, many at a time, with the number of the first; a line that is too long is given as far as it goes."""
        number, rest, skipping, skipped = 1, b"", False, 0
        while block := stream.read(BLOCK):
            if skipping:
                end = block.find(b"\n")
                skipped += len(block)
                if end < 0 and skipped > ENDLESS:
                    raise EOFError(f"line {number - 1:,} has no end: expected lines of at most {LONGEST_LINE:,} bytes")
                if end < 0:
                    continue
                block, skipping = block[end + 1 :], False
            block = rest + block
            end = block.rfind(b"\n") + 1
            rest = block[end:]
            if end:
                block = block[:end]
                yield number, block
                number += block.count(b"\n")
            if len(rest) > LONGEST_LINE:
                yield number, rest
                number += 1
                rest, skipping, skipped = b"", True, 0
        if rest:
            self.cut_off = number
            yield number, rest

    def _header(self) -> Header:
        expected = """a header like {"parley_history": 1, "records": "observable"}"""
        try:
            number, block = next(self._rest)
            line, _, after = block.partition(b"\n")
            line = line.removeprefix(codecs.BOM_UTF8)  # some editors put it there
            self._first = (number + 1, after)
        except StopIteration:
            raise BadInput(f"{self.name}: it is empty: expected {expected} in its first line") from None
        except (OSError, EOFError, zlib.error) as error:
            raise BadInput(f"{self.name}: can't be read to its end: {error}") from None
        try:
            header = msgspec.json.decode(line, type=Header)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            raise BadInput(f"{self.name}: line 1: {error}; expected {expected}") from None
        self.cut_off = 0
        if header.parley_history != 1:
            raise BadInput(f"{self.name}: line 1: $.parley_history: expected 1")
        return header

    def _scope(self) -> RecordScope:
        header = self.header
        at = f"{self.name}: line 1: $"
        if header.ids not in ("seq", "opaque"):
            raise BadInput(f'{at}.ids: expected "seq" or "opaque"')
        records: frozenset[type[Event]] | None
        if header.records == "all":
            records = None
        elif header.records in ("observable", ""):
            records = OBSERVABLE
        elif isinstance(header.records, str):
            raise BadInput(f'{at}.records: expected "all", "observable", or a list of kinds of event')
        else:
            unknown = next((kind for kind in header.records if kind not in VOCABULARY), None)
            if unknown is not None:
                raise BadInput(f"{at}.records: {VOCABULARY.unknown(unknown)}")
            records = frozenset({*(VOCABULARY[kind] for kind in header.records), *ALWAYS})
        opaque = header.ids == "opaque"
        name = self.names.name if opaque else lambda conversation, seq: str(seq)
        return RecordScope(records, opaque, header.gaps, header.skew, header.unanswered, name)

    def _forms(self) -> dict[type[Event], type[Event]]:
        records, opaque = self.scope.records, self.scope.opaque
        exported = records is not None
        return {
            kind: form_of(kind, exported=exported, opaque=opaque)
            for kind in VOCABULARY.values()
            if records is None or kind in records or kind in EXPERIMENT
        }

    # --- events ------------------------------------------------------------------------------------------------------

    def __iter__(self) -> Iterator[tuple[int, list[Event]]]:
        """Events, many at a time, with the index of the first."""
        try:
            yield from self._read(*self._first)
            for number, block in self._rest:
                if len(self.problems) >= MOST:
                    return
                yield from self._read(number, block)
        except (OSError, EOFError, zlib.error) as error:
            self.problems.append((0, f"can't be read to its end: {error}"))

    def _read(self, number: int, block: bytes) -> Iterator[tuple[int, list[Event]]]:
        """All of a block at once, or line by line if there is something wrong with it."""
        try:
            events = self._decoder.decode_lines(block)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            events = []
        else:
            if self.cut_off == number and events:
                self.cut_off = 0  # the last line lacks its line feed, and nothing else
            if len(events) == block.count(b"\n") + (not block.endswith(b"\n")) or not block:
                latest = self._latest
                for event in events:
                    if event.t < latest:
                        break
                    latest = event.t
                else:
                    self._latest = latest
                    yield number - 2, events
                    return
        for offset, line in enumerate(block.removesuffix(b"\n").split(b"\n")):
            event = self._line(number + offset, line)
            if event is not None:
                yield number + offset - 2, [event]
            elif len(self.problems) >= MOST:
                return

    def _line(self, number: int, line: bytes) -> Event | None:
        """The event in a line. None if there is none: if it is empty, or not finished, or a problem."""
        try:
            event: Event = self._decoder.decode(line)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            if line.strip() and number != self.cut_off:
                self.problems.append((number, self._what(line, error)))
            return None
        if event.t < self._latest - self.scope.skew:
            allowed = f", and clocks may be {self.scope.skew:,} µs apart" if self.scope.skew else ""
            back = f"time goes back by {self._latest - event.t:,} µs{allowed}"
            self.problems.append((number, f"$.t: {back}; expected lines in the order of time"))
            return None
        self._latest = max(self._latest, event.t)
        return event

    def _what(self, line: bytes, error: Exception) -> str:
        """What is wrong with a line that can't be decoded."""
        if len(line) > LONGEST_LINE:
            return f"expected at most {LONGEST_LINE:,} bytes in a line"
        try:
            kind = msgspec.json.decode(line, type=_Tagged).event
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return str(error)
        if kind not in VOCABULARY:
            return f"$.event: there is no kind of event {kind[:60]!r}{did_you_mean(kind[:60], VOCABULARY)}"
        if VOCABULARY[kind] not in self.kinds:
            return f"$.event: {kind} is not among what the header's `records` says"
        return f"{kind}: {error}"

    def _checks(self) -> dict[type[Event], Check]:
        """By form."""
        known: dict[type[Event], Check] = {
            e.DeviceRegistered: self._on_device, e.ConversationOpened: self._on_conversation,
            e.ConversationRequested: self._on_asked,
            e.SendRequested: self._on_request, e.Connected: self._on_connected,
            e.Wiped: self._on_wiped, e.Restored: self._on_wiped,
        }  # fmt: skip
        exported, opaque = self.scope.records is not None, self.scope.opaque
        checks: dict[type[Event], Check] = {}
        for kind, form in self.kinds.items():
            steps: list[Check] = []
            fields = kind.__struct_fields__
            if issubclass(kind, Observable) and kind is not e.DeviceRegistered and kind is not e.ConversationOpened:
                if kind is e.ConversationRequested:
                    steps.append(self._device_known)
                elif "device" in fields:
                    steps.append(self._both_known if "conversation" in fields else self._device_known)
                elif "conversation" in fields:
                    steps.append(self._conversation_known)
            if exported and "device" in fields:
                steps.append(_at_its_device)
            if exported and kind in (Crashed, Restarted, LostForGood):
                steps.append(_says_who)
            if exported and "send" in fields and "message" in fields:
                steps.append(_send_is_message)
            ids = [name for name in fields if is_id(kind, name)]
            if opaque and ids:
                steps.append(self._numbering(ids, by_message=kind in _NAMED))
            if kind in known:
                steps.append(known[kind])
            if steps:
                checks[form] = steps[0] if len(steps) == 1 else _all(tuple(steps))
        return checks

    def _numbering(self, ids: list[str], *, by_message: bool) -> Check:
        number = self.names.number

        def one(event: Any, _: int) -> None:
            event.seq = number(event.conversation, event.seq or event.message)

        def each(event: Any, _: int) -> None:
            conversation = event.conversation
            for name in ids:
                setattr(event, name, number(conversation, getattr(event, name)))

        return one if by_message else each

    def _device_known(self, event: Any, _: int) -> None:
        if event.device not in self._devices:
            raise Malformed(f"$.device: expected a DeviceRegistered of {event.device!r} before this line")

    def _conversation_known(self, event: Any, _: int) -> None:
        if event.conversation not in self._conversations and event.conversation not in self._asked:
            raise Malformed(f"$.conversation: expected a ConversationOpened of {event.conversation!r} before this line")

    def _both_known(self, event: Any, _: int) -> None:
        if event.device not in self._devices or event.conversation not in self._conversations:
            self._device_known(event, _)
            self._conversation_known(event, _)

    def _on_device(self, event: Any, _: int) -> None:
        if event.device in self._devices:
            raise Malformed(f"$.device: {event.device!r} is registered already")
        self._devices[event.device] = event.user

    def _on_conversation(self, event: Any, _: int) -> None:
        if event.conversation in self._conversations:
            raise Malformed(f"$.conversation: {event.conversation!r} is open already")
        self._conversations[event.conversation] = None
        if self.scope.opaque:
            self.names.opened(event.conversation, event.head)

    def _on_asked(self, event: Any, _: int) -> None:
        """Its creator sends to a conversation before it is there."""
        self._asked[event.conversation] = None

    def _on_request(self, event: Any, _: int) -> None:
        if not event.number:
            event.number = self._sends.get(event.device, 0) + 1
        self._sends[event.device] = event.number

    def _on_connected(self, event: Any, _: int) -> None:
        if not event.epoch:
            event.epoch = self._epochs.get(event.device, 0) + 1
        self._epochs[event.device] = event.epoch

    def _on_wiped(self, event: Any, _: int) -> None:
        """A new installation has the next number, if none is said; one that is said must be a later one."""
        before = self._installations.get(event.device, 1)
        if event.installation and event.installation <= before:
            raise Malformed(f"$.installation: expected more than {before}, which it was before")
        event.installation = self._installations[event.device] = event.installation or before + 1
        self._sends.pop(event.device, None)


class _Tagged(msgspec.Struct):
    event: str


_NAMED = frozenset({e.Stored, e.Shown, e.PlaceholderReplaced, e.DuplicateIgnored})
"""Events that are about one message: without an id, it is the message that names it."""


def _says_who(event: Any, _: int) -> None:
    if not event.node:
        raise Malformed("$.node: expected the device, which these events name by `node`")


def _at_its_device(event: Any, _: int) -> None:
    if not event.node:
        event.node = event.device


def _send_is_message(event: Any, _: int) -> None:
    if not event.send:
        event.send = event.message


def _all(steps: tuple[Check, ...]) -> Check:
    def check(event: Any, index: int) -> None:
        for step in steps:
            step(event, index)

    return check


def _union(forms: Iterable[type[Event]]) -> Any:
    union: Any = None
    for form in forms:
        union = form if union is None else union | form
    return union


def open_history(path: Path) -> IO[bytes]:
    """A history file, gzip or plain. Raises BadInput."""
    try:
        stream = path.open("rb")
        packed = stream.read(2) == b"\x1f\x8b"
        stream.seek(0)
        return cast(IO[bytes], gzip.GzipFile(fileobj=stream)) if packed else stream
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror or error}") from None


def plain(event: Event) -> Event:
    """The event as one of the vocabulary, as the file has it: ids are for people now."""
    kind = VOCABULARY[type(event).__name__]
    made: Any = kind(*(getattr(event, name) for name in kind.__struct_fields__))
    made.node = made.node or getattr(made, "device", "")
    if getattr(made, "seq", None) == "":
        made.seq = getattr(made, "message", "")
    told: Event = made
    return told
