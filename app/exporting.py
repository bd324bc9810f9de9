"""Readings and what people said of them as training rows, wired: labels and pages from the database."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date

import numpy as np
from msgspec import Struct

from app.rescoring import Period
from core.batch import Quality, to_micros
from core.errors import UserError
from core.history import History
from core.label import Verdict
from core.machine import Machine
from core.rescored import LogPart
from db.engine import Engine
from db.judged_readings import JudgedReading, PostgresJudgedReadings
from db.stored_log import LogEnd, PostgresStoredLog

_PAGE = 10_000
_TRAINS = {Verdict.FAULT: True, Verdict.FALSE_ALARM: False}


class Exported(Struct):
    """Rows that were written."""

    faults: int = 0
    normal: int = 0
    """People said so."""
    assumed_normal: int = 0
    """Nobody said anything."""
    left_out: int = 0
    """Judged, but neither a fault nor normal (maintenance, a sensor fault, not sure), or held for an engineer."""


def export(
    engine: Engine, machine: Machine, period: Period, assume_normal: bool, write: Callable[[History], None]
) -> Exported:
    """Every judged reading of the period; with `assume_normal` every other good one as well.

    Raises UserError where the machine has several defects, of which a verdict does not tell one; Unavailable.
    """
    if machine.classes:
        raise UserError(f"{machine.name} has several defects, and an answer does not say which: it has no export")
    judged = PostgresJudgedReadings(engine).of(machine)
    inside = [one for one in judged if one.time in period]
    teaching = [one for one in inside if one.verdict in _TRAINS and not one.held]
    faults = sum(_TRAINS[one.verdict] for one in teaching)
    found = Exported(faults=faults, normal=len(teaching) - faults, left_out=len(inside) - len(teaching))
    if teaching:
        write(_history(teaching))
    if assume_normal:
        for rows in _others(engine, machine, period, judged):
            found.assumed_normal += len(rows)
            write(rows)
    return found


def _history(teaching: Sequence[JudgedReading]) -> History:
    return History(
        sensors=np.array([one.sensors for one in teaching]),
        fault=np.array([_TRAINS[one.verdict] for one in teaching]),
        devices=[one.device for one in teaching],
        times=np.array([to_micros(one.time) for one in teaching], dtype=np.int64),
    )


def _others(engine: Engine, machine: Machine, period: Period, judged: Sequence[JudgedReading]) -> Iterator[History]:
    """The good readings of the period that nobody judged, a page at a time."""
    said: dict[LogPart, list[int]] = {}
    for one in judged:
        said.setdefault(one.part, []).append(one.offset)
    log = PostgresStoredLog(engine, machine)
    for end in log.ends():
        yield from _unsaid(log, end, period, said.get(end.part, []))


def _unsaid(log: PostgresStoredLog, end: LogEnd, period: Period, said: Sequence[int]) -> Iterator[History]:
    for page in log.pages(end, date.min, _PAGE):
        since, until = period.rows(page.times)
        page = page.of(since & until & (page.quality == Quality.GOOD) & ~np.isin(page.offsets, said))
        if len(page.offsets):
            names = log.device_names(np.unique(page.devices).tolist())
            devices = [names[device] for device in page.devices.tolist()]
            yield History(page.sensors, np.zeros(len(devices), dtype=np.bool_), devices, page.times)
