"""`consumer`: score readings as they come and store them, exactly once."""

import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial

import click

from app.cli import settings_of
from app.heartbeat import Heartbeat
from app.hung import end_hung
from app.machines import pick_machine
from app.models import model_source
from app.outbox_watch import OutboxWatch
from app.relay import Relay
from app.services import tell_engineers_at_once
from app.settings import Settings
from app.signals import set_on_signal
from app.telemetry.answering import Answering
from app.telemetry.consumer import ConsumerMeter, Partitions
from app.telemetry.process import Telemetry
from app.telemetry.spans import spans_of
from app.wiring import database, database_url, kafka, machines, process_name, resolved
from consumer import interpreter
from consumer.batch_way import Follow, TracedBatch
from consumer.brokers import Brokers
from consumer.fetch import Fetcher
from consumer.handover import Handover
from consumer.kafka_log import consumer_config
from consumer.loop import Loop
from consumer.models import ModelKeeper
from consumer.peek import messages_at
from consumer.schema_registry import Schemas
from consumer.scoring import Scorer
from consumer.shadow import ShadowKeeper
from consumer.silence import FollowLook
from consumer.silence_way import TracedLook
from consumer.standing import Standings
from consumer.watchdog import Watchdog
from core.machine import Machine
from db.halts import PostgresHalts
from db.notices import PostgresNotices
from db.promotion_log import PostgresPromotionLog
from db.reach import ping
from db.reading_store import PostgresReadingStore
from db.shadows import PostgresShadows
from db.unrelayed import PostgresUnrelayed
from db.waiting import PostgresWaiting
from producer.dead_topics import DeadTopics


@click.command(short_help="Score readings as they come and store them, exactly once.")
@click.pass_context
def command(ctx: click.Context) -> None:
    """Score readings as they come and store them, exactly once.

    Reads the topics of every machine (or of those in MACHINES) that has a champion, until SIGTERM or Ctrl-C. Start as
    many as there are partitions: they share them.
    """
    consume(resolved(settings_of(ctx)), set_on_signal(), lambda: datetime.now(UTC))


def consume(settings: Settings, stopping: threading.Event, now: Callable[[], datetime]) -> None:
    """Wire the consumer and run it until `stopping` is set. `now` names the day under which readings are kept."""
    chosen = _chosen(settings)
    engine = database(settings, "consumer")
    store = PostgresReadingStore(engine, process_name("consumer"), now)
    for machine in chosen.values():
        store.register(machine)
    handover = Handover()
    brokers = Brokers()
    group = (settings.kafka_group, settings.kafka_session_timeout_ms, settings.kafka_max_poll_interval_ms)
    config = {**consumer_config(kafka(settings), *group), **brokers.settings()}
    promotions = PostgresPromotionLog(engine, process_name("consumer"))
    notices = PostgresNotices(database_url(settings), "consumer", "promotion")
    limit = settings.model_timeout_s
    models = ModelKeeper(chosen.values(), model_source(settings, engine), promotions, notices, limit)
    beside = database(settings, "consumer")  # connections of its own: what is slow there keeps none from the main loop
    standings, heartbeat = Standings(), Heartbeat(settings.heartbeat_file)
    reach = Answering(partial(ping, beside))
    telemetry = Telemetry(heartbeat, [reach.trouble, brokers.trouble, standings.trouble, models.trouble])
    meter = ConsumerMeter(telemetry.registry, chosen)
    telemetry.registry.register(Partitions(standings, lambda: models.in_service))
    telemetry.serve(settings)
    halts, (follow, follow_look) = PostgresHalts(engine), _ways(settings)
    schemas = Schemas(settings.schema_registry_url) if settings.schema_registry_url else None
    fetcher = Fetcher(config, store, halts, handover, settings.message_limit_bytes, standings, meter, schemas, follow)
    watchdog = Watchdog(limit, end_hung(promotions, limit))
    watchdog.start()
    scorer = Scorer(partial(messages_at, kafka(settings)), watchdog.scoring, fetcher.forget)
    Relay(PostgresUnrelayed(beside), DeadTopics(kafka(settings), settings.topic_replication), stopping).start()
    OutboxWatch(PostgresWaiting(beside), stopping, partial(tell_engineers_at_once, settings)).start()
    # A cache of its own: in that of the champions a version in the shadow would become the last good one.
    source = model_source(settings, engine, cache="shadows")
    shadows = ShadowKeeper(chosen.values(), source, PostgresShadows(beside), limit, stopping)
    shadows.start()
    interpreter.tune()
    alive, shadow = heartbeat.beat, shadows.score
    Loop(chosen, store, models, fetcher, handover, stopping, scorer, alive, shadow, meter, follow_look).run()


def _chosen(settings: Settings) -> Mapping[str, Machine]:
    known = machines(settings)
    names = [name.strip() for name in settings.machines.split(",") if name.strip()]
    return {name: pick_machine(known, name) for name in names} if names else known


def _ways(settings: Settings) -> tuple[Follow | None, FollowLook]:
    """What keeps the way of each batch, and of each look for silence, where spans have somewhere to go."""
    spans = spans_of(settings, "consumer")
    if spans is None:
        return None, lambda _: None
    return partial(TracedBatch, spans, now=time.time_ns), partial(TracedLook, spans, now=time.time_ns)
