"""The bucket with every version of its objects, copied to files and back."""

import hashlib
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import IO, TYPE_CHECKING

from msgspec import Struct

from core.errors import ModelRefused
from model.moved_versions import KEY as MOVED
from model.moved_versions import Moved, decode, encode, followed
from model.s3_failures import failures_named

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CHUNK = 1 << 20


class ObjectVersion(Struct, frozen=True):
    """One version of one object."""

    key: str
    version_id: str
    size: int


class CopiedVersion(Struct, frozen=True):
    """One that lies in a file."""

    version: ObjectVersion
    content_type: str
    sha256: str


class BucketCopy:
    """Reads and adds versions; deletes none. Raises Unavailable, Unauthorised, UserError for a wrong bucket."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def versions(self) -> Sequence[ObjectVersion]:
        """Every version, of each key the oldest first, but of the list of moved ones."""
        with failures_named(self._bucket):
            pages = self._client.get_paginator("list_object_versions").paginate(Bucket=self._bucket)
            newest_first = [
                ObjectVersion(found["Key"], found["VersionId"], found["Size"])
                for page in pages
                for found in page.get("Versions", [])
                if found["Key"] != MOVED
            ]
        return [version for _, group in groupby(newest_first, lambda one: one.key) for version in reversed([*group])]

    def moved(self) -> Moved:
        """Where versions are that lie here under other ids than they once had. Raises ModelRefused."""
        try:
            with failures_named(self._bucket):
                content = self._client.get_object(Bucket=self._bucket, Key=MOVED)["Body"].read()
        except ModelRefused:
            return {}
        return decode(content)

    def fetch(self, version: ObjectVersion, file: IO[bytes]) -> CopiedVersion:
        """Write the version to the file. Raises ModelRefused where it is gone."""
        hashed = hashlib.sha256()
        with failures_named(self._bucket, f"{version.key} version {version.version_id}"):
            answer = self._client.get_object(Bucket=self._bucket, Key=version.key, VersionId=version.version_id)
            for chunk in answer["Body"].iter_chunks(_CHUNK):
                hashed.update(chunk)
                file.write(chunk)
        return CopiedVersion(version, answer["ContentType"], hashed.hexdigest())

    def bring(self, copies: Sequence[CopiedVersion], moved: Moved, opened: Callable[[int], IO[bytes]]) -> int:
        """Add what is missing, so that each key's newest is the copies' newest; how many versions were added.

        `moved`: what the list said where the copies were made; `opened`: the file of the n-th copy.
        """
        here = self.versions()
        present = {(one.key, one.version_id) for one in here}
        newest_here = {one.key: one.version_id for one in here}
        newest = {one.version.key: one.version.version_id for one in copies}
        then: dict[str, dict[str, str]] = {}
        for number, copy in enumerate(copies):
            key, version_id = copy.version.key, copy.version.version_id
            is_newest = newest[key] == version_id
            if (key, version_id) in present and not (is_newest and newest_here[key] != version_id):
                continue
            then.setdefault(key, {})[version_id] = self._put(copy, opened(number))
        if then or moved:
            self._tell_moved(followed(followed(self.moved(), moved), then))
        return sum(map(len, then.values()))

    def _put(self, copy: CopiedVersion, file: IO[bytes]) -> str:
        with file, failures_named(self._bucket, copy.version.key):
            return self._client.put_object(
                Bucket=self._bucket, Key=copy.version.key, Body=file, ContentType=copy.content_type
            )["VersionId"]

    def _tell_moved(self, moved: Moved) -> None:
        with failures_named(self._bucket, MOVED):
            self._client.put_object(Bucket=self._bucket, Key=MOVED, Body=encode(moved), ContentType="application/json")
