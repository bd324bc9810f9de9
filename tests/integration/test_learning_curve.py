"""False alarms and recall by version, from what people said in the database."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text

from core.label import Verdict
from db.engine import connect
from db.learning_curve import learning_curve
from tests.builders import a_machine
from tests.labels import answered

PRESS = a_machine()
HOT = (95.0, 4.0)


@pytest.fixture
def page(database_url: str) -> Iterator[Engine]:
    engine = connect(database_url, "page")
    yield engine
    engine.dispose()


def test_each_trouble_counts_for_the_version_that_raised_or_missed_it(page: Engine, owner: Engine) -> None:
    for verdict in (Verdict.FAULT, Verdict.FALSE_ALARM, Verdict.FALSE_ALARM, Verdict.NOT_SURE):
        answered(owner, PRESS, verdict, HOT)
    changed = answered(owner, PRESS, Verdict.FALSE_ALARM, HOT)
    changed.label(Verdict.FAULT, [HOT])
    later = answered(owner, PRESS, Verdict.FAULT, HOT)
    reported = answered(owner, PRESS, Verdict.FAULT, HOT)
    with owner.begin() as connection:
        for number in (1, 2):
            connection.execute(text(_VERSION), {"number": number})
        connection.execute(text("UPDATE alert SET model_version = 2 WHERE id = :alert"), later.names)
        label = connection.execute(text(_MISSED), reported.names).scalar_one()
        missed = {"label": label}
        connection.execute(text("UPDATE labelled_reading SET model_version = 2 WHERE label = :label"), missed)
        machine = connection.execute(text("SELECT id FROM machine")).scalar_one()

    with page.connect() as connection:
        first, second = learning_curve(connection, machine)

    assert (first.number, first.confirmed, first.refuted, first.missed) == (1, 2, 2, 0)
    assert (second.number, second.confirmed, second.refuted, second.missed) == (2, 1, 0, 1)
    assert (first.false_alarm_share, first.recall, second.recall) == (0.5, 1.0, 0.5)
    assert first.device_days == pytest.approx(2 * 7), "two days of seven devices"
    assert second.device_days == pytest.approx(7, rel=0.01)


_VERSION = """
    WITH made AS (
        INSERT INTO model_version (machine, number, model_key, model_version_id, manifest_key, manifest_version_id,
                                   sha256, algorithm, threshold, created_by)
        SELECT id, :number, '', '', '', '', '', 'rf', 0.5, 'ada' FROM machine RETURNING machine, number)
    INSERT INTO promotion (machine, number, kind, decided_by, reason, at)
    SELECT machine, number, 'override', 'ada', 'why not', now() - (5 - 2 * number) * interval '1 day' FROM made"""
_MISSED = """
    UPDATE label SET source = 'report', incident = NULL, alert = NULL, device = :device, since = now()
     WHERE incident = :incident RETURNING id"""
