"""Signed versions that pass every check of loading and fail in service, and the readings that show it."""

import hashlib
import pickle
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from model.answers import probabilities
from model.estimators import BoundedScaler
from model.manifest import Golden
from tests.builders import a_reading
from tests.challenger import named, promote_version_2, version_2
from tests.world import World

USUAL = {"temperature": 70.0, "vibration": 1.5, "humidity": 50.0, "pressure": 35.0}


def promote(world: World, classifier: Any, copies: int = 1, rows: int = 2000) -> None:
    """Sign and promote a version 2 that knows no absent sensors; a forest gets `copies` of its trees."""
    random = np.random.default_rng(1)
    sensors = random.normal(list(USUAL.values()), 5, (rows, 4))
    fault = random.random(rows) > 0.5  # nothing to learn: trees grow deep, and slow
    pipeline = Pipeline([("scale", BoundedScaler()), ("classify", classifier)]).fit(sensors, fault)
    if copies > 1:
        classifier.estimators_ *= copies
    inputs = sensors[:1]
    outputs = [0.5] if copies > 10_000 else probabilities(pipeline, inputs).tolist()
    golden = Golden(tuple(map(tuple, inputs.tolist())), tuple(outputs))
    content = pickle.dumps(pipeline)
    challenger = version_2(world)._replace(model=content)
    promote_version_2(
        world, named(challenger, golden=golden, size=len(content), sha256=hashlib.sha256(content).hexdigest())
    )


def wait_until_tried(world: World) -> None:
    """Until a consumer has loaded or refused version 2."""
    world.wait_for("SELECT EXISTS (SELECT FROM model_load WHERE number = 2)", "a consumer tried version 2")


def reading(pressure: float | None = USUAL["pressure"]) -> dict[str, Any]:
    """A healthy reading; without a pressure, these versions cannot score it."""
    return {**a_reading("pump-1"), "sensors": {**USUAL, "pressure": pressure}}
