"""Where our model versions are shown to users of another registry."""

from collections.abc import Collection, Mapping
from typing import Protocol

from core.mirrored import MirroredName, MirroredVersion


class Mirror(Protocol):
    """Another registry that shows what ours holds; every method raises Unavailable."""

    def held(self, machine: str) -> Collection[MirroredName]:
        """The machine's versions that are there whole."""

    def add(self, told: MirroredVersion) -> None:
        """Show a version that is not held; what an earlier try left of it goes away."""

    def point(self, machine: str, aliases: Mapping[str, MirroredName | None]) -> None:
        """Let each alias point to that version; None, or a version that is not held: to none."""
