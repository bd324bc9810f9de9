"""A promoted version that is not what its trainer signed is refused while running; the last good one goes on."""

import hashlib
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
from sqlalchemy import text

from app.machines import load_machines
from app.models import model_source, registry
from app.settings import read_settings
from core.prediction import ModelVersion
from model.manifest import Manifest, encode
from model.signature import Signer, make_key_pair
from tests.builders import a_reading
from tests.world import World


class _LeavesATrace:
    """Unpickling it makes a file."""

    def __init__(self, trace: Path) -> None:
        self._trace = trace

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return Path.touch, (self._trace,)


class Challenger(NamedTuple):
    """What an attacker, or an accident, put in the bucket as version 2."""

    model: bytes
    manifest: Manifest
    signing_key: str


def trap(trace: Path) -> bytes:
    return pickle.dumps(_LeavesATrace(trace))


def named(challenger: Challenger, **changes: object) -> Challenger:
    return challenger._replace(manifest=msgspec.structs.replace(challenger.manifest, **changes))


def signed_by_a_stranger(good: Challenger, trace: Path) -> Challenger:
    private, _ = make_key_pair()
    evil = good._replace(model=trap(trace), signing_key=private)
    return named(evil, sha256=hashlib.sha256(evil.model).hexdigest(), size=len(evil.model))


def unsigned(good: Challenger, trace: Path) -> Challenger:
    return signed_by_a_stranger(good, trace)._replace(signing_key="")


def truncated(good: Challenger, _: Path) -> Challenger:
    return good._replace(model=good.model[:-1])


def tampered(good: Challenger, trace: Path) -> Challenger:
    poison = trap(trace)
    return good._replace(model=poison + good.model[len(poison) :])


def wrongly_versioned(good: Challenger, _: Path) -> Challenger:
    return named(good, number=1)


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (signed_by_a_stranger, "a key that we do not trust"),
        (unsigned, "not signed"),
        (truncated, "bytes"),
        (tampered, "sha256"),
        (wrongly_versioned, "is that of equipment v1"),
    ],
)
def test_a_harmed_version_is_refused_and_the_last_good_one_goes_on(
    trained: World, harm: Callable[[Challenger, Path], Challenger], reason: str
) -> None:
    trace = trained.folder / "trace"
    trained.start("consumer")
    trained.publish([a_reading("pump-1", temperature=70.0, vibration=1.5, humidity=50.0)])
    trained.wait_until_read(1)

    promote_version_2(trained, harm(version_2(trained), trace))
    trained.wait_for("SELECT EXISTS (SELECT FROM model_load WHERE number = 2)", "the consumer tried to load version 2")

    assert reason in trained.one("SELECT reason FROM model_load WHERE number = 2 AND outcome = 'refused'")
    trained.publish([a_reading("pump-1", temperature=71.0, vibration=1.5, humidity=50.0)])
    trained.wait_until_read(2)
    assert trained.one("SELECT array_agg(DISTINCT model_version) FROM reading") == [1]
    assert trained.one("SELECT count(*) FROM reading WHERE score <> 'NaN'") == 2
    assert not trace.exists(), "nothing was unpickled before the signature was checked"


def version_2(world: World) -> Challenger:
    """A flawless version 2: version 1 under another number."""
    settings = read_settings(world.environment)
    machine = load_machines(world.folder / "machines")[world.machine]
    manifest = model_source(settings, world.owner).manifest(machine, ModelVersion(world.machine, 1))
    content = registry(settings).get(manifest.model_key, manifest.model_version_id, manifest.size)
    return Challenger(content, msgspec.structs.replace(manifest, number=2), settings.signing_key)


def promote_version_2(world: World, challenger: Challenger) -> None:
    """Put it into the bucket and the database as a trainer would, and promote it."""
    bucket, manifest = registry(read_settings(world.environment)), challenger.manifest
    model_version_id = bucket.put(manifest.model_key, challenger.model, "application/octet-stream")
    content = encode(msgspec.structs.replace(manifest, model_version_id=model_version_id))
    signed = Signer(challenger.signing_key).sign(content) if challenger.signing_key else content
    manifest_version_id = bucket.put("machines/equipment/manifest.json", signed, "application/json")
    arguments = {
        "model_version_id": model_version_id,
        "manifest_version_id": manifest_version_id,
        "sha256": manifest.sha256,
    }
    with world.owner.begin() as connection:
        connection.execute(text(_RECORD), arguments)
        connection.execute(text(_PROMOTE))


_RECORD = """
    INSERT INTO model_version (machine, number, model_key, model_version_id, manifest_key, manifest_version_id, sha256,
                               algorithm, threshold, created_by)
    SELECT machine, 2, model_key, :model_version_id, 'machines/equipment/manifest.json', :manifest_version_id, :sha256,
           algorithm, threshold, 'mallory' FROM model_version WHERE number = 1"""
_PROMOTE = """
    WITH promoted AS (INSERT INTO promotion (machine, number, previous, kind, decided_by, reason)
                      SELECT machine, 2, 1, 'gate', 'mallory', 'to have it loaded' FROM model_version WHERE number = 2)
    SELECT pg_notify('promotion', 'equipment')"""
