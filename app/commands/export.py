"""`export`: readings and labels as a training file."""

from datetime import datetime
from pathlib import Path

import click
import msgspec

from app.cli import settings_of
from app.exporting import Exported, export
from app.machines import pick_machine
from app.moment import Moment
from app.new_file import NewFile
from app.rescoring import Period
from app.wiring import database, machines, resolved
from core.errors import UserError
from model.training_file import TrainingFile


@click.command(short_help="Readings and labels as a training file.")
@click.argument("machine")
@click.option("--out", type=NewFile(), required=True, help="A .csv or .parquet file; one that is there is replaced.")
@click.option("--since", type=Moment(), help="Readings of this time (UTC) or later; not given: all that are kept.")
@click.option("--until", type=Moment(), help="Readings before this time (UTC).")
@click.option("--assume-normal", is_flag=True, help="Readings that nobody judged too, as normal ones.")
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
@click.pass_context
def command(
    ctx: click.Context,
    machine: str,
    out: Path,
    since: datetime | None,
    until: datetime | None,
    assume_normal: bool,
    as_json: bool,
) -> None:
    """Write the readings of MACHINE that people judged, with the verdict that counts, in the dialect of its file.

    Where it has several defects, with the one that was named; where its models predict a value, with what was measured.
    `./run train MACHINE --csv FILE` takes it back.
    """
    if since is not None and until is not None and since >= until:
        raise UserError(f"--since {since.isoformat()} is not before --until {until.isoformat()}")
    if out.suffix.lower() not in (".csv", ".parquet", ".pq"):
        raise UserError(f"--out {out}: name a file that ends in .csv or .parquet")
    settings = resolved(settings_of(ctx))
    chosen = pick_machine(machines(settings), machine)
    engine = database(settings, "grafana")  # the read-only role
    with TrainingFile(out, chosen) as file:
        found = export(engine, chosen, Period(since, until), assume_normal, file.write)
    click.echo(msgspec.json.encode(found) if as_json else _words(found, out))


def _words(found: Exported, out: Path) -> str:
    assumed = f", {found.assumed_normal:,} assumed normal" if found.assumed_normal else ""
    lines = [f"{found.faults:,} faults, {found.normal:,} normal{assumed}: {out}"]
    if found.left_out:
        lines.append(f"{found.left_out:,} judged readings teach nothing and are left out")
    if found.no_defect:
        lines.append(f"{found.no_defect:,} faults are left out: no answer says which defect these readings show")
    if found.no_value:
        lines.append(f"{found.no_value:,} judged readings are left out: nobody measured their value")
    return "\n".join(lines)
