"""Databases of the bench: each run gets a fresh copy of one that is migrated and trained."""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any
from urllib.parse import urlsplit

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812  # a class that its library names in small letters


class Database:
    """One database, looked at over one connection of its own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._connection = psycopg2.connect(url)
        self._connection.autocommit = True

    @property
    def name(self) -> str:
        """Its name on its server."""
        return urlsplit(self.url).path.removeprefix("/")

    def rows(self, query: str) -> Sequence[tuple[Any, ...]]:
        """What it answers; nothing to a command."""
        with self._connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall() if cursor.description else ()

    def close(self) -> None:
        """Leave it."""
        self._connection.close()


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """A connection of its own, as a program has that writes."""
    with closing(psycopg2.connect(url)) as connection:
        yield connection


@contextmanager
def fresh(server_url: str, template: str = "template1") -> Iterator[Database]:
    """A copy of the template, dropped at the end. The server has nothing left to write when it begins."""
    name = f"bench_{uuid.uuid4().hex[:12]}"
    _administer(server_url, f"CREATE DATABASE {name} TEMPLATE {template}", "CHECKPOINT")
    try:
        with closing(Database(urlsplit(server_url)._replace(path=f"/{name}").geturl())) as database:
            yield database
    finally:
        _administer(server_url, f"DROP DATABASE {name} WITH (FORCE)")


def _administer(server_url: str, *statements: str) -> None:
    with connected(server_url) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        for statement in statements:
            cursor.execute(statement)
