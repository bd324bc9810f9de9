"""What a model version makes of people's verdicts, wired: labels from the database, the model from the bucket."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from app.version_meant import version_meant
from core.alert_rate import AlertRate
from core.batch import Floats
from core.comparison import Judged
from core.drift import Drift
from core.machine import Machine
from core.model_health import Health, health
from core.prediction import ModelVersion
from core.recent_alarms import COUNT, RecentAlarms
from core.shadow import ShadowVerdicts, alarms_beside, shadow_verdicts
from core.training import LabelledIncident
from db.alert_rate import PostgresAlertRates
from db.engine import Engine
from db.recent_readings import PostgresRecentReadings
from db.shadow_beside import PostgresBeside
from db.shadows import PostgresShadows
from db.training_labels import PostgresTrainingLabels
from model.drift_watch import look
from model.source import VerifiedModels


class Evaluation(Struct, frozen=True):
    """One version, judged."""

    version: ModelVersion
    since: datetime | None
    health: Health
    alert_rate: AlertRate
    drift: Drift | None
    """Of the last readings; None: it was trained before that was kept."""
    shadow: ShadowVerdicts
    """What it said live of what was judged meanwhile, where it was in the shadow."""
    beside: RecentAlarms
    """What it and the champion would raise on the latest readings that it saw in the shadow."""


def evaluate(
    models: VerifiedModels, engine: Engine, machine: Machine, number: int | None, since: datetime | None
) -> Evaluation:
    """Of version `number` (None: the champion) on what was said since then (None: ever).

    Raises UserError where there is no such version, ModelRefused where it cannot be trusted, Unavailable.
    """
    version = version_meant(engine, machine, number)
    manifest = models.manifest(machine, version)
    model = models.load(machine, version)

    def judge(sensors: Floats) -> Judged:
        predictions = model.predict(sensors)
        return Judged(predictions.scores, predictions.faults)

    said = _since(PostgresTrainingLabels(engine).effective(machine), since)
    found = health(said, machine.incident, judge, frozenset(manifest.lineage.label_ids))
    drift = look(machine, version, models, PostgresRecentReadings(engine))
    live = shadow_verdicts(PostgresShadows(engine).scores(version), model.threshold, machine.incident)
    both = PostgresBeside(engine).latest(machine, version, COUNT)
    return Evaluation(
        version=version,
        since=since,
        health=found,
        alert_rate=PostgresAlertRates(engine).of(version, since),
        drift=drift,
        shadow=live,
        beside=alarms_beside(both, model.threshold, machine.incident),
    )


def _since(incidents: Sequence[LabelledIncident], since: datetime | None) -> Sequence[LabelledIncident]:
    return [one for one in incidents if since is None or (one.said is not None and one.said >= since)]
