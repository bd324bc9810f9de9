"""What each model version was worth to people while it served, from their own verdicts."""

from msgspec import Struct


class Served(Struct, frozen=True):
    """One version's time in service, as people judged it."""

    number: int
    confirmed: int
    """Alerts that were real faults."""
    refuted: int
    """Alerts that were false alarms."""
    missed: int
    """Faults that people reported or that questions found, on readings that it had scored."""
    device_days: float
    """That it served."""

    @property
    def false_alarm_share(self) -> float | None:
        """Of the judged alerts; None: none was judged."""
        judged = self.confirmed + self.refuted
        return self.refuted / judged if judged else None

    @property
    def false_alarms_per_device_day(self) -> float | None:
        """None: it never served."""
        return self.refuted / self.device_days if self.device_days else None

    @property
    def recall(self) -> float | None:
        """Of the faults that people know of; None: they know of none. What nobody noticed is missing."""
        known = self.confirmed + self.missed
        return self.confirmed / known if known else None
