"""Commands as a person types them, in the process of the test: a second less than a process of their own."""

from collections.abc import Mapping

from click.testing import CliRunner

from app.cli import main


class Shell:
    """Runs commands in an environment."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def __call__(self, *arguments: str) -> str:
        """What the command prints; its error where it fails."""
        result = CliRunner(env=dict(self._environment)).invoke(main, list(arguments))
        if result.exception is not None:
            raise result.exception
        return result.stdout
