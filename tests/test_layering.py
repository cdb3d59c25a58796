"""import-linter can't say 'all of `model` but its events', so its contract lists modules; this keeps the list whole."""

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
    known = {f"{package}.{name}" for package, name in (("model", "events"), ("sim", "history"))}
    assert set(judges["forbidden_modules"]) == {name for name in below if not name.endswith("__init__")} - known
