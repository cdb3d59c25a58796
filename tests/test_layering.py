"""import-linter can't say 'all of `model` but its events', so its contract lists modules; this keeps the list whole."""

from __future__ import annotations

import tomllib

from support import ROOT


def test_no_module_is_missing_from_what_a_judge_may_not_import() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (judges,) = [contract for contract in contracts if contract.get("source_modules") == ["properties", "reports"]]
    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for package in ("model", "sim")
        for path in (ROOT / package).rglob("*.py")
    }
    assert sorted(judges["forbidden_modules"]) == sorted(modules - {"model", "model.events", "sim", "sim.history"})
