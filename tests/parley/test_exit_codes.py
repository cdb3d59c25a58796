"""What each command ends with: every code that it can have, and which one where several apply."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from support import ROOT, VARIANTS, parley

from faults import plan as plans
from faults.plan import Expectation, encode
from parley import exits, saturating, variants
from parley.commands import saturation
from parley.errors import InternalError
from parley.run import Run
from parley.scenario import read
from reports.metrics.summary import CampaignSummary, FailedRun, Failure, VerdictFile
from reports.metrics.summary import encode as encoded
from reports.text.terminal import verdict_line
from sim.verdicts import (
    CLEAN,
    HOLDS,
    MISSED,
    NOT_RECORDED,
    NOT_SHOWN,
    UNKNOWN,
    VACUOUS,
    VIOLATED,
    Reason,
    Status,
    Verdict,
    of_many,
)

pytestmark = pytest.mark.requirement("R1")

PLAIN = re.sub(r"\[targets\]\n(?:.+\n)+", "", (ROOT / "scenarios" / "stories" / "plain.toml").read_text(), count=1)
"""The story without its own targets: the cases have theirs."""
READS_NOTHING = ("--protocol", str(VARIANTS / "never_marks_read.py"))
"""It violates views-are-followed, on the default schedule of the story."""
ONE = ("--jobs", "1")


def story(more: str = "") -> Callable[[Path], str]:
    """A scenario file: the story `plain`, and more."""

    def written(folder: Path) -> str:
        path = folder / "plain.toml"
        path.write_text(PLAIN + more)
        return str(path)

    return written


def failing(folder: Path) -> str:
    """The plan of a run that fails."""
    path = folder / "fails.json"
    plan = read(Path(story()(folder))).plan(1, variants.reference_of(READS_NOTHING[1]))
    path.write_bytes(encode(plan))
    return str(path)


def misjudged(folder: Path) -> str:
    """A plan that says that it violates something else."""
    path = Path(failing(folder))
    plan = msgspec.structs.replace(plans.read(path), expect=Expectation(violates=("shown-once",), digest="0"))
    path.write_bytes(encode(plan))
    return str(path)


def mutant(name: str, text: str = "") -> Callable[[Path], str]:
    """A folder of one mutant."""

    def written(folder: Path) -> str:
        where = folder / "mutants"
        where.mkdir()
        (where / f"{name}.py").write_text(text or (VARIANTS / f"{name}.py").read_text())
        return str(where)

    return written


SURVIVES = '''"""Nothing is wrong."""

from model.device.device import Device

CAUGHT_BY = "shown-once"
SCENARIO = "ci"


class Same(Device):
    pass
'''


def jepsen(f: str) -> Callable[[Path], str]:
    """A history of a Jepsen test with one operation."""

    def written(folder: Path) -> str:
        path = folder / "history.edn"
        path.write_text(f"{{:type :invoke, :f :{f}, :value 1, :process 0}}\n")
        return str(path)

    return written


def chat(*lines: str, over: bool = True) -> Callable[[Path], str]:
    """A record of two phones, in which Ann sends one message; and more lines, and that it is over."""
    kinds = '"SendRequested","SendAttempted","SendAccepted","SendRefused","Shown","Connected","Disconnected","Wiped"'
    head = (
        f'{{"parley_history":1,"ids":"opaque","records":[{kinds},"MemberJoined","MemberLeft"]}}',
        '{"event":"DeviceRegistered","t":0,"device":"a","user":"ann"}',
        '{"event":"DeviceRegistered","t":0,"device":"b","user":"bob"}',
        '{"event":"ConversationOpened","t":0,"conversation":"c","members":["ann","bob"]}',
    )
    sent = (
        '{"event":"Connected","t":1,"device":"a"}',
        '{"event":"Connected","t":1,"device":"b"}',
        '{"event":"SendRequested","t":2,"device":"a","conversation":"c","send":"1"}',
        '{"event":"SendAttempted","t":2,"device":"a","conversation":"c","send":"1","message":"m"}',
        '{"event":"SendAccepted","t":3,"device":"a","conversation":"c","send":"1","message":"m"}',
        '{"event":"Shown","t":3,"device":"a","conversation":"c","message":"m"}',
    )
    end = ('{"event":"Healed","t":10,"bound":5}', '{"event":"Ended","t":20}')

    def written(folder: Path) -> str:
        path = folder / "record.jsonl"
        path.write_text("\n".join((*head, *(sent if lines else ()), *lines, *(end if over else ()))) + "\n")
        return str(path)

    return written


SHOWN = '{"event":"Shown","t":4,"device":"b","conversation":"c","message":"m"}'
AWAY = '{"event":"Disconnected","t":3,"device":"b","why":"closed"}'


def own_recorder(folder: Path) -> str:
    """An adapter for a server that ends at once."""
    path = folder / "own.py"
    path.write_text(
        "from parley.record.recorders.adapter import Adapter\n\n\n"
        "class Own(Adapter):\n"
        "    kind, program, module = 'own', 'sh', 'json'\n\n"
        "    def command(self, program):\n"
        "        return [program, '-c', 'exit 1']\n\n"
        "    async def connect(self, seat, arrived):\n"
        "        raise OSError\n"
    )
    return f"{path}:Own"


UNREACHED = '\n[[checkpoints]]\nsays = "a phone is wiped"\nevent = "Wiped"\n'

CASES: dict[str, tuple[int, str, Callable[[Path], str] | str, tuple[str, ...]]] = {
    "a run that passes": (0, "run", story(), ()),
    "a run that violates": (1, "run", story(), READS_NOTHING),
    "a run that misses a target": (1, "run", story("\n[targets]\nsend_to_persisted_p99 = 1\n"), ()),
    "a run that violates and does not get there": (1, "run", story(UNREACHED), READS_NOTHING),
    "a run of nothing": (2, "run", "nothing", ()),
    "a run of which a target is not measured": (4, "run", story("\n[targets]\ninterrupted_delivery_max = 1\n"), ()),
    "a run that does not get there": (4, "run", story(UNREACHED), ()),
    "a replay that passes": (0, "replay", failing, ("--protocol", "reference")),
    "a replay that violates": (1, "replay", failing, ()),
    "a replay of nothing": (2, "replay", "nothing.json", ()),
    "a check that passes": (0, "check", story(), ONE),
    "a check that violates": (1, "check", story(), (*ONE, *READS_NOTHING)),
    "a check that misses a target": (1, "check", story("\n[targets]\nsend_to_persisted_p99 = 1\n"), ONE),
    "a check of nothing": (2, "check", "nothing", ()),
    "a check of which a target is not measured": (4, "check", story("\n[targets]\ninterrupted_delivery_max = 1\n"), ONE),
    "a check that does not get there": (4, "check", story(UNREACHED), ONE),
    "a plan that is renewed": (0, "renew", failing, ()),
    "a plan to renew that says otherwise": (1, "renew", misjudged, ()),
    "no plan to renew": (2, "renew", "nothing.json", ()),
    "pushes that do nothing": (0, "pushes", story(), ONE),
    "pushes where something is violated": (1, "pushes", story(), (*ONE, *READS_NOTHING)),
    "pushes of nothing": (2, "pushes", "nothing", ()),
    "costs": (0, "costs", story(), ONE),
    "costs where something is violated": (1, "costs", story(), (*ONE, *READS_NOTHING)),
    "costs of nothing": (2, "costs", "nothing", ()),
    "saturation of no such option": (2, "saturation", "--slow", ()),
    "a plan that is shrunk": (0, "shrink", failing, ("--runs", "3")),
    "a plan to shrink that passes": (2, "shrink", failing, ("--protocol", "reference")),
    "a plan whose blame is told": (0, "blame", failing, ()),
    "a plan to blame that passes": (2, "blame", failing, ("--protocol", "reference")),
    "a radius": (0, "radius", "plain", ("--k", "0", "--gate", "0", *ONE)),
    "a radius within the gate": (
        1, "radius", "plain", ("--k", "0", "--gate", "0", "--property", "views-are-followed", *ONE, *READS_NOTHING)
    ),
    "a radius of nothing": (2, "radius", "nothing", ()),
    "a gate that nothing was judged for": (
        4, "radius", "plain", ("--k", "0", "--gate", "0", "--property", "head-reads-are-fresh", *ONE)
    ),
    "a search that finds nothing": (0, "search", "plain", ("--budget", "1", *ONE)),
    "a search that finds something": (1, "search", "plain", ("--budget", "2", *ONE, *READS_NOTHING)),
    "a search of nothing": (2, "search", "nothing", ()),
    "a mutant that is killed": (0, "mutants", mutant("close_on_push"), ("--seeds", "2", *ONE)),
    "a mutant that survives": (1, "mutants", mutant("same", SURVIVES), ("--seeds", "1", *ONE)),
    "no mutants": (2, "mutants", mutant("wrong", "CAUGHT_BY = 1\n"), ()),
    "a record that is as it should be": (0, "verify", chat(SHOWN), ()),
    "a record that is not": (1, "verify", chat(SHOWN, SHOWN), ()),
    "no record": (2, "verify", "nothing.jsonl", ()),
    "a record in which nothing happened": (4, "verify", chat(), ()),
    "a record whose phone was away at the end": (4, "verify", chat(AWAY), ()),
    "a record that ends before it is shown": (4, "verify", chat("", over=False), ()),
    "a record of a server that does not start": (2, "record", own_recorder, ()),
    "an exporter that is as it should be": (0, "lint", chat(SHOWN), ()),
    "an exporter that ends too early": (4, "lint", chat("", over=False), ()),
    "no record of an exporter": (2, "lint", "nothing.jsonl", ()),
    "a history of a queue": (0, "import-edn", jepsen("enqueue"), ()),
    "a history of a register": (2, "import-edn", jepsen("cas"), ()),
}  # fmt: skip
FOLDER = {"mutants": "--folder"}
WITHOUT_OUT = {"run", "replay", "costs", "saturation", "blame", "verify", "renew", "lint", "import-edn"}


@pytest.mark.parametrize("name", CASES)
def test_each_command_ends_with_its_code(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, command, given, options = CASES[name]
    what = given if isinstance(given, str) else given(tmp_path)
    out = () if command in WITHOUT_OUT else ("--out", str(tmp_path / "out"))
    first = (FOLDER[command], what) if command in FOLDER else (what,)
    assert parley(command, *first, *options, *out, monkeypatch=monkeypatch) == code


COMMANDS = tuple(dict.fromkeys(command for _, command, *_ in CASES.values()))


@pytest.mark.parametrize(("raised", "code"), [(InternalError("a mistake of ours"), 3), (KeyboardInterrupt(), 130)])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_mistake_of_ours_and_an_interruption_are_told_apart(
    command: str, raised: BaseException, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever it comes up: in a run, or in what stands for one."""

    def stopping(*_: object, **__: object) -> None:
        raise raised

    monkeypatch.setattr(Run, "execute", stopping)
    monkeypatch.setattr(Run, "seek", stopping)
    monkeypatch.setattr("parley.runner.of_variant", lambda *_: None)  # under a variant, any error would be its own
    monkeypatch.setattr("parley.commands.verify.verify", stopping)
    monkeypatch.setattr("parley.commands.lint.verify", stopping)
    monkeypatch.setattr(saturation, "measure_line", stopping)
    monkeypatch.setattr("parley.record.recorders.recording.record", stopping)
    monkeypatch.setattr("parley.commands.import_edn.record", stopping)
    given = (
        "--quick" if command == "saturation" else next(given for _, each, given, _ in CASES.values() if each == command)
    )
    what = given if isinstance(given, str) else given(tmp_path)
    first = (FOLDER[command], what) if command in FOLDER else (what,)
    more = (
        ONE
        if command not in ("run", "replay", "shrink", "blame", "verify", "record", "renew", "lint", "import-edn")
        else ()
    )
    out = () if command in WITHOUT_OUT else ("--out", str(tmp_path / "out"))
    assert parley(command, *first, *more, *out, monkeypatch=monkeypatch) == code


