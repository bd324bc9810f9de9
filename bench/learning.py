"""`bench learning`: whether people's answers make the model better. Needs no server.

A first model comes from other devices; then days of a fleet are watched, answered and learnt from, three times. Every
champion is measured on the same later days.
"""

import os
import platform
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import msgspec
import numpy as np

from bench.answering import Answering
from bench.asking import Asking
from bench.fleet import Fleet
from bench.in_memory import Trainer
from bench.machine import libraries
from bench.people import Habits, People
from bench.report import heading
from bench.watch import Watched, watch
from core.machine import Machine
from core.simulated_fault import Push, SimulatedFault
from core.training_options import Algorithm
from model.recipe import Recipe
from model.scorer import FaultModel
from producer.history import simulated_history

_COLD = SimulatedFault("running cold", (Push("temperature", -1.3),))


@dataclass(frozen=True, slots=True)
class Plan:
    """How large a fleet, how often it is learnt from, and from whom."""

    algorithm: Algorithm = "hgb"
    past_devices: int = 4
    past_readings: int = 6_000
    devices: int = 20
    fault_rate: float = 0.05
    days: int = 1
    """Between two retrainings."""
    retrainings: int = 3
    later_days: int = 2
    """On which the champions are measured."""
    questions_a_day: int = 30
    hidden: SimulatedFault = _COLD
    """What the first model of the second course never saw: its fleet has this fault as well."""
    habits: Habits = field(default_factory=Habits)


QUICK = Plan(algorithm="lr", past_readings=4_000, devices=10, days=1, retrainings=1, later_days=1)
Say = Callable[[str], None]


def learning(machine: Machine, plan: Plan, seeds: Sequence[int], say: Say) -> dict[str, Any]:
    """By seed and as the median of the seeds: before any answer, and after the last retraining."""
    with ProcessPoolExecutor(min(len(seeds), os.cpu_count() or 1)) as processes:
        figures = []
        for seed, found in zip(seeds, processes.map(partial(_of_seed, machine, plan), seeds), strict=True):
            say(f"seed {seed}: {msgspec.json.encode(found).decode()}")
            figures.append(found)
    return {
        **heading("learning", {"python": platform.python_version(), **libraries("numpy", "scikit-learn")}),
        "settings": {"machine": machine.name, "seeds": list(seeds), **asdict(plan)},
        **{name: medians(figures, name) for name in ("false_alarms_per_device_day", "episode_recall")},
        "unseen_mode_recall": medians(figures, "unseen_mode_recall"),
        "self_label_recall": medians(figures, "self_label_recall"),
        "self_label_unseen_recall": medians(figures, "self_label_unseen_recall"),
        "labels": median(found["labels"] for found in figures),
        "by_seed": {str(seed): found for seed, found in zip(seeds, figures, strict=True)},
    }


def medians(figures: Sequence[Mapping[str, Any]], name: str) -> dict[str, Any]:
    """Of the figures before, after and on the way."""
    courses = zip(*(found[name]["course"] for found in figures), strict=True)
    return {
        **{when: median(found[name][when] for found in figures) for when in ("before", "after")},
        "course": [median(values) for values in courses],
    }


def _of_seed(machine: Machine, plan: Plan, seed: int) -> dict[str, Any]:
    more = msgspec.structs.replace(machine, faults=(*machine.faults, plan.hidden))
    whole = _course(machine, machine, plan, seed)
    unseen = _course(more, machine, plan, seed)
    alone = _course(more, machine, plan, seed, own_verdicts=True)
    return {
        "false_alarms_per_device_day": _before_and_after(
            [later.false_alarms_per_device_day() for later in whole.later]
        ),
        "episode_recall": _before_and_after([later.recall() for later in whole.later]),
        "unseen_mode_recall": _before_and_after([later.recall(len(machine.faults)) for later in unseen.later]),
        "self_label_recall": _before_and_after([later.recall() for later in alone.later]),
        "self_label_unseen_recall": _before_and_after([later.recall(len(machine.faults)) for later in alone.later]),
        "labels": whole.labels,
        "gate": whole.gate,
    }


class _Course(NamedTuple):
    later: list[Watched]
    """The later days as each champion sees them, the first one first."""
    labels: int
    gate: list[str]
    """What it said of each retraining."""


def _course(machine: Machine, known: Machine, plan: Plan, seed: int, *, own_verdicts: bool = False) -> _Course:
    """A first model of what is `known`, then the days of a fleet that it learns from.

    With `own_verdicts` that model teaches itself, and no gate looks on: people's verdicts are what it judges by.
    """
    random = np.random.default_rng([seed, 2])
    past = simulated_history(known, plan.past_devices, plan.past_readings, _PAST + seed, plan.fault_rate)
    answering = Answering(People(plan.habits, random), Asking(machine, seed), plan.questions_a_day, own_verdicts)
    fleet = Fleet(machine, plan.devices, seed, plan.fault_rate)
    models: list[FaultModel] = []
    gate: list[str] = []
    with TemporaryDirectory(prefix="faultline-learning-") as folder:
        trainer = Trainer(machine, Path(folder))
        models.append(trainer.first(past, Recipe(plan.algorithm, seed=seed)))
        for _ in range(plan.retrainings):
            watched = watch(fleet.next(plan.days), models[-1], machine.incident)
            trainer.watched(watched.days.recent)
            trainer.labels.extend(answering.labels(watched, models[-1].threshold))
            outcome = trainer.retrain(gated=not own_verdicts)
            gate.append(f"{'promoted' if outcome.promoted else 'refused'}: {outcome.reason}")
            models.append(trainer.champion())
    later = fleet.next(plan.later_days)
    return _Course([watch(later, model, machine.incident) for model in models], len(trainer.labels), gate)


def _before_and_after(course: Sequence[float]) -> dict[str, Any]:
    return {"before": course[0], "after": course[-1], "course": list(course)}


_PAST = 1_000_000
"""Far from the seeds of fleets, so that the first model knows none of their devices."""
