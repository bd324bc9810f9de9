"""core.ports.mirror.Mirror in memory."""

from collections.abc import Collection, Mapping

from core.errors import Unavailable
from core.mirrored import MirroredName, MirroredVersion


class FakeMirror:
    """Keeps what is shown; while `away`, it takes and tells nothing."""

    def __init__(self) -> None:
        self.shown: list[MirroredVersion] = []
        self.aliases: dict[str, dict[str, MirroredName]] = {}
        self.away = False

    def held(self, machine: str) -> Collection[MirroredName]:
        """Of this machine."""
        self._answer()
        return {one.name for one in self.shown if one.version.machine == machine}

    def add(self, told: MirroredVersion) -> None:
        """Show it."""
        self._answer()
        self.shown.append(told)

    def point(self, machine: str, aliases: Mapping[str, MirroredName | None]) -> None:
        """Where it is held."""
        held = self.held(machine)
        now = self.aliases.setdefault(machine, {})
        for alias, name in aliases.items():
            if name is not None and name in held:
                now[alias] = name
            else:
                now.pop(alias, None)

    def _answer(self) -> None:
        if self.away:
            raise Unavailable("MLFLOW_TRACKING_URI (fake) takes nothing: it is away")
