"""Backed up, all lost, restored: everything is as it was, and nobody hears old alerts again."""

import io
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from confluent_kafka import Consumer
from confluent_kafka import TopicPartition as KafkaPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from sqlalchemy import text

from app.backup import BackupFolder
from app.models import bucket_copy, registry
from app.settings import read_settings
from consumer.group_offsets import read_until
from core.alert_policy import AlertPolicy
from core.errors import UserError
from core.ports.stream import TopicPartition
from db.engine import connect, connected
from db.migrate import require_migrated, upgrade
from db.restored import forget_the_lost_time
from db.restoring import require_restorable, restore_snapshot
from db.retelling import PostgresRetellings
from db.snapshot import write_snapshot
from tests.alert_world import AlertWorld, alert_world
from tests.backups import rows_of
from tests.conftest import Servers, fresh_database
from tests.shell import Shell

HERE = TopicPartition("readings.press", 0)
POLICY = AlertPolicy()


@pytest.fixture
def lost(servers: Servers, environment: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    """The same installation when database and bucket are lost: new servers, that hold nothing."""
    with fresh_database(servers.database_url, f"test_{uuid.uuid4().hex[:12]}") as url:
        yield {**environment, "DATABASE_URL": url, "S3_BUCKET": f"test-{uuid.uuid4().hex[:12]}"}


def silent(_: str) -> None:
    """Nobody looks."""


def test_after_the_loss_of_everything_state_and_models_are_identical(
    world: AlertWorld, shell: Shell, lost: Mapping[str, str], csv_file: str, tmp_path: Path
) -> None:
    shell("train", "equipment", "--csv", csv_file, "--model", "lr")
    world.deliver(world.alert("press-1"))
    world.alert("press-2")
    first, second = tmp_path / "first", tmp_path / "second"
    assert "backed up" in shell("backup", str(first))

    restored = Shell(lost)
    assert "restored the backup of" in restored("restore", str(first), "--planned")
    restored("backup", str(second))

    before, after = BackupFolder(first, silent).read(), BackupFolder(second, silent).read()
    assert rows_of(first, before) == rows_of(second, after)
    assert sum(map(len, rows_of(first, before).values())) == before.rows > 20
    assert (before.database.revision, before.database.sequences) == (after.database.revision, after.database.sequences)
    assert [(one.version.key, one.sha256) for one in before.objects] == [
        (one.version.key, one.sha256) for one in after.objects
    ]

    moved_on = Shell({**lost, "S3_BUCKET": f"test-{uuid.uuid4().hex[:12]}"})
    with pytest.raises(UserError, match="the database is not empty: --replace"):
        moved_on("restore", str(second), "--planned")
    moved_on("restore", str(second), "--planned", "--replace")
    assert "equipment v1 is good" in moved_on("models", "verify", "equipment", "1"), "though it has moved twice"


def test_where_the_bucket_is_still_there_nothing_is_added_to_it(environment: Mapping[str, str], tmp_path: Path) -> None:
    settings = read_settings(environment)
    registry(settings).prepare()
    one = registry(settings).put("machines/press/model.pkl", b"one", "text/plain")
    registry(settings).put("machines/press/model.pkl", b"two", "text/plain")
    owner = connect(settings.database_url, "owner")
    files = BackupFolder(tmp_path / "backup", silent)
    backup = files.write(owner, bucket_copy(settings), "", datetime.now(UTC))
    owner.dispose()
    assert bucket_copy(settings).bring(backup.objects, backup.moved, files.object) == 0

    three = registry(settings).put("machines/press/model.pkl", b"three", "text/plain")
    assert bucket_copy(settings).bring(backup.objects, backup.moved, files.object) == 1
    assert registry(settings).newest("machines/press/model.pkl") == b"two", "the newest is the backup's again"
    assert registry(settings).get("machines/press/model.pkl", one, 9) == b"one"
    assert registry(settings).get("machines/press/model.pkl", three, 9) == b"three", "nothing is ever deleted"


def test_what_people_heard_before_the_loss_does_not_ring_again_and_what_is_new_does(
    world: AlertWorld, environment: Mapping[str, str], lost: Mapping[str, str], tmp_path: Path
) -> None:
    world.operator("Eva", 13, role="engineer")
    world.deliver(world.alert("press-1"))
    world.alert("press-2")  # waits while the backup is made, and is sent right after it
    owner = connect(environment["DATABASE_URL"], "owner")
    settings = read_settings(environment)
    registry(settings).prepare()
    files = BackupFolder(tmp_path / "backup", silent)
    backup = files.write(owner, bucket_copy(settings), "", datetime.now(UTC))
    owner.dispose()
    world.deliver(world.alert("press-3"))  # its readings come after the backup, and it was sent before the loss
    lost_at = {HERE: ("topic-a", 9)}

    owner = connect(lost["DATABASE_URL"], "owner")
    restore_snapshot(
        owner,
        backup.database,
        files.table,
        lambda connection: forget_the_lost_time(connection, backup.made_at, lost_at),
    )
    owner.dispose()
    with alert_world(lost["DATABASE_URL"]) as restored:
        restored.goes_on_at(6)
        again, new = restored.alert("press-3"), restored.alert("press-4")
        assert again > 100_000, "a button under an old message means no new alert"
        told = []
        while True:
            restored.pass_time(5)
            message = restored.outbox.claim(["telegram"], "me")
            if message is None:
                break
            restored.outbox.sent(message, str(message.id))
            told.append((message.address, message.kind, message.alert))
        assert told == [("13", "text", None), ("11", "alert", new), ("13", "alert", new)]
        assert restored.one("SELECT count(*) FROM incident WHERE closed_offset IS NULL") == 4
        restored.alerts(["press-2", "press-3"] * 450)  # both go on for half an hour
        restored.pass_time(POLICY.remind_after)
        with connected(lost["DATABASE_URL"], "alerts") as alerts:
            assert PostgresRetellings(alerts, {"press": POLICY}).queue() == 4, "to two people each"
        reminded = restored.rows("SELECT DISTINCT alert FROM outbox WHERE kind = 'again' ORDER BY alert")
        assert [row.alert for row in reminded] == [2, again]


def test_a_backup_of_an_older_release_is_brought_to_this_one(servers: Servers, lost: Mapping[str, str]) -> None:
    written: dict[str, io.BytesIO] = {}

    @contextmanager
    def new(name: str) -> Iterator[io.BytesIO]:
        written[name] = io.BytesIO()
        yield written[name]

    @contextmanager
    def again(name: str) -> Iterator[io.BytesIO]:
        yield io.BytesIO(written[name].getvalue())

    with (
        fresh_database(servers.database_url, f"test_{uuid.uuid4().hex[:12]}") as url,
        connected(url, "owner") as older,
    ):
        with older.begin() as connection:
            upgrade(connection, "0030")
            connection.execute(text("INSERT INTO operator (name, role) VALUES ('Eva', 'engineer')"))
            connection.execute(text("SELECT ensure_reading_day('2026-03-01')"))
        snapshot = write_snapshot(older, new)
    with connected(lost["DATABASE_URL"], "owner") as owner:
        restore_snapshot(owner, snapshot, again, lambda _: None)
        require_migrated(owner)
        with owner.connect() as connection:
            assert connection.execute(text("SELECT id, name FROM operator")).one() == (1, "Eva")
            assert connection.execute(text("SELECT count(*) FROM reading_20260301")).scalar_one() == 0
        with pytest.raises(UserError, match="tables of a newer release"):
            require_restorable(owner, msgspec.structs.replace(snapshot, revision="9999"), replace=True)


def test_how_far_the_lost_installation_had_read_is_what_its_group_told_kafka(servers: Servers) -> None:
    group, topic = f"test-{uuid.uuid4().hex[:12]}", f"test-{uuid.uuid4().hex[:12]}"
    kafka = {"bootstrap.servers": servers.kafka_bootstrap_servers}
    admin = AdminClient({**kafka})
    for created in admin.create_topics([NewTopic(topic, 2, 1)]).values():
        created.result(30)
    assert read_until(kafka, group, [topic]) == {}
    member = Consumer({**kafka, "group.id": group})
    member.commit(offsets=[KafkaPartition(topic, 1, 42)], asynchronous=False)
    member.close()
    ((at, (topic_id, offset)),) = read_until(kafka, group, [topic, "nowhere"]).items()
    assert (at, offset) == (TopicPartition(topic, 1), 42)
    assert len(topic_id) > 10


def test_what_cannot_be_backed_up_or_restored_is_said_before_anything_changes(
    shell: Shell, lost: Mapping[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "backup"
    with pytest.raises(UserError, match="there is no bucket test-"):
        shell("backup", str(folder))
    with pytest.raises(UserError, match="no finished backup"):
        shell("restore", str(folder), "--planned")
    with pytest.raises(UserError, match="not empty: name a folder"):
        shell("backup", str(folder))
    settings = read_settings(lost)
    registry(settings).prepare()
    with pytest.raises(UserError, match="no tables: there is nothing to back up"):
        Shell(lost)("backup", str(tmp_path / "nothing"))


def test_a_damaged_backup_and_a_database_in_use_are_refused(
    shell: Shell, environment: Mapping[str, str], lost: Mapping[str, str], tmp_path: Path
) -> None:
    registry(read_settings(environment)).prepare()
    folder = tmp_path / "backup"
    shell("backup", str(folder))
    consumer = connect(lost["DATABASE_URL"], "owner")
    with consumer.connect() as connection:
        connection.execute(text("SET application_name = 'faultline consumer'"))
        with pytest.raises(UserError, match="still connected: faultline consumer; stop"):
            Shell(lost)("restore", str(folder), "--planned")
    consumer.dispose()
    (folder / "tables" / "operator.copy.gz").write_bytes(b"")
    with pytest.raises(UserError, match=r"operator.copy.gz is damaged"):
        Shell(lost)("restore", str(folder), "--planned")
    manifest = folder / "backup.json"
    manifest.write_text(manifest.read_text().replace('"format": 1', '"format": 9'))
    with pytest.raises(UserError, match="of format 9"):
        Shell(lost)("restore", str(folder), "--planned")
