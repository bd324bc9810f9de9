"""docs/quickstart.md and docs/operations.md in containers: what they show is typed in the clone's folder, in order."""

import json
import re
from collections.abc import Mapping

import httpx
import pytest

from app.backup import Backup, BackupFolder
from app.cli import CHECKOUT_ONLY
from app.secret_files import GRAFANA
from app.wiring import ROOT
from tests.backups import rows_of
from tests.compose.installation import Installation
from tests.documents import Remaining, sections
from tests.fake_telegram.server import TOKEN
from tests.processes import wait_until

pytestmark = [pytest.mark.compose_long, pytest.mark.timeout(900)]

ANN = 4711
PLACEHOLDERS = {"123456789": str(ANN), "123456:the-token-of-your-bot": TOKEN}
READINGS = "SELECT count(*) FROM reading"
HALTED = (
    "SELECT count(*) FROM ingest_partition p JOIN topic t ON t.id = p.topic"
    " WHERE t.name = 'readings.equipment' AND t.retired_at IS NULL AND p.halt IS NOT NULL"
)
KEPT = (
    "SELECT (SELECT count(*) FROM label), (SELECT array_agg(id ORDER BY id) FROM promotion),"
    " (SELECT count(*) FROM reading), (SELECT array_agg(model_version_id ORDER BY number) FROM model_version),"
    " (SELECT array_agg(id ORDER BY id) FROM alert),"
    " (SELECT array_agg((kafka_topic_id, next_offset) ORDER BY topic, kafka_partition) FROM ingest_partition)"
)
NEW_ALERTS = "SELECT count(*) FROM alert WHERE id > 100000"  # a restore skips so many numbers
NEW_ALERTS_SENT = "SELECT count(*) FROM outbox WHERE kind = 'alert' AND sent_at IS NOT NULL AND alert > 100000"


class Typing:
    """Somebody who types a section's commands, with their own names in the place of the document's."""

    def __init__(self, clone: Installation, document: str, heading: str) -> None:
        self._clone = clone
        self._shown = Remaining(document, heading)
        self.none_left = self._shown.none_left

    def next(self, beginning: str, placeholders: Mapping[str, str] = PLACEHOLDERS, refused_too: bool = False) -> str:
        """What the next command prints, which begins like this."""
        command = self._shown.next(beginning)
        for placeholder, value in placeholders.items():
            command = command.replace(placeholder, value)
        if command.startswith("docker volume"):
            command = command.replace("faultline_", f"{self._clone.project}_")
        done = self._clone.shell(command, check=not refused_too)
        assert done.returncode in (0, 1), f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr


def test_the_quickstart_leads_from_a_clean_clone_to_a_model_that_learnt_from_an_answer_on_the_phone(
    clone: Installation,
) -> None:
    typed = Typing(clone, "quickstart.md", "In containers")
    typed.next("docker compose up -d --wait")
    assert "equipment" in typed.next("docker compose exec trainer faultline status")
    link = typed.next("docker compose exec alerts faultline operators link console").strip()
    with httpx.Client(headers={"Origin": clone.page}, timeout=30, follow_redirects=True) as browser:
        assert "console" in browser.post(link).text

    typed.next("echo")
    typed.next("docker compose up -d --wait")
    clone.chats.say(ANN, "/start")
    wait_until(
        lambda: any(str(ANN) in one["text"] for one in clone.chats.messages(ANN)), "the bot says her id", 60, 0.5
    )
    greeted = len(clone.chats.messages(ANN))
    typed.next("docker compose exec alerts faultline operators add ann")
    wait_until(lambda: len(clone.chats.messages(ANN)) > greeted, "an alert on Ann's phone", 240, pause=0.5)
    assert "attention" in clone.chats.messages(ANN)[greeted]["text"]
    told = clone.one("SELECT min(alert) FROM outbox WHERE kind = 'alert' AND state IN ('sent', 'carried')")
    clone.chats.say(ANN, f"n {told}")
    clone.wait_for("SELECT count(*) = 1 FROM label WHERE verdict = 'false_alarm'", "Ann's answer is a label")

    assert "alerts" in typed.next("docker compose logs")
    clone.wait_for("SELECT count(*) > 1 FROM alert", "another alert", 240)
    other = clone.one("SELECT max(id) FROM alert WHERE id NOT IN (SELECT alert FROM label WHERE alert IS NOT NULL)")
    assert f"alert #{other}" in typed.next(
        "docker compose exec alerts faultline reply", {"reply 3 n": f"reply {other} n"}
    )
    typed.next("docker compose exec trainer faultline retrain", refused_too=True)
    state = clone.one("SELECT state FROM training_request")
    assert state in ("promoted", "refused"), "the gate decided about a model that was trained"
    assert clone.one("SELECT max(number) FROM promotion") == ("2" if state == "promoted" else "1")
    assert "v1" in typed.next("docker compose exec trainer faultline models list")

    key = typed.next("docker compose exec alerts faultline api-keys add line-1 --operator ann").strip()
    scored = json.loads(typed.next("curl", {"$KEY": key, ":8080": f":{clone.api_port}"}))
    assert scored["model_version"]

    before = int(clone.one(READINGS))
    typed.next("docker compose down")
    typed.next("docker compose up -d --wait")
    wait_until(lambda: int(clone.one(READINGS)) > before, "consumption goes on", 60, pause=0.5)
    typed.none_left()


