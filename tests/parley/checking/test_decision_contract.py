"""What a variant answers: a wrong answer, an error or a loop is one line that names the variant's own file and line."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support import ROOT, SECOND, parley, plan, scenario

from faults.kinds import DropAt
from faults.plan import Plan, ProtocolRef
from model.decisions import decisions_of
from model.protocol import REFERENCE
from parley import variants, watchdog
from parley.campaign import run_all
from parley.checking import decision_contract as asking
from parley.checking import decision_coverage as trials
from parley.errors import BadInput
from parley.oracle import CandidateError, Oracle
from parley.run import Run
from parley.runner import execute
from reports.metrics.summary import Asked
from tools import decisions

pytestmark = pytest.mark.requirement("V3")

DEVICE = "from model.device.device import Device\n\n\nclass Mine(Device):\n"
STORE = "from model.store.store import MessageStore\n\n\nclass Mine(MessageStore):\n"
SERVICE = "from model.servers.service import MessagingService\n\n\nclass Mine(MessagingService):\n"
FAN_OUT = "from model.fan_out import FanOut\n\n\nclass Mine(FanOut):\n"
SEQUENCER = "from model.servers.sequencer import StoreCounter\n\n\nclass Mine(StoreCounter):\n"


def written(tmp_path: Path, source: str) -> str:
    file = tmp_path / "mine.py"
    file.write_text(source)
    return str(file)


def under(spec: str) -> Plan:
    """A plan with a retry and a second message."""
    lost = DropAt(kind="SendResult", a=("*",), b=("*",), nth=1)
    made = plan(lost, sends=((5 * SECOND, "alice-phone"), (6 * SECOND, "alice-phone")), duration=20 * SECOND)
    return Plan(
        **{**{name: getattr(made, name) for name in made.__struct_fields__}, "protocol": variants.reference_of(spec)}
    )


WHOLE = "expected a whole number of µs, at least 0"

WRONG: tuple[tuple[str, str, str, str], ...] = (
    (DEVICE, "resend_delay(self, attempt, draw)", "return 'soon'",
     rf"Mine\.resend_delay returned 'soon': {WHOLE} \(in scenario test, seed 1, at \d+ µs\)$"),
    (DEVICE, "resend_delay(self, attempt, draw)", "return -1", f".* returned -1: {WHOLE}"),
    (DEVICE, "resend_delay(self, attempt, draw)", "return 1e6", f".* returned 1000000.0: {WHOLE}"),
    (STORE, "find_duplicate(self, rows, append, at)", "rows.get(append.dedupe_key)",
     r"Mine\.find_duplicate returned None: expected a whole number: a seq"),
    (STORE, "fences(self, epoch, newest)", "pass", r"Mine\.fences returned None: expected True or False"),
    (STORE, "readable(self, member, after, head)", "return after + 1", ".*: expected a tuple of 2: seq, seq"),
    (STORE, "entitled(self, table, seq)", "return 'alice'", ".*: expected a sequence, say a list, of texts"),
    (DEVICE, "next_to_send(self, outbox)", "return outbox[0]", ".* of OutboxEntry"),
    (SERVICE, "dedupe_key(self, send)", "return [send.message]", ".*: expected a tuple of texts"),
    (DEVICE, "choose_gateway(self, gateways, epoch)", "return 'gateway-9'",
     r".* returned 'gateway-9': expected one of its gateways, \('gateway-1', 'gateway-2'\)"),
    (FAN_OUT, "strategy(self, audience)", "return 'both'", ".*: expected one of 'write', 'read', 'hybrid'"),
    (SEQUENCER, "place(self, send)", "return (1, 0)\n        yield", ".*: expected a Place or None"),
    (SEQUENCER, "place(self, send)", "return None", ".*: expected a generator"),
    (SERVICE, "page(self, after, rows)", "return [1 for row in rows]", ".* of Message"),
    (STORE, "entitled(self, table, seq)", "return ['nobody']",
     r"KeyError: 'nobody' \(in .*, which came up at model/store/\w+.py:\d+ after store.entitled had returned \['nobody'\]"),
)  # fmt: skip


@pytest.mark.parametrize(("base", "head", "body", "said"), WRONG, ids=[head.split("(")[0] for _, head, _, _ in WRONG])
def test_a_wrong_answer_is_one_line_at_the_variant_s_own_method(
    base: str, head: str, body: str, said: str, tmp_path: Path
) -> None:
    spec = written(tmp_path, f"{base}    def {head}:\n        {body}\n")
    run = under(spec) if head[:4] not in ("read", "page") else scenario("w2").plan(1, variants.reference_of(spec))
    with pytest.raises(BadInput, match=rf"^{spec}:5: {said}") as error:
        execute(run, variants.load(spec))
    assert "\n" not in str(error.value)


def test_an_error_inside_a_decision_is_at_its_own_line(tmp_path: Path) -> None:
    spec = written(tmp_path, f"{DEVICE}    def message_id(self, entry, attempt):\n        return entry.nothing\n")
    with pytest.raises(BadInput, match=rf"^{spec}:6: AttributeError: .* has no attribute 'nothing' \(in scenario"):
        execute(under(spec), variants.load(spec))


def test_every_decision_says_what_may_be_answered() -> None:
    """Read from its signature: a value of another type never passes, and the hint is one that can be checked."""
    for cls in REFERENCE.components().values():
        for name, method in decisions_of(cls).items():
            fits, expected = asking.fitting(asking.answer_of(method)[0])
            assert expected
            assert not fits(object()) or expected == "nothing", name


def test_an_error_after_some_runs_keeps_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2 and one line, but what came before is judged, and its plans and report are there."""
    spec = written(
        tmp_path,
        f"{STORE}    def find_duplicate(self, rows, append, at):\n"
        "        if at > 155_000_000:\n            raise KeyError('late')\n        return 0\n",
    )
    out = tmp_path / "out"
    for jobs in ("2", "1"):
        some = ("--seeds", "40", "--jobs", jobs, "--out", str(out))
        assert parley("check", "ci", "--protocol", spec, *some, monkeypatch=monkeypatch) == 2
        told = capsys.readouterr()
        assert told.err.startswith(f"parley: {spec}:7: KeyError: 'late' (in scenario ci, seed ")
        assert len(told.err.splitlines()) == 1
        verdict = json.loads((out / "verdict.json").read_bytes())
        assert verdict["complete"] is False
        assert verdict["ok"] is False
        assert verdict["error"] in told.err
        assert 0 < verdict["runs"] < 40
        assert len(list(out.glob("plans/*.json"))) == len(verdict["failed_runs"])


