"""`parley import-edn`: turns a history of a Jepsen test into a record that `parley verify` can judge.

Requirements: V1, R7, R1.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from parley.errors import BadInput
from parley.files import write
from parley.record.edn import forms
from parley.record.jepsen import operations, record

_PIECE = 1 << 20
"""Characters that are read of a line at once."""


def command(
    history: Annotated[Path, typer.Argument(help="A history.edn, as a Jepsen test leaves it in its folder.")],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Where the record goes; none: standard output.")
    ] = None,
) -> None:
    """Turns the history of a Jepsen test of a queue, a set or lists into a record that `parley verify` judges."""
    name = str(history)
    try:
        with history.open(encoding="utf-8") as stream:
            ops = operations(forms(iter(lambda: stream.readline(_PIECE), ""), name), name)
    except OSError as error:
        raise BadInput(f"{name}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise BadInput(f"{name}: expected UTF-8: {error.reason} at byte {error.start}") from None
    encode = msgspec.json.Encoder().encode
    lines = b"".join(encode(line) + b"\n" for line in record(ops, name))
    if out is not None:
        write(out, lines)
    else:
        sys.stdout.buffer.write(lines)
