"""How the page writes numbers and times: filters of its templates."""

from datetime import datetime
from typing import Literal
from urllib.parse import quote

from markupsafe import Markup

from api.curves import curve, dots
from api.sparks import score_spark
from core.dispute import explained
from core.numbers import clock, lasting, number, percent
from core.score_words import likely
from core.shown_questions import ShownQuestion, why_asked


def moment(time: datetime, zone: str, to_the: Literal["minute", "second"] = "minute") -> Markup:
    """The time in the reader's zone, for people and for programs."""
    return Markup('<time datetime="{}">{}</time>').format(time.isoformat(), clock(time, zone, to_the))


def place(device: str, machine: str) -> str:
    """Where the device's page is. A slash in its name is no step of the path."""
    return f"/ui/devices/{quote(device, safe='')}?machine={quote(machine, safe='')}"


def measure(value: float | None) -> str:
    """A share of one, as model people write it."""
    return "–" if value is None else f"{value:.3f}"


def why(question: ShownQuestion) -> str:
    """Why a person is asked."""
    return why_asked(question.pool, question.sensor, question.above)


FILTERS = {
    "number": number,
    "percent": percent,
    "moment": moment,
    "place": place,
    "lasting": lasting,
    "likely": likely,
    "measure": measure,
    "explained": explained,
    "why_asked": why,
    "score_spark": score_spark,
    "curve": curve,
    "dots": dots,
}