def held(clone: Installation, name: str) -> tuple[Mapping[str, list[bytes]], list[tuple[str, str]]]:
    """What a backup holds: rows by table, and the bucket's objects."""
    folder = clone.folder / "backups" / name
    backup: Backup = BackupFolder(folder, lambda _: None).read()
    return rows_of(folder, backup), [(one.version.key, one.sha256) for one in backup.objects]


def test_after_the_loss_of_every_volume_a_backup_brings_state_and_model_back_and_no_old_alert_rings_again(
    clone: Installation,
) -> None:
    backing_up, restoring = Typing(clone, "operations.md", "Back up"), Typing(clone, "operations.md", "Restore")
    backing_up.next("mkdir -p backups")
    assert "backed up" in backing_up.next("docker compose run")
    backing_up.none_left()
    rows, objects = held(clone, "monday")
    assert len(rows["reading"]) > 100

    clone.compose("stop", "alerts")
    heard = len(clone.chats.messages(ANN))
    clone.lose_every_volume()
    restoring.next("docker compose stop")
    assert "restored the backup" in restoring.next("docker compose run")
    again = sections("operations.md")["Back up"][1].replace("monday", "tuesday")
    assert "backed up" in clone.shell(again).stdout
    rows_again, objects_again = held(clone, "tuesday")
    assert objects_again == objects, "each version of each object, byte by byte"
    changed = {table for table in rows if rows[table] != rows_again[table]}
    assert changed <= {"outbox"}, "what waited is withheld, engineers are told; nothing else differs"

    restoring.next("docker compose run")
    restoring.next("docker compose up")
    wait_until(lambda: clone.one(HALTED) == "4", "Kafka's log is another one", 120, pause=0.5)
    assert "equipment v1 is good" in clone.faultline("trainer", "models", "verify", "equipment", "1")
    assert len(clone.chats.messages(ANN)) == heard, "of what was told before nothing rings again"
    assert "readings.equipment 0 goes on" in restoring.next("docker compose exec consumer faultline partitions resolve")
    wait_until(lambda: clone.one(HALTED) == "0", "so do the topic's other partitions", 60, pause=0.5)
    restoring.none_left()
    stored = int(clone.one(READINGS))
    wait_until(lambda: int(clone.one(READINGS)) > stored, "consumption goes on", 240, pause=0.5)
    wait_until(lambda: int(clone.one(NEW_ALERTS)) > 0, "a new incident", 240, pause=0.5)
    wait_until(lambda: len(clone.chats.messages(ANN)) > heard, "it rings", 60, pause=0.5)
    rang = len(clone.chats.messages(ANN)) - heard
    assert rang <= int(clone.one(NEW_ALERTS_SENT)), "all that rang is new"


