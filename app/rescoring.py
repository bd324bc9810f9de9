"""Scoring stored readings again, wired: pages from the database, the live consumer's scorer and incident rule.

Nothing is written and nobody is told.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta

import numpy as np
from msgspec import Struct

from app.scorer_apart import scorer_apart
from core.batch import Batch, Bools, Integers, Quality, to_micros
from core.incident_replay import IncidentReplay, Raised
from core.machine import Machine
from core.ports.models import Model
from core.prediction import ModelVersion, Predictions
from core.rescored import Changes, LogPart, changes
from db.engine import Engine
from db.stored_log import LogEnd, Page, PostgresStoredLog
from db.told_troubles import PostgresToldTroubles

_PAGE = 10_000
_TELL_EVERY = 20
"""Pages."""
_FAR = 2**62
_WARM_UP = timedelta(days=1)


class Period(Struct, frozen=True):
    """By the readings' own time; None: from the first one kept, to the last one."""

    since: datetime | None
    until: datetime | None

    def __contains__(self, moment: datetime) -> bool:
        return (self.since is None or moment >= self.since) and (self.until is None or moment < self.until)

    def rows(self, times: Integers) -> tuple[Bools, Bools]:
        """Which readings of these times (µs since 1970 UTC) come after its beginning, and which before its end."""
        since = -_FAR if self.since is None else to_micros(self.since)
        until = _FAR if self.until is None else to_micros(self.until)
        return times >= since, times < until

    @property
    def stored_since(self) -> date:
        """The day whose readings are looked at first: what is open at the beginning is known from the day before."""
        return date.min if self.since is None else (self.since.astimezone(UTC) - _WARM_UP).date()


class Tally(Struct):
    """Readings of the period."""

    readings: int = 0
    scored: int = 0
    """The others are of a doubtful quality, as they were then, or this model cannot score them."""
    same_version: int = 0
    """That the same version scored then."""
    differing: int = 0
    """Of these, those that have another score now."""


class Rescored(Struct, frozen=True):
    """A period, scored again."""

    version: ModelVersion
    period: Period
    tally: Tally
    changes: Changes
    devices: Mapping[int, str]
    """Names of those that would raise new alarms."""
    topics: Mapping[int, str]


def rescore(engine: Engine, machine: Machine, model: Model, period: Period, say: Callable[[str], None]) -> Rescored:
    """What this version would have decided in that period. `say` hears how far it is.

    Raises ModelFailed where the version cannot score even usual readings, Unavailable.
    """
    log = PostgresStoredLog(engine, machine)
    ends = log.ends()
    reading = _Reading(log, machine, model, period, say)
    raised = {end.part: list(reading.again(end)) for end in ends}
    # Looked up last: what opened meanwhile lies behind the ends, and does not count.
    found = changes(PostgresToldTroubles(engine).of(machine), raised, reading.reach, period.__contains__)
    devices = log.device_names([one.device for one in found.alarms.gained])
    return Rescored(model.version, period, reading.tally, found, devices, {end.part.topic: end.topic for end in ends})


class _Reading:
    """Reads partitions again, and counts what it meets."""

    def __init__(
        self, log: PostgresStoredLog, machine: Machine, model: Model, period: Period, say: Callable[[str], None]
    ) -> None:
        self.tally = Tally()
        self.reach: dict[LogPart, range] = {}
        self._log = log
        self._machine = machine
        self._model = model
        self._period = period
        self._say = say
        self._scorer = scorer_apart()

    def again(self, end: LogEnd) -> Iterator[Raised]:
        """The incidents that the model would have opened in this partition."""
        replay = IncidentReplay(self._machine.incident)
        pages = self._log.pages(end, self._period.stored_since, _PAGE)
        for number, page in enumerate(pages, start=1):
            self.reach.setdefault(end.part, range(int(page.offsets[0]), end.next_offset))
            batch, predictions = self._scorer.score(self._machine, self._model, _batch(end, page))
            page = page.of(np.isin(page.offsets, batch.offsets))
            since, until = self._period.rows(page.times)
            self._count(page, since & until, predictions)
            yield from replay.take(batch, page.devices, predictions.only(until))
            if number % _TELL_EVERY == 0:
                self._say(f"{end.topic} {end.part.partition}: at {page.offsets[-1]:,} of {end.next_offset:,}")
        yield from replay.open()

    def _count(self, page: Page, inside: Bools, predictions: Predictions) -> None:
        same = inside & (page.versions == self._model.version.number) & (page.quality == Quality.GOOD)
        self.tally.readings += int(np.count_nonzero(inside))
        self.tally.scored += int(np.count_nonzero(inside & ~np.isnan(predictions.scores)))
        self.tally.same_version += int(np.count_nonzero(same))
        self.tally.differing += int(np.count_nonzero(same & (page.scores != predictions.scores)))


def _batch(end: LogEnd, page: Page) -> Batch:
    """The page as the live consumer had it. Names, ids and extras play no part in a decision."""
    count = len(page.offsets)
    return Batch(
        topic=end.topic,
        partitions=np.full(count, end.part.partition, dtype=np.int64),
        offsets=page.offsets,
        ids=np.zeros(count, dtype="V16"),
        devices=[""] * count,
        times=page.times,
        sensors=page.sensors,
        quality=page.quality,
        extras=(),
        runs=(),
        dead_letters=(),
    )
