"""What docs/operations.md shows, in its order, on the real servers: each command of ours as its service would run it.

In containers, as it is typed: tests/compose/test_documents.py.
"""

import re
import shlex
import uuid
from collections.abc import Mapping
from pathlib import Path

from app.keys import local_keys
from app.models import registry
from app.settings import read_settings
from app.wiring import ROOT
from tests.alert_world import AlertWorld
from tests.conftest import Servers, fresh_database
from tests.documents import sections
from tests.shell import Shell

_COMPOSE = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
_SERVICES = set(re.findall(r"^  ([a-z-]+):$", _COMPOSE, re.MULTILINE))
_SECRETS = re.findall(r"^      - secrets[a-z-]*:/secrets/([a-z-]+)$", _COMPOSE, re.MULTILINE)
SECTIONS = sections("operations.md")
_WITH_A_VALUE = ("--user", "--volume")


def ours(command: str) -> tuple[str, list[str]]:
    """The service that a shown command runs a command of ours in, and that command, or ("", []) where there is none."""
    words = shlex.split(command)
    if words[:3] != ["docker", "compose", "run"]:
        return "", []
    words = words[3:]
    while words[0].startswith("--"):
        words = words[2 if words[0] in _WITH_A_VALUE else 1 :]
    assert words[0] in _SERVICES, command
    return words[0], words[1:]


def test_the_commands_of_the_document_do_what_it_says(
    world: AlertWorld, servers: Servers, environment: Mapping[str, str], tmp_path: Path
) -> None:
    kafka = {"KAFKA_BOOTSTRAP_SERVERS": servers.kafka_bootstrap_servers, "KAFKA_GROUP": f"test-{uuid.uuid4().hex[:8]}"}
    registry(read_settings(environment)).prepare()
    alert = world.alert()
    secrets, vault = tmp_path / "secrets", tmp_path / "secrets" / "vault"
    for service in _SECRETS:
        (secrets / service).mkdir(parents=True)

    def run(heading: str, init: Mapping[str, str]) -> str:
        printed = ""
        for service, words in map(ours, SECTIONS[heading]):
            here = [word.replace("/backups", str(tmp_path)).replace("/secrets", str(secrets)) for word in words]
            if here:
                printed += Shell(init if service == "init" else {})(*here)
        return printed

    assert "backed up" in run("Back up", environment)
    with fresh_database(servers.database_url, f"test_{uuid.uuid4().hex[:12]}") as url:
        lost = {**environment, **kafka, "DATABASE_URL": url, "S3_BUCKET": f"test-{uuid.uuid4().hex[:12]}"}
        said = run("Restore", lost)
        assert "restored the backup" in said
        assert "1 messages waited" in said, f"alert {alert} may have been sent since"
        assert environment["TRUSTED_KEYS"] in local_keys(vault).trusted_keys
        assert re.search(r"2026-03-01: 3 readings|nothing is older than 90 days", run("Retention", lost))
    before = local_keys(vault), (vault / "consumer_password").read_text()
    run("Keys and passwords", {})
    after = local_keys(vault), (vault / "consumer_password").read_text()
    assert before[0].signing_key != after[0].signing_key
    assert before[1] != after[1]
    assert before[0].trusted_keys in after[0].trusted_keys
