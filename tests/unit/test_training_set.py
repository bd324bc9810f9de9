from dataclasses import replace

import numpy as np
import pytest

from core.errors import UserError
from core.history import History
from core.label import Verdict
from model.augmentation import made_up_faults
from model.recipe import Recipe, divided
from model.split import latest_rows, stratified_rows
from model.training_set import INCIDENT_WEIGHT, incident_weights, training_set
from tests.builders import a_machine
from tests.model_builders import a_history, an_incident

HISTORY = a_history()


def test_an_incident_counts_the_same_however_long_it_was() -> None:
    for readings in (1, 3, 500):
        rows = training_set(HISTORY, [an_incident(Verdict.FALSE_ALARM, [95.0] * readings)], seed=0)
        assert rows.weights[len(HISTORY) :].sum() == pytest.approx(incident_weights(HISTORY.fault, []).false_alarm)


def test_an_incident_weighs_less_beside_few_base_faults_and_never_less_than_one_row() -> None:
    weights = [incident_weights(np.arange(15_000) < faults, []).false_alarm for faults in (0, 12, 150, 297, 600)]
    assert weights == pytest.approx([1, 2, 25, 49.5, INCIDENT_WEIGHT])


def test_confirmed_faults_together_weigh_no_more_than_those_of_the_base_data_and_each_at_least_one_row() -> None:
    base_faults, confirmed = np.arange(15_000) < 300, an_incident(Verdict.FAULT, [95.0])
    refuted = [an_incident(Verdict.FALSE_ALARM, [95.0])] * 100
    weights = [incident_weights(base_faults, [confirmed] * count + refuted) for count in (0, 1, 30, 1000)]
    assert [found.fault for found in weights] == pytest.approx([50, 50, 10, 1])
    assert [found.false_alarm for found in weights] == pytest.approx([50] * 4)


def test_what_a_question_found_counts_less_than_an_incident() -> None:
    def added(verdict: Verdict, asked: bool) -> float:
        answer = replace(an_incident(verdict, [70.0]), asked=asked)
        return float(training_set(a_history(4000), [answer], seed=0).weights[4000:].sum())

    assert [added(Verdict.FALSE_ALARM, asked) for asked in (True, False)] == pytest.approx([1, 50])
    assert [added(Verdict.FAULT, asked) for asked in (True, False)] == pytest.approx([2, 50])


@pytest.mark.parametrize("verdict", [Verdict.MAINTENANCE, Verdict.SENSOR_FAULT, Verdict.NOT_SURE])
def test_a_verdict_that_says_nothing_of_the_machine_trains_nothing(verdict: Verdict) -> None:
    assert len(training_set(HISTORY, [an_incident(verdict, [95.0])], seed=0).fault) == len(HISTORY)


def test_a_verdict_that_waits_for_an_engineer_trains_nothing() -> None:
    held = replace(an_incident(Verdict.FAULT, [95.0]), held=True)
    assert len(training_set(HISTORY, [held], seed=0).fault) == len(HISTORY)


@pytest.mark.parametrize(("verdict", "fault"), [(Verdict.FAULT, True), (Verdict.FALSE_ALARM, False)])
def test_a_verdict_labels_its_readings(verdict: Verdict, fault: bool) -> None:
    rows = training_set(HISTORY, [an_incident(verdict, [95.0, 96.0])], seed=0)
    assert set(rows.fault[len(HISTORY) :].tolist()) == {fault}
    assert rows.sensors[len(HISTORY) : len(HISTORY) + 2, 0].tolist() == [95.0, 96.0]


def test_a_verdict_wins_over_the_same_row_of_the_base_data() -> None:
    base = History(np.array([[95.0, 4.0], [60.0, 4.0]]), np.array([True, False]), ["a", "a"], np.arange(2))
    rows = training_set(base, [an_incident(Verdict.FALSE_ALARM, [95.0])], seed=0)
    assert not rows.fault.any()


