import hashlib
import pickle
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from api.report_file import report_file
from bench.stores import (
    MemoryBucket,
    MemoryLabels,
    MemoryPromotions,
    MemoryRecentReadings,
    MemoryTrainingReports,
    MemoryVersions,
)
from core.errors import ModelRefused, Unavailable
from core.label import Verdict
from core.prediction import ModelVersion
from core.sensor import EngineeredSensor, Sensor
from core.steps import Components, Scale
from core.training import StoredVersion
from model.answers import probabilities
from model.cache import ModelCache
from model.fit import train
from model.manifest import Manifest, decode, encode
from model.recipe import Recipe
from model.release import Release
from model.signature import Signer, TrustedKeys, make_key_pair
from model.source import VerifiedModels
from tests.builders import a_machine
from tests.model_builders import a_candidate, a_history, an_incident, at_noon, published

PRIVATE, PUBLIC = make_key_pair()
OTHER_PRIVATE, _ = make_key_pair()
CANDIDATE = a_candidate()
PRESS = a_machine()
V1, V2 = ModelVersion("press", 1), ModelVersion("press", 2)


@dataclass
class Workshop:
    """A trainer, its bucket and a consumer's source of models."""

    bucket: MemoryBucket
    versions: MemoryVersions
    release: Release
    folder: Path

    def source(self) -> VerifiedModels:
        """A consumer that starts anew on the same machine."""
        return VerifiedModels(self.bucket, self.versions, TrustedKeys(PUBLIC), ModelCache(self.folder))

    def key(self, ending: str) -> tuple[str, str]:
        return next(key for key in reversed(self.bucket.versions) if key[0].endswith(ending))

    def resign(self, private: str, **changes: Any) -> None:
        """Sign a changed manifest, as somebody with that key could."""
        manifest = self.manifest()
        signed = Signer(private).sign(encode(msgspec.structs.replace(manifest, **changes)))
        self.bucket.versions[self.key("manifest.json")] = signed

    def manifest(self) -> Manifest:
        return decode(TrustedKeys(PUBLIC).open(self.bucket.versions[self.key("manifest.json")]))

    def smuggle(self, content: bytes, private: str) -> None:
        """Put other bytes in the model's place and sign for them."""
        self.bucket.versions[self.key("model.pkl")] = content
        sha256 = hashlib.sha256(content).hexdigest()
        self.resign(private, sha256=sha256, size=len(content))
        stored = self.versions.stored[V1]
        self.versions.stored[V1] = StoredVersion(V1, stored.manifest_key, stored.manifest_version_id, sha256)


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    bucket, versions = MemoryBucket(), MemoryVersions()
    source = VerifiedModels(bucket, versions, TrustedKeys(PUBLIC), ModelCache(tmp_path / "trainer"))
    release = Release(
        bucket,
        versions,
        MemoryPromotions(versions),
        source,
        MemoryLabels(),
        MemoryRecentReadings(),
        Signer(PRIVATE),
        MemoryTrainingReports(),
        report_file,
        at_noon,
    )
    published(release, CANDIDATE)
    return Workshop(bucket, versions, release, tmp_path / "consumer")


class _LeavesATrace:
    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Any, tuple[Path]]:
        return Path.touch, (self._path,)


def test_a_loaded_model_gives_the_probabilities_of_the_pipeline_bit_for_bit(workshop: Workshop) -> None:
    sensors = a_history(500, seed=9).sensors
    predictions = workshop.source().load(PRESS, V1).predict(sensors)
    pipeline = pickle.loads(workshop.bucket.versions[workshop.key("model.pkl")])  # noqa: S301 (made above)
    np.testing.assert_array_equal(predictions.scores, pipeline.predict_proba(sensors)[:, 1])
    np.testing.assert_array_equal(predictions.faults, predictions.scores >= workshop.manifest().threshold)
    assert predictions.version == V1


def test_a_model_knows_the_usual_ranges_of_healthy_machines(workshop: Workshop) -> None:
    usual = workshop.source().load(PRESS, V1).usual
    assert usual["temperature"].low == pytest.approx(54, abs=3)
    assert usual["temperature"].high == pytest.approx(76, abs=3)


def test_an_empty_batch_has_no_predictions(workshop: Workshop) -> None:
    assert len(workshop.source().load(PRESS, V1).predict(np.empty((0, 2))).scores) == 0


def test_a_manifest_says_which_engineered_sensors_it_was_trained_with_and_others_are_refused(
    workshop: Workshop,
) -> None:
    heat = EngineeredSensor("heat", "temperature * pressure")
    press = a_machine(engineered=(heat,))
    published(workshop.release, train(press, a_history(), Recipe("lr"), [], lambda _: None))
    assert workshop.manifest().engineered == (heat,)
    assert workshop.source().load(press, V2).version == V2
    other = a_machine(engineered=(EngineeredSensor("heat", "temperature + pressure"),))
    for changed in (other, PRESS):
        with pytest.raises(ModelRefused, match="the engineered sensors heat in the file of press changed"):
            workshop.source().load(changed, V2)


