"""The page's models on a real database, under the page's own role."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from core.login import Visitor
from core.shown_machines import Wish
from core.training_options import TrainingOptions
from db.engine import connect
from db.operators import Operator, Subscription
from db.shown_machines import PostgresModels
from db.training import PostgresTrainingQueue
from tests.alert_world import AlertWorld, alert_world

EVA, BEN = Visitor(1, "Eva", "engineer", "UTC"), Visitor(2, "Ben", "operator", "UTC")
LINEAGE = '{"label_ids": [4, 5, 6]}'
METRICS = '{"pr_auc": 0.81, "f1": 0.7}'


@pytest.fixture
def world(database_url: str) -> Iterator[AlertWorld]:
    """A press of one device, with two versions; Eva follows it, an engineer, and Ben, an operator; Cem does not."""
    with alert_world(database_url) as found:
        found.alert()
        for name, role in (("Eva", "engineer"), ("Ben", "operator")):
            found.operators.add(Operator(name, role, "UTC", None, [Subscription("page", name)]))
        found.operators.add(Operator("Cem", "engineer", "UTC", None, []))
        for number in (1, 2):
            found.execute(
                "INSERT INTO model_version (machine, number, model_key, model_version_id, manifest_key,"
                " manifest_version_id, sha256, algorithm, threshold, metrics, lineage, created_by)"
                " SELECT id, :number, '', '', '', '', '', 'rf', 0.4, CAST(:metrics AS jsonb), CAST(:lineage AS jsonb),"
                " 'ada' FROM machine",
                number=number,
                metrics=METRICS,
                lineage=LINEAGE,
            )
        found.execute(
            "INSERT INTO promotion (machine, number, kind, decided_by, reason)"
            " SELECT id, 1, 'first', 'ada', 'the first' FROM machine"
        )
        yield found


@pytest.fixture
def api(database_url: str) -> Iterator[Engine]:
    engine = connect(database_url, "page")
    yield engine
    engine.dispose()


def test_versions_promotions_and_requests_are_those_of_the_machine(world: AlertWorld, api: Engine) -> None:
    models = PostgresModels(api)
    (press,) = models.machines(EVA.id)
    assert press.champion is not None
    assert (press.machine, press.devices, press.champion.number, press.under_way) == ("press", 2, 1, 0)
    found = models.of(EVA.id, "press")
    assert found is not None
    newest = found.versions[0]
    assert (newest.number, newest.pr_auc, newest.f1, newest.labels, newest.champion) == (2, 0.81, 0.7, 3, False)
    assert [(one.number, one.kind, one.reason) for one in found.promotions] == [(1, "first", "the first")]
    assert found.requests == ()
    world.execute("DELETE FROM subscription WHERE operator = 2")
    assert models.machines(2) == models.machines(3) == []
    assert models.of(3, "press") is None, "who does not follow it"
    assert models.of(EVA.id, "lathe") is None


def test_an_engineers_wish_is_a_request_that_a_trainer_takes_and_there_is_one_at_a_time(
    world: AlertWorld, api: Engine, database_url: str
) -> None:
    models = PostgresModels(api)
    wished = models.retrain(EVA, "press", TrainingOptions("hgb"), "page")
    assert wished.wish is Wish.REQUESTED
    assert models.retrain(EVA, "press", TrainingOptions(), "api") == type(wished)(Wish.UNDER_WAY, wished.request)
    trainer = connect(database_url, "trainer")
    queue = PostgresTrainingQueue(trainer)
    taken = queue.claim("me", ["press"], 30)
    assert taken is not None
    assert (taken.id, taken.asked_by, taken.options) == (wished.request, "Eva", TrainingOptions("hgb"))
    queue.renew(taken, "me", 30, "going on from press v1")
    (running,) = models.requests(EVA.id, "press")
    assert (running.state, running.progress, running.via) == ("running", "going on from press v1\n", "page")
    queue.finish(taken, "me", "refused", {"version": 3, "reason": "worse"})
    assert models.requests(EVA.id, "press") == ()
    found = models.of(EVA.id, "press")
    assert found is not None
    assert [(one.state, one.version, one.reason) for one in found.requests] == [("refused", 3, "worse")]
    assert models.retrain(EVA, "press", TrainingOptions(), "api").wish is Wish.REQUESTED
    assert world.one("SELECT count(*) FROM training_request") == 2
    trainer.dispose()


def test_who_is_no_engineer_or_does_not_follow_the_machine_asks_for_nothing(world: AlertWorld, api: Engine) -> None:
    models = PostgresModels(api)
    assert models.retrain(BEN, "press", TrainingOptions(), "page").wish is Wish.NOT_AN_ENGINEER
    assert models.retrain(EVA._replace(id=3), "press", TrainingOptions(), "page").wish is Wish.UNKNOWN_MACHINE
    assert models.retrain(EVA, "lathe", TrainingOptions(), "page").wish is Wish.UNKNOWN_MACHINE
    assert world.one("SELECT count(*) FROM training_request") == 0
