"""`alarms`: how good the alarms are for the people who get them."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

import click
import msgspec

from app.cli import settings_of
from app.machines import pick_machine
from app.printable import printable
from app.table import table
from app.wiring import database, machines, resolved
from core.alarm_quality import AlarmQuality, Devices, Load, Verdicts, alarm_quality
from core.numbers import lasting
from db.alarm_history import PostgresAlarmHistory


@click.command(short_help="How good the alarms are: rates, floods, false alarms.")
@click.option("--days", type=click.IntRange(1, 366), default=7, show_default=True, help="Of the last so many days.")
@click.option("--machine", help="Of this machine only.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts.")
@click.pass_context
def command(ctx: click.Context, days: int, machine: str | None, as_json: bool) -> None:
    """How good the alarms are for the people who get them, in the figures of EEMUA 191 and ISA-18.2.

    A flood begins with more than ten alarms in ten minutes and ends with fewer than five. A device chatters that raises
    three or more within ten minutes; its alarm is stale after a day. False alarms are counted among those that somebody
    called a real fault or a false alarm.
    """
    settings = resolved(settings_of(ctx))
    if machine is not None:
        pick_machine(machines(settings), machine)
    # The read-only role, of which every process's login in containers is a member.
    history = PostgresAlarmHistory(database(settings, "grafana"))
    end = history.now()
    start = end - timedelta(days=days)
    quality = alarm_quality(history.raised(start, end, machine), start, end)
    click.echo(msgspec.json.encode(quality) if as_json else "\n".join(_words(quality, days)))


def _words(quality: AlarmQuality, days: int) -> Iterator[str]:
    over = "the last day" if days == 1 else f"the last {days} days"
    yield f"{quality.alarms} alarms in {over}, {quality.unanswered} without an answer"
    if quality.seconds_to_answer_median is not None and quality.seconds_to_answer_p90 is not None:
        median, most = lasting(quality.seconds_to_answer_median), lasting(quality.seconds_to_answer_p90)
        yield f"Answered after {median} in the middle, nine of ten within {most}"
    if quality.operators:
        yield ""
        yield table([_LOAD, *map(_load, quality.operators)])
    for title, devices in _ranked(quality):
        yield ""
        yield table([[title, "machine", "alarms"], *map(_device, devices)])
    for title, verdicts in _judged(quality):
        yield ""
        yield table([[f"false alarms by {title}", "judged", "false", "share"], *map(_verdict, verdicts)])


def _ranked(quality: AlarmQuality) -> Iterator[tuple[str, Sequence[Devices]]]:
    lists = {"most alarms": quality.worst, "chattering": quality.chattering, "stale": quality.stale}
    return ((title, devices) for title, devices in lists.items() if devices)


def _judged(quality: AlarmQuality) -> Iterator[tuple[str, Sequence[Verdicts]]]:
    lists = {"machine": quality.by_machine, "sensor": quality.by_sensor, "model version": quality.by_model_version}
    return ((title, verdicts) for title, verdicts in lists.items() if verdicts)


_LOAD = ["operator", "alarms", "in 10 min", "at most", "time in flood"]


def _load(one: Load) -> list[str]:
    share = f"{one.in_flood:.1%}"
    return [printable(one.operator), str(one.alarms), f"{one.per_10_minutes:.2f}", str(one.most_in_10_minutes), share]


def _device(one: Devices) -> list[str]:
    return [printable(one.device), one.machine, str(one.alarms)]


def _verdict(one: Verdicts) -> list[str]:
    return [printable(one.name), str(one.judged), str(one.false_alarms), f"{one.share:.0%}"]
