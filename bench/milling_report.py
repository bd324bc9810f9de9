"""`bench learning --ai4i FILE`: five courses over AI4I 2020 and what each of them came to."""

import platform
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean, median
from typing import Any

from bench.machine import libraries
from bench.milling import MODES, Figures, Milling, Plan, course
from bench.people import Habits
from bench.report import heading

_CERTAIN = Habits(answered=1.0, wrong=0.0, reported=0.0)
_AS_PEOPLE_ARE = Habits(reported=0.0)
_REPORTING = Habits()
_FREQUENT = 26
"""Rows of which a group of five questions is asked: with the alerts less than a quarter of the rows are labelled."""
_OFTEN = 13
"""Retrainings of the courses of questions alone: one every 500 rows."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many seeds."""

    seeds: Sequence[int]
    question_seeds: int = 10
    """Of the courses in which questions alone find a hidden mode."""
    retrainings: int = 4
    often: int = _OFTEN


def milling(data: Milling, sizes: Sizes, say: Callable[[str], None]) -> dict[str, Any]:
    """Medians of the seeds; of the questions alone the mean."""
    asked_alone = range(1, sizes.question_seeds + 1)
    alone = {
        mode: _each(data, Plan(_CERTAIN, mode, retrainings=sizes.often), asked_alone, f"questions alone, {mode}", say)
        for mode in MODES
    }
    plans = {
        "answered": Plan(_CERTAIN, rows_a_group=_FREQUENT, retrainings=sizes.retrainings),
        "answered_as_people_are": Plan(_AS_PEOPLE_ARE, rows_a_group=_FREQUENT, retrainings=sizes.retrainings),
        "hdf_hidden_half_reported": Plan(_REPORTING, "HDF", retrainings=sizes.retrainings),
    }
    found = {name: _each(data, plan, sizes.seeds, name, say) for name, plan in plans.items()}
    return {
        **heading("learning_ai4i", {"python": platform.python_version(), **libraries("numpy", "scikit-learn")}),
        "settings": {
            **asdict(sizes),
            "seeds": list(sizes.seeds),
            "plans": {name: asdict(plan) for name, plan in plans.items()},
        },
        **{name: _conclusion(figures) for name, figures in found.items()},
        "questions_alone": {mode: _at_rate(figures) for mode, figures in alone.items() if figures},
    }


def _each(
    data: Milling, plan: Plan, seeds: Sequence[int] | range, name: str, say: Callable[[str], None]
) -> list[Figures]:
    figures = []
    for seed in seeds:
        figures.append(found := course(data, plan, seed))
        hidden = f", {plan.hidden} {found.hidden_recall[1]:.2f}, at the rate {found.hidden_at_rate[1]:.2f}"
        say(
            f"{name}, seed {seed}: PR-AUC {found.before.pr_auc:.3f} → {found.after.pr_auc:.3f}, "
            f"F1 {found.before.f1:.3f} → {found.after.f1:.3f}, {found.labelled:.1%} labelled"
            f"{hidden if plan.hidden else ''}"
        )
    return figures


def _conclusion(figures: Sequence[Figures]) -> dict[str, Any]:
    pairs = {
        "pr_auc": [(_value(found.before.pr_auc), _value(found.after.pr_auc)) for found in figures],
        "f1": [(_value(found.before.f1), _value(found.after.f1)) for found in figures],
        "hidden_recall": [found.hidden_recall for found in figures],
    }
    return {
        **{name: _before_and_after(values) for name, values in pairs.items() if values[0][0] == values[0][0]},
        "labelled": median(found.labelled for found in figures),
    }


def _value(measure: float | None) -> float:
    assert measure is not None, "its hold-out has faults"
    return measure


def _at_rate(figures: Sequence[Figures]) -> dict[str, Any]:
    values = [found.hidden_at_rate for found in figures]
    return {
        "before": fmean(before for before, _ in values),
        "after": fmean(after for _, after in values),
        "by_seed": [after for _, after in values],
        "labelled": fmean(found.labelled for found in figures),
    }


def _before_and_after(values: Sequence[tuple[float, float]]) -> dict[str, Any]:
    return {
        "before": median(before for before, _ in values),
        "after": median(after for _, after in values),
        "by_seed": [after for _, after in values],
    }
