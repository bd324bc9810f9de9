import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace
from sqlalchemy import Engine, text

from api.report_file import report_file
from core.errors import ModelRefused, UserError
from core.history import History
from core.label import Verdict
from core.prediction import ModelVersion
from core.reply import Outcome as ReplyOutcome
from core.reply import Reply
from core.training_options import Algorithm, Choice, TrainingOptions
from db.engine import connect
from db.model_versions import PostgresModelVersions
from db.promotion_log import PostgresPromotionLog
from db.recent_readings import PostgresRecentReadings
from db.training_labels import PostgresTrainingLabels
from db.training_reports import PostgresTrainingReports
from model.base_data import base_data, fetch, keep
from model.cache import ModelCache
from model.recipe import kind
from model.registry import connect as connect_registry
from model.release import Outcome, Release
from model.retraining import retrain
from model.search_budget import Budget
from model.signature import Signer, TrustedKeys, make_key_pair
from model.source import VerifiedModels
from tests.alert_world import ANNA, alert_world
from tests.builders import NOON, a_batch, a_machine
from tests.conftest import Servers
from tests.labels import answered
from tests.model_builders import a_candidate, a_history, at_noon, published

PRESS = a_machine()
V1, V2 = ModelVersion("press", 1), ModelVersion("press", 2)
# Hot, which alarms, but under a pressure at which this press is allowed to be hot.
HOT_UNDER_PRESSURE = [(97.0, 7.8), (98.5, 8.1), (99.0, 8.0)]


_FOLLOWS = """
    INSERT INTO subscription (operator, channel, address, machine)
    VALUES (:operator, 'telegram', CAST(:operator AS integer)::text, :machine)"""


@pytest.fixture
def release(database_url: str, servers: Servers, tmp_path: Path) -> Iterator[Release]:
    """A trainer on the real database and the real bucket."""
    engine = connect(database_url, "trainer")
    bucket = connect_registry(
        servers.s3_endpoint_url,
        "us-east-1",
        f"test-{uuid.uuid4().hex[:12]}",
        servers.s3_access_key_id,
        servers.s3_secret_access_key,
    )
    bucket.prepare()
    private, public = make_key_pair()
    versions = PostgresModelVersions(engine)
    models = VerifiedModels(bucket, versions, TrustedKeys(public), ModelCache(tmp_path))
    promotions = PostgresPromotionLog(engine, "test")
    yield Release(
        bucket,
        versions,
        promotions,
        models,
        PostgresTrainingLabels(engine),
        PostgresRecentReadings(engine),
        Signer(private),
        PostgresTrainingReports(engine),
        report_file,
        at_noon,
    )
    engine.dispose()


def _retrain(release: Release, algorithm: Choice | None = None) -> tuple[Outcome, list[str]]:
    said: list[str] = []
    return retrain(release, PRESS, TrainingOptions(algorithm), "ada", said.append, Budget()), said


def _alarms(release: Release, version: ModelVersion, readings: list[tuple[float, float]]) -> list[bool]:
    alarms: list[bool] = release.models.load(PRESS, version).predict(np.array(readings)).faults.tolist()
    return alarms


@pytest.mark.parametrize("algorithm", ["rf", "hgb"])
def test_one_refuted_incident_takes_that_kind_of_false_alarm_away(
    release: Release, owner: Engine, algorithm: Algorithm
) -> None:
    history = a_history(3_000)
    published(release, a_candidate(algorithm, history), history)
    assert all(_alarms(release, V1, HOT_UNDER_PRESSURE))
    answered(owner, PRESS, Verdict.FALSE_ALARM, *HOT_UNDER_PRESSURE)

    outcome, said = _retrain(release)

    assert outcome.promoted, outcome.reason
    assert release.promotions.champion("press") == V2
    assert not any(_alarms(release, V2, HOT_UNDER_PRESSURE))
    again = [(98.0, 7.9), (98.2, 8.05), (97.5, 8.0), (99.2, 8.1)]
    assert not any(_alarms(release, V2, again)), "the same kind of reading"
    assert all(_alarms(release, V2, [(99.0, 4.0), (104.0, 4.2)])), "real faults are still found"
    assert "refuted: 1; the champion would raise 1 of them again, the challenger 0 (gone: #" in " ".join(said)


