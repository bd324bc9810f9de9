"""Two models that predict a value, compared."""

from dataclasses import replace

import numpy as np

from core.batch import Floats
from core.label import Verdict
from core.training import LabelledIncident
from core.which_value import Predict, ValueComparison, compare_values
from tests.films import a_film, some_films

FILMS = some_films(400)
assert FILMS.values is not None
TRUTH = {row.tobytes(): value for row, value in zip(FILMS.sensors, FILMS.values.tolist(), strict=True)}


def off_by(error: float) -> Predict:
    """A model that errs by about so much: alternately above and below."""

    def predict(sensors: Floats) -> Floats:
        signs = np.where(np.arange(len(sensors)) % 2 == 0, 1, -1)
        return np.array([TRUTH[row.tobytes()] for row in sensors]) + error * signs

    return predict


def compared(before: float, after: float) -> ValueComparison:
    found = compare_values("permeability", FILMS, [], off_by(before), off_by(after), 1)
    assert found is not None
    return found


def test_a_model_that_errs_more_on_the_hold_out_is_refused_with_both_errors() -> None:
    found = compared(0.2, 0.3)
    words = "it predicts permeability worse on the hold-out, beyond chance: MAE 0.3 against the champion's 0.2"
    assert found.loss(0.02).startswith(words)
    assert found.gain() == ""


def test_a_little_more_error_is_no_loss_and_no_gain() -> None:
    assert compared(0.2, 0.203).loss(0.02) == ""
    assert compared(0.2, 0.203).gain() == ""


def test_less_error_on_the_hold_out_is_a_gain() -> None:
    assert compared(0.3, 0.2).gain().startswith("permeability is predicted better on the hold-out: MAE 0.2")


def measured(value: float | None, alert: int, **changes: object) -> LabelledIncident:
    incident = LabelledIncident(alert, alert, Verdict.FALSE_ALARM, a_film(15.0), value=value)
    return replace(incident, **changes)  # type: ignore[arg-type]  # as given


def of_measured(incidents: list[LabelledIncident], before: float, after: float) -> ValueComparison:
    """Models that are equal on the hold-out and say these values of every measured film."""

    def model(said: float) -> Predict:
        exact = off_by(0.2)
        return lambda sensors: exact(sensors) if sensors[0].tobytes() in TRUTH else np.full(len(sensors), said)

    found = compare_values("permeability", FILMS, incidents, model(before), model(after), 1)
    assert found is not None
    return found


def test_measured_values_count_where_a_model_comes_nearer_or_farther_by_more_than_its_usual_error() -> None:
    found = of_measured([measured(8.0, 1), measured(8.1, 2), measured(11.0, 3)], before=9.5, after=8.0)
    assert (found.measured, found.nearer, found.farther) == (3, ("#1", "#2"), ("#3",))
    assert found.gain() == "it would come nearer to 2 measured values (1 the other way)"
    assert found.loss(0.02) == ""
    worse = of_measured([measured(8.0, 1)], before=8.0, after=9.5)
    assert worse.loss(0.02) == "it would come farther from 1 measured value (#1), and nearer to 0"


def test_what_is_held_or_was_not_measured_does_not_count() -> None:
    found = of_measured([measured(8.0, 1, held=True), measured(None, 2)], before=9.5, after=8.0)
    assert (found.measured, found.nearer) == (0, ())
