"""Bring the database to this release's tables; forward only."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import ProgrammingError

from core.errors import UserError
from db.failures import failures_named

_FOLDER = Path(__file__).parent / "migrations"


def migrate(owner: Engine) -> tuple[str | None, str]:
    """Run what is missing, one process at a time; returns the revisions (before, after).

    Raises UserError where the login may not create tables or roles, Unavailable where the server does not answer.
    """
    try:
        with failures_named(), owner.begin() as connection:
            alone(connection)
            before = current_revision(connection)
            upgrade(connection)
    except ProgrammingError as error:
        raise UserError(
            f"the database login may not migrate ({str(error.orig).strip().splitlines()[0]}): "
            "give DATABASE_URL a login that owns the database and has CREATEROLE"
        ) from error
    return before, newest_revision()


def alone(connection: Connection) -> None:
    """Keep others from migrating until the transaction ends."""
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('faultline.migrate'))"))


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Run what is missing up to this revision, in the connection's transaction. Hold off others first."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def current_revision(connection: Connection) -> str | None:
    """The revision of the tables that are there; None: there are none."""
    return MigrationContext.configure(connection).get_current_revision()


def knows(revision: str) -> bool:
    """Whether this release has, or had, tables of this revision."""
    return revision in {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def require_migrated(engine: Engine) -> None:
    """Raises UserError unless the database has exactly this release's tables, Unavailable where it does not answer."""
    with failures_named(), engine.connect() as connection:
        current = current_revision(connection)
    if current is None:
        raise UserError("the database has no tables yet: run `./run migrate`")
    if current != newest_revision():
        raise UserError(
            f"the database is at revision {current}, this release needs {newest_revision()}: run `./run migrate`"
        )


def newest_revision() -> str:
    """The revision that this release's tables have."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None, "the release carries migrations"
    return head


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    return config
