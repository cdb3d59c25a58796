"""How a command tells of a variant's imports from where things were before: in one line a file, on standard error.

Requirements: V3.
"""

from __future__ import annotations

import warnings
from pathlib import Path

from model.moved import MovedWarning

_two_lines = warnings.formatwarning


def _format(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, line: str | None = None
) -> str:
    """One line for a file's old imports; of any other warning what Python says."""
    if not issubclass(category, MovedWarning):
        return _two_lines(message, category, filename, lineno, line)
    file, here = Path(filename), Path.cwd()
    return f"{file.relative_to(here) if file.is_relative_to(here) else file}: {message}\n"


def tell_old_imports_in_a_line() -> None:
    """Has a command say on standard error, in one line a file, which imports of a variant have moved."""
    warnings.formatwarning = _format