def test_echoes_share_only_what_is_left_where_each_reading_weighs_as_much_as_a_base_row() -> None:
    few, many = (np.arange(15_000) < faults for faults in (6, 600))
    incident = an_incident(Verdict.FALSE_ALARM, [95.0])
    for base_faults, own, echoes in ((few, 1.0, 0), (many, INCIDENT_WEIGHT / 2, 100)):
        base = History(np.full((15_000, 2), 60.0), base_faults, ["a"] * 15_000, np.arange(15_000))
        rows = training_set(base, [incident], seed=0)
        assert rows.weights[rows.verdict][0] == pytest.approx(own)
        assert np.count_nonzero(rows.verdict) == 1 + echoes


def test_an_absent_sensor_stays_absent_in_every_echo() -> None:
    incident = an_incident(Verdict.FALSE_ALARM, [95.0])
    incident.sensors[:, 1] = np.nan
    assert np.isnan(training_set(HISTORY, [incident], seed=0).sensors[len(HISTORY) :, 1]).all()


def test_the_hold_out_is_a_share_of_each_class_and_the_same_every_time() -> None:
    held_out = stratified_rows(HISTORY.sensors, HISTORY.fault, 0.25, seed=5)
    assert held_out[HISTORY.fault].mean() == pytest.approx(0.25, abs=0.02)
    assert held_out[~HISTORY.fault].mean() == pytest.approx(0.25, abs=0.02)
    assert (held_out == stratified_rows(HISTORY.sensors, HISTORY.fault, 0.25, seed=5)).all()
    assert (held_out != stratified_rows(HISTORY.sensors, HISTORY.fault, 0.25, seed=6)).any()


def test_equal_rows_never_stand_on_both_sides() -> None:
    doubled = np.vstack([HISTORY.sensors, HISTORY.sensors])
    held_out = stratified_rows(doubled, np.append(HISTORY.fault, HISTORY.fault), 0.25, seed=0)
    assert (held_out[: len(HISTORY)] == held_out[len(HISTORY) :]).all()


def test_a_row_does_not_change_sides_when_rows_are_put_in_another_order() -> None:
    order = np.random.default_rng(0).permutation(len(HISTORY))
    there = stratified_rows(HISTORY.sensors[order], HISTORY.fault[order], 0.25, seed=0)
    assert (there == stratified_rows(HISTORY.sensors, HISTORY.fault, 0.25, seed=0)[order]).all()


def test_a_split_by_time_holds_out_the_latest() -> None:
    assert latest_rows(np.arange(8), 0.25).tolist() == [False] * 6 + [True] * 2


@pytest.mark.parametrize("fault", [True, False])
def test_one_class_alone_is_refused_with_the_remedy(fault: bool) -> None:
    history = History(HISTORY.sensors, np.full(len(HISTORY), fault), HISTORY.devices, HISTORY.times)
    with pytest.raises(UserError, match="no normal reading.*fault_value" if fault else "no fault.*--augment"):
        divided(history, a_machine(), Recipe())


def test_faults_are_made_up_for_a_machine_that_never_reported_one() -> None:
    healthy = History(HISTORY.sensors, np.zeros(len(HISTORY), dtype=np.bool_), HISTORY.devices, HISTORY.times)
    train, hold_out = divided(healthy, a_machine(), Recipe(augment=True))
    assert train.fault.any()
    assert hold_out.fault.any()


def test_a_made_up_fault_lies_past_a_usual_edge_and_within_what_the_sensor_can_read() -> None:
    machine = a_machine()
    made_up = made_up_faults(HISTORY, machine, np.random.default_rng(0))
    new = made_up.sensors[len(HISTORY) :]
    low, high = np.array([sensor.usual for sensor in machine.sensors]).T
    assert ((new < low) | (new > high)).any(axis=1).all()
    for sensor, column in zip(machine.sensors, new.T, strict=True):
        assert np.nanmin(column) >= sensor.minimum
        assert np.nanmax(column) <= sensor.maximum


def test_real_faults_of_the_hold_out_are_not_diluted_by_made_up_ones() -> None:
    _, hold_out = divided(HISTORY, a_machine(), Recipe(augment=True))
    _, plain = divided(HISTORY, a_machine(), Recipe())
    assert len(hold_out) == len(plain)
