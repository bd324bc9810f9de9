"""`partitions`: where each partition stands, and what becomes of a halted one."""

from datetime import datetime

import click
import msgspec

from app.cli import settings_of
from app.person import person
from app.ranges import COUNT, OFFSET, PARTITION
from app.status import Overview, halted_lines, lag_words
from app.table import table
from app.wiring import database, kafka, machines, resolved
from consumer.lag import LogEnds
from core.errors import UserError
from core.ports.stream import TopicPartition
from core.repair import Action, Decision
from db.partition_repair import PostgresRepair
from db.partitions import PartitionStatus

_ACTIONS = [action.value for action in Action]


@click.group(short_help="Where each partition stands; let a halted one go on.", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts.")
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """One line a partition: who reads it, where it goes on, how far behind it is, and whether it is halted."""
    if ctx.invoked_subcommand is not None:
        return
    settings = resolved(settings_of(ctx))
    seen = Overview(settings, machines(settings).values()).see()
    if as_json:
        click.echo(msgspec.json.encode({"partitions": seen.partitions}))
    else:
        click.echo("\n".join([table([_COLUMNS, *map(_row, seen.partitions)]), *halted_lines(seen.partitions)]))
    if seen.silent:
        raise seen.silent


@command.command()
@click.argument("topic")
@click.argument("partition", type=PARTITION)
@click.option("--action", type=click.Choice(_ACTIONS), help="How it goes on; without it, what fits is listed.")
@click.option("--reason", default="", help="Why, for the audit.")
@click.option("--by", default=person, help="Who decides; your login unless named.")
@click.option("--offset", type=OFFSET, help="For from-offset: the next message to read.")
@click.option("--count", type=COUNT, help="For accept and skip: how many messages.")
@click.pass_context
def resolve(
    ctx: click.Context,
    topic: str,
    partition: int,
    action: str | None,
    reason: str,
    by: str,
    offset: int | None,
    count: int | None,
) -> None:
    """Decide how a halted partition goes on. Its consumer notices within seconds; who decided what is recorded."""
    settings = resolved(settings_of(ctx))
    chosen = Action(action) if action else None
    decision = Decision(TopicPartition(topic, partition), chosen, by.strip(), reason.strip(), offset, count)
    if chosen and not (decision.reason and decision.by):
        raise UserError('say who decides and why: --reason "why" (and --by NAME), for the audit')
    repair = PostgresRepair(database(settings, "consumer"))
    target = repair.resolve(decision, LogEnds(kafka(settings)).bounds(topic))
    click.echo(f"{topic} {partition} goes on from offset {target}: {decision.action}, decided by {decision.by}")


_COLUMNS = ["topic", "partition", "last owner", "epoch", "next offset", "watermark", "lag", "halt", "since"]


def _row(one: PartitionStatus) -> list[str]:
    where = "-" if one.next_offset is None else str(one.next_offset)
    return [
        *(one.topic, str(one.partition), one.owner or "-", str(one.epoch)),
        *(where, _clock(one.watermark), _lag(one)),
        *(one.halt or "-", _clock(one.halted_at)),
    ]


def _lag(one: PartitionStatus) -> str:
    return "not in Kafka" if one.log == "absent" else lag_words(one.lag)


def _clock(time: datetime | None) -> str:
    return "-" if time is None else f"{time:%Y-%m-%d %H:%M:%SZ}"
