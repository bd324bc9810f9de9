"""What is taken over of a model that somebody pickled, and what is refused."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from core.csv_dialect import Labels
from core.errors import UserError
from core.sensor import Sensor
from model.answers import probabilities
from model.explain import Explainer
from model.fence import unpickle
from model.imported import imported
from tests.builders import a_machine
from tests.model_builders import a_history

HISTORY = a_history()
FOUR = a_machine(
    sensors=(
        Sensor("temperature", (50, 85)),
        Sensor("vibration", (0, 3)),
        Sensor("humidity", (20, 80)),
        Sensor("pressure", (2, 6), optional=True),
    )
)
COMPLETE = HISTORY.rows(np.asarray(~np.isnan(HISTORY.sensors).any(axis=1)))
FAULT = COMPLETE.fault.astype(int)
WIDE = np.column_stack(
    [COMPLETE.sensors[:, 0], *np.random.default_rng(2).normal(1.5, 0.3, (2, len(FAULT))), COMPLETE.sensors[:, 1]]
)
"""Of four sensors: hot is still what is faulty."""


def _kept(folder: Path, *models: Any) -> list[Path]:
    files = [folder / f"{number}.pkl" for number in range(len(models))]
    for file, model in zip(files, models, strict=True):
        file.write_bytes(pickle.dumps(model))
    return files


@pytest.mark.parametrize(
    ("theirs", "algorithm"),
    [
        (make_pipeline(StandardScaler(), LogisticRegression()), "lr"),
        (make_pipeline(MinMaxScaler(), RandomForestClassifier(10, random_state=0, n_jobs=2)), "rf"),
        (HistGradientBoostingClassifier(max_iter=10), "hgb"),
    ],
)
def test_it_answers_as_before_alone_and_in_a_batch_and_can_be_explained(
    tmp_path: Path, theirs: Any, algorithm: str
) -> None:
    theirs.fit(COMPLETE.sensors, FAULT)
    found = imported(a_machine(), _kept(tmp_path, theirs), HISTORY.sensors)
    together = probabilities(found.pipeline, COMPLETE.sensors)
    assert found.algorithm == algorithm
    np.testing.assert_allclose(together, theirs.predict_proba(COMPLETE.sensors)[:, 1], atol=1e-9)
    alone = [probabilities(found.pipeline, row[np.newaxis])[0] for row in COMPLETE.sensors[:20]]
    np.testing.assert_array_equal(alone, together[:20])
    assert np.isfinite(probabilities(found.pipeline, HISTORY.sensors)).all(), "also where a sensor is absent"
    pushes = Explainer(found.pipeline).contributions(COMPLETE.sensors[FAULT == 1][:1]).pushes
    assert pushes[0, 0] > abs(pushes[0, 1]), "faults are hot"


def test_a_classifier_whose_fault_is_called_0_is_turned_round(tmp_path: Path) -> None:
    theirs = LogisticRegression().fit(COMPLETE.sensors, 1 - FAULT)
    machine = a_machine(labels=Labels("fine", fault_value="0"))
    found = imported(machine, _kept(tmp_path, theirs), HISTORY.sensors)
    expected = theirs.predict_proba(COMPLETE.sensors)[:, 0]
    np.testing.assert_allclose(probabilities(found.pipeline, COMPLETE.sensors), expected, atol=1e-9)


def test_a_model_with_names_for_its_columns_must_name_the_machines_sensors_in_their_order(tmp_path: Path) -> None:
    named = pd.DataFrame(COMPLETE.sensors, columns=["temperature", "pressure"])
    imported(a_machine(), _kept(tmp_path, LogisticRegression().fit(named, FAULT)), HISTORY.sensors)
    other_order = LogisticRegression().fit(named[["pressure", "temperature"]], FAULT)
    with pytest.raises(
        UserError,
        match=r"goes by 2 columns, pressure, temperature; .* has temperature, pressure: .*pressure,temperature$",
    ):
        imported(a_machine(), _kept(tmp_path, other_order), HISTORY.sensors)


@pytest.mark.parametrize(
    "theirs",
    [
        make_pipeline(StandardScaler(), LogisticRegression()),
        make_pipeline(StandardScaler(), RandomForestClassifier(10, random_state=0)),
        HistGradientBoostingClassifier(max_iter=10),
    ],
)
def test_it_may_go_by_fewer_sensors_in_its_own_order_where_that_is_said(tmp_path: Path, theirs: Any) -> None:
    seen = WIDE[:, [2, 0]]
    theirs.fit(seen, FAULT)
    found = imported(FOUR, _kept(tmp_path, theirs), WIDE, ["humidity", "temperature"])
    kept = unpickle(pickle.dumps(found.pipeline))
    expected = theirs.predict_proba(seen)[:, 1]
    np.testing.assert_allclose(probabilities(kept, WIDE), expected, atol=1e-9)
    others = WIDE.copy()
    others[:, [1, 3]] = np.nan
    np.testing.assert_array_equal(probabilities(kept, others), probabilities(kept, WIDE))
    pushes = Explainer(kept).contributions(WIDE[FAULT == 1][:1]).pushes
    assert pushes.shape == (1, 4)
    assert pushes[0, 0] > 0, "faults are hot"
    assert pushes[0, [1, 3]].tolist() == [0, 0], "it does not go by these"


@pytest.mark.parametrize(
    ("columns", "chosen", "why"),
    [
        (
            2,
            "",
            "goes by 2 columns; .* has temperature, vibration, humidity, pressure: .* --sensors temperature,vibration$",
        ),
        (3, "", "goes by 3 columns; .* --sensors temperature,vibration,humidity$"),
        (2, "temperature", "--sensors names 1 sensors, and the model goes by 2 columns"),
        (2, "temperature,speed", "--sensors speed: press has no such sensor; it has temperature, vibration, humidity"),
        (2, "temperature,temperature", "names temperature twice"),
        (
            ["humidity", "temperature"],
            "",
            "goes by 2 columns, humidity, temperature; .* --sensors humidity,temperature$",
        ),
        (["humidity", "t"], "temperature,vibration", "and the model itself humidity, t: name humidity where it stands"),
    ],
)
def test_sensors_that_cannot_be_its_columns_are_refused_with_the_remedy(
    tmp_path: Path, columns: int | list[str], chosen: str, why: str
) -> None:
    rows = WIDE[:, : columns if isinstance(columns, int) else len(columns)]
    theirs = LogisticRegression().fit(rows if isinstance(columns, int) else pd.DataFrame(rows, columns=columns), FAULT)
    with pytest.raises(UserError, match=why):
        imported(FOUR, _kept(tmp_path, theirs), WIDE, chosen.split(",") if chosen else [])


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"no pickle", "cannot be read as a pickle"),
        (b"", "cannot be read as a pickle"),
        (pickle.dumps({"model": 1}), "holds a dict, no scaler or classifier"),
        (pickle.dumps(LogisticRegression()), "never fitted"),
        (pickle.dumps(StandardScaler().fit(COMPLETE.sensors)), "the files hold StandardScaler; wanted is"),
        (pickle.dumps(GradientBoostingClassifier(n_estimators=2).fit(COMPLETE.sensors, FAULT)), "GradientBoosting"),
        (pickle.dumps(LogisticRegression().fit(COMPLETE.sensors[:, :1], FAULT)), "goes by 1 columns"),
        (pickle.dumps(LogisticRegression().fit(COMPLETE.sensors, FAULT + 2)), "tells 2, 3; .* fault_value .* is 1"),
        (
            pickle.dumps(RandomForestClassifier(2).fit(COMPLETE.sensors, np.where(FAULT, "1", "2"))),
            "only logistic regression",
        ),
    ],
)
def test_what_is_not_such_a_model_is_named_with_the_remedy(tmp_path: Path, content: bytes, why: str) -> None:
    file = tmp_path / "theirs.pkl"
    file.write_bytes(content)
    with pytest.raises(UserError, match=why):
        imported(a_machine(), [file], HISTORY.sensors)


def test_a_model_of_another_scikit_learn_is_to_be_trained_anew(tmp_path: Path) -> None:
    content = pickle.dumps(LogisticRegression().fit(COMPLETE.sensors, FAULT))
    own = sklearn.__version__.encode()
    assert content.count(own) == 1, "scikit-learn says in each pickle which release made it"
    file = tmp_path / "theirs.pkl"
    file.write_bytes(content.replace(own, own[:-1] + b"x"))
    with pytest.raises(UserError, match=r"made with scikit-learn .*x, here runs .*: train it anew"):
        imported(a_machine(), [file], HISTORY.sensors)
