"""What several files share: a world in which Anna gets alerts; servers, keys and data for the commands of models."""

import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from app.keys import local_keys
from tests.alert_world import ANNA, AlertWorld, alert_world
from tests.conftest import Servers
from tests.shell import Shell

CSV = "temperature,vibration,humidity,faulty\n" + "\n".join(
    f"{60 + row % 20 + 45 * (row % 10 == 0)},{1 + row % 7 / 10},{40 + row % 30},{int(row % 10 == 0)}"
    for row in range(400)
)


@pytest.fixture
def world(database_url: str) -> Iterator[AlertWorld]:
    with alert_world(database_url) as found:
        found.operator("Anna", ANNA)
        yield found


@pytest.fixture
def environment(servers: Servers, database_url: str, tmp_path: Path) -> Mapping[str, str]:
    keys = local_keys(tmp_path / "keys")
    return {
        "DATABASE_URL": database_url,
        "S3_ENDPOINT_URL": servers.s3_endpoint_url,
        "S3_BUCKET": f"test-{uuid.uuid4().hex[:12]}",
        "AWS_ACCESS_KEY_ID": servers.s3_access_key_id,
        "AWS_SECRET_ACCESS_KEY": servers.s3_secret_access_key,
        "SIGNING_KEY": keys.signing_key,
        "TRUSTED_KEYS": keys.trusted_keys,
        "DATA_DIRECTORY": str(tmp_path / "data"),
    }


@pytest.fixture
def csv_file(tmp_path: Path) -> str:
    path = tmp_path / "equipment.csv"
    path.write_text(CSV)
    return str(path)


@pytest.fixture
def shell(environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.setattr("app.cli.set_up_logging", lambda *_: None)
    return Shell(environment)
