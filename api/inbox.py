"""`/ui/inbox`: the questions and alerts of an operator, newest first, each with its answers."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import Response

from api import questions
from api.answering import take_in
from api.live import LOOKED_AT, LOOKED_AT_QUESTIONS
from api.numbers import Number
from api.pages import render, wants_part
from api.replies import answer_of, undo_of
from api.sparks import alert_sparks
from api.stores import Stores, stores_of
from api.visitors import Here, Session, Written
from core.label import Verdict
from core.reply import Reply
from core.shown import ShownAlert

router = APIRouter()

_AT_ONCE = LOOKED_AT
_IN_CHART = 60
Older = Annotated[int | None, Query(ge=1, lt=2**63)]


@router.get("/ui/inbox")
def inbox(request: Request, here: Here, before: Older = None, show: Literal["all", "waiting"] = "all") -> Response:
    """The operator's alerts, a page of them; above the newest ones what the operator is asked."""
    stores = stores_of(request)
    found = stores.alerts.newest(here.visitor.id, _AT_ONCE + 1, before, waiting=show == "waiting")
    shown = found[:_AT_ONCE]
    older = shown[-1].alert if len(found) > _AT_ONCE else None
    alerts, asked = _cards(stores, here, shown), () if before else _questions(stores, here, show)
    return render("inbox.html", here=here, alerts=alerts, questions=asked, older=older, before=before, show=show)


@router.get("/ui/alerts/{alert}")
def one(request: Request, here: Here, alert: Number) -> Response:
    """One alert: alone on a page, or as a part of one."""
    return _card(request, here, alert, "")


@router.post("/ui/alerts/{alert}/answer")
def answer(request: Request, here: Here, fields: Written, alert: Number) -> Response:
    """Answer it."""
    return _accept(request, here, alert, answer_of(here.visitor, alert, fields))


@router.post("/ui/alerts/{alert}/undo")
def undo(request: Request, here: Here, fields: Written, alert: Number) -> Response:
    """Take one's answer back."""
    return _accept(request, here, alert, undo_of(here.visitor, alert, fields))


def _accept(request: Request, here: Session, alert: int, reply: Reply) -> Response:
    _shown(request, here, alert)
    return take_in(request, reply, f"alert-{alert}", partial(_card, request, here, alert))


def _card(request: Request, here: Session, alert: int, said: str) -> Response:
    shown = _shown(request, here, alert)
    (card,) = _cards(stores_of(request), here, [shown])
    return render("alert_part.html" if wants_part(request) else "alert.html", here=here, card=card, said=said)


def _shown(request: Request, here: Session, alert: int) -> ShownAlert:
    """HTTPException where it is not the visitor's."""
    shown = stores_of(request).alerts.one(here.visitor.id, alert)
    if shown is None:
        raise HTTPException(404)
    return shown


def _questions(stores: Stores, here: Session, show: str) -> Sequence[dict[str, object]]:
    asked = stores.questions.newest(here.visitor.id, LOOKED_AT_QUESTIONS, waiting=show == "waiting")
    return questions.cards(stores, asked)


def _cards(stores: Stores, here: Session, alerts: Sequence[ShownAlert]) -> list[dict[str, object]]:
    """Alerts with their charts and what their machine's file adds; one whose file is gone is shown all the same."""
    courses = stores.alerts.courses([alert.alert for alert in alerts], _IN_CHART)
    found = []
    for alert in alerts:
        machine = stores.machines.get(alert.machine)
        title, advice = (machine.title or machine.name, machine.advice) if machine else (alert.machine, "")
        advice = alert.advice or advice
        course = courses.get(alert.alert)
        sparks = alert_sparks(alert, course, here.visitor.zone) if course else ()
        card = {
            "alert": alert,
            "title": title,
            "advice": advice,
            "sparks": sparks,
            "defects": [defect.name for defect in machine.defects] if machine and alert.kind == "fault" else [],
            "verdicts": {verdict: verdict.words for verdict in Verdict},
        }
        found.append(card)
    return found
