"""What a model makes of a fleet's days: the incidents that it opens, and what they come to."""

from typing import NamedTuple

import numpy as np

from bench.fleet import Days, Episode
from core.batch import Floats, Integers
from core.incident_policy import IncidentPolicy
from core.incident_replay import IncidentReplay
from core.label import Verdict
from core.ports.models import Model


class Incident(NamedTuple):
    """An incident that opened in these days."""

    device: int
    first: int
    """Row of its first fault."""
    last: int
    """And of its newest."""


class Watched(NamedTuple):
    """Scores of the days' readings (NaN: not scored) and the incidents in the order in which they opened."""

    days: Days
    scores: Floats
    incidents: list[Incident]

    def rows_of(self, incident: Incident) -> Integers:
        """The scored readings of an incident, as a label speaks of them."""
        rows = self.days.rows_of(incident.device)
        inside = (rows >= incident.first) & (rows <= incident.last)
        return rows[inside & ~np.isnan(self.scores[rows])]

    def truth_of(self, incident: Incident) -> Verdict:
        """What a person finds who goes there."""
        rows = self.rows_of(incident)
        if self.days.fault[rows].any():
            return Verdict.FAULT
        return Verdict.SENSOR_FAULT if self.days.sensor_fault[rows].any() else Verdict.FALSE_ALARM

    def missed(self) -> list[Episode]:
        """The episodes during which no incident was open."""
        return [episode for episode in self.days.episodes() if not self._told(episode)]

    def recall(self, fault: int | None = None) -> float:
        """The share of the episodes, of one fault or of all, during which an incident was open."""
        told = [self._told(found) for found in self.days.episodes() if fault is None or found.fault == fault]
        return float(np.mean(told)) if told else float("nan")

    def false_alarms_per_device_day(self) -> float:
        """Incidents of devices that are well, sensors included."""
        false = sum(self.truth_of(incident) is Verdict.FALSE_ALARM for incident in self.incidents)
        return false / len(np.unique(self.days.devices)) / self.days.length

    def _told(self, episode: Episode) -> bool:
        begin, end = episode.rows[0], episode.rows[-1]
        return any(
            incident.device == episode.device and incident.first <= end and incident.last >= begin
            for incident in self.incidents
        )


def watch(days: Days, model: Model, policy: IncidentPolicy) -> Watched:
    """Score the days' readings and judge them, every device healthy at first."""
    predictions = model.predict(days.readings.sensors).only(days.scored)
    replay = IncidentReplay(policy)
    raised = [*replay.take(days.readings, days.devices, predictions), *replay.open()]
    raised.sort(key=lambda one: one.opened.offset)
    incidents = [Incident(one.device, one.first.offset, one.last.offset) for one in raised]
    return Watched(days, predictions.scores, incidents)
