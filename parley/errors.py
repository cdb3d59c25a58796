"""What a person did wrong, as one clear line: the command line prints it and exits with 2."""

from __future__ import annotations


class BadInput(Exception):
    """Input that can't be used. The text names the file, the path inside it, and what was expected."""
