"""Reporting a fault that no alert told of: a form on the device's page."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from api.pages import render
from api.replies import report_of, undo_of_report
from api.stores import stores_of
from api.visitors import Here, Session, Written
from core.reply import Outcome
from core.report import FARTHEST, USUAL, Heard

router = APIRouter()

_SINCE = (USUAL, *(timedelta(minutes=minutes) for minutes in (30, 60, 180, 480)), FARTHEST)
SINCE = {str(int(span.total_seconds())): span for span in _SINCE}
"""What the form offers: seconds → how long."""


_WORDS = {
    Heard.LABELLED: "Thank you. Noted as a real fault: {readings} readings of {device}.",
    Heard.REPEATED: "You have reported this already.",
    Heard.NO_READINGS: "Nothing was noted: no reading of {device} lies in that time. Choose a longer one.",
    Heard.TOO_LONG_AGO: "Nothing was noted: that is too long ago. Choose a shorter time.",
}


@router.post("/ui/report")
def report(request: Request, here: Here, fields: Written) -> Response:
    """Note that the device was faulty, as its form says."""
    now = datetime.now(UTC)
    reply = report_of(here.visitor, fields, _since(fields, now), now)
    done = stores_of(request).inbox.accept("page", reply)
    came_to = done.facts.get("report")
    if not isinstance(came_to, Mapping):
        raise HTTPException(404, "There is no such device, or you do not follow its machine.")
    words = _WORDS[Heard(came_to["heard"])].format(device=came_to["device"], readings=came_to["readings"])
    return _page(here, fields, words, done.label if done.kind is Outcome.REPORTED else None)


@router.post("/ui/report/undo")
def undo(request: Request, here: Here, fields: Written) -> Response:
    """Take a report back."""
    done = stores_of(request).inbox.accept("page", undo_of_report(here.visitor, fields))
    words = "Taken back." if done.kind is Outcome.UNDONE else "There is no report of yours to take back."
    return _page(here, fields, words)


def _page(here: Session, fields: Mapping[str, str], words: str, label: int | None = None) -> Response:
    machine, device = fields.get("machine", ""), fields.get("device", "")
    return render("reported.html", here=here, machine=machine, device=device, words=words, label=label)


def _since(fields: Mapping[str, str], now: datetime) -> datetime:
    """HTTPException where the form offered no such time."""
    span = SINCE.get(fields.get("since", ""))
    if span is None:
        raise HTTPException(400, "Choose since when it was faulty.")
    return now - span
