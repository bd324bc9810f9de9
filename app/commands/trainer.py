"""`trainer`: the process that retrains."""

import logging
from functools import partial

import click

from app.cli import settings_of
from app.first_model import ensure_first_model
from app.heartbeat import BeatingNotices, Heartbeat
from app.machines import pick_machine
from app.mirror_watch import MirrorWatch
from app.mirroring import mirroring
from app.releases import release
from app.signals import set_on_signal
from app.telemetry.answering import Answering
from app.telemetry.process import TRAINING_S, Telemetry
from app.telemetry.trainer import metered
from app.wiring import database, database_url, machines, process_name, resolved
from core.training import TrainingRequest
from db.champion_moves import PostgresChampionMoves
from db.champion_wishes import CHANNEL as MOVES
from db.drift import PostgresDriftLog
from db.notices import PostgresNotices
from db.reach import ping
from db.recent_readings import PostgresRecentReadings
from db.training import CHANNEL, PostgresTrainingQueue
from model.drift_watch import DriftWatch
from model.fit import Progress
from model.moving import Mover, mover
from model.release import Outcome
from model.retraining import retrain
from model.search_budget import Budget
from model.trainer import Trainer

_log = logging.getLogger(__name__)


@click.command(short_help="Take retraining requests, one at a time per machine.")
@click.option(
    "--first-model",
    "first",
    multiple=True,
    metavar="MACHINE",
    help="Where MACHINE has no champion, train one from the simulator first; may be given several times.",
)
@click.pass_context
def command(ctx: click.Context, first: tuple[str, ...]) -> None:
    """Take retraining requests until SIGTERM or Ctrl-C; several trainers share them.

    A request whose trainer dies is taken over by another one.
    """
    settings = resolved(settings_of(ctx))
    known = machines(settings)
    wanted = [pick_machine(known, name) for name in first]
    stopping = set_on_signal()
    engine = database(settings, "trainer")
    heartbeat = Heartbeat(settings.heartbeat_file)
    telemetry = Telemetry(heartbeat, [Answering(partial(ping, engine)).trouble], TRAINING_S)
    telemetry.serve(settings)
    released = release(settings, engine)
    for machine in wanted:
        ensure_first_model(released, machine, _log.info)

    budget = Budget(settings.search_trials, settings.search_seconds)

    def work(request: TrainingRequest, progress: Progress) -> Outcome:
        return retrain(released, known[request.machine], request.options, request.asked_by, progress, budget)

    moves = PostgresChampionMoves(database(settings, "trainer"))
    move = mover(released.promotions, released.models, known)
    Mover(partial(moves.carry_out, move), PostgresNotices(database_url(settings), "trainer", MOVES), stopping).start()
    drift = PostgresDriftLog(database(settings, "trainer"))
    readings = PostgresRecentReadings(engine)
    DriftWatch(known.values(), released.promotions, released.models, readings, drift, stopping, released.now).start()
    if settings.mlflow_tracking_uri:
        beside = database(settings, "trainer")
        MirrorWatch(partial(mirroring, settings, beside), known.values(), stopping).start()
    notices = BeatingNotices(PostgresNotices(database_url(settings), "trainer", CHANNEL), heartbeat)
    _log.info("waiting for requests: ./run retrain MACHINE")
    counted = metered(work, list(known), telemetry.registry)
    Trainer(PostgresTrainingQueue(engine), counted, notices, list(known), process_name("trainer"), stopping).run()
