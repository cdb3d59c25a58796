"""What import-linter can't say: that the list of what judges may not import is whole, and that `sim` has one circle."""

from __future__ import annotations

import tomllib
from itertools import combinations

import grimp
from support import ROOT


def test_no_module_is_missing_from_what_a_judge_may_not_import() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (judges,) = [contract for contract in contracts if contract.get("source_modules") == ["properties", "reports"]]
    below = {
        f"{package}.{path.stem}"
        for package in ("model", "sim")
        for path in (ROOT / package).iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    known = {"model.events", "sim.history", "sim.near", "sim.printable", "sim.registry", "sim.verdicts"}
    assert set(judges["forbidden_modules"]) == {name for name in below if not name.endswith("__init__")} - known


def test_the_only_circle_of_modules_in_the_simulator_is_of_network_and_node() -> None:
    """A node sends through the network, and the network calls nodes; imports for type checking count."""
    graph = grimp.build_graph("sim", cache_dir=None)
    circles = [
        (one, other)
        for one, other in combinations(sorted(graph.modules - {"sim"}), 2)
        if graph.chain_exists(one, other) and graph.chain_exists(other, one)
    ]
    assert circles == [("sim.network", "sim.node")]