def test_a_dry_run_says_what_would_come_of_it_and_leaves_nothing_to_promote(release: Release, owner: Engine) -> None:
    history = a_history(3_000)
    published(release, a_candidate("rf", history), history)
    answered(owner, PRESS, Verdict.FALSE_ALARM, *HOT_UNDER_PRESSURE)

    rehearsed = retrain(release, PRESS, TrainingOptions(dry_run=True), "ada", lambda _: None, Budget())

    assert (rehearsed.state, rehearsed.version, rehearsed.promoted) == ("trained", None, False)
    assert release.promotions.champion("press") == V1
    assert release.versions.find(V2) is None
    with owner.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM outbox WHERE kind = 'taught'")).scalar_one() == 0
    outcome, _ = _retrain(release)
    assert (outcome.version, outcome.promoted) == (2, True)
    assert rehearsed.reason == f"would be promoted: {outcome.reason}"


def test_what_a_search_found_is_signed_and_trains_later_versions_too(release: Release) -> None:
    random, history = np.random.default_rng(3), a_history()
    history.sensors[:, 0] = random.normal(65, 5, len(history)) + 4 * history.fault
    published(release, a_candidate("lr", history), history)
    said: list[str] = []
    budget, searching = Budget(trials=3), TrainingOptions("rf", search=True)
    outcome = retrain(release, PRESS, searching, "ada", said.append, budget)
    trials = [line for line in said if line.startswith("trial ")]
    assert len(trials) == 3
    found = release.models.manifest(PRESS, V2).lineage.recipe
    assert found.algorithm == "rf"
    assert set(found.parameters) == {"min_samples_leaf", "max_features", "class_weight"}
    assert outcome.how.startswith(f"{kind(found.algorithm, found.parameters)} was best of 3 trials")
    if not outcome.promoted:
        release.promotions.promote(V2, instead_of=V1, kind="override", decided_by="ada", reason="to go on", gate={})
    retrain(release, PRESS, TrainingOptions(), "ada", said.append, budget)
    retrain(release, PRESS, TrainingOptions("rf"), "ada", said.append, budget)
    as_before, anew = (
        release.models.manifest(PRESS, ModelVersion("press", number)).lineage.recipe for number in (3, 4)
    )
    assert as_before == found
    assert anew == replace(found, parameters={}), "the kind alone means its usual parameters"


def test_who_taught_a_promoted_model_is_told_what_their_answers_did(release: Release, owner: Engine) -> None:
    history = a_history(3_000)
    published(release, a_candidate("rf", history), history)
    teachers = [answered(owner, PRESS, Verdict.FALSE_ALARM, *HOT_UNDER_PRESSURE) for _ in range(2)]
    undecided = answered(owner, PRESS, Verdict.NOT_SURE, *HOT_UNDER_PRESSURE)
    with owner.begin() as connection:
        for person in (*teachers, undecided):
            connection.execute(text(_FOLLOWS), person.names)

    outcome, _ = _retrain(release)

    assert outcome.promoted, outcome.reason
    with owner.connect() as connection:
        told = connection.execute(text("SELECT address, body FROM outbox WHERE kind = 'taught' ORDER BY id")).all()
    assert [row.address for row in told] == [str(person.names["operator"]) for person in teachers]
    alarms = _alarms(release, V2, HOT_UNDER_PRESSURE)
    said = {"machine": "press", "version": 2, "answers": 1, "refuted": 1, "quiet": int(not any(alarms))}
    assert [row.body for row in told] == [{**said, "confirmed": 0, "lost": []}] * 2


def test_a_fault_that_a_person_reported_is_found_by_the_next_model(release: Release, database_url: str) -> None:
    history = a_history(3_000)
    published(release, a_candidate("rf", history), history)
    cold = [(40.0 + 0.1 * place, 1.0) for place in range(10)]
    assert not any(_alarms(release, V1, cold))
    with alert_world(database_url) as world:
        world.operator("Anna", ANNA)
        world.store(a_batch(10, devices=["T-7"] * 10, sensors=cold))
        at = NOON + timedelta(minutes=1)
        said = Reply("telegram", 500, "{}", str(ANNA), str(ANNA), "/fault T-7 leaks", at=at)
        assert world.inbox.accept("telegram/4242", said).kind is ReplyOutcome.REPORTED

    outcome, said_by_trainer = _retrain(release)

    assert "verdicts: 1 fault; 1 used for training" in said_by_trainer
    assert outcome.promoted, outcome.reason
    assert all(_alarms(release, V2, cold))
    assert all(_alarms(release, V2, [(40.35, 1.0), (40.6, 1.02)])), "the same kind of reading"


