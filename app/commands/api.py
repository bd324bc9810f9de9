"""`api`: what programs ask over HTTP."""

import asyncio
import logging
from functools import partial

import click

from api.server import listening, serve
from api.site import LOOPBACK
from api.v1.app import application
from api.v1.batching import MicroBatcher
from api.v1.parts import Parts
from app.cli import settings_of
from app.data_set import data_set, require_data_set
from app.heartbeat import Heartbeat
from app.models import model_source
from app.named_models import LoadedNamedModels
from app.served_models import ServedExplanations, ServedModels
from app.signals import stop_event
from app.telemetry.answering import Answering
from app.telemetry.process import Telemetry
from app.wiring import database, database_url, machines, process_name, resolved
from consumer.models import ModelKeeper
from db.api_keys import PostgresApiKeys
from db.champion_wishes import PostgresChampionWishes
from db.inbox import PostgresInbox
from db.notices import PostgresNotices
from db.promotion_log import PostgresPromotionLog
from db.reach import ping
from db.reading_log import PostgresReadingLog
from db.shown_alerts import PostgresShownAlerts
from db.shown_devices import PostgresShownDevices
from db.shown_incidents import PostgresIncidents
from db.shown_machines import PostgresModels
from db.version_names import PostgresVersionNames
from model.kept_file import kept_file
from model.sent_file import read_sent_file

_log = logging.getLogger(__name__)
_BEAT_S = 1.0


@click.command(short_help="The HTTP API: readings scored on request, and what is known.")
@click.pass_context
def command(ctx: click.Context) -> None:
    """Serve the HTTP API until SIGTERM or Ctrl-C, on API_HOST and API_PORT; docs/api.md says what it takes and gives.

    It answers with the champions, verified as a consumer verifies them, and swaps to a promoted one. Programs need a
    key: ./run api-keys add NAME.
    """
    settings = settings_of(ctx)
    require_data_set(settings.compat_data)
    settings = resolved(settings)
    known = machines(settings)
    engine, beside = database(settings, "api"), database(settings, "api")
    with listening(settings.api_host, settings.api_port, "API") as socket:
        if settings.api_host not in LOOPBACK:
            _log.warning("the API is reached without TLS unless a proxy adds it: who listens can read its keys")
        keeper = ModelKeeper(
            known.values(),
            model_source(settings, engine, cache="answering"),
            PostgresPromotionLog(engine, process_name("api")),
            PostgresNotices(database_url(settings), "api", "promotion"),
            settings.model_timeout_s,
        )
        models = ServedModels(keeper)
        heartbeat = Heartbeat(settings.heartbeat_file)
        Telemetry(heartbeat, [Answering(partial(ping, beside)).trouble, keeper.trouble]).serve(settings)
        batcher = MicroBatcher(models.in_service, settings.model_timeout_s)
        parts = Parts(
            known,
            PostgresApiKeys(engine),
            PostgresModels(engine),
            PostgresChampionWishes(engine),
            PostgresShownDevices(engine),
            PostgresReadingLog(engine),
            PostgresIncidents(engine),
            PostgresShownAlerts(engine),
            PostgresInbox(engine),
            batcher,
            ServedExplanations().explain,
            LoadedNamedModels(PostgresVersionNames(engine), model_source(settings, engine, cache="named")),
            read_sent_file,
            kept_file,
            partial(data_set, settings.compat_data),
        )
        app = application(
            parts,
            body_limit_bytes=settings.api_body_limit_bytes,
            requests_per_s=settings.api_requests_per_s,
            compat_without_key=settings.compat_without_key,
        )
        keeper.start()

        async def until_stopped() -> None:
            stopping = stop_event()
            click.echo(f"the API is on http://{settings.api_host}:{socket.getsockname()[1]}/api/v1")
            serving = asyncio.create_task(serve(app, socket, stopping))
            while not serving.done():
                await batcher.refresh()  # a promoted model serves before anybody asks; what ends the loading ends us
                heartbeat.beat()
                await asyncio.wait([serving], timeout=_BEAT_S)
            await serving

        try:
            asyncio.run(until_stopped())
        finally:
            keeper.stop()
