"""What people say of a fleet's days: answers to alerts and to questions, and reports of what was missed."""

from collections.abc import Iterator

import numpy as np

from bench.asking import Asking, Question
from bench.fleet import MINUTE, Episode
from bench.people import People
from bench.watch import Watched
from core.batch import Floats, Integers, from_micros
from core.held_back import is_held_back
from core.label import Verdict
from core.question import GROUP, WINDOW, Pool, pick
from core.report import USUAL
from core.training import LabelledIncident

_REPORTED = round(USUAL.total_seconds() * 1_000_000 / MINUTE)
"""Readings of a device that a report speaks of which does not say since when."""


class Answering:
    """Turns what was watched into labels, numbered from 1.

    With `own_verdicts` nobody is asked: what the model says of each reading is taken for the truth.
    """

    def __init__(self, people: People, asking: Asking, questions_a_day: int, own_verdicts: bool) -> None:
        self._people = people
        self._asking = asking
        self._questions_a_day = questions_a_day
        self._own_verdicts = own_verdicts
        self._count = 0

    def labels(self, watched: Watched, threshold: float) -> list[LabelledIncident]:
        """What these days taught, where the model's threshold was this."""
        if self._own_verdicts:
            return list(self._believed(watched, threshold))
        return [*self._alerts(watched), *self._questions(watched, threshold), *self._reports(watched)]

    def _believed(self, watched: Watched, threshold: float) -> Iterator[LabelledIncident]:
        """A reading counts as a row of the base data, whatever it is said to be."""
        sensors = watched.days.readings.sensors
        for row in np.flatnonzero(watched.scores >= threshold).tolist():
            yield self._unasked(sensors[row : row + 1], Verdict.FAULT)
        if len(normal := sensors[watched.scores < threshold]):
            yield self._unasked(normal, Verdict.FALSE_ALARM)

    def _unasked(self, sensors: Floats, verdict: Verdict) -> LabelledIncident:
        self._count += 1
        return LabelledIncident(self._count, None, verdict, sensors, asked=True)

    def _alerts(self, watched: Watched) -> Iterator[LabelledIncident]:
        for incident in watched.incidents:
            rows = watched.rows_of(incident)
            verdict = self._people.answer(watched.truth_of(incident))
            if verdict is not None:
                yield self._label(watched, rows, verdict, alert=True)

    def _questions(self, watched: Watched, threshold: float) -> Iterator[LabelledIncident]:
        windows = len(watched.scores) // WINDOW
        groups = max(watched.days.length * self._questions_a_day // len(GROUP), 1)
        quiet = ~np.isnan(watched.scores)
        for incident in watched.incidents:
            quiet[watched.rows_of(incident)] = False
        quiet &= ~(watched.scores >= threshold)
        sensors = watched.days.readings.sensors
        for number, stretch in enumerate(np.array_split(np.arange(windows), min(groups, windows))):
            place = stretch[pick(len(stretch), b"%d %d" % (self._count, number))]
            rows = place * WINDOW + np.flatnonzero(quiet[place * WINDOW : (place + 1) * WINDOW])
            for question in self._asking.questions(sensors, watched.scores, threshold, rows, len(GROUP)):
                verdict = self._people.answer(self._truth(watched, question.row))
                if verdict is not None:
                    self._asking.answered(question, verdict)
                    yield self._label(watched, np.array([question.row]), verdict, asked=question, windows=len(stretch))

    def _reports(self, watched: Watched) -> Iterator[LabelledIncident]:
        for episode in watched.missed():
            if self._people.report():
                rows = self._spoken_of(watched, episode)
                if len(rows):
                    yield self._label(watched, rows, Verdict.FAULT)

    def _spoken_of(self, watched: Watched, episode: Episode) -> Integers:
        """The scored readings at the end of an episode, when somebody has seen it."""
        rows = episode.rows[-_REPORTED:]
        return rows[~np.isnan(watched.scores[rows])]

    def _truth(self, watched: Watched, row: int) -> Verdict:
        if watched.days.fault[row]:
            return Verdict.FAULT
        return Verdict.SENSOR_FAULT if watched.days.sensor_fault[row] else Verdict.FALSE_ALARM

    def _label(
        self,
        watched: Watched,
        rows: Integers,
        verdict: Verdict,
        alert: bool = False,
        asked: Question | None = None,
        windows: int = 1,
    ) -> LabelledIncident:
        days, place = watched.days, self._count
        self._count += 1
        day = from_micros(int(days.readings.times[rows[0]])).date()
        if verdict is Verdict.FALSE_ALARM:
            self._asking.reviewed(days.readings.sensors[rows])
        return LabelledIncident(
            self._count,
            self._count if alert else None,
            verdict,
            days.readings.sensors[rows],
            asked=asked is not None,
            held_back=(asked is not None and asked.pool is Pool.AUDIT)
            or is_held_back(str(days.devices[rows[0]]), day, place),
            weight=asked.weight * windows if asked else 1.0,
        )
