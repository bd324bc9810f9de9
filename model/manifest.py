"""The manifest: everything about a model version that must be known before its bytes are trusted."""

import hashlib
import sys

import msgspec
import numpy as np
import sklearn
from msgspec import Struct

from core.batch import Floats
from core.drift import Reference
from core.errors import ModelRefused
from core.machine import Machine, Task
from core.prediction import UsualRange
from core.sensor import EngineeredSensor
from model.evaluation import Metrics
from model.recipe import Recipe


class Versions(Struct, frozen=True, forbid_unknown_fields=True):
    """The libraries that pickled a model; another minor release may unpickle it into something else."""

    python: str
    scikit_learn: str
    numpy: str


class Lineage(Struct, frozen=True, forbid_unknown_fields=True):
    """What a model was trained on."""

    base_key: str
    base_sha256: str
    base_rows: int
    recipe: Recipe
    train_rows: int
    hold_out_rows: int
    label_ids: tuple[int, ...] = ()
    incident_weight: float = 0.0
    """Rows that each refuted alert counted for."""
    fault_weight: float | None = None
    """And each confirmed fault; None in older manifests: as many."""


class Golden(Struct, frozen=True, forbid_unknown_fields=True):
    """Readings and the probabilities that the model gave for them when it was made, exact."""

    inputs: tuple[tuple[float | None, ...], ...]
    """In the machine's order of sensors; None for absent."""
    outputs: tuple[float, ...]
    defects: tuple[tuple[float, ...], ...] = ()
    """Of each defect, where the machine has several."""
    values: tuple[float, ...] = ()
    """That it predicted, of task `regression`."""

    def sensors(self) -> Floats:
        """The inputs, shape (n, sensors), NaN for absent."""
        return np.array(self.inputs, dtype=np.float64)


class Manifest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One model version. Signed; the signature covers these very bytes."""

    format: int = 1
    machine: str
    number: int
    task: Task
    model_key: str
    model_version_id: str
    sha256: str
    size: int
    versions: Versions
    sensors_sha256: str
    engineered: tuple[EngineeredSensor, ...] = ()
    """That it was trained with, beside the sensors."""
    classes: tuple[str, ...] = ()
    """As core.machine.Machine.classes had them when it was trained: what its numbers mean."""
    limits: tuple[float | None, float | None] = (None, None)
    """Low and high of the machine's target when it was trained: what its probabilities mean."""
    algorithm: str
    threshold: float
    threshold_rule: str
    usual: dict[str, UsualRange]
    lineage: Lineage
    metrics: Metrics
    golden: Golden
    reference: Reference | None = None
    """None: of a model that was trained before drift was watched."""
    created_at: str
    created_by: str


def encode(manifest: Manifest) -> bytes:
    """The bytes to sign."""
    return msgspec.json.encode(manifest)


def decode(content: bytes) -> Manifest:
    """The manifest in bytes whose signature was checked. Raises ModelRefused."""
    try:
        return msgspec.json.decode(content, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ModelRefused(f"the manifest cannot be read: {error}") from error


def sensors_sha256(machine: Machine) -> str:
    """What a model expects of a reading: the sensors' names, order and units, and what is computed, hashed."""
    schema: list[tuple[object, ...]] = [(sensor.name, sensor.unit, sensor.optional) for sensor in machine.sensors]
    schema += [(sensor.name, sensor.unit, sensor.expression) for sensor in machine.engineered]
    schema += [(sensor.name, sensor.rolling) for sensor in machine.sensors if sensor.rolling is not None]
    return hashlib.sha256(msgspec.json.encode(schema)).hexdigest()


def limits_of(machine: Machine) -> tuple[float | None, float | None]:
    """Low and high of the machine's target; of another task two times None."""
    return (None, None) if machine.target is None else (machine.target.low, machine.target.high)


def running_versions() -> Versions:
    """The libraries of this process: the minor releases, within which pickles are compatible."""
    return Versions(
        python=f"{sys.version_info.major}.{sys.version_info.minor}",
        scikit_learn=_minor(sklearn.__version__),
        numpy=_minor(np.__version__),
    )


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])
