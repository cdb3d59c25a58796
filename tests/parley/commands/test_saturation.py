"""`parley saturation` at a few points: latency leaves the ground where theory says that a part is full."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from support import parley

from parley import saturating
from parley.commands import saturation
from parley.saturating import PARTS, LineMeasured, Saturation, measure_line, measure_part

pytestmark = pytest.mark.requirement("V8")


@pytest.mark.parametrize("name", PARTS)
def test_a_part_is_saturated_where_theory_says(name: str) -> None:
    part = measure_part(name, (1,), (0.3, 1.5))
    low, high = part.points
    assert low.served == pytest.approx(low.rate, rel=0.25)
    assert low.refused == 0
    assert high.served >= 0.9 * part.capacity(1)
    assert high.p95 > 5 * low.p95
    assert (high.refused > 0) == (name != "workers"), "workers take tasks, and nobody is refused by them"


def test_a_line_that_disagrees_with_theory_is_told() -> None:
    assert measure_line(1, 0.5, 1_000).agrees
    assert not LineMeasured(1, 0.5, 10.0, 1.0, 11.5).agrees
    assert LineMeasured(1, 0.5, 10.0, 1.0, 9.0).agrees


def test_the_command_keeps_what_it_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(saturation, "LINE_LOADS", (0.5,))
    monkeypatch.setattr(saturation, "PARTS", {"workers": PARTS["workers"]})
    monkeypatch.setattr(saturating, "WINDOW", 3_000_000)
    file = tmp_path / "saturation.json"
    assert parley("saturation", "--quick", "--jobs", "1", "--result", str(file), monkeypatch=monkeypatch) == 0
    found = msgspec.json.decode(file.read_bytes(), type=Saturation)
    assert [line.servers for line in found.lines] == [1, 2]
    assert [(point.units, point.load) for point in found.parts[0].points] == [
        (n, load) for n in (1, 2) for load in (0.3, 0.8, 1.5)
    ]
    assert "Erlang's C" in capsys.readouterr().out
