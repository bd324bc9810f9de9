"""A version 2 of a test's own making, in the bucket and the database as a trainer would leave it."""

from typing import NamedTuple

import msgspec
from sqlalchemy import text

from app.machines import load_machines
from app.models import model_source, registry
from app.settings import read_settings
from core.prediction import ModelVersion
from model.manifest import Manifest, encode
from model.signature import Signer
from tests.world import World


class Challenger(NamedTuple):
    """What a trainer, an attacker or an accident puts in the bucket as version 2."""

    model: bytes
    manifest: Manifest
    signing_key: str


def named(challenger: Challenger, **changes: object) -> Challenger:
    """The challenger with another manifest."""
    return challenger._replace(manifest=msgspec.structs.replace(challenger.manifest, **changes))


def version_2(world: World) -> Challenger:
    """A flawless version 2: version 1 under another number."""
    settings = read_settings(world.environment)
    machine = load_machines(world.folder / "machines")[world.machine]
    manifest = model_source(settings, world.owner).manifest(machine, ModelVersion(world.machine, 1))
    content = registry(settings).get(manifest.model_key, manifest.model_version_id, manifest.size)
    return Challenger(content, msgspec.structs.replace(manifest, number=2), settings.signing_key)


def promote_version_2(world: World, challenger: Challenger) -> None:
    """Put it into the bucket and the database as a trainer would, and promote it."""
    publish_version_2(world, challenger)
    with world.owner.begin() as connection:
        connection.execute(text(_PROMOTE))


def publish_version_2(world: World, challenger: Challenger) -> None:
    """Put it into the bucket and the database as a trainer would whose gate refuses it."""
    bucket, manifest = registry(read_settings(world.environment)), challenger.manifest
    model_version_id = bucket.put(manifest.model_key, challenger.model, "application/octet-stream")
    content = encode(msgspec.structs.replace(manifest, model_version_id=model_version_id))
    signed = Signer(challenger.signing_key).sign(content) if challenger.signing_key else content
    manifest_version_id = bucket.put("machines/equipment/manifest.json", signed, "application/json")
    arguments = {
        "model_version_id": model_version_id,
        "manifest_version_id": manifest_version_id,
        "sha256": manifest.sha256,
        "threshold": manifest.threshold,
    }
    with world.owner.begin() as connection:
        connection.execute(text(_RECORD), arguments)


_RECORD = """
    INSERT INTO model_version (machine, number, model_key, model_version_id, manifest_key, manifest_version_id, sha256,
                               algorithm, threshold, created_by)
    SELECT machine, 2, model_key, :model_version_id, 'machines/equipment/manifest.json', :manifest_version_id, :sha256,
           algorithm, :threshold, 'mallory' FROM model_version WHERE number = 1"""
_PROMOTE = """
    WITH promoted AS (INSERT INTO promotion (machine, number, previous, kind, decided_by, reason)
                      SELECT machine, 2, 1, 'gate', 'mallory', 'to have it loaded' FROM model_version WHERE number = 2)
    SELECT pg_notify('promotion', 'equipment')"""
