"""What is odd about a record that somebody's exporter wrote, and what to change in the exporter.

`parley verify` judges the system that was recorded; this looks at the recording. It never asks whether a promise is kept: it
looks for what makes verdicts unknown, or wrong. It reads a file even where `verify` would refuse it, and keeps something of each
message.

Requirements: V1, R7.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from model.events import VOCABULARY
from parley.record.reading import ALWAYS, LONGEST_LINE, OBSERVABLE, Header, fields_of, open_history
from parley.record.units import unit_of
from properties.catalogue import CATALOGUE
from properties.record_scope import RecordScope
from reports.metrics.table import counted
from sim.history import Event
from sim.near import nearest

FEW = 3
"""From so many on, what all of them have in common is taken for the exporter's doing."""
NAMED = 3
"""So many devices or messages are named, and the others are counted."""
_FIRST_KINDS = ("SendRequested", "SendAttempted", "SendAccepted", "Shown", "Connected")
"""Without lines of these, hardly anything is judged: a promised one that never comes is a mistake, and no quiet day."""
_AWAY = ("Disconnected", "Slept", "Crashed", "LoggedOut")


@dataclass(frozen=True)
class Finding:
    """One thing that is odd: what it is called, what was seen and what that does to verdicts, and what to change in the exporter.

    `wrong`: it has to be changed, or verdicts are unknown or wrong that need not be. Otherwise it is as good to know. `change` is
    '' where it is clear from what was seen.
    `line` is the number of a line that shows it; 0 if it is not in one line.
    """

    name: str
    says: str
    change: str
    line: int = 0
    wrong: bool = True


class _Line(msgspec.Struct):
    """What is looked at in a line, of whatever kind."""

    event: str
    t: int = 0
    device: str = ""
    node: str = ""
    user: str = ""
    conversation: str = ""
    send: str = ""
    message: str = ""
    seq: int | str = ""
    content: str = ""
    placeholder: bool = False
    hidden: bool = False
    members: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    links: tuple[Any, ...] = ()
    fault: int = 0
    bound: int = 0
    began: int = -1


@dataclass
class _Device:
    user: str
    line: int
    connected: int = 0
    away: bool = True
    shown: set[tuple[str, str]] = field(default_factory=set)
    again: Counter[tuple[str, str]] = field(default_factory=Counter)
    again_line: int = 0
    wiped: bool = False
    read: dict[str, int] = field(default_factory=dict)
    """Conversations that it read to their end, and when it asked for the last of it (µs): what it lacks of what was there then is
    lost, and known to be."""
    gone: bool = False
    """Lost for good, and not back since: it owes nothing."""
    latest: int = 0
    back: int = 0
    back_line: int = 0


@dataclass
class _Message:
    """What was said of a message: its first try, its answer, and who showed it."""

    device: str = ""
    send: str = ""
    line: int = 0
    t: int = 0
    content: str = ""
    answered: bool = False
    accepted: bool = False
    due_t: int = -1
    """When it was accepted, or shown, if that was first."""
    shown_by: set[str] = field(default_factory=set)
    shown_t: int = -1
    shown_line: int = 0
    same: int = 0
    different: int = 0
    """On how many screens of others its digest was that of the sending, or not."""
    said: int = 0
    """On how many screens its digest was said."""


def lint(path: Path) -> list[Finding]:
    """All that is odd about a record, what has to be changed first. Raises BadInput for a file that can't be opened."""
    lines = _Lines(path)
    return sorted((*lines.findings(), *_unknown(lines)), key=lambda finding: not finding.wrong)


