"""Where verified models come from: core.ports.models.ModelSource on the bucket, with the disk behind it."""

import logging

from core.errors import ModelRefused, Unauthorised, Unavailable, UserError
from core.machine import Machine
from core.prediction import ModelVersion
from core.training import StoredVersion, VersionIndex
from model.bucket import Bucket
from model.cache import CachedVersion, ModelCache
from model.loading import Step, load, read_manifest
from model.manifest import Manifest
from model.scorer import FaultModel
from model.signature import TrustedKeys

_log = logging.getLogger(__name__)
_MANIFEST_AT_MOST = 16 * 1024 * 1024


class VerifiedModels:
    """Loads the versions that the database names."""

    def __init__(self, bucket: Bucket, index: VersionIndex, trusted: TrustedKeys, cache: ModelCache) -> None:
        self._bucket = bucket
        self._index = index
        self._trusted = trusted
        self._cache = cache

    def load(self, machine: Machine, version: ModelVersion) -> FaultModel:
        """The version, verified before a byte of it is unpickled. Raises ModelRefused or Unavailable."""
        stored = self._stored(version)
        if (model := self._from_cache(machine, self._cache.read(machine.name, stored.sha256), stored)) is not None:
            return model
        return self.load_from_bucket(machine, stored)

    def load_from_bucket(self, machine: Machine, stored: StoredVersion, step: Step = lambda _: None) -> FaultModel:
        """The same without the cache; `step` hears of each step that held."""
        signed_file = self._signed_file(stored)
        content = b""

        def fetch(manifest: Manifest) -> bytes:
            nonlocal content
            content = self._get(manifest.model_key, manifest.model_version_id, manifest.size)
            return content

        model = load(machine, stored, signed_file, fetch, self._trusted, step)
        self._cache.keep(CachedVersion(stored, signed_file, content))
        return model

    def last_good(self, machine: Machine) -> FaultModel | None:
        """The last version that was verified and cached here, verified again; for when servers are down."""
        cached = self._cache.last_good(machine.name)
        return self._from_cache(machine, cached, cached.stored if cached else None)

    def verify(self, machine: Machine, version: ModelVersion, step: Step) -> None:
        """Run the whole loading order on the bucket's bytes. Raises ModelRefused or Unavailable."""
        self.load_from_bucket(machine, self._stored(version), step)

    def manifest(self, machine: Machine, version: ModelVersion) -> Manifest:
        """The version's manifest, its signature proven. Raises ModelRefused or Unavailable."""
        stored = self._stored(version)
        return read_manifest(machine, stored, self._signed_file(stored), self._trusted)

    def package(self, machine: Machine, version: ModelVersion) -> CachedVersion:
        """The version's files, verified, for processes that reach neither bucket nor database.

        They verify it again. Raises ModelRefused or Unavailable.
        """
        stored = self._stored(version)
        signed_file = self._signed_file(stored)
        manifest = read_manifest(machine, stored, signed_file, self._trusted)
        content = self._get(manifest.model_key, manifest.model_version_id, manifest.size)
        load(machine, stored, signed_file, lambda _: content, self._trusted)
        return CachedVersion(stored, signed_file, content)

    def _from_cache(
        self, machine: Machine, cached: CachedVersion | None, wanted: StoredVersion | None
    ) -> FaultModel | None:
        if cached is None or wanted is None or cached.stored != wanted:
            return None
        try:
            model = load(machine, wanted, cached.signed_file, lambda _: cached.model, self._trusted)
        except ModelRefused as error:
            _log.warning("the cached copy of %s is refused: %s", wanted.version, error)
            return None
        self._cache.remember(wanted)
        return model

    def _stored(self, version: ModelVersion) -> StoredVersion:
        stored = self._index.find(version)
        if stored is None:
            raise ModelRefused(
                f"there is no record of {version}: ./run models list {version.machine} shows what there is"
            )
        return stored

    def _signed_file(self, stored: StoredVersion) -> bytes:
        return self._get(stored.manifest_key, stored.manifest_version_id, _MANIFEST_AT_MOST)

    def _get(self, key: str, version_id: str, at_most: int) -> bytes:
        try:
            return self._bucket.get(key, version_id, at_most)
        except (Unauthorised, UserError) as error:
            # A process in service waits until the administrator has repaired this, and serves from its cache.
            raise Unavailable(str(error)) from error
