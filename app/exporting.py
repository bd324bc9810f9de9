"""Readings and what people said of them as training rows, wired: labels and pages from the database."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date

import numpy as np
from msgspec import Struct

from app.rescoring import Period
from core.batch import Quality, to_micros
from core.defect import said_class
from core.errors import UserError
from core.history import History
from core.label import Verdict
from core.machine import Machine
from core.rescored import LogPart
from core.target import outside
from db.engine import Engine
from db.judged_readings import JudgedReading, PostgresJudgedReadings
from db.stored_log import LogEnd, PostgresStoredLog

_PAGE = 10_000
_TEACHES = {Verdict.FAULT, Verdict.FALSE_ALARM}


class Exported(Struct):
    """Rows that were written."""

    faults: int = 0
    normal: int = 0
    """People said so."""
    assumed_normal: int = 0
    """Nobody said anything."""
    left_out: int = 0
    """Judged, but neither a fault nor normal (maintenance, a sensor fault, not sure), or held for an engineer."""
    no_defect: int = 0
    """Left out too: faults of which no answer says which defect they show, on a machine with several."""
    no_value: int = 0
    """Left out too: of them nobody measured what the machine's models predict."""


def export(
    engine: Engine, machine: Machine, period: Period, assume_normal: bool, write: Callable[[History], None]
) -> Exported:
    """Every judged reading of the period; with `assume_normal` every other good one as well.

    Raises UserError where that is asked of a machine whose models predict a value; Unavailable.
    """
    if machine.target and assume_normal:
        raise UserError(
            f"--assume-normal: {machine.name} is trained on measured values, and of a reading that nobody judged"
            " nobody measured one: leave it out"
        )
    judged = PostgresJudgedReadings(engine).of(machine)
    inside = [one for one in judged if one.time in period]
    teaching = [one for one in inside if one.verdict in _TEACHES and not one.held]
    found = Exported(left_out=len(inside) - len(teaching))
    if teaching:
        write(_told(_history(machine, teaching), found))
    if assume_normal:
        for rows in _others(engine, machine, period, judged):
            found.assumed_normal += len(rows)
            write(rows)
    return found


def _history(machine: Machine, teaching: Sequence[JudgedReading]) -> History:
    """What people said as training rows, also where they did not say enough to train by."""
    fault = np.array([one.verdict is Verdict.FAULT for one in teaching])
    classes, values = None, None
    if machine.classes:
        said = [said_class(one.verdict, one.defect, machine.classes) for one in teaching]
        classes = np.array(said, dtype=np.int16)
    if machine.target:
        values = np.array([np.nan if one.value is None else one.value for one in teaching])
        fault = outside(machine.target, values)
    return History(
        sensors=np.array([one.sensors for one in teaching]),
        fault=fault,
        devices=[one.device for one in teaching],
        times=np.array([to_micros(one.time) for one in teaching], dtype=np.int64),
        classes=classes,
        values=values,
    )


def _told(rows: History, found: Exported) -> History:
    """Those of the rows that say which defect it is or what was measured; all of them are counted."""
    told = np.ones(len(rows), dtype=np.bool_)
    if rows.classes is not None:
        told = rows.classes >= 0
        found.no_defect = int(np.count_nonzero(~told))
    if rows.values is not None:
        told = ~np.isnan(rows.values)
        found.no_value = int(np.count_nonzero(~told))
    found.faults = int(np.count_nonzero(rows.fault[told]))
    found.normal = int(np.count_nonzero(told)) - found.faults
    return rows.rows(told)


def _others(engine: Engine, machine: Machine, period: Period, judged: Sequence[JudgedReading]) -> Iterator[History]:
    """The good readings of the period that nobody judged, a page at a time."""
    said: dict[LogPart, list[int]] = {}
    for one in judged:
        said.setdefault(one.part, []).append(one.offset)
    log = PostgresStoredLog(engine, machine)
    for end in log.ends():
        yield from _unsaid(log, machine, end, period, said.get(end.part, []))


def _unsaid(
    log: PostgresStoredLog, machine: Machine, end: LogEnd, period: Period, said: Sequence[int]
) -> Iterator[History]:
    for page in log.pages(end, date.min, _PAGE):
        since, until = period.rows(page.times)
        page = page.of(since & until & (page.quality == Quality.GOOD) & ~np.isin(page.offsets, said))
        if len(page.offsets):
            names = log.device_names(np.unique(page.devices).tolist())
            devices = [names[device] for device in page.devices.tolist()]
            classes = np.zeros(len(devices), dtype=np.int16) if machine.classes else None
            yield History(page.sensors, np.zeros(len(devices), dtype=np.bool_), devices, page.times, classes)
