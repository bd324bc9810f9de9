"""Event times as texts."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from core.batch import Integers
from core.machine import Machine

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Texts = Callable[[Integers], Sequence[str]]
"""Of µs since 1970 UTC."""


def time_writer(machine: Machine) -> Texts:
    """As the machine's devices write them."""
    if not machine.time_format:
        return rfc_3339
    zone, time_format = ZoneInfo(machine.time_zone or "UTC"), machine.time_format

    def texts(times: Integers) -> Sequence[str]:
        moments = (_EPOCH + timedelta(microseconds=time) for time in times.tolist())
        return [moment.astimezone(zone).strftime(time_format) for moment in moments]

    return texts


def rfc_3339(times: Integers) -> Sequence[str]:
    """With microseconds and `Z`."""
    texts: list[str] = np.datetime_as_string(times.view("datetime64[us]"), unit="us", timezone="UTC").tolist()
    return texts
