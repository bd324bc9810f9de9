"""The hand-over of a shift in words."""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from msgspec import Struct

from alerts.markup import Markup
from alerts.told_shelving import Shelved, shelved_line
from core.label import Verdict
from core.numbers import clock, percent
from core.severity import Severity

# Pieces are cut so short that all of it stays below 4096 characters.
_NAME_LIMIT, _BY_LIMIT, _PEOPLE = 40, 30, 4


class OpenIncident(Struct, frozen=True):
    """An incident that goes on, with its answer if there is one."""

    alert: int
    device: str
    kind: Literal["fault", "sensor", "silent"]
    since: datetime
    probability: float
    severity: Severity
    verdict: Verdict | None = None
    by: str = ""


class Dispute(Struct, frozen=True):
    """An incident of which people say different things."""

    alert: int
    device: str
    by: tuple[str, ...]
    verdicts: tuple[Verdict, ...]


class ToldShift(Struct, frozen=True):
    """What is handed over."""

    since: datetime
    raised: int
    open: int
    unanswered: int
    unanswered_since: datetime | None
    reported: int
    now_open: tuple[OpenIncident, ...]
    disputed: tuple[Dispute, ...]
    shelved: tuple[Shelved, ...]


def shift_text(shift: ToldShift, zone: str, markup: Markup) -> str:
    """What the next shift must know. At most 4096 characters."""
    return "\n".join(_lines(shift, zone, markup))


def _lines(shift: ToldShift, zone: str, markup: Markup) -> Iterator[str]:
    yield markup.bold(
        f"Since {clock(shift.since, zone)}: {shift.raised} alerts, {shift.reported} missed faults reported"
    )
    yield f"Open: {shift.open or 'nothing'}"
    for one in shift.now_open:
        yield _open(one, zone, markup)
    if shift.open > len(shift.now_open):
        yield f"and {shift.open - len(shift.now_open)} more"
    waiting = f", the oldest since {clock(shift.unanswered_since, zone)}: /open" if shift.unanswered_since else ""
    yield f"Unanswered: {shift.unanswered or 'nothing'}{waiting}"
    for dispute in shift.disputed:
        yield _disputed(dispute, markup)
    for shelved in shift.shelved:
        yield shelved_line(shelved, zone, markup)


def _open(one: OpenIncident, zone: str, markup: Markup) -> str:
    what = {"fault": percent(one.probability), "sensor": "sensor fault", "silent": "silent"}[one.kind]
    said = f" · {one.verdict.words} ({markup.text(one.by, _BY_LIMIT)})" if one.verdict else ""
    name = markup.text(one.device, _NAME_LIMIT)
    return f"#{one.alert} {name} · {one.severity.words} · {what} since {clock(one.since, zone)}{said}"


def _disputed(dispute: Dispute, markup: Markup) -> str:
    pairs = list(zip(dispute.by, dispute.verdicts, strict=True))[:_PEOPLE]
    said = ", ".join(f"{markup.text(by, _BY_LIMIT)} says {verdict.words}" for by, verdict in pairs)
    return f"Disputed: #{dispute.alert} {markup.text(dispute.device, _NAME_LIMIT)}: {said}"
