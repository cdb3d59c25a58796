"""What ends a command in one clear line: what a person did wrong (exit code 2), or did with Ctrl-C (130)."""

from __future__ import annotations


class BadInput(Exception):
    """Input that can't be used. The text names the file, the path inside it, and what was expected."""


class Interrupted(Exception):
    """Ctrl-C or SIGTERM, once what was finished is kept. The text, if any, says where it is, or that there is nothing."""
