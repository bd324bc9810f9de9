"""A champion that is trained once, for the many tests that need one and do not care how it came to be."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from db.engine import connect
from tests.conftest import Servers, fresh_database
from tests.world import World

# Postgres writes a sequence to its log 32 values ahead, and a copied database inherits the promise without the log:
# killed within those values, it would hand them out again. Set anew, the copy's first value is logged.
_LOG_EVERY_SEQUENCE = """
    SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, last_value) FROM pg_sequences
     WHERE last_value IS NOT NULL"""


@dataclass(frozen=True)
class Champion:
    """A database that holds one promoted model and nothing else, to be copied; and where its model is."""

    template: str
    settings: dict[str, str]


@contextmanager
def trained_once(servers: Servers, migrated_template: str, folder: Path) -> Iterator[Champion]:
    """Logistic regression, because it is the quickest to train."""
    name = f"champion_{uuid.uuid4().hex[:12]}"
    with fresh_database(servers.database_url, name, migrated_template) as url:
        owner = connect(url, "owner")
        world = World(servers, owner, folder)
        world.run("train", world.machine, "--simulate", "--model", "lr", "--seed", "1")
        with owner.begin() as connection:
            connection.execute(text(_LOG_EVERY_SEQUENCE))
        owner.dispose()
        shared = ("S3_BUCKET", "SIGNING_KEY", "TRUSTED_KEYS")
        yield Champion(name, {name: world.environment[name] for name in shared})
