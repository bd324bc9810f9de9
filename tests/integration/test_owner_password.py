"""The database's owner gets another password, whichever of the earlier ones it still has."""

import uuid
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, make_url, text

from core.errors import UserError
from db.engine import connected
from db.failures import failures_named
from db.owner_password import renew_owner_password


@pytest.fixture
def owning(owner: Engine) -> Iterator[str]:
    """A login of its own whose password is `first`; logins belong to the server, so it goes again."""
    name = f"owning_{uuid.uuid4().hex[:12]}"
    with owner.begin() as connection:
        connection.execute(text(f"CREATE ROLE {name} LOGIN PASSWORD 'first'"))
    url = make_url(owner.url).set(drivername="postgresql", username=name, password="first")
    yield url.render_as_string(hide_password=False)
    with owner.begin() as connection:
        connection.execute(text(f"DROP ROLE {name}"))


def with_password(url: str, password: str) -> str:
    return make_url(url).set(password=password).render_as_string(hide_password=False)


def opens(url: str) -> bool:
    with connected(url, "owner") as engine:
        try:
            with failures_named(), engine.connect():
                return True
        except UserError:
            return False


def test_the_new_password_opens_and_the_old_one_no_longer_does_and_again_changes_nothing(owning: str) -> None:
    new = with_password(owning, "third: with 'quotes' and %")
    assert renew_owner_password(new, ["second", "first"])
    assert opens(new)
    assert not opens(owning)
    assert not renew_owner_password(new, ["second", "first"])
    assert opens(new)


def test_where_no_password_opens_the_login_is_refused_in_one_line_and_nothing_changes(owning: str) -> None:
    with pytest.raises(UserError, match=r"Postgres refuses the login .*correct DATABASE_URL"):
        renew_owner_password(with_password(owning, "new"), ["never", "neither"])
    assert opens(owning)
