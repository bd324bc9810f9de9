"""Base data and people's verdicts as one training set."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from core.batch import Bools, Floats, Integers
from core.defect import said_class
from core.history import History
from core.label import Verdict
from core.training import LabelledIncident

INCIDENT_WEIGHT = 50.0
"""Base rows that one incident counts for at most, however long it was.

Measured on the simulated past of the equipment (14 858 rows to train on), with false alarms in three places amid its
faults: one refuted incident of 3 or 10 readings takes all of these under the threshold (rf, hgb) and 79 to 99 % of
further readings like them; PR-AUC on the hold-out moves by -0.002 to +0.005. The readings alone, weight 20, left up to
76 % of readings like them ringing. Logistic regression can do this only where a plane can.
"""
_INCIDENT_SHARE = 1 / 6
"""Of the base data's faults, where that is less: beside a dozen known faults one of weight 50 drowns all of them.

Measured on AI4I (`./run bench learning --ai4i`, every answer right, median of five seeds): PR-AUC on the last 3 000
rows rises from 0.60 to 0.79. A trial with 50 before there were engineered sensors, in which nothing was held back and
no gate decided, ended at 0.59, where this ended at 0.67.
"""
_ASKED_FAULT = 2.0
"""Rows that a fault counts for which a question found, at most: one answer in twenty is wrong, and of the readings that
are asked about most are normal."""
_ECHOES = 2.0
"""Made-up neighbours of an incident's readings for each row of its weight, of which they share at most half.

A verdict speaks of a kind of reading. They share only what is left where each reading itself weighs as much as a base
row: a reading that weighs one has none, for half of it spread about blurs a fault that begins at an edge.
"""
_ECHO_DISTANCE = 0.3
"""Standard deviation of the neighbours, in those of the healthy base rows."""
_TRAINS = {Verdict.FAULT: True, Verdict.FALSE_ALARM: False}
"""The other verdicts say nothing about what a machine's fault looks like."""


class IncidentWeights(NamedTuple):
    """Base rows that each incident counts for, however long it was."""

    false_alarm: float
    fault: float


class TrainingSet(NamedTuple):
    """Rows to fit: shapes (n, sensors), and (n,) of the others."""

    sensors: Floats
    fault: Bools
    weights: Floats
    verdict: Bools
    """Of a person, or made up around one; the others are base rows."""
    classes: Integers
    """Which defect it is, as core.history.History numbers them; of a machine with one kind of fault 0 or -1."""
    values: Floats
    """Of task `regression`: what was measured; NaN where nothing was, and of other tasks."""


def teaching(incidents: Sequence[LabelledIncident]) -> Sequence[LabelledIncident]:
    """Those that train a model: not what is held (back), and readings that nobody reviewed never."""
    return [one for one in incidents if one.verdict in _TRAINS and len(one.sensors) and not (one.held_back or one.held)]


