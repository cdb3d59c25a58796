"""What ends a command in one clear line: bad input (exit code 2; `parley/exits.py`), a mistake in Parley (3), or Ctrl-C (130)."""

from __future__ import annotations


class BadInput(Exception):
    """Input that can't be used. The text names the file, the path inside it, and what was expected."""


class Unfit(BadInput):
    """A plan that can't be run at all under this protocol, say one without the sequencer shards that it needs."""


class InternalError(Exception):
    """A run failed by a mistake in Parley: the text holds what is needed to repeat it."""


RunError = BadInput | InternalError
"""How a run may end that shows nothing."""


class Interrupted(Exception):
    """Ctrl-C or SIGTERM, once what was finished is kept. The text, if any, says where it is, or that there is nothing."""
