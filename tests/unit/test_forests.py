"""Our forests beside scikit-learn's."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.pipeline import Pipeline

from model.fence import unpickle
from model.forests import DirectForestClassifier, DirectForestRegressor

ROWS = np.random.default_rng(1).normal(size=(500, 4))
KINDS = np.digitize(ROWS[:, 0] * ROWS[:, 1], [-0.5, 0.5])
VALUES = ROWS[:, 0] * ROWS[:, 1] - 100


def test_the_probabilities_are_those_of_scikit_learn_to_the_last_bit_alone_and_in_a_batch() -> None:
    theirs, ours = (
        forest(30, random_state=1).fit(ROWS, KINDS) for forest in (RandomForestClassifier, DirectForestClassifier)
    )
    found = ours.predict_proba(ROWS)
    assert found.shape == (500, 3)
    assert np.array_equal(found, theirs.predict_proba(ROWS))
    assert np.array_equal(found, np.vstack([ours.predict_proba(ROWS[row : row + 1]) for row in range(len(ROWS))]))
    assert np.array_equal(ours.predict(ROWS), theirs.predict(ROWS))


def test_the_values_are_those_of_scikit_learn_to_the_last_bit() -> None:
    theirs, ours = (
        forest(30, random_state=1).fit(ROWS, VALUES) for forest in (RandomForestRegressor, DirectForestRegressor)
    )
    assert np.array_equal(ours.predict(ROWS), theirs.predict(ROWS))


def test_a_copy_to_be_fitted_anew_and_a_pickled_one_stay_what_they_are() -> None:
    forest = DirectForestClassifier(5, max_depth=3, random_state=1)
    assert clone(forest).get_params() == forest.get_params()
    forest.fit(ROWS, KINDS)
    stored = pickle.dumps(Pipeline([("classify", forest)]))
    assert np.array_equal(unpickle(stored).predict_proba(ROWS), forest.predict_proba(ROWS))


@pytest.mark.parametrize("kind", [DirectForestClassifier, DirectForestRegressor])
def test_what_it_cannot_score_is_refused_as_scikit_learn_does(
    kind: type[DirectForestClassifier | DirectForestRegressor],
) -> None:
    forest = kind(3, random_state=1).fit(ROWS, KINDS)
    with pytest.raises(ValueError, match="infinity"):
        forest.predict(np.array([[0.0, np.inf, 0.0, 0.0]]))
    with pytest.raises(ValueError, match="4 features"):
        forest.predict(ROWS[:, :3])
