"""`./run api` and `./run api-keys` as people use them: a real process, a real database, models from a real bucket."""

import json
from collections.abc import Mapping
from pathlib import Path

import httpx

from db.engine import connect
from db.operators import Operator, PostgresOperators, Subscription
from tests.api_process import api_process
from tests.processes import PATIENCE_S, run, wait_until
from tests.shell import Shell

PATH = "/api/v1/machines/equipment/predict"
READING = {"sensors": {"temperature": 70.1, "vibration": 1.6, "humidity": 50.2}}


def _ada(database_url: str) -> None:
    engine = connect(database_url, "alerts")
    PostgresOperators(engine).add(Operator("Ada", "engineer", "UTC", None, [Subscription("console", "Ada")]))
    engine.dispose()


def _key(environment: Mapping[str, str], name: str, *more: str) -> str:
    scopes = [word for scope in ("predict", *more) for word in ("--scope", scope)]
    made = run(["api-keys", "add", name, "--operator", "Ada", *scopes, "--json"], environment)
    assert made.returncode == 0, made.stderr
    found: str = json.loads(made.stdout)["key"]
    return found


def test_a_program_with_a_key_asks_the_champion_until_another_is_promoted_and_the_key_revoked(
    database_url: str, environment: Mapping[str, str], csv_file: str, shell: Shell, tmp_path: Path
) -> None:
    _ada(database_url)
    shell("train", "equipment", "--csv", csv_file, "--model", "lr")
    key = _key(environment, "line-1", "read", "models")
    with api_process(environment, tmp_path) as (url, process):
        with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=PATIENCE_S) as program:

            def version() -> int | None:
                answer = program.post(PATH, json=READING)
                found: int | None = answer.json().get("model_version")
                return found

            wait_until(lambda: version() == 1, "the champion answers")
            alias = program.post("/api/predict", json=READING["sensors"])
            assert set(alias.json()) == {"prediction", "probability_faulty"}
            (machine,) = program.get("/api/v1/machines").json()
            assert (machine["machine"], machine["champion"]) == ("equipment", 1)
            assert program.get("/api/v1/devices").json() == []
            assert program.get("/api/v1/machines/equipment/devices/pump-7/readings").status_code == 404
            assert program.get("/api/v1/machines/equipment/readings").json() == {"readings": [], "next": None}
            assert program.get("/api/v1/machines/equipment/readings/export").text.startswith('"id","device","time"')
            assert program.get("/api/v1/machines/equipment/incidents").json() == []
            assert program.post("/api/v1/machines/equipment/retrain", json={"model": "lr"}).status_code == 202
            (training,) = program.get("/api/v1/machines/equipment/trainings").json()
            assert (training["asked_by"], training["state"]) == ("Ada", "pending")
            shell("train", "equipment", "--csv", csv_file, "--model", "hgb")
            shell("models", "promote", "equipment", "2", "--force", "--as", "Ada", "--reason", "a test")
            wait_until(lambda: version() == 2, "the promoted model answers")
            back = program.post("/api/v1/machines/equipment/rollback", json={"reason": "a test"})
            assert (back.status_code, back.json()["state"]) == (202, "pending")
            models = program.get("/api/v1/machines/equipment/models").json()
            assert [(one["number"], one["champion"]) for one in models] == [(2, True), (1, False)]
            assert run(["api-keys", "revoke", "line-1"], environment).returncode == 0
            wait_until(lambda: program.post(PATH, json=READING).status_code == 401, "the key opens nothing")
        assert process.stop() == 0
        assert key not in process.log.read_text(), "I11: no secret in any log"


def test_keys_are_listed_without_themselves_and_mistakes_are_one_line(
    database_url: str, environment: Mapping[str, str]
) -> None:
    _ada(database_url)
    key = _key(environment, "line-1")
    listed = run(["api-keys", "list", "--json"], environment)
    assert key not in listed.stdout
    (found,) = json.loads(listed.stdout)["keys"]
    assert (found["name"], found["operator"], found["scopes"], found["revoked_at"]) == (
        "line-1",
        "Ada",
        ["predict"],
        None,
    )
    add = ["api-keys", "add", "line-1", "--scope", "read", "--operator"]
    for arguments, words in (
        ([*add, "Ada"], "a key named line-1 is there already"),
        ([*add[:2], "line-2", *add[3:], "Nobody"], "no operator named Nobody"),
        (["api-keys", "revoke", "line-9"], "no key named line-9"),
    ):
        refused = run(arguments, environment)
        assert (refused.returncode, words in refused.stderr) == (2, True), refused.stderr
