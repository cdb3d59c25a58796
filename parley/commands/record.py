"""`parley record`: real apps on a real server of this machine, which is disturbed, and the verdict of what they showed.

The server is started for it, in a folder that is gone afterwards, and listens on this machine only. What it takes is bounded:
so many messages, in so many seconds. Times are of the wall clock; what people do is drawn from a seed.

Requirements: V1.
"""

from __future__ import annotations

import importlib
import importlib.util
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parley import exits
from parley.commands import verify
from parley.errors import BadInput, Interrupted
from sim.near import did_you_mean

if TYPE_CHECKING:
    from parley.record.recorders.adapter import Adapter

RECORDERS = {"mqtt": ("mqtt", "Mqtt"), "nats": ("nats", "Nats"), "xmpp": ("xmpp", "Xmpp")}
"""The kinds of server: the module in `parley/record/recorders/`, and its adapter."""


def command(
    kind: Annotated[
        str, typer.Argument(metavar="KIND", help=f"What to record: {', '.join(RECORDERS)}, or FILE.py:CLASS.")
    ],
    out: Annotated[Path, typer.Option(help="The record.")] = Path("record.jsonl"),
    messages: Annotated[int, typer.Option(min=1, max=100_000, help="How many messages people write.")] = 300,
    users: Annotated[int, typer.Option(min=2, max=10, help="How many users there are.")] = 3,
    devices: Annotated[int, typer.Option(min=1, max=4, help="How many devices each user has.")] = 2,
    seconds: Annotated[float, typer.Option(min=2, max=3600, help="How long people write.")] = 20,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND@SECONDS",
            help="What becomes of the server, and when: kill, pause, restart or rollback. May be given several times.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Who writes when, and who is away when, is drawn from it.")] = 1,
    server: Annotated[str, typer.Option(metavar="PROGRAM", help="The server's binary.")] = "",
    config: Annotated[
        list[str] | None, typer.Option(metavar="LINE", help="A line more for the server's configuration.")
    ] = None,
) -> None:
    """Records a real server of this machine while it is killed, paused or restarted, and judges the record."""
    from parley.record.recorders.process import binary, free_port
    from parley.record.recorders.recording import record
    from parley.record.recorders.workload import drawn
    from parley.record.recorders.workload import fault as parsed

    faults = [parsed(text, seconds) for text in fault or ()]
    work = drawn(seed=seed, seconds=seconds, messages=messages, users=users, devices=devices, faults=faults)
    with tempfile.TemporaryDirectory(prefix="parley-record-") as home:
        made = adapter_of(kind)
        with own_mistakes(kind):
            adapter = made(Path(home), free_port(), config or ())
        program = binary(server, adapter.kind, adapter.program)
        asked = [f"{name} {value}" for name, value in (("messages", messages), ("users", users), ("devices", devices))]
        about = ", ".join(
            (f"parley record {kind}", f"seed {seed}", *asked, f"seconds {seconds:g}", *(fault or ()), *(config or ()))
        )
        try:
            with own_mistakes(kind):
                lines = record(adapter, program, work, out, about)
        except KeyboardInterrupt:
            raise Interrupted(f"what was recorded so far is in {out}") from None
    typer.echo(f"{lines:,} lines in {out}", err=True)
    if not out.is_file():
        typer.echo("not judged: it is no file that can be read again", err=True)
        exits.leave(exits.NO_PASS)
    verify.command(out)


def adapter_of(kind: str) -> type[Adapter]:
    """The adapter of a kind of server. Raises BadInput, which says what is expected of a class that is none."""
    from parley.record.recorders.checking import check

    if kind in RECORDERS:
        module, name = RECORDERS[kind]
        ready: type[Adapter] = getattr(importlib.import_module(f"parley.record.recorders.{module}"), name)
        return ready
    file, _, name = kind.partition(":")
    if not file.endswith(".py"):
        raise BadInput(
            f"there is no recorder {kind!r}{did_you_mean(kind, RECORDERS)}; expected a kind, or FILE.py:CLASS"
        )
    spec = importlib.util.spec_from_file_location("recorder", file)
    if spec is None or spec.loader is None or not Path(file).is_file():
        raise BadInput(f"{file}: no such file")
    module_of_user = importlib.util.module_from_spec(spec)
    from parley.variants import line_in, said_by

    try:
        spec.loader.exec_module(module_of_user)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        at = error.lineno if isinstance(error, SyntaxError) else line_in(error, Path(file))
        what = error.msg if isinstance(error, SyntaxError) else said_by(error)
        raise BadInput(f"{file}: can't be imported: {type(error).__name__}: {what} (line {at or 1})") from None
    return check(module_of_user, file, name)


@contextmanager
def own_mistakes(kind: str) -> Iterator[None]:
    """What an adapter in a file of the user's raises is told with its line, as bad input: no mistake of Parley's."""
    file = kind.partition(":")[0]
    try:
        yield
    except BadInput:
        raise
    except Exception as error:
        own = [
            f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).resolve() == Path(file).resolve()
        ]
        if kind in RECORDERS or not own:
            raise
        raise BadInput(f"{file}: line {own[-1].lineno}, in {own[-1].name}: {type(error).__name__}: {error}") from None
