import pickle
from pathlib import Path
from typing import Any

import pytest
from sklearn.preprocessing import StandardScaler

from core.errors import ModelRefused
from core.sensor import EngineeredSensor
from core.training_options import Algorithm
from model.fence import unpickle
from model.fit import train
from model.recipe import Recipe
from tests.builders import a_machine
from tests.model_builders import a_candidate, a_history


class _LeavesATrace:
    """A pickle that touches a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Any, tuple[Path]]:
        return Path.touch, (self._path,)


@pytest.mark.parametrize("algorithm", ["lr", "rf", "hgb"])
def test_every_model_of_ours_passes(algorithm: Algorithm) -> None:
    assert unpickle(a_candidate(algorithm).pickled).predict_proba([[65.0, 4.0]]).shape == (1, 2)


def test_a_model_with_engineered_sensors_passes() -> None:
    press = a_machine(engineered=(EngineeredSensor("heat", "temperature * pressure"),))
    pickled = train(press, a_history(), Recipe("lr"), [], lambda _: None).pickled
    assert unpickle(pickled).predict_proba([[65.0, 4.0]]).shape == (1, 2)


def test_a_pickle_that_runs_something_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelRefused, match="which no model of ours needs"):
        unpickle(pickle.dumps(_LeavesATrace(tmp_path / "trace")))
    assert not (tmp_path / "trace").exists()


@pytest.mark.parametrize(
    "named",
    [
        b"os\nsystem",
        b"builtins\neval",
        b"numpy.testing._private.utils\nrunstring",
        b"sklearn.utils.fixes\nplatform",
        b"model.registry\nconnect",
    ],
)
def test_what_no_model_needs_is_refused(named: bytes) -> None:
    with pytest.raises(ModelRefused):
        unpickle(b"c" + named + b"\n.")


def test_a_dotted_way_through_scikit_learn_is_refused() -> None:
    with pytest.raises(ModelRefused):
        unpickle(b"\x80\x04\x8c\x0dsklearn.utils\x8c\x09fixes.sys\x93.")


@pytest.mark.parametrize("content", [b"", b"\x80\x05", b"garbage", pickle.dumps(StandardScaler()), pickle.dumps(1)])
def test_what_is_no_pipeline_is_refused(content: bytes) -> None:
    with pytest.raises(ModelRefused):
        unpickle(content)