def training_set(
    base: History, incidents: Sequence[LabelledIncident], seed: int, classes: Sequence[str] = ()
) -> TrainingSet:
    """Base rows of weight 1 and labelled readings of `incident_weights` an incident.

    A verdict wins over base rows: equal rows of the base data that say otherwise are left out. `classes`: of a machine
    with several defects.
    """
    random = np.random.default_rng(seed)
    weights, spread = incident_weights(base.fault, incidents), _spread(base)
    # Beside a reading the measured value is another one.
    echoes = None if base.values is not None else _Echoes(spread, random)
    verdicts = [_one_incident(incident, classes, weights, echoes) for incident in teaching(incidents)]
    parts = [_uncontradicted(base, verdicts), *verdicts]
    return TrainingSet(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def base_rows(base: History, incidents: Sequence[LabelledIncident]) -> TrainingSet:
    """Base rows of weight 1, but those that equal a reading of which a person said otherwise."""
    said = [_rows(one.sensors, _numbers(one, ()), 1.0) for one in teaching(incidents)]
    return _uncontradicted(base, said)


def around(sensors: Floats, base: History, random: np.random.Generator) -> Floats:
    """A made-up neighbour of each reading, shape (n, sensors)."""
    return _Echoes(_spread(base), random).of(sensors)


def incident_weights(base_faults: Bools, incidents: Sequence[LabelledIncident]) -> IncidentWeights:
    """Of each kind beside base rows that are faults or not.

    Confirmed faults together weigh no more than the base data's faults (each at least one row). People confirm nearly
    every fault of a fleet and of its normal readings only those that rang or were asked about: where a device runs
    beyond the base data a model would else expect faults and find little against it. Measured on the simulator (hgb,
    three retrainings of a day of 20 devices each, every challenger promoted, six seeds): false alarms a device and day
    went from 1.06 to 0.07 on average, without this to 0.84, and no episode was missed; there faults that questions
    found weighed as much as the others. What all of it comes to: `./run bench learning`.
    """
    faults = int(np.count_nonzero(base_faults))
    weight = min(max(faults * _INCIDENT_SHARE, 1.0), INCIDENT_WEIGHT)
    confirmed = sum(one.verdict is Verdict.FAULT for one in teaching(incidents))
    return IncidentWeights(weight, min(max(faults / max(confirmed, 1), 1.0), weight))


def _one_incident(
    incident: LabelledIncident,
    classes: Sequence[str],
    weights: IncidentWeights,
    echoes: "_Echoes | None",
) -> TrainingSet:
    fault, numbers = _TRAINS[incident.verdict], _numbers(incident, classes)
    measured = math.nan if incident.value is None else incident.value
    if incident.asked and not fault:
        # Nothing that the model has to unlearn: a normal reading, like any row of the base data.
        return _rows(incident.sensors, numbers, float(len(incident.sensors)), measured)
    weight = weights.false_alarm if not fault else min(weights.fault, _ASKED_FAULT if incident.asked else math.inf)
    echoing = min(weight / 2, weight - len(incident.sensors))
    if echoing <= 0 or echoes is None:
        return _rows(incident.sensors, numbers, weight, measured)
    again = np.resize(np.arange(len(incident.sensors)), math.ceil(weight * _ECHOES))
    near = _rows(echoes.of(incident.sensors[again]), numbers[again], echoing)
    parts = (_rows(incident.sensors, numbers, weight - echoing), near)
    return TrainingSet(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _numbers(incident: LabelledIncident, classes: Sequence[str]) -> Integers:
    """The class of each reading; -1 where it is a fault of which nobody said the defect, or one that is no more."""
    said = np.full(len(incident.sensors), said_class(incident.verdict, incident.defect, classes))
    if incident.verdict is Verdict.FAULT and incident.named is not None:
        said[~incident.named] = -1
    return said


class _Echoes(NamedTuple):
    """What neighbours of readings are made with."""

    spread: Floats
    """As `_spread` has it."""
    random: np.random.Generator

    def of(self, originals: Floats) -> Floats:
        """A neighbour of each reading, shape (n, sensors)."""
        return originals + self.random.normal(size=originals.shape) * self.spread * _ECHO_DISTANCE


def _rows(sensors: Floats, classes: Integers, weight: float, measured: float = math.nan) -> TrainingSet:
    """Of one verdict, which weigh so much together; what was measured is true of each."""
    count = len(sensors)
    weights, verdict = np.full(count, weight / count), np.ones(count, dtype=np.bool_)
    return TrainingSet(sensors, classes != 0, weights, verdict, classes, np.full(count, measured))


def _spread(base: History) -> Floats:
    """Standard deviation of each sensor over the healthy rows, shape (sensors,); 0 where it never read."""
    healthy = np.ma.masked_invalid(base.sensors[~base.fault])
    deviations: Floats = np.ma.filled(healthy.std(axis=0), 0.0)
    return deviations


def _uncontradicted(base: History, verdicts: Sequence[TrainingSet]) -> TrainingSet:
    classes = -base.fault.astype(np.int64) if base.classes is None else base.classes.astype(np.int64)
    kept = _not_contradicted(base, classes, verdicts)
    count = np.count_nonzero(kept)
    no_verdict = np.zeros(count, dtype=np.bool_)
    values = np.full(count, np.nan) if base.values is None else base.values[kept]
    return TrainingSet(base.sensors[kept], base.fault[kept], np.ones(count), no_verdict, classes[kept], values)


def _not_contradicted(base: History, classes: Integers, verdicts: Sequence[TrainingSet]) -> Bools:
    said = {
        row.tobytes(): number
        for verdict in verdicts
        for row, number in zip(verdict.sensors, verdict.classes.tolist(), strict=True)
    }
    if not said:
        return np.ones(len(base), dtype=np.bool_)
    rows = zip(base.sensors, classes.tolist(), strict=True)
    return np.array([_agree(said.get(row.tobytes(), number), number) for row, number in rows], dtype=np.bool_)


def _agree(said: int, base: int) -> bool:
    """A fault of which nobody said the defect contradicts none."""
    return said == base or (min(said, base) == -1 and max(said, base) != 0)
