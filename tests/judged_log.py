"""A log that a first model version scored and people answered, with a second version beside it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from sqlalchemy import Engine

from app.machines import load_machines
from app.models import model_source
from app.settings import read_settings
from app.wiring import ROOT
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


def judged_log(shell: Shell, owner: Engine, database_url: str, environment: Mapping[str, str], folder: Path) -> None:
    """Two versions, and a log that the first one scored, in batches of seven; both incidents are answered."""
    for faulty in (HOT, SHAKY):
        shell("train", "equipment", "--csv", csv_of(folder / "base.csv", faulty), "--model", "rf")
    model = model_source(read_settings(environment), owner).load(EQUIPMENT, ModelVersion("equipment", 1))
    consumer, alerts = connect(database_url, "consumer"), connect(database_url, "alerts")
    store_log(PostgresReadingStore(consumer, "test", lambda: NOON), model)
    PostgresOperators(alerts).add(Operator("Ada", "operator", "UTC", None, []))
    for alert, said in ((1, "y"), (2, "n")):
        PostgresInbox(alerts).accept("shell", Reply("shell", None, "{}", "Ada", "shell", said, alert=alert))
    consumer.dispose()
    alerts.dispose()


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
