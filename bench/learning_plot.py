"""The courses of `bench learning` as one picture."""

import io
from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from bench.plot import GREY, LINE, plain

_PANELS = {
    "false_alarms_per_device_day": "False alarms a device and day",
    "episode_recall": "Share of fault episodes that were told",
    "unseen_mode_recall": "… of a fault that the first model never saw",
}


def learning_png(result: Mapping[str, Any]) -> bytes:
    """A PNG: a thin line for each seed, and their median."""
    figure = Figure(figsize=(13, 3.8), layout="constrained")
    FigureCanvasAgg(figure)
    seeds = result["by_seed"].values()
    for axes, (name, title) in zip(figure.subplots(1, 3), _PANELS.items(), strict=True):
        _courses(axes, [seed[name]["course"] for seed in seeds], result[name]["course"])
        axes.set_title(title)
        plain(axes, "y")
    settings = result["settings"]
    figure.suptitle(
        f"Before any answer, and after each retraining by hand: {settings['devices']} simulated devices, "
        f"{settings['habits']['answered']:.0%} of alerts answered, {settings['habits']['wrong']:.0%} of the answers "
        f"wrong; {len(result['by_seed'])} seeds",
        fontsize=11,
    )
    image = io.BytesIO()
    figure.savefig(image, format="png", dpi=110)
    return image.getvalue()


def _courses(axes: Axes, courses: list[list[float]], middle: list[float]) -> None:
    rounds = range(len(middle))
    for course in courses:
        axes.plot(rounds, course, color=GREY, linewidth=0.8)
    axes.plot(rounds, middle, color=LINE, linewidth=2.5, marker="o", label="median")
    axes.set_xticks(list(rounds), ["first model", *(f"retraining {number}" for number in rounds[1:])])
    axes.tick_params(axis="x", labelsize=8)
    axes.set_ylim(bottom=0, top=max(1.05, *(max(course) * 1.05 for course in courses)))
    axes.legend(frameon=False, fontsize=9)
