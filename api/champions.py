"""Moving the champion: an engineer promotes a version by name, or rolls back; a trainer carries it out."""

from collections.abc import Mapping

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from api.machines import NO_SUCH
from api.stores import stores_of
from api.visitors import Here, Written
from core.champion_move import Moved

router = APIRouter()

_LONGEST_REASON = 500
_REFUSED = {
    Moved.NOT_AN_ENGINEER: (403, "Only engineers may move the champion."),
    Moved.UNKNOWN_MACHINE: (404, NO_SUCH),
    Moved.UNKNOWN_VERSION: (404, "There is no such version."),
    Moved.CHAMPION_ALREADY: (409, "This version is champion already."),
    Moved.NOTHING_EARLIER: (409, "There is no earlier champion to go back to."),
    Moved.UNDER_WAY: (409, "Another move of this machine's champion is under way: wait for its end."),
}


@router.post("/ui/machines/{name}/promote")
def promote(request: Request, here: Here, fields: Written, name: str) -> Response:
    """Make the version of the form champion, against the gate's word."""
    number = fields.get("version", "")
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise HTTPException(400, "Choose a version.")
    wishes = stores_of(request).champions
    return _answer(request, wishes.promote(here.visitor, name, int(number), reason_of(fields)))


@router.post("/ui/machines/{name}/rollback")
def roll_back(request: Request, here: Here, fields: Written, name: str) -> Response:
    """Put the champion before this one back into service."""
    wishes = stores_of(request).champions
    return _answer(request, wishes.roll_back(here.visitor, name, reason_of(fields)))


def _answer(request: Request, moved: Moved) -> Response:
    if moved is not Moved.WISHED:
        raise HTTPException(*_REFUSED[moved])
    return RedirectResponse(f"{request.url.path.rpartition('/')[0]}#requests", 303)


def reason_of(fields: Mapping[str, str]) -> str:
    """What the form says why; HTTPException 400 where it says nothing, or too much."""
    reason = " ".join(fields.get("reason", "").split())
    if not 0 < len(reason) <= _LONGEST_REASON:
        raise HTTPException(400, f"Say why, in at most {_LONGEST_REASON} characters: it is kept in the log.")
    return reason
