"""Writes docs/writing-variants.md: every error and every output in it is what Parley says.

Run it with --check to compare instead of writing: CI does, so that the page can't lie.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from hypothesis import HealthCheck, settings

from model.device.device import Device
from model.hooks import KINDS, LIFE, OF_ALL, hooks_of
from model.protocol import REFERENCE
from parley import variants
from parley.errors import BadInput
from parley.machine.delivery import DeliveryMachine
from parley.machine.deployments import DEPLOYMENTS
from parley.machine.failure_story import Counterexample, run_machine
from tools import payloads
from tools.pages import publish

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "writing-variants.md"

VARIANT = """\
from parley.variant import Device, variant


class AckHighest(Device):
    def next_cursor(self, cursor, waiting):
        return max(cursor, *waiting)


PROTOCOL = variant("ack-highest", device=AckHighest)
"""

_STORE = "from parley.variant import MessageStore\n\n\nclass Mine(MessageStore):\n"

MISTAKES: tuple[tuple[str, str], ...] = (
    ("a name that overrides nothing", f"{_STORE}    def find_duplicates(self, rows, append, at):\n        return 0\n"),
    ("other parameters", f"{_STORE}    def find_duplicate(self, rows):\n        return 0\n"),
    ("an impossible setting", f"{_STORE}    stuck_after = -1\n"),
    ("no class of Parley's", "class Mine:\n    pass\n"),
    ("a helper that is there already", f"{_STORE}    def _advance(self):\n        return 0\n"),
    (
        "an attribute that is there already",
        f"{_STORE}    def boot(self):\n        super().boot()\n        self._sample_service_time = 0\n",
    ),
    ("not Python", "class Mine(\n"),
    ("an error when it is read", "from model.shop import Shop\n"),
)

EXAMPLES = settings(
    max_examples=600,
    stateful_step_count=15,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


HOOK = """\
from parley.variant import Gateway, replace


class DeafToLaptops(Gateway):
    def on_push(self, push, source):
        phones = tuple(device for device in push.devices if "laptop" not in device)
        super().on_push(replace(push, devices=phones), source)
"""

FIELD = """\
from parley.variant import Device, Gateway, Heartbeat


class BeatWithBattery(Heartbeat, frozen=True):
    battery: int = 100


class Beats(Device):
    def heartbeat(self):
        self.transmit(BeatWithBattery(self.name, battery=15))


class Reads(Gateway):
    def sends_digest(self, session):
        return session.device not in self._low

    def boot(self):
        super().boot()
        self._low = {}

    def on_heartbeat(self, heartbeat, connection):
        if isinstance(heartbeat, BeatWithBattery) and heartbeat.battery < 20:
            self._low[heartbeat.device] = None
        super().on_heartbeat(heartbeat, connection)
"""


LATE = """\
from parley.variant import Gateway, Push


class PushesLate(Gateway):
    def on_push(self, push: Push, source: None) -> None:
        self.after(90_000_000, self._push_now, push)  # µs: one and a half minutes

    def _push_now(self, push: Push) -> None:
        super().on_push(push, None)
