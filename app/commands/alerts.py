"""`alerts`: send alerts to people and take their replies."""

import asyncio
import logging
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING

import click
from prometheus_client import CollectorRegistry

from alerts.service import Stores, Ways, serve
from app.alert_details import AlertDetails
from app.cli import settings_of
from app.engineered_course import with_engineered_courses
from app.heartbeat import BeatingNotices, Heartbeat
from app.program import PROGRAM
from app.services import services_of
from app.settings import Settings
from app.signals import stop_event
from app.telemetry.answering import Answering
from app.telemetry.dispatcher import MeteredOutbox
from app.telemetry.process import Telemetry
from app.telemetry.sends import TracedOutbox
from app.telemetry.spans import spans_of
from app.webhook import webhook
from app.wiring import database, database_url, machines, process_name, resolved
from core.ports.chat import Outbox
from db.alert_details import PostgresAlertDetails
from db.engine import Engine
from db.inbox import PostgresInbox
from db.notices import PostgresNotices
from db.outbox import PostgresOutbox
from db.questions import PostgresQuestions
from db.reach import ping
from db.retelling import PostgresRetellings
from db.services import PostgresServices
from db.shown_devices import PostgresShownDevices

if TYPE_CHECKING:
    from app.explaining import Explanations

_log = logging.getLogger(__name__)

_SWITCH_S = 0.0005
"""How long a send waits for the thread that loads and explains models; 5 ms, a dozen times a send, is the default."""


@click.command(short_help="Send alerts to people and take their replies.")
@click.pass_context
def command(ctx: click.Context) -> None:
    """Send alerts to people and take their replies, until SIGTERM or Ctrl-C.

    With TELEGRAM_BOT_TOKEN set, to Telegram, whose replies are asked for, or brought to TELEGRAM_WEBHOOK_URL; to the
    services of NOTIFY_URLS, one-way; alerts of operators that were added with --console are printed here. Two of them
    side by side send nothing twice.
    """
    settings = resolved(settings_of(ctx))
    files = machines(settings)
    policies = {name: machine.alerts for name, machine in files.items()}
    named = services_of(settings)
    services = {name: url for urls in named.values() for name, url in urls.items()}
    engine = database(settings, "alerts")
    PostgresServices(engine).follow(named)
    beside = database(settings, "alerts")  # what is told again must not wait for what is sent, nor the other way round
    heartbeat = Heartbeat(settings.heartbeat_file)
    telemetry = Telemetry(heartbeat, [Answering(partial(ping, beside)).trouble])
    stores = Stores(
        _outbox(settings, engine, telemetry.registry, _channels(settings, services)),
        PostgresInbox(engine),
        BeatingNotices(PostgresNotices(database_url(settings), "alerts", "outbox"), heartbeat),
        PostgresRetellings(beside, policies),
        PostgresQuestions(beside, files),
    )
    telemetry.serve(settings)
    _explain(settings, beside)

    async def until_stopped(ways: Ways) -> None:
        await serve(stores, ways, process_name("alerts"), PROGRAM, stop_event())

    telegram = settings.telegram_bot_token, settings.telegram_api_url
    with webhook(settings) as (hook, listen):
        asyncio.run(until_stopped(Ways(*telegram, services, settings.page_url, hook, listen)))


def _channels(settings: Settings, services: Mapping[str, str]) -> Sequence[str]:
    """Those that this process sends to."""
    service = ["service"] if services else []
    telegram = ["telegram"] if settings.telegram_bot_token else []
    return ["console", *service, *telegram]


def _outbox(settings: Settings, engine: Engine, registry: CollectorRegistry, channels: Sequence[str]) -> Outbox:
    metered = MeteredOutbox(PostgresOutbox(engine), registry, channels)
    spans = spans_of(settings, "alerts")
    return TracedOutbox(metered, spans, time.time_ns) if spans else metered


def _explain(settings: Settings, engine: Engine) -> None:
    """Have alerts looked into once they were sent, where this process can load models."""
    sys.setswitchinterval(_SWITCH_S)
    if not settings.trusted_keys:
        _log.warning("TRUSTED_KEYS is not set: alerts come without the sensors that pushed them")
        return

    @cache
    def explanations() -> "Explanations":
        from app.explaining import Explanations  # scikit-learn: seconds, which nothing else waits for

        return Explanations(settings, machines(settings), engine)

    alerts = PostgresAlertDetails(engine)
    course = with_engineered_courses(machines(settings), PostgresShownDevices(engine).course)
    AlertDetails(
        alerts,
        lambda alert: explanations().of(alert),
        course,
        threading.Event(),
        prepare=lambda: explanations().prepare(),
    ).start()
