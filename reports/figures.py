"""Figures of the report as inline SVG: the same samples give the same bytes.

Colours are from the Okabe–Ito palette, which people with any colour vision can tell apart; lines differ in style too.

Requirements: R3.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from reports.metrics import human

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
}


def _svg(figure: Figure) -> str:
    buffer = io.StringIO()
    figure.savefig(
        buffer, format="svg", metadata={"Date": None, "Creator": None}, bbox_inches="tight", transparent=True
    )
    plt.close(figure)
    text = buffer.getvalue()
    return text[text.index("<svg") :]


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
                ys = [max(1 - y, 0.5 / n) for y in ys]
            label = f"{name} (n = {n:,})"
            axes.plot(xs, ys, color=_COLOURS[i % 5], linestyle=_STYLES[i % 5], linewidth=1.8, label=label)
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
        return _svg(figure)


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
        figure, axes = plt.subplots(figsize=(7.2, 0.3 + 0.215 * len(names)))
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
        return _svg(figure)


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
        return _svg(figure)
