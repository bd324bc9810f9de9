"""The columns of scored rows, wherever they are written."""

import numpy as np
import pyarrow as pa

from core.machine import Machine
from core.scored_rows import ScoredRows


def scored_fields(machine: Machine) -> list[tuple[str, pa.DataType]]:
    """Name and type of each; `class` only of a machine that has several, `value` where one is predicted."""
    return [
        ("file", pa.string()),
        ("row", pa.int64()),
        ("device", pa.string()),
        ("time", pa.timestamp("us", "UTC")),
        ("probability", pa.float64()),
        ("fault", pa.bool_()),
        *([("class", pa.string())] if machine.classes else []),
        *([("value", pa.float64())] if machine.target else []),
        ("quality", pa.int16()),
    ]


def scored_columns(machine: Machine, scored: ScoredRows) -> dict[str, pa.Array]:
    """The rows, shape (n,) a column, texts encoded by dictionaries.

    A reading without a score has neither probability nor fault nor class nor value.
    """
    found = scored.predictions
    unscored = np.isnan(found.scores)
    columns = {
        "file": pa.DictionaryArray.from_arrays(np.zeros(len(scored.rows), dtype=np.int32), [scored.file]),
        "row": pa.array(scored.rows),
        "device": pa.array(scored.devices, pa.string()).dictionary_encode(),
        "time": pa.array(scored.times, pa.timestamp("us", "UTC")),
        "probability": pa.array(found.scores, mask=unscored),
        "fault": pa.array(found.faults, mask=unscored),
        "quality": pa.array(scored.quality),
    }
    if machine.classes:
        classes = np.array(machine.classes, dtype=object)
        columns["class"] = pa.array(classes[found.classes], pa.string(), mask=unscored)
    if machine.target:
        values = np.full(len(scored.rows), np.nan) if found.values is None else found.values
        columns["value"] = pa.array(values, mask=unscored)
    return columns
