"""Files of readings in somebody's bucket, read where they lie: core.ports.recorded.RecordedBytes."""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from botocore.exceptions import ClientError, HTTPClientError, IncompleteReadError

from core.errors import ModelRefused, Unavailable, UserError
from model.ranged_reader import RangedReader
from model.s3_failures import failures_named

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_SCHEME = "s3://"
_TRIES = 3
"""Of a range whose bytes stop to come; the client tries again itself where no answer comes."""
_BUFFER = 1 << 16
_NO_BUCKET = "if it is not where the models' is, --s3 aws looks for it by AWS's own environment"


class S3Address(NamedTuple):
    """`s3://bucket/key`: of a file, or of all that lies below."""

    bucket: str
    key: str

    def __str__(self) -> str:
        return f"{_SCHEME}{self.bucket}/{self.key}"


def s3_address(text: str) -> S3Address | None:
    """What the text names; None: it does not begin as an address of S3 does. UserError where it names no bucket."""
    if not text.startswith(_SCHEME):
        return None
    bucket, _, key = text.removeprefix(_SCHEME).partition("/")
    if not bucket:
        raise UserError(f"{text} names no bucket: write s3://BUCKET/KEY or s3://BUCKET/FOLDER/")
    return S3Address(bucket, key)


class S3File:
    """An object as it was when it was found: one that is replaced meanwhile is not read on."""

    def __init__(self, client: "S3Client", address: S3Address, size: int, etag: str) -> None:
        self._client = client
        self._address = address
        self._size = size
        self._etag = etag

    def __str__(self) -> str:
        return str(self._address)

    @property
    def name(self) -> str:
        """The key's last part."""
        return PurePosixPath(self._address.key).name

    def size(self) -> int:
        """Bytes."""
        return self._size

    def open(self) -> io.BufferedReader:
        """Nothing is fetched before it is read; then UserError where the object is gone or another, Unavailable."""
        return io.BufferedReader(RangedReader(self._size, self._fetch), _BUFFER)

    def _fetch(self, first: int, count: int) -> bytes:
        with _named(self._address):
            for left in reversed(range(_TRIES)):
                try:
                    return self._get(first, count)
                except (HTTPClientError, IncompleteReadError):
                    if not left:
                        raise
        raise AssertionError("each try returns or raises")

    def _get(self, first: int, count: int) -> bytes:
        try:
            answer = self._client.get_object(
                Bucket=self._address.bucket,
                Key=self._address.key,
                Range=f"bytes={first}-{first + count - 1}",
                IfMatch=self._etag,
            )
        except ClientError as error:
            if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") in (412, 416):
                raise UserError(f"{self} was replaced while it was read: run this again") from error
            raise
        content = answer["Body"].read()
        if len(content) != count:
            raise Unavailable(f"S3 sent {len(content)} bytes of {self} where {count} were asked for")
        return content


class S3Files:
    """Finds them in the buckets that these credentials may read."""

    def __init__(self, client: "S3Client") -> None:
        self._client = client

    def at(self, address: S3Address, endings: Sequence[str]) -> Sequence[tuple[str, S3File]]:
        """The file, or all below that end so, each under its place there, in order. UserError where there is none.

        Raises Unauthorised, Unavailable.
        """
        if address.key.lower().endswith(tuple(endings)) and (file := self.file(address)):
            return [(file.name, file)]
        folder = S3Address(address.bucket, f"{address.key.rstrip('/')}/" if address.key.strip("/") else "")
        found = [
            (key.removeprefix(folder.key), S3File(self._client, S3Address(address.bucket, key), size, etag))
            for key, size, etag in self._listed(folder)
            if key.lower().endswith(tuple(endings))
        ]
        if not found:
            raise UserError(f"{folder} holds no file that ends in {', '.join(endings)}")
        return sorted(found, key=lambda one: one[0])

    def file(self, address: S3Address) -> S3File | None:
        """The object; None: there is none. Raises Unauthorised, Unavailable."""
        try:
            with failures_named(address.bucket, str(address), _NO_BUCKET):
                head = self._client.head_object(Bucket=address.bucket, Key=address.key)
        except ModelRefused:
            return None
        return S3File(self._client, address, head["ContentLength"], head["ETag"])

    def _listed(self, folder: S3Address) -> Iterator[tuple[str, int, str]]:
        with _named(folder):
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=folder.bucket, Prefix=folder.key)
            for page in pages:
                for one in page.get("Contents", []):
                    yield one["Key"], one["Size"], one["ETag"]


@contextmanager
def _named(address: S3Address) -> Iterator[None]:
    """Raises UserError where there is no such bucket or object, Unauthorised, Unavailable."""
    try:
        with failures_named(address.bucket, str(address), _NO_BUCKET):
            yield
    except ModelRefused as error:
        raise UserError(f"there is no {address}") from error
