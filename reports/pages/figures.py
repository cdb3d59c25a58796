"""Figures of the report as inline SVG: the same samples give the same bytes.

Colours are from the Okabe–Ito palette, which people with any colour vision can tell apart; lines differ in style too.

Requirements: R3.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from html import escape
from math import log10
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from model.events import Connected, DeviceRegistered, Disconnected, Slept, Stored
from reports.metrics.table import human
from sim.history import Crashed, Event, FaultEnded, FaultStarted, Healed, Paused, Restarted, Resumed

_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00")
_STYLES = ("-", "--", "-.", ":", (0, (5, 1)))
WIDTH = 7.2
"""Of all drawings, in inches, so that their letters are equally large."""

_STYLE: Any = {
    "svg.hashsalt": "parley",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#8a8a8a",
    "axes.labelcolor": "#333333",
    "xtick.color": "#555555",
    "ytick.color": "#555555",
    "axes.grid": True,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.7,
    "axes.axisbelow": True,
}


def _svg(figure: Figure, label: str) -> str:
    """The drawing as an element of a page, with `label` for those who have it read to them."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    text = buffer.getvalue()
    return f'<svg role="img" aria-label="{escape(label)}"' + text[text.index("<svg") + 4 :]


def _figure(height: float, above: float = 0.1, below: float = 0.45, left: float = 0.8) -> tuple[Figure, Any]:
    """A drawing of so many inches, with so much room around its axes. To have the room worked out means to draw twice."""
    figure = Figure(figsize=(WIDTH, height))
    figure.subplots_adjust(left / WIDTH, below / height, 1 - 0.15 / WIDTH, 1 - above / height)
    return figure, figure.subplots()


def _short(value: float) -> str:
    """A tick's time: 10 ms, not 10.0 ms."""
    number, _, unit = human(round(value), "µs").partition(" ")
    return f"{float(number):g} {unit}"