def test_a_line_that_disagrees_with_theory_ends_the_command_with_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saturation, "PARTS", {})
    monkeypatch.setattr(saturation, "measure_line", _agrees)
    assert parley("saturation", "--quick", *ONE, monkeypatch=monkeypatch) == 0
    monkeypatch.setattr(saturation, "measure_line", _disagrees)
    assert parley("saturation", "--quick", *ONE, monkeypatch=monkeypatch) == 1


def _agrees(servers: int, load: float, _: int) -> saturating.LineMeasured:
    return saturating.LineMeasured(servers, load, 10.0, 1.0, 10.0)


def _disagrees(servers: int, load: float, _: int) -> saturating.LineMeasured:
    return saturating.LineMeasured(servers, load, 10.0, 1.0, 20.0)


def test_every_command_has_a_case_for_each_of_its_codes() -> None:
    """The codes that all have (3, 130, 141) are tested for all of them at once."""
    from parley.cli import app

    assert {command.name for command in app.registered_commands} == {*COMMANDS}
    codes = {command: {code for code, each, *_ in CASES.values() if each == command} for command in COMMANDS}
    both, nothing = {0, 1, 2, 4}, {0, 1, 2}
    assert codes == {
        "run": both, "check": both, "radius": both, "verify": both, "replay": nothing, "renew": nothing, "lint": {0, 2, 4},
        "import-edn": {0, 2},
        "pushes": nothing, "costs": nothing,
        "search": nothing, "mutants": nothing, "shrink": {0, 2}, "blame": {0, 2}, "saturation": {2}, "record": {2},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("codes", "worst"),
    [((), 0), ((0, 4), 4), ((4, 130), 130), ((130, 1, 4), 1), ((1, 3, 130), 3), ((4, 4), 4), ((0, 0), 0)],
)
def test_of_several_codes_the_worst_is_the_command_s(codes: tuple[int, ...], worst: int) -> None:
    assert exits.worst(codes) == worst


