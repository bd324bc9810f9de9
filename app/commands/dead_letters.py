"""`dead-letters`: what could not be decoded, accepted or scored: look at it, take it away, publish it again."""

import base64
import itertools
import json
import sys
from collections.abc import Callable, Sequence
from typing import Any

import click
import msgspec

from app.cli import settings_of
from app.machines import pick_machine
from app.moment import Moment
from app.person import person
from app.printable import printable
from app.ranges import COUNT, PARTITION
from app.replaying import replay, settle_interrupted
from app.settings import Settings
from app.wiring import database, kafka, machines, resolved
from core.dead_letter import KeptLetter, read_position, why_not_replayed, written
from core.errors import UserError
from db.dead_letters import LetterFilter, PostgresDeadLetters
from db.replays import PostgresReplays
from producer.once import OncePublisher

_COLUMNS = ["position", "when (UTC)", "stage", "bytes", "state", "reason"]
_REASON_SHOWN = 80


@click.group("dead-letters", short_help="What was refused: list, show, replay, export.")
def command() -> None:
    """Messages that could not be decoded, accepted or scored: kept whole, with the reason."""


def _filters(function: Callable[..., None]) -> Callable[..., None]:
    options = [
        click.option("--machine", help="Of this machine."),
        click.option("--topic", help="Of this topic."),
        click.option("--partition", type=PARTITION, help="Of this partition."),
        click.option("--stage", type=click.Choice(["decode", "accept", "score"]), help="That failed at this stage."),
        click.option("--reason", help="With this text in the reason."),
        click.option("--since", type=Moment(), help="Kept at this time (UTC) or later."),
        click.option("--until", type=Moment(), help="Kept before this time (UTC)."),
    ]
    for option in reversed(options):
        function = option(function)
    return function


def _limit(default: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return click.option("--limit", type=COUNT, default=default, show_default=True, help="So many at most.")


@command.command("list")
@_filters
@_limit(50)
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts.")
@click.pass_context
def list_letters(ctx: click.Context, /, limit: int, as_json: bool, **filters: Any) -> None:
    """The newest dead letters."""
    settings, wanted = _opened(ctx, filters)
    found = list(_letters(settings).found(wanted, limit, with_values=False))
    if as_json:
        click.echo(json.dumps({"dead_letters": [_facts(letter) for letter in found]}))
        return
    if not found:
        click.echo("no dead letter is kept that fits", err=True)
        return
    rows = [_COLUMNS, *map(_row, found)]
    widths = [max(len(row[index]) for row in rows) for index in range(len(_COLUMNS))]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


@command.command()
@click.argument("position")
@click.pass_context
def show(ctx: click.Context, position: str) -> None:
    """Everything about the dead letter at POSITION (TOPIC/PARTITION/OFFSET)."""
    settings, _ = _opened(ctx, {})
    letter = _letters(settings).find(read_position(position))
    if letter is None:
        raise UserError(f"there is no dead letter at {position}: ./run dead-letters list shows them")
    for name, value in _facts(letter).items():
        click.echo(f"{name:<14} {printable(str(value)) if value is not None else '-'}")
    for name, header in letter.headers:
        click.echo(f"{'header':<14} {printable(name)}: {'-' if header is None else printable(header)}")
    click.echo(f"{'key':<14} {'-' if letter.key is None else printable(letter.key)}")
    click.echo(f"{'value':<14} {'-' if letter.value is None else printable(letter.value)}")


@command.command()
@_filters
@_limit(1_000_000)
@click.option("--output", type=click.Path(), default="-", help="A file; not given: standard output.")
@click.pass_context
def export(ctx: click.Context, /, limit: int, output: str, **filters: Any) -> None:
    """Dead letters as JSON lines, newest first; key, value and headers whole, in base64."""
    settings, wanted = _opened(ctx, filters)
    with click.open_file(output, "w", encoding="ascii") as lines:
        for letter in _letters(settings).found(wanted, limit, with_values=True):
            whole = {
                "key": _base64(letter.key),
                "value": _base64(letter.value),
                "headers": [[name, _base64(value)] for name, value in letter.headers],
            }
            lines.write(json.dumps({**_facts(letter), **whole}) + "\n")


@command.command("replay")
@_filters
@_limit(1000)
@click.option("--dry-run", is_flag=True, help="Only say what would be published.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--interrupted",
    type=click.Choice(["arrived", "lost"]),
    help="What became of replays that were interrupted more than a day ago.",
)
@click.pass_context
def replay_letters(
    ctx: click.Context, /, limit: int, dry_run: bool, yes: bool, interrupted: str | None, **filters: Any
) -> None:
    """Publish dead letters again: original key, value, headers and partition, oldest first, each exactly once.

    That holds however often the command is killed, and for two at a time. What fails again is a new dead letter, and is
    replayed 3 times at most. It counts towards the limit at which a partition halts, as any message does: mend the
    cause first.
    """
    settings, wanted = _opened(ctx, filters)
    found = _letters(settings).found(
        msgspec.structs.replace(wanted, unreplayed=True), sys.maxsize, with_values=True, oldest_first=True
    )
    if dry_run:
        possible = itertools.islice((letter for letter in found if not why_not_replayed(letter)), limit)
        for letter in possible:
            click.echo(f"would publish {written(letter.position)}: {printable(letter.reason, _REASON_SHOWN)}")
        return
    if sys.stdin.isatty() and not yes:
        click.confirm(f"Publish up to {limit} dead letters again?", abort=True)
    replays = PostgresReplays(database(settings, "consumer"), person())
    publisher = OncePublisher(kafka(settings), f"{settings.kafka_group}-replay")
    settle_interrupted(replays, publisher, interrupted, lambda line: click.echo(line, err=True))
    outcome = replay(found, replays, publisher, limit)
    publisher.close()
    for position, reason in outcome.left:
        click.echo(f"left {written(position)}: it {reason}", err=True)
    click.echo(f"{len(outcome.replayed)} published again, {len(outcome.left)} left")


def _opened(ctx: click.Context, filters: dict[str, Any]) -> tuple[Settings, LetterFilter]:
    settings = resolved(settings_of(ctx))
    if filters.get("machine"):
        pick_machine(machines(settings), filters["machine"])
    return settings, LetterFilter(**filters)


def _letters(settings: Settings) -> PostgresDeadLetters:
    # The read-only role, of which every process's login in containers is a member.
    return PostgresDeadLetters(database(settings, "grafana"))


def _row(letter: KeptLetter) -> Sequence[str]:
    when = f"{letter.recorded_at:%Y-%m-%d %H:%M:%S}"
    reason = printable(letter.reason, _REASON_SHOWN)
    return [written(letter.position), when, letter.stage, str(letter.value_size), _state(letter), reason]


def _state(letter: KeptLetter) -> str:
    if letter.replayed_at is not None:
        return "replayed"
    return "copied" if letter.relayed_at is not None else "kept"


def _facts(letter: KeptLetter) -> dict[str, object]:
    """What is neither key, value nor headers."""
    return {
        "position": written(letter.position),
        "machine": letter.machine,
        "stage": letter.stage,
        "reason": letter.reason,
        "bytes": letter.value_size,
        "sha256": None if letter.value_sha256 is None else letter.value_sha256.hex(),
        "recorded_at": letter.recorded_at.isoformat(),
        "relayed_at": letter.relayed_at and letter.relayed_at.isoformat(),
        "replayed_at": letter.replayed_at and letter.replayed_at.isoformat(),
        "replays": letter.times,
    }


def _base64(value: bytes | None) -> str | None:
    return None if value is None else base64.b64encode(value).decode()