"""

ABILITIES: tuple[tuple[str, str], ...] = (
    ("self.now", "what the node's clock says, in µs; faults may set it wrong"),
    (
        "self.uptime",
        "for how long the node's machine has run, in µs: a length of time is measured by it, as it never jumps",
    ),
    ("self.name", "the node's name"),
    ("self.directory", "who else there is, and who is responsible for what"),
    (
        'self.draws.u64(key("my purpose"), a, b, c)',
        "a random whole number below 2**64: the same for the same purpose and numbers, so say what it is drawn for; "
        "`key(text)` makes a number of a text",
    ),
    (
        "self.after(delay, then, arg=None)",
        "calls `then(arg)` in `delay` µs, if the node has not died by then; the `Timer` that it returns has `cancel()`",
    ),
    (
        "self.cast(to, payload)",
        "sends a payload to the node of this name: no answer, and it may be lost, doubled or overtaken",
    ),
    (
        "self.ask(to, request, timeout, then, arg=None)",
        "sends a request, and calls `then(answer, arg)`; the answer is `UNKNOWN` if none came in `timeout` µs",
    ),
    (
        "self.ask_store(partition, request, timeout, then, arg=None)",
        "the same of a store partition, whichever replica leads it",
    ),
    ("self.cast_store(partition, payload)", "sends a store partition a write, without an answer"),
    (
        "self.reply(call, answer, delay=0)",
        "answers a call, `delay` µs later; one that is never answered is `UNKNOWN` to who asked; None is no call",
    ),
    (
        "self.spawn(steps)",
        "runs a generator as a handler of this life, beginning now; what follows is for handlers, such as the steps below",
    ),
    ("yield self.sleep(delay)", "in a handler: waits `delay` µs"),
    (
        "answer = yield self.call(to, request, timeout)",
        "in a handler: asks, and waits for the answer; `call_store` asks a partition",
    ),
    ("yield self.step(point)", "in a handler: a crash point of this name is reached, where a plan may kill the node"),
    (
        "self.point(point, then, arg=None)",
        "anywhere else: a crash point is reached; if the node survives it, `then(arg)` goes on",
    ),
    (
        "self.emit(Kind, *fields)",
        "writes an event into the history: a class of `model.events`, with the fields that follow time, node and cause. What "
        "the reference writes must still be true: promises are judged by it",
    ),
    (
        "connection.send(self, payload, delay=0)",
        "sends a frame through a connection, `delay` µs later; frames arrive in order",
    ),
    ("connection.close(self)", "closes a connection; the other end learns of it"),
    ("self.transmit(payload)", "on a device: sends a frame to its gateway; False if it has no connection"),
)
"""What a component can do, as it is written, and what that does."""


def hooks() -> Iterator[str]:
    """A row of the table for each component: its hooks of each kind."""
    for component, cls in REFERENCE.components().items():
        own = [hook for name, hook in hooks_of(cls).items() if name not in OF_ALL]
        kinds = (", ".join(f"`{hook.signature}`" for hook in own if hook.kind == kind) for kind in KINDS)
        if own:
            yield f"| {component} | {' | '.join(kinds)} |"


def mistakes() -> Iterator[tuple[str, str]]:
    """What is wrong with a file, and what is said of it."""
    for what, source in MISTAKES:
        Path("mine.py").write_text(source)
        try:
            variants.load.__wrapped__("mine.py")
        except BadInput as error:
            yield what, str(error)


def said(*arguments: str) -> str:
    """What a command of Parley's prints, in a pipe."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "parley", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True).stdout


def between(text: str, first: str, last: str) -> str:
    """The lines from the one that begins with `first` to the next one that begins with `last`, without it."""
    lines = [line.rstrip() for line in text.splitlines()]
    start = next(i for i, line in enumerate(lines) if line.startswith(first))
    end = next((i for i, line in enumerate(lines) if i > start and line.startswith(last)), len(lines))
    return "\n".join(lines[start:end]).rstrip()


def example() -> str:
    """The counterexample of the machine, as `pytest properties` prints it."""
    machine = DeliveryMachine.on(DEPLOYMENTS["plain"], variants.load("ack_highest.py"), "ack_highest.py")
    try:
        run_machine(machine, Path("out/plans"), EXAMPLES)
    except Counterexample as found:
        return str(found)
    raise AssertionError("the machine found nothing wrong with it")


def page() -> str:
    """The whole page. Works in the current folder."""
    Path("ack_highest.py").write_text(VARIANT)
    Path("late.py").write_text(LATE)
    checked = said("check", "--protocol", "ack_highest.py", "--seeds", "5", "--jobs", "1")
    seed = between(checked, "ci, seed", "ci, seed ")
    plan = seed.splitlines()[0].replace("ci, seed ", "out/plans/ack-highest-ci-") + ".json"
    shrunk = said("shrink", plan, "--protocol", "ack_highest.py")
    small = next(line for line in shrunk.splitlines() if line.startswith("plan")).split(maxsplit=1)[1]
    blamed = said("blame", small, "--protocol", "ack_highest.py")
    story = between(shrunk, "How it comes to this", "plan").splitlines()
    table = "\n".join(f"| {what} | `{error}` |" for what, error in mistakes())
    return TEXT.format(
        variant=VARIANT,
        mistakes=table,
        hook=HOOK,
        field=FIELD,
        late=LATE,
        late_said=between(
            said("check", "--protocol", "late.py", "--seeds", "1", "--jobs", "1"), "ci, seed", "VIOLATED"
        ),
        abilities="\n".join(f"| `{call}` | {what} |" for call, what in ABILITIES),
        hooks="\n".join(hooks()),
        payloads="\n".join(payloads.rows()),
        all=", ".join(f"`{hooks_of(Device)[name].signature}` ({LIFE[name]})" for name in OF_ALL),
        turns="; ".join(f"`{name}`: {what}" for name, what in LIFE.items() if name not in OF_ALL),
        checked="\n".join([*seed.splitlines()[:5], "…", between(checked, "replay", "report")]),
        plan=plan,
        shrunk="\n".join([between(shrunk, "violated", "How it comes"), "", story[0], "      …", *story[-5:]]),
        small=small,
        blamed=blamed.strip(),
        example=example(),
    )


