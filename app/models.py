"""Where models are kept and come from, wired: the bucket, the keys, this machine's verified copies."""

from datetime import UTC, datetime

from app.settings import Settings
from app.wiring import data_directory, process_name
from db.engine import Engine
from db.model_versions import PostgresModelVersions
from db.promotion_log import PostgresPromotionLog
from db.training_labels import PostgresTrainingLabels
from model.cache import ModelCache
from model.registry import Registry, connect
from model.release import Release
from model.signature import Signer, TrustedKeys
from model.source import VerifiedModels


def registry(settings: Settings) -> Registry:
    """The bucket, not asked yet."""
    return connect(
        settings.s3_endpoint_url,
        settings.s3_region,
        settings.s3_bucket,
        settings.aws_access_key_id,
        settings.aws_secret_access_key,
    )


def model_source(settings: Settings, engine: Engine) -> VerifiedModels:
    """Verified models. UserError where TRUSTED_KEYS holds no key."""
    cache = ModelCache(data_directory(settings) / "models")
    return VerifiedModels(registry(settings), PostgresModelVersions(engine), TrustedKeys(settings.trusted_keys), cache)


def release(settings: Settings, engine: Engine) -> Release:
    """What publishes and promotes, under the trainer's key; the bucket is created where it is absent.

    Raises UserError without SIGNING_KEY or where the bucket keeps no versions, Unavailable, Unauthorised.
    """
    signer = Signer(settings.signing_key)
    bucket = registry(settings)
    bucket.prepare()
    return Release(
        bucket=bucket,
        versions=PostgresModelVersions(engine),
        promotions=PostgresPromotionLog(engine, process_name("trainer")),
        models=model_source(settings, engine),
        labels=PostgresTrainingLabels(engine),
        signer=signer,
        now=lambda: datetime.now(UTC),
    )
