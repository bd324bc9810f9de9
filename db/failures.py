"""The database driver's errors under the names that say what to do."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
from sqlalchemy.exc import DBAPIError, OperationalError

from core.errors import Unavailable, UserError

_NO_ROLES = re.compile(r'FATAL:\s+role "faultline_\w+" does not exist')
# What waiting cannot mend. A server that starts up or shuts down says other things.
_REFUSED = re.compile(
    r"FATAL:\s+(password authentication failed.*|(role|database) .* does not exist|permission denied.*)"
)


@contextmanager
def failures_named() -> Iterator[None]:
    """Raises Unavailable where the server is away or a timeout ran out, UserError where it refuses the login."""
    try:
        yield
    except OperationalError as error:
        raise unavailable(str(error.orig)) from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise unavailable(str(error.orig)) from error
        raise
    except SystemError as error:
        # psycopg2 decodes the last words of a server that is shut down while it has raised that already.
        if isinstance(error.__cause__, psycopg2.Error):
            raise unavailable(str(error.__cause__)) from error
        raise


def unavailable(message: str) -> UserError | Unavailable:
    """The error for a driver's message about a server that cannot be used."""
    if _NO_ROLES.search(message):
        return UserError("the database is not prepared yet: run `./run migrate`")
    if refused := _REFUSED.search(message):
        return UserError(f"Postgres refuses the login ({refused.group(1)}): correct DATABASE_URL")
    return Unavailable(f"Postgres does not answer: {' '.join(message.split())}")
