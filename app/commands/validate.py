"""`validate`: what is wrong with a file of readings."""

import sys
from collections.abc import Sequence
from functools import partial

import click
import msgspec

from app.cli import settings_of
from app.column_map import column_map, map_option
from app.engine_option import engine_options
from app.file_validating import FileReport, validate
from app.live_line import LiveLine
from app.machines import pick_machine
from app.printable import printable
from app.readings_place import Place, ReadingsPlace, S3Access, s3_option, s3_reach
from app.recorded_files import files_at, recorded_files
from app.spark.lake import lake_of, validate_lake
from app.spark.session import spark_session
from app.wiring import data_directory, machines
from core.file_findings import Finding
from core.machine import Machine
from producer.recorded import RecordedFile

_SHOWN_RANGES = 5


@click.command(short_help="What is wrong with a file of readings, by column and rows.")
@click.argument("path", type=ReadingsPlace())
@click.option("--machine", "name", required=True, help="Whose readings they are, and in whose dialect.")
@map_option
@s3_option
@engine_options
@click.option("--json", "as_json", is_flag=True, help="The report as JSON.")
@click.pass_context
def command(
    ctx: click.Context,
    path: Place,
    name: str,
    maps: Sequence[str],
    s3_access: S3Access,
    engine: str,
    master: str,
    as_json: bool,
) -> None:
    """Check every row of a CSV or Parquet file (or of all below a folder) by the rules of the live stream.

    PATH is on this machine, or in a bucket: s3://BUCKET/KEY, s3://BUCKET/FOLDER/. Needs no other server. Exit code 1
    where a row is bad (no reading) or doubtful (would get no score), 2 where a file cannot be read.
    """
    settings = settings_of(ctx)
    machine = pick_machine(machines(settings), name)
    mapping = column_map(maps)
    s3 = s3_reach(path, settings, s3_access)
    sources = files_at(path, s3)
    files = recorded_files(sources, machine, mapping)
    if engine == "spark":
        with spark_session(master, data_directory(settings), s3.keys()) as session:
            reports = validate_lake(session, lake_of(sources, machine, mapping, s3.server))
    else:
        reports = _here(files, machine)
    click.echo(msgspec.json.encode(reports) if as_json else "\n".join(map(_words, reports)))
    if any(report.bad or report.doubtful for report in reports):
        sys.exit(1)


def _here(files: Sequence[tuple[str, RecordedFile]], machine: Machine) -> list[FileReport]:
    line = LiveLine(sys.stderr)
    reports = [validate(name, file, machine, partial(_show, line)) for name, file in files]
    line.end()
    return reports


def _show(line: LiveLine, report: FileReport, share: float) -> None:
    line.show(f"{share:4.0%}  {report.file}: {report.rows:,} rows, {report.bad:,} bad, {report.doubtful:,} doubtful")


def _words(report: FileReport) -> str:
    rows = f"{report.rows:,} rows: {report.good:,} good, {report.doubtful:,} doubtful, {report.bad:,} bad"
    return "\n".join([f"{printable(report.file)}: {rows}", *map(_line, report.findings)])


def _line(found: Finding) -> str:
    runs = [f"{first}" if first == last else f"{first}–{last}" for first, last in found.ranges[:_SHOWN_RANGES]]
    more = len(found.ranges) + found.more_ranges - len(runs)
    where = f"{', '.join(runs)}{f' and {more:,} more runs' if more else ''}"
    example = f", such as {printable(found.example)!r}" if found.example else ""
    column = printable(found.column) or "(no column)"
    return f"  {column}: {found.reason} ({found.kind}, {found.cells:,} cells{example}), rows {where}"