def _lines(samples: Mapping[str, Sequence[int]], xlabel: str, *, above: bool) -> str | None:
    shown = {name: sorted(max(1, value) for value in values) for name, values in samples.items() if len(values) > 1}
    if not shown:
        return None
    with rc_context(_STYLE):
        figure, axes = _figure(2.9, above=0.1 + 0.2 * -(-len(shown) // 2))
        for i, (name, values) in enumerate(shown.items()):
            n, step = len(values), max(1, len(values) // 400)
            xs = [*values[::step], values[-1]]
            ys = [*((k + 1) / n for k in range(0, n, step)), 1.0]
            if above:
                # Nothing is above the largest; a logarithmic axis has no 0, so that the line ends below one sample's share.
                ys = [max(1 - y, 0.5 / n) for y in ys]
            label = f"{name} (n = {n:,})"
            style: Any = {"color": _COLOURS[i % 5], "linestyle": _STYLES[i % 5], "linewidth": 1.8}
            axes.plot(xs, ys, drawstyle="steps-post", label=label, **style)
        lowest = min(values[len(values) // 200] for values in shown.values())
        axes.set_xscale("log")
        axes.set_xlim(left=max(1_000, lowest * 0.8))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _short(value)))
        axes.xaxis.set_minor_formatter(FuncFormatter(lambda value, _: ""))
        axes.set_xlabel(xlabel)
        if above:
            axes.set_yscale("log")
            axes.set_ylim(0.4 / max(len(values) for values in shown.values()), 1.3)
            axes.set_ylabel("share above (log)")
        else:
            axes.set_ylim(0, 1.02)
            axes.set_ylabel("share at or below")
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value * 100:g} %"))
        axes.legend(frameon=False, loc="lower left", bbox_to_anchor=(-0.01, 1.0), ncols=2, fontsize=8.5)
        told = (
            f"{name}: median {human(v[(len(v) - 1) // 2], 'µs')}, largest {human(v[-1], 'µs')}"
            for name, v in shown.items()
        )
        return _svg(figure, f"{'Tail' if above else 'Cumulative'} distribution, {xlabel}. " + "; ".join(told))


def cdf(samples: Mapping[str, Sequence[int]], xlabel: str) -> str | None:
    """Cumulative distributions, one line a name, over a logarithmic time axis; samples in µs. None without samples."""
    return _lines(samples, xlabel, above=False)


def tail(samples: Mapping[str, Sequence[int]], xlabel: str) -> str | None:
    """The share above each time, both axes logarithmic: for samples that are nearly always 0. None without samples."""
    return _lines(samples, xlabel, above=True)


POINT = 72
"""Points of an inch: by these, what is drawn without Matplotlib is as large as what is drawn with it."""


def _page(height: float, label: str, parts: Sequence[str]) -> str:
    """A drawing made of its parts, `height` points high. What is only boxes and words is drawn in no time by hand."""
    width = WIDTH * POINT
    return (
        f'<svg role="img" aria-label="{escape(label)}" xmlns="http://www.w3.org/2000/svg" width="{width:g}pt" '
        f'height="{height:g}pt" viewBox="0 0 {width:g} {height:g}" font-family="sans-serif">'
        + "".join(parts)
        + "</svg>"
    )


def _box(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"/>'


def _word(x: float, y: float, text: str, size: float, colour: str, anchor: str = "start", more: str = "") -> str:
    """A text; `y` is where its letters stand."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" fill="{colour}" text-anchor="{anchor}"{more}>'
        f"{escape(text, quote=False)}</text>"
    )


def _length(text: str, size: float) -> float:
    """About how long a text is, in a font as wide as any: so much room is kept for it."""
    return size * sum(
        0.38 if c in " fijlrt'.,:;()" else 0.97 if c in "mwMW" else 0.7 if c.isupper() else 0.62 for c in text
    )


def bars(counts: Mapping[str, int], xlabel: str, colour: int = 0) -> str | None:
    """Horizontal bars on a logarithmic axis, with their numbers; what never happened is said. None if empty."""
    if not counts:
        return None
    size, row = 9.0, 15.5
    left = max(_length(name, size) for name in counts) + 10
    most = max(10, *counts.values())
    scale = (WIDTH * POINT - left - 50) / log10(most / 0.7)
    bottom = 6 + row * len(counts)
    parts = []
    for tick in (10**power for power in range(len(str(most)))):
        x = left + scale * log10(tick / 0.7)
        parts.append(_box(x - 0.35, 4, 0.7, bottom - 2, "#e4e4e4"))
        parts.append(_word(x, bottom + 12, f"{tick:,}", size, "#555555", "middle"))
    for i, (name, count) in enumerate(counts.items()):
        y, wide = 6 + row * i, scale * log10(max(count, 0.7) / 0.7)
        parts.append(_word(left - 5, y + 11, name, size, "#333333", "end"))
        if count:
            parts.append(_box(left, y + 3, wide, row * 0.62, _COLOURS[colour]))
        text, ink = (f"{count:,}", "#333333") if count else ("never", _COLOURS[1])
        parts.append(_word(left + wide + 4, y + 10.5, text, 8, ink))
    parts.append(_box(left - 0.4, 4, 0.8, bottom - 2, "#8a8a8a"))
    parts.append(_word(left + (WIDTH * POINT - left) / 2, bottom + 26, xlabel, size, "#333333", "middle"))
    told = ", ".join(f"{name} {count:,}" for name, count in counts.items())
    return _page(bottom + 32, f"{xlabel}: {told}", parts)


_UNREACHED = "#fdeee0"
_SCALE = ("#d9ecf7", "#a9d3ec", "#6fb3dc", "#2f8cc4", "#0072B2")
_STEPS = (1, 10, 100, 1_000)
"""The colours of a heat map: once, up to 10 times, up to 100, up to 1,000, more often."""


def heat(table: Mapping[str, Mapping[str, int]], label: str) -> str | None:
    """How often each pair of a row and a column was reached: darker is more often. None if there is no pair.

    A pair that `table` lacks can't be reached and stays empty; one that was never reached has a 0.
    """
    columns = list(dict.fromkeys(column for row in table.values() for column in row))
    if not columns:
        return None
    counts = [
        (y, columns.index(column), count) for y, row in enumerate(table.values()) for column, count in row.items()
    ]
    size, high = 7.5, 14.4
    left = max(_length(name, size) for name in table) + 10
    # The names of the columns lean to the right by 35 degrees, and the last one must not lean out of the drawing.
    longest = max(_length(column, size) for column in columns)
    top = 10 + 0.574 * longest
    wide = (WIDTH * POINT - left - 0.82 * longest) / len(columns)
    parts = [_word(left - 5, top + high * y + 9.5, name, size, "#333333", "end") for y, name in enumerate(table)]
    for x, column in enumerate(columns):
        at = f"{left + wide * (x + 0.5):.1f} {top - 3:.1f}"
        parts.append(_word(0, 0, column, size, "#333333", more=f' transform="translate({at}) rotate(-35)"'))
    for y, x, count in counts:
        colour = _SCALE[sum(count > most for most in _STEPS)] if count else _UNREACHED
        parts.append(_box(left + wide * (x + 0.03), top + high * (y + 0.05), wide * 0.94, high * 0.9, colour))
        ink = _COLOURS[1] if not count else "white" if count > 100 else "#333333"
        parts.append(_word(left + wide * (x + 0.5), top + high * (y + 0.66), _abbreviated(count), 6.5, ink, "middle"))
    reached = sum(count > 0 for _, _, count in counts)
    return _page(top + high * len(table) + 4, f"{label}: {reached} of {len(counts)} pairs reached", parts)


def _abbreviated(count: int) -> str:
    """A count in at most four characters: 950, 1.2k, 13k."""
    if count < 1_000:
        return str(count)
    return f"{count / 1_000:.1f}k" if count < 9_950 else f"{count / 1_000:.0f}k"


def histogram(values: Sequence[int], xlabel: str, colour: int = 0) -> str | None:
    """How often each small whole number occurs; everything from the 16th on in one bar. None without values."""
    if not values:
        return None
    most = min(max(values), 16)
    counts = [0] * (most + 1)
    for value in values:
        counts[min(value, most)] += 1
    with rc_context(_STYLE):
        figure, axes = _figure(2.2)
        labels = [str(i) if i < 16 else "≥ 16" for i in range(most + 1)]
        axes.bar(labels, [count / len(values) for count in counts], color=_COLOURS[colour], width=0.7)
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value * 100:g} %"))
        axes.grid(axis="x", visible=False)
        axes.set_xlabel(xlabel)
        axes.set_ylabel("share (log)")
        return _svg(figure, f"{xlabel}: 0 in {counts[0] / len(values):.0%} of {len(values):,}, at most {max(values):,}")


_VIA = {"push": (0, "o"), "sync": (2, "D"), "accept": (4, "s")}


def timeline(history: Sequence[Event], *, devices: Sequence[str] = (), most: int = 24) -> str | None:
    """One run over simulated time: its faults as spans, then each device's connections as bands and what it stored as marks.

    A fault that has not ended by the healing lasts until then if another of its kind ended in this run; else it is drawn
    as a stroke at its start, because its events don't say whether it lasted. Nodes that died or stood still have a lane
    with those spans. `devices`: only these; else the first `most`. None for a history in which nothing happens.
    """
    if not history or history[-1].t <= 0:
        return None
    scene = _Scene(history)
    shown = [device for device in scene.devices if device in devices or not devices][:most]
    downs = [node for node in scene.down if node not in scene.devices]
    lanes = [("fault", name) for name in scene.faults] + [("node", n) for n in downs] + [("device", d) for d in shown]
    if not lanes:
        return None
    end = history[-1].t / 1e6
    used: dict[str, Any] = {}
    with rc_context(_STYLE):
        longest = max(len(name) for _, name in lanes)
        figure, axes = _figure(0.95 + 0.23 * len(lanes), above=0.5, left=0.15 + 0.075 * longest)
        for y, (what, name) in enumerate(lanes):
            if what == "fault":
                for since, until in scene.faults[name]:
                    _band(axes, y, since, until, _COLOURS[1], used, "fault")
                continue
            for since, until in scene.up.get(name, ()):
                _band(axes, y, since, until, "#d5dbe1", used, "connected")
            for since, until in scene.down.get(name, ()):
                _band(axes, y, since, until, "#6b6b6b", used, "down or still")
            for via, (colour, marker) in _VIA.items():
                times = scene.stored.get((name, via), ())
                if times:
                    style: Any = {"color": _COLOURS[colour], "markersize": 4.2, "markeredgecolor": "white"}
                    (dots,) = axes.plot(times, [y] * len(times), marker, markeredgewidth=0.5, zorder=3, **style)
                    used.setdefault("its own, accepted" if via == "accept" else f"stored, by {via}", dots)
        if scene.healed is not None:
            used["healed"] = axes.axvline(scene.healed, color=_COLOURS[2], linestyle="--", linewidth=1.2, zorder=1)
        axes.set_yticks(range(len(lanes)), [name for _, name in lanes], fontsize=8)
        axes.set_ylim(len(lanes) - 0.4, -0.6)
        axes.set_xlim(0, end * 1.005)
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="y", visible=False)
        axes.set_xlabel("simulated time, s")
        axes.legend(
            used.values(),
            used.keys(),
            frameon=False,
            loc="lower left",
            bbox_to_anchor=(-0.01, 1.0),
            ncols=4,
            fontsize=8,
        )
        stored = sum(len(times) for times in scene.stored.values())
        more = f", {len(scene.devices) - len(shown)} more not drawn" if len(shown) < len(scene.devices) else ""
        told = f"A run of {end:.0f} s: faults {', '.join(scene.faults) or 'none'}; {stored:,} messages stored"
        return _svg(figure, f"{told} on {len(scene.devices)} devices{more}")


def _band(axes: Any, y: int, since: float, until: float, colour: str, used: dict[str, Any], label: str) -> None:
    """A span in a lane. A stroke at its start, when it is an instant, and so that a short one can still be seen."""
    made: Any = None
    if until > since:
        made = axes.barh(y, until - since, left=since, height=0.56, color=colour, linewidth=0)
    if label != "connected":
        (stroke,) = axes.plot([since, since], [y - 0.28, y + 0.28], color=colour, linewidth=1.6, solid_capstyle="butt")
        made = made if made is not None else stroke
    if made is not None:
        used.setdefault(label, made)


class _Scene:
    """What a timeline draws, in seconds: spans by fault, by connection and by crash; and times of Stored."""

    def __init__(self, history: Sequence[Event]) -> None:
        self.devices: list[str] = []
        self.faults: dict[str, list[tuple[float, float]]] = {}
        self.up: dict[str, list[tuple[float, float]]] = {}
        self.down: dict[str, list[tuple[float, float]]] = {}
        self.stored: dict[tuple[str, str], list[float]] = {}
        self.healed: float | None = None
        going: dict[int, tuple[str, float]] = {}
        connected: dict[str, float] = {}
        stopped: dict[str, float] = {}
        lasting = {event.kind for event in history if isinstance(event, FaultEnded)}

        def over(spans: dict[str, list[tuple[float, float]]], name: str, since: float | None, until: float) -> None:
            if since is not None:
                spans.setdefault(name, []).append((since, until))

        for event in history:
            t = event.t / 1e6
            match event:
                case DeviceRegistered():
                    self.devices.append(event.device)
                case FaultStarted():
                    name = event.kind.replace("_", " ")
                    self.faults.setdefault(name, [])
                    if event.kind in lasting:
                        going[event.fault] = (name, t)
                    else:
                        self.faults[name].append((t, t))
                case FaultEnded():
                    if event.fault in going:
                        name, since = going.pop(event.fault)
                        self.faults[name].append((since, t))
                case Connected():
                    over(self.up, event.device, connected.get(event.device), t)
                    connected[event.device] = t
                case Disconnected() | Slept():
                    over(self.up, event.device, connected.pop(event.device, None), t)
                case Crashed() | Paused():
                    if isinstance(event, Crashed):
                        over(self.up, event.node, connected.pop(event.node, None), t)
                    stopped.setdefault(event.node, t)
                case Restarted() | Resumed():
                    over(self.down, event.node, stopped.pop(event.node, None), t)
                case Stored():
                    self.stored.setdefault((event.device, event.via), []).append(t)
                case Healed():
                    self.healed = t
                    for name, since in going.values():
                        self.faults[name].append((since, t))
                    going.clear()
        end = history[-1].t / 1e6
        for name, since in going.values():
            self.faults[name].append((since, end))
        for device, since in connected.items():
            over(self.up, device, since, end)
        for node, since in stopped.items():
            over(self.down, node, since, end)
