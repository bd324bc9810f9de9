"""Answers of several people, in the order in which they were given."""

from datetime import datetime, timedelta

from core.label import Verdict
from core.unusual_labels import GivenAnswer
from tests.builders import NOON


class Answers:
    """Collects them; each an hour after the one before, about a device of its own, unless told otherwise."""

    def __init__(self) -> None:
        self.all: list[GivenAnswer] = []
        self._people: dict[str, int] = {}

    def add(
        self,
        by: str,
        trouble: object,
        verdict: Verdict,
        *,
        engineer: bool = False,
        device: int | None = None,
        at: datetime | None = None,
        model: Verdict | None = None,
    ) -> int:
        """One more answer; its label."""
        label = len(self.all) + 1
        self.all.append(
            GivenAnswer(
                label,
                self._people.setdefault(by, len(self._people) + 1),
                by,
                engineer,
                str(trouble),
                label if device is None else device,
                verdict,
                at or NOON + timedelta(hours=label),
                model=model,
            )
        )
        return label