LOOPS = f"{DEVICE}    def next_cursor(self, cursor, waiting):\n        while True:\n            cursor += 1\n"


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "TICK", 0.05)
    monkeypatch.setattr(watchdog, "LIMIT", 6)


@pytest.mark.requirement("V2")
@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(
    ("body", "line"),
    [
        (LOOPS, "[67]"),
        ("import time\n\n" + LOOPS.replace("cursor += 1", "time.sleep(60)"), "[89]"),
        (LOOPS.replace("            cursor += 1", "            try:\n                cursor += 1\n            except Exception:\n"
                       "                pass"), "([6-9]|10)"),
        (f"{STORE}    def boot(self):\n        while True:\n            pass\n", "[67]"),
    ],
)  # fmt: skip
def test_a_decision_that_never_returns_is_one_line_too(body: str, line: str, tmp_path: Path) -> None:
    spec = written(tmp_path, body)
    with pytest.raises(
        BadInput, match=rf"^{spec}:{line}: this does not come to an end: it was given up after 0.3 s \(in "
    ):
        execute(under(spec), variants.load(spec))
    with pytest.raises(CandidateError, match="does not come to an end"):
        Oracle(variants.load(spec), "shown-once")(under(spec))


@pytest.mark.usefixtures("hurried")
def test_a_file_that_is_never_read_to_its_end_is_refused(tmp_path: Path) -> None:
    spec = written(tmp_path, "n = 0\nwhile True:\n    n += 1\n")
    with pytest.raises(BadInput, match=rf"^{spec}:[23]: .*this does not come to an end"):
        variants.load(spec)


