"""`bench explain`: how long it takes to say which sensors pushed the prediction of one reading. Needs no server."""

import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.installation import TRAINING_ROWS
from bench.machine import libraries
from bench.report import heading
from core.batch import Floats
from core.history import History
from core.machine import Machine
from core.training_options import Algorithm
from model.explain import Explainer
from model.fit import train
from model.recipe import Recipe
from producer.history import simulated_history


@dataclass(frozen=True, slots=True)
class Plan:
    """What is explained, by which models."""

    rows: int = TRAINING_ROWS
    readings: int = 1000
    algorithms: Sequence[Algorithm] = ("lr", "rf", "hgb")


QUICK = Plan(rows=4000, readings=50)


def explaining(machine: Machine, plan: Plan, say: Callable[[str], None]) -> dict[str, Any]:
    """p50, p95, p99 and the worst of readings explained one at a time, half of them faults, by model."""
    history = simulated_history(machine, 40, plan.rows, seed=0, fault_rate=0.02)
    return {
        **heading("explain", {"python": platform.python_version(), **libraries("numpy", "scikit-learn", "shap")}),
        "settings": {"machine": machine.name, "rows": len(history), "readings": plan.readings},
        "by_model": {algorithm: _of(algorithm, machine, history, plan, say) for algorithm in plan.algorithms},
    }


def _of(
    algorithm: Algorithm, machine: Machine, history: History, plan: Plan, say: Callable[[str], None]
) -> dict[str, float]:
    candidate = train(machine, history, Recipe(algorithm), [], lambda _: None)
    began = time.perf_counter()
    explainer = Explainer(candidate.pipeline)
    prepared_ms = (time.perf_counter() - began) * 1000
    rows = _half_of_them_faults(candidate.hold_out, plan.readings)
    first, *others = [_milliseconds(explainer, row) for row in rows]
    p50, p95, p99 = np.percentile(others, [50, 95, 99]).tolist()
    say(f"{algorithm}: prepared in {prepared_ms:.0f} ms; a reading p50 {p50:.2f} ms, p95 {p95:.2f} ms")
    return {
        "prepared_ms": prepared_ms,
        "first_ms": first,
        "p50_ms": p50,
        "p95_ms": p95,
        "p99_ms": p99,
        "worst_ms": max(others),
    }


def _half_of_them_faults(history: History, count: int) -> Floats:
    """So many rows, shape (count, sensors), in any order."""
    random = np.random.default_rng(0)
    halves = [random.choice(np.flatnonzero(kind), count // 2) for kind in (history.fault, ~history.fault)]
    rows: Floats = history.sensors[random.permutation(np.concatenate(halves))]
    return rows


def _milliseconds(explainer: Explainer, reading: Floats) -> float:
    began = time.perf_counter()
    explainer.contributions(reading[np.newaxis])
    return (time.perf_counter() - began) * 1000
