"""`alerts`: send alerts to people and take their replies."""

import asyncio

import click

from alerts.service import Stores, serve
from app.cli import settings_of
from app.heartbeat import BeatingNotices, Heartbeat
from app.program import PROGRAM
from app.signals import stop_event
from app.wiring import database, database_url, process_name, resolved
from db.inbox import PostgresInbox
from db.notices import PostgresNotices
from db.outbox import PostgresOutbox


@click.command(short_help="Send alerts to people and take their replies.")
@click.pass_context
def command(ctx: click.Context) -> None:
    """Send alerts to people and take their replies, until SIGTERM or Ctrl-C.

    With TELEGRAM_BOT_TOKEN set, to Telegram; alerts of operators that were added with --console are printed here. Two
    of them side by side send nothing twice.
    """
    settings = resolved(settings_of(ctx))
    engine = database(settings, "alerts")
    stores = Stores(
        PostgresOutbox(engine),
        PostgresInbox(engine),
        BeatingNotices(PostgresNotices(database_url(settings), "alerts", "outbox"), Heartbeat(settings.heartbeat_file)),
    )

    async def until_stopped() -> None:
        token, api_url = settings.telegram_bot_token, settings.telegram_api_url
        await serve(stores, token, api_url, process_name("alerts"), PROGRAM, stop_event())

    asyncio.run(until_stopped())