@pytest.mark.requirement("V7")
@pytest.mark.usefixtures("hurried")
def test_a_run_of_many_reactions_may_take_longer_than_one_may(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of which takes some time, and all of them together more than the limit."""
    spec = written(
        tmp_path,
        f"import time\n\n{DEVICE}    def next_cursor(self, cursor, waiting):\n"
        "        time.sleep(0.1)\n        return super().next_cursor(cursor, waiting)\n",
    )
    slow = execute(under(spec), variants.load(spec))
    assert slow.violations == []
    assert asking.counts(variants.load(spec))["device.next_cursor"].times >= 4


@pytest.mark.requirement("V4")
def test_what_was_asked_is_counted_and_compared_with_the_reference(tmp_path: Path) -> None:
    spec = written(
        tmp_path,
        f"{DEVICE}    def next_cursor(self, cursor, waiting):\n        return super().next_cursor(cursor, waiting)\n\n"
        "    def choose_gateway(self, gateways, epoch):\n        return gateways[-1]\n\n"
        "    def on_notification(self, conversation):\n        pass\n\n"
        "    def shows_early(self, message):\n        return True\n",
    )
    both = [run_all([(scenario("ci"), range(1, 9))], spec, jobs=jobs).asked for jobs in (1, 2)]
    assert both[0] == both[1]
    asked = both[0]
    assert asked["device.next_cursor"].times > 500
    assert asked["device.next_cursor"].different == 0
    assert 0 < (asked["device.choose_gateway"].different or 0) < asked["device.choose_gateway"].times
    assert asked["device.on_notification"].different is None
    assert asked["device.shows_early"].times == asked["device.shows_early"].different


@pytest.mark.requirement("V4")
def test_a_pass_says_which_decisions_nothing_put_to_the_test_and_what_would(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = written(
        tmp_path,
        f"{STORE}    def readable(self, member, after, head):\n        return after + 1, head\n\n"
        "    def is_stuck(self, last_ack_time, waiting_since, now):\n        return False\n\n"
        "    def merge_cursor(self, stored, acked):\n        return max(acked, stored + 0)\n",
    )
    some = ("--protocol", spec, "--out", str(tmp_path / "out"))
    assert parley("check", "ci", "--seeds", "4", "--jobs", "1", *some, monkeypatch=monkeypatch) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert re.search(r"store\.is_stuck was never asked here; try [\w, ]*\bcleaned\b", told)
    assert "store.readable was asked" in told
    assert "never answered otherwise than the reference would have; try churn" in told
    assert told.count("not put to the test") == 4, "the three of them, and the verdict"
    assert "3 of 3 overridden methods and settings not put to the test: this says nothing of the variant" in told
    page = (tmp_path / "out" / "report.html").read_text()
    assert '<div class="verdict warn"><strong>Pass</strong>' in page
    verdict = json.loads((tmp_path / "out" / "verdict.json").read_bytes())
    assert verdict["decisions"]["store.is_stuck"] == {"times": 0, "different": 0}
    assert len(verdict["untested"]) == 3

    assert parley("check", "churn", "--seeds", "2", "--jobs", "1", *some, monkeypatch=monkeypatch) == 1
    told = " ".join(capsys.readouterr().out.split())
    assert "store.readable was" not in told, "here it answers otherwise"
    assert "try churn" not in told, "that is what was just tried"


HOOKS = f"""{DEVICE}    gap_wait = 400_000

    def on_pong(self, pong, connection):
        self._noted(pong)
        super().on_pong(pong, connection)

    def _noted(self, pong):
        pass

    def _never(self):
        raise AssertionError("nothing calls this")
"""


@pytest.mark.requirement("V4", "V11")
def test_hooks_private_steps_and_settings_are_counted_and_told_if_they_change_nothing(tmp_path: Path) -> None:
    spec = written(tmp_path, HOOKS)
    found = run_all([(scenario("ci"), range(1, 9))], spec, jobs=1)
    assert found.failed_runs == []
    asked = found.asked
    assert asked["device.on_pong"].times == asked["device._noted"].times > 8
    assert (asked["device.on_pong"].different, asked["device._noted"].different) == (0, None), (
        "one is nobody's but its own"
    )
    assert asked["device._never"].times == 0
    assert asked["device.gap_wait"].times == 5
    assert asked["device.gap_wait"].different
    assert (asked["device.on_pong"].compared, asked["device.on_pong"].otherwise) == (
        5,
        "a difference in none of 5 runs compared",
    )
    assert (
        asked["device.gap_wait"].otherwise == f"a difference in {asked['device.gap_wait'].differed} of 5 runs compared"
    )
    told = "; ".join(found.untested)
    assert "device.on_pong ran " in told
    assert "and made no difference: some runs were done without it, and are the same" in told
    assert "device._never never ran here" in told
    assert "device.gap_wait" not in told
    assert "device._noted" not in told


@pytest.mark.requirement("V5", "V11")
def test_a_certificate_names_what_of_a_variant_no_run_came_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = written(
        tmp_path,
        f"{DEVICE}    def on_pong(self, pong, connection):\n        super().on_pong(pong, connection)\n\n"
        "    def _background_over(self, _):\n        super()._background_over(_)\n",
    )
    out = tmp_path / "out"
    assert parley("radius", "plain", "--k", "0", "--protocol", spec, "--out", str(out), monkeypatch=monkeypatch) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "never ran in 1 run, so that nothing of this is certified: device._background_over" in told
    written_down = json.loads((out / "radius-plain.json").read_bytes())
    assert written_down["never_ran"] == ["device._background_over"]


@pytest.mark.requirement("V4")
def test_what_the_page_says_of_the_campaigns_is_so() -> None:
    """That `churn` puts `store.readable` to the test, and `ci` doesn't: measured again, on one seed of each."""
    found = trials.measured()
    assert "churn" in [name for name, _ in found.of("store.readable")]
    assert found.decisions["store.readable"]["ci"].different == 0
    named = {f"{component}.{name}" for component, cls in REFERENCE.components().items() for name in decisions_of(cls)}
    assert set(found.decisions) <= named
    assert len([name for name in found.decisions if found.of(name)]) > len(named) * 3 // 4
    counted: dict[str, Asked] = {}
    shadowed = decisions.shadowed(REFERENCE, counted)
    plan_of = scenario("churn").plan
    digests = {Run(plan_of(1, ProtocolRef()), protocol).execute().digest() for protocol in (REFERENCE, shadowed)}
    assert len(digests) == 1, "asking for another answer changes nothing"
    assert counted["store.readable"].different


@pytest.mark.requirement("V4")
def test_a_variant_of_the_shards_is_told_that_it_needs_a_sequencer_that_asks_them() -> None:
    """No campaign puts them to the test under the protocol that has no use for shards, however many shards it has."""
    asked = {"shard.lets_go": Asked(0, 0), "store.readable": Asked(9, 0)}
    (shard, store) = trials.remarks(asked, ["leases"], leased=False)
    assert "put sequencer=LeasedShard into the variant, and try leases" in shard, "it ran, but could not ask"
    assert "; try churn" in store, "which has no shards"
    (shard, _) = trials.remarks(asked, ["leases"], leased=True)
    assert "LeasedShard" not in shard
    assert "leases" not in shard
    assert "; try nightly, matrix_large, armed" in shard


def test_nothing_of_the_reference_is_watched() -> None:
    assert asking.tally_of(variants.load("")) is None
    assert variants.load("").store is REFERENCE.store
    assert asking.counts(variants.load("leased")) == {}
    assert Asked(1, None) == Asked(1, None)


@pytest.mark.requirement("V5")
@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_pytest_ends_with_the_one_error_of_a_variant_that_fails_late(workers: tuple[str, ...], tmp_path: Path) -> None:
    """Not at the first plan, which is tried before any test, and not once for each of the properties."""
    spec = written(
        tmp_path,
        f"{STORE}    def place(self, head, append):\n        if head >= 20:\n            raise KeyError('late')\n"
        "        return super().place(head, append)\n",
    )
    command = [sys.executable, "-m", "pytest", "properties", "-q", "-p", "no:cacheprovider", "-m", "cursor or order"]
    command += ["--scenario", "ci", "--protocol", spec, "--plans", str(tmp_path / "plans"), *workers]
    environment = {**os.environ, "PARLEY_PROFILE": "dev"}
    environment.pop("PYTEST_XDIST_WORKER", None)
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode != 0
    failures, _, _ = done.stdout.partition("short test summary info")  # which repeats them whole where CI is set
    assert failures.count(f"{spec}:7: KeyError: 'late' (in scenario ci") == 1
    assert "1 failed" in done.stdout
    assert "the variant can't be run" in done.stdout


@pytest.mark.requirement("V3")
def test_state_of_the_class_that_a_hook_sets_is_named_when_a_run_dies_of_it(tmp_path: Path) -> None:
    spec = written(
        tmp_path,
        f"{DEVICE}    def on_welcome(self, welcome, connection):\n        super().on_welcome(welcome, connection)\n"
        "        self._receipts = 3\n",
    )
    line = Path(spec).read_text().splitlines().index("        self._receipts = 3") + 1
    with pytest.raises(BadInput) as found:
        run_all([(scenario("ci"), range(1, 2))], spec, jobs=1)
    told = str(found.value)
    assert told.startswith(f"{spec}:{line}: ")
    assert (
        "on_welcome sets self._receipts, under which ReadMarks keeps its own state: choose another name, or mark"
        in told
    )
    assert "(AttributeError: 'int' object has no attribute 'get', in scenario ci, seed 1" in told
