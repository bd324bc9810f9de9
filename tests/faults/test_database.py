"""Postgres killed, full, locked or slow: consumption pauses, nothing becomes a dead letter, it resumes alone."""

import shutil
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from local.unprivileged import give, postgres_user
from tests.faults.catalogue import EVERYTHING, survives
from tests.faults.rig import PATIENT, Rig, said
from tests.faults.test_commit import WRITTEN_AND_WAITING

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

TRYING_AGAIN = "trying again in"
LOCK_S = 60


@survives("Postgres restarted", checks=EVERYTHING)
def test_a_database_killed_mid_transaction_and_held_down_is_waited_for(rig: Rig) -> None:
    with rig.load(1000) as load:
        consumer = rig.consumer()
        rig.wait_for_progress()
        with suppress(OperationalError), rig.holding("LOCK TABLE alert IN SHARE ROW EXCLUSIVE MODE"):
            rig.wait_for(WRITTEN_AND_WAITING, "readings written, the alert waits for the lock")
            before = rig.progress()
            rig.stack.postgres.kill()
        assert rig.stack.postgres.pid is None
        rig.wait_until_said(consumer, TRYING_AGAIN, 3)
        rig.stack.postgres.restart()
        assert rig.progress() == before, "what was written and not committed is gone"
        rig.wait_for_progress()
        load.go_on()
    rig.survived(load.published)
    assert rig.world.one("SELECT count(*) FROM dead_letter") == 0


@survives("Postgres restarted", checks=EVERYTHING)
def test_a_database_that_is_restarted_again_and_again_loses_nothing(rig: Rig) -> None:
    with rig.load(1000) as load:
        rig.consumer()
        for _ in range(3):
            rig.wait_for_progress()
            rig.stack.postgres.restart()  # an administrator's: it ends every session
        rig.wait_for_progress()
        load.go_on()
    rig.survived(load.published)


@survives("Postgres: lock held 60 s", checks=EVERYTHING)
def test_a_lock_held_for_a_minute_is_waited_for(rig: Rig) -> None:
    with rig.load(500) as load:
        consumer = rig.consumer(**PATIENT)
        rig.wait_for_progress()
        with rig.holding("LOCK TABLE reading IN EXCLUSIVE MODE"):
            before = rig.progress()
            rig.wait_until_said(consumer, "lock timeout", LOCK_S // 12, LOCK_S + 60)  # each waits for 10 s
            assert rig.progress() == before
        rig.wait_for_progress()
        load.go_on()
    rig.survived(load.published)
    assert rig.world.one("SELECT max(owner_epoch) FROM ingest_partition") == 1, "it stayed in the group meanwhile"


@survives("Postgres: a slow query", checks=EVERYTHING)
def test_a_statement_that_never_ends_is_cancelled_and_made_again(rig: Rig) -> None:
    rig.execute(SLOW_STATEMENTS)
    with rig.load(500) as load:
        consumer = rig.consumer(**PATIENT)
        rig.wait_for_progress()
        rig.execute("UPDATE slowness SET seconds = 1")
        rig.wait_for_progress(1000)
        assert said(consumer, TRYING_AGAIN) == 0, "slow is not broken"
        rig.execute("UPDATE slowness SET seconds = 600")
        rig.wait_until_said(consumer, "statement timeout", seconds=120)
        before = rig.progress()
        rig.execute("UPDATE slowness SET seconds = 0")
        rig.wait_for_progress(load.published - before, seconds=240)
    rig.survived(load.published)
    assert rig.world.one("SELECT max(owner_epoch) FROM ingest_partition") == 1, "it stayed in the group meanwhile"


@survives("Postgres: disk full", checks=EVERYTHING)
def test_a_full_disk_is_waited_for(rig: Rig) -> None:
    with small_disk_for_readings(rig) as disk, rig.load(1000) as load:
        consumer = rig.consumer()
        rig.wait_for_progress()
        filler = disk / "filler"
        fill(filler)
        rig.wait_until_said(consumer, "No space left on device", 3)
        before = rig.progress()
        load.go_on(2000)
        assert rig.progress() == before, "consumption pauses"
        filler.unlink()
        rig.wait_for_progress(load.published - before, seconds=240)
    rig.survived(load.published)
    assert rig.world.one("SELECT count(*) FROM dead_letter") == 0


SLOW_STATEMENTS = """
    CREATE TABLE slowness AS SELECT CAST(0 AS float8) AS seconds;
    GRANT SELECT ON slowness TO PUBLIC;
    CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN PERFORM pg_sleep(seconds) FROM slowness; RETURN NEW; END';
    CREATE TRIGGER dawdle BEFORE UPDATE ON ingest_partition FOR EACH ROW EXECUTE FUNCTION dawdle()"""


@contextmanager
def small_disk_for_readings(rig: Rig) -> Iterator[Path]:
    """A file system of 64 MB on which today's readings are stored."""
    folder = rig.stack.postgres.directory / f"small-{uuid.uuid4().hex[:8]}"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)], check=False).returncode:
        pytest.skip("only root may mount a small file system")
    try:
        data = folder / "data"
        data.mkdir(mode=0o700)
        if user := postgres_user():
            give(data, user)
        with readings_on(rig, data):
            yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@contextmanager
def readings_on(rig: Rig, folder: Path) -> Iterator[None]:
    """Today's readings, and tomorrow's should it be late, are stored in this folder."""
    name = f"small_{uuid.uuid4().hex[:8]}"
    server = rig.world.owner.execution_options(isolation_level="AUTOCOMMIT")
    days = [rig.world.one("SELECT 'reading_' || to_char(current_date + :n, 'YYYYMMDD')", n=n) for n in (0, 1)]
    rig.execute("SELECT ensure_reading_day(current_date), ensure_reading_day(current_date + 1)")
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE TABLESPACE {name} LOCATION '{folder}'")
    for day in days:
        rig.execute(f"ALTER TABLE {day} SET TABLESPACE {name}")
    try:
        yield
    finally:
        for day in days:
            rig.execute(f"ALTER TABLE {day} SET TABLESPACE pg_default")
        with server.connect() as connection:
            connection.exec_driver_sql(f"DROP TABLESPACE {name}")


def fill(file: Path) -> None:
    """Take what room the file system has left."""
    with suppress(OSError), file.open("wb", buffering=0) as filler:
        while filler.write(bytes(1 << 12)):
            pass
    assert shutil.disk_usage(file.parent).free == 0
