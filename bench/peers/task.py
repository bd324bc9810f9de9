"""What every peer is told, and what it answers. Imports nothing that peers do not have."""

import json
import pickle
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

SENSORS = ("temperature", "vibration", "humidity", "pressure")
NAN = float("nan")
TABLE = """
    CREATE TABLE reading_scored (id uuid, device text, time timestamptz, temperature float8, vibration float8,
                                 humidity float8, pressure float8, probability float8)"""


class Task(NamedTuple):
    """So many messages of a topic, scored by a pickled pipeline, into a database."""

    bootstrap: str
    topic: str
    group: str
    host: str
    port: int
    user: str
    password: str
    database: str
    model: str
    """Path of the pickle."""
    messages: int

    def load_model(self) -> Any:
        """The pipeline."""
        return pickle.loads(Path(self.model).read_bytes())

    def connection(self) -> dict[str, Any]:
        """Arguments of psycopg2.connect."""
        return {
            "host": self.host,
            "port": self.port,
            "user": self.user,
            "password": self.password,
            "dbname": self.database,
        }


def given() -> Task:
    """The task, from standard input."""
    return Task(**json.load(sys.stdin))


def answer(messages: int, seconds: float) -> None:
    """How many were stored, and how long that took from the first message on."""
    print(json.dumps({"messages": messages, "seconds": seconds}))


def row_of(reading: Mapping[str, Any]) -> list[float]:
    """The model's input, NaN for absent."""
    sensors = reading["sensors"]
    return [NAN if (value := sensors.get(name)) is None else value for name in SENSORS]
