"""All search strategies: importing this imports each module of the folder, so that every strategy is registered.

A strategy that stands in `ORDER` and isn't registered is an error that names it, and so is one without a place there.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from faults import search
from faults.search.strategies import STRATEGIES

__all__ = ["STRATEGIES"]

for _module in iter_modules(search.__path__, f"{search.__name__}."):
    import_module(_module.name)
STRATEGIES.complete()
