"""`./run rescore`: stored readings scored again decide as the consumer did, or as another version would have."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, text

from app.machines import load_machines
from app.models import model_source
from app.settings import read_settings
from app.wiring import ROOT
from core.errors import ModelRefused, UserError
from core.incident import judge
from core.ports.models import Model
from core.ports.stream import LogBounds, TopicPartition
from core.prediction import ModelVersion
from core.reply import Reply
from db.engine import connect
from db.inbox import PostgresInbox
from db.operators import Operator, PostgresOperators
from db.reading_store import PostgresReadingStore
from tests.builders import NOON, a_batch
from tests.shell import Shell

EQUIPMENT = load_machines(ROOT / "machines")["equipment"]
HERE = TopicPartition(EQUIPMENT.topics[0], 0)
WELL, HOT, SHAKY = (70.0, 1.3, 50.0, 35.0), (108.0, 1.3, 50.0, 35.0), (70.0, 8.0, 50.0, 35.0)
# Two hot incidents of oven-1, which version 1 finds; oven-2 shakes, which version 2 finds.
LOG = [
    *[("oven-1", WELL)] * 10,
    *[("oven-1", HOT), ("oven-2", WELL)] * 6,
    *[("oven-1", WELL), ("oven-2", WELL)] * 12,
    *[("oven-1", HOT), ("oven-2", SHAKY)] * 6,
    *[("oven-3", WELL)] * 5,
]


def csv_of(path: Path, faulty: Sequence[float]) -> str:
    """Labelled rows of which the faults read like these."""
    well = [(60 + row % 20, 1 + row % 7 / 10, 40 + row % 30, 30 + row % 9) for row in range(360)]
    faults = [tuple(value + row / 1000 for value in faulty) for row in range(40)]
    rows = [(*row, 0) for row in well] + [(*row, 1) for row in faults]
    lines = [",".join(map(str, row)) for row in rows]
    path.write_text("\n".join(["temperature,vibration,humidity,pressure,faulty", *lines]))
    return str(path)


@pytest.fixture
def world(shell: Shell, owner: Engine, database_url: str, environment: Mapping[str, str], tmp_path: Path) -> Shell:
    """Two versions, and a log that the first one scored, in batches of seven; both incidents are answered."""
    for faulty in (HOT, SHAKY):
        shell("train", "equipment", "--csv", csv_of(tmp_path / "base.csv", faulty), "--model", "rf")
    model = model_source(read_settings(environment), owner).load(EQUIPMENT, ModelVersion("equipment", 1))
    consumer, alerts = connect(database_url, "consumer"), connect(database_url, "alerts")
    store_log(PostgresReadingStore(consumer, "test", lambda: NOON), model)
    PostgresOperators(alerts).add(Operator("Ada", "operator", "UTC", None, []))
    for alert, said in ((1, "y"), (2, "n")):
        PostgresInbox(alerts).accept("shell", Reply("shell", None, "{}", "Ada", "shell", said, alert=alert))
    consumer.dispose()
    alerts.dispose()
    return shell


def store_log(store: PostgresReadingStore, model: Model) -> None:
    """As the consumer does."""
    store.register(EQUIPMENT)
    for first in range(0, len(LOG), 7):
        part = LOG[first : first + 7]
        names, sensors = zip(*part, strict=True)
        batch = a_batch(len(part), machine=EQUIPMENT, first_offset=first, devices=names, sensors=sensors)
        (claim,) = store.acquire("equipment", {HERE: LogBounds("topic-a", 0, 1_000)}).claims
        known = store.devices("equipment", sorted(set(names)))
        numbers = np.array([known[name].id for name in names], dtype=np.int64)
        predictions = model.predict(batch.sensors)
        states = {device.id: device.state for device in known.values()}
        with store.begin([claim]) as tx:
            tx.save(batch, numbers, predictions)
            tx.incidents(batch, judge(batch, numbers, predictions, states, EQUIPMENT.incident), model)


def rescored(world: Shell, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(world("rescore", "equipment", *arguments, "--json"))
    return found


def at(offset: int) -> str:
    return (NOON + timedelta(seconds=offset)).isoformat()


def stored(owner: Engine, query: str) -> list[tuple[Any, ...]]:
    with owner.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_the_version_that_scored_them_decides_as_it_did_whatever_the_period(world: Shell) -> None:
    # From the beginning; from within the first incident; from between the two.
    for since, incidents in ((0, 2), (16, 1), (25, 1)):
        found = rescored(world, "--version", "1", "--since", at(since))
        assert found["tally"] == {
            "readings": len(LOG) - since,
            "scored": len(LOG) - since,
            "same_version": len(LOG) - since,
            "differing": 0,
        }
        assert found["alarms"] == {"then": incidents, "now": incidents, "gained": [], "lost": []}
        assert found["confirmed"]["missed"] == found["refuted"]["vanished"] == []


def test_another_version_says_what_it_would_gain_lose_and_miss(world: Shell, owner: Engine) -> None:
    before = stored(owner, _WRITTEN)
    found = rescored(world, "--version", "2")
    assert found["tally"]["same_version"] == 0
    (first, second) = stored(owner, _ANSWERED)
    lost = found["alarms"]["lost"]
    assert [(one["incident"], one["alert"], one["label"], one["offset"]) for one in lost] == [first, second]
    (gained,) = found["alarms"]["gained"]
    shaky = [offset for offset, (device, sensors) in enumerate(LOG) if sensors == SHAKY]
    assert (gained["device"], gained["offset"]) == ("oven-2", shaky[EQUIPMENT.incident.open_after - 1])
    assert (found["alarms"]["then"], found["alarms"]["now"]) == (2, 1)
    assert [(one["alert"], one["by"]) for one in found["confirmed"]["missed"]] == [(1, "Ada")]
    assert [one["alert"] for one in found["refuted"]["vanished"]] == [2]
    assert (found["confirmed"]["rate"], found["refuted"]["rate"]) == (1.0, 1.0)
    assert stored(owner, _WRITTEN) == before, "nothing was written"

    until = rescored(world, "--version", "2", "--until", at(40))
    assert (until["alarms"]["gained"], len(until["alarms"]["lost"]), until["refuted"]["troubles"]) == ([], 1, 0)


def test_a_trouble_whose_readings_were_dropped_is_not_called_lost(world: Shell, owner: Engine) -> None:
    with owner.begin() as connection:
        connection.execute(text("DELETE FROM reading WHERE kafka_offset < 30"))
    said = world("rescore", "equipment", "--version", "1")
    assert "alarms: 1 then, 1 now; 0 gained, 0 lost" in said
    assert "1 troubles of that time cannot be judged" in said


def test_what_cannot_be_scored_again_is_one_line(world: Shell) -> None:
    with pytest.raises(ModelRefused, match="no record of equipment v9"):
        world("rescore", "equipment", "--version", "9")
    with pytest.raises(UserError, match="is not before"):
        world("rescore", "equipment", "--version", "1", "--since", "2026-03-02", "--until", "2026-03-01")


_WRITTEN = """
    SELECT (SELECT count(*) FROM incident), (SELECT count(*) FROM outbox), (SELECT sum(score) FROM reading),
           (SELECT count(*) FROM device_state), (SELECT max(owner_epoch) FROM ingest_partition)"""
_ANSWERED = """
    SELECT i.id, a.id, l.id, i.since_offset FROM incident i JOIN alert a ON a.incident = i.id
      JOIN label l ON l.incident = i.id ORDER BY i.id"""
