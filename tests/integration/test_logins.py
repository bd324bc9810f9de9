"""Each process's login can do what its process needs, and no more."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, make_url, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from db.engine import connect
from db.logins import PROCESSES, ensure_logins, login_of
from db.migrate import require_migrated


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
def test_a_process_acts_under_its_own_role_and_may_read_the_status(logins: Engine, process: str) -> None:
    enter(logins, process, process)
    enter(logins, process, "grafana")


@pytest.mark.parametrize(("process", "role"), [("consumer", "trainer"), ("alerts", "consumer"), ("trainer", "api")])
def test_a_process_cannot_act_under_another_role(logins: Engine, process: str, role: str) -> None:
    with pytest.raises(OperationalError, match="permission denied to set role"):
        enter(logins, process, role)


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
