"""What people judged, scored again."""

from dataclasses import replace

import numpy as np
import pytest

from core.batch import Floats
from core.comparison import Judged
from core.incident_policy import IncidentPolicy
from core.label import Verdict
from core.training import LabelledIncident
from core.verdict_replay import FEW, added, compared, gained, lost, replayed, spared, strength, would_alert
from tests.model_builders import an_incident

TWO_OF_THREE = IncidentPolicy(open_after=2, of_last=3)


def over(threshold: float, sensors: Floats) -> Judged:
    """A model that takes degrees for a score."""
    scores = sensors[:, 0] / 100
    return Judged(scores, scores >= threshold)


def replay(*incidents: LabelledIncident):  # type: ignore[no-untyped-def]  # what replayed gives
    return replayed(incidents, TWO_OF_THREE, lambda rows: over(0.5, rows), lambda rows: over(0.8, rows))


@pytest.mark.parametrize(
    ("faults", "alerts"),
    [
        ([], False),
        ([True], True),
        ([False], False),
        ([True, False, False, True, False], False),
        ([True, False, True, False], True),
        ([True, False, False, True, True], True),
    ],
)
def test_an_incident_opens_again_where_k_of_n_readings_are_faults(faults: list[bool], alerts: bool) -> None:
    assert would_alert(np.array(faults, dtype=np.bool_), TWO_OF_THREE) is alerts


def test_the_strength_is_the_highest_threshold_that_still_raises_it() -> None:
    random = np.random.default_rng(3)
    for count in (1, 2, 3, 4, 20):
        scores = random.random(count)
        highest = strength(scores, TWO_OF_THREE)
        assert would_alert(scores >= highest, TWO_OF_THREE)
        assert not would_alert(scores > highest, TWO_OF_THREE)


def test_each_trouble_is_told_apart_by_what_the_models_do_with_it() -> None:
    found = replay(
        an_incident(Verdict.FALSE_ALARM, [60.0, 60.0, 60.0], label=1, alert=11),
        an_incident(Verdict.FAULT, [90.0, 90.0], label=2, alert=12),
        an_incident(Verdict.FAULT, [60.0, 60.0], label=3, alert=None),
        an_incident(Verdict.MAINTENANCE, [60.0, 60.0], label=4, alert=14),
    )
    assert [one.name for one in found] == ["#11", "#12", "label 3"]
    assert [one.name for one in spared(found)] == ["#11"]
    assert [one.name for one in lost(found)] == ["label 3"]
    assert [*added(found), *gained(found)] == []
    assert found[1].rings == (True, True)
    assert found[0].strength == (0.6, 0.6)


def test_a_verdict_that_waits_for_an_engineer_judges_nobody() -> None:
    assert replay(replace(an_incident(Verdict.FAULT, [60.0, 60.0]), held=True)) == []


def test_only_what_was_held_back_compares_the_models_and_only_where_it_is_enough() -> None:
    incidents = [
        an_incident(verdict, [40.0 + 10 * place] * 3, label=place, alert=place)
        for place, verdict in enumerate([Verdict.FALSE_ALARM, Verdict.FAULT] * FEW)
    ]
    assert compared(replay(*incidents), seed=0) is None
    held_back = [replace(one, held_back=True) for one in incidents]
    found = compared(replay(*held_back), seed=0)
    assert found is not None
    assert (found.rows, found.faults) == (2 * FEW, FEW)
    assert compared(replay(*held_back[1:]), seed=0) is None
    assert compared([], seed=0) is None
