"""Models of principal components: what they keep, what they answer, and that people still hear of sensors."""

import csv
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner

from app.cli import main
from app.wiring import ROOT
from core.batch import Floats
from core.errors import UserError
from core.machine import Machine
from core.machine_file import parse_machine
from core.prediction import ModelVersion
from core.steps import Components, Polynomial, Scale
from core.training_options import Algorithm
from model.answers import defect_probabilities, predicted_values, probabilities
from model.component_facts import reported_components
from model.components import PrincipalComponents, components_of
from model.explain import Explainer
from model.fit import Candidate, train
from model.recipe import Parameter, Recipe
from model.scorer import FaultModel
from tests.films import FILM, some_films
from tests.plates import PLATES, plates_of, some_plates, written
from tests.vibration import MIDDLE, ODD, VIBRATION, a_spindle, around

SPARSE: Mapping[Algorithm, dict[str, Parameter]] = {"lr": {}, "rf": {"max_leaf_nodes": 30}, "hgb": {"max_iter": 8}}
"""As good for what is asked here, and fitted in no time."""


def by_components(machine: Machine, keep: float) -> Machine:
    return msgspec.structs.replace(machine, steps=(Scale(), Components(keep)))


@cache
def plates(keep: float = 8, algorithm: Algorithm = "lr") -> Candidate:
    """Of made-up plates; `keep` 0: by the sensors themselves."""
    machine = by_components(PLATES, keep) if keep else PLATES
    return train(machine, some_plates(400), Recipe(algorithm, SPARSE[algorithm]), [], lambda _: None)


@cache
def films(algorithm: Algorithm) -> Candidate:
    machine, recipe = by_components(FILM, 0.95), Recipe(algorithm, SPARSE[algorithm])
    return train(machine, some_films(300), recipe, [], lambda _: None)


def kept(candidate: Candidate) -> PrincipalComponents:
    found = components_of(candidate.pipeline)
    assert found is not None
    return found


def one_of_each() -> Floats:
    return plates_of(np.arange(7), np.random.default_rng(5))


@pytest.mark.parametrize("algorithm", ["lr", "rf", "hgb"])
def test_a_plate_gets_the_same_answer_alone_and_in_a_batch(algorithm: Algorithm) -> None:
    candidate, sensors = plates(algorithm=algorithm), one_of_each()
    model = FaultModel(ModelVersion(PLATES.name, 1), candidate.usual, candidate.metrics.threshold, candidate.pipeline)
    together = model.predict(sensors)
    assert together.defects is not None
    for row in range(len(sensors)):
        alone = model.predict(sensors[row : row + 1])
        assert alone.scores[0] == together.scores[row]
        assert alone.defects is not None
        np.testing.assert_array_equal(alone.defects[0], together.defects[row])


def test_it_keeps_so_many_or_as_many_as_carry_the_share_and_no_more() -> None:
    assert len(kept(plates()).components_) == 8
    found = kept(plates(0.8))
    count, together = len(found.components_), np.cumsum(found.shares_)
    assert together[count - 2] < 0.8 <= together[count - 1]
    assert len(found.shares_) == len(PLATES.sensors), "what those that were left away would carry is known too"
    np.testing.assert_allclose(found.components_ @ found.components_.T, np.eye(count), atol=1e-12)


def test_more_than_there_are_is_said() -> None:
    with pytest.raises(UserError, match=r"pca is to keep 28 components, and \d+ rows of 27 columns have 27: lower"):
        plates(28)


def test_a_line_through_all_components_is_pushed_by_the_sensors_as_the_line_through_the_sensors_is() -> None:
    """Ridge and its like do not see how the axes are turned: where all components are kept it is the same model."""
    turned, plain, sensors = plates(27), plates(0), one_of_each()
    for asked in (Explainer.contributions, lambda of, rows: of.contributions_to_defect(rows, 2)):
        one, other = (asked(Explainer(candidate.pipeline), sensors) for candidate in (turned, plain))
        assert one.base == pytest.approx(other.base, abs=1e-2)
        np.testing.assert_allclose(one.pushes, other.pushes, atol=1e-2)


@pytest.mark.parametrize("algorithm", ["lr", "rf", "hgb"])
def test_what_the_sensors_push_adds_up_to_the_models_margin(algorithm: Algorithm) -> None:
    pipeline, sensors = plates(algorithm=algorithm).pipeline, one_of_each()
    components, both = pipeline[:-1].transform(sensors), pipeline[-1]
    explainer = Explainer(pipeline)
    for found, classifier, at in (
        (explainer.contributions(sensors), both.fault_, 1),
        (explainer.contributions_to_defect(sensors, 3), both.defect_, 2),
    ):
        estimator = classifier.calibrated_classifiers_[0].estimator
        says = estimator.predict_proba if algorithm == "rf" else estimator.decision_function
        answers = np.asarray(says(components))
        margins = answers[:, at] if answers.ndim > 1 else answers
        assert found.pushes.shape == sensors.shape
        np.testing.assert_allclose(found.base + found.pushes.sum(axis=1), margins, atol=1e-9)


