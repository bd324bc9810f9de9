"""One suite for the logins in memory and for those on Postgres."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError

from core.errors import UserError
from core.login import Logins, Token, new_token
from db.engine import connect
from db.login_links import PostgresLoginLinks
from db.login_sessions import PostgresLogins
from db.operators import Operator, PostgresOperators, Subscription
from tests.fake_logins import ANNA_VISITS, FakeLogins


class Rig(Protocol):
    """Logins, and Anna as an operator."""

    @property
    def logins(self) -> Logins: ...
    def offer(self, link: Token) -> None: ...
    def remove_anna(self) -> None: ...


class InMemory:
    def __init__(self) -> None:
        self.logins = FakeLogins()

    def offer(self, link: Token) -> None:
        self.logins.offer(ANNA_VISITS, link)

    def remove_anna(self) -> None:
        self.logins.remove("Anna")


class OnPostgres:
    def __init__(self, alerts: Engine, api: Engine) -> None:
        self.logins = PostgresLogins(api)
        self.offer_to = PostgresLoginLinks(alerts).offer
        self._operators = PostgresOperators(alerts)
        anna = Operator("Anna", "operator", "Europe/Berlin", None, [Subscription("console", "Anna")])
        self._operators.add(anna)

    def offer(self, link: Token) -> None:
        self.offer_to("Anna", link)

    def remove_anna(self) -> None:
        self._operators.remove("Anna")


@pytest.fixture
def on_postgres(database_url: str) -> Iterator[OnPostgres]:
    alerts, api = connect(database_url, "alerts"), connect(database_url, "page")
    yield OnPostgres(alerts, api)
    alerts.dispose()
    api.dispose()


@pytest.fixture(params=["fake", "postgres"])
def rig(request: pytest.FixtureRequest) -> Rig:
    found: Rig = InMemory() if request.param == "fake" else request.getfixturevalue("on_postgres")
    return found


def logged_in(rig: Rig) -> Token:
    link, session = new_token(), new_token()
    rig.offer(link)
    assert rig.logins.open(link.sha256, session.sha256)
    return session


def test_a_link_lets_its_operator_in(rig: Rig) -> None:
    link, session = new_token(), new_token()
    rig.offer(link)
    assert rig.logins.invited(link.sha256) == "Anna"
    assert rig.logins.open(link.sha256, session.sha256)
    visitor = rig.logins.visitor(session.sha256)
    assert visitor is not None
    assert visitor[1:] == ("Anna", "operator", "Europe/Berlin")


def test_a_link_works_once(rig: Rig) -> None:
    link = new_token()
    rig.offer(link)
    assert rig.logins.open(link.sha256, new_token().sha256)
    second = new_token()
    assert rig.logins.invited(link.sha256) is None
    assert not rig.logins.open(link.sha256, second.sha256)
    assert rig.logins.visitor(second.sha256) is None


def test_a_link_that_nobody_made_lets_nobody_in(rig: Rig) -> None:
    session = new_token()
    assert rig.logins.invited(new_token().sha256) is None
    assert not rig.logins.open(new_token().sha256, session.sha256)
    assert rig.logins.visitor(session.sha256) is None


def test_a_session_ends_when_its_bearer_ends_it_and_no_other_with_it(rig: Rig) -> None:
    phone, desk = logged_in(rig), logged_in(rig)
    rig.logins.close(phone.sha256)
    assert rig.logins.visitor(phone.sha256) is None
    assert rig.logins.visitor(desk.sha256) is not None


def test_an_operator_who_was_removed_is_out_at_once(rig: Rig) -> None:
    session, link = logged_in(rig), new_token()
    rig.offer(link)
    rig.remove_anna()
    assert rig.logins.visitor(session.sha256) is None
    assert rig.logins.invited(link.sha256) is None
    assert not rig.logins.open(link.sha256, new_token().sha256)


def test_two_who_use_one_link_at_once_get_one_session(on_postgres: OnPostgres, owner: Engine) -> None:
    link = new_token()
    on_postgres.offer(link)
    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(lambda _: on_postgres.logins.open(link.sha256, new_token().sha256), range(4)))
    assert sorted(opened) == [False, False, False, True]
    with owner.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM login_session")).scalar_one() == 1


def test_a_link_is_over_after_an_hour(on_postgres: OnPostgres, owner: Engine) -> None:
    link = new_token()
    on_postgres.offer(link)
    pass_by(owner, "login_link", "59 minutes")
    assert on_postgres.logins.invited(link.sha256) == "Anna"
    pass_by(owner, "login_link", "1 minute")
    assert on_postgres.logins.invited(link.sha256) is None
    assert not on_postgres.logins.open(link.sha256, new_token().sha256)


def test_a_session_is_over_after_two_weeks(on_postgres: OnPostgres, owner: Engine) -> None:
    session = logged_in(on_postgres)
    pass_by(owner, "login_session", "335 hours")
    assert on_postgres.logins.visitor(session.sha256) is not None
    pass_by(owner, "login_session", "1 hour")
    assert on_postgres.logins.visitor(session.sha256) is None


def pass_by(owner: Engine, table: str, time: str) -> None:
    """That much time, for what is in the table."""
    with owner.begin() as connection:
        connection.execute(text(_EARLIER.format(table=table)), {"time": time})


def test_a_link_for_somebody_unknown_is_one_clear_line(on_postgres: OnPostgres) -> None:
    with pytest.raises(UserError, match="no operator named Nobody"):
        on_postgres.offer_to("Nobody", new_token())


def test_no_token_is_in_the_database(on_postgres: OnPostgres, owner: Engine) -> None:
    link, session = new_token(), new_token()
    on_postgres.offer(link)
    on_postgres.logins.open(link.sha256, session.sha256)
    with owner.connect() as connection:
        kept = [connection.execute(text(query)).all() for query in (_LINKS, _SESSIONS)]
    assert session.sha256 in {bytes(row.sha256) for row in kept[1]}
    assert link.text not in str(kept)
    assert session.text not in str(kept)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM api_key",
        "SELECT raw FROM inbox",
        "UPDATE label SET verdict = 'fault'",
        "DELETE FROM label_undo",
        "INSERT INTO operator (name, role) VALUES ('Eve', 'engineer')",
        "UPDATE operator SET role = 'engineer'",
        "INSERT INTO login_link (sha256, operator, expires_at) SELECT '\\x00', id, now() FROM operator",
        "UPDATE login_link SET expires_at = now() + interval '1 year'",
        "UPDATE login_session SET expires_at = now() + interval '1 year'",
        "DELETE FROM audit",
    ],
)
@pytest.mark.usefixtures("on_postgres")
def test_the_page_may_not_let_anybody_in_by_itself(database_url: str, statement: str) -> None:
    engine = connect(database_url, "page")
    with engine.connect() as connection, pytest.raises(ProgrammingError, match="permission denied"):
        connection.execute(text(statement))
    engine.dispose()


_EARLIER = "UPDATE {table} SET expires_at = expires_at - CAST(:time AS interval)"
_LINKS = "SELECT * FROM login_link"
_SESSIONS = "SELECT * FROM login_session"
