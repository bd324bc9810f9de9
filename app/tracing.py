"""From a reading back to everything behind its prediction, wired."""

from collections.abc import Sequence
from typing import NamedTuple

from app.explaining import Explanations
from app.settings import Settings
from app.wiring import database, machines
from core.explanation import Explanation
from core.meant_reading import Meant
from db.learnt_labels import LearntLabel, PostgresLearntLabels
from db.scored_readings import FoundReading, PostgresScoredReadings
from model.manifest import Manifest


class Trace(NamedTuple):
    """All that led to what was said of a reading."""

    found: FoundReading
    explanation: Explanation
    manifest: Manifest
    """Of the version that scored it: signed by a trainer whom we trust, and the model's bytes are those it names."""
    labels: Sequence[LearntLabel]
    """That the version learnt from, oldest first."""


def trace(settings: Settings, meant: Meant) -> Trace:
    """What is behind the reading that is meant; nothing that could not be proven is part of it.

    Raises UserError where there is no such reading, ModelRefused where its model is gone or cannot be trusted,
    Unavailable.
    """
    # The read-only role, of which every process's login in containers is a member.
    engine = database(settings, "grafana")
    found = PostgresScoredReadings(engine).of(meant)
    explanations = Explanations(settings, machines(settings), engine)
    explanation = explanations.explained(found.reading)
    manifest = explanations.manifest(found.reading.version)
    labels = PostgresLearntLabels(engine).of(manifest.lineage.label_ids)
    return Trace(found, explanation, manifest, labels)
