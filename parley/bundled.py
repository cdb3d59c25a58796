"""Where the files are that come with Parley: scenarios and stories, mutants, regression plans, and what was measured.

Requirements: W1, V3.
"""

from __future__ import annotations

from pathlib import Path

_HOME = Path(__file__).parent.parent


def folder(name: str) -> Path:
    """The folder of `scenarios`, `mutants`, `regressions` or `measured`, in a checkout and where the wheel is installed.

    A checkout has the scenarios beside the packages. The wheel has them in `parley`, since what stands beside the packages
    there belongs to everybody. It is a real folder: variants are loaded, and told of, by their path.
    """
    places = [_HOME / "parley" / name, _HOME / "properties" / name, _HOME / name]
    return next((place for place in places if place.is_dir()), places[0])
