"""Reports: a person says that a device was faulty while no alert came."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from core.spoken_time import read_since

USUAL = timedelta(minutes=10)
"""So far back a report reaches that does not say since when."""
FARTHEST = timedelta(hours=24)
"""And no report reaches farther."""


class Report(NamedTuple):
    """A missed fault, as a person states it."""

    machine: str
    device: str
    since: datetime | None = None
    """None: as long as is usual."""
    comment: str = ""


class Heard(StrEnum):
    """What a report comes to."""

    LABELLED = "labelled"
    REPEATED = "repeated"
    """Its readings are reported by the same person already, and it says no more."""
    TOO_LONG_AGO = "too_long_ago"
    NO_READINGS = "no_readings"


class Span(NamedTuple):
    """The readings that a report speaks of."""

    since: datetime
    until: datetime


def span_of(report: Report, at: datetime) -> Span:
    """From when it began to when the person said so."""
    return Span(report.since or at - USUAL, at)


def hear(report: Report, span: Span, readings: int, new: int) -> Heard:
    """What it comes to, with so many readings in its span, and of these so many that its sender did not report yet."""
    if span.until - span.since > FARTHEST:
        return Heard.TOO_LONG_AGO
    if readings == 0:
        return Heard.NO_READINGS
    return Heard.LABELLED if new or report.comment else Heard.REPEATED


def read_report(machine: str, device: str, words: str, at: datetime, zone: str) -> Report:
    """A report of this device with the words behind its name: since when, if they begin so, and a comment."""
    first, *rest = words.split(maxsplit=1) or [""]
    since = read_since(first, at, zone)
    return Report(machine, device, since, ("".join(rest) if since else words).strip())
