"""Actions and faults of a plan in one line each, as a person would say them.

Requirements: R4.
"""

from __future__ import annotations

from faults.codec import written
from faults.fields import time_fields
from faults.kinds import Fault, name_of
from faults.plan import Action, Block, Create, Join, Leave, OpenList, Plan, Read, Scroll, Send, Type, Update


def seconds(time: int) -> str:
    """A time in µs as seconds, without zeros that say nothing."""
    return f"{time / 1e6:.6f}".rstrip("0").rstrip(".") + " s"


def says(item: Action | Fault) -> str:
    """An action or a fault without its time."""
    if isinstance(item, Send):
        attached = f", with {item.attachment:,} bytes attached" if item.attachment else ""
        return f"{item.device} sends {f'a {item.type} ' if item.type else ''}to {item.conversation}{attached}"
    if isinstance(item, Read):
        return f"{item.device} reads {item.conversation}"
    if isinstance(item, Create):
        return f"{item.device} creates {item.conversation}"
    if isinstance(item, Scroll):
        return f"{item.device} scrolls up in {item.conversation}"
    if isinstance(item, OpenList):
        return f"{item.device} opens the list of conversations"
    if isinstance(item, Join):
        return f"{item.device} adds {item.user} to {item.conversation}"
    if isinstance(item, Leave):
        return f"{item.device} takes {item.user} out of {item.conversation}"
    if isinstance(item, Block):
        return f"{item.device} {'no longer blocks' if item.lift else 'blocks'} {item.user}"
    if isinstance(item, Type):
        return f"{item.device} types in {item.conversation}"
    if isinstance(item, Update):
        return f"{item.device} becomes version {item.app_version}, which knows {', '.join(item.capabilities) or 'text'}"
    fields = {k: v for k, v in written(item).items() if k not in ("fault", "at")}
    return " ".join(
        [name_of(item), *(f"{k}={_value(v, time=k in time_fields(type(item)))}" for k, v in fields.items())]
    )


def when(item: Action | Fault) -> str:
    """Its time: the moment, or from when on it is armed."""
    return f"{'from' if getattr(item, 'armed', False) else 'at'} {seconds(item.at)}"


PROBE = ("converged", "the probe: apps are closed, and one message is sent in each conversation")


def lines(plan: Plan, *, probed: bool = False) -> list[tuple[str, str]]:
    """Everything that happens in a plan, as (when, what), in order of time; `probed`: and the probe after it."""
    items = sorted([*plan.workload, *plan.faults], key=lambda item: item.at)
    return [*((when(item), says(item)) for item in items), *([PROBE] if probed else [])]


def counted(plan: Plan) -> str:
    """How much happens in a plan."""
    counts = ((len(plan.workload), "action"), (len(plan.faults), "fault"))
    return " and ".join(f"{number} {what}" if number == 1 else f"{number} {what}s" for number, what in counts)


def _value(value: object, *, time: bool) -> str:
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return seconds(value).replace(" ", "") if time and isinstance(value, int) else str(value)
