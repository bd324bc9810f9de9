"""How models are published and promoted, wired. Apart from app/models.py: consumers need no pandas."""

from datetime import UTC, datetime

from api.report_file import report_file
from app.holding import HoldingLabels
from app.models import model_source, registry
from app.settings import Settings
from app.wiring import process_name
from db.engine import Engine
from db.label_holds import PostgresLabelHolds
from db.model_versions import PostgresModelVersions
from db.promotion_log import PostgresPromotionLog
from db.recent_readings import PostgresRecentReadings
from db.training_labels import PostgresTrainingLabels
from db.training_reports import PostgresTrainingReports
from model.release import Release
from model.signature import Signer


def release(settings: Settings, engine: Engine) -> Release:
    """What publishes and promotes, under the trainer's key; the bucket is created where it is absent.

    Raises UserError without SIGNING_KEY or where the bucket keeps no versions, Unavailable, Unauthorised.
    """
    signer = Signer(settings.signing_key)
    bucket = registry(settings)
    bucket.prepare()
    promotions = PostgresPromotionLog(engine, process_name("trainer"))
    models = model_source(settings, engine)
    return Release(
        bucket=bucket,
        versions=PostgresModelVersions(engine),
        promotions=promotions,
        models=models,
        labels=HoldingLabels(PostgresTrainingLabels(engine), PostgresLabelHolds(engine), promotions, models),
        recent=PostgresRecentReadings(engine),
        signer=signer,
        reports=PostgresTrainingReports(engine),
        render=report_file,
        now=lambda: datetime.now(UTC),
    )
