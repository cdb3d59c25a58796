"""What ends a command in one clear line: bad input (exit code 2; `parley/exits.py`), a mistake in Parley (3), or Ctrl-C (130)."""

from __future__ import annotations

from sim.printable import printable

LONGEST = 2_000
"""Of a line that is longer, say one with a text of a stranger's file in it, so many characters are told."""


class _Told(Exception):
    """A text for a person, in one line or more. Names and texts of others in it are escaped here, wherever it is printed."""

    def __init__(self, text: str, *more: str) -> None:
        super().__init__(text, *more)

    def __str__(self) -> str:
        lines = (printable(f"{line}") for line in self.args)
        return "\n".join(line if len(line) <= LONGEST else f"{line[:LONGEST]} …" for line in lines)


class BadInput(_Told):
    """Input that can't be used. The text names the file, the path inside it, and what was expected."""


class Unfit(BadInput):
    """A plan that can't be run at all under this protocol, say one without the sequencer shards that it needs."""


class InternalError(_Told):
    """A run failed by a mistake in Parley: the text holds what is needed to repeat it."""


RunError = BadInput | InternalError
"""How a run may end that shows nothing."""


class Interrupted(Exception):
    """Ctrl-C or SIGTERM, once what was finished is kept. The text, if any, says where it is, or that there is nothing."""
