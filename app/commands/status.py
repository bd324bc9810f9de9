"""`status`: how each machine is doing."""

import click
import msgspec

from app.cli import settings_of
from app.program import spoken
from app.status import Overview, halted_lines, lag_words
from app.table import table
from app.wiring import machines, resolved
from core.overdue import overdue_words
from db.status import MachineStatus


@click.command(short_help="How each machine is doing, and how far the consumer is behind.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts.")
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """How each machine is doing: champion, readings, faults, incidents, alerts, labels, dead letters, lag, halts.

    And whether messages to people wait for too long: `outbox.overdue` of --json is then above zero.
    """
    settings = resolved(settings_of(ctx))
    seen = Overview(settings, machines(settings).values()).see()
    if as_json:
        halted = [one for one in seen.partitions if one.halt is not None]
        click.echo(msgspec.json.encode({"machines": seen.machines, "halted": halted, "outbox": seen.outbox}))
    else:
        rows = [_COLUMNS, *(_row(name, one) for name, one in seen.machines.items())]
        trouble = [*halted_lines(seen.partitions), spoken(overdue_words(seen.outbox))]
        click.echo("\n".join([table(rows), *filter(None, trouble)]))
    if seen.silent:
        raise seen.silent


_COLUMNS = ["machine", "champion", "readings", "lag", "faults", "open", "incidents", "alerts", "labels", "dead letters"]


def _row(name: str, one: MachineStatus) -> list[str]:
    counts = (
        *(one.readings, lag_words(one.lag), one.faults, one.open_incidents, one.incidents),
        *(one.alerts, one.labels, one.dead_letters),
    )
    return [name, f"v{one.champion}" if one.champion else "none", *map(str, counts)]
