"""`/ui/questions`: readings that raised no alert, which an operator is asked about; shown at the head of the inbox."""

from collections.abc import Sequence
from functools import partial

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from api.answering import take_in
from api.numbers import Number
from api.pages import render, wants_part
from api.replies import answer_to_question_of, undo_of_question
from api.stores import Stores, stores_of
from api.visitors import Here, Session, Written
from core.label import Verdict
from core.reply import Reply
from core.shown_questions import ShownQuestion, said_of_a_question

router = APIRouter()


@router.get("/ui/questions/{question}")
def one(request: Request, here: Here, question: Number) -> Response:
    """One question: alone on a page, or as a part of one."""
    return _card(request, here, question, "")


@router.post("/ui/questions/{question}/answer")
def answer(request: Request, here: Here, fields: Written, question: Number) -> Response:
    """Answer it."""
    return _accept(request, here, question, answer_to_question_of(here.visitor, question, fields))


@router.post("/ui/questions/{question}/undo")
def undo(request: Request, here: Here, fields: Written, question: Number) -> Response:
    """Take one's answer back."""
    return _accept(request, here, question, undo_of_question(here.visitor, question, fields))


def cards(stores: Stores, questions: Sequence[ShownQuestion]) -> list[dict[str, object]]:
    """Questions with what their machine's file adds."""
    found = []
    words = {verdict: said_of_a_question(verdict) for verdict in Verdict}
    for question in questions:
        machine = stores.machines.get(question.machine)
        units = {sensor.name: sensor.unit for sensor in machine.sensors} if machine else {}
        title = machine.title or machine.name if machine else question.machine
        found.append({"question": question, "title": title, "units": units, "verdicts": words})
    return found


def _accept(request: Request, here: Session, question: int, reply: Reply) -> Response:
    _shown(request, here, question)
    return take_in(request, reply, f"question-{question}", partial(_card, request, here, question))


def _card(request: Request, here: Session, question: int, said: str) -> Response:
    shown = _shown(request, here, question)
    (card,) = cards(stores_of(request), [shown])
    return render("question_part.html" if wants_part(request) else "question.html", here=here, card=card, said=said)


def _shown(request: Request, here: Session, question: int) -> ShownQuestion:
    """HTTPException where it is not the visitor's."""
    shown = stores_of(request).questions.one(here.visitor.id, question)
    if shown is None:
        raise HTTPException(404)
    return shown