def test_the_table_says_what_each_code_means() -> None:
    told = exits.__doc__ or ""
    assert all(f"| {code} |" in told for code in exits.SAYS)


def known(status: Status, reason: Reason = "") -> Verdict:
    return Verdict("p", "f", status, 1, None, "why" * bool(reason), reason)


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        ((), 4),
        ((known(VACUOUS),), 4),
        ((known(UNKNOWN, NOT_RECORDED), known(VACUOUS)), 4),
        ((known(UNKNOWN, NOT_RECORDED), known(HOLDS)), 0),
        ((known(CLEAN), known(VACUOUS)), 0),
        ((known(UNKNOWN, NOT_SHOWN), known(HOLDS)), 4),
        ((known(UNKNOWN, NOT_SHOWN), known(VIOLATED)), 1),
        ((known(MISSED), known(HOLDS)), 1),
    ],
)
def test_what_is_not_recorded_stops_no_pass_and_what_was_not_shown_does(
    verdicts: tuple[Verdict, ...], code: int
) -> None:
    assert exits.of_verdicts(verdicts) == code


@pytest.mark.parametrize(
    ("statuses", "status"),
    [
        ({}, VACUOUS),
        ({"vacuous": 3}, VACUOUS),
        ({"vacuous": 3, "holds": 1}, HOLDS),
        ({"holds": 3, "clean": 1}, CLEAN),
        ({"holds": 3, "unknown": 1, "clean": 1}, UNKNOWN),
        ({"unknown": 1, "violated": 1}, VIOLATED),
        ({"unknown": 0, "violated": 0, "target missed": 1, "holds": 1}, MISSED),
    ],
)
def test_of_many_runs_the_worst_is_what_is_known(statuses: dict[str, int], status: str) -> None:
    assert of_many(statuses) == status


