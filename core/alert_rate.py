"""How often a model version rang while it served."""

from msgspec import Struct


class AlertRate(Struct, frozen=True):
    """Alerts of machine faults that one version raised."""

    alerts: int
    days: float
    """That it was champion."""
    devices: int
    """Of the machine."""

    @property
    def per_device_day(self) -> float | None:
        """None: it never served, or nothing is there to serve."""
        device_days = self.days * self.devices
        return self.alerts / device_days if device_days else None
