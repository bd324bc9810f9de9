"""Quix Streams at its best: a sink of our own that scores and copies whole batches; no function for each message."""

import io
import time
from typing import Any

import numpy as np
import psycopg2
from quixstreams import Application
from quixstreams.sinks import BatchingSink, SinkBatch

from bench.peers.task import TABLE, answer, given, row_of

_AT_ONCE = 20_000
"""Messages of a checkpoint: as many as our own consumer stores in a transaction."""


class ScoringSink(BatchingSink):  # type: ignore[misc]  # only the peers' environment has its types
    """Scores a batch in one call and stores it by one COPY."""

    def __init__(self, connection: dict[str, Any], model: Any) -> None:
        super().__init__()
        self._settings = connection
        self._model = model
        self.began = 0.0

    def setup(self) -> None:
        """Connect."""
        self._connection = psycopg2.connect(**self._settings)
        with self._connection, self._connection.cursor() as cursor:
            cursor.execute(TABLE)

    def add(self, *arguments: Any, **named: Any) -> None:
        """Take one message in."""
        self.began = self.began or time.perf_counter()
        super().add(*arguments, **named)

    def write(self, batch: SinkBatch) -> None:
        """Store the messages of one partition, in one transaction."""
        readings = [item.value for item in batch]
        rows = [row_of(reading) for reading in readings]
        probabilities = self._model.predict_proba(np.array(rows))[:, 1].tolist()
        lines = io.StringIO()
        for reading, row, probability in zip(readings, rows, probabilities, strict=True):
            numbers = "\t".join(map(str, row))
            lines.write(f"{reading['id']}\t{reading['device']}\t{reading['time']}\t{numbers}\t{probability}\n")
        lines.seek(0)
        with self._connection, self._connection.cursor() as cursor:
            cursor.copy_expert("COPY reading_scored FROM STDIN", lines)


task = given()
sink = ScoringSink(task.connection(), task.load_model())
application = Application(
    broker_address=task.bootstrap,
    consumer_group=task.group,
    auto_offset_reset="earliest",
    commit_every=_AT_ONCE,
    consumer_extra_config={"fetch.queue.backoff.ms": 5},
    loglevel="WARNING",
)
readings = application.dataframe(application.topic(task.topic, value_deserializer="json", key_deserializer="str"))
readings.sink(sink)
application.run(count=task.messages, collect=False)  # returns when the last batch is committed
answer(task.messages, time.perf_counter() - sink.began)
