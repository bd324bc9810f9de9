"""What models need of a bucket."""

from typing import Protocol


class Bucket(Protocol):
    """Bytes under a key, every version of them kept. Raises Unavailable, Unauthorised, UserError for a wrong bucket."""

    def put(self, key: str, content: bytes, content_type: str) -> str:
        """Store a new version of the object; returns its VersionId."""

    def get(self, key: str, version_id: str, at_most: int) -> bytes:
        """That version's bytes. Raises ModelRefused where it is absent or larger than `at_most` bytes."""

    def newest(self, key: str) -> bytes | None:
        """The newest bytes under the key; None where there are none."""

    def has(self, key: str) -> bool:
        """Whether anything lies under the key."""