class _Lines:
    """One pass over the lines. What can't be decoded is left to `verify`, which says what is wrong with it."""

    def __init__(self, path: Path) -> None:
        self.header = Header(1)
        self.came: Counter[str] = Counter()
        self.devices: dict[str, _Device] = {}
        self.messages: dict[tuple[str, str], _Message] = {}
        self.sends: dict[tuple[str, str], list[_Message]] = {}
        """By device and send: all ids under which it went out."""
        self.unknown: dict[tuple[str, str], list[Any]] = {}
        """By kind and name of a field that the kind has not: in how many lines it is, the first, and what it may be called."""
        self.members: dict[str, dict[str, int]] = {}
        """By conversation and user: since which line."""
        self.seqs: dict[str, list[int]] = {}
        """By conversation: what its messages are called on screens, if that could be a number; else it is not in here."""
        self.named: set[str] = set()
        """Conversations of which a message is called what could not be a number."""
        self.without_seq = self.with_seq = 0
        self.faults: dict[int, tuple[str, int, bool]] = {}
        self.first = -1
        self.latest = self.back = self.back_line = 0
        self.healed: tuple[int, int] | None = None
        self.ended = -1
        self.last = 0
        decode = msgspec.json.Decoder(_Line).decode
        names = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
        for number, line in enumerate(_pieces(path), 1):
            self.last = number
            try:
                if number == 1:
                    self.header = msgspec.json.decode(line.removeprefix(b"\xef\xbb\xbf"), type=Header)
                else:
                    self._take(decode(line), number)
                    self._fields(names(line), number)
            except (msgspec.MsgspecError, UnicodeError, RecursionError):
                continue

    def _fields(self, names: dict[str, msgspec.Raw], number: int) -> None:
        """Keeps which fields the kind of event has not: nobody reads them."""
        kind = msgspec.json.decode(names["event"])
        known = fields_of(kind)
        if not known or names.keys() <= known:
            return
        for name in names.keys() - known:
            counts = self.unknown.setdefault((kind, name), [0, number, ""])
            counts[0] += 1
            if counts[0] == 1:
                counts[2] = nearest(name, sorted(known - names.keys()))

    def _take(self, line: _Line, number: int) -> None:
        kind = line.event
        self.came[kind] += 1
        if line.t < self.latest - self.back:
            self.back, self.back_line = self.latest - line.t, number
        self.latest = max(self.latest, line.t)
        if self.first < 0 and kind not in ("DeviceRegistered", "ConversationOpened"):
            self.first = line.t
        device = self.devices.get(line.device or line.node)
        if device is not None:
            if line.t < device.latest - device.back:
                device.back, device.back_line = device.latest - line.t, number
            device.latest = max(device.latest, line.t)
            if kind == "Connected":
                device.connected += 1
                device.away = device.gone = False
            elif kind in _AWAY:
                device.away = True
            elif kind == "LostForGood":
                device.away = device.gone = True
            elif kind in ("Wiped", "Restored"):
                device.wiped = True
        match kind:
            case "DeviceRegistered":
                self.devices.setdefault(line.device, _Device(line.user, number))
            case "ConversationOpened":
                self.members[line.conversation] = dict.fromkeys(line.members, 0)
            case "MemberJoined":
                self.members.setdefault(line.conversation, {}).setdefault(line.user, number)
            case "MemberLeft":
                self.members.get(line.conversation, {}).pop(line.user, None)
            case "SendAttempted":
                self._attempted(line, number)
            case "SendAccepted" | "SendRefused":
                message = self.messages.get((line.conversation, line.message))
                if message is not None:
                    message.accepted = kind == "SendAccepted"
                    if message.accepted and message.due_t < 0:
                        message.due_t = line.t
                for each in self.sends.get(
                    (line.device, line.send or line.message), () if message is None else (message,)
                ):
                    each.answered = True
            case "Shown":
                self._shown(line, number, device)
            case "FinalRead" if device is not None:
                device.read[line.conversation] = line.t if line.began < 0 else line.began
            case "FaultStarted":
                self.faults[line.fault] = (line.event, number, bool(line.nodes or line.links))
            case "FaultEnded" if line.fault not in self.faults:
                self.faults[line.fault] = (line.event, number, True)
            case "Healed":
                self.healed = (line.t, line.bound)
            case "Ended":
                self.ended = line.t

    def _attempted(self, line: _Line, number: int) -> None:
        message = self.messages.setdefault((line.conversation, line.message), _Message())
        if not message.line:
            message.device, message.send, message.line, message.t = line.device, line.send, number, line.t
            self.sends.setdefault((line.device, line.send or line.message), []).append(message)
        message.content = message.content or line.content

    def _shown(self, line: _Line, number: int, device: _Device | None) -> None:
        key = (line.conversation, line.message)
        message = self.messages.setdefault(key, _Message())
        message.shown_by.add(line.device)
        if message.shown_t < 0:
            message.shown_t, message.shown_line = line.t, number
            message.due_t = line.t if message.due_t < 0 else message.due_t
        if line.content and not line.placeholder and not line.hidden:
            message.said += 1
            if message.content and line.device != message.device:
                message.same += line.content == message.content
                message.different += line.content != message.content
        if device is not None:
            if key in device.shown:
                device.again[key] += 1
                device.again_line = device.again_line or number
            device.shown.add(key)
        said = str(line.seq) if line.seq not in ("", 0) else ""
        self.with_seq += bool(said)
        self.without_seq += not said
        called = said or line.message
        if not called.isdecimal() or len(called) > 18:
            self.named.add(line.conversation)
        elif message.shown_t == line.t and len(message.shown_by) == 1:
            self.seqs.setdefault(line.conversation, []).append(int(called))

    # --- what is odd -------------------------------------------------------------------------------------------------

    @property
    def sent(self) -> list[tuple[str, _Message]]:
        """All messages of which there is a SendAttempted, each with its name."""
        return [(name, message) for (_, name), message in self.messages.items() if message.line]

    def records(self, kind: str) -> bool:
        """Whether the record has the events of a kind, as far as its header says; if it doesn't, whether one came."""
        said = self.header.records
        if said == "all":
            return True
        if said == "observable":
            return any(kind == each.__name__ for each in OBSERVABLE)
        return kind in said if said else self.came[kind] > 0

    def findings(self) -> Iterator[Finding]:
        yield from self._header()
        yield from self._names()
        yield from self._times()
        yield from self._lives()
        yield from self._sends()
        yield from self._screens()
        yield from self._contents()
        yield from self._ids()
        yield from self._faults()
        yield from self._end()

    def _header(self) -> Iterator[Finding]:
        if not self.header.records:
            yield Finding(
                "no promise in the header",
                "the header has no `records`: a kind of which no line comes is taken for not recorded, so that little is judged",
                'list in the header what the exporter writes, as "records": ["SendRequested", …], with Wiped, MemberJoined '
                "and MemberLeft if it would write those",
                1,
            )
        if isinstance(self.header.records, tuple):
            never = [kind for kind in self.header.records if not self.came[kind] and kind in VOCABULARY]
            for kind in (kind for kind in never if kind in _FIRST_KINDS):
                yield Finding(
                    "promised, and never comes",
                    f"the header lists {kind}, and there is no line of it: that says that it never happened",
                    f"write {kind} where it happens, or take it out of `records`",
                    1,
                )
            quiet = [kind for kind in never if kind not in _FIRST_KINDS]
            if quiet:
                yield Finding(
                    "promised, and never comes",
                    f"the header lists {_some(quiet, len(quiet))}, and no line of {'it' if len(quiet) == 1 else 'these'} comes: "
                    "that says that it did not happen",
                    "if the exporter can't know of one, take it out of `records`; if it just did not happen, all is well",
                    1,
                    wrong=False,
                )

    def _names(self) -> Iterator[Finding]:
        for (kind, name), (number, line, meant) in self.unknown.items():
            lines = "one line has it" if number == 1 else f"{number:,} lines have it"
            yield Finding(
                "unknown field",
                f"{kind} has no field {name!r}, and {lines}: nobody reads it"
                + (f"; {meant!r} is missing there" if meant else ""),
                f"call it {meant!r}, if it is that" if meant else "",
                line,
                wrong=bool(meant),
            )

    def _times(self) -> Iterator[Finding]:
        found = unit_of(self.first, self.latest)
        if found is not None:
            unit, factor = found
            yield Finding(
                "wrong unit of time",
                f"t goes from {self.first:,} to {self.latest:,}: that looks like {unit} since 1970, and t is in µs",
                f"multiply by {factor:,}",
            )
        if self.back > self.header.skew:
            yield Finding(
                "clock goes back",
                f"t goes back by {self.back:,} µs, and the header allows {self.header.skew:,} (skew)",
                f'sort all lines by t; if they are in the right order and clocks are that far apart, say "skew": {self.back}',
                self.back_line,
            )
        for name, device in self.devices.items():
            if device.back > 0:
                yield Finding(
                    "clock goes back",
                    f"the lines of {name} go back by {device.back:,} µs among themselves: what it did later seems to come first",
                    "write each line when it happens, with a clock that only goes forward, such as time.monotonic_ns() "
                    "plus what it was apart from the time of day at the start",
                    device.back_line,
                )
        early = [
            (message.t - message.shown_t, name, message)
            for name, message in self.sent
            if message.shown_t >= 0 and message.device not in message.shown_by and message.shown_t < message.t
        ]
        if early:
            most, name, message = max(early, key=lambda each: each[0])
            if most > self.header.skew:
                yield Finding(
                    "shown before it is sent",
                    f"{counted(len(early), 'message')} had been shown when the sending came, {name} by {most:,} µs: "
                    "the clocks of the devices are that far apart",
                    f'say how far apart clocks may be: "skew": {_round_up(most)}; or set the clocks first',
                    message.shown_line,
                )

    def _lives(self) -> Iterator[Finding]:
        if self.records("Connected"):
            never = [name for name, device in self.devices.items() if not device.connected]
            if never:
                yield Finding(
                    "never connects",
                    f"{_some(never)} {_has(never)} no Connected: a device is away until it connects, and then owes nothing",
                    "write Connected when the app has a working connection, at its start, too; "
                    "leave out the DeviceRegistered of a device that took no part",
                    self.devices[never[0]].line,
                )
            away = [
                name for name, device in self.devices.items() if device.connected and device.away and not device.gone
            ]
            owed = {name: self._owed(name) for name in away}
            lacking = [name for name, (unread, _) in owed.items() if unread]
            late = [name for name, (unread, later) in owed.items() if later and not unread]
            if lacking:
                yield Finding(
                    "away at the end",
                    f"{_some(lacking)} {_is(lacking)} away when the record ends, and lack{'s' * (len(lacking) == 1)} what was "
                    "accepted or what others show: it may be lost, and nobody can tell",
                    "let each app connect once more after Healed, wait until it has everything, and end the record while it is "
                    "connected; or write FinalRead when it has read all that the server keeps",
                    self.devices[lacking[0]].line,
                )
            if late:
                yield Finding(
                    "read to the end too early",
                    f"{_some(late)} {_is(late)} away when the record ends, and lack{'s' * (len(late) == 1)} what was accepted "
                    f"after {'its' if len(late) == 1 else 'their'} FinalRead: that stays owed, and may be lost",
                    "let it read again at the end, and write another FinalRead; or say by LostForGood that it never comes back",
                    self.devices[late[0]].line,
                )
            quiet = [name for name in away if owed[name] == (False, False) and not self._has_read(name)]
            if quiet and not lacking and self.ended >= 0:
                yield Finding(
                    "away at the end",
                    f"{_some(quiet)} {_is(quiet)} away when the record ends, with everything on the screen",
                    "nothing, as long as that is so: what is lost in another run would be unknown, unless it writes a FinalRead",
                    self.devices[quiet[0]].line,
                    wrong=False,
                )
        if self.records("Shown"):
            due = {
                conversation
                for (conversation, _), message in self.messages.items()
                if message.accepted or message.shown_by
            }
            idle = [
                name
                for name, device in self.devices.items()
                if not device.shown
                and (device.connected or not self.records("Connected"))
                and any(device.user in self.members.get(conversation, ()) for conversation in due)
            ]
            if idle:
                yield Finding(
                    "never shows",
                    f"{_some(idle)} {_is(idle)} there and {_has(idle)} no Shown, and there were "
                    "messages for them: all of those count as lost",
                    "write Shown when a message appears on the screen, on the device that sent it, too; a program without a "
                    "screen shows what it hands on",
                    self.devices[idle[0]].line,
                )

    def _owed(self, name: str) -> tuple[bool, bool]:
        """Whether a device lacks what is due in a conversation that it has not read to its end, or what fell due after that."""
        device, unread, later = self.devices[name], False, False
        for (conversation, which), message in self.messages.items():
            since = self.members.get(conversation, {}).get(device.user)
            if since is None or not since <= message.line or not message.line or message.due_t < 0:
                continue
            if (conversation, which) not in device.shown:
                began = device.read.get(conversation)
                unread = unread or began is None
                later = later or (began is not None and message.due_t >= began - self.header.skew)
        return unread, later

    def _has_read(self, name: str) -> bool:
        """Whether a device has read all of its conversations to their end."""
        device = self.devices[name]
        return all(conversation in device.read for conversation, group in self.members.items() if device.user in group)

    def _sends(self) -> Iterator[Finding]:
        sent = self.sent
        open_ = [(name, message) for name, message in sent if not message.answered]
        if open_ and (not self.header.unanswered or len(open_) == len(sent) >= FEW):
            name, message = open_[0]
            all_ = "all " if len(open_) == len(sent) else ""
            yield Finding(
                "never answered",
                f"{all_}{len(open_):,} of {counted(len(sent), 'send')} {_has(open_)} neither a SendAccepted nor a SendRefused, "
                f"{name} of {message.device} first: nobody knows whether the message has to appear",
                "write the answer when the app learns it, with the send and the message of the attempt; if the app gives sends "
                'up without one, say "unanswered": true in the header',
                message.line,
            )
        shown = [(which, message) for (_, which), message in self.messages.items() if message.shown_by]
        strangers = [(which, message) for which, message in shown if not message.line]
        if self.records("SendAttempted") and sent and len(strangers) >= FEW and len(strangers) == len(shown):
            which, message = strangers[0]
            yield Finding(
                "the ids of both sides never meet",
                f"{counted(len(shown), 'message')} {_is(shown)} shown, {which} first, and none of them was sent "
                f"({sent[0][0]} first): what is shown counts as what nobody sent",
                "give a message one name in all its lines: the app's own id, if receivers see it; else the server's, filled into "
                "the sender's lines when the logs are put together",
                message.shown_line,
            )
        elif self.records("SendAttempted") and len(strangers) >= FEW:
            which, message = strangers[0]
            yield Finding(
                "shown, and never sent",
                f"{counted(len(strangers), 'message')} {_is(strangers)} shown that no line sends, {which} first",
                "if they are older than the record, give their conversation a `head`; if a retry gets a new id, write each id "
                "with the same `send`; if a sender is not recorded, record it",
                message.shown_line,
            )

    def _screens(self) -> Iterator[Finding]:
        for name, device in self.devices.items():
            if len(device.again) >= FEW and 2 * len(device.again) >= len(device.shown) and not device.wiped:
                yield Finding(
                    "shows everything again",
                    f"{name} shows {counted(len(device.again), 'message')} of {len(device.shown):,} more than once",
                    "write Shown once, when a message first appears below the others, and not whenever the list is drawn; a page "
                    "that a person scrolls up to is a PageShown; an app that was installed again begins with Wiped",
                    device.again_line,
                )

    def _contents(self) -> Iterator[Finding]:
        sent = sum(1 for _, message in self.sent if message.content)
        shown = sum(1 for message in self.messages.values() if message.said)
        same = sum(message.same for message in self.messages.values())
        different = sum(message.different for message in self.messages.values())
        if different >= FEW and not same:
            name, message = next((name, message) for name, message in self.sent if message.different)
            yield Finding(
                "digests never equal",
                f"what others show has another `content` than what was sent, in all {different:,} cases, {name} first: the two "
                "sides make the digest in different ways",
                "make it of the same fields, in the same order and form, on both sides: time in the same unit, text in UTF-8 "
                "before it is escaped, nothing that only one side knows",
                message.shown_line,
            )
        elif (sent >= FEW) != (shown >= FEW) and (not sent or not shown):
            one, other = ("SendAttempted", "Shown") if sent else ("Shown", "SendAttempted")
            yield Finding(
                "digest on one side only",
                f"`content` is said in {one}, and never in {other}: nothing is compared",
                f"give {other} the digest, too, or leave it out",
            )

    def _ids(self) -> Iterator[Finding]:
        opaque = self.header.ids == "opaque"
        rising = [
            conversation
            for conversation, seqs in self.seqs.items()
            if conversation not in self.named
            and len(seqs) >= FEW
            and len(set(seqs)) == len(seqs)
            and max(seqs) < 10 * len(seqs)
        ]
        if opaque and rising and not self.named:
            yield Finding(
                "ids look like numbers",
                f'the header says "ids": "opaque", and in {_some(rising)} messages are called 1, 2, 3 …: '
                "more can be judged of numbers",
                'if the server counts the messages of a conversation without gaps, leave out "ids" and give each Shown its '
                '`seq`; with gaps, say "gaps": true as well',
                wrong=False,
            )
        if not opaque and self.without_seq >= FEW and not self.with_seq:
            yield Finding(
                "no seq anywhere",
                "the header says that places are numbers, and no Shown has a `seq`: what rests on numbers is judged of zeros",
                'say "ids": "opaque", or give each Shown its `seq`',
                1,
            )

    def _faults(self) -> Iterator[Finding]:
        for number, (kind, line, where) in self.faults.items():
            if kind == "FaultEnded":
                yield Finding(
                    "ends, and never began",
                    f"fault {number} ends, and no FaultStarted has its number",
                    "write FaultStarted when it begins, with the same `fault`",
                    line,
                )
            elif not where:
                yield Finding(
                    "a fault of nobody",
                    f"fault {number} says neither `nodes` nor `links`: it may have struck anybody",
                    "say in `nodes` which servers or devices it holds, by any names you like",
                    line,
                    wrong=False,
                )

    def _all_settled(self) -> bool:
        """Whether nothing is owed: all have read to their end and lack nothing, and every send was answered."""
        read = all(device.gone or self._has_read(name) for name, device in self.devices.items())
        owed = any(any(self._owed(name)) for name, device in self.devices.items() if not device.gone)
        return read and not owed and all(message.answered for _, message in self.sent)

    def _end(self) -> Iterator[Finding]:
        """How the record ends. It may end as it likes if nothing is owed: a FinalRead needs no Healed."""
        settled = self._all_settled()
        for finding in self._how_it_ends():
            yield replace(finding, wrong=False) if settled else finding

    def _how_it_ends(self) -> Iterator[Finding]:
        if self.healed is None:
            yield Finding(
                "never healed",
                "there is no Healed: what never arrived may still be on its way, and is unknown",
                "end the disturbance and the load, write Healed with the time that your system has to converge, "
                "and wait that long",
                self.last,
            )
        elif self.ended < 0:
            yield Finding(
                "never ended",
                "there is no Ended: the record may have broken off, and what never arrived is unknown",
                "write Ended when the time of Healed is up",
                self.last,
            )
        elif self.ended < sum(self.healed):
            short = sum(self.healed) - self.ended
            yield Finding(
                "ended too early",
                f"Ended comes {short / 1e6:g} s before the time of Healed is up: what never arrived is unknown",
                "wait for all of `bound`, or say a shorter one",
                self.last,
            )


