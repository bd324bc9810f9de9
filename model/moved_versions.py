"""Where versions are that lie in a restored bucket under new ids: no S3 server takes the ids of another one.

Rows and signed manifests go on naming the ids that they always named. The list lies in the bucket, beside what it tells
of: whoever changed it could only point at bytes that signature and sha256 refuse.
"""

from collections.abc import Mapping

import msgspec

from core.errors import ModelRefused

KEY = "restored-versions.json"
Moved = Mapping[str, Mapping[str, str]]
"""Key → id that it had → id that it has."""


def decode(content: bytes | None) -> Moved:
    """What the list says; None: there is none. Raises ModelRefused where it cannot be read."""
    if content is None:
        return {}
    try:
        return msgspec.json.decode(content, type=dict[str, dict[str, str]])
    except msgspec.DecodeError as error:
        raise ModelRefused(f"{KEY} in the bucket cannot be read: {error}") from error


def encode(moved: Moved) -> bytes:
    """The list as it lies in the bucket."""
    return msgspec.json.encode(moved)


def followed(before: Moved, then: Moved) -> Moved:
    """Two moves as one: what `before` moved is found where `then` put it."""
    found = {key: {old: then.get(key, {}).get(new, new) for old, new in ids.items()} for key, ids in before.items()}
    return {key: {**found.get(key, {}), **then.get(key, {})} for key in {*found, *then}}
