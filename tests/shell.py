"""Commands as a person types them, in the process of the test: a second less than a process of their own."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from click.testing import CliRunner

from app.cli import main


class Shell:
    """Runs commands in an environment."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def __call__(self, *arguments: str) -> str:
        """What the command prints; its error where it fails."""
        with logging_left_as_it_is():
            result = CliRunner(env=dict(self._environment)).invoke(main, list(arguments))
        if result.exception is not None:
            raise result.exception
        return result.stdout


@contextmanager
def logging_left_as_it_is() -> Iterator[None]:
    """A command sets logging up for its process, which here goes on with other commands and tests."""
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    try:
        yield
    finally:
        root.setLevel(level)
        root.handlers[:] = handlers