def test_another_version_of_postgres_is_moved_to_with_everything(clone: Installation) -> None:
    typed = Typing(clone, "operations.md", "Another version of Postgres")
    typed.next("docker compose stop")
    kept = clone.one(KEPT)
    assert "backed up" in typed.next("docker compose run")
    typed.next("docker compose down")
    typed.next("docker volume rm")
    assert "restored the backup" in typed.next("docker compose run")
    assert clone.one(KEPT) == kept
    typed.next("docker compose up")
    typed.none_left()
    stored = int(clone.one(READINGS))
    wait_until(lambda: int(clone.one(READINGS)) > stored, "consumption goes on where it was", 240, pause=0.5)
    assert clone.one(HALTED) == "0"


def opened_by(clone: Installation, database: str, store: str) -> list[str]:
    """Which of the servers let their owner in with these passwords."""
    postgres = f"import psycopg2; psycopg2.connect('postgresql://faultline:{database}@postgres/faultline')"
    mc = f"MC_HOST_store=http://faultline:{store}@object-store:9000 mc admin info store"
    tries = {"database": ("python", "init", "-c", postgres), "store": ("sh", "object-store-users", "-c", mc)}
    run = ("run", "--rm", "--no-deps", "--no-TTY", "--entrypoint")
    return [server for server, how in tries.items() if clone.compose(*run, *how, check=False).returncode == 0]


def test_keys_and_passwords_are_replaced_while_the_installation_serves(clone: Installation) -> None:
    before, owners = set(clone.secrets()), (clone.password("owner"), clone.password("s3"))
    assert opened_by(clone, *owners) == ["database", "store"]
    typed = Typing(clone, "operations.md", "Keys and passwords")
    for _ in ("signing-key", "passwords", "owners"):
        typed.next("docker compose run --rm --no-deps secrets secrets /secrets --rotate")
    typed.next("docker compose up")
    typed.none_left()
    kept = set(clone.secrets()) & before
    assert len(kept) == 1 + len(GRAFANA), "the bot's token and Grafana's; every other secret is another"
    assert opened_by(clone, *owners) == [], "the owners' old ones open nothing"
    assert opened_by(clone, clone.password("owner"), clone.password("s3")) == ["database", "store"]
    stored = int(clone.one(READINGS))
    wait_until(lambda: int(clone.one(READINGS)) > stored, "consumption goes on", 240, pause=0.5)
    assert "equipment v1 is good" in clone.faultline("trainer", "models", "verify", "equipment", "1")


def test_the_other_commands_of_the_document_run(clone: Installation) -> None:
    upgrade = Typing(clone, "operations.md", "Another version of Faultline")
    upgrade.next("docker compose up")
    upgrade.none_left()
    retention = Typing(clone, "operations.md", "Retention")
    assert "nothing is older than 90 days" in retention.next("docker compose run")
    retention.none_left()
    monitoring = Typing(clone, "operations.md", "Monitoring")
    wait_until(lambda: bool(clone.prometheus("faultline_lag_messages")), "Prometheus has looked around", 60, pause=1)
    assert "faultline_lag_messages" in monitoring.next("docker compose exec prometheus")
    assert len(monitoring.next("docker compose exec grafana")) > 16
    monitoring.none_left()


def test_the_commands_that_prose_names_run_too(clone: Installation) -> None:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:\./run|docker compose logs) [^`…]+)`", text))
    for document in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        inside = r"`(docker compose exec [a-z]+ faultline [^`…]+)`"
        named |= set(re.findall(inside, document.read_text(encoding="utf-8")))
    named = {command for command in named if not command.startswith(tuple(f"./run {name}" for name in CHECKOUT_ONLY))}
    assert len(named) > 10
    failed = []
    for command in sorted(named):
        here = command.replace("MACHINE", "equipment").replace("VERSION", "1")
        here = here.replace("./run", "docker compose run --rm --no-deps init")
        done = clone.shell(here, check=False)
        # 1: the answer is no, such as of a gate; 2 in a line of its own: there is nothing to do it with, such as no
        # earlier champion. A command that is not understood shows how it is used.
        misunderstood = "Usage:" in done.stderr or "Traceback" in done.stderr
        if misunderstood or done.returncode not in (0, 1, 2):
            failed.append(f"{command}: {done.stdout}{done.stderr}")
    assert failed == []
