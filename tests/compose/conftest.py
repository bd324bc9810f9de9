"""One installation in containers for all tests of this folder."""

from collections.abc import Iterator

import pytest

from tests.compose.installation import Installation, why_no_docker


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A fresh one, started."""
    if reason := why_no_docker():
        pytest.skip(reason)
    made = Installation(tmp_path_factory.mktemp("clone"))
    try:
        made.up()
        yield made
    finally:
        made.end()
