"""A trainer on the real database, with a bucket in memory."""

from pathlib import Path

from sqlalchemy import Engine

from api.report_file import report_file
from bench.stores import MemoryBucket
from db.model_versions import PostgresModelVersions
from db.promotion_log import PostgresPromotionLog
from db.recent_readings import PostgresRecentReadings
from db.training_labels import PostgresTrainingLabels
from db.training_reports import PostgresTrainingReports
from model.cache import ModelCache
from model.release import Release
from model.signature import Signer, TrustedKeys, make_key_pair
from model.source import VerifiedModels
from tests.model_builders import at_noon


def a_release(trainer: Engine, folder: Path) -> Release:
    """Under new keys; verified copies in that folder. `trainer`: under that role."""
    private, public = make_key_pair()
    versions, bucket = PostgresModelVersions(trainer), MemoryBucket()
    return Release(
        bucket=bucket,
        versions=versions,
        promotions=PostgresPromotionLog(trainer, "test"),
        models=VerifiedModels(bucket, versions, TrustedKeys(public), ModelCache(folder)),
        labels=PostgresTrainingLabels(trainer),
        recent=PostgresRecentReadings(trainer),
        signer=Signer(private),
        reports=PostgresTrainingReports(trainer),
        render=report_file,
        now=at_noon,
    )
