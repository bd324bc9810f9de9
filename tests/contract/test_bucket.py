"""What a bucket promises: the fake and the real server alike."""

import uuid

import pytest

from bench.stores import MemoryBucket
from core.errors import ModelRefused, Unauthorised, Unavailable, UserError
from model.bucket import Bucket
from model.registry import Registry, connect
from tests.conftest import Servers


@pytest.fixture(scope="module")
def real(servers: Servers) -> Registry:
    registry = _registry(servers, f"test-{uuid.uuid4().hex[:12]}")
    registry.prepare()
    return registry


@pytest.fixture(params=["fake", "real"])
def bucket(request: pytest.FixtureRequest) -> Bucket:
    if request.param == "fake":
        return MemoryBucket()
    registry: Registry = request.getfixturevalue("real")
    return registry


def _registry(servers: Servers, name: str, secret: str | None = None) -> Registry:
    return connect(
        servers.s3_endpoint_url, "us-east-1", name, servers.s3_access_key_id, secret or servers.s3_secret_access_key
    )


def _key() -> str:
    return f"machines/press/{uuid.uuid4().hex}.pkl"


def test_every_version_stays_and_is_read_by_its_id(bucket: Bucket) -> None:
    key = _key()
    first, second = bucket.put(key, b"one", "text/plain"), bucket.put(key, b"two", "text/plain")
    assert first != second
    assert bucket.get(key, first, at_most=3) == b"one"
    assert bucket.get(key, second, at_most=3) == b"two"
    assert bucket.newest(key) == b"two"


def test_the_same_bytes_twice_are_two_versions(bucket: Bucket) -> None:
    key = _key()
    assert bucket.put(key, b"one", "text/plain") != bucket.put(key, b"one", "text/plain")


def test_what_is_larger_than_it_may_be_is_refused(bucket: Bucket) -> None:
    key = _key()
    version = bucket.put(key, b"one", "text/plain")
    with pytest.raises(ModelRefused, match="larger than 2 bytes"):
        bucket.get(key, version, at_most=2)


def test_a_version_of_another_key_is_refused(bucket: Bucket) -> None:
    other = bucket.put(_key(), b"one", "text/plain")
    with pytest.raises(ModelRefused, match="not in the bucket"):
        bucket.get(_key(), other, at_most=3)


def test_an_absent_key_has_no_newest_version(bucket: Bucket) -> None:
    key = _key()
    assert not bucket.has(key)
    assert bucket.newest(key) is None
    bucket.put(key, b"one", "text/plain")
    assert bucket.has(key)


def test_preparing_twice_changes_nothing(real: Registry) -> None:
    real.prepare()


def test_a_bucket_that_another_process_has_just_made_is_taken(servers: Servers) -> None:
    registry = _registry(servers, f"test-{uuid.uuid4().hex[:12]}")
    registry.prepare()
    registry._create()  # as a process does that asked before it was there
    assert registry.put("key", b"one", "text/plain")


def test_a_bucket_that_keeps_no_versions_is_named_with_the_remedy(servers: Servers) -> None:
    name = f"test-{uuid.uuid4().hex[:12]}"
    registry = _registry(servers, name)
    registry._client.create_bucket(Bucket=name)
    with pytest.raises(UserError, match=f"{name} keeps no versions.*put-bucket-versioning"):
        registry.prepare()
    with pytest.raises(UserError, match="keeps no versions"):
        registry.put("key", b"one", "text/plain")


def test_an_absent_bucket_is_named(servers: Servers) -> None:
    with pytest.raises(UserError, match="there is no bucket nowhere-"):
        _registry(servers, f"nowhere-{uuid.uuid4().hex[:12]}").get("key", uuid.uuid4().hex, at_most=3)


def test_a_wrong_secret_is_said(servers: Servers) -> None:
    with pytest.raises(Unauthorised, match="AWS_SECRET_ACCESS_KEY"):
        _registry(servers, "any", secret="wrong").put("key", b"one", "text/plain")


def test_a_server_that_is_away_is_said_soon() -> None:
    with pytest.raises(Unavailable, match="S3 does not answer"):
        connect("http://127.0.0.1:9", "us-east-1", "any", "key", "secret").get("key", "version", at_most=3)
