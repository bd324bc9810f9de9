"""`import`: readings from before Faultline."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import msgspec

from app.cli import settings_of
from app.column_map import column_map, map_option
from app.history_import import ImportTally, import_history
from app.kept_apart import KeptApart
from app.live_line import LiveLine
from app.machines import pick_machine
from app.models import model_source
from app.moment import Moment
from app.new_file import NewFile
from app.readings_place import Place, ReadingsPlace, S3Access, s3_option, s3_reach
from app.recorded_files import files_at, recorded_files
from app.rescoring import Period
from app.version_meant import version_meant
from app.wiring import database, machines, resolved
from core.errors import UserError
from core.prediction import ModelVersion
from db.history import PostgresHistory


@click.command(short_help="Take in readings of the past: CSV or Parquet.")
@click.argument("name", metavar="MACHINE")
@click.argument("path", type=ReadingsPlace())
@click.option("--since", type=Moment(), help="Readings of this time (UTC) or later alone.")
@click.option("--until", type=Moment(), help="Readings before this time alone; not given: before the stream began.")
@click.option("--bad", type=NewFile(), help="Where bad rows are kept apart.  [default: MACHINE.bad.csv]")
@map_option
@s3_option
@click.option("--json", "as_json", is_flag=True, help="Print what became of the rows as JSON.")
@click.pass_context
def command(
    ctx: click.Context,
    name: str,
    path: Place,
    since: datetime | None,
    until: datetime | None,
    bad: Path | None,
    maps: Sequence[str],
    s3_access: S3Access,
    as_json: bool,
) -> None:
    """Store the readings of a CSV or Parquet file (or of all below a folder) as MACHINE's, as the database's owner.

    PATH is on this machine, or in a bucket: s3://BUCKET/KEY, s3://BUCKET/FOLDER/. Its rows are checked and scored by
    the champion as live readings are; no incident opens and nobody is told. A device has one imported reading a time:
    the same file again, or after an import that was ended half-way, adds what is missing.
    """
    settings = resolved(settings_of(ctx))
    machine = pick_machine(machines(settings), name)
    files = recorded_files(files_at(path, s3_reach(path, settings, s3_access)), machine, column_map(maps))
    owner = database(settings, "owner")
    version = version_meant(owner, machine, None)
    model = model_source(settings, owner, cache="explained").load(machine, version)
    history = PostgresHistory(owner, machine, lambda: datetime.now(UTC))
    period = Period(since, until or history.stream_began())
    if period.since is not None and period.until is not None and period.since >= period.until:
        raise UserError(
            f"--since {period.since.isoformat()} is not before {period.until.isoformat()}: nothing is asked"
        )
    apart, line = bad or Path(f"{machine.name}.bad.csv"), LiveLine(sys.stderr)

    def progress(tally: ImportTally, share: float) -> None:
        line.show(f"{share:4.0%}  {tally.rows:,} rows, {tally.rows / max(tally.seconds, 1e-3):,.0f} a second")

    with KeptApart(apart) as kept:
        found = import_history(files, machine, model, history, period, kept.write, progress)
    line.end()
    say = (found, version, period, apart, settings.retention_days)
    click.echo(msgspec.json.encode(_facts(*say)) if as_json else _words(*say))


def _facts(
    found: ImportTally, version: ModelVersion, period: Period, apart: Path, retention_days: int
) -> dict[str, object]:
    return {
        "machine": version.machine,
        "version": version.number,
        **msgspec.structs.asdict(found),
        "since": period.since,
        "until": period.until,
        "retention_days": retention_days or None,
        "bad_rows": str(apart) if found.bad else None,
    }


def _words(found: ImportTally, version: ModelVersion, period: Period, apart: Path, retention_days: int) -> str:
    lines = [
        f"{found.rows:,} rows in {found.seconds:.1f} s ({found.rows / max(found.seconds, 1e-3):,.0f} a second)",
        f"{found.stored:,} stored and scored by {version}: {found.faults:,} faults, of which nobody is told",
    ]
    if found.doubtful:
        lines.append(f"{found.doubtful:,} of them doubtful (a sensor absent, impossible or stuck), without a score")
    if found.known:
        lines.append(f"{found.known:,} known: their devices have an imported reading of that time already")
    if found.outside:
        since, until = (moment.isoformat() if moment else "" for moment in (period.since, period.until))
        lines.append(f"{found.outside:,} left out: not in {since or 'the beginning'} to {until or 'the end'}")
    if found.bad:
        lines.append(f"{found.bad:,} bad rows, kept apart with column and reason: {apart}")
    if retention_days and found.stored:
        last = datetime.now(UTC).date() + timedelta(days=retention_days)
        lines.append(f"RETENTION_DAYS={retention_days} counts from today: ./run retention drops them after {last}")
    return "\n".join(lines)
