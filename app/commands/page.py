"""`page`: alerts in a browser."""

import asyncio
import logging
from functools import partial

import click

from api.live import Bell
from api.page import page
from api.server import listening, serve_page
from api.site import LOOPBACK, site
from api.stores import Stores
from app.cli import settings_of
from app.heartbeat import BeatingNotices, Heartbeat
from app.signals import stop_event
from app.telemetry.answering import Answering
from app.telemetry.process import Telemetry
from app.telemetry.rules import PATH, RuleAlerts
from app.telemetry.stored import Stored
from app.wiring import database, database_url, machines, resolved
from db.alarm_history import PostgresAlarmHistory
from db.champion_wishes import PostgresChampionWishes
from db.inbox import PostgresInbox
from db.login_sessions import PostgresLogins
from db.measures import PostgresMeasures
from db.notices import PostgresNotices
from db.reach import ping
from db.rule_alerts import PostgresRuleAlerts
from db.shown_alerts import PostgresShownAlerts
from db.shown_devices import PostgresShownDevices
from db.shown_holds import PostgresShownHolds
from db.shown_machines import PostgresModels
from db.shown_questions import PostgresShownQuestions
from db.training_reports import PostgresShownReports

_log = logging.getLogger(__name__)


@click.command(short_help="Alerts, answers and devices in a browser.")
@click.pass_context
def command(ctx: click.Context) -> None:
    """Serve the page until SIGTERM or Ctrl-C: alerts and their answers, and every device.

    On PAGE_HOST and PAGE_PORT, which is this machine alone unless they are set; behind a proxy with TLS, PAGE_URL says
    what people type. They log in with a link: ./run operators link NAME.
    """
    settings = resolved(settings_of(ctx))
    engine, files = database(settings, "page"), machines(settings)
    with listening(settings.page_host, settings.page_port) as socket:
        here = site(settings.page_host, socket.getsockname()[1], settings.page_url)
        if not here.is_secure and settings.page_host not in LOOPBACK:
            _log.warning("the page is reached without TLS: who listens on the network can read its sessions")
        stores = Stores(
            PostgresLogins(engine),
            PostgresShownAlerts(engine),
            PostgresShownQuestions(engine, files),
            PostgresInbox(engine),
            PostgresShownDevices(engine),
            PostgresAlarmHistory(engine),
            PostgresModels(engine),
            PostgresChampionWishes(engine),
            PostgresShownHolds(engine),
            PostgresShownReports(engine),
            files,
        )
        notices = PostgresNotices(database_url(settings), "page", "outbox")
        heartbeat = Heartbeat(settings.heartbeat_file)
        beside = database(settings, "page")  # who looks at a page does not wait for who counts
        telemetry = Telemetry(heartbeat, [Answering(partial(ping, beside)).trouble])
        telemetry.registry.register(Stored(PostgresMeasures(beside)))
        rules = RuleAlerts(settings.prometheus_token, PostgresRuleAlerts(beside).take)
        telemetry.serve(settings, {PATH: rules})

        async def until_stopped() -> None:
            stopping, bell = stop_event(), Bell(BeatingNotices(notices, heartbeat))
            click.echo(f"the page is on {here.url}; ./run operators link NAME lets somebody in")
            await serve_page(page(stores, here, bell), socket, bell, stopping)

        asyncio.run(until_stopped())
