"""The command line. What a command ends with is in one table: `parley/exits.py`.

An interrupted campaign (Ctrl-C, or SIGTERM, as CI systems send it) keeps what was finished; if that has a violation, it
exits with 1.

What goes to standard output is the same bytes for the same command; times of day and durations go to standard error.
"""

from __future__ import annotations

import gc
import io
import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from functools import wraps
from importlib import import_module
from inspect import Parameter, Signature, signature
from itertools import pairwise
from typing import Annotated, Any, get_type_hints

import typer
from typer.core import TyperGroup
from typer.main import get_command

from parley import exits
from parley.errors import BadInput, InternalError, Interrupted
from parley.old_imports import tell_old_imports_in_a_line
from sim.limits import LIFT, lift
from sim.printable import printable, printable_lines

COMMANDS = {
    "run": "Runs one scenario under one seed: its plan, the verdict, the figures, and the history's digest.",
    "replay": "Runs a plan again. Says whether it shows what it showed when it was written.",
    "renew": "Runs plans and writes what they show into them: the digest, after a release that records more than the last one.",
    "check": "Runs scenarios, random ones under many seeds, and judges them. Leaves a report and the plans that failed.",
    "pushes": "Runs scenarios as they are and with every push notification dropped: nothing but latency may change.",
    "costs": "Runs scenarios under each fan-out strategy, and shows what a message costs and how long it takes.",
    "saturation": "Shows where latency leaves the ground for one to eight workers, gateways and store partitions, "
    "and what theory says.",
    "shrink": "Makes a failing plan small: a few lines that violate the same property, and a test that says how.",
    "blame": "Says which parts of a failing plan are necessary, which faults suffice, and where a passing run goes another way.",
    "radius": "Tries every set of at most k deviations from a story's default schedule: the least number that breaks a promise.",
    "search": "Searches for a plan that breaks a promise. Exits with 1 if one is found, but for --compare, which is a table.",
    "mutants": "Runs every mutant until the property that it names is violated. Exits with 1 if one survives, "
    "or the reference does not.",
    "verify": "Judges a history of any system: which promises it keeps, which it breaks and where, and which it can't tell of.",
    "record": "Records a real server of this machine while it is killed, paused or restarted, and judges the record.",
    "lint": "Says what is odd about a record that an exporter wrote, and what to change in the exporter. Judges no promise.",
    "import-edn": "Turns the history of a Jepsen test of a queue, a set or lists into a record that `parley verify` judges.",
}
"""The commands, with what the page of all of them says of each: how its own help begins. Only what is called is imported."""


class _Commands(TyperGroup):
    """The commands. Typer ends one that is interrupted without a word, and wants all of them there before it calls one."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, _, rest = super().resolve_command(ctx, args)
        return name, _imported(name) if name else None, rest

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise Interrupted from None


app = typer.Typer(
    name="parley",
    cls=_Commands,
    help="A deterministic simulator and verification workbench for chat delivery.",
    epilog="Exit codes: " + "; ".join(f"{code} {says}" for code, says in exits.SAYS.items()) + ".",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

NoLimits = Annotated[
    bool, typer.Option(LIFT, help="Take input of any size: else, what would take very long, or GiBs, is refused.")
]


def _with_limits(command: Callable[..., None]) -> Callable[..., None]:
    """The command with one option more: the one that lifts the limits of sizes."""

    @wraps(command)
    def limited(*, no_limits: bool, **given: Any) -> None:
        lift(no_limits)
        try:
            command(**given)
        finally:
            from parley.files import release

            release()

    hints = get_type_hints(command, include_extras=True)
    own = [each.replace(annotation=hints[name]) for name, each in signature(command).parameters.items()]
    option = Parameter("no_limits", Parameter.KEYWORD_ONLY, default=False, annotation=NoLimits)
    limited.__signature__ = Signature([*own, option])  # type: ignore[attr-defined]
    limited.__annotations__ = {**hints, "no_limits": NoLimits}
    return limited


SPREAD = ("check", "pushes", "costs", "saturation", "radius", "search", "mutants")
"""Commands that have several processes work."""


def _spreads(name: str, arguments: Sequence[str]) -> bool:
    """Whether a command will have several processes work, as far as can be told before it is imported."""
    one = "--jobs=1" in arguments or ("--jobs", "1") in pairwise(arguments)
    return name in SPREAD and (os.cpu_count() or 1) > 1 and not one and "--help" not in arguments


def _imported(name: str) -> Any:
    """The command of this name, with all its options."""
    if _spreads(name, sys.argv[1:]):
        from parley.parallel import begin

        begin()
    module = import_module(f"parley.commands.{name.replace('-', '_')}")
    if not gc.isenabled():  # as the entry point begins; what is there by now stays
        gc.freeze()
        gc.enable()
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    alone.command(name)(_with_limits(module.command))
    return get_command(alone)


for _name, _says in COMMANDS.items():
    app.command(_name, help=_says)(lambda: None)


def main() -> None:
    """The entry point: turns errors into one line and an exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # an ASCII terminal gets question marks, and not an internal error
    tell_old_imports_in_a_line()
    exits.note(exits.PASS)
    # Else, of several processes, those that work would live on and hold standard output open, and nothing would be kept.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        app(standalone_mode=True)
    except BadInput as error:
        print(f"parley: {error}", file=sys.stderr)
        sys.exit(exits.BAD_INPUT)
    except InternalError as error:
        print(f"parley: internal error: {error}", file=sys.stderr)
        sys.exit(exits.MISTAKE)
    except (Interrupted, KeyboardInterrupt) as error:
        print(printable(f"parley: interrupted{f': {error}' if str(error) else ''}"), file=sys.stderr)
        sys.exit(exits.worst((exits.INTERRUPTED, exits.noted())))
    except Exception:
        print(printable_lines(f"parley: internal error\n{traceback.format_exc()}"), file=sys.stderr)
        sys.exit(exits.MISTAKE)


if __name__ == "__main__":
    main()
