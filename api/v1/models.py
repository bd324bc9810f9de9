"""Models of a machine, and the wish for other ones, for the operator behind the key: an engineer, where one wishes."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field

from api.v1.keys import Modelling, Reading
from api.v1.known import NO_SUCH_MACHINE, MachineName
from api.v1.parts import parts_of
from api.v1.problems import answers
from core.champion_move import Moved
from core.shown_machines import Wish
from core.training_options import Choice, TrainingOptions

router = APIRouter(prefix="/api/v1/machines/{machine}", tags=["models"])

_Reason = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00]*\S[^\x00]*$")]


class KnownModel(BaseModel):
    """A model version with what it reached on the hold-out."""

    number: int
    algorithm: str
    threshold: float
    pr_auc: float | None
    f1: float | None
    labels: int
    """That it learnt from."""
    created_by: str
    created_at: datetime
    champion: bool


class TrainingRun(BaseModel):
    """A training that was asked for."""

    request: int
    state: str
    asked_by: str
    at: datetime
    finished_at: datetime | None
    version: int | None
    """That came of it."""
    reason: str


class Retraining(BaseModel):
    """How to train."""

    model_config = ConfigDict(extra="forbid", strict=True)

    model: Choice | None = None
    """Null: as the champion."""
    dry_run: bool = False
    search: bool = False


class Promotion(BaseModel):
    """Which version is to serve, against the gate's word, and why."""

    model_config = ConfigDict(extra="forbid", strict=True)

    version: Annotated[int, Field(ge=1, le=999_999_999)]
    reason: _Reason


class Rollback(BaseModel):
    """Why the champion before this one is to serve again."""

    model_config = ConfigDict(extra="forbid", strict=True)

    reason: _Reason


class Asked(BaseModel):
    """Taken; a trainer carries it out."""

    request: int | None = None
    """Of a training."""
    machine: str
    state: str = "pending"


_REFUSED = {
    Wish.NOT_AN_ENGINEER: (403, "The key's operator is no engineer."),
    Wish.UNKNOWN_MACHINE: (404, NO_SUCH_MACHINE),
    Wish.UNDER_WAY: (409, "A request for a new model of this machine is under way already."),
    Moved.NOT_AN_ENGINEER: (403, "The key's operator is no engineer."),
    Moved.UNKNOWN_MACHINE: (404, NO_SUCH_MACHINE),
    Moved.UNKNOWN_VERSION: (404, "There is no such version."),
    Moved.CHAMPION_ALREADY: (409, "This version is champion already."),
    Moved.NOTHING_EARLIER: (409, "There is no earlier champion to go back to."),
    Moved.UNDER_WAY: (409, "Another move of this machine's champion is under way."),
}


@router.get("/models", responses=answers(404), summary="Model versions, the newest first")
def models(request: Request, caller: Reading, machine: MachineName) -> list[KnownModel]:
    """What there is, and which of them serves."""
    found = parts_of(request).models.of(caller.visitor.id, machine)
    if found is None:
        raise HTTPException(404, NO_SUCH_MACHINE)
    return [KnownModel.model_validate(one, from_attributes=True) for one in found.versions]


@router.get("/trainings", responses=answers(404), summary="Trainings that were asked for, the newest first")
def trainings(request: Request, caller: Reading, machine: MachineName) -> list[TrainingRun]:
    """Those under way and those that are over."""
    found = parts_of(request).models.of(caller.visitor.id, machine)
    if found is None:
        raise HTTPException(404, NO_SUCH_MACHINE)
    return [TrainingRun.model_validate(one, from_attributes=True) for one in found.requests]


@router.post("/retrain", status_code=202, responses=answers(404, 409), summary="Ask for a new model")
def retrain(request: Request, caller: Modelling, machine: MachineName, body: Retraining) -> Asked:
    """It is promoted only if it is better; its number leads to how it went."""
    options = TrainingOptions(body.model, dry_run=body.dry_run, search=body.search)
    wished = parts_of(request).models.retrain(caller.visitor, machine, options, "api")
    if wished.wish is not Wish.REQUESTED:
        raise HTTPException(*_REFUSED[wished.wish])
    return Asked(request=wished.request, machine=machine)


@router.post("/promote", status_code=202, responses=answers(404, 409), summary="Make a version champion")
def promote(request: Request, caller: Modelling, machine: MachineName, body: Promotion) -> Asked:
    """Against the gate's word, with the reason in the log."""
    return _moved(parts_of(request).champions.promote(caller.visitor, machine, body.version, body.reason), machine)


@router.post("/rollback", status_code=202, responses=answers(404, 409), summary="Go back to the champion before")
def roll_back(request: Request, caller: Modelling, machine: MachineName, body: Rollback) -> Asked:
    """With the reason in the log."""
    return _moved(parts_of(request).champions.roll_back(caller.visitor, machine, body.reason), machine)


def _moved(moved: Moved, machine: str) -> Asked:
    if moved is not Moved.WISHED:
        raise HTTPException(*_REFUSED[moved])
    return Asked(machine=machine)
