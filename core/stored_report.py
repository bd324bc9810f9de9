"""The report of a training as it is kept."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from core.machine import Machine


class StoredReport(NamedTuple):
    """A report as HTML in the bucket, under a key that is named after its content, and as facts in the database."""

    key: str
    sha256: str
    facts: Mapping[str, object]


class TrainingReports(Protocol):
    """Reports of trainings that made no version."""

    def keep(self, machine: Machine, report: StoredReport) -> None:
        """Keep the facts; once, however often it is kept. Raises Unavailable."""
