"""The command, by `python -m parley` or by its script. Begins with whether the packages that it will import are Parley's."""

from __future__ import annotations

import gc
import sys

from parley.names import clash


def main() -> None:
    """Runs the command. Exits with 2 if a package of another's would be imported in place of one of Parley's."""
    wrong = clash()
    if wrong is not None:
        sys.stderr.write(f"parley: {wrong}\n")
        sys.exit(2)
    from parley import supervised

    if supervised.needed(sys.argv[1:]):
        supervised.run(_command, sys.argv[1:])
    _command()


def _command() -> None:
    gc.disable()  # until all is imported: none of it is garbage
    from parley.cli import main as command

    command()


if __name__ == "__main__":
    main()
