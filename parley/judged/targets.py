"""Targets that a record is held to: a file with a `[targets]` table, as scenarios have it.

Requirements: R1.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from parley.errors import BadInput
from parley.scenario import Level, check_targets
from reports.metrics.summary import asked_of


def read_targets(path: Path) -> dict[str, Level]:
    """The targets in a TOML file, a scenario's or one that has nothing else. Raises BadInput."""
    try:
        raw: Any = msgspec.toml.decode(path.read_bytes())
        given = msgspec.convert(raw.get("targets", {}), dict[str, int | Level])
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror or error}") from None
    except msgspec.ValidationError as error:
        raise BadInput(f"{path}: $.targets: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput(f"{path}: not TOML: {error}") from None
    if not given:
        raise BadInput(f'{path}: $.targets: expected a table of targets, as "tap_to_screen_p99" = 5_000_000')
    check_targets(given, str(path))
    return {name: level if isinstance(level, Level) else Level(most=level) for name, level in given.items()}


def late_after(targets: Mapping[str, Level]) -> int | None:
    """After how long (µs) a message is late on a device that was connected: by the most that is asked for it, if anything is."""
    most = [
        level.most
        for name, level in targets.items()
        if (asked := asked_of(name)) is not None
        and asked[0] == "tap_to_screen"
        and asked[2].get("segment", "live") == "live"
    ]
    return max(most, default=None)
