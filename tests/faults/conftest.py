"""A stack of this tier's own, whose servers its tests may break; a champion, trained once; a rig a test."""

import tempfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import Engine

from db.engine import connect
from local.stack import Stack, silent
from tests.champion import Champion, trained_once
from tests.conftest import Servers, fresh_database
from tests.faults.memory import PeakMemory
from tests.faults.rig import SHORT_POLLS, Rig
from tests.world import World


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    with tempfile.TemporaryDirectory(prefix="faultline-faults-") as folder:
        Path(folder).chmod(0o711)  # as root, Postgres runs as another user, who must pass through
        with Stack.start(Path(folder) / "stack") as stack:
            yield stack


@pytest.fixture(scope="session")
def servers(stack: Stack) -> Servers:
    return Servers(**vars(stack.addresses))


@pytest.fixture(scope="session")
def champion(servers: Servers, _migrated_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Champion]:
    with trained_once(servers, _migrated_template, tmp_path_factory.mktemp("champion")) as champion:
        yield champion


@pytest.fixture
def owner(servers: Servers, champion: Champion) -> Iterator[Engine]:
    with fresh_database(servers.database_url, f"test_{uuid.uuid4().hex[:12]}", champion.template) as url:
        engine = connect(url, "owner")
        yield engine
        engine.dispose()


@pytest.fixture
def rig(
    stack: Stack, servers: Servers, owner: Engine, champion: Champion, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Rig]:
    world = World(servers, owner, tmp_path, settings=champion.settings | SHORT_POLLS)
    _, checks = request.node.get_closest_marker("survives").args
    with ExitStack() as until_the_end, PeakMemory(world.started) as memory:
        yield Rig(world, stack, memory, champion.template, checks, until_the_end)
        world.end()
    stack.up(silent)  # a test that failed may have left a server down
