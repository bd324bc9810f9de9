"""Alerts of all machines and devices, and what people said of them: `/api/v1/alerts`."""

from datetime import datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, HTTPException, Path, Query, Request
from pydantic import BaseModel, Field

from api.v1.keys import Labelling, Reading
from api.v1.parts import parts_of
from api.v1.problems import answers
from core.api_key import Caller
from core.label import Verdict
from core.reply import UNDO, Outcome, Reply, ReplyOutcome
from core.shown import ShownAlert

router = APIRouter(prefix="/api/v1/alerts", tags=["alerts"])

CHANNEL = "api"
Number = Annotated[int, Path(ge=1, lt=2**63, examples=[3])]
_NO_SUCH_ALERT = "There is no such alert, or the key's operator does not get it."
_LABELLED = (Outcome.LABELLED, Outcome.OVERRULED, Outcome.REPEATED)


class Label(BaseModel):
    """What a person, or a program in their name, said of an alert's readings."""

    label: int
    verdict: Verdict
    defect: str
    """Of a machine with several; empty: none was named."""
    by: str
    at: datetime
    comment: str


class Alert(BaseModel):
    """An incident that people were told of."""

    alert: int
    machine: str
    device: str
    kind: str
    """`fault`, `sensor` (one that cannot be right) or `silent`."""
    since: datetime
    until: datetime | None
    """Null: it is open."""
    severity: str
    probability: float
    """The highest of a reading of it."""
    faults: int
    model_version: int
    label: Label | None
    """The one that counts; null: nobody answered."""


class NewLabel(BaseModel):
    """An answer: one of both; a defect is a fault."""

    verdict: Verdict | None = None
    defect: Annotated[str, Field(max_length=24)] = ""
    """Of a machine with several, as its file names it."""
    comment: Annotated[str, Field(max_length=2000)] = ""

    @property
    def text(self) -> str:
        """As a person would write it. HTTPException where it says neither, or both."""
        if (self.verdict is None) == (not self.defect):
            raise HTTPException(422, "Say one of both: `verdict`, or the `defect` that it is.")
        return self.defect or Verdict(self.verdict or "").words


class Labelled(BaseModel):
    """What became of an answer."""

    outcome: str
    """`labelled`; `repeated`: the same again, no second label; `overruled`: an engineer had said otherwise, and counts;
    `undone`."""
    alert: Alert


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
    return [_alert(one) for one in found]


@router.get("/{alert}", responses=answers(404), summary="An alert")
def one(request: Request, caller: Reading, alert: Number) -> Alert:
    """As it stands now."""
    return _alert(_shown(request, caller, alert))


@router.post("/{alert}/label", responses=answers(404, 409), summary="Answer an alert")
def label(request: Request, caller: Labelling, alert: Number, body: NewLabel) -> Labelled:
    """As the key's operator would from a chat: the incident's readings are labelled, a later answer corrects."""
    _shown(request, caller, alert)
    said = {"key": caller.key, "alert": alert, **body.model_dump(mode="json")}
    done = _accept(request, caller, alert, said, body.text, comment=body.comment.strip())
    if done.kind is Outcome.NOT_UNDERSTOOD:
        raise HTTPException(422, f"{body.defect!r} is no defect that this alert may show.")
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
    return Labelled(outcome=done.kind.value, alert=_alert(_shown(request, caller, alert)))


def _shown(request: Request, caller: Caller, alert: int) -> ShownAlert:
    found = parts_of(request).alerts.one(caller.visitor.id, alert)
    if found is None:
        raise HTTPException(404, _NO_SUCH_ALERT)
    return found


def _alert(shown: ShownAlert) -> Alert:
    said = shown.answer
    return Alert(
        alert=shown.alert,
        machine=shown.machine,
        device=shown.device,
        kind=shown.kind,
        since=shown.since,
        until=shown.until,
        severity=shown.severity.words,
        probability=shown.probability,
        faults=shown.faults,
        model_version=shown.model_version,
        label=Label(
            label=said.label, verdict=said.verdict, defect=said.defect, by=said.by, at=said.at, comment=said.comment
        )
        if said
        else None,
    )
