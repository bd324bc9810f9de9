"""The figures as one picture."""

import io
from collections.abc import Mapping
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from bench.results import AXES, CONTENDERS, Results, short

LINE, GREY, _OTHERS = "#1b6ca8", "#9aa5ad", "#d98d5f"
_COLOURS = {"bare": GREY, "copy": GREY, "lr": LINE, "rf": LINE}
_ALLOWED = 1.5


def performance_png(results: Results) -> bytes:
    """A PNG of what was measured."""
    figure = Figure(figsize=(13, 4.2), layout="constrained")
    FigureCanvasAgg(figure)
    left, middle, right = figure.subplots(1, 3, width_ratios=[1.5, 1, 1])
    _stream(left, results.stream["runs"])
    _latency(middle, results.latency["by_model"])
    _growth(right, results.growth)
    machine = results.stream["machine"]
    figure.suptitle(
        f"Kafka → scored → Postgres on {machine['cores']} cores ({machine['cpu']}), broker and database included",
        fontsize=11,
    )
    image = io.BytesIO()
    figure.savefig(image, format="png", dpi=110)
    return image.getvalue()


def _stream(axes: Axes, runs: Mapping[str, Any]) -> None:
    shown = [name for name in reversed(CONTENDERS) if name in runs]
    rates = [runs[name]["readings_per_s"] for name in shown]
    colours = [_COLOURS.get(name, _OTHERS) for name in shown]
    axes.barh([CONTENDERS[name] for name in shown], rates, color=colours, height=0.7)
    for row, rate in enumerate(rates):
        axes.annotate(f"{rate:,.0f}", (rate, row), xytext=(4, 0), textcoords="offset points", va="center", fontsize=9)
    axes.set(title="Readings a second", xscale="log", xlim=(min(rates) / 3, max(rates) * 6))
    plain(axes, "x")


def _latency(axes: Axes, by_model: Mapping[str, Mapping[str, Any]]) -> None:
    for model, style in zip(by_model, ("-", "--"), strict=False):
        rates = [f"{int(rate):,}" for rate in by_model[model]]
        for quantile, colour in (("p50", GREY), ("p99", LINE)):
            values = [figures[quantile] for figures in by_model[model].values()]
            axes.plot(rates, values, style, marker="o", color=colour, label=f"{quantile}, {model.upper()}")
    axes.set(title="Latency, produce() to committed (ms)", xlabel="readings a second")
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False, fontsize=9)
    plain(axes, "y")


def _growth(axes: Axes, growth: Mapping[str, Any]) -> None:
    labels = [
        f"{AXES[name]}\n{short(points[0][name])} → {short(points[-1][name])}" for name, points in growth["axes"].items()
    ]
    ratios = [growth["ratios"][name] for name in growth["axes"]]
    axes.bar(labels, ratios, color=LINE, width=0.6)
    for place, ratio in enumerate(ratios):
        axes.annotate(
            f"{ratio:.2f}", (place, ratio), xytext=(0, 3), textcoords="offset points", ha="center", fontsize=9
        )
    axes.axhline(_ALLOWED, color=_OTHERS, linestyle="--", linewidth=1)
    axes.set(title="Cost of a reading, largest over smallest", ylim=(0, max(_ALLOWED, *ratios) * 1.15))
    axes.tick_params(axis="x", labelsize=8)
    plain(axes, "y")


def plain(axes: Axes, values: Literal["x", "y"]) -> None:
    """No frame, and lines only across the values."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis=values, color="#e3e7ea", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.title.set_fontsize(10)
