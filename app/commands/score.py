"""`score`: what a model version says of every row of a file."""

import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import click
import msgspec

from app.cli import settings_of
from app.column_map import column_map, map_option
from app.engine_option import engine_options
from app.file_scoring import FileTally, score_files
from app.live_line import LiveLine
from app.machines import pick_machine
from app.models import model_source
from app.readings_place import Place, ReadingsPlace, S3Access, s3_option, s3_reach
from app.recorded_files import files_at, need_other_files, recorded_files
from app.scores_out import Out, ScoresOut, ScoreTable, Sink, in_file, in_tables
from app.settings import Settings
from app.spark.lake import lake_of, score_lake
from app.spark.session import spark_session
from app.spark.tasks import Lake
from app.version_meant import version_meant
from app.wiring import data_directory, database, machines, resolved
from core.errors import UserError
from core.machine import Machine
from core.ports.models import Model
from core.prediction import ModelVersion
from model.cache import CachedVersion
from producer.recorded import RecordedFile


@click.command(short_help="Score a file of readings, of any size.")
@click.argument("path", type=ReadingsPlace())
@click.option("--machine", "name", required=True, help="Whose readings they are, and in whose dialect.")
@click.option("--version", "number", type=click.IntRange(1), help="Of the model; not given: the champion.")
@click.option(
    "--out",
    type=ScoresOut(),
    required=True,
    help="A Parquet file (of Spark: a folder), or postgres:NAME, a table; bad rows go to .bad.csv, or NAME_bad.",
)
@map_option
@s3_option
@engine_options
@click.option("--json", "as_json", is_flag=True, help="Print what became of the rows as JSON.")
@click.pass_context
def command(
    ctx: click.Context,
    path: Place,
    name: str,
    number: int | None,
    out: Out,
    maps: Sequence[str],
    s3_access: S3Access,
    engine: str,
    master: str,
    as_json: bool,
) -> None:
    """Score every row of a CSV or Parquet file (or of all below a folder), by the rules of the live stream.

    PATH is on this machine, or in a bucket: s3://BUCKET/KEY, s3://BUCKET/FOLDER/. In bounded memory. A row gets the
    probability that the same reading would get live; one with a doubtful sensor gets none; one that is no reading is
    kept apart with its column and the reason.
    """
    _require_writable(out, engine)
    settings = settings_of(ctx)
    machine = pick_machine(machines(settings), name)
    mapping = column_map(maps)
    s3 = s3_reach(path, settings, s3_access)
    sources = files_at(path, s3)
    files = recorded_files(sources, machine, mapping)
    settings = resolved(settings)
    # The read-only role, and a cache of its own, as for `rescore`.
    connections = database(settings, "grafana")
    source = model_source(settings, connections, cache="explained")
    version = version_meant(connections, machine, number)
    bad: Out
    if engine == "spark":
        assert isinstance(out, Path), "a table was refused"
        lake = lake_of(sources, machine, mapping, s3.server)
        found, bad = _on_spark(settings, master, s3.keys(), lake, source.package(machine, version), out)
    else:
        into, bad = _sink(settings, out, machine, version, path)
        need_other_files([one for one in (out, bad) if isinstance(one, Path)], path)
        found = _here(files, machine, source.load(machine, version), into)
    say = (found, version, out, bad)
    click.echo(msgspec.json.encode(_facts(*say)) if as_json else _words(*say))


def _require_writable(out: Out, engine: str) -> None:
    if isinstance(out, ScoreTable):
        if engine == "spark":
            raise UserError(f"--out postgres:{out.name}: Spark's workers reach no database; name a folder for Parquet")
    elif engine == "local" and out.suffix.lower() not in (".parquet", ".pq"):
        raise UserError(f"--out {out}: scores are written as Parquet; name a file that ends in .parquet")


def _here(
    files: Sequence[tuple[str, RecordedFile]], machine: Machine, model: Model, into: AbstractContextManager[Sink]
) -> FileTally:
    """What became of the rows."""
    line = LiveLine(sys.stderr)

    def progress(tally: FileTally, share: float) -> None:
        line.show(f"{share:4.0%}  {tally.rows:,} rows, {tally.rows / max(tally.seconds, 1e-3):,.0f} a second")

    with into as sink:
        found = score_files(files, machine, model, sink.write, sink.keep_apart, progress)
    line.end()
    return found


def _sink(
    settings: Settings, out: Out, machine: Machine, version: ModelVersion, of: Place
) -> tuple[AbstractContextManager[Sink], Out]:
    """Where rows go, and where the bad ones are."""
    if isinstance(out, ScoreTable):
        return in_tables(database(settings, "scores"), out, machine, version, str(of)), out.bad
    bad = out.with_name(f"{out.stem}.bad.csv")
    return in_file(out, bad, machine, version), bad


def _on_spark(
    settings: Settings, master: str, keys: Mapping[str, str], lake: Lake, package: CachedVersion, out: Path
) -> tuple[FileTally, Path]:
    """The same; both are in the folder `out`."""
    began = time.monotonic()
    with spark_session(master, data_directory(settings), keys) as session:
        found = score_lake(session, lake, package, settings.trusted_keys, out)
    found.seconds = time.monotonic() - began
    return found, out / "rows=bad"


def _facts(found: FileTally, version: ModelVersion, out: Out, bad: Out) -> dict[str, object]:
    return {
        "machine": version.machine,
        "version": version.number,
        **msgspec.structs.asdict(found),
        "out": str(out),
        "bad_rows": str(bad) if found.bad else None,
    }


def _words(found: FileTally, version: ModelVersion, out: Out, bad: Out) -> str:
    lines = [
        f"{found.rows:,} rows in {found.seconds:.1f} s ({found.rows / max(found.seconds, 1e-3):,.0f} a second)",
        f"{found.scored:,} scored by {version}, {found.faults:,} of them faults: {out}",
    ]
    if found.doubtful:
        lines.append(f"{found.doubtful:,} doubtful (a sensor absent, impossible or stuck), written without a score")
    if found.bad:
        lines.append(f"{found.bad:,} bad rows, kept apart with column and reason: {bad}")
    return "\n".join(lines)
