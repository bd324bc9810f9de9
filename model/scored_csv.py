"""Scored rows as CSV that a database copies, and the columns of their table."""

import io
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.csv as pa_csv

from core.machine import Machine
from core.prediction import ModelVersion
from core.scored_rows import ScoredRows
from model.scored_columns import scored_columns, scored_fields

_POSTGRES = {
    pa.string(): "text",
    pa.int64(): "bigint",
    pa.int16(): "smallint",
    pa.float64(): "float8",
    pa.bool_(): "boolean",
    pa.timestamp("us", "UTC"): "timestamptz",
}


def score_columns(machine: Machine) -> Sequence[tuple[str, str]]:
    """Name and Postgres type of each: those of the scored rows, and by which version."""
    return [*((name, _POSTGRES[kind]) for name, kind in scored_fields(machine)), ("model_version", "integer")]


def scored_csv(machine: Machine, version: ModelVersion, scored: ScoredRows) -> bytes:
    """The rows in that order, without a header; numbers to the last bit, an empty cell for what is absent."""
    columns = scored_columns(machine, scored)
    columns["model_version"] = pa.array([version.number] * len(scored.rows), pa.int32())
    names = [name for name, _ in score_columns(machine)]
    kinds = {**dict(scored_fields(machine)), "model_version": pa.int32()}
    table = pa.table({name: columns[name].cast(kinds[name]) for name in names})
    written = io.BytesIO()
    pa_csv.write_csv(table, written, pa_csv.WriteOptions(include_header=False))
    return written.getvalue()
