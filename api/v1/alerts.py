"""Alerts of all machines and devices, and what people said of them: `/api/v1/alerts`."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, HTTPException, Path, Query, Request

from api.v1.alert_bodies import Alert, Labelled, NewLabel, alert_of
from api.v1.keys import Labelling, Reading
from api.v1.parts import parts_of
from api.v1.problems import answers
from core.api_key import Caller
from core.reply import UNDO, Outcome, Reply, ReplyOutcome
from core.shown import ShownAlert

router = APIRouter(prefix="/api/v1/alerts", tags=["alerts"])

CHANNEL = "api"
Number = Annotated[int, Path(ge=1, lt=2**63, examples=[3])]
_NO_SUCH_ALERT = "There is no such alert, or the key's operator does not get it."
_LABELLED = (Outcome.LABELLED, Outcome.OVERRULED, Outcome.REPEATED)


@router.get("", responses=answers(), summary="Alerts of all devices, the newest first")
def alerts(
    request: Request,
    caller: Reading,
    count: Annotated[int, Query(ge=1, le=1000)] = 100,
    before: Annotated[int | None, Query(ge=1, lt=2**63, description="Only older ones: the last page's last.")] = None,
    waiting: Annotated[bool, Query(description="Only those that nobody answered.")] = False,
) -> list[Alert]:
    """Those that the key's operator gets, each with the label that counts."""
    found = parts_of(request).alerts.newest(caller.visitor.id, count, before, waiting=waiting)
    return [alert_of(one) for one in found]


@router.get("/{alert}", responses=answers(404), summary="An alert")
def one(request: Request, caller: Reading, alert: Number) -> Alert:
    """As it stands now."""
    return alert_of(_shown(request, caller, alert))


@router.post("/{alert}/label", responses=answers(404, 409), summary="Answer an alert")
def label(request: Request, caller: Labelling, alert: Number, body: NewLabel) -> Labelled:
    """As the key's operator would from a chat: the incident's readings are labelled, a later answer corrects."""
    _shown(request, caller, alert)
    said = {"key": caller.key, "alert": alert, **body.model_dump(mode="json")}
    done = _accept(request, caller, alert, said, body.text, comment=body.comment.strip())
    if done.kind is Outcome.NOT_UNDERSTOOD:
        raise HTTPException(422, body.misunderstood)
    return _labelled(request, caller, alert, done)


@router.delete("/{alert}/label", responses=answers(404, 409), summary="Take an answer back")
def undo(
    request: Request,
    caller: Labelling,
    alert: Number,
    label: Annotated[int, Query(ge=1, lt=2**63, description="Which: a repeat takes no second one back.")],
) -> Labelled:
    """One's own; the answer before it counts again."""
    _shown(request, caller, alert)
    done = _accept(request, caller, alert, {"key": caller.key, "alert": alert, "undo": label}, UNDO, takes_back=label)
    return _labelled(request, caller, alert, done)


def _accept(
    request: Request,
    caller: Caller,
    alert: int,
    said: dict[str, object],
    text: str,
    *,
    comment: str = "",
    takes_back: int | None = None,
) -> ReplyOutcome:
    sender = str(caller.visitor.id)
    reply = Reply(
        CHANNEL,
        None,
        msgspec.json.encode(said).decode(),
        sender,
        sender,
        text,
        alert=alert,
        comment=comment,
        takes_back=takes_back,
    )
    return parts_of(request).inbox.accept(CHANNEL, reply)


def _labelled(request: Request, caller: Caller, alert: int, done: ReplyOutcome) -> Labelled:
    if done.kind not in (*_LABELLED, Outcome.UNDONE):
        raise HTTPException(409, f"Nothing was changed: {done.kind.value.replace('_', ' ')}.")
    return Labelled(outcome=done.kind.value, alert=alert_of(_shown(request, caller, alert)))


def _shown(request: Request, caller: Caller, alert: int) -> ShownAlert:
    found = parts_of(request).alerts.one(caller.visitor.id, alert)
    if found is None:
        raise HTTPException(404, _NO_SUCH_ALERT)
    return found
