"""Curves, the confusion matrix and what principal components carry, as PNG."""

import io
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.calibration import calibration_curve
from sklearn.metrics import precision_recall_curve, roc_curve

from core.batch import Bools, Floats
from core.training_report import Counts, ReportedModel
from model.evaluation import Metrics


def plots(title: str, truth: Bools, scores: Floats, metrics: Metrics) -> Mapping[str, bytes]:
    """File name → PNG: precision-recall, ROC, calibration, confusion matrix of the hold-out.

    Where that has no fault, the confusion matrix alone.
    """
    draw: Mapping[str, Callable[[Axes], None]] = {
        "precision_recall.png": lambda axes: _precision_recall(axes, truth, scores, metrics),
        "roc.png": lambda axes: _roc(axes, truth, scores, metrics),
        "calibration.png": lambda axes: _calibration(axes, *calibration_curve(truth, scores, n_bins=10)),
        "confusion.png": lambda axes: _confusion_matrix(axes, _counts(metrics)),
    }
    return _drawn(title, draw, with_faults=bool(truth.any()))


def reported_plots(title: str, model: ReportedModel) -> Mapping[str, bytes]:
    """The same of a model as its training's report tells of it, which has no ROC curve."""
    draw: Mapping[str, Callable[[Axes], None]] = {
        "precision_recall.png": lambda axes: _reported_precision_recall(axes, model),
        "calibration.png": lambda axes: _calibration(
            axes, [one.faults for one in model.calibration], [one.said for one in model.calibration]
        ),
        "confusion.png": lambda axes: _confusion_matrix(axes, model.counts),
    }
    return _drawn(title, draw, with_faults=bool(model.precision_recall))


def _drawn(title: str, draw: Mapping[str, Callable[[Axes], None]], *, with_faults: bool) -> Mapping[str, bytes]:
    shown = draw if with_faults else {"confusion.png": draw["confusion.png"]}
    return {name: _png(title, fill) for name, fill in shown.items()}


def explained_variance(title: str, shares: Floats, kept: int) -> bytes:
    """PNG: of all components each one's share of the variance, shape (n,), and that of all up to it."""
    return _png(title, lambda axes: _explained_variance(axes, shares, kept))


def _explained_variance(axes: Axes, shares: Floats, kept: int) -> None:
    numbers, together = np.arange(1, len(shares) + 1), np.cumsum(shares)
    axes.bar(numbers, shares, label="each")
    axes.step(numbers, together, where="mid", color="C1", label="together")
    axes.axvline(kept + 0.5, linestyle=":", color="grey", label=f"{kept} kept: {together[kept - 1]:.1%}")
    axes.set(xlabel="component", ylabel="share of the variance", ylim=(0, 1.05))
    axes.legend(loc="center right")


def _png(title: str, fill: Callable[[Axes], None]) -> bytes:
    figure = Figure(figsize=(5, 4.5), dpi=110, layout="constrained")
    axes = figure.add_subplot()
    fill(axes)
    figure.suptitle(title, fontsize=10)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def _precision_recall(axes: Axes, truth: Bools, scores: Floats, metrics: Metrics) -> None:
    precision, recall, _ = precision_recall_curve(truth, scores)
    axes.step(recall, precision, where="post", label=f"area {metrics.pr_auc:.3f}")
    axes.plot(
        *np.array([[metrics.recall], [metrics.precision]], dtype=np.float64),
        "o",
        label=f"threshold {metrics.threshold:.3f}",
    )
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1.02), ylim=(0, 1.05))
    axes.legend()


def _roc(axes: Axes, truth: Bools, scores: Floats, metrics: Metrics) -> None:
    false_alarms, recall, _ = roc_curve(truth, scores)
    axes.plot(false_alarms, recall, label=f"area {metrics.roc_auc:.3f}")
    axes.plot([0, 1], [0, 1], ":", label="chance")
    axes.set(xlabel="share of normal readings that alarm", ylabel="recall")
    axes.legend()


def _reported_precision_recall(axes: Axes, model: ReportedModel) -> None:
    counts = model.counts
    recall, precision = np.array(model.precision_recall).T
    axes.step(recall, precision, where="post")
    if alarms := counts.found + counts.false:
        at = np.array([[counts.found / (counts.found + counts.missed)], [counts.found / alarms]])
        axes.plot(*at, "o", label=f"threshold {model.threshold:.3f}")
        axes.legend()
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1.02), ylim=(0, 1.05))


def _calibration(axes: Axes, happened: Sequence[float], said: Sequence[float]) -> None:
    axes.plot(said, happened, "o-", label="hold-out")
    axes.plot([0, 1], [0, 1], ":", label="perfect")
    axes.set(xlabel="probability said", ylabel="share that were faults")
    axes.legend()


def _counts(metrics: Metrics) -> Counts:
    found = metrics.confusion
    return Counts(found.true_positives, found.false_negatives, found.false_positives, found.true_negatives)


def _confusion_matrix(axes: Axes, counts: Counts) -> None:
    table = np.array([[counts.quiet, counts.false], [counts.missed, counts.found]])
    axes.imshow(np.log1p(table), cmap="Blues")
    for (row, column), count in np.ndenumerate(table):
        axes.text(column, row, f"{count}", ha="center", va="center", bbox={"facecolor": "white", "edgecolor": "none"})
    axes.set(xlabel="model says", ylabel="truth", xticks=[0, 1], yticks=[0, 1])
    axes.set_xticklabels(["normal", "fault"])
    axes.set_yticklabels(["normal", "fault"])
