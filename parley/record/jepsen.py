"""A history of a Jepsen test as a record that can be judged: what was written is sent, and what was read is shown.

| Jepsen | the record |
|---|---|
| `:enqueue`, `:dequeue`, `:drain` | each value is a conversation of its own: several consumers have no order to show |
| `:add`, `:read` of a set | each value is a conversation of its own |
| `:txn` of `[:append k v]` and `[:r k [...]]` | each key is a conversation, and its list is what is shown, in order |
| `:invoke`, `:ok`, `:fail` of these | `SendRequested` and `SendAttempted`, `SendAccepted`, `SendRefused` |
| the process of an operation | a device and user, who is a member until all is written, and shows nothing |
| `:info`, or no completion | a send without an answer, which may appear or not |
| what an `:ok` read returns | `Shown`, once for each value that it has and no read before had |
| a list that does not go on from what was read before | another reader, whose screen is compared with the first |
| a read after all writes and all faults | a reader of its own, who has to have everything; a read before promises nothing |
| the `:nemesis` | `FaultStarted` and `FaultEnded` |

Registers, banks and counters are refused: they overwrite, and chat does not. So are values that are written twice.

Requirements: V1, R7.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from parley.errors import BadInput
from parley.record.edn import Keyword, Set

Line = dict[str, Any]
RECORDS = (
    "SendRequested", "SendAttempted", "SendAccepted", "SendRefused", "Shown", "Connected", "Disconnected", "Wiped",
    "MemberJoined", "MemberLeft",
)  # fmt: skip
READERS = "readers"
MOST = 2_000_000
"""Operations that are read. Half of this takes 1 GiB, and Jepsen's own checkers begin to want more than that."""
_WORKLOADS = {
    "queue": frozenset({"enqueue", "dequeue", "drain"}),
    "set": frozenset({"add", "read"}),
    "list-append": frozenset({"txn"}),
}
_WRITES = ("enqueue", "add", "txn")
_EMPTY = ("empty", "exhausted")
_ENDS = {"stop": "start", "resume": "pause", "start": "kill", "heal": "partition"}
"""What ends a fault, by its name, where a name does not begin with `stop-`."""


class Op(NamedTuple):
    """One line of a Jepsen history: `t` in µs; `process` is a number for clients, and a name for a nemesis."""

    type: str
    f: str
    value: Any
    process: int | str
    t: int
    error: str


