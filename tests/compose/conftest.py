"""Installations in containers: one for most tests of this folder, and one for the documents."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.compose.installation import Installation, why_no_docker


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A fresh one, started."""
    with _ended(tmp_path_factory.mktemp("clone"), with_a_bot=True) as made:
        made.build()
        made.healthy_after_s = made.up()
        yield made


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A clean clone that nobody started yet, without a bot's token."""
    with _ended(tmp_path_factory.mktemp("clone"), with_a_bot=False) as made:
        yield made


@contextmanager
def _ended(folder: Path, *, with_a_bot: bool) -> Iterator[Installation]:
    if reason := why_no_docker():
        pytest.skip(reason)
    made = Installation(folder, with_a_bot)
    try:
        yield made
    finally:
        made.end()
