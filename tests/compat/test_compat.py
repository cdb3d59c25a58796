"""Files that Parley accepted at 7aa79c4 load, and give what they gave then or what `expected.json` says with a reason.

Whether that is right, other tests judge.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from msgspec.structs import replace

from faults import plan as plans
from faults.kinds import KINDS
from faults.plan import OLDER, VERSION, ProtocolRef
from properties.catalogue import CATALOGUE
from tools import compat
from tools.compat import CORPUS, Change, Expected, Refused, Row, Verdict, differences, rewritten

EXPECTED = compat.read(compat.EXPECTED)
FILES = sorted(
    path.relative_to(CORPUS).as_posix()
    for pattern in ("plans/*", "variants/*.py", "variants/answers/*.py", "histories/*")
    for path in CORPUS.glob(pattern)
)
STORIES = sorted(CORPUS.glob("plans/story-*.json"))


@pytest.mark.requirement("V7", "V5", "V6")
@pytest.mark.parametrize("name", EXPECTED.rows)
def test_it_gives_what_it_gave(name: str) -> None:
    expected = EXPECTED.rows[name]
    now = compat.judged(name, expected, EXPECTED)
    assert now.verdict == expected.verdict
    assert now.digest == expected.digest, "if that is meant: python -m tools.compat --write"


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_a_story_still_makes_its_plan(path: Path) -> None:
    """What a plan of version 1 has is as it was; of what only version 2 has, the story is probed, and nothing else is said."""
    story = compat.story_of(path)
    assert story is not None
    before = plans.read(path)
    assert before.parley_plan == OLDER
    assert story.plan(story.seed, ProtocolRef()) == replace(before, parley_plan=VERSION, probe=True)


def test_every_file_has_a_row_and_every_row_a_file() -> None:
    assert sorted({name.partition(":")[0] for name in EXPECTED.rows}) == FILES


def test_every_kind_of_fault_strikes_in_some_plan_and_every_armed_one_in_two() -> None:
    struck = [kind for row in EXPECTED.rows.values() for kind in row.verdict.get("struck", ())]
    assert {*struck} == {*EXPECTED.kinds}
    once = [kind for kind in EXPECTED.kinds if kind.endswith("_at") and struck.count(kind) < 2]
    assert once == []


def test_no_name_in_a_plan_or_a_verdict_is_lost() -> None:
    assert {*EXPECTED.kinds} <= {*KINDS}
    assert {*EXPECTED.properties} <= {prop.name for prop in CATALOGUE}


def test_a_changed_verdict_is_another_one_and_says_why() -> None:
    for name, row in EXPECTED.rows.items():
        verdicts = [*(change.verdict for change in row.changed), row.verdict]
        assert all(before != after for before, after in pairwise(verdicts)), name
        assert all(change.because.strip() for change in row.changed), name


# --- the table is rewritten on purpose only ---------------------------------------------------------------------------

HOLDS: Verdict = {"violated": []}
BREAKS: Verdict = {"violated": ["shown-once"]}
TABLE = Expected((), (), {"plans/a.json": Row(HOLDS, "1"), "plans/b.json": Row(HOLDS, "2")})


def test_a_digest_is_written_again_and_the_verdict_stays() -> None:
    now = {"plans/a.json": Row(HOLDS, "3")}
    assert list(differences(TABLE, now)) == ["plans/a.json: another digest, the same verdict"]
    assert rewritten(TABLE, now, "", ()) == replace(TABLE, rows={**TABLE.rows, **now})


def test_a_verdict_is_not_written_again_by_the_way() -> None:
    now = {"plans/a.json": Row(BREAKS, "3")}
    assert list(differences(TABLE, now)) == ["plans/a.json: violated: was [], is ['shown-once']"]
    for because, named, said in (
        ("", (), r"name them, with a reason: plans/a\.json"),
        ("it is judged now", ("plans/b.json",), r"name them, with a reason: plans/a\.json"),
        (" ", ("plans/a.json",), "say it with --because"),
        ("it is judged now", ("plans/c.json",), r"there is no row plans/c\.json"),
    ):
        with pytest.raises(Refused, match=said):
            rewritten(TABLE, now, because, named)


def test_a_verdict_that_changes_for_a_reason_keeps_the_earlier_one() -> None:
    now = {"plans/a.json": Row(BREAKS, "3"), "plans/b.json": Row(HOLDS, "2")}
    table = rewritten(TABLE, now, "it is judged now", ["plans/a.json"])
    assert table.rows["plans/a.json"] == Row(BREAKS, "3", changed=(Change(HOLDS, "it is judged now"),))
    assert table.rows["plans/b.json"] == TABLE.rows["plans/b.json"]


def test_the_table_is_written_as_it_is_read() -> None:
    assert compat.encode(EXPECTED) == compat.EXPECTED.read_bytes()


def test_the_command_says_what_differs_and_writes_what_it_may(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name, file = "plans/small.json", tmp_path / "expected.json"
    right = replace(EXPECTED, rows={name: EXPECTED.rows[name]})
    monkeypatch.setattr(compat, "EXPECTED", file)

    def run(row: Row, *options: str) -> tuple[int, str, Expected]:
        file.write_bytes(compat.encode(replace(right, rows={name: row})))
        monkeypatch.setattr("sys.argv", ["compat", *options])
        code = compat.main()
        said = capsys.readouterr()
        return code, said.out + said.err, compat.read(file)

    other_bytes = replace(right.rows[name], digest="another")
    other_verdict = replace(right.rows[name], verdict={"violated": ["shown-once"], "struck": []})
    assert run(right.rows[name]) == (0, "nothing differs\n", right)
    assert run(other_bytes)[0] == 1
    assert run(other_bytes, "--write") == (0, f"{name}: another digest, the same verdict\n", right)
    code, said, table = run(other_verdict, "--write")
    assert (code, table.rows[name]) == (1, other_verdict)
    assert f"not written: these rows have another verdict: name them, with a reason: {name}" in said
    code, _, table = run(other_verdict, "--write", "--because", "it was mended", name)
    assert (code, table.rows[name].verdict) == (0, right.rows[name].verdict)
    assert table.rows[name].changed == (Change(other_verdict.verdict, "it was mended"),)
