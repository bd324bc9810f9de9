"""Recorded files that tests write, and what the live stream makes of the same readings."""

import csv
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from app.scorer_apart import scorer_apart
from consumer.decode import Decoder
from consumer.duplicates import RecentIds
from consumer.past import Past
from consumer.rolling import RollingCourses, with_rolling_sensors
from core.batch import Quality
from core.flags import flags_text
from core.machine import Machine
from core.ports.models import Model
from core.ports.stream import NOTHING_STORED, TopicPartition
from producer.encode import encoder_of
from producer.replay import Replay
from producer.schedule import flat_out
from tests.builders import NOON, fetched


class Row(NamedTuple):
    """A reading as a file writes it; None: the cell is empty."""

    device: str
    sensors: Sequence[float | None]


class Verdict(NamedTuple):
    """What was said of one row; None: it has no score."""

    row: int
    probability: float | None
    fault: bool
    quality: int


def write(path: Path, machine: Machine, rows: Sequence[Row]) -> Path:
    """A file in the machine's dialect, a reading a second; Parquet where the path ends so."""
    words = {name: {number: text for text, number in known.items()} for name, known in machine.csv.values.items()}
    moments = [NOON + timedelta(seconds=second) for second in range(len(rows))]
    written = machine.csv.time_format
    columns: dict[str, list[Any]] = {
        machine.csv.device: [row.device for row in rows],
        machine.csv.time: [at.isoformat() if written == "ISO8601" else at.strftime(written) for at in moments],
    }
    for place, name in enumerate(machine.sensor_names):
        cells: list[Any] = [row.sensors[place] for row in rows]
        if machine.sensors[place].bit is not None:
            columns[machine.csv.columns[name]] = [_flags(machine, row) for row in rows]
            continue
        if name in words:
            cells = [None if cell is None else words[name][cell] for cell in cells]
        columns[machine.csv.columns.get(name, name)] = cells
    if path.suffix == ".parquet":
        pq.write_table(pa.table(columns), path)
        return path
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=machine.csv.separator)
        writer.writerow(columns)
        for line in zip(*columns.values(), strict=True):
            writer.writerow(["" if cell is None else cell for cell in line])
    return path


def _flags(machine: Machine, row: Row) -> str:
    """All flags of the row, which share a column."""
    pairs = zip(machine.sensors, row.sensors, strict=True)
    return flags_text([(sensor.bit, value or 0.0) for sensor, value in pairs if sensor.bit is not None])


def live(path: Path, machine: Machine, model: Model) -> list[Verdict]:
    """The file replayed: each reading encoded, decoded, scored and judged as a message is, one batch a message."""
    decoder, past, scorer, found = Decoder(machine), Past(machine), scorer_apart(), list[Verdict]()
    course = RollingCourses(machine, NOTHING_STORED)
    numbers: dict[str, int] = {}
    (readings,) = Replay(path, machine, {}).readings(flat_out)
    for offset, value in enumerate(encoder_of(machine).encode(readings)):
        name = readings.devices[offset]
        at = TopicPartition(machine.topics[0], 0)
        message = fetched([value], offset, machine.topics[0], key=name.encode(), produced=NOON + timedelta(days=1))
        batch = with_rolling_sensors(decoder.decode(message, {at: offset}, {at: RecentIds()}), {at: course})
        batch, predictions = scorer.score(machine, model, batch)
        device = np.array([numbers.setdefault(name, len(numbers))])
        look = past.look(device, batch.offsets, batch.times, batch.sensors, batch.quality)
        past.take(look)
        predictions = predictions.only(look.quality == Quality.GOOD)
        score = float(predictions.scores[0])
        found.append(
            Verdict(offset, None if np.isnan(score) else score, bool(predictions.faults[0]), int(look.quality[0]))
        )
    return found
