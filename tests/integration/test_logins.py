"""Each process's login can do what its process needs, and no more."""

import io
from collections.abc import Iterator
from threading import Event, Thread

import psycopg2
import psycopg2.extensions
import pytest
from sqlalchemy import Engine, make_url, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from db.engine import connect
from db.frozen import end_frozen_writers
from db.logins import PROCESSES, ensure_logins, login_of
from db.migrate import require_migrated
from tests.processes import PATIENCE_S, wait_until


@pytest.fixture
def logins(owner: Engine) -> Iterator[Engine]:
    """The logins with passwords like the processes' names; they belong to the server, so they go again."""
    ensure_logins(owner, {process: process for process in PROCESSES})
    yield owner
    with owner.begin() as connection:
        for process in PROCESSES:
            connection.execute(text(f"DROP ROLE {login_of(process)}"))


def url_of(owner: Engine, process: str, password: str) -> str:
    url = make_url(owner.url).set(drivername="postgresql", username=login_of(process), password=password)
    return url.render_as_string(hide_password=False)


def enter(owner: Engine, process: str, role: str, password: str = "") -> None:
    engine = connect(url_of(owner, process, password or process), role)
    try:
        with engine.connect() as connection:
            assert connection.execute(text("SELECT current_user")).scalar_one() == f"faultline_{role}"
    finally:
        engine.dispose()


@pytest.mark.parametrize("process", PROCESSES)
def test_a_process_acts_under_its_own_role_and_all_but_those_that_people_and_programs_reach_may_read_the_status(
    logins: Engine, process: str
) -> None:
    enter(logins, process, process)
    if process not in ("page", "api", "dashboards"):
        enter(logins, process, "grafana")
    if process == "trainer":
        enter(logins, process, "scores")


@pytest.mark.parametrize(
    ("process", "role"),
    [
        ("consumer", "trainer"),
        ("alerts", "consumer"),
        ("trainer", "api"),
        ("page", "grafana"),
        ("page", "alerts"),
        ("page", "api"),
        ("api", "page"),
        ("api", "grafana"),
        ("dashboards", "grafana"),
        ("consumer", "scores"),
        ("api", "scores"),
    ],
)
def test_a_process_cannot_act_under_another_role(logins: Engine, process: str, role: str) -> None:
    with pytest.raises(OperationalError, match="permission denied to set role"):
        enter(logins, process, role)


def test_a_login_for_the_page_of_an_earlier_release_is_the_api_no_longer(logins: Engine) -> None:
    with logins.begin() as connection:
        connection.execute(text("GRANT faultline_api TO faultline_page_login"))
    enter(logins, "page", "api")
    ensure_logins(logins, {"page": "page"})
    enter(logins, "page", "page")
    with pytest.raises(OperationalError, match="permission denied to set role"):
        enter(logins, "page", "api")


def test_a_login_without_its_role_can_do_nothing(logins: Engine) -> None:
    engine = connect(url_of(logins, "alerts", "alerts"), "owner")
    with engine.connect() as connection, pytest.raises(ProgrammingError, match="permission denied"):
        connection.execute(text("SELECT count(*) FROM label"))
    engine.dispose()


def test_the_last_password_given_is_the_one_that_counts(logins: Engine) -> None:
    ensure_logins(logins, {"consumer": "another"})
    enter(logins, "consumer", "consumer", "another")
    with pytest.raises(OperationalError, match="password authentication failed"):
        enter(logins, "consumer", "consumer", "consumer")


def test_no_process_may_change_a_label_or_a_promotion(logins: Engine) -> None:
    for process in PROCESSES:
        engine = connect(url_of(logins, process, process), process)
        require_migrated(engine)
        for statement in ("UPDATE label SET verdict = 'fault'", "DELETE FROM promotion"):
            with engine.connect() as connection, pytest.raises(ProgrammingError, match="permission denied"):
                connection.execute(text(statement))
        engine.dispose()


def test_a_consumers_own_login_may_end_the_session_that_froze_in_a_copy_and_frees_its_rows(logins: Engine) -> None:
    with logins.begin() as connection:
        connection.execute(text(_A_PARTITION))
    engine = connect(url_of(logins, "consumer", "consumer"), "consumer")
    address = url_of(logins, "consumer", "consumer")
    frozen, waiting, ended = psycopg2.connect(address, application_name="faultline consumer"), Event(), Event()
    with frozen.cursor() as cursor:
        cursor.execute("SET ROLE faultline_consumer")
        cursor.execute("UPDATE ingest_partition SET next_offset = 1")
        copying = Thread(target=copy_what_never_comes, args=(cursor, waiting, ended))
        copying.start()
        assert waiting.wait(PATIENCE_S)
        wait_until(lambda: bool(end_frozen_writers(engine)), "it is told to end")
        wait_until(lambda: not sessions_named(logins, "faultline consumer", but=engine), "it has ended")
        ended.set()
        copying.join()
    frozen.close()
    with engine.begin() as connection:
        connection.execute(text("UPDATE ingest_partition SET next_offset = 2 WHERE next_offset = 0"))
    assert end_frozen_writers(engine) == []
    engine.dispose()


def sessions_named(owner: Engine, name: str, but: Engine) -> int:
    """Sessions of this application in our database, but for those of this engine."""
    count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = :name AND datname = current_database()"
    but.dispose()
    with owner.connect() as connection:
        found: int = connection.execute(text(count), {"name": name}).scalar_one()
    return found


class _NeverComes(io.RawIOBase):
    """Rows that a frozen process never sends."""

    def __init__(self, waiting: Event, ended: Event) -> None:
        self._waiting = waiting
        self._ended = ended

    def read(self, size: int = -1) -> bytes:
        self._waiting.set()
        self._ended.wait()
        return b""


def copy_what_never_comes(cursor: psycopg2.extensions.cursor, waiting: Event, ended: Event) -> None:
    with pytest.raises(psycopg2.Error):
        cursor.copy_expert("COPY dead_letter FROM STDIN", _NeverComes(waiting, ended))


_A_PARTITION = """
    WITH m AS (INSERT INTO machine (name, task, sensors) VALUES ('press', 'fault', '{t}') RETURNING id),
         t AS (INSERT INTO topic (name, machine) SELECT 'readings.press', id FROM m RETURNING id)
    INSERT INTO ingest_partition (topic, kafka_partition, kafka_topic_id, first_offset, next_offset)
    SELECT id, 0, 'an id', 0, 0 FROM t"""
