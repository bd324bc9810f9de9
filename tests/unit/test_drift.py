"""Whether readings still look like those that a model learnt from."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pytest

from app.machines import load_machines
from app.wiring import ROOT
from core.batch import Bools, Floats
from core.drift import ENOUGH, PSI_LIMIT, Drift, SensorDrift, Share, reference_of
from core.drift_watch import EVERY, LOOKS, Finding, Look, findings, told_words, worth_telling
from core.history import History
from core.prediction import ModelVersion, Predictions, UsualRange
from core.recent_alarms import Recent
from model.drift import drift_of
from model.evaluation import evaluate
from producer.history import simulated_history
from tests.builders import NOON, a_machine

PRESS = a_machine()
V7 = ModelVersion("press", 7)
TRUTH = np.arange(1_000) < 100
METRICS = evaluate(TRUTH, np.where(TRUTH, 0.9, 0.1), 0.5)
DAY = 86_400
EQUIPMENT = load_machines(ROOT / "machines")["equipment"]


@dataclass(frozen=True)
class Warm:
    """A model that alarms from 90 °C on."""

    version: ModelVersion = V7

    @property
    def usual(self) -> dict[str, UsualRange]:
        return {}

    def predict(self, sensors: Floats) -> Predictions:
        scores = np.clip(sensors[:, 0] / 180, 0, 1)
        return Predictions(V7, scores, np.zeros(len(scores), dtype=np.int16), scores >= 0.5)


def season(seconds: Floats, random: np.random.Generator) -> Floats:
    """A press that warms up by 20 °C in the course of each day."""
    celsius = 60 + 10 * np.sin(seconds / DAY * 2 * np.pi) + random.normal(0, 1, len(seconds))
    return np.column_stack([celsius, random.normal(4, 0.5, len(seconds))])


def learnt(count: int = 20_000, seed: int = 0) -> History:
    seconds = np.linspace(0, 30 * DAY, count)
    sensors = season(seconds, np.random.default_rng(seed))
    return History(sensors, np.zeros(count, dtype=np.bool_), [""] * count, seconds.astype(np.int64))


def recent(sensors: Floats, flagged: Bools | None = None) -> Recent:
    count = len(sensors)
    quality = np.zeros(count, dtype=np.int16) if flagged is None else flagged.astype(np.int16)
    return Recent(np.zeros(count, dtype=np.int64), np.arange(count, dtype=np.int64), sensors, quality)


def days(count: int, over_days: float = 2, seed: int = 1) -> Floats:
    return season(np.linspace(0, over_days * DAY, count), np.random.default_rng(seed))


def drift(sensors: Floats, flagged: Bools | None = None) -> Drift:
    return drift_of(PRESS, Warm(), reference_of(PRESS, learnt()), METRICS, recent(sensors, flagged))


def past(found: Drift) -> list[str]:
    return [name for name, words in findings(found) if words]


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("count", [ENOUGH, 10_000])
def test_the_course_of_a_day_is_no_drift_however_many_readings_there_are(seed: int, count: int) -> None:
    assert past(drift(days(count, seed=seed))) == []


def test_a_difference_that_is_significant_but_small_is_no_drift() -> None:
    sensors = days(10_000)
    sensors[:, 0] += 0.8  # a ninth of its deviation: of ten thousand readings any test calls that certain
    assert past(drift(sensors)) == []


def test_a_sensor_that_reads_higher_is_named_with_how_much() -> None:
    sensors = days(2_000)
    sensors[:, 1] *= 1.4
    found = drift(sensors)
    assert past(found) == ["pressure"]
    assert dict(findings(found))["pressure"] == "pressure reads 40 % higher than it did (5.593, before 4)"


def a_fleet(devices: int, seed: int) -> Recent:
    """Simulated devices, no two of which are alike."""
    history = simulated_history(EQUIPMENT, devices, 2_000, seed, 0.02)
    numbers = np.unique(np.array(history.devices), return_inverse=True)[1].astype(np.int64)
    return Recent(numbers, history.times, history.sensors, np.zeros(len(history), dtype=np.int16))


@pytest.mark.parametrize(("devices", "factor"), [(1, None), (3, None), (8, 2.5), (20, 1.4)])
def test_other_devices_than_those_that_it_learnt_from_are_no_drift_and_a_shift_of_all_is(
    devices: int, factor: float | None
) -> None:
    """Of very few devices nobody can tell the two apart."""
    learnt_from = reference_of(EQUIPMENT, simulated_history(EQUIPMENT, 40, 20_000, 0, 0.02))
    for seed in range(100, 110):
        fleet = a_fleet(devices, seed)
        assert past(drift_of(EQUIPMENT, Warm(), learnt_from, METRICS, fleet)) == []
        if factor is not None:
            fleet.sensors[:, 1] *= factor
            assert past(drift_of(EQUIPMENT, Warm(), learnt_from, METRICS, fleet)) == ["vibration"]


def test_a_sensor_that_spreads_otherwise_is_named_too() -> None:
    sensors = days(2_000)
    sensors[:, 1] = np.random.default_rng(2).normal(4, 0.05, 2_000)
    assert dict(findings(drift(sensors)))["pressure"] == "pressure spreads otherwise around 3.998 than it did"


def test_a_sensor_that_is_missing_or_cannot_be_right_more_often_is_named() -> None:
    sensors = days(2_000)
    sensors[::10, 1] = np.nan
    sensors[::8, 0] = 1_000.0
    found = dict(findings(drift(sensors, sensors[:, 0] > 400)))
    assert found["pressure"] == "pressure is missing in 10 % of the readings, before in under 1 %"
    assert found["temperature"] == "temperature reads in 12 % of the readings what no such sensor can"


def test_a_model_that_alarms_for_much_that_is_usual_is_named() -> None:
    sensors = days(2_000)
    sensors[::6, 0] = 95.0
    assert dict(findings(drift(sensors)))[""] == "17 % of the readings alarm, of normal ones under 1 % should"


def test_too_few_readings_and_a_sensor_that_never_read_say_nothing() -> None:
    few = drift(days(ENOUGH - 1) * 3)
    assert {one.psi for one in few.sensors} == {None}
    silent = learnt()
    silent.sensors[:, 1] = np.nan
    found = drift_of(PRESS, Warm(), reference_of(PRESS, silent), METRICS, recent(days(2_000)))
    assert [one.psi is None for one in found.sensors] == [False, True]
    assert drift(np.empty((0, 2))).readings == 0


def test_faults_are_no_part_of_what_is_usual() -> None:
    history = learnt()
    history.sensors[::10, 0], history.fault[::10] = 300.0, True
    assert max(reference_of(PRESS, history).sensors["temperature"].quantiles) < 100


def looks(*past: bool, told: int = 99) -> list[Look]:
    """The newest first, an hour apart; engineers were told with the one at that place."""
    return [Look(NOON - place * EVERY, one, place == told) for place, one in enumerate(past)]


def test_engineers_hear_of_what_lasts_and_since_when_and_once() -> None:
    assert worth_telling(looks(*[True] * LOOKS)) == NOON - (LOOKS - 1) * EVERY
    assert worth_telling(looks(*[True] * (LOOKS - 1))) is None
    assert worth_telling(looks(True, False, True, True)) is None
    assert worth_telling(looks(True, True, True, told=1)) is None
    assert worth_telling(looks(False, True, True, True)) is None


def test_the_message_names_what_moved_since_when_and_what_to_do() -> None:
    since = NOON - timedelta(hours=9)
    words = told_words(V7, [Finding("vibration reads 40 % higher than it did (5.6, before 4)", since)])
    assert words == (
        "Readings of press are not what press v7 learnt from:\n"
        "vibration reads 40 % higher than it did (5.6, before 4), since 03:00 UTC, 1 Mar\n"
        "Check the sensor; where it is right, retrain with newer data. More: ./run evaluate press"
    )


def test_a_great_shift_that_may_be_chance_is_none() -> None:
    well = Share(0.0, 0.0, 400)
    assert not SensorDrift("vibration", well, well, psi=2 * PSI_LIMIT, chance=0.01).moved
    assert SensorDrift("vibration", well, well, psi=2 * PSI_LIMIT, chance=0.0001).moved
