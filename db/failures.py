"""The database driver's errors under the names that say what to do."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, OperationalError

from core.errors import Unavailable


@contextmanager
def failures_named() -> Iterator[None]:
    """Raises Unavailable where the server is away, shuts down, or a timeout of ours ran out."""
    try:
        yield
    except OperationalError as error:
        raise Unavailable(f"Postgres: {str(error.orig).strip()}") from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise Unavailable(f"Postgres: {str(error.orig).strip()}") from error
        raise
