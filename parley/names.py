"""Whether the packages that Parley will import are its own.

Their names are as common as `model`, and a folder of a user's own may bear one. Python then takes whichever is first on its
path. The command and the doors tell that before anything is imported, and not by what Parley misses in there.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

NAMES = ("model", "sim", "faults", "properties", "reports")


def clash() -> str | None:
    """What is said of the first package that stands where Python finds it before Parley's own; None if there is none."""
    home = Path(__file__).resolve().parent.parent
    for name in NAMES:
        spec = find_spec(name)
        found = list(spec.submodule_search_locations or [spec.origin or name]) if spec else []
        if home / name not in [Path(place).resolve() for place in found]:
            there = found[0] if found else "nowhere"
            return (
                f"{there}: expected Parley's package {name!r}, which is {home / name}; another of this name comes first on "
                "Python's path. Run `parley` and not `python -m parley`, or run it from another folder"
            )
    return None
