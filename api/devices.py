"""`/ui/devices`: every device with its latest score, and the course of each."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import Response

from api.charts import charts
from api.pages import render
from api.reports import SINCE
from api.stores import Stores, stores_of
from api.visitors import Here, Session

router = APIRouter()

_AT_ONCE = 50
_IN_CHART = 500
_IN_TABLE = 20
_TROUBLES = 20
Skip = Annotated[int, Query(ge=0, le=1_000_000)]
Text = Annotated[str, Query(max_length=300)]


@router.get("/ui/devices")
def devices(request: Request, here: Here, search: Text = "", skip: Skip = 0) -> Response:
    """The devices whose names hold `search`, those in trouble first, a page of them."""
    sought = _text(search)
    found = stores_of(request).devices.latest(here.visitor.id, sought, _AT_ONCE + 1, skip)
    shown, following = found[:_AT_ONCE], skip + _AT_ONCE if len(found) > _AT_ONCE else None
    return render("devices.html", here=here, devices=shown, search=sought, skip=skip, following=following)


@router.get("/ui/devices/{name:path}")
def device(request: Request, here: Here, name: str, machine: Text = "") -> Response:
    """Its latest readings and incidents; where several machines have a device of that name, which one is meant."""
    stores, name = stores_of(request), _text(name)
    found = _machines_of(stores, here, name, machine)
    if len(found) > 1:
        return render("which_device.html", here=here, name=name, machines=found)
    (machine,) = found
    course = stores.devices.course(machine, name, _IN_TABLE)
    troubles = stores.devices.troubles(machine, name, _TROUBLES)
    return render("device.html", here=here, name=name, machine=machine, course=course, troubles=troubles, since=SINCE)


@router.get("/ui/readings")
def readings(request: Request, here: Here, device: Text, machine: Text) -> Response:
    """The device's latest readings as columns, for its charts."""
    stores = stores_of(request)
    (machine,) = _machines_of(stores, here, _text(device), machine)
    course = stores.devices.course(machine, _text(device), _IN_CHART)
    troubles = stores.devices.troubles(machine, _text(device), _TROUBLES)
    drawn = charts(course, troubles, stores.machines.get(machine))
    return Response(msgspec.json.encode(drawn), media_type="application/json")


def _machines_of(stores: Stores, here: Session, device: str, machine: str) -> Sequence[str]:
    """Those that have such a device, or the one that was named. HTTPException where there is none."""
    found = [one for one in stores.devices.machines_of(here.visitor.id, device) if machine in ("", one)]
    if not found:
        raise HTTPException(404, "There is no such device, or you do not follow its machine.")
    return found


def _text(given: str) -> str:
    return given.replace("\x00", "").strip()
