"""`/api/v1/machines`: what the page offers engineers, for programs; with the login of the page."""

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

from api.machines import REFUSED
from api.stores import stores_of
from api.visitors import Here
from core.shown_machines import Wish
from core.training_options import Choice, TrainingOptions

router = APIRouter(prefix="/api/v1/machines")


class _Retraining(BaseModel):
    """The body of a request for a new model."""

    model_config = ConfigDict(extra="forbid", strict=True)

    model: Choice | None = None
    dry_run: bool = False
    search: bool = False


@router.post("/{machine}/retrain")
def retrain(request: Request, here: Here, machine: str, body: _Retraining) -> JSONResponse:
    """Ask for a new model; answered at once, with the request's number.

    Only JSON is taken, which no form of another site can send; the guard asks for `Origin` besides.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise HTTPException(415, 'Send JSON: {} or {"model": "rf"}.')
    wished = stores_of(request).models.retrain(
        here.visitor, machine, TrainingOptions(body.model, dry_run=body.dry_run, search=body.search), "api"
    )
    if wished.wish is not Wish.REQUESTED:
        raise HTTPException(*REFUSED[wished.wish])
    return JSONResponse({"request": wished.request, "machine": machine, "state": "pending"}, 202)
