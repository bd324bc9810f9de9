"""Whole installations on the real servers."""

import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from sqlalchemy import Engine

from db.engine import connect
from tests.champion import Champion, trained_once
from tests.conftest import Servers, fresh_database
from tests.fake_telegram.client import Chats, running
from tests.world import World


@pytest.fixture
def world(servers: Servers, owner: Engine, tmp_path: Path) -> Iterator[World]:
    """An installation without a model."""
    made = World(servers, owner, tmp_path)
    yield made
    made.end()


@pytest.fixture(scope="session")
def champion(servers: Servers, _migrated_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Champion]:
    with trained_once(servers, _migrated_template, tmp_path_factory.mktemp("champion")) as champion:
        yield champion


@pytest.fixture
def trained(servers: Servers, champion: Champion, tmp_path: Path) -> Iterator[World]:
    """An installation whose machine has a champion; its bucket holds other tests' versions of it too."""
    with fresh_database(servers.database_url, f"test_{uuid.uuid4().hex[:12]}", champion.template) as url:
        owner = connect(url, "owner")
        made = World(servers, owner, tmp_path, settings=champion.settings)
        yield made
        made.end()
        owner.dispose()


@pytest.fixture
def telegram() -> Iterator[Chats]:
    """A Bot API server."""
    with running() as chats:
        yield chats


@pytest.fixture
def installation(servers: Servers, owner: Engine, tmp_path: Path) -> Iterator[Callable[..., Mapping[str, World]]]:
    """Makes one installation of several machines, with a topic for each of them."""
    made: list[World] = []

    def make(first: str, *others: str) -> Mapping[str, World]:
        made.append(World(servers, owner, tmp_path, machine=first, partitions=1))
        return {first: made[0], **{name: made[0].with_machine(name) for name in others}}

    yield make
    for world in made:
        world.end()
