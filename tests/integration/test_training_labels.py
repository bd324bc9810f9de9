"""What the trainer reads of people's answers."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text

from core.held_back import FIRST, ONE_OF
from core.label import Verdict
from db.engine import connect
from db.training_labels import PostgresTrainingLabels
from tests.builders import a_machine
from tests.labels import AnsweredIncident, answered

PRESS = a_machine()
HOT = [(95.0, 4.0), (96.0, 4.0)]


@pytest.fixture
def labels(database_url: str) -> Iterator[PostgresTrainingLabels]:
    engine = connect(database_url, "trainer")
    yield PostgresTrainingLabels(engine)
    engine.dispose()


def label_of(owner: Engine, incident: AnsweredIncident) -> int:
    with owner.connect() as connection:
        found = text("SELECT max(id) FROM label WHERE incident = :incident")
        return int(connection.execute(found, incident.names).scalar_one())


def test_of_many_answers_some_later_ones_judge_and_a_correction_changes_no_side(
    labels: PostgresTrainingLabels, owner: Engine
) -> None:
    incidents = [answered(owner, PRESS, Verdict.FAULT, *HOT) for _ in range(FIRST + 6 * ONE_OF)]
    held = {one.alert: one.held_back for one in labels.effective(PRESS)}
    sides = list(held.values())
    assert not any(sides[:FIRST])
    assert 0 < sum(sides) < 3 * ONE_OF, "about a fifth of the later ones"
    for incident in incidents[::7]:
        incident.label(Verdict.FALSE_ALARM, HOT)
    assert {one.alert: one.held_back for one in labels.effective(PRESS)} == held


def test_an_engineers_answer_is_told_apart(labels: PostgresTrainingLabels, owner: Engine) -> None:
    incidents = [answered(owner, PRESS, Verdict.FAULT, *HOT) for _ in range(2)]
    with owner.begin() as connection:
        arguments = {"label": label_of(owner, incidents[1])}
        connection.execute(text("UPDATE label SET settles = true WHERE id = :label"), arguments)
    assert [one.settled for one in labels.effective(PRESS)] == [False, True]


def test_an_answer_to_the_random_audit_judges_and_counts_what_it_stands_for(
    labels: PostgresTrainingLabels, owner: Engine
) -> None:
    incidents = [answered(owner, PRESS, Verdict.FALSE_ALARM, HOT[0]) for _ in range(2)]
    with owner.begin() as connection:
        for pool, incident in zip(("audit", "tail"), incidents, strict=True):
            arguments = {**incident.names, "pool": pool, "label": label_of(owner, incident)}
            arguments["question"] = connection.execute(text(_QUESTION), arguments).scalar_one()
            connection.execute(text(_ANSWERS), arguments)
    found = labels.effective(PRESS)
    assert [(one.asked, one.held_back, one.weight) for one in found] == [(True, True, 250.0), (True, False, 250.0)]


_QUESTION = """
    INSERT INTO question (machine, device, topic, kafka_partition, kafka_offset, pool, weight, operator, sensor, above,
                          time, sensors, class, score, model_version)
    VALUES (:machine, :device, :topic, 0, :offset, :pool, 250, :operator, 'temperature', true, now(), '{95, 4}', 0, 0.1,
            1) RETURNING id"""
_ANSWERS = """
    UPDATE label SET source = 'question', question = :question, incident = NULL, alert = NULL WHERE id = :label"""