def test_a_model_of_principal_components_is_verified_like_any_and_what_they_carry_is_kept_beside_its_report(
    workshop: Workshop,
) -> None:
    press = a_machine(steps=(Scale(), Components(1)))
    candidate = train(press, a_history(), Recipe("lr"), [], lambda _: None)
    outcome = published(workshop.release, candidate)
    loaded, hot = workshop.source().load(press, V2), np.array([[100.0, 4.0]])
    np.testing.assert_array_equal(loaded.predict(hot).scores, probabilities(candidate.pipeline, hot))
    told = workshop.bucket.newest(f"machines/press/reports/{outcome.report}.html")
    assert told is not None
    assert b"The challenger goes by 1 principal component" in told
    assert b"temperature (" in told
    beside = f"machines/press/reports/{outcome.report}"
    table = workshop.bucket.newest(f"{beside}.components.csv")
    assert table is not None
    assert table.startswith(b"component,share,together,temperature,pressure\n1,0.")
    assert (workshop.bucket.newest(f"{beside}.explained_variance.png") or b"").startswith(b"\x89PNG")


def test_a_manifest_from_before_drift_was_watched_loads(workshop: Workshop) -> None:
    fields = msgspec.json.decode(encode(workshop.manifest()))
    assert fields.pop("reference")["sensors"]["temperature"]["quantiles"]
    workshop.bucket.versions[workshop.key("manifest.json")] = Signer(PRIVATE).sign(msgspec.json.encode(fields))
    assert workshop.source().load(PRESS, V1).version == V1
    assert workshop.source().manifest(PRESS, V1).reference is None


def test_the_threshold_of_the_machines_file_wins_over_the_tuned_one(workshop: Workshop) -> None:
    assert workshop.source().load(a_machine(threshold=0.9), V1).threshold == 0.9


def _flip_a_bit(workshop: Workshop) -> None:
    key = workshop.key("model.pkl")
    content = bytearray(workshop.bucket.versions[key])
    content[len(content) // 2] ^= 1
    workshop.bucket.versions[key] = bytes(content)


def _cut(workshop: Workshop) -> None:
    workshop.bucket.versions[workshop.key("model.pkl")] = workshop.bucket.versions[workshop.key("model.pkl")][:-1]


def _grow(workshop: Workshop) -> None:
    workshop.bucket.versions[workshop.key("model.pkl")] += b"."


def _unsign(workshop: Workshop) -> None:
    workshop.bucket.versions[workshop.key("manifest.json")] = encode(workshop.manifest())


def _sign_with_another_key(workshop: Workshop) -> None:
    workshop.resign(OTHER_PRIVATE)


def _rename(workshop: Workshop) -> None:
    workshop.resign(PRIVATE, number=99)


def _exchange_for_another_signed_version(workshop: Workshop) -> None:
    ours = workshop.key("manifest.json")
    published(workshop.release, a_candidate(history=a_history(seed=2)), a_history(seed=2))
    workshop.bucket.versions[ours] = workshop.bucket.versions[workshop.key("manifest.json")]


def _age(workshop: Workshop) -> None:
    workshop.resign(PRIVATE, versions=msgspec.structs.replace(workshop.manifest().versions, scikit_learn="0.1"))


def _falsify_golden(workshop: Workshop) -> None:
    golden = workshop.manifest().golden
    first = np.nextafter(golden.outputs[0], 1)
    workshop.resign(PRIVATE, golden=msgspec.structs.replace(golden, outputs=(float(first), *golden.outputs[1:])))


def _lose(workshop: Workshop) -> None:
    del workshop.bucket.versions[workshop.key("model.pkl")]


HARMS = pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (_flip_a_bit, "sha256 differs"),
        (_cut, "truncated"),
        (_grow, "larger than"),
        (_unsign, "not signed"),
        (_sign_with_another_key, "do not trust"),
        (_rename, "press v99, not of the recorded press v1"),
        (_exchange_for_another_signed_version, "not of the recorded press v1"),
        (_age, "scikit-learn 0.1"),
        (_falsify_golden, "computes differently"),
        (_lose, "not in the bucket"),
    ],
)


@HARMS
def test_a_harmed_version_is_refused_with_the_reason(
    workshop: Workshop, harm: Callable[[Workshop], None], reason: str
) -> None:
    harm(workshop)
    with pytest.raises(ModelRefused, match=reason):
        workshop.source().load(PRESS, V1)
    assert workshop.source().last_good(PRESS) is None


@HARMS
def test_the_last_good_version_serves_on_while_a_harmed_one_is_refused(
    workshop: Workshop, harm: Callable[[Workshop], None], reason: str
) -> None:
    workshop.source().load(PRESS, V1)
    published(workshop.release, a_candidate(history=a_history(seed=3)), a_history(seed=3))
    harm(workshop)
    with pytest.raises(ModelRefused, match=reason.replace("v1", "v2")):
        workshop.source().load(PRESS, V2)
    last_good = workshop.source().last_good(PRESS)
    assert last_good is not None
    assert last_good.version == V1


