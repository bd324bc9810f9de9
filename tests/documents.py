"""The commands that a document shows, for the tests that run them."""

import re
from collections.abc import Mapping, Sequence

from app.wiring import ROOT

_BLOCK = re.compile(r"^```\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SECTION = re.compile(r"^## (.*?)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)


def sections(document: str) -> Mapping[str, Sequence[str]]:
    """Heading → the commands that are shown under it, in their order."""
    text = (ROOT / "docs" / document).read_text(encoding="utf-8")
    return {heading: "".join(_BLOCK.findall(body)).splitlines() for heading, body in _SECTION.findall(text)}


class Remaining:
    """A section's commands, taken one after the other by the test that runs them; none may be left."""

    def __init__(self, document: str, heading: str) -> None:
        self._commands = list(sections(document)[heading])

    def next(self, beginning: str) -> str:
        """The next one; it begins like this."""
        command = self._commands.pop(0)
        assert command.startswith(beginning), f"{command!r} is next, not {beginning!r}"
        return command

    def none_left(self) -> None:
        """AssertionError where the document shows a command that was not run."""
        assert self._commands == []
