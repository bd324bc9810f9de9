"""Whole installations on the real servers."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.conftest import Servers
from tests.world import World


@pytest.fixture
def world(servers: Servers, owner: Engine, tmp_path: Path) -> Iterator[World]:
    """An installation without a model."""
    made = World(servers, owner, tmp_path)
    yield made
    made.end()


@pytest.fixture
def trained(world: World) -> World:
    """An installation whose machine has a champion: logistic regression, because it is the quickest to train."""
    world.run("train", world.machine, "--simulate", "--model", "lr", "--seed", "1")
    return world