def test_the_latest_verdict_of_an_incident_is_the_one_that_teaches(release: Release, owner: Engine) -> None:
    incident = answered(owner, PRESS, Verdict.FALSE_ALARM, *HOT_UNDER_PRESSURE)
    incident.label(Verdict.FAULT, HOT_UNDER_PRESSURE)
    (effective,) = release.labels.effective(PRESS)
    assert effective.verdict is Verdict.FAULT
    np.testing.assert_array_equal(effective.sensors, HOT_UNDER_PRESSURE)


def test_readings_that_were_not_scored_teach_nothing(release: Release, owner: Engine) -> None:
    incident = answered(owner, PRESS, Verdict.FAULT, *HOT_UNDER_PRESSURE)
    incident.label(Verdict.FALSE_ALARM, HOT_UNDER_PRESSURE, quality=2)
    assert release.labels.effective(PRESS) == []


def test_a_version_keeps_what_it_was_trained_on(release: Release, owner: Engine) -> None:
    history = a_history()
    published(release, a_candidate(history=history), history)
    answered(owner, PRESS, Verdict.FALSE_ALARM, *HOT_UNDER_PRESSURE)
    _retrain(release, "hgb")
    first, second = (release.models.manifest(PRESS, version) for version in (V1, V2))
    assert second.algorithm == "hgb"
    assert len(second.lineage.label_ids) == 1
    assert second.lineage.base_sha256 == first.lineage.base_sha256
    assert second.lineage.recipe.held_out_like(first.lineage.recipe)
    assert second.model_key == first.model_key
    assert second.model_version_id != first.model_version_id


def test_the_same_data_and_seed_give_the_same_bytes(release: Release) -> None:
    history = a_history()
    published(release, a_candidate(history=history), history)
    _retrain(release)
    first, second = (release.models.manifest(PRESS, version) for version in (V1, V2))
    assert first.sha256 == second.sha256


def test_a_model_of_other_base_data_is_compared_on_both_hold_outs(release: Release) -> None:
    published(release)
    other = a_history(seed=5)
    outcome = published(release, a_candidate(history=other), other)
    assert "other base data" in outcome.gate.note
    assert outcome.gate.earlier is not None


def test_a_label_that_leaked_into_the_base_data_shines_on_that_alone_and_is_refused(release: Release) -> None:
    published(release)
    honest = a_history()
    told = np.column_stack([np.full(len(honest), 65.0), np.where(honest.fault, 5.0, 3.0) + honest.sensors[:, 0] / 1000])
    leaking = History(told, honest.fault, honest.devices, honest.times)
    outcome = published(release, a_candidate(history=leaking), leaking)
    assert outcome.gate.hold_out is not None
    assert outcome.gate.hold_out.pr_auc.challenger == 1.0
    assert not outcome.promoted
    assert "worse on the champion's own hold-out" in outcome.reason


def test_base_data_without_a_sensor_of_the_champions_is_refused(release: Release) -> None:
    published(release)
    whole = a_history()
    without = History(whole.sensors * [1.0, np.nan], whole.fault, whole.devices, whole.times)
    outcome = published(release, a_candidate(history=without), without)
    assert not outcome.promoted
    assert "lacks what the champion's has: pressure (100% of its rows" in outcome.reason


def test_without_a_champion_there_is_nothing_to_retrain(release: Release) -> None:
    with pytest.raises(UserError, match="no champion to go on from"):
        _retrain(release)


def test_base_data_that_was_changed_is_refused(release: Release) -> None:
    history = a_history()
    published(release, a_candidate(history=history), history)
    lineage = release.models.manifest(PRESS, V1).lineage
    release.bucket.put(lineage.base_key, b"other rows", "application/vnd.apache.parquet")
    with pytest.raises(ModelRefused, match="changed since it was signed"):
        _retrain(release)


def test_a_champion_that_cannot_be_loaded_is_not_silently_replaced(
    release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = a_history()
    published(release, a_candidate(history=history), history)

    def refuse(*_: object) -> None:
        raise ModelRefused("it was made with scikit-learn 0.1")

    monkeypatch.setattr(VerifiedModels, "load", refuse)
    outcome = published(release, a_candidate(history=history), history)
    assert not outcome.promoted
    assert "scikit-learn 0.1" in outcome.reason


def test_a_history_survives_the_bucket(release: Release) -> None:
    history = a_history()
    base = base_data(PRESS, history)
    keep(release.bucket, base)
    back: History = fetch(release.bucket, PRESS, base.key, base.sha256).history
    np.testing.assert_array_equal(back.sensors, history.sensors)
    np.testing.assert_array_equal(back.fault, history.fault)
    np.testing.assert_array_equal(back.times, history.times)
    assert list(back.devices) == list(history.devices)
