"""`/ui/alarms`: how good the alarms are for the people who get them."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.pages import render
from api.stores import stores_of
from api.visitors import Here
from core.alarm_quality import AlarmQuality, Devices, Verdicts, alarm_quality

router = APIRouter()

_PERIODS = (1, 7, 30)
Days = Annotated[int, Query(ge=1, le=92)]


@router.get("/ui/alarms")
def alarms(request: Request, here: Here, days: Days = 7) -> Response:
    """The figures of the last days, of the machines that the operator follows."""
    history = stores_of(request).alarms
    end = history.now()
    start = end - timedelta(days=days)
    quality = alarm_quality(history.raised(start, end, operator=here.visitor.id), start, end)
    ranked, judged = _ranked(quality), _judged(quality)
    return render("alarms.html", here=here, quality=quality, days=days, periods=_PERIODS, ranked=ranked, judged=judged)


def _ranked(quality: AlarmQuality) -> Mapping[str, Sequence[Devices]]:
    """Devices by title, where there are any."""
    lists = {"Most alarms": quality.worst, "Chattering": quality.chattering, "Open for more than a day": quality.stale}
    return {title: devices for title, devices in lists.items() if devices}


def _judged(quality: AlarmQuality) -> Mapping[str, Sequence[Verdicts]]:
    """Shares of false alarms by what they are counted by, where somebody judged."""
    lists = {
        "machine": quality.by_machine,
        "sensor that stood out": quality.by_sensor,
        "model version": quality.by_model_version,
    }
    return {title: verdicts for title, verdicts in lists.items() if verdicts}
