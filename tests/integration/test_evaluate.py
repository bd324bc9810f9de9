"""How a version does on what the database says that people said."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from app.evaluating import evaluate
from core.errors import ModelRefused, UserError
from core.label import Verdict
from core.verdict_replay import FEW
from db.engine import connect
from model.release import Release
from tests.builders import a_machine
from tests.labels import answered
from tests.model_builders import published
from tests.releases import a_release

PRESS = a_machine()
HOT, COOL = [(101.0, 4.0), (102.0, 4.1)], [(61.0, 4.0), (62.0, 4.1)]


@pytest.fixture
def reader(database_url: str) -> Iterator[Engine]:
    engine = connect(database_url, "grafana")
    yield engine
    engine.dispose()


@pytest.fixture
def release(database_url: str, tmp_path: Path) -> Iterator[Release]:
    engine = connect(database_url, "trainer")
    yield a_release(engine, tmp_path)
    engine.dispose()


def test_a_version_is_judged_by_what_people_said_since(release: Release, reader: Engine, owner: Engine) -> None:
    published(release)
    for _ in range(FEW):
        answered(owner, PRESS, Verdict.FAULT, *HOT)
        answered(owner, PRESS, Verdict.FALSE_ALARM, *COOL)
    answered(owner, PRESS, Verdict.FALSE_ALARM, *HOT)

    found = evaluate(release.models, reader, PRESS, None, None)

    assert str(found.version) == "press v1"
    assert (found.health.confirmed.ring, found.health.confirmed.troubles) == (FEW, FEW)
    assert (found.health.refuted.ring, found.health.refuted.troubles) == (1, FEW + 1)
    assert found.health.quality is not None
    assert found.health.quality.recall.value == 1.0
    assert found.alert_rate.alerts == 2 * FEW + 1
    assert found.alert_rate.days > 0

    with owner.connect() as connection:
        now = connection.execute(text("SELECT now()")).scalar_one()
    later = evaluate(release.models, reader, PRESS, 1, now + timedelta(minutes=1))
    assert (later.health.judged, later.health.quality, later.alert_rate.alerts) == (0, None, 0)


def test_no_champion_and_no_such_version_are_said(release: Release, reader: Engine) -> None:
    with pytest.raises(UserError, match="press has no champion yet"):
        evaluate(release.models, reader, PRESS, None, None)
    with pytest.raises(ModelRefused, match="no record of press v7"):
        evaluate(release.models, reader, PRESS, 7, None)