@pytest.mark.parametrize("algorithm", ["lr", "rf", "hgb"])
def test_what_the_sensors_push_a_value_by_adds_up_to_it_words_too(algorithm: Algorithm) -> None:
    candidate, sensors = films(algorithm), some_films(4, seed=9).sensors
    found = Explainer(candidate.pipeline).contributions(sensors)
    assert found.pushes.shape == (4, len(FILM.inputs))
    values = predicted_values(candidate.pipeline, sensors)
    np.testing.assert_allclose(found.base + found.pushes.sum(axis=1), values, atol=1e-9)


def test_what_a_defect_shows_in_is_what_is_told_of() -> None:
    bumps = plates_of(np.full(3, 6), np.random.default_rng(5), 0.2)
    for algorithm in ("lr", "hgb"):
        pipeline = plates(27, algorithm).pipeline
        assert probabilities(pipeline, bumps).min() > 0.5
        assert (defect_probabilities(pipeline, bumps).argmax(axis=1) == 5).all()
        pushes = Explainer(pipeline).contributions_to_defect(bumps, 6).pushes.mean(axis=0)
        assert sorted(np.argsort(-pushes)[:3].tolist()) == [18, 19, 20], algorithm


def test_five_gauges_of_one_film_are_one_component_and_words_have_names() -> None:
    (first, *_) = reported_components(films("lr").machine, films("lr").pipeline)
    assert {name for name, _ in first.made_of} < {"calibre_prom", *(f"calibre{number}" for number in range(1, 6))}
    assert first.share > 0.3
    names = {name for one in reported_components(films("lr").machine, films("lr").pipeline) for name, _ in one.made_of}
    assert "estructura=BOPP" in names


def test_behind_other_steps_of_a_one_class_model_they_are_made_of_products() -> None:
    machine = msgspec.structs.replace(VIBRATION, steps=(Polynomial(), Scale(), Components(4)))
    candidate = a_spindle(machine=machine)
    assert probabilities(candidate.pipeline, around(ODD, 3)).min() > 0.5
    assert probabilities(candidate.pipeline, around(MIDDLE, 3)).max() < 0.5
    names = {name for one in reported_components(machine, candidate.pipeline) for name, _ in one.made_of}
    assert "vibration_x vibration_y" in names
    pushes = Explainer(candidate.pipeline).contributions(around(ODD, 3)).pushes
    assert (pushes.argmax(axis=1) == 0).all(), "x alone is odd"


def test_who_trains_it_gets_what_it_explains_as_a_picture_and_what_it_is_made_of_as_a_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (ROOT / "machines" / "steel_plates.toml").read_text(encoding="utf-8")
    text += f'{SCALE}[[steps]]\nkind = "pca"\ncomponents = 6\n'
    (tmp_path / "machines").mkdir()
    (tmp_path / "machines" / "steel_plates.toml").write_text(text, encoding="utf-8")
    monkeypatch.setenv("MACHINES_DIRECTORY", str(tmp_path / "machines"))
    file = written(tmp_path / "Faults.NNA", some_plates(400))
    arguments = ["train", "steel_plates", "--csv", str(file), "--model", "lr", "--dry-run"]
    told = CliRunner().invoke(main, [*arguments, "--plots", str(tmp_path / "plots")])
    assert told.exit_code == 0, told.output
    assert "principal components: 6 of 27, with " in told.stdout
    assert (tmp_path / "plots" / "explained_variance.png").read_bytes().startswith(b"\x89PNG")
    with (tmp_path / "plots" / "components.csv").open(encoding="utf-8", newline="") as lines:
        header, *rows = csv.reader(lines)
    assert header == ["component", "share", "together", *PLATES.sensor_names]
    assert [row[0] for row in rows] == ["1", "2", "3", "4", "5", "6"]
    numbers = np.array(rows, dtype=np.float64)
    np.testing.assert_allclose(numbers[:, 2], numbers[:, 1].cumsum())
    np.testing.assert_allclose(np.linalg.norm(numbers[:, 3:], axis=1), 1)
    facts = json.loads(CliRunner().invoke(main, [*arguments, "--json"]).stdout)
    np.testing.assert_allclose([one[0] for one in facts["components"]], numbers[:, 1])


SCALE = '[[steps]]\nkind = "scale"\n'
FILE = """[[sensors]]
name = "shake"
usual = [1, 5]
[[steps]]
kind = "scale"
[[steps]]
kind = "pca"
components = 1
"""


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        (
            'kind = "scale"\n[[steps]]\n',
            "",
            r"spindle.toml:4: steps.0.: of task `fault` there are scale and behind it pc",
        ),
        (
            "components = 1\n",
            'components = 1\n[[steps]]\nkind = "scale"\n',
            r"spindle.toml:9: steps.2.: of task `fault`",
        ),
        ('kind = "scale"', 'kind = "quantile"', r"spindle.toml:4: steps.0.: is of task `one_class`"),
        ("components = 1", "components = 0", r"spindle.toml:8: steps.1..components"),
        ("components = 1", "components = 1.5", r"spindle.toml:8: steps.1..components"),
    ],
)
def test_what_is_wrong_with_the_steps_is_named_with_the_line(before: str, after: str, complaint: str) -> None:
    assert parse_machine(FILE, "spindle", "spindle.toml").steps == (Scale(), Components(1))
    with pytest.raises(UserError, match=complaint):
        parse_machine(FILE.replace(before, after), "spindle", "spindle.toml")
