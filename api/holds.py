"""Held answers on a machine's page: an engineer releases or refuses them, as `./run labels` does."""

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from api.champions import reason_of
from api.stores import stores_of
from api.visitors import Here, Written
from core.errors import UserError
from core.held_labels import Decision

router = APIRouter()

_DECISIONS: dict[str, Decision] = {"release": "released", "refuse": "refused"}


@router.post("/ui/machines/{name}/holds")
def decide(request: Request, here: Here, fields: Written, name: str) -> Response:
    """Release or refuse the answers of one hold, as the form says."""
    if here.visitor.role != "engineer":
        raise HTTPException(403, "Only engineers may decide about held answers.")
    decision = _DECISIONS.get(fields.get("decision", ""))
    if decision is None:
        raise HTTPException(400, "Choose to release or to refuse them.")
    why = reason_of(fields)
    holds = stores_of(request).holds
    waiting = [one.hold for one in holds.waiting(here.visitor.id, name) if str(one.hold) == fields.get("hold")]
    if not waiting:
        raise HTTPException(409, "Nothing of that number waits here: perhaps somebody decided already.")
    try:
        holds.decide(waiting[0], decision, here.visitor.name, why)
    except UserError as error:  # somebody was quicker
        raise HTTPException(409, "Somebody decided already, or you are no engineer any more.") from error
    return RedirectResponse(request.url.path.removesuffix("/holds"), 303)
