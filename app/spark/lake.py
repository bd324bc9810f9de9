"""Files scored and validated by a Spark cluster."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from app.file_scoring import FileTally
from app.file_validating import FileReport
from app.labelled_lake import Draw, LakeCounts, training_rows
from app.spark.tasks import Lake, S3Server, Work, labelling, scoring, validating
from core.errors import UserError
from core.history import History
from core.machine import Machine
from core.ports.recorded import RecordedBytes
from model.cache import CachedVersion
from model.labelled_arrow import DDL, rows_of
from model.scored_arrow import ScoredArrow
from producer.local_file import LocalFile


def lake_of(
    files: Sequence[tuple[str, RecordedBytes]], machine: Machine, mapping: Mapping[str, str], server: S3Server
) -> Lake:
    """Those files, by paths and addresses that hold on every machine of the cluster."""
    return Lake(machine, mapping, tuple((name, _everywhere(file)) for name, file in files), server)


def _everywhere(file: RecordedBytes) -> str:
    return str(file.path.absolute() if isinstance(file, LocalFile) else file)


def score_lake(session: Any, lake: Lake, package: CachedVersion, trusted_keys: str, out: Path) -> FileTally:
    """Every row is in the folder `out`, in `rows=scored` or `rows=bad`; it is there when all are. UserError, OSError.

    The tally counts what lies there; its seconds are for the caller to tell.
    """
    if out.exists():
        raise UserError(f"--out {out} is there already: name a folder that is not")
    part = out.with_name(f"{out.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.parent.mkdir(parents=True, exist_ok=True)
    shared = session.sparkContext.broadcast(package)
    try:
        found = _each_file(session, lake, scoring(lake, shared, trusted_keys), ScoredArrow(lake.machine).ddl)
        found.write.partitionBy("rows").option("compression", "zstd").parquet(part.absolute().as_uri())
        tally = _tally(session, part)
        part.rename(out)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return tally


def validate_lake(session: Any, lake: Lake) -> list[FileReport]:
    """A report for each file, in their order."""
    reports = _each_file(session, lake, validating(lake), "report string").collect()
    found = [msgspec.json.decode(row.report, type=FileReport) for row in reports]
    order = {name: at for at, (name, _) in enumerate(lake.files)}
    return sorted(found, key=lambda report: order[report.file])


def read_lake_there(session: Any, lake: Lake, draw: Draw) -> tuple[History, LakeCounts]:
    """The rows to train on, as app.labelled_lake.read_lake gives them: the same ones, to the last bit. UserError."""
    found = _each_file(session, lake, labelling(lake, draw), DDL).persist()  # asked twice, and read once
    try:
        found.createOrReplaceTempView("labelled_rows")
        sampled = session.sql(_SAMPLE, {"most": draw.most}).toArrow()
        (summed,) = session.sql(_COUNTS).collect()
    finally:
        found.unpersist()
    counts = LakeCounts(len(lake.files), summed.rows, summed.left_out)
    return training_rows(rows_of(sampled, lake.machine), counts), counts


def _each_file(session: Any, lake: Lake, work: Work, columns: str) -> Any:
    count = len(lake.files)
    return session.range(0, count, 1, count).mapInArrow(work, columns)


def _tally(session: Any, folder: Path) -> FileTally:
    rows = session.read.parquet(folder.absolute().as_uri())
    rows.createOrReplaceTempView("scored_rows")
    (found,) = session.sql(_TALLY).collect()
    return FileTally(
        rows=found.readings + found.bad,
        scored=found.scored,
        faults=found.faults,
        doubtful=found.readings - found.scored,
        bad=found.bad,
    )


_SAMPLE = """
    SELECT first.* FROM (
        SELECT key, min_by(struct(key, place, device, time, fault, class, value, sensors), place) AS first
          FROM labelled_rows WHERE key IS NOT NULL GROUP BY key ORDER BY key LIMIT :most)"""
_COUNTS = "SELECT sum(rows) AS rows, sum(left_out) AS left_out FROM labelled_rows WHERE key IS NULL"
_TALLY = """
    SELECT count_if(rows = 'scored') AS readings, count(probability) AS scored, count_if(fault) AS faults,
           count(DISTINCT CASE WHEN rows = 'bad' THEN struct(file, row) END) AS bad
      FROM scored_rows"""
