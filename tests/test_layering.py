"""import-linter can only forbid modules by name: this keeps the list of what judges may not import whole."""

from __future__ import annotations

import tomllib

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
    known = {"model.events", "sim.history", "sim.near", "sim.registry"}
    assert set(judges["forbidden_modules"]) == {name for name in below if not name.endswith("__init__")} - known
