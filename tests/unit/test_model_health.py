"""How one version does on what people said."""

from collections.abc import Collection
from dataclasses import replace

import numpy as np
import pytest

from core.batch import Floats
from core.calibration import calibration
from core.comparison import Judged, assess
from core.incident_policy import IncidentPolicy
from core.label import Verdict
from core.model_health import Health, health
from core.training import LabelledIncident
from core.verdict_replay import FEW
from tests.model_builders import an_incident

TWO_OF_THREE = IncidentPolicy(open_after=2, of_last=3)


def degrees(sensors: Floats) -> Judged:
    """A model that takes degrees for percents, and alarms from 50 on."""
    scores = sensors[:, 0] / 100
    return Judged(scores, scores >= 0.5)


def of(*incidents: LabelledIncident, taught: Collection[int] = ()) -> Health:
    return health(incidents, TWO_OF_THREE, degrees, taught)


def many(count: int) -> list[LabelledIncident]:
    """So many faults at 80 °C and so many false alarms at 20 °C, one fault the other way round."""
    return [
        an_incident(verdict, [20.0 if (verdict is Verdict.FALSE_ALARM) != (place == 0) else 80.0] * 3, place)
        for place, verdict in enumerate([Verdict.FAULT, Verdict.FALSE_ALARM] * count)
    ]


def test_alerts_reports_and_questions_are_counted_apart() -> None:
    report = an_incident(Verdict.FAULT, [90.0, 90.0], label=4, alert=None)
    found = of(
        an_incident(Verdict.FAULT, [90.0, 90.0], label=1),
        an_incident(Verdict.FALSE_ALARM, [60.0, 60.0], label=2),
        an_incident(Verdict.FALSE_ALARM, [30.0, 30.0], label=3),
        report,
        replace(report, label=5, sensors=np.array([[10.0, 4.0]]), asked=True, audit=True, weight=250.0),
        replace(report, label=6, verdict=Verdict.MAINTENANCE),
    )
    assert (found.confirmed.ring, found.confirmed.troubles) == (1, 1)
    assert (found.refuted.ring, found.refuted.troubles) == (1, 2)
    assert (found.reported.share, found.asked.share) == (1.0, 0.0)
    assert found.false_alarm_share == 0.5
    assert (found.audited.answered, found.audited.faults, found.audited.found) == (1, 250.0, 0.0)


def test_too_few_verdicts_say_nothing_and_no_verdict_at_all_neither() -> None:
    found = of(*many(FEW)[1:])
    assert found.quality is None
    assert found.calibration is None
    assert of().judged == 0
    assert of().false_alarm_share is None


def test_what_taught_the_version_does_not_judge_it() -> None:
    verdicts = many(FEW + 1)
    assert of(*verdicts).quality is not None
    found = of(*verdicts, taught={one.label for one in verdicts[:3]})
    assert (found.taught, found.judged) == (3, 2 * FEW - 1)
    assert found.quality is None
    assert found.confirmed.troubles == FEW + 1


def test_the_figures_come_with_intervals_that_hold_them() -> None:
    quality = of(*many(20)).quality
    assert quality is not None
    assert quality.recall.value == pytest.approx(0.95)
    for figure in (quality.pr_auc, quality.f1, quality.recall, quality.false_alarms):
        assert figure.interval.low <= figure.value <= figure.interval.high


def test_an_interval_holds_the_true_recall_about_as_often_as_it_says() -> None:
    held = 0
    for seed in range(50):
        random = np.random.default_rng(seed)
        truth = random.random(300) < 0.3
        faults = np.where(truth, random.random(300) < 0.8, random.random(300) < 0.1)
        interval = assess(truth, Judged(faults.astype(np.float64), faults), seed).recall.interval
        held += interval.low <= 0.8 <= interval.high
    assert 43 <= held <= 50


def test_probabilities_that_come_true_are_not_off_and_bold_ones_are() -> None:
    random = np.random.default_rng(1)
    scores = random.random(20_000)
    truth = random.random(20_000) < scores
    even = np.ones(len(scores))
    assert calibration(truth, scores, even).error < 0.02
    bold = calibration(truth, np.where(scores > 0.5, 1.0, 0.0), even)
    assert bold.error == pytest.approx(0.25, abs=0.02)
    assert [(one.low, one.high) for one in bold.bins] == [(0.0, 0.2), (0.8, 1.0)]


def test_what_is_held_for_an_engineer_judges_nothing() -> None:
    held = an_incident(Verdict.FALSE_ALARM, [90.0, 90.0], label=1)
    assert of(held).refuted.ring == 1
    assert of(replace(held, held=True)).judged == 0


def test_a_long_trouble_counts_as_one() -> None:
    short, long = many(FEW), [replace(one, sensors=np.repeat(one.sensors, 30, axis=0)) for one in many(FEW)]
    plain, stretched = of(*short).calibration, of(*long[:1], *short[1:]).calibration
    assert plain is not None
    assert stretched is not None
    assert [one.rows for one in stretched.bins] == pytest.approx([one.rows for one in plain.bins])
    assert stretched.error == pytest.approx(plain.error)
