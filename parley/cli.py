"""The command line. What a command ends with is in one table: `parley/exits.py`.

An interrupted campaign (Ctrl-C, or SIGTERM, as CI systems send it) keeps what was finished; if that has a violation, it
exits with 1.

What goes to standard output is the same bytes for the same command; times of day and durations go to standard error.
"""

from __future__ import annotations

import io
import signal
import sys
import traceback
from collections.abc import Callable
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import Annotated, Any, get_type_hints

import typer
from typer.core import TyperGroup

from parley import exits
from parley.commands import (
    blame,
    check,
    costs,
    import_edn,
    lint,
    mutants,
    pushes,
    radius,
    record,
    renew,
    replay,
    run,
    saturation,
    search,
    shrink,
    verify,
)
from parley.console import tell_old_imports_in_a_line
from parley.errors import BadInput, InternalError, Interrupted
from parley.files import release
from sim.limits import LIFT, lift
from sim.printable import printable, printable_lines


class _Commands(TyperGroup):
    """The commands. Typer ends one that is interrupted without a word."""

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
    bool, typer.Option(LIFT, help="Take input of any size: else, what would take hours or more than a GiB is refused.")
]


def _with_limits(command: Callable[..., None]) -> Callable[..., None]:
    """The command with one option more: the one that lifts the limits of sizes."""

    @wraps(command)
    def limited(*, no_limits: bool, **given: Any) -> None:
        lift(no_limits)
        try:
            command(**given)
        finally:
            release()

    hints = get_type_hints(command, include_extras=True)
    own = [each.replace(annotation=hints[name]) for name, each in signature(command).parameters.items()]
    option = Parameter("no_limits", Parameter.KEYWORD_ONLY, default=False, annotation=NoLimits)
    limited.__signature__ = Signature([*own, option])  # type: ignore[attr-defined]
    limited.__annotations__ = {**hints, "no_limits": NoLimits}
    return limited


for module in (
    run,
    replay,
    renew,
    check,
    pushes,
    costs,
    saturation,
    shrink,
    blame,
    radius,
    search,
    mutants,
    verify,
    record,
    lint,
    import_edn,
):
    app.command(module.__name__.rpartition(".")[2].replace("_", "-"))(_with_limits(module.command))


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
