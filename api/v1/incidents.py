"""Incidents of all devices of a machine: `/api/v1/machines/{machine}/incidents`."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Query, Request
from pydantic import BaseModel, ConfigDict

from api.v1.keys import Reading
from api.v1.known import NO_SUCH_MACHINE, MachineName
from api.v1.parts import parts_of
from api.v1.problems import answers

router = APIRouter(prefix="/api/v1/machines/{machine}/incidents", tags=["read"])


class Incident(BaseModel):
    """A trouble of a device, whether or not people were told of it."""

    model_config = ConfigDict(
        protected_namespaces=(),
        json_schema_extra={
            "example": {
                "incident": 12,
                "device": "pump-7",
                "kind": "fault",
                "since": "2026-03-01T12:00:00Z",
                "until": None,
                "severity": "medium",
                "probability": 0.97,
                "faults": 8,
                "model_version": 3,
                "alert": 3,
            }
        },
    )

    incident: int
    device: str
    kind: Literal["fault", "sensor", "silent"]
    """`sensor`: one that cannot be right."""
    since: datetime
    until: datetime | None
    """Null: it is open."""
    severity: str
    probability: float
    """The highest of a reading of it."""
    faults: int
    model_version: int
    """That opened it."""
    alert: int | None
    """Null: it raised none."""


@router.get("", responses=answers(404), summary="A machine's incidents, the newest first")
def incidents(
    request: Request,
    caller: Reading,
    machine: MachineName,
    count: Annotated[int, Query(ge=1, le=1000)] = 100,
    before: Annotated[int | None, Query(ge=1, lt=2**63, description="Only older ones: the last page's last.")] = None,
    still_open: Annotated[bool, Query(alias="open", description="Only those that are open.")] = False,
) -> list[Incident]:
    """Of all its devices."""
    found = parts_of(request).incidents.newest(caller.visitor.id, machine, count, before, still_open=still_open)
    if found is None:
        raise HTTPException(404, NO_SUCH_MACHINE)
    return [
        Incident(
            incident=one.incident,
            device=one.device,
            kind=one.kind,
            since=one.since,
            until=one.until,
            severity=one.severity.words,
            probability=one.probability,
            faults=one.faults,
            model_version=one.model_version,
            alert=one.alert,
        )
        for one in found
    ]
