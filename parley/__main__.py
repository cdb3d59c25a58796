"""The command, by `python -m parley` or by its script. Begins with whether the packages that it will import are Parley's.

The names of Parley's packages are as common as `model`, and a folder of a user's own may bear one. Python then takes
whichever is first on its path. That is told before anything is imported, and not by what Parley misses in there.
"""

from __future__ import annotations

import sys
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


def main() -> None:
    """Runs the command. Exits with 2 if a package of another's would be imported in place of one of Parley's."""
    wrong = clash()
    if wrong is not None:
        sys.stderr.write(f"parley: {wrong}\n")
        sys.exit(2)
    from parley.cli import main as command

    command()


if __name__ == "__main__":
    main()
