"""Figures of the report as inline SVG: the same samples give the same bytes.

Colours are from the Okabe–Ito palette, which people with any colour vision can tell apart; lines differ in style too.

Requirements: R3.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from model.events import Connected, DeviceRegistered, Disconnected, Slept, Stored
from reports.metrics.table import human
from sim.history import Crashed, Event, FaultEnded, FaultStarted, Healed, Paused, Restarted, Resumed

_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00")
_STYLES = ("-", "--", "-.", ":", (0, (5, 1)))
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
    "figure.constrained_layout.use": True,
}


def _svg(figure: Figure, label: str) -> str:
    """The drawing as an element of a page, with `label` for those who have it read to them."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    plt.close(figure)
    text = buffer.getvalue()
    return f'<svg role="img" aria-label="{escape(label)}"' + text[text.index("<svg") + 4 :]


def _short(value: float) -> str:
    """A tick's time: 10 ms, not 10.0 ms."""
    number, _, unit = human(round(value), "µs").partition(" ")
    return f"{float(number):g} {unit}"


def _lines(samples: Mapping[str, Sequence[int]], xlabel: str, *, above: bool) -> str | None:
    shown = {name: sorted(max(1, value) for value in values) for name, values in samples.items() if len(values) > 1}
    if not shown:
        return None
    with plt.rc_context(_STYLE):
        figure, axes = plt.subplots(figsize=(7.2, 2.9))
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


def bars(counts: Mapping[str, int], xlabel: str, colour: int = 0) -> str | None:
    """Horizontal bars on a logarithmic axis, with their numbers; what never happened is said. None if empty."""
    if not counts:
        return None
    names = list(counts)[::-1]
    values = [counts[name] for name in names]
    with plt.rc_context(_STYLE):
        figure, axes = plt.subplots(figsize=(7.2, 0.5 + 0.215 * len(names)))
        axes.barh(names, [max(value, 0.0001) for value in values], color=_COLOURS[colour], height=0.62)
        axes.set_xscale("log")
        axes.set_xlim(left=0.7, right=max(10, max(values)) * 3)
        for i, value in enumerate(values):
            text = f"{value:,}" if value else "never"
            axes.text(max(value, 0.8) * 1.12, i, text, va="center", fontsize=8, color="#333333" if value else "#D55E00")
        axes.grid(axis="y", visible=False)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel(xlabel)
        axes.set_ylim(-0.6, len(names) - 0.4)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        return _svg(figure, f"{xlabel}: " + ", ".join(f"{name} {count:,}" for name, count in counts.items()))


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
    with plt.rc_context(_STYLE):
        figure, axes = plt.subplots(figsize=(7.2, 1.15 + 0.2 * len(table)))
        for y, x, count in counts:
            colour = _SCALE[sum(count > most for most in _STEPS)] if count else _UNREACHED
            axes.barh(y, 0.94, left=x - 0.47, height=0.9, color=colour, linewidth=0)
            ink = "#D55E00" if not count else "white" if count > 100 else "#333333"
            axes.text(x, y + 0.04, _abbreviated(count), ha="center", va="center", fontsize=6.5, color=ink)
        axes.set_yticks(range(len(table)), list(table), fontsize=7.5)
        axes.set_xticks(range(len(columns)), columns, fontsize=7.5, rotation=35, ha="left", rotation_mode="anchor")
        axes.xaxis.set_ticks_position("top")
        axes.set_ylim(len(table) - 0.5, -0.5)
        axes.set_xlim(-0.5, len(columns) - 0.5)
        axes.tick_params(length=0)
        axes.grid(visible=False)
        for spine in axes.spines.values():
            spine.set_visible(False)
        reached = sum(count > 0 for _, _, count in counts)
        return _svg(figure, f"{label}: {reached} of {len(counts)} pairs reached")


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
    with plt.rc_context(_STYLE):
        figure, axes = plt.subplots(figsize=(7.2, 2.2))
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
    with plt.rc_context(_STYLE):
        figure, axes = plt.subplots(figsize=(7.2, 0.95 + 0.23 * len(lanes)))
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
