"""What is known of machines and devices: `/api/v1/machines`, `/api/v1/devices`, for the operator behind the key."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query, Request
from pydantic import BaseModel

from api.v1.keys import Reading
from api.v1.parts import parts_of
from api.v1.problems import answers

router = APIRouter(prefix="/api/v1", tags=["read"])

MachineName = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{0,47}$", examples=["equipment"])]
_DeviceName = Annotated[str, Path(min_length=1, max_length=200, pattern=r"^[^\x00]+$", examples=["pump-7"])]
_Count = Annotated[int, Query(ge=1, le=1000)]
NO_SUCH_DEVICE = "There is no such device, or the key's operator does not follow its machine."
NO_SUCH_MACHINE = "There is no such machine, or the key's operator does not follow it."


class KnownMachine(BaseModel):
    """A machine that the operator follows."""

    machine: str
    title: str
    devices: int
    champion: int | None
    """Its version; null: none was promoted yet."""
    since: datetime | None


class KnownDevice(BaseModel):
    """A device with its latest reading."""

    machine: str
    device: str
    time: datetime | None
    probability: float | None
    """Null: it was not scored, or none of the latest readings is the device's."""
    in_trouble: bool
    """An incident of it is open."""


class KnownReading(BaseModel):
    """A stored reading."""

    time: datetime
    probability: float | None
    sensors: dict[str, float | None]


class KnownIncident(BaseModel):
    """An incident of a device."""

    alert: int | None
    """Null: it raised none."""
    since: datetime
    until: datetime | None
    """Null: it is open."""


@router.get("/machines", responses=answers(), summary="Machines and their champions")
def machines(request: Request, caller: Reading) -> list[KnownMachine]:
    """Those that the key's operator follows, by name."""
    parts = parts_of(request)
    return [
        KnownMachine(
            machine=one.machine,
            title=parts.machines[one.machine].title if one.machine in parts.machines else "",
            devices=one.devices,
            champion=one.champion.number if one.champion else None,
            since=one.since,
        )
        for one in parts.models.machines(caller.visitor.id)
    ]


@router.get("/devices", responses=answers(), summary="Devices, those in trouble first")
def devices(
    request: Request,
    caller: Reading,
    search: Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$")] = "",
    count: _Count = 100,
    skip: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> list[KnownDevice]:
    """At most `count` whose name holds `search`, then by score, the highest first; `skip` turns the page."""
    return [
        KnownDevice(
            machine=one.machine, device=one.device, time=one.time, probability=one.score, in_trouble=one.in_trouble
        )
        for one in parts_of(request).devices.latest(caller.visitor.id, search, count, skip)
    ]


@router.get("/machines/{machine}/devices/{device}/readings", responses=answers(404), summary="A device's readings")
def readings(
    request: Request, caller: Reading, machine: MachineName, device: _DeviceName, count: _Count = 100
) -> list[KnownReading]:
    """Its latest, oldest first; fewer than `count` where they lie far back among those of other devices."""
    _require(request, caller, machine, device)
    course = parts_of(request).devices.course(machine, device, count)
    columns = [values for _, values in course.sensors]
    names = [name for name, _ in course.sensors]
    return [
        KnownReading(time=time, probability=score, sensors=dict(zip(names, values, strict=True)))
        for time, score, *values in zip(course.times, course.scores, *columns, strict=True)
    ]


@router.get("/machines/{machine}/devices/{device}/incidents", responses=answers(404), summary="A device's incidents")
def incidents(
    request: Request, caller: Reading, machine: MachineName, device: _DeviceName, count: _Count = 100
) -> list[KnownIncident]:
    """The newest first."""
    _require(request, caller, machine, device)
    found = parts_of(request).devices.troubles(machine, device, count)
    return [KnownIncident(alert=one.alert, since=one.since, until=one.until) for one in found]


def _require(request: Request, caller: Reading, machine: str, device: str) -> None:
    if machine not in parts_of(request).devices.machines_of(caller.visitor.id, device):
        raise HTTPException(404, NO_SUCH_DEVICE)