def _pieces(path: Path) -> Iterator[bytes]:
    """The lines of a file, up to where it can't be read any more; one that is too long is in pieces, which nobody can use."""
    with open_history(path) as stream:
        try:
            yield from iter(lambda: stream.readline(LONGEST_LINE), b"")
        except (OSError, EOFError, zlib.error):
            return


def _unknown(lines: _Lines) -> Iterator[Finding]:
    """What each kind that a client can observe and that is not recorded makes unknown."""
    recorded: frozenset[type[Event]] | None = frozenset(
        kind for name, kind in VOCABULARY.items() if lines.records(name)
    ) | {*ALWAYS}
    if lines.header.records == "all":
        recorded = None
    scope = RecordScope(recorded, opaque=lines.header.ids == "opaque", gaps=lines.header.gaps, skew=lines.header.skew)
    alone: dict[str, list[str]] = {}
    needed: Counter[str] = Counter()
    for prop in CATALOGUE:
        missing = scope.missing(prop)
        if missing and all(VOCABULARY[kind] in OBSERVABLE for kind in missing):
            needed.update(missing)
            if len(missing) == 1 and not RecordScope(None, scope.opaque, scope.gaps).why_not(prop):
                alone.setdefault(missing[0], []).append(prop.name)
    for kind, names in sorted(alone.items(), key=lambda each: (-len(each[1]), each[0])):
        more = needed[kind] - len(names)
        yield Finding(
            "not recorded",
            f"{kind}, without which {counted(len(names), 'promise')} {_is(names)} unknown: {', '.join(names)}"
            + (f"; with other kinds it would tell of {more} more" if more else ""),
            "",
            wrong=False,
        )


def _some(names: Iterable[str], most: int = NAMED) -> str:
    every = [*names]
    more = f" and {len(every) - most} more" if len(every) > most else ""
    return ", ".join(every[:most]) + more


def _has(many: Iterable[Any]) -> str:
    return "has" if len([*many]) == 1 else "have"


def _is(many: Iterable[Any]) -> str:
    return "is" if len([*many]) == 1 else "are"


def _round_up(micros: int) -> int:
    """To a whole 10 ms above."""
    return (micros // 10_000 + 1) * 10_000
