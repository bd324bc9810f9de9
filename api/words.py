"""How the page writes numbers and times: filters of its templates."""

from datetime import datetime

from markupsafe import Markup

from core.numbers import clock, number, percent


def moment(time: datetime, zone: str) -> Markup:
    """The time in the reader's zone, for people and for programs."""
    return Markup('<time datetime="{}">{}</time>').format(time.isoformat(), clock(time, zone))


FILTERS = {"number": number, "percent": percent, "moment": moment}
