"""`./run explain` goes from an alert back to all that led to it: what it says is what database and bucket hold."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from app.keys import local_keys
from app.machines import load_machines
from app.models import registry
from app.settings import read_settings
from app.wiring import ROOT
from core.errors import FaultlineError, ModelRefused
from core.label import Verdict
from model.registry import Registry
from model.signature import TrustedKeys
from tests.labels import AnsweredIncident, answered
from tests.shell import Shell

NAN = float("nan")
HOT = [(109.0, 1.3, 55.0, NAN), (108.0, 1.2, 54.0, NAN)]


@pytest.fixture
def bucket(environment: Mapping[str, str]) -> Registry:
    return registry(read_settings(environment))


@pytest.fixture
def alert(shell: Shell, owner: Engine, csv_file: str) -> AnsweredIncident:
    """Raised by version 2, which learnt from three answers of three people; one of them was taken back since."""
    shell("train", "equipment", "--csv", csv_file, "--model", "lr")
    equipment = load_machines(ROOT / "machines")["equipment"]
    verdicts = (Verdict.FAULT, Verdict.FAULT, Verdict.FALSE_ALARM, Verdict.NOT_SURE)
    taught = [answered(owner, equipment, verdict, *HOT) for verdict in verdicts]
    shell("train", "equipment", "--csv", csv_file, "--model", "lr")
    taught[0].label(Verdict.FALSE_ALARM, HOT)
    raised = answered(owner, equipment, Verdict.FAULT, *HOT)
    with owner.begin() as connection:
        connection.execute(text("UPDATE labelled_reading SET model_version = 2 WHERE device = :device"), raised.names)
    return raised


def rows(owner: Engine, query: str, **arguments: Any) -> Sequence[Any]:
    with owner.connect() as connection:
        return connection.execute(text(query), arguments).all()


def test_what_is_behind_an_alert_is_what_database_and_bucket_say(
    shell: Shell, owner: Engine, bucket: Registry, alert: AnsweredIncident, environment: Mapping[str, str]
) -> None:
    number = alert.names["alert"]
    found = json.loads(shell("explain", str(number), "--json"))

    (stored,) = rows(
        owner,
        "SELECT t.name AS topic, l.kafka_offset, l.time, d.name AS device FROM labelled_reading l JOIN device d ON"
        " d.id = l.device JOIN topic t ON t.id = l.topic WHERE l.device = :device ORDER BY kafka_offset LIMIT 1",
        **alert.names,
    )
    assert found["position"] == {"topic": stored.topic, "partition": 0, "offset": stored.kafka_offset}
    assert (found["alert"], found["incident"], found["device"]) == (number, alert.names["incident"], stored.device)
    values = {one["sensor"]: one["value"] for one in found["sensors"]}
    assert values == {"temperature": 109.0, "vibration": 1.3, "humidity": 55.0, "pressure": None}
    assert found["base"] + sum(one["push"] for one in found["sensors"]) == pytest.approx(found["margin"])

    (version,) = rows(owner, "SELECT * FROM model_version WHERE number = 2")
    signed = bucket.get(version.manifest_key, version.manifest_version_id, 10**7)
    manifest = json.loads(TrustedKeys(environment["TRUSTED_KEYS"]).open(signed))
    content = bucket.get(version.model_key, version.model_version_id, 10**9)
    assert found["model_version"] == 2
    assert found["model"]["sha256"] == version.sha256 == hashlib.sha256(content).hexdigest()
    assert found["model"]["signature"] == "valid"
    lineage = found["training"]["lineage"]
    assert lineage == manifest["lineage"] == version.lineage
    base = bucket.newest(lineage["base_key"])
    assert base is not None
    assert lineage["base_sha256"] == hashlib.sha256(base).hexdigest()

    said = "SELECT l.id, o.name, l.verdict FROM label l JOIN operator o ON o.id = l.operator ORDER BY l.id"
    first_three = [tuple(row) for row in rows(owner, said)][:3]
    labels = found["training"]["labels"]
    assert [(one["label"], one["by"], one["verdict"]) for one in labels] == first_three, "as they were when they taught"
    assert [one["label"] for one in labels] == lineage["label_ids"]


def test_people_read_the_same(shell: Shell, owner: Engine, alert: AnsweredIncident) -> None:
    incident = alert.names["incident"]
    said = shell("explain", f"incident:{incident}")
    (version,) = rows(owner, "SELECT sha256, lineage FROM model_version WHERE number = 2")
    assert f"Alert #{alert.names['alert']}: device " in said
    assert f"/0/{alert.names['offset']}, incident {incident}" in said
    assert f"sha256 {version.sha256}, signature valid" in said
    assert f"sha256 {version.lineage['base_sha256']}" in said
    assert "Labels: 3 judged troubles" in said
    for person in rows(owner, "SELECT name FROM operator ORDER BY id LIMIT 3"):
        assert f"{person.name}  " in said


def test_a_version_that_is_no_longer_in_the_bucket_or_not_to_be_trusted_is_one_line(
    shell: Shell, owner: Engine, alert: AnsweredIncident, environment: Mapping[str, str], tmp_path: Path
) -> None:
    number = str(alert.names["alert"])
    stranger = {**environment, "TRUSTED_KEYS": local_keys(tmp_path / "others").trusted_keys}
    with pytest.raises(ModelRefused, match="a key that we do not trust"):
        Shell(stranger)("explain", number)
    with owner.begin() as connection:
        connection.execute(text("UPDATE model_version SET manifest_version_id = 'gone' WHERE number = 2"))
    with pytest.raises(FaultlineError, match="is not in the bucket"):
        shell("explain", number)
