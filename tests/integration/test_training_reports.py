"""The report of a training says what database and models say."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from msgspec import convert
from sklearn.metrics import average_precision_score, f1_score, precision_recall_curve, r2_score
from sqlalchemy import Engine, text

from bench.stores import MemoryBucket
from core.comparison import Comparison
from core.label import Verdict
from core.login import Visitor
from core.prediction import ModelVersion
from core.training_options import TrainingOptions
from core.training_report import TrainingReport
from core.verdict_replay import Replayed
from db.engine import connect
from db.model_versions import PostgresModelVersions
from db.operators import Operator, PostgresOperators, Subscription
from db.shown_machines import PostgresModels
from db.training_reports import PostgresShownReports
from model.recipe import divided
from model.release import Release
from model.retraining import retrain
from model.search_budget import Budget
from tests.builders import a_machine
from tests.films import FILM, TARGET, published_films, some_films
from tests.labels import answered
from tests.model_builders import a_candidate, a_history, published
from tests.plates import PLATES, published_plates, some_plates
from tests.releases import a_release

PRESS = a_machine()
HISTORY = a_history(3_000)
FALSE_ALARM = [(97.0, 7.8), (98.5, 8.1), (99.0, 8.0)]
REAL_FAULT = [(99.0, 4.0), (104.0, 4.2), (101.0, 4.1)]


@pytest.fixture
def release(database_url: str, tmp_path: Path) -> Iterator[Release]:
    engine = connect(database_url, "trainer")
    yield a_release(engine, tmp_path)
    engine.dispose()


def facts(owner: Engine, where: str) -> TrainingReport:
    with owner.connect() as connection:
        found = connection.execute(text(f"SELECT facts FROM training_report WHERE {where}")).scalar_one()  # noqa: S608  # ours
    return convert(found, TrainingReport)


def html(release: Release, owner: Engine, sha256: str) -> str:
    with owner.connect() as connection:
        named = text("SELECT key FROM training_report WHERE sha256 = :sha256")
        key = connection.execute(named, {"sha256": sha256}).scalar_one()
    assert isinstance(release.bucket, MemoryBucket)
    content = release.bucket.newest(key)
    assert content is not None
    assert hashlib.sha256(content).hexdigest() == sha256, "its key is named after its content"
    return re.sub(r"<style>.*?</style>|<[^>]+>", " ", content.decode(), flags=re.S)


def test_a_report_says_what_database_and_models_say(release: Release, owner: Engine) -> None:
    published(release, a_candidate("rf", HISTORY), HISTORY)
    refuted = [answered(owner, PRESS, Verdict.FALSE_ALARM, *FALSE_ALARM) for _ in range(2)]
    answered(owner, PRESS, Verdict.FAULT, *REAL_FAULT)
    outcome = retrain(release, PRESS, TrainingOptions(), "Eva", lambda _: None, Budget())
    assert outcome.promoted, outcome.reason

    told, first = facts(owner, "number = 2"), facts(owner, "number = 1")
    assert (first.champion, first.verdicts.taught, first.promote) == (None, 0, True)
    with owner.connect() as connection:
        metrics, lineage, before, gate, reason = connection.execute(text(_SAID)).one()
    # what the versions' own rows say
    counts = told.challenger.counts
    assert {
        "true_positives": counts.found,
        "false_negatives": counts.missed,
        "false_positives": counts.false,
        "true_negatives": counts.quiet,
    } == metrics["confusion"]
    assert (told.rows, told.faults, told.challenger.threshold) == (
        metrics["rows"],
        metrics["faults"],
        metrics["threshold"],
    )
    assert (told.reason, told.train_rows, told.base_rows) == (reason, lineage["train_rows"], lineage["base_rows"])
    assert told.verdicts.taught == len(lineage["label_ids"]) == 3
    assert told.verdicts.new == len(set(lineage["label_ids"]) - set(before["label_ids"]))
    # what the promotion's gate says
    replay = convert(gate["replay"], tuple[Replayed, ...])
    gone = [one for one in replay if one.rings == (True, False)]
    names = {kind: [one.name for one in gone if one.verdict is kind] for kind in Verdict}
    assert list(told.verdicts.vanish) == names[Verdict.FALSE_ALARM] == [f"#{one.names['alert']}" for one in refuted]
    assert list(told.verdicts.lost) == names[Verdict.FAULT]
    assert told.hold_out is not None
    assert (
        told.hold_out.pr_auc.challenger == convert(gate["hold_out"], Comparison).pr_auc.challenger == metrics["pr_auc"]
    )
    # what the models say, asked again
    recipe = release.models.manifest(PRESS, ModelVersion("press", 1)).lineage.recipe
    _, hold_out = divided(HISTORY, PRESS, recipe)
    assert told.champion is not None
    for number, model in ((1, told.champion), (2, told.challenger)):
        said = release.models.load(PRESS, ModelVersion("press", number)).predict(hold_out.sensors)
        assert model.counts.found == np.count_nonzero(said.faults & hold_out.fault)
        assert model.counts.false == np.count_nonzero(said.faults & ~hold_out.fault)
        precision, recall, _ = precision_recall_curve(hold_out.fault, said.scores)
        assert set(model.precision_recall) <= set(zip(recall.tolist(), precision.tolist(), strict=True))
        assert sum(one.rows for one in model.calibration) == len(hold_out)
        assert sum(one.said * one.rows for one in model.calibration) == pytest.approx(said.scores.sum())
        assert sum(one.faults * one.rows for one in model.calibration) == pytest.approx(hold_out.fault.sum())
    assert [one.sensor for one in told.importance] == ["temperature", "pressure"]
    assert told.importance[0].loses > 0.5 * average_precision_score(hold_out.fault, hold_out.fault)
    # and the file says it
    shown = " ".join(html(release, owner, outcome.report).split())
    assert f"press v2: promoted {reason}" in shown
    assert f"Of 2 refuted alerts would not ring again: 2 ({', '.join(told.verdicts.vanish)})" in shown
    assert f"fault {counts.found:,} {counts.missed:,} normal {counts.false:,} {counts.quiet:,}" in shown


def test_a_report_is_found_by_who_follows_the_machine(release: Release, database_url: str, owner: Engine) -> None:
    made = published(release, a_candidate(history=HISTORY), HISTORY)
    with connect(database_url, "owner").begin():
        PostgresOperators(owner).add(Operator("Eva", "engineer", "UTC", None, [Subscription("page", "Eva")]))
        PostgresOperators(owner).add(Operator("Cem", "engineer", "UTC", None, []))
    api = connect(database_url, "page")
    eva, cem = (Visitor(number, name, "engineer", "UTC") for number, name in ((1, "Eva"), (2, "Cem")))
    reports = PostgresShownReports(api)
    assert reports.of(eva, "press", made.report) == facts(owner, "number = 1")
    assert reports.of(cem, "press", made.report) is None
    assert reports.of(eva, "press", "0" * 64) is None
    shown = PostgresModels(api).of(eva.id, "press")
    assert shown is not None
    assert shown.versions[0].report == made.report
    (listed,) = PostgresModelVersions(owner).listing("press")
    assert listed.report == f"machines/press/reports/{made.report}.html"
    api.dispose()


def test_a_dry_run_has_a_report_and_no_version(release: Release, owner: Engine) -> None:
    published(release, a_candidate(history=HISTORY), HISTORY)
    rehearsed = retrain(release, PRESS, TrainingOptions(dry_run=True), "Eva", lambda _: None, Budget())
    told = facts(owner, "number IS NULL")
    assert (told.version, told.promote, told.champion is not None) == (None, rehearsed.gate.promote, True)
    assert "(dry run)" in html(release, owner, rehearsed.report)


def test_of_several_defects_it_says_how_well_both_models_tell_them_apart(release: Release, owner: Engine) -> None:
    history = some_plates(900)
    published_plates(release, history)
    answered(owner, PLATES, Verdict.FAULT, *history.sensors[history.fault][:2].tolist())
    with owner.begin() as connection:
        connection.execute(text("UPDATE label SET defect = 'Bumps'"))
    outcome = retrain(release, PLATES, TrainingOptions("rf"), "Eva", lambda _: None, Budget())

    told, first = facts(owner, "number = 2"), facts(owner, "number = 1")
    assert (first.champion, first.defects, first.named) == (None, None, None)
    recipe = release.models.manifest(PLATES, ModelVersion(PLATES.name, 1)).lineage.recipe
    _, hold_out = divided(history, PLATES, recipe)
    assert hold_out.classes is not None
    known = hold_out.classes > 0
    assert told.champion is not None
    for number, reported in ((1, told.champion), (2, told.challenger)):
        model = release.models.load(PLATES, ModelVersion(PLATES.name, number))
        said = model.class_probabilities(hold_out.sensors[known])
        assert said is not None
        ranked, truth = np.argsort(-said[:, 1:], axis=1) + 1, hold_out.classes[known]
        assert reported.defects is not None
        assert reported.defects.faults == len(truth)
        assert reported.defects.top_1 == pytest.approx((ranked[:, 0] == truth).mean())
        assert reported.defects.top_3 == pytest.approx((ranked[:, :3] == truth[:, np.newaxis]).any(axis=1).mean())
        assert reported.defects.macro_f1 == pytest.approx(f1_score(truth, ranked[:, 0], average="macro"))
    assert told.defects == outcome.gate.defects
    assert told.defects is not None
    assert told.defects.macro_f1.champion == pytest.approx(told.champion.defects.macro_f1)  # type: ignore[union-attr]  # above
    assert told.named == outcome.gate.named
    assert told.named is not None
    assert told.named.troubles == 1
    shown = " ".join(html(release, owner, outcome.report).split())
    assert "Of 1 defects that people named, the challenger alone would call so" in shown
    assert f"Macro F1 {told.defects.macro_f1.champion:.4f} {told.defects.macro_f1.challenger:.4f}" in shown


def test_of_a_predicted_value_it_says_how_near_both_models_come(release: Release, owner: Engine) -> None:
    history = some_films()
    published_films(release, history)
    outcome = retrain(release, FILM, TrainingOptions("hgb"), "Eva", lambda _: None, Budget())

    told, first = facts(owner, "number = 2"), facts(owner, "number = 1")
    assert (first.champion, first.values) == (None, None)
    recipe = release.models.manifest(FILM, ModelVersion(FILM.name, 1)).lineage.recipe
    _, hold_out = divided(history, FILM, recipe)
    assert hold_out.values is not None
    assert told.champion is not None
    for number, reported in ((1, told.champion), (2, told.challenger)):
        said = release.models.load(FILM, ModelVersion(FILM.name, number)).predict(hold_out.sensors).values
        assert said is not None
        assert reported.value is not None
        assert reported.value.rows == len(hold_out)
        assert reported.value.mae == pytest.approx(np.abs(said - hold_out.values).mean())
        assert reported.value.mse == pytest.approx(np.square(said - hold_out.values).mean())
        assert reported.value.r2 == pytest.approx(r2_score(hold_out.values, said))
    assert told.values == outcome.gate.values
    assert told.values is not None
    assert told.values.mae.champion == pytest.approx(told.champion.value.mae)  # type: ignore[union-attr]  # above
    assert told.target == (TARGET.name, TARGET.unit, "limit 10")
    shown = " ".join(html(release, owner, outcome.report).split())
    assert f"Mean error (MAE) in g/m²·day {told.values.mae.champion:.4g} {told.values.mae.challenger:.4g}" in shown


_SAID = """
    SELECT v.metrics, v.lineage, b.lineage AS before, p.gate, p.reason
      FROM model_version v JOIN promotion p USING (machine, number) JOIN model_version b ON b.machine = v.machine
     WHERE v.number = 2 AND b.number = 1"""