TEXT = """\
# Writing variants

<!-- generated by tools/variants.py; do not edit -->

A *variant* is the protocol with a decision changed. This page goes from an idea to the smallest run that shows what is
wrong with it. Every output on it is real: the page is made by running what it shows.

## The idea

A device moves its delivered cursor to the highest seq below which nothing is missing. So one lost message holds the
cursor back, however many came after it, and the store hears of none of them. Why not move it to the highest seq that has
arrived? Whatever is missing will surely come.

## The file

[decisions.md](decisions.md) lists every decision: what the reference does, why, and another answer. The one that is meant
is `device.next_cursor`. Save this as `ack_highest.py`, in the project's folder:

```python
{variant}```

- A variant subclasses a component's class and overrides decisions (methods) or settings (values of the class).
- `variant(name, component=Class, …)` is the reference with these classes in place. It may be left out: then all component
  classes that the file defines are put in place together, under the file's name.
- Several wrong ideas may be in one file: `--protocol ack_highest.py:AckHighest` chooses one.
- A helper that you add begins with an underscore: every other name has to override something. It may not have the name of a
  private method of the class by accident, nor may an attribute that you set: `@overrides_private` above the method says that it
  is meant.
- `self.now` is the node's clock in µs, `self.draws` the only randomness; [all that a component can do](#what-a-component-can-do)
  is below. Don't keep state in globals, and don't read the clock of your machine: the same seed must give the same run.

Anything that would be ignored, or can't work, is refused before anything is run, in one line, with exit code 2:

| in `mine.py` | what is said |
|---|---|
{mistakes}

An error in a decision while it runs is reported as one line, too, with the file, the line, and the run in which it came
up. So is an answer of another type than the decision's signature says, and a decision that does not come back: one reaction
that takes more than half a minute of real time is given up. What was finished before is kept, as it is at an interruption.

## Where no decision is asked: hooks

Some bugs are no other answer to a question: something else happens when a message comes, or when an app wakes up. A *hook* is a
public method that is called then. Override it, and call it by `super()` for what the reference does:

```python
{hook}```

What each payload holds is [at the end of this page](#what-the-payloads-hold). Hooks keep their names and parameters, and are
checked like decisions when the file is loaded. `source` is None for what needs no answer; a `call` is answered by
`self.reply(call, answer)`, by a payload of the type that the reference answers. A payload may be changed on its way:
`replace(push, devices=())`.

A method whose name begins with an underscore is no hook, and may be gone in the next release. One that you replace all the same
has to say so: it calls the one that it replaces by `super()`, or is marked with `@overrides_private`.

All components have {all}. Besides these:

| component | what comes | steps, which are generators | turns of its life |
|---|---|---|---|
{hooks}

Turns of a life: {turns}.

## What a component can do

All times are whole µs: 1_000_000 is a second.

| in a method | what it does |
|---|---|
{abilities}

Something that comes late is what these are often for. This gateway pushes what it is told to push when one and a half minutes
have passed, and forgets it if it dies before:

```python
{late}```

Saved as `late.py`, it is judged by `parley check --protocol late.py --seeds 1`:

```
{late_said}
```

`after` calls with one argument, so what has to be kept is put into it, as a tuple if there is more. Sequencers and ways of
fanning out are no nodes: of a sequencer `self.service` is one.

## A field, a message, a crash point of your own

A payload can be given a field: subclass its type in your file, with a default, and send it instead. Whoever knows nothing of it
takes it for the type that it is of, and so do faults that are aimed at that type:

```python
{field}```

Crash points that a class adds to its `points`, payload types of its own that its `receives` gives a method, and settings that it
declares with `setting` can be named in scenarios and plans, as those of the reference can: what they name is checked against the
protocol that they are run with.

## Does it keep its promises?

```
.venv/bin/parley check --protocol ack_highest.py --seeds 5
```

runs five random plans of the scenario `ci` (without `--seeds`: all 200 of them, in half a minute); other scenarios are named
before the options (`parley check churn push --protocol …`). It prints figures, what was reached, and for each plan that
failed what was violated:

```
{checked}
```

Before that it says how often each overridden decision was asked, and how often it answered otherwise than the reference would
have. What a hook does can't be compared by its answers: if all runs pass, five of those in which it ran are done again without
it, and it says in how many of them that made a difference. One of which the runs say nothing is named even if they
pass, with the campaign that would put it to the test.

Exit code 1: a promise was broken. [properties.md](properties.md) says what each property promises and what counts as
proof. Five plans that pass say little; `ci` in full is the least to ask for.

## What is the smallest run that shows it?

```
.venv/bin/parley shrink {plan} --protocol ack_highest.py
```

takes everything out of the plan that isn't needed for the same promise to break:

```
{shrunk}
```

A plan names the variant that it was made with, and runs none of it by itself: a plan may come from a stranger. So the protocol is
said again; `--trust` runs what the plan names. `parley replay` runs the plan that it leaves, and `--story` tells all of it; the
test that it leaves is a pytest test to keep.
The next `parley check` of this variant replaces the plans of its failed runs, and leaves what was shrunk alone.

## Which of the faults is to blame?

```
.venv/bin/parley blame {small} --protocol ack_highest.py
```

```
{blamed}
```

## The whole suite

```
.venv/bin/python -m pytest properties --protocol ack_highest.py
```

runs one test for each property over random plans, and Hypothesis on small deployments: a state machine that sends, reads,
joins, kills, crashes, cuts, and lets time pass, and whole plans. It often finds something smaller. For this one, on the
simplest deployment:

```
{example}
```

A message came while the one before it was missing, and the cursor said that both had come. What is missing is never asked
for again: that is the promise that the cursor makes, and the reason why it waits.

| option | what it does |
|---|---|
| `--scenario NAME` | judges on this scenario's deployment and plans: a file, or a bundled name; may be given several times |
| `-m cursor` | one family of properties: `-m push`, `-m receipts_and_unread`; `pytest --markers` lists them |
| `-m fast`, `-m slow` | the properties over random plans; Hypothesis |
| `-n 2` | two processes; the random plans are run once all the same |
| `--plans DIR` | where the plans of failures go (`out/plans`) |
| `PARLEY_PROFILE=dev` | fewer examples; `nightly`: many; both keep what failed in `.hypothesis/` and try it first next time |

A property that no plan put to the test is skipped as vacuous: that is no good news, but none. `-rs` lists these, with
scenarios in which they have something to judge.

## How much does it take?

```
.venv/bin/parley radius w1 --k 1 -p ack_highest.py
```

tries every single thing that can go wrong in the story `w1`, and says which promises one of them is enough to break:
[radius.md](radius.md). The story matters: a decision that it never asks is not put to the test, whatever goes wrong, and 'none
with ≤ 1' is then said of the story and not of the decision. For one that is about members leaving, choose a story in which
somebody leaves, `scenarios/stories/members.toml`; there are others beside it, or write one
([writing-scenarios.md](writing-scenarios.md)). `parley radius` takes a failed plan, too, whose actions are then the story.

When the idea survives all of this, run `parley check nightly --seeds 5000` overnight. When a run breaks the reference
itself, that is a bug of the reference: its plan belongs into `properties/regressions/`.

## What the payloads hold

What comes to the hooks for messages, with its fields. Those of the last rows stand in fields of others.

| payload | who takes it | what it is | fields |
|---|---|---|---|
{payloads}
"""


def main() -> int:
    """Writes or checks the page."""
    here = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            text = page()
        finally:
            os.chdir(here)
    return publish(PAGE, text, check="--check" in sys.argv)


if __name__ == "__main__":
    sys.exit(main())
