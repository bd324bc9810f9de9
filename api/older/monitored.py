"""`/devices/…`, as the older streaming monitoring system had it: for its PCs and Raspberry Pi."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from fastapi import APIRouter, HTTPException, Path, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from api.v1.keys import Reading, is_nobody
from api.v1.parts import parts_of
from api.v1.predict import scored
from api.v1.problems import answers
from core.api_key import Caller
from core.flags import flags_text
from core.machine import Machine
from core.sensor import Sensor
from core.shown_devices import Course

MACHINES = ("pc1", "pc2", "raspberry")
_COUNT = 100
"""Readings of a device that are shown at most."""
_NONE = "There is no such device, or the key's operator does not follow its machine, or nothing of it was read yet."
_Device = Annotated[str, Path(min_length=1, max_length=200, pattern=r"^[^\x00/]+$", examples=["pc1"])]
Fields = dict[str, str | float | None]
"""A reading as the device's message had it."""
_EXAMPLE = {"device": "pc1", "loading_datetime": "2026-03-01@12:00:05", "LoadCPUTotal": 4.6875}


class Status(BaseModel):
    """How a device is."""

    msg: str


class _Found(NamedTuple):
    machine: Machine
    device: str
    course: Course


class _Devices:
    """The devices that the machines' files list."""

    def __init__(self, machines: Iterable[Machine]) -> None:
        self._known = [(machine, device) for machine in machines for device in machine.devices]

    def courses(self, request: Request, caller: Caller, count: int, device: str = "") -> Iterator[_Found]:
        """Of the devices that the caller may see and that were read; `device` names one."""
        stored = parts_of(request).devices
        for machine, name in self._known:
            if device not in ("", name):
                continue
            if is_nobody(caller) or machine.name in stored.machines_of(caller.visitor.id, name):
                course = stored.course(machine.name, name, count)
                if course.times:
                    yield _Found(machine, name, course)

    def one(self, request: Request, caller: Caller, count: int, device: str) -> _Found:
        """HTTPException 404 where there is none."""
        for found in self.courses(request, caller, count, device):
            return found
        raise HTTPException(404, _NONE)


def router(machines: Iterable[Machine]) -> APIRouter:
    """The older paths for these machines."""
    found, devices = APIRouter(prefix="/devices", tags=["older systems"]), _Devices(machines)
    shown: dict[int | str, dict[str, object]] = {200: {"content": {"application/json": {"example": [_EXAMPLE]}}}}

    @found.get("/", responses=answers() | shown)
    def all_devices(request: Request, caller: Reading) -> list[Fields]:
        """The latest reading of each device, as its message had it."""
        return [_fields(one)[0] for one in devices.courses(request, caller, 1)]

    @found.get("/{device}", responses=answers(404) | shown)
    def readings(request: Request, caller: Reading, device: _Device) -> list[Fields]:
        """Its latest readings as its messages had them, at most a hundred, the newest first."""
        return _fields(devices.one(request, caller, _COUNT, device))

    @found.get("/{device}/status", responses=answers(404))
    async def status(request: Request, caller: Reading, device: _Device) -> Status:
        """Stressed is a device with an open incident, and one whose newest reading the champion calls a fault."""
        one = await run_in_threadpool(devices.one, request, caller, 1, device)
        troubles = await run_in_threadpool(parts_of(request).devices.troubles, one.machine.name, device, 1)
        row = np.array([[np.nan if values[-1] is None else values[-1] for _, values in one.course.sensors]])
        said = await scored(request, one.machine, row)
        stressed = bool(said.predictions.faults[0]) or any(trouble.until is None for trouble in troubles)
        return Status(msg="The device is stressed" if stressed else "The device is OK")

    return found


def _fields(one: _Found) -> list[Fields]:
    """The readings, newest first."""
    machine, course = one.machine, one.course
    zone, columns = ZoneInfo(machine.time_zone or "UTC"), dict(course.sensors)
    found: list[Fields] = []
    for place in reversed(range(len(course.times))):
        time = course.times[place].astimezone(zone)
        heads: Fields = {
            machine.message.device: one.device,
            machine.message.time: time.strftime(machine.time_format) if machine.time_format else time.isoformat(),
        }
        found.append(heads | _sensors(machine, {name: values[place] for name, values in columns.items()}))
    return found


def _sensors(machine: Machine, values: Mapping[str, float | None]) -> Fields:
    """By the messages' fields; bits of one field are its text again."""
    by_field: dict[str, list[Sensor]] = {}
    for sensor in machine.sent.sensors:
        by_field.setdefault(sensor.written, []).append(sensor)
    found: Fields = {}
    for field, (first, *others) in by_field.items():
        if first.bit is None:
            found[field] = values.get(first.name)
            continue
        bits = [(sensor.bit or 0, values.get(sensor.name)) for sensor in (first, *others)]
        found[field] = flags_text((bit, np.nan if value is None else value) for bit, value in bits) or None
    return found