def campaign(**more: object) -> CampaignSummary:
    return msgspec.structs.replace(CampaignSummary("p", statuses={"shown-once": {"holds": 1}}), **more)


FAILED = FailedRun("ci", 3, (), (), "plans/ci-3.json", (Failure("shown-once", "m is away"),))


@pytest.mark.parametrize(
    ("found", "code", "head", "status"),
    [
        (campaign(), 0, "PASS", "holds"),
        (campaign(statuses={"shown-once": {"vacuous": 1}}), 4, "NOTHING JUDGED", "vacuous"),
        (campaign(statuses={"shown-once": {"unknown": 1}}, failed_runs=[FAILED]), 4, "NOT SHOWN", "unknown"),
        (campaign(statuses={"shown-once": {"violated": 1}}, missed_targets=["t"]), 1, "VIOLATED", "violated"),
        (campaign(missed_targets=["t"], missing_goals=["g"]), 1, "TARGET MISSED", "target missed"),
        (campaign(unmeasured_targets=["t"], missing_goals=["g"]), 4, "NOT MEASURED", "unknown"),
        (campaign(missing_goals=["g"]), 4, "NOT REACHED", "vacuous"),
        (campaign(complete=False), 130, "INTERRUPTED", "holds"),
        (campaign(complete=False, statuses={"shown-once": {"violated": 1}}), 1, "VIOLATED", "violated"),
        (campaign(complete=False, statuses={"shown-once": {"vacuous": 1}}), 130, "INTERRUPTED", "vacuous"),
    ],
)
def test_a_campaign_says_first_what_stops_it(found: CampaignSummary, code: int, head: str, status: str) -> None:
    assert exits.of_campaign(found) == code
    assert head in verdict_line(found)
    file = msgspec.json.decode(encoded(found), type=VerdictFile)
    assert (file.status, file.ok) == (status, code == 0)


def test_the_page_on_records_of_other_systems_names_every_code() -> None:
    table = (ROOT / "docs" / "judging-your-system.md").read_text().partition("| exit code |")[2].partition("\n\n")[0]
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)} == {*exits.SAYS}


@pytest.mark.parametrize("page", ["README.md", "docs/radius.md"])
def test_it_is_said_that_a_radius_fails_by_its_gate_alone(page: str) -> None:
    told = " ".join((ROOT / page).read_text().split())
    assert re.search(r"exits with 0,[^.]* unless `--gate", told)
