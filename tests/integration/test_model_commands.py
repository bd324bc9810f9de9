"""The commands around models as a person types them."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from subprocess import CompletedProcess

import click
import pytest
from sqlalchemy import Engine, text

from app.cli import main
from app.keys import local_keys
from core.errors import UserError
from tests.processes import Running, run, wait_until

Command = Callable[..., CompletedProcess[str]]


@pytest.fixture
def command(environment: Mapping[str, str]) -> Command:
    return lambda *arguments: run(list(arguments), environment)


@pytest.fixture
def trainer(environment: Mapping[str, str], tmp_path: Path) -> Iterator[Running]:
    running = Running(["trainer"], environment, tmp_path / "trainer.log")
    yield running
    if running.running:
        running.kill()


def _good(done: CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_versions_are_trained_listed_promoted_and_rolled_back(command: Command, csv_file: str) -> None:
    trained = json.loads(_good(command("train", "equipment", "--csv", csv_file, "--model", "lr", "--json")))
    assert (trained["version"], trained["promoted"]) == (1, True)
    assert set(trained["metrics"]) >= {"precision", "recall", "f1", "roc_auc", "pr_auc", "threshold", "threshold_rule"}
    again = command("train", "equipment", "--csv", csv_file, "--model", "lr")
    assert "refused equipment v2: no better" in again.stdout

    by_hand = ("--force", "--as", "Ada", "--reason", "the audit says so")
    assert "v2 is champion" in _good(command("models", "promote", "equipment", "2", *by_hand))
    shown = json.loads(_good(command("models", "show", "equipment", "--json")))
    assert shown["manifest"]["number"] == 2
    assert [entry["decided_by"] for entry in shown["promotions"]] == ["Ada"]

    assert "v1 is champion" in _good(command("models", "rollback", "equipment"))
    listed = json.loads(_good(command("models", "list", "equipment", "--json")))
    assert [(found["number"], found["champion"]) for found in listed] == [(2, False), (1, True)]


def test_a_version_that_nobody_may_trust_is_neither_verified_nor_promoted(
    command: Command, csv_file: str, environment: Mapping[str, str], tmp_path: Path
) -> None:
    for _ in range(2):
        command("train", "equipment", "--csv", csv_file, "--model", "lr")
    assert "equipment v1 is good" in _good(command("models", "verify", "equipment", "1"))
    stranger = {**environment, "TRUSTED_KEYS": local_keys(tmp_path / "others").trusted_keys}
    verified = run(["models", "verify", "equipment", "1", "--json"], stranger)
    assert verified.returncode == 1
    assert "do not trust" in json.loads(verified.stdout)["reason"]
    by_hand = ["--force", "--as", "Ada", "--reason", "why not"]
    assert run(["models", "promote", "equipment", "2", *by_hand], stranger).returncode == 2


def test_retrain_shows_the_trainers_progress_and_how_it_ended(
    command: Command, csv_file: str, trainer: Running
) -> None:
    _good(command("train", "equipment", "--csv", csv_file, "--model", "lr"))
    done = command("retrain", "equipment")
    assert done.returncode == 1, done.stderr + trainer.tail()
    assert "refused equipment v2: no better" in done.stdout, "nobody said anything that it could have learnt"
    assert "going on from equipment v1" in done.stderr
    assert "refuted: 0" in done.stderr
    assert trainer.stop() == 0


def test_a_machine_without_a_champion_cannot_be_retrained(command: Command, trainer: Running) -> None:
    done = command("retrain", "equipment", "--json")
    assert done.returncode == 1, done.stderr + trainer.tail()
    assert json.loads(done.stdout)["state"] == "failed"
    assert "no champion to go on from" in json.loads(done.stdout)["reason"]


def test_a_request_waits_for_a_trainer_and_outlives_one_that_is_killed(
    command: Command, csv_file: str, environment: Mapping[str, str], owner: Engine, tmp_path: Path
) -> None:
    _good(command("train", "equipment", "--csv", csv_file, "--model", "lr"))
    asked = json.loads(_good(command("retrain", "equipment", "--no-wait", "--model", "rf", "--json")))
    assert asked["state"] == "pending"

    def state() -> str:
        with owner.connect() as connection:
            return str(connection.execute(text("SELECT state FROM training_request")).scalar_one())

    victim = Running(["trainer"], environment, tmp_path / "victim.log")
    wait_until(lambda: state() == "running", "the first trainer takes it")
    victim.kill()
    assert state() == "running"
    with owner.begin() as connection:  # as if half a minute had passed
        connection.execute(text("UPDATE training_request SET lease_until = now() - interval '1 second'"))
    heir = Running(["trainer"], environment, tmp_path / "heir.log")
    wait_until(lambda: state() in ("promoted", "refused"), "another trainer finishes it\n" + heir.tail())
    assert heir.stop() == 0
    with owner.connect() as connection:
        tries = connection.execute(text("SELECT tries FROM training_request")).scalar_one()
    assert tries == 2


def test_a_trainer_ends_at_sigterm_while_it_waits(trainer: Running) -> None:
    wait_until(lambda: trainer.said("waiting for requests"), "it waits")
    assert trainer.stop() == 0


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["train", "equipment", "--dry-run"], "--csv FILE, --lake FOLDER or --simulate"),
        (["train", "nothing", "--simulate", "--dry-run"], "no machine named nothing"),
        (["train", "equipment", "--csv", "/nowhere.csv"], "does not exist"),
        (["models", "list", "nothing"], "no machine named nothing"),
        (["models", "promote", "equipment", "1"], "--force --as YOUR-NAME --reason WHY"),
        (["models", "verify", "equipment"], "no champion yet"),
        (["evaluate", "equipment"], "has no champion yet"),
        (["shadow", "equipment"], "give the version's NUMBER, or --stop"),
    ],
)
def test_what_a_person_can_get_wrong_is_named(
    environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch, arguments: list[str], complaint: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("app.cli.set_up_logging", lambda *_: None)
    with pytest.raises((UserError, click.UsageError), match=complaint):
        main.main(arguments, standalone_mode=False)


def test_what_is_wrong_is_one_line_and_exit_code_2(command: Command) -> None:
    done = command("models", "rollback", "equipment")
    assert done.returncode == 2
    assert done.stderr == "faultline: equipment has no earlier champion to go back to\n"


def test_a_dry_run_needs_no_server_and_writes_the_curves(csv_file: str, tmp_path: Path) -> None:
    nowhere = {"DATABASE_URL": "postgresql://x:y@127.0.0.1:9/z", "S3_ENDPOINT_URL": "http://127.0.0.1:9"}
    folder = tmp_path / "plots"
    arguments = [
        "train",
        "equipment",
        "--csv",
        csv_file,
        "--model",
        "lr",
        "--dry-run",
        "--json",
        "--plots",
        str(folder),
    ]
    report = json.loads(_good(run(arguments, nowhere)))
    assert report["metrics"]["recall"] == 1.0
    assert not report["promoted"]
    assert len(list(folder.glob("*.png"))) == 4
