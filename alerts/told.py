"""What the bot says to a command."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal

from msgspec import Struct

from alerts.markup import Markup, cut
from alerts.receipt_text import HELP
from alerts.told_report import Asked, ToldReport, asked_text, report_text
from alerts.told_retraining import EndedRetraining, ToldRetraining, ended_text, retraining_text
from alerts.told_shelving import Shelved, ToldShelving, shelved_line, shelving_text
from alerts.told_shift import ToldShift, shift_text
from core.command import MENU, Command
from core.numbers import clock, number, percent
from core.severity import Severity
from core.shown_devices import ShownDevice, Trouble

_LINES, _LINE_LIMIT, _NAME_LIMIT = 48, 70, 24
"""Of the tables of all devices together, so that they stay below 4096 characters."""


class WaitingAlert(Struct, frozen=True):
    """An alert that nobody has answered."""

    alert: int
    device: str
    kind: Literal["fault", "sensor", "silent"]
    since: datetime
    probability: float
    over: bool
    """Its incident is closed."""
    severity: Severity = Severity.LOW


class TakenCourse(Struct, frozen=True):
    """The latest readings of a device, newest first."""

    machine: str
    times: tuple[datetime, ...]
    scores: tuple[float | None, ...]
    sensors: tuple[tuple[str, tuple[float | None, ...]], ...]
    trouble: Trouble | None = None
    """Its newest incident."""


class Told(Struct, frozen=True):
    """What a person asked for, as facts; which are there depends on the command."""

    command: Command
    by: str
    alerts: tuple[WaitingAlert, ...] = ()
    waiting: int = 0
    """How many wait in all."""
    argument: str = ""
    """What the person wrote after the command."""
    devices: tuple[ShownDevice, ...] = ()
    courses: tuple[TakenCourse, ...] = ()
    role: str = ""
    zone: str = ""
    machines: tuple[str | None, ...] = ()
    """That the person follows; None: every one."""
    answers: int = 0
    report: ToldReport | None = None
    shelving: ToldShelving | None = None
    shelved: tuple[Shelved, ...] = ()
    shift: ToldShift | None = None
    retraining: ToldRetraining | None = None
    ended: EndedRetraining | None = None
    asked: Asked | None = None
    """A question back: nothing was done."""


def told_text(told: Told, zone: str, markup: Markup) -> str:
    """The answer, at most 4096 characters."""
    match told:
        case Told(asked=Asked() as asked):
            return asked_text(asked, told.command, markup)
        case Told(report=ToldReport() as report):
            return report_text(report, zone, markup)
        case Told(shelving=ToldShelving() as shelving):
            return shelving_text(shelving, zone, markup)
        case Told(shift=ToldShift() as shift):
            return shift_text(shift, zone, markup)
        case Told(retraining=ToldRetraining() as retraining):
            return retraining_text(retraining, markup)
        case Told(ended=EndedRetraining() as ended):
            return ended_text(ended, markup)
        case _:
            return _looked_up(told, zone, markup)


def _looked_up(told: Told, zone: str, markup: Markup) -> str:
    match told.command:
        case Command.OPEN:
            shelved = (shelved_line(one, zone, markup) for one in told.shelved)
            return "\n".join([*_waiting(told, zone, markup), *shelved])
        case Command.ALERT:
            return _no_alert(told, markup)
        case Command.DEVICES:
            return "\n".join(_devices(told, zone, markup))
        case Command.STATUS:
            return "\n".join(_status(told, zone, markup))
        case Command.ME:
            return "\n".join(_me(told, markup))
        case _:
            return "\n".join([HELP, *(f"/{command} {words}" for command, words in MENU.items())])


def _waiting(told: Told, zone: str, markup: Markup) -> Iterator[str]:
    if not told.alerts:
        yield "No alert waits for an answer."
        return
    many = told.waiting > 1
    how = "Reply to their messages, or write Y or N and the number"
    yield f"{told.waiting} alerts wait for an answer. {how}: N {told.alerts[0].alert}" if many else "One alert waits:"
    for one in told.alerts:
        what = {"fault": percent(one.probability), "sensor": "sensor fault", "silent": "silent"}[one.kind]
        state = f"{one.severity.words}, {what} since {clock(one.since, zone)}{' · over' if one.over else ''}"
        yield f"#{one.alert} {markup.text(one.device, 60)} · {state}"
    if told.waiting > len(told.alerts):
        yield f"and {told.waiting - len(told.alerts)} older ones"


def _no_alert(told: Told, markup: Markup) -> str:
    asked = f"You were told of no alert {markup.name(told.argument)}." if told.argument else "Which alert?"
    return f"{asked} /open lists those that wait, as in: /alert 12"


def _devices(told: Told, zone: str, markup: Markup) -> Iterator[str]:
    if not told.devices:
        named = f" named like {markup.name(told.argument)}" if told.argument else ""
        yield f"You follow no device{named}."
    for one in told.devices:
        score = "not scored" if one.score is None else percent(one.score)
        when = "no reading lately" if one.time is None else f"{score}, {clock(one.time, zone)}"
        yield f"{'⚠ ' if one.in_trouble else ''}{markup.text(one.device, 60)}: {when}"


def _status(told: Told, zone: str, markup: Markup) -> Iterator[str]:
    if not told.courses:
        asked = f"You follow no device named {markup.name(told.argument)}." if told.argument else "Which device?"
        yield f"{asked} /devices lists them, as in: /status press-3"
    for course in told.courses:
        yield markup.bold(f"{markup.text(told.argument, 60)} ({markup.text(course.machine, 60)})")
        if not course.times:
            yield "No reading of it lately."
            continue
        yield f"{len(course.times)} latest readings, newest first; the last at {clock(course.times[0], zone)}"
        yield _state(course.trouble, zone)
        sensors = ((cut(name, _NAME_LIMIT), *map(_value, row)) for name, row in course.sensors)
        rows = [("fault", *map(_share, course.scores)), *sensors][: _LINES // len(told.courses)]
        yield markup.table([markup.text(line, _LINE_LIMIT) for line in _aligned(rows)])


def _state(newest: Trouble | None, zone: str) -> str:
    if newest is None or newest.until is not None:
        return "Nothing is wrong with it: no incident is open."
    alert = "" if newest.alert is None else f", alert #{newest.alert}"
    return f"⚠ It needs attention: an incident is open since {clock(newest.since, zone)}{alert}."


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for name, *values in rows:
        cells = [f"{value:>{width}}" for value, width in zip(values, widths[1:], strict=True)]
        yield " ".join([name.ljust(widths[0]), *cells])


def _share(score: float | None) -> str:
    return "-" if score is None else f"{score:.0%}"


def _value(value: float | None) -> str:
    return "-" if value is None else number(value)


def _me(told: Told, markup: Markup) -> Iterator[str]:
    yield f"{markup.text(told.by, 100)}, {told.role}. Times are shown for {markup.text(told.zone, 60)}."
    names = sorted(name for name in told.machines if name is not None)
    of = "of every machine" if len(names) < len(told.machines) else f"of {', '.join(names)}" if names else "none"
    yield f"Alerts here: {markup.text(of)}."
    yield f"Your answers so far: {told.answers}."
