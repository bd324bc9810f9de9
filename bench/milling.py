"""`bench learning --ai4i FILE`: the same on a public file, AI4I 2020, whose rows are single workpieces.

The first model learns from the first 5 % of the rows; the last 30 % only measure, each model with the threshold that it
came with: the rule is the same before and after.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bench.asking import Asking, Question
from bench.in_memory import Trainer
from bench.people import Habits, People
from core.batch import Bools, Floats, Integers
from core.errors import UserError
from core.held_back import is_held_back
from core.history import History
from core.label import Verdict
from core.machine import Machine
from core.question import GROUP, Pool
from core.training import LabelledIncident
from core.training_options import Algorithm
from model.csv_history import read_history
from model.evaluation import Metrics, evaluate
from model.recipe import Recipe
from model.scorer import FaultModel

MODES = ("HDF", "PWF", "OSF")
_FALSE_ALARM_RATE = 0.01


@dataclass(frozen=True, slots=True)
class Plan:
    """What is streamed in which order, and who answers what."""

    habits: Habits
    hidden: str = ""
    """A mode of which the first model sees no row. Then the rows come in a seeded random order."""
    rows_a_group: int = 100
    """Of so many rows that came, one group of questions is asked."""
    retrainings: int = 4
    algorithm: Algorithm = "rf"


@dataclass(frozen=True, slots=True)
class Milling:
    """The file."""

    machine: Machine
    history: History
    modes: Mapping[str, Bools]


@dataclass(frozen=True, slots=True)
class Figures:
    """Of the test part, before any answer and after the last retraining."""

    before: Metrics
    after: Metrics
    hidden_recall: tuple[float, float]
    hidden_at_rate: tuple[float, float]
    """The same where one in a hundred normal rows of the test part would alarm."""
    labelled: float
    """Share of the streamed rows."""


def read_milling(path: Path, machine: Machine) -> Milling:
    """UserError where the file is not there, or is another."""
    if not path.is_file():
        raise UserError(f"{path} is no file: AI4I 2020 as CSV is to be had at https://archive.ics.uci.edu/dataset/601")
    history = read_history(path, machine)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    if len(rows) != len(history) or not set(MODES) <= set(rows[0]):
        raise UserError(f"{path} is not AI4I 2020: it lacks one of the columns {', '.join(MODES)}, or rows of it")
    return Milling(machine, history, {mode: np.array([row[mode] == "1" for row in rows]) for mode in MODES})


def course(data: Milling, plan: Plan, seed: int) -> Figures:
    """One stream from the first model to the last one."""
    stream, test = _parts(data.history.fault, seed if plan.hidden else None)
    first = stream[: len(data.history) // 20]
    hidden = data.modes[plan.hidden] if plan.hidden else np.zeros(len(data.history), dtype=np.bool_)
    people = _Answering(data, plan, seed)
    with TemporaryDirectory(prefix="faultline-learning-") as folder:
        trainer = Trainer(data.machine, Path(folder))
        begin = trainer.first(_rows(data.history, first[~hidden[first]]), Recipe(plan.algorithm, seed=seed))
        champion = begin
        for rows in np.array_split(stream[len(first) :], plan.retrainings):
            trainer.labels.extend(people.labels(rows, champion))
            trainer.retrain()
            champion = trainer.champion()
    before, after = (_on(data.history, model, test) for model in (begin, champion))
    found = [_hidden(data.history.fault[test], hidden[test], scores, metrics) for metrics, scores in (before, after)]
    (alone, at_rate), (alone_after, at_rate_after) = found
    labelled = len(trainer.labels) / (len(stream) - len(first))
    return Figures(before[0], after[0], (alone, alone_after), (at_rate, at_rate_after), labelled)


class _Answering:
    """What people say of streamed rows; labels are numbered from 1."""

    def __init__(self, data: Milling, plan: Plan, seed: int) -> None:
        self._history = data.history
        self._plan = plan
        self._people = People(plan.habits, np.random.default_rng([seed, 2]))
        self._asking = Asking(data.machine, seed)
        self._count = 0

    def labels(self, rows: Integers, champion: FaultModel) -> list[LabelledIncident]:
        """Answers to alerts and questions about these rows, and reports of their faults, in the order they came."""
        scores = np.full(len(self._history), np.nan)
        scores[rows] = champion.predict(self._history.sensors[rows]).scores
        labels: list[LabelledIncident] = []
        for group in np.array_split(rows, max(len(rows) // self._plan.rows_a_group, 1)):
            alarms = scores[group] >= champion.threshold
            labels += [self._label(row, verdict, alert=True) for row, verdict in self._answers(group[alarms])]
            quiet = group[~alarms]
            asked = self._asking.questions(self._history.sensors, scores, champion.threshold, quiet, len(GROUP))
            for question in asked:
                for row, verdict in self._answers([question.row]):
                    self._asking.answered(question, verdict)
                    labels.append(self._label(row, verdict, asked=question))
            missed = np.setdiff1d(quiet[self._history.fault[quiet]], [question.row for question in asked])
            labels += [self._label(row, Verdict.FAULT) for row in missed.tolist() if self._people.report()]
        return labels

    def _answers(self, rows: Sequence[int] | Integers) -> list[tuple[int, Verdict]]:
        truths = [Verdict.FAULT if self._history.fault[row] else Verdict.FALSE_ALARM for row in rows]
        said = [(int(row), self._people.answer(truth)) for row, truth in zip(rows, truths, strict=True)]
        return [(row, verdict) for row, verdict in said if verdict is not None]

    def _label(
        self, row: int, verdict: Verdict, alert: bool = False, asked: Question | None = None
    ) -> LabelledIncident:
        place = self._count
        self._count += 1
        sensors = self._history.sensors[row : row + 1]
        if verdict is Verdict.FALSE_ALARM:
            self._asking.reviewed(sensors)
        return LabelledIncident(
            self._count,
            self._count if alert else None,
            verdict,
            sensors,
            asked=asked is not None,
            held_back=(asked is not None and asked.pool is Pool.AUDIT) or is_held_back(str(row), date.min, place),
            weight=asked.weight if asked else 1.0,
        )


def _parts(fault: Bools, seed: int | None) -> tuple[Integers, Integers]:
    """Rows to stream and rows to test: in the file's order, or at random with a stratified test part."""
    share = round(0.7 * len(fault))
    if seed is None:
        return np.arange(share), np.arange(share, len(fault))
    random = np.random.default_rng([seed, 1])
    kinds = [random.permutation(np.flatnonzero(kind)) for kind in (fault, ~fault)]
    stream = np.concatenate([rows[: round(0.7 * len(rows))] for rows in kinds])
    return random.permutation(stream), np.setdiff1d(np.arange(len(fault)), stream)


def _rows(history: History, rows: Integers) -> History:
    return History(
        history.sensors[rows], history.fault[rows], [history.devices[row] for row in rows], history.times[rows]
    )


def _on(history: History, model: FaultModel, test: Integers) -> tuple[Metrics, Floats]:
    scores = model.predict(history.sensors[test]).scores
    return evaluate(history.fault[test], scores, model.threshold), scores


def _hidden(fault: Bools, hidden: Bools, scores: Floats, metrics: Metrics) -> tuple[float, float]:
    """Recall of the hidden mode at the model's threshold, and at the false-alarm rate."""
    if not hidden.any():
        return float("nan"), float("nan")
    at_rate = np.quantile(scores[~fault], 1 - _FALSE_ALARM_RATE)
    return float(np.mean(scores[hidden] >= metrics.threshold)), float(np.mean(scores[hidden] > at_rate))
