"""The real servers of the tests: those that the environment names, else a local stack of the test run's own."""

import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import Engine, make_url, text

from db.engine import connect
from db.migrate import migrate
from tests.mlflow_server import mlflow_server
from tests.shell import logging_left_as_it_is

# The same examples in every run: what fails once fails again, on every machine, however slow.
settings.register_profile("faultline", derandomize=True, deadline=None)
settings.load_profile("faultline")

os.environ.pop("MLFLOW_TRACKING_URI", None)  # nothing of a test is shown on the server of whoever runs it


@pytest.fixture(autouse=True)
def _logging() -> Iterator[None]:
    """A command that a test runs in its own process sets logging up, but not for the tests after it."""
    with logging_left_as_it_is():
        yield


REAL_DATA = Path(__file__).parent.parent.parent / "shared" / "data"


@dataclass(frozen=True)
class Servers:
    """Where the real Kafka, Postgres and S3 of this test run are."""

    kafka_bootstrap_servers: str
    database_url: str
    s3_endpoint_url: str
    s3_access_key_id: str
    s3_secret_access_key: str


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    if "DATABASE_URL" in os.environ:
        yield Servers(
            os.environ.get("KAFKA_BOOTSTRAP_SERVERS", ""),
            os.environ["DATABASE_URL"],
            os.environ.get("S3_ENDPOINT_URL", ""),
            os.environ.get("AWS_ACCESS_KEY_ID", ""),
            os.environ.get("AWS_SECRET_ACCESS_KEY", ""),
        )
        return
    from local.stack import Stack  # not needed where the environment names servers

    with tempfile.TemporaryDirectory(prefix="faultline-tests-") as folder:
        Path(folder).chmod(0o711)  # as root, Postgres runs as another user, who must pass through
        with Stack.start(Path(folder) / "stack") as stack:
            yield Servers(**vars(stack.addresses))


@pytest.fixture(scope="session")
def _migrated_template(servers: Servers) -> Iterator[str]:
    name = f"template_{uuid.uuid4().hex[:12]}"
    with fresh_database(servers.database_url, name) as url:
        engine = connect(url, "owner")
        migrate(engine)
        engine.dispose()
        yield name


@pytest.fixture
def database_url(servers: Servers, _migrated_template: str) -> Iterator[str]:
    """The URL of a fresh, migrated database, for its owner."""
    with fresh_database(servers.database_url, f"test_{uuid.uuid4().hex[:12]}", _migrated_template) as url:
        yield url


@pytest.fixture
def owner(database_url: str) -> Iterator[Engine]:
    """The owner's connections to a fresh, migrated database: for looking at what the roles did."""
    engine = connect(database_url, "owner")
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def mlflow_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real MLflow server, for `./run test --mlflow`."""
    with mlflow_server(tmp_path_factory.mktemp("mlflow")) as url:
        yield url


@pytest.fixture
def real_data() -> Path:
    """The folder of the public data sets; absent where somebody cloned only the project."""
    if not REAL_DATA.is_dir():
        pytest.skip("the public data sets (../shared/data) are not here")
    return REAL_DATA


@contextmanager
def fresh_database(server_url: str, name: str, template: str = "template1") -> Iterator[str]:
    """The URL of a database of this name, a copy of the template, for as long as the block."""
    admin = connect(server_url, "owner").execution_options(isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    try:
        yield make_url(server_url).set(database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()
