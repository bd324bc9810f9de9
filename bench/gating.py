"""`bench gate`: whether the gate refuses what is worse and promotes what is better, seed by seed. Needs no server.

A champion watches a fleet for a day and people answer. Then challengers of every kind meet it, the way a person would
bring each about; what they are really worth is told by later days of the same fleet, which the gate does not see.
"""

import platform
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np

from bench.answering import Answering
from bench.asking import Asking
from bench.fleet import Fleet
from bench.in_memory import Trainer
from bench.machine import libraries
from bench.people import Habits, People
from bench.report import heading
from bench.watch import Watched, watch
from core.history import History
from core.machine import Machine
from core.training import LabelledIncident
from core.training_options import Algorithm
from model.recipe import Recipe
from producer.history import simulated_history

WORSE = ("shuffled labels", "flipping operator", "dropped sensor", "leaked label")
"""Kinds of challengers that nobody should want."""
BETTER = "honest answers"


@dataclass(frozen=True, slots=True)
class Plan:
    """How many readings each of them knows."""

    algorithm: Algorithm = "hgb"
    past_devices: int = 20
    past_readings: int = 8_000
    devices: int = 20
    fault_rate: float = 0.05
    questions_a_day: int = 30
    dropped: str = "vibration"
    """The sensor that stands empty in the base data of the third kind."""
    leak: str = "humidity"
    """The sensor that gives the truth away in the base data of the fourth."""
    habits: Habits = field(default_factory=Habits)


QUICK = Plan(past_readings=4_000, devices=10)
Say = Callable[[str], None]


class Worth(NamedTuple):
    """What a model is worth on the later days."""

    false_alarms: float
    """A device and day."""
    recall: float
    """Of episodes."""

    @classmethod
    def of(cls, later: Watched) -> "Worth":
        """As these days show it."""
        return cls(later.false_alarms_per_device_day(), later.recall())

    def beats(self, other: "Worth") -> bool:
        """Better in one of the two and worse in none."""
        return self != other and self.false_alarms <= other.false_alarms and self.recall >= other.recall


def gating(machine: Machine, plan: Plan, seeds: Sequence[int], say: Say) -> dict[str, Any]:
    """Of each kind how often the gate refused it; and how often it promoted what was really better."""
    return concluded(machine, plan, seeds, [one for seed in seeds for one in contests(machine, plan, seed, say)])


def concluded(machine: Machine, plan: Plan, seeds: Sequence[int], found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What the contests of these seeds come to."""
    truly = [one for one in found if one["kind"] == BETTER and one["beats"]]
    promoted = Counter(one["kind"] for one in found if one["promoted"])
    return {
        **heading("gate", {"python": platform.python_version(), **libraries("numpy", "scikit-learn")}),
        "settings": {"machine": machine.name, "seeds": list(seeds), **asdict(plan)},
        "refused": {kind: len(seeds) - promoted[kind] for kind in WORSE},
        "really_better": len(truly),
        "really_better_promoted": sum(one["promoted"] for one in truly),
        "honest_promoted": promoted[BETTER],
        "promoted_though_worse": dict(Counter(one["kind"] for one in found if one["promoted"] and one["beaten"])),
        "of": len(seeds),
        "contests": list(found),
    }


def contests(machine: Machine, plan: Plan, seed: int, say: Say) -> list[dict[str, Any]]:
    """One champion's, with a challenger of each kind."""
    past = simulated_history(machine, plan.past_devices, plan.past_readings, _PAST + seed, plan.fault_rate)
    fleet = Fleet(machine, plan.devices, seed, plan.fault_rate)
    with TemporaryDirectory(prefix="faultline-gate-") as folder:
        trainer = Trainer(machine, Path(folder))
        champion = trainer.first(past, Recipe(plan.algorithm, seed=seed))
        watched, later = watch(fleet.next(1), champion, machine.incident), fleet.next(1)
        answers = _answers(machine, plan, seed, watched, champion.threshold)
        before = Worth.of(watch(later, champion, machine.incident))
        found = []
        for kind, (history, labels) in _challengers(machine, plan, past, answers).items():
            recipe = Recipe(plan.algorithm, seed=seed)
            gate, challenger = trainer.challenge(history, recipe, labels, watched.days.recent)
            after = Worth.of(watch(later, challenger, machine.incident))
            found.append(
                {
                    "seed": seed,
                    "kind": kind,
                    "promoted": gate.promote,
                    "reason": gate.reason,
                    "before": before._asdict(),
                    "after": after._asdict(),
                    "beats": after.beats(before),
                    "beaten": before.beats(after),
                    "alarms": gate.alarms,
                }
            )
            say(f"seed {seed}, {kind}: {'promoted' if gate.promote else 'refused'}: {gate.reason}")
    return found


def _answers(
    machine: Machine, plan: Plan, seed: int, watched: Watched, threshold: float
) -> Mapping[bool, list[LabelledIncident]]:
    """What people say; under True what somebody says who flips every answer."""
    habits = {False: plan.habits, True: replace(plan.habits, wrong=1.0, reported=0.0)}
    return {
        flips: Answering(
            People(of_these, np.random.default_rng(seed)),
            Asking(machine, seed),
            plan.questions_a_day,
            own_verdicts=False,
        ).labels(watched, threshold)
        for flips, of_these in habits.items()
    }


def _challengers(
    machine: Machine, plan: Plan, past: History, answers: Mapping[bool, list[LabelledIncident]]
) -> Mapping[str, tuple[History, list[LabelledIncident]]]:
    """Kind → base data and labels that it learns from. What people really said is what the gate judges by."""
    shuffled = np.random.default_rng(0).permutation(past.fault)
    dropped, leaking = past.sensors.copy(), past.sensors.copy()
    dropped[:, machine.sensor_names.index(plan.dropped)] = np.nan
    sensor = machine.sensor_names.index(plan.leak)
    low, high = np.nanquantile(past.sensors[:, sensor], [0.4, 0.6])
    leaking[:, sensor] = np.where(past.fault, high, low)
    return {
        "shuffled labels": (replace(past, fault=shuffled), answers[False]),
        "flipping operator": (past, answers[True]),
        "dropped sensor": (replace(past, sensors=dropped), answers[False]),
        "leaked label": (replace(past, sensors=leaking), answers[False]),
        BETTER: (past, answers[False]),
    }


_PAST = 2_000_000
"""Far from the seeds of fleets."""
