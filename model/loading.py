"""From bytes to a model in service; every step that can refuse comes before the first unpickled byte."""

import hashlib
from collections.abc import Callable

import numpy as np

from core.batch import Floats
from core.errors import ModelRefused
from core.machine import Machine
from core.prediction import ModelVersion
from core.training import StoredVersion
from model.answers import defect_probabilities, predicted_values, probabilities
from model.fence import unpickle
from model.manifest import Manifest, decode, limits_of, running_versions, sensors_sha256
from model.scorer import FaultModel
from model.signature import TrustedKeys

Step = Callable[[str], None]


def load(
    machine: Machine,
    stored: StoredVersion,
    signed_file: bytes,
    fetch: Callable[[Manifest], bytes],
    trusted: TrustedKeys,
    step: Step = lambda _: None,
) -> FaultModel:
    """The stored version, proven to be what its trainer signed. Raises ModelRefused with the reason in plain words.

    `fetch` gets the model's bytes, once the manifest is proven; `step` hears of each step that held.
    """
    manifest = read_manifest(machine, stored, signed_file, trusted, step)
    content = fetch(manifest)
    _check_bytes(manifest, content)
    step(f"bytes: {len(content)}, sha256 {manifest.sha256[:16]}…, as signed")
    _check_versions(manifest)
    step("versions: Python, scikit-learn and numpy are those that made it")
    pipeline = unpickle(content)
    step("classes: the pickle names only what a model of ours needs; unpickled")
    threshold = manifest.threshold if machine.threshold is None else machine.threshold
    model = FaultModel(stored.version, manifest.usual, threshold, pipeline)
    _check_golden(manifest, model)
    step(f"golden: {len(manifest.golden.outputs)} known readings get their known probabilities, bit for bit")
    return model


def read_manifest(
    machine: Machine, stored: StoredVersion, signed_file: bytes, trusted: TrustedKeys, step: Step = lambda _: None
) -> Manifest:
    """The manifest of exactly this version, its signature proven. Raises ModelRefused."""
    manifest = decode(trusted.open(signed_file))
    step("signature: valid, by a trusted key")
    named = ModelVersion(manifest.machine, manifest.number)
    if named != stored.version or manifest.sha256 != stored.sha256:
        raise ModelRefused(f"the signed manifest is that of {named}, not of the recorded {stored.version}")
    step(f"name: the manifest is that of {named}, as recorded")
    if manifest.task != machine.task or manifest.sensors_sha256 != sensors_sha256(machine):
        raise ModelRefused(f"{_changed(machine, manifest)} after it was trained: train again")
    step(f"sensors: those of {machine.name}")
    if manifest.classes != machine.classes:
        raise ModelRefused(
            f"the defects in the file of {machine.name} changed after it was trained (it tells"
            f" {', '.join(manifest.classes)}): train again"
        )
    if manifest.limits != limits_of(machine):
        raise ModelRefused(
            f"the limits in the file of {machine.name} changed after it was trained (it knows"
            f" {' and '.join('none' if limit is None else f'{limit:g}' for limit in manifest.limits)}): train again"
        )
    return manifest


def _changed(machine: Machine, manifest: Manifest) -> str:
    now, then = ({(one.name, one.expression) for one in side} for side in (machine.engineered, manifest.engineered))
    names = ", ".join(sorted({name for name, _ in now ^ then}))
    return f"the {f'engineered sensors {names}' if names else 'sensors'} in the file of {machine.name} changed"


def _check_bytes(manifest: Manifest, content: bytes) -> None:
    if len(content) != manifest.size:
        raise ModelRefused(f"the model has {len(content)} bytes, {manifest.size} were signed: truncated or exchanged")
    if hashlib.sha256(content).hexdigest() != manifest.sha256:
        raise ModelRefused("the model's bytes are not those that were signed (sha256 differs)")


def _check_versions(manifest: Manifest) -> None:
    made, here = manifest.versions, running_versions()
    if made != here:
        raise ModelRefused(
            f"it was made with Python {made.python}, scikit-learn {made.scikit_learn}, numpy {made.numpy}; here run "
            f"Python {here.python}, scikit-learn {here.scikit_learn}, numpy {here.numpy}: train again with these"
        )


def _check_golden(manifest: Manifest, model: FaultModel) -> None:
    inputs = manifest.golden.sensors()
    try:
        together = _answers(manifest, model, inputs)
        alone = np.concatenate([_answers(manifest, model, inputs[row : row + 1]) for row in range(len(inputs))])
    except Exception as error:  # a signed model may still be broken in any way: it must not take its consumer along
        raise ModelRefused(f"it cannot score known readings ({type(error).__name__}: {error})") from error
    expected = np.array(manifest.golden.outputs)[:, np.newaxis]
    if manifest.classes:
        expected = np.hstack([expected, np.array(manifest.golden.defects)])
    if manifest.golden.values:
        expected = np.hstack([expected, np.array(manifest.golden.values)[:, np.newaxis]])
    if not np.array_equal(together, expected) or not np.array_equal(alone, expected):
        raise ModelRefused("known readings do not get their known probabilities: this machine computes differently")


def _answers(manifest: Manifest, model: FaultModel, inputs: Floats) -> Floats:
    """The probability of a fault and, of some machines, of each defect or the value: shape (n, 1 + so many)."""
    fault = probabilities(model.pipeline, inputs)[:, np.newaxis]
    if manifest.golden.values:
        return np.hstack([fault, predicted_values(model.pipeline, inputs)[:, np.newaxis]])
    return np.hstack([fault, defect_probabilities(model.pipeline, inputs)]) if manifest.classes else fault
