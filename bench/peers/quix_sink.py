"""Quix Streams as its documentation advises: a function for each message, and its sink for Postgres."""

import time
from typing import Any

from quixstreams import Application
from quixstreams.sinks.community.postgresql import PostgreSQLSink

from bench.peers.task import SENSORS, answer, given, row_of

task = given()
model = task.load_model()
began = 0.0


def score(reading: dict[str, Any]) -> dict[str, Any]:
    """The reading, flat, with its probability."""
    global began
    began = began or time.perf_counter()
    row = row_of(reading)
    return {
        "id": reading["id"],
        "device": reading["device"],
        "time": reading["time"],
        **dict(zip(SENSORS, row, strict=True)),
        "probability": float(model.predict_proba([row])[0, 1]),
    }


application = Application(
    broker_address=task.bootstrap, consumer_group=task.group, auto_offset_reset="earliest", loglevel="WARNING"
)
readings = application.dataframe(application.topic(task.topic, value_deserializer="json", key_deserializer="str"))
readings.apply(score).sink(PostgreSQLSink(**task.connection(), table_name="reading_scored"))
application.run(count=task.messages, collect=False)  # returns when the last batch is committed
answer(task.messages, time.perf_counter() - began)
