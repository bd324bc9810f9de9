"""The bucket of models and base data: versioned, and always read by VersionId."""

import time
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from core.errors import ModelRefused, UserError
from model import moved_versions
from model.s3_failures import failures_named

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_MADE_WITHIN_S = 1.0


class Registry:
    """model.bucket.Bucket on S3. Raises Unavailable, Unauthorised, and UserError for a wrong bucket."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def prepare(self) -> None:
        """Create the bucket with versions on where it is absent. UserError where it is there and keeps no versions."""
        if not self._exists():
            self._create()
        if not self._keeps_versions():
            time.sleep(_MADE_WITHIN_S)  # another process may just be creating it: it switches versions on at once
        if not self._keeps_versions():
            raise UserError(
                f"the bucket {self._bucket} keeps no versions: switch its versioning on "
                f"(aws s3api put-bucket-versioning --bucket {self._bucket} "
                "--versioning-configuration Status=Enabled), or name another in S3_BUCKET"
            )

    def _keeps_versions(self) -> bool:
        with self._named():
            return self._client.get_bucket_versioning(Bucket=self._bucket).get("Status") == "Enabled"

    def put(self, key: str, content: bytes, content_type: str) -> str:
        """Store a new version of the object; returns its VersionId. UserError where the bucket keeps no versions."""
        with self._named(key):
            answer = self._client.put_object(Bucket=self._bucket, Key=key, Body=content, ContentType=content_type)
        version_id = answer.get("VersionId")
        if not version_id or version_id == "null":
            raise UserError(f"the bucket {self._bucket} keeps no versions: switch its versioning on")
        return version_id

    def get(self, key: str, version_id: str, at_most: int) -> bytes:
        """That version's bytes. Raises ModelRefused where it is absent or larger than `at_most` bytes."""
        try:
            content = self._read(key, version_id, at_most + 1)
        except ModelRefused:
            moved = moved_versions.decode(self.newest(moved_versions.KEY)).get(key, {}).get(version_id)
            if moved is None:
                raise
            content = self._read(key, moved, at_most + 1)
        if len(content) > at_most:
            raise ModelRefused(f"{key} is larger than {at_most} bytes")
        return content

    def _read(self, key: str, version_id: str, at_most: int) -> bytes:
        with self._named(f"{key} version {version_id}"):
            answer = self._client.get_object(Bucket=self._bucket, Key=key, VersionId=version_id)
            return answer["Body"].read(at_most)

    def newest(self, key: str) -> bytes | None:
        """The newest bytes under the key; None where there are none."""
        try:
            with self._named(key):
                return self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except ModelRefused:
            return None

    def has(self, key: str) -> bool:
        """Whether anything lies under the key."""
        try:
            with self._named(key):
                self._client.head_object(Bucket=self._bucket, Key=key)
        except ModelRefused:
            return False
        return True

    def _exists(self) -> bool:
        try:
            with self._named(self._bucket):
                self._client.head_bucket(Bucket=self._bucket)
        except ModelRefused:
            return False
        return True

    def _create(self) -> None:
        with self._named():
            region = self._client.meta.region_name
            try:
                if region == "us-east-1":  # the one region that S3 does not want to hear named
                    self._client.create_bucket(Bucket=self._bucket)
                else:
                    self._client.create_bucket(
                        Bucket=self._bucket,
                        CreateBucketConfiguration={"LocationConstraint": region},  # type: ignore[typeddict-item]  # any region's name
                    )
            except self._client.exceptions.BucketAlreadyOwnedByYou:
                pass  # another process of ours was as quick
            self._client.put_bucket_versioning(Bucket=self._bucket, VersioningConfiguration={"Status": "Enabled"})

    def _named(self, what: str = "the bucket") -> AbstractContextManager[None]:
        return failures_named(self._bucket, what)


def connect(endpoint_url: str, region: str, bucket: str, key_id: str, secret: str) -> Registry:
    """The bucket at an S3 server (empty: AWS itself), not asked yet. Empty key: AWS's own chain of credentials."""
    return Registry(s3_client(endpoint_url, region, key_id, secret), bucket)


def s3_client(endpoint_url: str, region: str, key_id: str, secret: str) -> "S3Client":
    """A client of that server, with timeouts; what is empty AWS's own environment says. UserError: no address."""
    if endpoint_url and not endpoint_url.startswith(("http://", "https://")):
        raise UserError("S3_ENDPOINT_URL must begin with http:// or https://")
    try:
        return _client(endpoint_url, region, key_id, secret)
    except BotoCoreError as error:  # AWS's own environment names what is not there
        raise UserError(f"S3: {error}") from error


def _client(endpoint_url: str, region: str, key_id: str, secret: str) -> "S3Client":
    return boto3.client(
        "s3",
        endpoint_url=endpoint_url or None,
        region_name=region or None,
        aws_access_key_id=key_id or None,
        aws_secret_access_key=secret or None,
        config=Config(
            connect_timeout=3,
            read_timeout=20,
            retries={"total_max_attempts": 3, "mode": "standard"},
            s3={"addressing_style": "path"} if endpoint_url else {},
            # Servers other than AWS's do not all know the newer checksum trailers; the manifest has its own sha256.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )
