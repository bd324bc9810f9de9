"""`import`: readings from before Faultline."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

import click
import msgspec

from app.cli import settings_of
from app.column_map import column_map, map_option
from app.history_import import ImportTally, import_history
from app.history_sources import history_sources
from app.import_report import ImportReport, import_facts, import_lines
from app.kept_apart import KeptApart
from app.live_line import LiveLine
from app.machines import pick_machine
from app.models import model_source
from app.moment import Moment
from app.new_file import NewFile
from app.readings_place import Place, ReadingsPlace, S3Access, s3_option
from app.recorded_files import need_other_files
from app.rescoring import Period
from app.version_meant import version_meant
from app.wiring import database, machines, resolved
from core.errors import UserError
from db.history import PostgresHistory
from db.past_labels import engineer_named


@click.command(short_help="Take in readings of the past: CSV, Parquet, SQL.")
@click.argument("name", metavar="MACHINE")
@click.argument("path", type=ReadingsPlace(), required=False)
@click.option("--table", help="Of HISTORY_URL's database: all rows of a table (NAME, SCHEMA.NAME).")
@click.option("--query", help="Of HISTORY_URL's database: what a SELECT gives, in order of time.")
@click.option("--since", type=Moment(), help="Readings of this time (UTC) or later alone.")
@click.option("--until", type=Moment(), help="Readings before this time alone; not given: before the stream began.")
@click.option("--bad", type=NewFile(), help="Where bad rows are kept apart.  [default: MACHINE.SOURCE.bad.csv]")
@click.option("--labels-by", metavar="ENGINEER", help="Take the label's column: faults are labelled in this name.")
@map_option
@s3_option
@click.option("--json", "as_json", is_flag=True, help="Print what became of the rows as JSON.")
@click.pass_context
def command(
    ctx: click.Context,
    name: str,
    path: Place | None,
    table: str | None,
    query: str | None,
    since: datetime | None,
    until: datetime | None,
    bad: Path | None,
    labels_by: str | None,
    maps: Sequence[str],
    s3_access: S3Access,
    as_json: bool,
) -> None:
    """Store the readings of a CSV or Parquet file (or of all below a folder) as MACHINE's, as the database's owner.

    PATH is on this machine, or in a bucket: s3://BUCKET/KEY, s3://BUCKET/FOLDER/; or name a table or query of
    HISTORY_URL's database. Rows are checked and scored by the champion as live readings are; no incident opens and
    nobody is told. A device has one imported reading a time: the same rows again, or after an import that was ended
    half-way, add what is missing.
    """
    settings = resolved(settings_of(ctx))
    machine = pick_machine(machines(settings), name)
    with history_sources(settings, machine, column_map(maps), path, s3_access, table, query) as sources:
        owner = database(settings, "owner")
        version = version_meant(owner, machine, None)
        model = model_source(settings, owner, cache="explained").load(machine, version)
        history = PostgresHistory(owner, machine, lambda: datetime.now(UTC))
        engineer = None if labels_by is None else engineer_named(owner, labels_by)
        period = _period(since, until or history.stream_began())
        apart, line = bad or Path(f"{machine.name}.{_short(path, table)}.bad.csv"), LiveLine(sys.stderr)
        if path is not None:
            need_other_files([apart], path)

        def progress(tally: ImportTally, share: float) -> None:
            far = f"{share:4.0%}  " if share else ""
            line.show(f"{far}{tally.rows:,} rows, {tally.rows / max(tally.seconds, 1e-3):,.0f} a second")

        with KeptApart(apart) as kept:
            found = import_history(sources, machine, model, history, period, engineer, kept.write, progress)
    line.end()
    fault = None if engineer is None else machine.labels.fault_value
    report = ImportReport(found, version, period, apart, settings.retention_days, fault)
    today = datetime.now(UTC).date()
    click.echo(msgspec.json.encode(import_facts(report)) if as_json else "\n".join(import_lines(report, today)))


def _short(path: Place | None, table: str | None) -> str:
    """What names the source in a file's name."""
    if path is None:
        return table or "query"
    return path.stem if isinstance(path, Path) else PurePosixPath(path.key).stem or path.bucket


def _period(since: datetime | None, until: datetime | None) -> Period:
    if since is not None and until is not None and since >= until:
        raise UserError(f"--since {since.isoformat()} is not before {until.isoformat()}: no reading can be meant")
    return Period(since, until)
