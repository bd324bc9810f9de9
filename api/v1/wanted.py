"""Which readings of a machine are asked for, and where a page of them begins."""

import base64
import binascii
import re
from datetime import UTC, datetime
from typing import Annotated, Literal, NamedTuple, TypeAlias

from fastapi import Depends, HTTPException, Query, Request
from pydantic import AfterValidator

from api.v1.keys import Reading
from api.v1.known import NO_SUCH_DEVICE, NO_SUCH_MACHINE, MachineName
from api.v1.parts import parts_of
from core.batch import Quality
from core.kept_readings import BEGINNING, LogPlace, Wanted

_YEARS = range(1970, 9999)
_PLACE = re.compile(rb"([0-9]{1,5})\.([0-9]{1,9})\.([0-9]{1,18})")
_ANY_FLAG = Quality.SENSOR_MISSING | Quality.OUT_OF_RANGE | Quality.STUCK | Quality.FUTURE | Quality.LATE
_Flag: TypeAlias = Literal["good", "flagged", "sensor_missing", "out_of_range", "stuck", "future", "late"]


def _moment(time: datetime) -> datetime:
    if time.year not in _YEARS:
        raise ValueError(f"should be a moment from {_YEARS.start} to {_YEARS.stop - 1}")
    return time if time.tzinfo else time.replace(tzinfo=UTC)


_Moment = Annotated[datetime, AfterValidator(_moment)]


class Asked(NamedTuple):
    """What a request asks for."""

    name: str
    """Of the machine."""
    wanted: Wanted


def _asked(
    request: Request,
    caller: Reading,
    machine: MachineName,
    device: Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00]+$", examples=["pump-7"])] = None,
    since: Annotated[
        _Moment | None,
        Query(
            description="Of this event time or later; UTC where it names no zone.", examples=["2026-03-01T00:00:00Z"]
        ),
    ] = None,
    until: Annotated[
        _Moment | None, Query(description="Before this event time.", examples=["2026-03-02T00:00:00Z"])
    ] = None,
    fault: Annotated[bool, Query(description="Only faults: the probability passes the threshold.")] = False,
    model_version: Annotated[int | None, Query(ge=0, lt=2**31, description="Only those that it scored.")] = None,
    quality: Annotated[
        _Flag | None, Query(description="`good`: without a flag; `flagged`: with any; else: with this one.")
    ] = None,
) -> Asked:
    parts = parts_of(request)
    known = parts.readings.machine(caller.visitor.id, machine)
    if known is None:
        raise HTTPException(404, NO_SUCH_MACHINE)
    if device is not None and machine not in parts.devices.machines_of(caller.visitor.id, device):
        raise HTTPException(404, NO_SUCH_DEVICE)
    if since is not None and until is not None and since >= until:
        raise HTTPException(422, f"since {since.isoformat()} is not before until {until.isoformat()}")
    flags = None if quality is None else _ANY_FLAG if quality == "flagged" else Quality[quality.upper()]
    threshold = parts.machines[machine].threshold if machine in parts.machines else None
    return Asked(machine, Wanted(known, device, since, until, fault, model_version, flags, threshold))


Filtered = Annotated[Asked, Depends(_asked)]


def _place(
    cursor: Annotated[
        str | None, Query(max_length=64, description="The last page's `next`, with the same filters.")
    ] = None,
) -> LogPlace:
    """HTTPException 422 for what no page said."""
    if cursor is None:
        return BEGINNING
    try:
        found = _PLACE.fullmatch(base64.urlsafe_b64decode(cursor.encode()))
    except (binascii.Error, ValueError):
        found = None
    if found is None or int(found[1]) >= 2**15:
        raise HTTPException(422, "cursor: send the `next` of the page before, as it is")
    return LogPlace(*map(int, found.groups()))


Begin = Annotated[LogPlace, Depends(_place)]


def cursor_of(place: LogPlace) -> str:
    """The place as a page says it."""
    return base64.urlsafe_b64encode(".".join(map(str, place)).encode()).decode()
