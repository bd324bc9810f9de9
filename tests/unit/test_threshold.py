from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from core.errors import UserError
from core.history import History
from core.label import Verdict
from core.threshold import ThresholdPolicy
from core.training import LabelledIncident
from model.evaluation import HIGHEST_F1, Metrics
from model.fit import train
from model.recipe import Recipe
from model.threshold import readings_per_device_day
from tests.builders import a_machine
from tests.model_builders import a_history, an_incident

HISTORY = a_history(2_000)
HISTORY.sensors[:, 0] = np.random.default_rng(5).normal(65, 6, 2_000) + 12 * HISTORY.fault


def metrics(incidents: Sequence[LabelledIncident] = (), history: History = HISTORY, **policy: float) -> Metrics:
    machine = a_machine(model=ThresholdPolicy(**policy))
    return train(machine, history, Recipe("lr"), incidents, lambda _: None).metrics


def audited(verdict: Verdict, celsius: float, count: int, weight: float) -> list[LabelledIncident]:
    one = replace(an_incident(verdict, [celsius]), asked=True, audit=True, held_back=True, weight=weight)
    return [replace(one, label=label) for label in range(count)]


def test_a_machine_that_says_nothing_alarms_where_f1_is_highest() -> None:
    assert metrics().threshold_rule == HIGHEST_F1
    assert metrics() == metrics(audited(Verdict.FAULT, 66, 30, 500)), "the audit moves nothing then"


def test_the_dearer_a_missed_fault_the_more_are_found() -> None:
    cheap, dear = metrics(missed_fault_costs=0.2), metrics(missed_fault_costs=50)
    assert dear.threshold < metrics().threshold < cheap.threshold
    assert dear.recall is not None
    assert cheap.recall is not None
    assert dear.recall > cheap.recall
    assert dear.threshold_rule == "lowest cost where a missed fault costs 50 false alarms"


def test_a_budget_of_alarms_is_kept_on_the_hold_out() -> None:
    found = metrics(alarms_per_device_day=432)  # a reading a second, two to an alarm: one in a hundred
    normal = found.rows - found.faults
    assert 0 < found.confusion.false_positives <= 0.01 * normal
    assert found.confusion.false_positives + 1 > 0.01 * normal, "and made use of"
    strict = metrics(alarms_per_device_day=0.05)
    assert strict.confusion.false_positives == 0
    assert strict.threshold_rule.endswith("which is too small to tell so few")


def test_what_the_audit_missed_lowers_the_threshold() -> None:
    alone = metrics(missed_fault_costs=5)
    warned = metrics(audited(Verdict.FAULT, 72, 150, 500), missed_fault_costs=5)
    assert warned.threshold < alone.threshold
    assert warned.pr_auc == alone.pr_auc, "the model is the same: the audit trains none"


def test_what_alarms_selected_has_no_say_in_the_threshold() -> None:
    answers = [replace(one, audit=False) for one in audited(Verdict.FAULT, 72, 150, 500)]
    assert metrics(answers, missed_fault_costs=5) == metrics(missed_fault_costs=5)


def test_how_often_a_device_speaks_is_read_from_the_base_data() -> None:
    times = np.array([0, 10, 20, 5, 65], dtype=np.int64) * 60_000_000  # one every ten minutes, one after an hour
    history = History(np.zeros((5, 2)), np.zeros(5, dtype=np.bool_), ["a", "a", "a", "b", "b"], times)
    assert readings_per_device_day(a_machine(), history) == pytest.approx(3 * 24 * 60 / 80)
    still = History(HISTORY.sensors, HISTORY.fault, HISTORY.devices, np.zeros(2_000, dtype=np.int64))
    with pytest.raises(UserError, match="missed_fault_costs does without"):
        metrics(history=still, alarms_per_device_day=1)
