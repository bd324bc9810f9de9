"""What an MLflow server shows of trainings, promotions and rollbacks; `./run test --mlflow`."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.mirroring import mirror_of
from app.settings import read_settings
from app.wiring import machines
from core.errors import Unavailable
from local.ports import HOST, choose
from tests.mirrored_versions import a_mirrored_version
from tests.mlflow_view import MlflowView, tags
from tests.processes import Running, run, wait_until

pytestmark = [pytest.mark.mlflow, pytest.mark.timeout(600)]

PROMOTE_V2 = ["models", "promote", "equipment", "2", "--force", "--as", "Ada", "--reason", "the audit says so"]
WITHIN_S = 120.0


@pytest.fixture
def shown_there(environment: Mapping[str, str], mlflow_url: str) -> Mapping[str, str]:
    """An installation that shows its versions."""
    return {**environment, "MLFLOW_TRACKING_URI": mlflow_url}


def typed(environment: Mapping[str, str], arguments: Sequence[str]) -> str:
    """What a command says on stderr."""
    done = run(list(arguments), environment, seconds=WITHIN_S)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stderr


def train(csv_file: str) -> list[str]:
    return ["train", "equipment", "--csv", csv_file, "--model", "lr"]


def test_a_training_is_a_run_with_everything_that_an_engineer_looks_for_and_aliases_follow_who_is_champion(
    shown_there: Mapping[str, str], csv_file: str, tmp_path: Path
) -> None:
    view = MlflowView(shown_there["MLFLOW_TRACKING_URI"])
    trained = run([*train(csv_file), "--json"], shown_there, seconds=WITHIN_S)
    assert trained.returncode == 0, trained.stderr
    told = json.loads(trained.stdout)  # and nothing of MLflow's own words
    manifest = json.loads(run(["models", "show", "equipment", "1", "--json"], shown_there).stdout)["manifest"]
    version = view.version("equipment", 1)
    _a_run_tells_of(view, version, told, manifest)
    _a_model_is_described(view, version, manifest)
    assert view.aliases("equipment") == {"champion": 1}

    typed(shown_there, train(csv_file))  # the same again: refused
    assert view.aliases("equipment") == {"champion": 1, "challenger": 2}
    assert tags(view.version("equipment", 2))["faultline.judged_against"] == "equipment v1"
    typed(shown_there, PROMOTE_V2)
    assert view.aliases("equipment") == {"champion": 2}
    typed(shown_there, ["models", "rollback", "equipment"])
    assert view.aliases("equipment") == {"champion": 1}  # v2 is no candidate any more

    trainer = Running(["trainer"], shown_there, tmp_path / "trainer.log")
    try:
        run(["retrain", "equipment"], shown_there, seconds=WITHIN_S)  # exit code 1: no better, and refused
        wait_until(lambda: view.aliases("equipment") == {"champion": 1, "challenger": 3}, "v3 is shown", WITHIN_S)
    finally:
        trainer.stop()
    assert {tags(one)["faultline.version"] for one in view.versions("equipment").values()} == {"1", "2", "3"}


def _a_run_tells_of(
    view: MlflowView, version: Mapping[str, Any], told: Mapping[str, Any], manifest: Mapping[str, Any]
) -> None:
    found = view.run(version["run_id"])
    assert found["info"]["status"] == "FINISHED"
    parameters = {one["key"]: one["value"] for one in found["data"]["params"]}
    lineage = manifest["lineage"]
    expected = {"algorithm": "lr", "seed": str(told["seed"]), "labels": "0", "base_rows": "400"}
    expected["train_rows"] = str(lineage["train_rows"])
    assert expected.items() <= parameters.items()
    metrics = {one["key"]: one["value"] for one in found["data"]["metrics"]}
    for name in ("precision", "recall", "f1", "roc_auc", "pr_auc", "threshold"):
        assert metrics[name] == pytest.approx(told["metrics"][name])
    assert metrics["confusion.true_positives"] == told["metrics"]["confusion"]["true_positives"]
    assert tags(found["data"])["faultline.base_sha256"] == lineage["base_sha256"]
    (base,) = found["inputs"]["dataset_inputs"]
    assert json.loads(base["dataset"]["source"])["sha256"] == lineage["base_sha256"]
    files = found["info"]["artifact_uri"]
    assert b"<svg" in view.artifact(files, "report.html")
    for name in ("precision_recall", "calibration", "confusion"):
        assert view.artifact(files, f"plots/{name}.png").startswith(b"\x89PNG")


def _a_model_is_described(view: MlflowView, version: Mapping[str, Any], manifest: Mapping[str, Any]) -> None:
    assert tags(version)["faultline.sha256"] == manifest["sha256"]
    root = view.model_root(version)
    described = yaml.safe_load(view.artifact(root, "MLmodel"))
    inputs, outputs = (json.loads(described["signature"][side]) for side in ("inputs", "outputs"))
    machine = machines(read_settings({}))["equipment"]
    expected = [(sensor.name, not sensor.optional) for sensor in machine.sensors]
    assert [(one["name"], one["required"]) for one in inputs] == expected
    assert [one["name"] for one in outputs] == ["probability"]
    assert described["flavors"] == {}  # nothing can be loaded from there
    pinned = view.artifact(root, "requirements.txt").decode()
    assert f"scikit-learn=={manifest['versions']['scikit_learn']}.*" in pinned
    assert json.loads(view.artifact(root, "manifest.json")) == manifest


def test_while_mlflow_is_away_a_training_is_as_ever_with_one_line_and_its_version_is_caught_up_with(
    environment: Mapping[str, str], mlflow_url: str
) -> None:
    nobody = f"http://me:hunter2@{HOST}:{choose(['mlflow'], {}, {})['mlflow']}"
    away = {**environment, "MLFLOW_TRACKING_URI": nobody}
    said = typed(away, ["train", "ai4i", "--simulate", "--rows", "2000", "--model", "lr"])
    (line,) = (line for line in said.splitlines() if "MLFLOW_TRACKING_URI" in line)
    assert "no server answers there; later: ./run models mirror ai4i" in line
    assert "hunter2" not in said
    assert run(["models", "mirror", "ai4i"], away).returncode == 2

    back = {**environment, "MLFLOW_TRACKING_URI": mlflow_url}
    for added in ([1], []):
        done = run(["models", "mirror", "ai4i", "--json"], back, seconds=WITHIN_S)
        assert json.loads(done.stdout)["added"] == added, done.stderr
    assert MlflowView(mlflow_url).aliases("ai4i") == {"champion": 1}


def test_what_an_interrupted_try_left_is_replaced_and_a_deleted_experiment_comes_back(
    mlflow_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror = mirror_of(read_settings({"MLFLOW_TRACKING_URI": mlflow_url}))
    assert mirror is not None
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    def dies(*_: object, **__: object) -> None:
        raise MlflowException("the server went away")

    told = a_mirrored_version(machine="lathe")
    with monkeypatch.context() as patched:
        patched.setattr(MlflowClient, "create_model_version", dies)
        with pytest.raises(Unavailable, match="MLFLOW_TRACKING_URI"):
            mirror.add(told)
    view = MlflowView(mlflow_url)
    (left,) = view.runs("lathe")
    assert set(mirror.held("lathe")) == set()
    mirror.add(told)
    (made,) = view.runs("lathe")
    assert made["info"]["run_id"] != left["info"]["run_id"]

    client = MlflowClient(mlflow_url)
    client.delete_experiment(made["info"]["experiment_id"])
    mirror.add(a_mirrored_version(2, "lathe"))
    assert set(mirror.held("lathe")) == {told.name, a_mirrored_version(2, "lathe").name}
