"""S3 away, models exchanged under load: every stored prediction is of one verified version, and none is missing."""

import hashlib
import pickle
import uuid
from itertools import islice

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from model.answers import probabilities
from model.estimators import BoundedScaler
from model.manifest import Golden
from tests.challenger import Challenger, named, promote_version_2, version_2
from tests.faults.catalogue import ALWAYS, EVERYTHING, survives
from tests.faults.rig import QUICK, Rig
from tests.load import load_reading
from tests.world import World

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

SWAPS = 4


@survives("S3 down at start, with cache", checks=EVERYTHING)
def test_without_s3_the_copy_that_was_verified_here_serves(rig: Rig) -> None:
    with rig.load() as load:
        consumer = rig.consumer()
        rig.wait_for_progress()
        assert consumer.stop() == 0
        rig.stack.object_store.kill()
        rig.consumer()
        rig.wait_for_progress(5000)
        assert rig.stack.object_store.pid is None
        load.go_on()
        rig.stack.object_store.restart()
    rig.survived(load.published)


@survives("S3 down at start, without cache", checks=EVERYTHING)
def test_without_s3_and_without_a_copy_readings_wait_until_there_is_a_model(rig: Rig) -> None:
    rig.stack.object_store.kill()
    with rig.load() as load:
        consumer = rig.consumer()
        rig.wait_until_said(consumer, "cannot load equipment v1", 2)
        load.go_on()
        assert rig.progress() == 0, "nothing is read that could not be scored"
        rig.stack.object_store.restart()
        rig.wait_for_progress()
        load.go_on()
    rig.survived(load.published)


@survives("hot reload under load", checks=EVERYTHING)
def test_models_swapped_under_load_never_share_a_batch(rig: Rig) -> None:
    loads = "SELECT count(*) >= :count FROM model_load WHERE number = :number AND outcome = 'loaded'"
    with rig.load() as load:
        rig.consumer(**QUICK)
        rig.consumer(**QUICK)
        rig.wait_for("SELECT count(DISTINCT owner) = 2 FROM ingest_partition", "both own a partition")
        promote_version_2(rig.world, version_2(rig.world))
        rig.wait_for(loads, "both loaded version 2", count=2, number=2)
        for swap in range(SWAPS):
            number = 1 + swap % 2
            rig.world.run(
                "models", "promote", rig.world.machine, str(number), "--force", "--as", "ann", "--reason", "a test"
            )
            rig.wait_for(loads, f"both loaded version {number} again", count=2 * (2 + swap // 2), number=number)
            rig.wait_for_progress(2000)
    rig.survived(load.published)
    assert rig.world.one("SELECT array_agg(DISTINCT model_version) FROM reading") == [1, 2]
    mixed = "SELECT count(*) FROM (SELECT FROM reading GROUP BY xmin::text HAVING count(DISTINCT model_version) > 1) m"
    assert rig.world.one(mixed) == 0


@survives("a model that returns NaN", checks=f"{ALWAYS} I3")
def test_a_model_that_returns_nan_costs_only_what_it_cannot_score_and_goes_when_that_is_much(rig: Rig) -> None:
    odd = ({**load_reading(n), "device": f"odd-{n % 5}", "id": str(uuid.uuid4())} for n in range(1000))
    unscorable = ({**reading, "sensors": {**reading["sensors"], "temperature": 70.0}} for reading in odd)
    outcomes = "SELECT count(*) FROM model_load WHERE number = 2 AND outcome = :outcome"
    with rig.load(1000) as load:
        rig.consumer()
        rig.wait_for_progress()
        promote_version_2(rig.world, nan_at_70_degrees(rig.world))
        rig.wait_for(outcomes, "version 2 serves", outcome="loaded")
        rig.world.publish(islice(unscorable, 5))
        rig.wait_for("SELECT count(*) = 5 FROM dead_letter WHERE stage = 'score'", "five dead letters")
        assert not rig.world.one(outcomes, outcome="withdrawn")
        rig.world.publish(islice(unscorable, 500))
        rig.wait_for(outcomes, "version 2 is withdrawn", outcome="withdrawn")
        load.go_on()
    rig.lag().wait_until_none()
    dead = rig.world.one("SELECT count(*) FROM dead_letter")
    assert dead < 100, "the last good version took the rest"
    rig.survived(load.published + 505 - dead)


def nan_at_70_degrees(world: World) -> Challenger:
    """A signed version 2 that says NaN for a temperature of exactly 70 °C, and something for all others."""
    readings = np.array([[60.0, 1.5, 50.0, 35.0], [160.0, 9.0, 50.0, 35.0]])
    pipeline = Pipeline([("scale", BoundedScaler()), ("classify", LogisticRegression())]).fit(readings, [0, 1])
    pipeline["scale"].mean_[0] = 70.0
    pipeline["classify"].coef_[0] = [np.inf, 0.0, 0.0, 0.0]
    golden = Golden(tuple(map(tuple, readings.tolist())), tuple(probabilities(pipeline, readings).tolist()))
    content = pickle.dumps(pipeline)
    challenger = version_2(world)._replace(model=content)
    return named(challenger, golden=golden, size=len(content), sha256=hashlib.sha256(content).hexdigest())