def operations(forms: Iterable[Any], name: str) -> list[Op]:
    """The operations of a history. Raises BadInput for a form that is none."""
    found: list[Op] = []
    latest = 0
    for number, form in enumerate(forms, 1):
        if number > MOST:
            raise BadInput(f"{name}: expected at most {MOST:,} operations: all of them are kept in memory")
        if not isinstance(form, dict) or not {"type", "process"} <= form.keys():
            raise BadInput(f"{name}: operation {number}: expected a map with :type, :f and :process")
        kind, process = form["type"], form["process"]
        if kind not in ("invoke", "ok", "fail", "info"):
            raise BadInput(f"{name}: operation {number}: $.type: expected :invoke, :ok, :fail or :info")
        ns = form.get("time")
        latest = max(latest, ns // 1_000 if isinstance(ns, int) and ns >= 0 else latest + 1)
        found.append(
            Op(kind, str(form.get("f", "txn")), form.get("value"), process if isinstance(process, int) else str(process), latest,
               str(form.get("error", "")))
        )  # fmt: skip
    return found


def record(ops: list[Op], name: str) -> Iterator[Line]:
    """The lines of the record, header first. Raises BadInput for a test of another kind."""
    workload = _workload(ops, name)
    importing = _Importing(ops, workload, name)
    yield {
        "parley_history": 1,
        "records": list(RECORDS),
        "ids": "opaque",
        "unanswered": True,
        "about": f"imported from a Jepsen history: {workload}",
    }
    yield from importing.introductions()
    yield from importing.lines


def _workload(ops: list[Op], name: str) -> str:
    done = {op.f for op in ops if isinstance(op.process, int)}
    for workload, known in _WORKLOADS.items():
        if done and done <= known and not done.isdisjoint(_WRITES):
            return workload
    maps = "; ".join(" and ".join(f":{f}" for f in sorted(known)) for known in _WORKLOADS.values())
    what = ", ".join(f":{f}" for f in sorted(done)[:8]) or "no operation of a client"
    raise BadInput(f"{name}: {what}: nothing that can be judged as messages; expected {maps}")


class _Importing:
    """Makes the lines; who is there is known at the end."""

    def __init__(self, ops: list[Op], workload: str, name: str) -> None:
        self.lines: list[Line] = []
        self._name = name
        self._workload = workload
        self._devices: dict[str, str] = {"reader": READERS}
        self._members: dict[str, dict[str, None]] = {}
        self._written: dict[tuple[str, str], str] = {}
        self._shown: dict[tuple[str, str], list[str]] = {}
        self._seen: dict[str, None] = {}
        self._lists = ["reader"]
        self._faults: dict[str, int] = {}
        self._fault = 0
        self._connect("reader", 0)
        self._all(ops)

    def introductions(self) -> Iterator[Line]:
        for device, user in self._devices.items():
            yield {"event": "DeviceRegistered", "t": 0, "device": device, "user": user}
        for conversation, members in self._members.items():
            yield {"event": "ConversationOpened", "t": 0, "conversation": conversation, "members": [*members, READERS]}

    def _add(self, event: str, t: int, **fields: Any) -> None:
        self.lines.append({"event": event, "t": t, **fields})

    def _connect(self, device: str, t: int) -> None:
        self._add("Connected", t, device=device)

    def _all(self, ops: list[Op]) -> None:
        invoked: dict[int, int] = {}
        """By process: where its operation began."""
        over = max((i for i, op in enumerate(ops) if op.f in _WRITES and self._writes(op)), default=-1)
        over = max(over, *(i for i, op in enumerate(ops) if isinstance(op.process, str)), -1)
        healed = False
        self._last = self._is_over(ops, over)
        nemesis: dict[str, str] = {}
        for i, op in enumerate(ops):
            if isinstance(op.process, str):
                if (
                    nemesis.pop(op.process, None) != op.f
                ):  # a nemesis says :info twice: when it begins, and when it has done it
                    nemesis[op.process] = op.f
                    self._nemesis(op)
                continue
            if op.type == "invoke":
                invoked[op.process] = i
                if i > over and self._last and not healed:
                    healed = True
                    self._leave(op.t)
                    self._add("Healed", op.t, bound=0)
                for key, value in self._writes(op):
                    self._requested(op, key, value)
                continue
            began = invoked.pop(op.process, -1)
            if op.type in ("ok", "fail"):
                for key, value in self._writes(op):
                    self._answered(op, key, value)
            if op.type == "ok":
                self._read(op, final=began > over and self._last)
        if healed:
            self._add("Ended", ops[-1].t + 1)
        else:
            self._leave(ops[-1].t)

    def _leave(self, t: int) -> None:
        """Those who wrote leave: they never read, and so are owed nothing."""
        for conversation, members in self._members.items():
            for user in members:
                self._add("MemberLeft", t, conversation=conversation, user=user)

    def _is_over(self, ops: list[Op], over: int) -> bool:
        """Whether somebody read everything after all writes and faults."""
        after = [op for op in ops[over + 1 :] if isinstance(op.process, int)]
        if self._workload != "queue":
            return any(op.type == "ok" and [*self._reads(op)] for op in after)
        takes = [op for op in ops if op.f in ("dequeue", "drain")]
        unknown = any(op.type == "info" for op in takes) or sum(op.type == "invoke" for op in takes) > sum(
            op.type != "invoke" for op in takes
        )
        empty = any(
            (op.f == "drain" and op.type == "ok") or (op.type == "fail" and any(each in op.error for each in _EMPTY))
            for op in after
            if op.f in ("dequeue", "drain")
        )
        return empty and not unknown

    # --- what is written ---------------------------------------------------------------------------------------------

    def _writes(self, op: Op) -> list[tuple[str, str]]:
        """What an operation writes: conversations and values."""
        if op.f == "txn":
            return [(_text(key), _text(value)) for f, key, value in self._steps(op) if f == "append"]
        return [_own(op.value)] if op.f in ("enqueue", "add") else []

    def _steps(self, op: Op) -> Iterator[tuple[str, Any, Any]]:
        for step in op.value if isinstance(op.value, tuple) else ():
            if not isinstance(step, tuple) or len(step) != 3 or step[0] not in ("append", "r"):
                raise BadInput(f"{self._name}: a :txn of {_text(step)}: expected [:append k v] and [:r k [...]]")
            yield step

    def _requested(self, op: Op, conversation: str, value: str) -> None:
        device = f"p{op.process}"
        if (conversation, value) in self._written:
            raise BadInput(f"{self._name}: {value} is written twice: expected values that can be told apart")
        self._written[conversation, value] = device
        self._devices[device] = device
        self._members.setdefault(conversation, {})[device] = None
        said = {"device": device, "conversation": conversation, "send": f"{conversation}/{value}"}
        self._add("SendRequested", op.t, **said)
        self._add("SendAttempted", op.t, **said, message=value)

    def _answered(self, op: Op, conversation: str, value: str) -> None:
        if (conversation, value) in self._written:
            said = {"device": f"p{op.process}", "conversation": conversation, "send": f"{conversation}/{value}"}
            self._add("SendAccepted" if op.type == "ok" else "SendRefused", op.t, **said, message=value)

    # --- what is read ------------------------------------------------------------------------------------------------

    def _reads(self, op: Op) -> Iterator[tuple[str, tuple[str, ...]]]:
        """What an operation read: of a key all its values, in order; else each value by itself."""
        if op.f == "txn":
            yield from (
                (_text(key), tuple(map(_text, value)))
                for f, key, value in self._steps(op)
                if f == "r" and isinstance(value, tuple)
            )
        elif op.f == "dequeue" and op.value is not None:
            yield _own(op.value)[0], (_own(op.value)[1],)
        elif op.f in ("drain", "read") and isinstance(op.value, tuple):
            keyed = len(op.value) == 2 and not isinstance(op.value, Set) and isinstance(op.value[1], tuple)
            values = [(op.value[0], value) for value in op.value[1]] if keyed else op.value
            yield from ((conversation, (value,)) for conversation, value in map(_own, values))

    def _read(self, op: Op, *, final: bool) -> None:
        device = "reader"
        if final and self._workload != "queue":
            device = f"last-reader-{sum(each.startswith('last-reader-') for each in self._devices) + 1}"
            self._devices[device] = READERS
            self._connect(device, op.t)
        for conversation, values in self._reads(op):
            self._members.setdefault(conversation, {})
            if self._workload == "list-append":
                self._go_on(conversation, values, op.t)
            elif self._workload == "queue" or values[0] not in self._shown.get(("reader", conversation), ()):
                self._show("reader", conversation, values, op.t)
            if device != "reader":
                self._show(device, conversation, values, op.t)

    def _go_on(self, conversation: str, values: tuple[str, ...], t: int) -> None:
        """Shows the rest of a list on the first screen that it goes on from, or on one more."""
        for device in self._lists:
            before = self._shown.setdefault((device, conversation), [])
            if list(values[: len(before)]) == before:
                self._show(device, conversation, values[len(before) :], t)
                return
            if before[: len(values)] == list(values):
                return
        device = f"reader-{len(self._lists) + 1}"
        self._lists.append(device)
        self._devices[device] = READERS
        self._show(device, conversation, values, t)

    def _show(self, device: str, conversation: str, values: Iterable[str], t: int) -> None:
        for value in values:
            self._shown.setdefault((device, conversation), []).append(value)
            self._add("Shown", t, device=device, conversation=conversation, message=value)

    # --- what is disturbed -------------------------------------------------------------------------------------------

    def _nemesis(self, op: Op) -> None:
        f = op.f
        began = f.removeprefix("stop-") if f.startswith("stop-") else _ENDS.get(f, "")
        began = began if began in self._faults else f"start-{began}"
        if began in self._faults:
            self._add("FaultEnded", op.t, fault=self._faults.pop(began), kind=began)
            return
        self._fault += 1
        self._faults[f] = self._fault
        self._add("FaultStarted", op.t, fault=self._fault, kind=f, armed=False, nodes=_nodes(op.value))


def _nodes(value: Any) -> list[str]:
    """The nodes that a nemesis names: the keys of a map, or a list of names."""
    named = [*value] if isinstance(value, (dict, tuple)) else []
    return [each for each in named if isinstance(each, str) and not isinstance(each, Keyword)]


def _own(value: Any) -> tuple[str, str]:
    """The conversation of a value by itself, and the value: of a test with keys it is [key value]."""
    if isinstance(value, tuple) and not isinstance(value, Set) and len(value) == 2:
        return f"{_text(value[0])}/{_text(value[1])}", _text(value[1])
    return _text(value), _text(value)


def _text(value: Any) -> str:
    """A value as EDN writes it, up to 200 characters."""
    if isinstance(value, Keyword):
        return f":{value}"[:200]
    if isinstance(value, tuple):
        return f"[{' '.join(map(_text, value))}]"[:200]
    return "nil" if value is None else str(value)[:200]
