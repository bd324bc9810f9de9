"""`alerts`: send alerts to people and take their replies."""

import asyncio

import click

from alerts.service import Stores, Ways, serve
from app.cli import settings_of
from app.heartbeat import BeatingNotices, Heartbeat
from app.program import PROGRAM
from app.services import services_of
from app.signals import stop_event
from app.wiring import database, database_url, machines, process_name, resolved
from db.inbox import PostgresInbox
from db.notices import PostgresNotices
from db.outbox import PostgresOutbox
from db.retelling import PostgresRetellings
from db.services import PostgresServices


@click.command(short_help="Send alerts to people and take their replies.")
@click.pass_context
def command(ctx: click.Context) -> None:
    """Send alerts to people and take their replies, until SIGTERM or Ctrl-C.

    With TELEGRAM_BOT_TOKEN set, to Telegram; to the services of NOTIFY_URLS, one-way; alerts of operators that were
    added with --console are printed here. Two of them side by side send nothing twice.
    """
    settings = resolved(settings_of(ctx))
    policies = {name: machine.alerts for name, machine in machines(settings).items()}
    named = services_of(settings)
    services = {name: url for urls in named.values() for name, url in urls.items()}
    engine = database(settings, "alerts")
    PostgresServices(engine).follow(named)
    beside = database(settings, "alerts")  # what is told again must not wait for what is sent, nor the other way round
    stores = Stores(
        PostgresOutbox(engine),
        PostgresInbox(engine),
        BeatingNotices(PostgresNotices(database_url(settings), "alerts", "outbox"), Heartbeat(settings.heartbeat_file)),
        PostgresRetellings(beside, policies),
    )

    async def until_stopped() -> None:
        ways = Ways(settings.telegram_bot_token, settings.telegram_api_url, services, settings.page_url)
        await serve(stores, ways, process_name("alerts"), PROGRAM, stop_event())

    asyncio.run(until_stopped())
