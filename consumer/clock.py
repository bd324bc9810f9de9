"""Times as a machine's devices write them, where they do not write RFC 3339 with a zone."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from core.machine import Machine


def time_type(machine: Machine) -> Any:
    """What the decoder takes for a time: with a zone, unless the machine says which one is meant."""
    if machine.time_format:
        return str
    return datetime if machine.time_zone else Annotated[datetime, Meta(tz=True)]


def time_reader(machine: Machine) -> Callable[[Any], datetime] | None:
    """What makes an aware datetime of a value of `time_type`; None where it is one already.

    An hour that the clock passes twice is its first passing. Raises msgspec.ValidationError.
    """
    if not machine.time_format and not machine.time_zone:
        return None
    zone = ZoneInfo(machine.time_zone) if machine.time_zone else None
    time_format, field = machine.time_format, machine.message.time

    def read(value: Any) -> datetime:
        time = _parsed(value, time_format, field) if time_format else value
        if time.tzinfo is None:
            time = time.replace(tzinfo=zone)
        return time

    return read


def _parsed(text: str, time_format: str, field: str) -> datetime:
    try:
        return datetime.strptime(_ascii(text), time_format)  # noqa: DTZ007  # the machine names the zone
    except ValueError:
        raise msgspec.ValidationError(f"Time is not written as {time_format} - at `$.{field}`") from None


def _ascii(text: str) -> str:
    """The text; ValueError for one with digits of other scripts, which strptime would read."""
    return text.encode("ascii").decode()