@pytest.mark.parametrize("private", [OTHER_PRIVATE, PRIVATE], ids=["an attacker's key", "a trainer's stolen key"])
def test_nothing_is_unpickled_that_could_leave_a_trace(workshop: Workshop, private: str, tmp_path: Path) -> None:
    workshop.smuggle(pickle.dumps(_LeavesATrace(tmp_path / "trace")), private)
    with pytest.raises(ModelRefused):
        workshop.source().load(PRESS, V1)
    assert not (tmp_path / "trace").exists()


@pytest.mark.parametrize("harm", [_unsign, _sign_with_another_key, _rename, _flip_a_bit, _cut, _age])
def test_nothing_is_unpickled_before_signature_name_bytes_and_versions_held(
    workshop: Workshop, harm: Callable[[Workshop], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(_: bytes) -> None:
        raise AssertionError("unpickled too early")

    monkeypatch.setattr("model.loading.unpickle", never)
    harm(workshop)
    with pytest.raises(ModelRefused):
        workshop.source().load(PRESS, V1)


def test_a_model_that_was_signed_and_cannot_score_is_refused(workshop: Workshop) -> None:
    workshop.smuggle(pickle.dumps(make_pipeline(StandardScaler(), LogisticRegression())), PRIVATE)
    with pytest.raises(ModelRefused, match="cannot score known readings"):
        workshop.source().load(PRESS, V1)


def test_sensors_that_changed_since_training_refuse_the_model(workshop: Workshop) -> None:
    changed = a_machine(sensors=(*PRESS.sensors, Sensor("humidity", (20, 80))))
    with pytest.raises(ModelRefused, match="train again"):
        workshop.source().load(changed, V1)


def test_a_version_without_a_record_is_refused(workshop: Workshop) -> None:
    with pytest.raises(ModelRefused, match="no record of press v7"):
        workshop.source().load(PRESS, ModelVersion("press", 7))


class _BucketIsAway(MemoryBucket):
    def get(self, key: str, version_id: str, at_most: int) -> bytes:
        raise Unavailable(f"S3 does not answer: {key} {version_id} {at_most}")


def test_a_verified_copy_serves_while_the_bucket_is_away(workshop: Workshop) -> None:
    workshop.source().load(PRESS, V1)
    workshop.bucket = _BucketIsAway()
    assert workshop.source().load(PRESS, V1).version == V1


def test_without_a_copy_a_bucket_that_is_away_is_said(workshop: Workshop) -> None:
    workshop.bucket = _BucketIsAway()
    with pytest.raises(Unavailable):
        workshop.source().load(PRESS, V1)


def test_a_cached_copy_that_was_changed_is_not_served(workshop: Workshop) -> None:
    workshop.source().load(PRESS, V1)
    (model,) = (workshop.folder / "press").glob("*.pkl")
    model.write_bytes(b"x" + model.read_bytes())
    assert workshop.source().last_good(PRESS) is None
    assert workshop.source().load(PRESS, V1).version == V1, "the bucket's bytes are good"


def test_cached_files_are_ours_alone(workshop: Workshop) -> None:
    workshop.source().load(PRESS, V1)
    modes = {path.stat().st_mode & 0o777 for path in (workshop.folder / "press").iterdir()}
    assert modes == {0o600}


def test_a_disk_that_cannot_be_written_costs_the_cache_only(workshop: Workshop) -> None:
    workshop.folder.write_text("a file where the folder should be")
    assert workshop.source().load(PRESS, V1).version == V1


def test_every_step_of_a_verification_is_told(workshop: Workshop) -> None:
    steps: list[str] = []
    workshop.source().verify(PRESS, V1, steps.append)
    assert [step.partition(":")[0] for step in steps] == [
        "signature",
        "name",
        "sensors",
        "bytes",
        "versions",
        "classes",
        "golden",
    ]


def test_a_challenger_that_learnt_shuffled_labels_is_published_and_not_promoted(workshop: Workshop) -> None:
    history = a_history()
    np.random.default_rng(0).shuffle(history.fault)
    fooled = a_candidate(history=history)
    scores = probabilities(fooled.pipeline, CANDIDATE.hold_out.sensors)
    outcome = published(workshop.release, replace(CANDIDATE, pipeline=fooled.pipeline, scores=scores))
    assert not outcome.promoted
    assert "worse on the hold-out" in outcome.reason
    assert workshop.release.promotions.champion("press") == V1
    assert workshop.versions.find(V2) is not None


def test_the_replay_of_verdicts_is_told_alert_by_alert(workshop: Workshop) -> None:
    incidents = [
        an_incident(Verdict.FALSE_ALARM, [100.0, 101.0, 102.0], label=1, alert=11),
        an_incident(Verdict.FAULT, [104.0, 104.0, 104.0], label=2, alert=12),
    ]
    workshop.release.labels.incidents.extend(incidents)  # type: ignore[attr-defined]  # the fake's own list
    outcome = published(workshop.release)
    assert [item.alert for item in outcome.gate.replay] == [11, 12]
    assert "refuted: 1; the champion would raise 1 of them again, the challenger 1" in outcome.gate.lines()
    assert "confirmed: 1; the challenger would miss 0, and find 0 that the champion misses" in outcome.gate.lines()
