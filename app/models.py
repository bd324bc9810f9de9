"""Where models are kept and come from, wired: the bucket, the keys, this machine's verified copies."""

from app.settings import Settings
from app.wiring import data_directory
from db.engine import Engine
from db.model_versions import PostgresModelVersions
from model.bucket_copy import BucketCopy
from model.cache import ModelCache
from model.registry import Registry, connect, s3_client
from model.signature import TrustedKeys
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


def bucket_copy(settings: Settings) -> BucketCopy:
    """The bucket with every version of what lies in it, not asked yet."""
    client = s3_client(
        settings.s3_endpoint_url, settings.s3_region, settings.aws_access_key_id, settings.aws_secret_access_key
    )
    return BucketCopy(client, settings.s3_bucket)


def model_source(settings: Settings, engine: Engine, cache: str = "models") -> VerifiedModels:
    """Verified models, with copies in this folder of the data directory. UserError where TRUSTED_KEYS holds no key."""
    copies = ModelCache(data_directory(settings) / cache)
    return VerifiedModels(registry(settings), PostgresModelVersions(engine), TrustedKeys(settings.trusted_keys), copies)
