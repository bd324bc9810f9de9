import pytest
from sqlalchemy import make_url

from core.errors import Unavailable, UserError
from db.engine import connect
from db.migrate import require_migrated
from tests.conftest import Servers


def refused(url: str, role: str = "owner") -> str:
    engine = connect(url, role)
    with pytest.raises((UserError, Unavailable)) as caught:
        require_migrated(engine)
    engine.dispose()
    message = str(caught.value)
    assert "\n" not in message
    return f"{type(caught.value).__name__}: {message}"


def changed(url: str, **parts: str | int) -> str:
    return make_url(url).set(**parts).render_as_string(hide_password=False)  # type: ignore[arg-type]  # by its part


def test_a_wrong_password_is_named(database_url: str) -> None:
    message = refused(changed(database_url, password="wrong"))
    assert message.startswith("UserError: Postgres refuses the login (password authentication failed")
    assert message.endswith("correct DATABASE_URL")


def test_a_database_that_is_not_there_is_named(database_url: str) -> None:
    assert 'database "nowhere" does not exist' in refused(changed(database_url, database="nowhere"))


def test_a_server_that_is_away_may_come_back(database_url: str) -> None:
    assert refused(changed(database_url, port=1)).startswith("Unavailable: Postgres does not answer: ")


def test_an_empty_database_says_how_to_prepare_it(servers: Servers) -> None:
    empty = changed(servers.database_url, database="template1")
    assert refused(empty) == "UserError: the database has no tables yet: run `./run migrate`"


def test_a_cluster_without_our_roles_says_the_same(database_url: str) -> None:
    assert refused(database_url, "nobody") == "UserError: the database is not prepared yet: run `./run migrate`"
